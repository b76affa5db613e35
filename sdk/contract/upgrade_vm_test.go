package contract_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// renamed is the code of all packages with a private function of storage
// renamed: other bytes, compatible, of the same behaviour.
func renamed(t *testing.T) func(string) (*move.Bytecode, error) {
	return func(name string) (*move.Bytecode, error) {
		code, err := move.Package(name)
		if err != nil || name != contract.Storage {
			return code, err
		}
		for i := range code.Modules {
			if code.Modules[i].Name != "committee" {
				continue
			}
			m, err := bytecode.Parse(code.Modules[i].Bytes)
			if err != nil {
				t.Fatal(err)
			}
			m.Identifiers[slices.Index(m.Identifiers, "is_set")] = "is_on"
			code.Modules[i].Bytes = m.Serialize()
		}
		return code, nil
	}
}

// guarded publishes nothing more, and puts all upgrades behind a delay.
func (c *chain) guarded(delayMS uint64) deploy.Config {
	c.t.Helper()
	cfg := deploy.Config{Env: "test", Dir: c.dir, UpgradeDelayMS: &delayMS}
	if _, err := deploy.Publish(context.Background(), c, owner, cfg); err != nil {
		c.t.Fatal(err)
	}
	cfg.Code = renamed(c.t)
	return cfg
}

// TestGuardedUpgrade proposes an upgrade, waits, upgrades, and does the same for
// the package that links to it.
func TestGuardedUpgrade(t *testing.T) {
	const week = 7 * 86_400_000
	c, ctx := newWorld(t), context.Background()
	var steps []string
	cfg := c.guarded(week)
	cfg.Progress = func(s deploy.Step) { steps = append(steps, s.Action+" "+s.Package) }
	old := c.p
	upgrade := func(want ...string) *deploy.Deployment {
		t.Helper()
		steps = nil
		d, err := deploy.Upgrade(ctx, c, owner, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(steps, want) {
			t.Errorf("got %q, want %q", steps, want)
		}
		return d
	}
	begun := c.clock()
	d := upgrade("unchanged key_server", "proposed storage", "waiting catalog", "waiting access")
	if len(d.Pending) != 3 || d.Pending[0].ReadyAtMS != begun+week || d.Pending[1].After != contract.Storage || d.Contracts() != old {
		t.Fatalf("got %+v", d.Pending)
	}
	upgrade("unchanged key_server", "waiting storage", "waiting catalog", "waiting access")
	c.refuse(owner, "upgrade", "ETooEarly", func(b *sui.Builder) {
		c.p.UpgradeCalls(b).Authorize(contract.Object[contract.UpgradeGuard](b, d.Packages[contract.Storage].UpgradeCap), contract.Object[contract.PackageVersion](b, c.made.AccessVersion))
	})

	c.setTime(begun + week)
	d = upgrade("unchanged key_server", "upgraded storage", "proposed catalog", "waiting access")
	if c.p = d.Contracts(); c.p.Storage.Latest == old.Storage.Latest || c.p.Catalog != old.Catalog || len(d.Pending) != 2 {
		t.Fatalf("were %+v, are %+v", old, c.p)
	}
	c.setTime(begun + 2*week)
	upgrade("unchanged key_server", "unchanged storage", "upgraded catalog", "proposed access")
	c.setTime(begun + 3*week)
	d = upgrade("unchanged key_server", "unchanged storage", "unchanged catalog", "upgraded access")
	if c.p = d.Contracts(); c.p.Catalog.Latest == old.Catalog.Latest || c.p.Access.Latest == old.Access.Latest || d.Pending != nil {
		t.Errorf("were %+v, are %+v", old, c.p)
	}
	upgrade("unchanged key_server", "unchanged storage", "unchanged catalog", "unchanged access")
}

// TestGuardedUpgradeToOtherCode finds another upgrade proposed than its own.
func TestGuardedUpgradeToOtherCode(t *testing.T) {
	c, ctx := newWorld(t), context.Background()
	cfg := c.guarded(1000)
	d, err := deploy.Read(ctx, c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.run(owner, func(b *sui.Builder) {
		c.p.UpgradeCalls(b).Propose(contract.Object[contract.UpgradeGuard](b, d.Packages[contract.Storage].UpgradeCap),
			contract.Pure(b, uint8(0)), contract.Pure(b, make([]byte, 32)), contract.Object[contract.PackageVersion](b, c.made.AccessVersion))
	})
	if _, err := deploy.Upgrade(ctx, c, owner, cfg); err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("got %v, want what to do", err)
	}
	cfg.Replace = true
	if d, err = deploy.Upgrade(ctx, c, owner, cfg); err != nil || len(d.Pending) != 3 || d.Pending[0].ReadyAtMS != c.clock()+1000 {
		t.Fatalf("got %+v, %v", d, err)
	}
	cfg.Replace = false
	c.setTime(c.clock() + 1000)
	if d, err = deploy.Upgrade(ctx, c, owner, cfg); err != nil || d.Packages[contract.Storage].Version != 2 {
		t.Errorf("got %+v, %v", d, err)
	}
}

// TestGuardWithoutDelay upgrades in one go, by a proposal all the same.
func TestGuardWithoutDelay(t *testing.T) {
	c, ctx := newWorld(t), context.Background()
	cfg := c.guarded(0)
	d, err := deploy.Upgrade(ctx, c, owner, cfg)
	if err != nil || d.Pending != nil || d.Packages[contract.Storage].Version != 2 || d.Packages[contract.Catalog].Version != 2 {
		t.Fatalf("got %+v, %v", d, err)
	}
	for _, name := range []string{contract.Storage, contract.Catalog} {
		g := read(c, d.Packages[name].UpgradeCap, contract.ParseUpgradeGuard)
		if g.Cap.Package != d.Packages[name].Latest || g.Proposed != nil {
			t.Errorf("%s: got %+v", name, g)
		}
	}
}

// TestGuardIsFoundAgain loses the record of a guard, as a run does that is
// stopped too early.
func TestGuardIsFoundAgain(t *testing.T) {
	c, ctx := newWorld(t), context.Background()
	path := filepath.Join(c.dir, contract.Storage, "Published.toml")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.guarded(1000)
	want, err := deploy.Read(ctx, c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, before, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Publish(ctx, c, stranger, cfg); err == nil || !strings.Contains(err.Error(), "sign with the key") {
		t.Errorf("a stranger: got %v, want what to do", err)
	}
	got, err := deploy.Publish(ctx, c, owner, cfg)
	if err != nil || got.Packages[contract.Storage] != want.Packages[contract.Storage] {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestUpgrade upgrades storage, and with it catalog and access, which link to it, and
// goes on with the objects of before.
func TestUpgrade(t *testing.T) {
	c, n := newWorld(t), newNodes(t, 5)
	c.setCommittee(n)
	policy := c.createPolicy(nil, nil)
	before := c.register(c.registration(1))
	dataset := one[contract.DatasetCreated](t, c.run(owner, func(b *sui.Builder) {
		contract.CreateDataset(b, c.p, "iris", owner.address)
	}))

	old := c.p
	cfg := deploy.Config{Env: "test", Dir: c.dir, Code: renamed(t)}
	d, err := deploy.Upgrade(context.Background(), c, owner, cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.p = d.Contracts()
	if c.p.Storage.Latest == old.Storage.Latest || c.p.Catalog.Latest == old.Catalog.Latest || c.p.Access.Latest == old.Access.Latest || c.p.KeyServer != old.KeyServer {
		t.Fatalf("were %+v, are %+v", old, c.p)
	}
	if c.p.Storage.Original != old.Storage.Original || d.Packages[contract.Catalog].Version != 2 || d.Objects != c.made {
		t.Errorf("got %+v", d)
	}
	links := c.live[c.p.Catalog.Latest].Package.Linkage
	if !slices.Contains(links, sui.Linkage{Original: old.Storage.Original, Upgraded: c.p.Storage.Latest, Version: 2}) {
		t.Errorf("catalog links to %+v", links)
	}

	after := c.register(c.registration(2))
	got := one[contract.VersionPublished](t, c.run(owner, c.publish(n, dataset, policy.PolicyID, before, after)))
	if v := read(c, got.VersionID, contract.ParseVersion); v.Package != old.Catalog.Original || len(v.Blobs) != 2 {
		t.Errorf("got %+v", v)
	}
	if _, err := deploy.Upgrade(context.Background(), c, stranger, cfg); err != nil {
		t.Errorf("nothing to do, and yet: %v", err)
	}
	cfg.Code = nil // back to the first code, which is an upgrade as well
	if _, err := deploy.Upgrade(context.Background(), c, stranger, cfg); err == nil {
		t.Error("a stranger upgrades the contracts")
	}
}
