package contract_test

import (
	"context"
	"slices"
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

// TestUpgrade upgrades storage, and with it catalog, which links to it, and
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
	if c.p.Storage.Latest == old.Storage.Latest || c.p.Catalog.Latest == old.Catalog.Latest || c.p.Access != old.Access || c.p.KeyServer != old.KeyServer {
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
