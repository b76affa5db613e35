package deploy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// changed is the code of all packages with one identifier of the events module
// of one package changed, so that its bytes differ.
func changed(t *testing.T, pkg string) func(string) (*move.Bytecode, error) {
	return func(name string) (*move.Bytecode, error) {
		code, err := move.Package(name)
		if err != nil || name != pkg {
			return code, err
		}
		for i, m := range code.Modules {
			if m.Name == "events" {
				parsed := parseAll(t, [][]byte{m.Bytes})[0]
				n := slices.Index(parsed.Identifiers, "emit")
				parsed.Identifiers[n] = "emit2"
				code.Modules[i].Bytes = parsed.Serialize()
			}
		}
		return code, nil
	}
}

func TestUpgradeWithoutChange(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	var first, second steps
	if _, err := Publish(ctx, chain, fakeSigner{}, first.config(dir)); err != nil {
		t.Fatal(err)
	}
	sent := len(chain.sent)
	if _, err := Upgrade(ctx, chain, fakeSigner{}, second.config(dir)); err != nil {
		t.Fatal(err)
	}
	if len(chain.sent) != sent || slices.ContainsFunc(second, func(s string) bool { return !strings.HasPrefix(s, "unchanged") }) {
		t.Errorf("got %v, want nothing done", second)
	}
}

func TestUpgradeOfADependency(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	var s, steps2 steps
	before, err := Publish(ctx, chain, fakeSigner{}, s.config(dir))
	if err != nil {
		t.Fatal(err)
	}
	cfg := steps2.config(dir)
	cfg.Code = changed(t, contract.Storage)
	after, err := Upgrade(ctx, chain, fakeSigner{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if want := (steps{"unchanged key_server", "upgraded storage", "upgraded catalog", "upgraded access"}); !slices.Equal(steps2, want) {
		t.Errorf("got %v, want storage and what links to it upgraded: %v", steps2, want)
	}
	old, now := before.Packages[contract.Storage], after.Packages[contract.Storage]
	if now.Original != old.Original || now.Latest == old.Latest || now.Version != 2 || now.UpgradeCap != old.UpgradeCap {
		t.Errorf("storage was %+v and is %+v", old, now)
	}
	if after.Objects != before.Objects {
		t.Errorf("objects were %+v and are %+v", before.Objects, after.Objects)
	}
	checkUpgrade(t, chain.sent[len(chain.sent)-2], before.Packages[contract.Catalog], now)
	if _, err := Upgrade(ctx, chain, fakeSigner{}, cfg); err != nil || len(steps2) != 8 || steps2[7] != "unchanged access" {
		t.Errorf("once more: %v, %v", steps2, err)
	}
}

// checkUpgrade checks the transaction that upgrades catalog.
func checkUpgrade(t *testing.T, b *sui.Builder, catalog, storage Package) {
	t.Helper()
	pt := b.Programmable()
	if len(pt.Commands) != 3 || pt.Commands[0].MoveCall == nil || pt.Commands[1].Upgrade == nil || pt.Commands[2].MoveCall == nil {
		t.Fatalf("commands are %+v", pt.Commands)
	}
	u := pt.Commands[1].Upgrade
	if u.Package != catalog.Latest || !slices.Contains(u.Dependencies, storage.Latest) || slices.Contains(u.Dependencies, storage.Original) {
		t.Errorf("upgrades %s with %v", u.Package, u.Dependencies)
	}
	for _, m := range parseAll(t, u.Modules) {
		if !m.Address().IsZero() || m.Name() == "catalog" && !slices.Contains(m.Dependencies(), storage.Original) {
			t.Errorf("module %s at %s links to %v", m.Name(), m.Address(), m.Dependencies())
		}
	}
	digest := sui.PackageDigest(u.Modules, u.Dependencies)
	if got := pt.Inputs[pt.Commands[0].MoveCall.Arguments[2].Index].Pure; string(got) != string(append([]byte{32}, digest[:]...)) {
		t.Errorf("authorises %x, want %s", got, digest)
	}
}

func TestUpgradeRecordsWhatWasLost(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	var s, lost steps
	if _, err := Publish(ctx, chain, fakeSigner{}, s.config(dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, contract.Access, "Published.toml")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg := lost.config(dir)
	cfg.Code = changed(t, contract.Access)
	want, err := Upgrade(ctx, chain, fakeSigner{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, before, 0o644); err != nil { // as if the run had been killed
		t.Fatal(err)
	}
	sent := len(chain.sent)
	got, err := Upgrade(ctx, chain, fakeSigner{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.Packages[contract.Access] != want.Packages[contract.Access] || len(chain.sent) != sent {
		t.Errorf("got %+v after %d more transactions, want %+v", got.Packages[contract.Access], len(chain.sent)-sent, want.Packages[contract.Access])
	}
}

func TestUpgradeNeedsPublication(t *testing.T) {
	var s steps
	_, err := Upgrade(context.Background(), newChain(t, 0x4c), fakeSigner{}, s.config(t.TempDir()))
	if !errors.Is(err, ErrNotPublished) || !strings.Contains(err.Error(), "floe contracts publish") {
		t.Errorf("got %v, want what to do", err)
	}
}

func TestModulesOfOthersAreRefused(t *testing.T) {
	var s steps
	cfg := s.config(t.TempDir())
	cfg.Code = func(name string) (*move.Bytecode, error) {
		code, err := move.Package(name)
		if err == nil && name == contract.KeyServer {
			m := parseAll(t, [][]byte{code.Modules[0].Bytes})[0]
			m.Readdress(map[sui.Address]sui.Address{sui.Framework: {31: 0x77}})
			code.Modules[0].Bytes = m.Serialize()
		}
		return code, err
	}
	chain := newChain(t, 0x4c)
	if _, err := Publish(context.Background(), chain, fakeSigner{}, cfg); err == nil || !strings.Contains(err.Error(), "scripts/movec build") {
		t.Errorf("got %v, want what to do", err)
	}
	if len(chain.sent) != 0 {
		t.Error("it was published nevertheless")
	}
}
