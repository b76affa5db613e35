package archive

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))

// decision is evidence over the Clock at a time and objects of some balances.
func decision(timeMS uint64, balances ...uint64) *evidence.Evidence {
	b := sui.NewBuilder()
	b.Call(sui.Framework, "clock", "timestamp_ms", nil, b.Pure(uint64(1)))
	tx, err := b.Build(sui.Address{5}, sui.GasData{})
	if err != nil {
		panic(err)
	}
	ev := &evidence.Evidence{Manifest: evidence.Manifest{Position: evidence.Position{Checkpoint: timeMS}, Transaction: *tx, Absent: []sui.Address{{0xee}}}}
	ev.Content = []*sui.Object{(&clock{version: timeMS, timestampMS: timeMS, previous: sui.Digest{byte(timeMS)}}).object()}
	for i, n := range balances {
		ev.Content = append(ev.Content, execution.GenesisCoin(sui.Address{0xc0, byte(i)}, sui.Address{7}, n))
	}
	slices.SortFunc(ev.Content, func(a, b *sui.Object) int { id := a.ID(); return id.Compare(b.ID()) })
	for _, o := range ev.Content {
		ev.Objects = append(ev.Objects, o.Ref())
	}
	return ev
}

func keep(t *testing.T, a *Archive, ev *evidence.Evidence) []byte {
	t.Helper()
	short, err := a.Keep(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return short
}

// recalled demands that a short form gives the evidence.
func recalled(t *testing.T, a *Archive, short []byte, want *evidence.Evidence) {
	t.Helper()
	ev, err := a.Recall(short)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bcs.Marshal(&ev.Manifest), bcs.Marshal(&want.Manifest)) {
		t.Error("the manifest is another")
	}
	for i, o := range ev.Content {
		if o.Ref() != want.Objects[i] {
			t.Errorf("object %d is another", i)
		}
	}
}

func reopen(t *testing.T, a *Archive, dir string) *Archive {
	t.Helper()
	if a != nil {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Open(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// Each object is stored once; a decision about the same objects at another
// checkpoint stores nothing.
func TestKeepOnce(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	first, later, other := decision(1, 10, 20), decision(2, 10, 20), decision(3, 10, 21)
	shorts := [][]byte{keep(t, a, first)}
	items, size := a.Size()
	if items != 3 { // two coins and the list
		t.Errorf("%d items", items)
	}
	shorts = append(shorts, keep(t, a, later))
	if n, s := a.Size(); n != items || s != size {
		t.Errorf("another checkpoint stored %d items, %d bytes", n-items, s-size)
	}
	shorts = append(shorts, keep(t, a, other))
	if n, _ := a.Size(); n != items+2 {
		t.Errorf("one changed object stored %d items, want it and the list", n-items)
	}
	for range 2 {
		for i, ev := range []*evidence.Evidence{first, later, other} {
			recalled(t, a, shorts[i], ev)
		}
		a = reopen(t, a, dir)
	}
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A Clock that is not as expected is stored like any object.
func TestKeepStrangeClock(t *testing.T) {
	a := reopen(t, nil, t.TempDir())
	ev := decision(4, 1)
	ev.Content[0].StorageRebate = 9
	ev.Objects[0] = ev.Content[0].Ref()
	recalled(t, a, keep(t, a, ev), ev)
	if n, _ := a.Size(); n != 3 {
		t.Errorf("%d items", n)
	}
}

// Decisions that come while a sync is under way share the next.
func TestGroupCommit(t *testing.T) {
	d := &disk{entered: make(chan struct{}, 100), gate: make(chan struct{})}
	a := d.open(t, t.TempDir())
	var wait sync.WaitGroup
	wait.Go(func() { keep(t, a, decision(1, 1)) })
	<-d.entered
	const n = 50
	for i := range n {
		wait.Go(func() { keep(t, a, decision(1, uint64(i+2))) })
	}
	for a.writes.Len() < n {
		runtime.Gosched()
	}
	close(d.gate)
	wait.Wait()
	if d.syncs != 2 {
		t.Errorf("%d syncs, want 2", d.syncs)
	}
	if items, _ := a.Size(); items != 2*(n+1) {
		t.Errorf("%d items", items)
	}
}

// A full or failing disk costs the decisions that need it, and nothing after.
func TestFullDisk(t *testing.T) {
	d, dir := new(disk), t.TempDir()
	a := d.open(t, dir)
	ev := decision(1, 1)
	short := keep(t, a, ev)
	for i, fault := range []func(){
		func() { d.room = 100 },
		func() { d.syncErr = syscall.EIO },
		func() { d.truncErr = syscall.EROFS; d.room = 10 },
	} {
		fault()
		next := decision(1, uint64(i)+2)
		for range 2 {
			if _, err := a.Keep(t.Context(), next); !errors.Is(err, ErrNotKept) {
				t.Fatalf("fault %d: %v", i, err)
			}
		}
		keep(t, a, ev) // needs no room
		*d = disk{}
		recalled(t, a, keep(t, a, next), next)
	}
	a.Close()
	a = reopen(t, nil, dir)
	if a.Torn != 0 {
		t.Errorf("%d bytes torn", a.Torn)
	}
	recalled(t, a, short, ev)
}

// Items that are not what their digests say are refused, and harm no other.
func TestKeepWrongBytes(t *testing.T) {
	a := reopen(t, nil, t.TempDir())
	ev := decision(1, 1)
	ev.Objects[1].Digest[0] ^= 1
	if _, err := a.Keep(t.Context(), ev); !errors.Is(err, ErrNotKept) {
		t.Errorf("%v", err)
	}
	good := decision(1, 2)
	recalled(t, a, keep(t, a, good), good)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Keep(ctx, decision(1, 2)); err != nil {
		t.Errorf("nothing had to be stored, but: %v", err)
	}
	a.Close()
	if _, err := a.Keep(t.Context(), decision(1, 3)); !errors.Is(err, ErrNotKept) {
		t.Errorf("after Close: %v", err)
	}
}

// Wherever a crash cuts the file, what was durable before is there, and the
// archive goes on.
func TestTorn(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	first, second := decision(1, 1), decision(1, 2)
	short := keep(t, a, first)
	_, kept := a.Size()
	keep(t, a, second)
	a.Close()
	whole, err := os.ReadFile(packPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	for n := kept; n < int64(len(whole)); n += 1 + (n-kept)/2 {
		for _, tail := range [][]byte{whole[:n], append(bytes.Clone(whole[:n]), make([]byte, 40)...), flipped(whole, n, kept)} {
			at := t.TempDir()
			if err := os.WriteFile(packPath(at, 1), tail, 0o600); err != nil {
				t.Fatal(err)
			}
			reader, err := Read(at, key)
			if err != nil {
				if bytes.Equal(tail[:kept+frameHead], whole[:kept+frameHead]) {
					t.Fatalf("cut at %d: %v", n, err)
				}
				continue // a head that is neither whole nor missing is no crash
			}
			recalled(t, reader, short, first)
			reader.Close()
			a := reopen(t, nil, at)
			recalled(t, a, short, first)
			recalled(t, a, keep(t, a, second), second)
			a = reopen(t, a, at)
			if a.Torn != 0 {
				t.Fatalf("cut at %d: torn again", n)
			}
			a.Close()
		}
	}
}

// flipped has one wrong bit in the last batch's payload.
func flipped(whole []byte, n, kept int64) []byte {
	b := bytes.Clone(whole)
	b[max(n, kept+frameHead)] ^= 1
	return b
}

// A wrong bit in what was durable is found, before or when it is used.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	keep(t, a, decision(1, 1))
	_, kept := a.Size()
	keep(t, a, decision(1, 2))
	a.Close()
	whole, err := os.ReadFile(packPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	for n := int64(0); n < kept; n += 7 {
		b := bytes.Clone(whole)
		b[n] ^= 1
		at := t.TempDir()
		if err := os.WriteFile(packPath(at, 1), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := Open(at, key); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d: %v", n, err)
			a.Close()
		}
	}
	a = reopen(t, nil, dir)
	f, err := os.OpenFile(packPath(dir, 1), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteAt([]byte{^whole[kept-1]}, kept-1) // while it is open
	if err := a.Check(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("check: %v", err)
	}
}

// A full file is followed by another.
func TestPacks(t *testing.T) {
	dir := t.TempDir()
	a := reopen(t, nil, dir)
	first := decision(1, 1)
	short := keep(t, a, first)
	a.Close()
	if err := os.Truncate(packPath(dir, 1), maxPack+1); err != nil {
		t.Fatal(err)
	}
	a = reopen(t, nil, dir)
	if a.Torn == 0 {
		t.Fatal("zeros are taken for content")
	}
	a.tail.End, a.bytes = maxPack, maxPack // as if it were full
	second := decision(1, 2)
	keep(t, a, second)
	if a = reopen(t, a, dir); len(a.packs) != 2 {
		t.Fatalf("%d files", len(a.packs))
	}
	recalled(t, a, short, first)
	recalled(t, a, keep(t, a, second), second)
	a.Close()
	if err := os.Truncate(packPath(dir, 1), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, key); !errors.Is(err, ErrDamaged) {
		t.Errorf("a file that is not the last is cut: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none"), key); err != nil {
		t.Errorf("an archive that does not exist yet: %v", err)
	}
}

// A disk writes files that fail when told to.
type disk struct {
	room     int // bytes that can still be written, if not 0
	syncErr  error
	truncErr error
	syncs    int
	entered  chan struct{}
	gate     chan struct{}
}

func (d *disk) open(t *testing.T, dir string) *Archive {
	t.Helper()
	a, err := open(dir, key, func(path string) (groupcommit.File, error) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		return diskFile{f, d}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

type diskFile struct {
	*os.File
	disk *disk
}

func (f diskFile) WriteAt(p []byte, off int64) (int, error) {
	if room := f.disk.room; room > 0 && len(p) > room {
		n, _ := f.File.WriteAt(p[:room], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}

func (f diskFile) Sync() error {
	if f.disk.gate != nil {
		f.disk.entered <- struct{}{}
		<-f.disk.gate
	}
	f.disk.syncs++
	return f.disk.syncErr
}

func (f diskFile) Truncate(n int64) error {
	if f.disk.truncErr != nil {
		return f.disk.truncErr
	}
	return f.File.Truncate(n)
}

// Nothing that can stand in a pack makes it panic, or gives bytes that are not
// what their digest says.
func FuzzPack(f *testing.F) {
	v, err := vault.New(key, vaultPurpose)
	if err != nil {
		f.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var payload []byte
	for i := range 3 {
		raw := bcs.Marshal(execution.GenesisCoin(sui.Address{byte(i)}, sui.Address{1}, r.Uint64()))
		payload, _ = appendSealed(v, payload, anObject, anObject.digest(raw), raw)
	}
	clear, err := os.ReadFile("testdata/clear.pack")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame(payload))
	f.Add(append(frame(payload), frame(payload[:50])...))
	f.Add(clear)
	f.Add([]byte(frameMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := &Archive{vault: v, packs: []*pack{{File: memory{bytes.NewReader(b)}}}, index: map[sui.Digest]place{}}
		if end, rest, err := a.loadPack(0, a.packs[0]); err == nil && end+rest != int64(len(b)) {
			t.Errorf("%d and %d bytes of %d", end, rest, len(b))
		}
		a.Check(t.Context())
	})
}

// What is sealed opens to the same or not at all.
func FuzzItem(f *testing.F) {
	v, err := vault.New(key, vaultPurpose)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, 0)
	f.Add(make([]byte, sealedStep-plainHead), 5)
	f.Add([]byte("some bytes"), plainHead)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		payload, at := appendSealed(v, []byte("before"), aList, aList.digest(b), b)
		sealed := payload[at.offset:][:at.size]
		if len(payload) != int(at.offset)+int(at.size) || (int(at.size)-vault.Overhead)%sealedStep != 0 {
			t.Fatalf("%d bytes at %d of %d", at.size, at.offset, len(payload))
		}
		if k, d, got, err := openItem(v, sealed); err != nil || k != aList || d != aList.digest(b) || !bytes.Equal(got, b) {
			t.Fatalf("%v %v %q: %v", k, d, got, err)
		}
		plain := v.Seal(nil, b[:min(len(b), max(cut, 0))], nil)
		if _, _, got, err := openItem(v, plain); err == nil && len(got) > len(plain) {
			t.Error("an item is longer than what holds it")
		}
	})
}

// memory is a file that is only read.
type memory struct{ *bytes.Reader }

func (memory) WriteAt([]byte, int64) (int, error) { return 0, errors.ErrUnsupported }
func (memory) Truncate(int64) error               { return errors.ErrUnsupported }
func (memory) Sync() error                        { return nil }
func (memory) Close() error                       { return nil }

func FuzzShort(f *testing.F) {
	short, _, err := shorten(decision(3, 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(short)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s shortForm
		if bcs.Unmarshal(b, &s) == nil && len(s.rest.Objects) > 0 {
			t.Error("a short form lists objects")
		}
	})
}

// BenchmarkKeep keeps decisions over objects that are all stored already but for
// the Clock, as nearly all are; and those of which one object is new, many at a
// time.
func BenchmarkKeep(b *testing.B) {
	balances := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	a, err := Open(b.TempDir(), key)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	b.Run("known", func(b *testing.B) {
		ev := decision(1, balances...)
		for b.Loop() {
			if _, err := a.Keep(b.Context(), ev); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		b.SetParallelism(16)
		var next atomic.Uint64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := a.Keep(b.Context(), decision(1, append([]uint64{100 + next.Add(1)}, balances...)...)); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
