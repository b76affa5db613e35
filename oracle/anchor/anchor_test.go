package anchor

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

const origin = "log.example/floe"

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))

// memoryLog is a log of less than a tile.
type memoryLog struct {
	t    *testing.T
	tree *testonly.Tree
}

func (l *memoryLog) grow(entries ...string) *memoryLog {
	for _, e := range entries {
		l.tree.AppendData([]byte(e))
	}
	return l
}

func newLog(t *testing.T, entries ...string) *memoryLog {
	return (&memoryLog{t, testonly.New(rfc6962.DefaultHasher)}).grow(entries...)
}

func (l *memoryLog) Checkpoint(context.Context) (*logproof.SignedCheckpoint, error) {
	s, err := logproof.Signer(origin, key)
	if err != nil {
		return nil, err
	}
	text := logproof.Checkpoint{Origin: origin, Size: l.tree.Size(), Root: logproof.Hash(l.tree.Hash())}.Text()
	raw, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return nil, err
	}
	log, err := logproof.NewLog(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	return log.Open(raw)
}

func (l *memoryLog) Tile(_ context.Context, path string) ([]byte, error) {
	if path != fmt.Sprintf("tile/0/000.p/%d", l.tree.Size()) {
		return nil, os.ErrNotExist
	}
	var out []byte
	for i := range l.tree.Size() {
		out = append(out, l.tree.LeafHash(i)...)
	}
	return out, nil
}

func TestAnchor(t *testing.T) {
	c := chaintest.Start(t)
	client, err := suirpc.Dial(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	payer, err := sui.NewPrivateKey(sui.Ed25519, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.RequestGas(t.Context(), c.Faucet, payer.Address()); err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Publish(t.Context(), client, payer, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "anchor")
	open := func(l *memoryLog, origin string) *Anchorer {
		a, err := New(Config{Chain: client, Signer: payer, Packages: d.Contracts(), Log: l, Origin: origin,
			Key: key.Public().(ed25519.PublicKey), State: state})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	on := func(id sui.Address) *contract.Anchor {
		obj, err := client.Object(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		v, err := contract.ParseAnchor(obj)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	log := newLog(t)
	a := open(log, origin)
	if head, err := a.Anchor(t.Context()); head != nil || err != nil || !a.ID().IsZero() {
		t.Errorf("an empty log: %v, %v, anchor %s", head, err, a.ID())
	}
	if err := a.CheckJournal(t.Context(), 0); err != nil {
		t.Errorf("nothing is anchored: %v", err)
	}
	for _, e := range []string{"a", "b", "c"} {
		log.grow(e)
		head, err := a.Anchor(t.Context())
		if err != nil || head == nil {
			t.Fatalf("%v, %v", head, err)
		}
		v := on(a.ID())
		if v.TreeSize != log.tree.Size() || !bytes.Equal(v.Root, log.tree.Hash()) || v.Origin != origin {
			t.Errorf("anchored %+v", v)
		}
		if head, err := a.Anchor(t.Context()); head != nil || err != nil {
			t.Errorf("anchored twice: %v, %v", head, err)
		}
	}
	id := a.ID()
	if a = open(log.grow("d", "e"), origin); a.ID() != id {
		t.Errorf("after a restart: anchor %s, want %s", a.ID(), id)
	}
	if _, err := a.Anchor(t.Context()); err != nil || on(id).TreeSize != 5 {
		t.Errorf("after a restart: %v", err)
	}
	for length, want := range map[uint64]error{0: ErrConflict, 4: ErrConflict, 5: nil, 6: nil} {
		if err := a.CheckJournal(t.Context(), length); !errors.Is(err, want) {
			t.Errorf("a journal of %d: %v", length, err)
		}
	}
	for name, other := range map[string]*memoryLog{
		"an old copy":       newLog(t, "a", "b"),
		"rewritten":         newLog(t, "a", "b", "x", "d", "e"),
		"rewritten, larger": newLog(t, "a", "b", "x", "d", "e", "f"),
	} {
		if _, err := open(other, origin).Anchor(t.Context()); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open(log.grow("f"), "another").Anchor(t.Context()); err == nil || errors.Is(err, ErrConflict) {
		t.Errorf("another log: %v", err)
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	if a = open(log, origin); !a.ID().IsZero() {
		t.Error("an anchor is remembered without its file")
	}
	if _, err := a.Anchor(t.Context()); err != nil || a.ID() == id || on(a.ID()).TreeSize != 6 {
		t.Errorf("a new anchor: %v", err)
	}
	if err := os.WriteFile(state, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{State: state}); err == nil {
		t.Error("a damaged state is accepted")
	}
}
