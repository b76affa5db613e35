package deploy

import (
	"bytes"
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
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// steps records what a run reports.
type steps []string

func (s *steps) config(dir string) Config {
	return Config{Env: "testnet", Dir: dir, Progress: func(st Step) { *s = append(*s, st.Action+" "+st.Package) }}
}

func TestOrder(t *testing.T) {
	for i, name := range order {
		for _, d := range move.Dependencies(name) {
			if j := slices.Index(order, d); j < 0 || j > i {
				t.Errorf("%s comes before its dependency %s", name, d)
			}
		}
	}
	if len(order) != len(move.Packages())-3 { // all but the framework, the Walrus adapter and committees
		t.Errorf("order has %v of %v", order, move.Packages())
	}
}

func TestPublish(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	var s steps
	d, err := Publish(ctx, chain, fakeSigner{}, s.config(dir))
	if err != nil {
		t.Fatal(err)
	}
	if want := (steps{"published key_server", "published storage", "published catalog", "published access"}); !slices.Equal(s, want) {
		t.Errorf("got %v, want %v", s, want)
	}
	for _, name := range order {
		p := d.Packages[name]
		o := chain.objects[p.Original]
		if o == nil || o.Package == nil || p.Latest != p.Original || p.Version != 1 {
			t.Errorf("%s: %+v is not a first version", name, p)
		}
		if cap := chain.objects[p.UpgradeCap]; cap == nil || !bytes.Equal(cap.Move.Contents[32:64], p.Original[:]) {
			t.Errorf("%s: %s is not its UpgradeCap", name, p.UpgradeCap)
		}
	}
	for id, want := range map[sui.Address]string{
		d.Objects.StorageSystem: "system::System", d.Objects.StorageAdminCap: "system::AdminCap",
		d.Objects.AccessVersion: "version::PackageVersion", d.Objects.AccessVersionCap: "version::PackageVersionCap",
	} {
		if o := chain.objects[id]; o == nil || !strings.HasSuffix(o.Move.Type.String(), want) {
			t.Errorf("object %s is not the %s", id, want)
		}
	}
	if d.ChainID != chain.id {
		t.Errorf("chain %s, want %s", d.ChainID, chain.id)
	}
	for _, name := range order {
		if got, ok := d.Contracts().Name(d.Packages[name].Latest); !ok || got != name {
			t.Errorf("Contracts takes %s for %q", name, got)
		}
	}
}

func TestPublishLinksDependencies(t *testing.T) {
	chain, ctx := newChain(t, 0x4c), context.Background()
	var s steps
	d, err := Publish(ctx, chain, fakeSigner{}, s.config(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	storage := d.Packages[contract.Storage].Original
	placeholder, _ := move.Placeholder(contract.Storage)
	sent := chain.sent[len(chain.sent)-2].Programmable().Commands[0].Publish
	if want := []sui.Address{sui.MoveStdlib, sui.Framework, storage}; !slices.Equal(sent.Dependencies, want) {
		t.Errorf("catalog is published with dependencies %v, want %v", sent.Dependencies, want)
	}
	linked := false
	for i, m := range parseAll(t, sent.Modules) {
		if !m.Address().IsZero() {
			t.Errorf("module %s is sent with its own address %s", m.Name(), m.Address())
		}
		linked = linked || slices.Contains(m.Dependencies(), storage)
		if bytes.Contains(sent.Modules[i], placeholder[:]) {
			t.Errorf("module %s still has the placeholder", m.Name())
		}
	}
	if !linked {
		t.Error("no module of catalog links to storage")
	}
}

func TestPublishResumes(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	chain.fail = 3
	var first, second, third steps
	if _, err := Publish(ctx, chain, fakeSigner{}, first.config(dir)); !errors.Is(err, errSend) || !strings.Contains(err.Error(), "catalog") {
		t.Fatalf("got %v, want that catalog failed", err)
	}
	if _, err := Read(ctx, chain, first.config(dir)); !errors.Is(err, ErrNotPublished) {
		t.Errorf("read half a deployment: got %v, want ErrNotPublished", err)
	}
	d, err := Publish(ctx, chain, fakeSigner{}, second.config(dir))
	if err != nil {
		t.Fatal(err)
	}
	if want := (steps{"unchanged key_server", "unchanged storage", "published catalog", "published access"}); !slices.Equal(second, want) {
		t.Errorf("got %v, want %v", second, want)
	}
	sent := len(chain.sent)
	again, err := Publish(ctx, chain, fakeSigner{}, third.config(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(chain.sent) != sent {
		t.Error("a complete deployment is published again")
	}
	read, err := Read(ctx, chain, third.config(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []*Deployment{again, read} {
		if other.Objects != d.Objects || other.Packages[contract.Catalog] != d.Packages[contract.Catalog] {
			t.Errorf("got %+v, want %+v", other, d)
		}
	}
}

func TestOtherChainIsRefused(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	var s steps
	if _, err := Publish(ctx, newChain(t, 0x4c), fakeSigner{}, s.config(dir)); err != nil {
		t.Fatal(err)
	}
	reset := newChain(t, 0x4d)
	_, err := Publish(ctx, reset, fakeSigner{}, s.config(dir))
	if !errors.Is(err, ErrOtherChain) || !strings.Contains(err.Error(), "[published.testnet]") {
		t.Errorf("got %v, want ErrOtherChain and what to do", err)
	}
	if len(reset.sent) != 0 {
		t.Error("something was sent nevertheless")
	}
	cfg := s.config(dir)
	cfg.Env = "other"
	if _, err := Publish(ctx, reset, fakeSigner{}, cfg); err != nil {
		t.Errorf("under another name: %v", err)
	}
}

func TestUnwritableFolderIsFoundBeforeSending(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, contract.KeyServer), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	chain := newChain(t, 0x4c)
	var s steps
	if _, err := Publish(context.Background(), chain, fakeSigner{}, s.config(dir)); err == nil {
		t.Error("no error")
	}
	if len(chain.sent) != 0 {
		t.Error("a package was published that could not be recorded")
	}
}

func TestPrunedPublicationSaysWhatToDo(t *testing.T) {
	chain, dir, ctx := newChain(t, 0x4c), t.TempDir(), context.Background()
	var s steps
	if _, err := Publish(ctx, chain, fakeSigner{}, s.config(dir)); err != nil {
		t.Fatal(err)
	}
	clear(chain.done)
	if _, err := Read(ctx, chain, s.config(dir)); !errors.Is(err, suirpc.ErrNotFound) || !strings.Contains(err.Error(), "old transactions") {
		t.Errorf("got %v, want what to do", err)
	}
}
