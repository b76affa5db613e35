package archive

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/sui"
)

// everything is what a folder holds, names and contents.
func everything(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, e.Name()...), b...)
	}
	return all
}

// shows lists what of an evidence can be found in bytes.
func shows(b []byte, ev *evidence.Evidence) (found []string) {
	for i, o := range ev.Content {
		if o.ID() == sui.ClockID {
			continue
		}
		id, d := o.ID(), ev.Objects[i].Digest
		for name, part := range map[string][]byte{"id": id[:8], "digest": d[:8], "hex of its digest": []byte(hex.EncodeToString(d[:8])),
			"digest in base58": []byte(d.String()[:8]), "owner": o.Owner.Address[:8], "content": o.Move.Contents[32:40], "type": []byte("coin")} {
			if bytes.Contains(b, part) {
				found = append(found, name)
			}
		}
	}
	return found
}

// A stolen copy, without the key, does not tell which objects were read, by their
// content, id, owner, digest or size. With it everything is there.
func TestHidden(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	ev := decision(1, 0xa1a2a3a4a5a6a7a8, 0xb1b2b3b4b5b6b7b8)
	short := keep(t, a, ev)
	keep(t, a, decision(1, 0xc1c2c3c4c5c6c7c8))
	a.Close()
	if found := shows(everything(t, dir), ev); found != nil {
		t.Errorf("the files show %v", found)
	}
	b, err := os.ReadFile(packPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[uint32]int{}
	for at := 0; at < len(b); {
		end := at + frameHead + int(binary.LittleEndian.Uint32(b[at+4:]))
		for at += frameHead; at < end; {
			size := binary.LittleEndian.Uint32(b[at:])
			sizes[size]++
			at += 4 + int(size)
		}
	}
	if len(sizes) != 1 || sizes[sealedStep+vault.Overhead] != 5 {
		t.Errorf("items of different objects have different sizes: %v", sizes)
	}
	reader, err := Read(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	recalled(t, reader, short, ev)
}

// With another key the archive is refused, and not taken for torn.
func TestAnotherKey(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	keep(t, a, decision(1, 1))
	a.Close()
	before := everything(t, dir)
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	if _, err := Open(dir, other); !errors.Is(err, ErrDamaged) || !errors.Is(err, vault.ErrSealed) {
		t.Errorf("%v", err)
	}
	if _, err := Read(dir, nil); err == nil {
		t.Error("read without a key")
	}
	if !bytes.Equal(everything(t, dir), before) {
		t.Error("the files were changed")
	}
}

// What the version before this one wrote, two decisions about the coins 10 and 20,
// and 10 and 21: see testdata. It was not sealed.
var old = []struct {
	ev    *evidence.Evidence
	short string
}{{decision(1, 10, 20), "01c24f6c3b40d33a3059979545330ff56de495ba49105ccc35d689cc981ed6e112"},
	{decision(1, 10, 21), "0177a4cdb2db7ee1716e35224658e54ca5fe839e59a39191c09a36fbb2d348e633"}}

// An archive in the clear is read as it is, and sealed when it is opened.
func TestSealOld(t *testing.T) {
	clear, err := os.ReadFile("testdata/clear.pack")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(packPath(dir, 1), append(clear, clear[:20]...), 0o600); err != nil { // and torn
		t.Fatal(err)
	}
	// What a crash leaves behind who was about to seal it.
	if err := os.WriteFile(filepath.Join(dir, ".00000001.pack.new-123"), clear[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(a *Archive) {
		t.Helper()
		for _, o := range old {
			digest, err := hex.DecodeString(o.short)
			if err != nil {
				t.Fatal(err)
			}
			short, _, err := shorten(o.ev)
			if err != nil || !bytes.HasPrefix(short, digest) {
				t.Fatalf("short form %x, %v", short[:33], err)
			}
			recalled(t, a, short, o.ev)
		}
		if items, size := a.Size(); items != 5 || size == 0 {
			t.Errorf("%d items, %d bytes", items, size)
		}
	}
	reader, err := Read(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	check(reader)
	reader.Close()
	if found := shows(everything(t, dir), old[0].ev); found == nil {
		t.Fatal("reading sealed it, or this test finds nothing")
	}
	a := reopen(t, nil, dir)
	for range 2 {
		if found := shows(everything(t, dir), old[0].ev); found != nil {
			t.Errorf("the files still show %v", found)
		}
		check(a)
		next := decision(1, 99)
		recalled(t, a, keep(t, a, next), next)
		a = reopen(t, a, dir)
		recalled(t, a, keep(t, a, next), next)
		a.Close()
		if err := os.RemoveAll(dir); err != nil { // again, of a whole file
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(packPath(dir, 1), clear, 0o600); err != nil {
			t.Fatal(err)
		}
		a = reopen(t, nil, dir)
	}
}

// A file that is missing costs what it held; the others stay as they are. (The next
// one was written over that which followed it.)
func TestMissingPack(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	var shorts [][]byte
	var all []*evidence.Evidence
	for i := range uint64(3) {
		all = append(all, decision(1, i))
		shorts = append(shorts, keep(t, a, all[i]))
		a.tail.End = maxPack // as if it were full
	}
	a.Close()
	if err := os.Remove(packPath(dir, 2)); err != nil {
		t.Fatal(err)
	}
	a = reopen(t, nil, dir)
	a.tail.End = maxPack
	next := decision(1, 9)
	short := keep(t, a, next)
	a = reopen(t, a, dir)
	for i := range shorts {
		if _, err := a.Recall(shorts[i]); (i == 1) != errors.Is(err, ErrUnknown) {
			t.Errorf("decision %d: %v", i, err)
		}
	}
	recalled(t, a, short, next)
	recalled(t, a, keep(t, a, all[1]), all[1])
	for _, name := range []string{"00000000.pack", "0000000x.pack"} {
		at := t.TempDir()
		if err := os.WriteFile(filepath.Join(at, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(at, key); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Recall reads is known before.
func TestRecallSize(t *testing.T) {
	a := reopen(t, nil, t.TempDir())
	one, two := keep(t, a, decision(1, 1)), keep(t, a, decision(1, 1, 2))
	_, all := a.Size()
	sizes := make([]int64, 2)
	for i, short := range [][]byte{one, two} {
		var err error
		if sizes[i], err = a.RecallSize(short); err != nil {
			t.Fatal(err)
		}
	}
	if item := int64(sealedStep + vault.Overhead); sizes[0] != 2*item || sizes[1] != 3*item || sizes[1] >= all {
		t.Errorf("%v of %d", sizes, all)
	}
	if _, err := reopen(t, nil, t.TempDir()).RecallSize(one); !errors.Is(err, ErrUnknown) {
		t.Errorf("of another archive: %v", err)
	}
}
