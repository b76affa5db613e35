package archive

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/sui"
)

// packed is an archive of six files; what the decisions of even numbers take is to
// stay. Nothing of that is in the fourth and the last file.
type packed struct {
	dir    string
	all    []*evidence.Evidence
	shorts [][]byte
	keep   map[sui.Digest]bool
}

func newPacked(t *testing.T) *packed {
	p := &packed{dir: t.TempDir(), keep: map[sui.Digest]bool{}}
	a := reopen(t, nil, p.dir)
	for _, balances := range [][]uint64{{1, 100}, {2, 100}, {3}, {4}, {5, 100}, {6}, {7}, {8}, {3}, {9}} {
		ev := decision(1, balances...)
		p.all, p.shorts = append(p.all, ev), append(p.shorts, keep(t, a, ev))
		if n := len(p.all); n != 1 && n != 4 && n != 7 { // these share a file with the next
			a.tail.End = maxPack
		}
	}
	for i, short := range p.shorts {
		digests, err := a.References(short)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range digests {
			if i%2 == 0 {
				p.keep[d] = true
			}
		}
	}
	a.Close()
	return p
}

// check demands that what stays is there, and the rest, if it is gone.
func (p *packed) check(t *testing.T, a *Archive, gone bool) {
	t.Helper()
	for i, short := range p.shorts {
		if i%2 == 0 {
			recalled(t, a, short, p.all[i])
		} else if _, err := a.Recall(short); gone != errors.Is(err, ErrUnknown) {
			t.Errorf("decision %d: %v", i, err)
		}
	}
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func (p *packed) keeps(d sui.Digest) bool { return p.keep[d] }

// What stays stays, what goes is gone from the disk too, and the archive goes on.
func TestPrune(t *testing.T) {
	p := newPacked(t)
	a := reopen(t, nil, p.dir)
	items, size := a.Size()
	part := a.Without(p.keeps)
	if part.Items != items-len(p.keep) || part.Bytes <= 0 || part.Bytes >= size {
		t.Errorf("%+v of %d items, %d bytes", part, items, size)
	}
	if err := a.Prune(t.Context(), p.keeps); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(p.dir, "*"))
	if err != nil || len(names) != 4 { // of six
		t.Errorf("%v, %v", names, err)
	}
	for range 2 {
		p.check(t, a, true)
		if n, s := a.Size(); n != len(p.keep) || s >= size {
			t.Errorf("%d items, %d bytes", n, s)
		}
		a = reopen(t, a, p.dir)
	}
	for i := range p.all { // what is gone can come again
		p.shorts[i] = keep(t, a, p.all[i])
	}
	p.check(t, a, false)
	p.check(t, reopen(t, a, p.dir), false)
	if err := reopen(t, a, p.dir).Prune(t.Context(), func(sui.Digest) bool { return false }); err != nil {
		t.Fatal(err)
	}
	empty := reopen(t, nil, p.dir)
	if n, s := empty.Size(); n != 0 || s != 0 {
		t.Errorf("%d items, %d bytes", n, s)
	}
	recalled(t, empty, keep(t, empty, p.all[0]), p.all[0])
}

// Killed at any step, it has lost nothing that stays, and can be done again.
func TestPruneKilled(t *testing.T) {
	for step := 0; ; step++ {
		p := newPacked(t)
		renamed, killed := 0, errors.New("killed")
		loaded := false
		a, err := open(p.dir, key, func(path string) (groupcommit.File, error) {
			if loaded {
				if renamed == step {
					return nil, killed
				}
				renamed++
			}
			return groupcommit.Open(path)
		})
		if err != nil {
			t.Fatal(err)
		}
		loaded = true
		err = a.Prune(t.Context(), p.keeps)
		a.Close()
		if err != nil && !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, ".00000003.pack.new-77"), []byte("half of a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		after := reopen(t, nil, p.dir)
		for i := 0; i < len(p.all); i += 2 {
			recalled(t, after, p.shorts[i], p.all[i])
		}
		if err := after.Prune(t.Context(), p.keeps); err != nil {
			t.Fatal(err)
		}
		p.check(t, reopen(t, after, p.dir), true)
		names, e := filepath.Glob(filepath.Join(p.dir, ".*.new-*"))
		if e != nil || len(names) > 0 {
			t.Errorf("left behind: %v, %v", names, e)
		}
		if err == nil {
			if step < 3 {
				t.Errorf("only %d files were rewritten", step)
			}
			return
		}
	}
}

// A damaged item that stays stops the pruning of its file, which is left as it is.
func TestPruneDamaged(t *testing.T) {
	p := newPacked(t)
	a := reopen(t, nil, p.dir)
	var at place
	for d, x := range a.index {
		if x.pack == 0 && p.keep[d] {
			at = x
		}
	}
	f, err := os.OpenFile(packPath(p.dir, 1), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at.offset+30); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{^b[0]}, at.offset+30); err != nil { // while it is open
		t.Fatal(err)
	}
	before, err := os.ReadFile(packPath(p.dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	// Of the first file all but this one item goes.
	err = a.Prune(t.Context(), func(d sui.Digest) bool { return a.index[d].pack != 0 || a.index[d] == at })
	after, e := os.ReadFile(packPath(p.dir, 1))
	if !errors.Is(err, ErrDamaged) || e != nil || !slices.Equal(before, after) {
		t.Errorf("%v, %v", err, e)
	}
}
