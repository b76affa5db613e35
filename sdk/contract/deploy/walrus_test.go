package deploy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Walrus' contracts on the fake chain: a first version, the one in force, and a
// coin package that it links to.
var (
	walrusOriginal = sui.Address{0xfd, 31: 1}
	walrusLatest   = sui.Address{0x98, 31: 3}
	walCoin        = sui.Address{0x35, 31: 6}
	walrusSystem   = sui.Address{0x21, 31: 2}
)

func (c *fakeChain) addWalrus(change func(contents []byte) []byte) {
	adapter, err := move.Package(contract.WalrusAdapter)
	if err != nil {
		c.t.Fatal(err)
	}
	m := parseAll(c.t, [][]byte{adapter.Modules[0].Bytes})[0]
	m.Readdress(map[sui.Address]sui.Address{{}: walrusOriginal}) // any module of that address will do
	c.objects[walrusLatest] = &sui.Object{Package: &sui.MovePackage{
		ID: walrusLatest, Version: 3, Modules: []sui.Module{{Name: "blob", Bytes: m.Serialize()}},
		Linkage: []sui.Linkage{{Original: sui.MoveStdlib, Upgraded: sui.MoveStdlib}, {Original: sui.Framework, Upgraded: sui.Framework}, {Original: sui.Address{9}, Upgraded: walCoin}},
	}}
	e := bcs.NewEncoder()
	e.Value(walrusSystem)
	e.U64(3)
	e.Value(walrusLatest)
	e.Bool(false)
	contents := e.Data()
	if change != nil {
		contents = change(contents)
	}
	c.objects[walrusSystem] = &sui.Object{Move: &sui.MoveObject{Type: sui.StructTag{Address: walrusOriginal, Module: "system", Name: "System"}, Contents: contents}}
}

func TestPublishWalrusAdapter(t *testing.T) {
	chain, ctx, dir := newChain(t, 0x4c), context.Background(), t.TempDir()
	chain.addWalrus(nil)
	var s steps
	cfg := s.config(dir)
	if d, err := Publish(ctx, chain, fakeSigner{}, cfg); err != nil || d.Packages[contract.WalrusAdapter].Version != 0 {
		t.Fatalf("without Walrus: %+v, %v", d, err)
	}
	cfg.WalrusSystem = walrusSystem
	s = nil
	d, err := Publish(ctx, chain, fakeSigner{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if last := s[len(s)-1]; last != "published walrus_adapter" {
		t.Errorf("got %v", s)
	}
	id := d.Packages[contract.WalrusAdapter].Original
	used := map[sui.Address]bool{}
	for _, m := range parseAll(t, [][]byte{chain.objects[id].Package.Modules[0].Bytes}) {
		for i := range m.ModuleHandles {
			a, _ := m.ModuleID(uint16(i))
			used[a] = true
		}
	}
	if placeholder, _ := move.Placeholder("walrus"); used[sui.Address(placeholder)] || !used[walrusOriginal] || used[walrusLatest] || !used[d.Packages[contract.Storage].Original] {
		t.Errorf("the adapter uses %v", used)
	}
	linked := map[sui.Address]bool{}
	for _, l := range chain.objects[id].Package.Linkage {
		linked[l.Upgraded] = true
	}
	for _, want := range []sui.Address{sui.MoveStdlib, sui.Framework, walrusLatest, walCoin, d.Packages[contract.Storage].Latest} {
		if !linked[want] {
			t.Errorf("it is not published with %s", want)
		}
	}
	if got := d.Contracts().WalrusAdapter.Latest; got != id {
		t.Errorf("contracts name %s, want %s", got, id)
	}
	// it is kept, found again without being told of Walrus, and upgraded with it
	sent := len(chain.sent)
	if _, err := Publish(ctx, chain, fakeSigner{}, cfg); err != nil || len(chain.sent) != sent {
		t.Errorf("published again: %v", err)
	}
	if d, err := Read(ctx, chain, s.config(dir)); err != nil || d.Packages[contract.WalrusAdapter].Latest != id {
		t.Errorf("got %+v, %v", d, err)
	}
	s = nil
	if _, err := Upgrade(ctx, chain, fakeSigner{}, cfg); err != nil || !slices.Contains(s, "unchanged walrus_adapter") {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestPublishNeedsTheRightWalrus(t *testing.T) {
	ctx := context.Background()
	for what, v := range map[string]struct {
		spoil func(c *fakeChain)
		want  string
	}{
		"no such object":     {func(c *fakeChain) { delete(c.objects, walrusSystem) }, "see that the object is that of this network"},
		"another object":     {func(c *fakeChain) { c.objects[walrusSystem].Move.Type.Name = "Staking" }, "is not its System"},
		"a package":          {func(c *fakeChain) { c.objects[walrusSystem] = c.objects[walrusLatest] }, "is not its System"},
		"cut short":          {func(c *fakeChain) { c.addWalrus(func(b []byte) []byte { return b[:60] }) }, "read its System"},
		"more than a System": {func(c *fakeChain) { c.addWalrus(func(b []byte) []byte { return append(b, 0) }) }, "read its System"},
		"an upgrade under way": {func(c *fakeChain) {
			c.addWalrus(func(b []byte) []byte { return append(append(b[:len(b)-1], 1), walCoin[:]...) })
		}, "are being upgraded"},
		"no package": {func(c *fakeChain) { c.objects[walrusLatest] = c.objects[walrusSystem] }, "is no package"},
		"another package": {func(c *fakeChain) {
			c.objects[walrusSystem].Move.Type.Address = sui.Address{1}
		}, "a version of"},
	} {
		t.Run(what, func(t *testing.T) {
			chain := newChain(t, 0x4c)
			chain.addWalrus(nil)
			v.spoil(chain)
			var s steps
			cfg := s.config(t.TempDir())
			cfg.WalrusSystem = walrusSystem
			_, err := Publish(ctx, chain, fakeSigner{}, cfg)
			if err == nil || !strings.Contains(err.Error(), v.want) || len(chain.sent) != 0 {
				t.Errorf("got %v after %d transactions, want %q and none", err, len(chain.sent), v.want)
			}
		})
	}
	chain := newChain(t, 0x4c)
	var s steps
	cfg := s.config(t.TempDir())
	cfg.WalrusSystem = walrusSystem
	if _, err := Publish(ctx, chain, fakeSigner{}, cfg); !errors.Is(err, suirpc.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
