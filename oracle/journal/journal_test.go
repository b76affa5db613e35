package journal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	key     = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	issuer  = sui.Address{1}
	policyA = sui.Address{0xa}
)

func config(dir string) Config {
	return Config{Dir: dir, Issuer: issuer, Key: key, Now: func() time.Time { return time.UnixMilli(1) }}
}

func mustOpen(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(config(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func refusal(code string) *receipt.Claims {
	return &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: code}}
}

func add(t *testing.T, j *Journal, code string) {
	t.Helper()
	if _, err := j.Write(t.Context(), refusal(code), []sui.Address{policyA}, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// codes verifies the whole log through the public reader and returns the
// reason codes.
func codes(t *testing.T, j *Journal) string {
	t.Helper()
	log, err := j.Read(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := receipt.VerifyChain(issuer, receipt.NewKeySet(key.Public().(ed25519.PublicKey)), log)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rs {
		out = append(out, r.Reason.Code)
	}
	return strings.Join(out, " ")
}

func TestJournalSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	add(t, j, "a")
	add(t, j, "b")
	j.Close()
	j = mustOpen(t, dir)
	add(t, j, "c")
	if got := codes(t, j); got != "a b c" {
		t.Errorf("log %q", got)
	}
	one, err := j.Read(1, 1)
	if err != nil || len(one) != 1 {
		t.Fatalf("%v, %v", one, err)
	}
	if r, _ := receipt.Parse(one[0]); r.Sequence != 2 {
		t.Errorf("read after 1 begins with %d", r.Sequence)
	}
	if rest, err := j.Read(3, 10); err != nil || rest != nil {
		t.Errorf("after the end: %v, %v", rest, err)
	}
}

func TestJournalCutsTornRecord(t *testing.T) {
	for name, tail := range map[string]string{
		"half a record":          "eyJhbGciOiJFZERTQSIs",
		"zeros":                  strings.Repeat("\x00", 4096),
		"zeros, then a record":   strings.Repeat("\x00", 100) + "eyJ.x.y\n",
		"record without its end": "FULL",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := mustOpen(t, dir)
			add(t, j, "a")
			add(t, j, "b")
			path := filepath.Join(dir, FileName)
			b := recordsOf(t, path)
			add(t, j, "lost")
			whole := recordsOf(t, path)
			j.Close()
			if tail == "FULL" {
				tail = string(whole[len(b) : len(whole)-1])
			}
			os.WriteFile(path, append(b, tail...), 0o600)
			j = mustOpen(t, dir)
			if want := len(strings.TrimRight(tail, "\x00")); j.Torn != int64(want) {
				t.Errorf("cut off %d bytes, want %d", j.Torn, want)
			}
			add(t, j, "c")
			if got := codes(t, j); got != "a b c" {
				t.Errorf("log %q", got)
			}
		})
	}
}

// A disk that gives back a zero where a record was makes what follows look like what
// a crash left. It is cut off, since it does not follow any more, and kept.
func TestJournalKeepsWholeRecordsThatItCuts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	j := mustOpen(t, dir)
	add(t, j, "a")
	first := len(recordsOf(t, path))
	for _, code := range []string{"b", "c", "d"} {
		add(t, j, code)
	}
	j.Close()
	b := recordsOf(t, path)
	b[first+10] = 0
	for range 2 { // twice the same
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j = mustOpen(t, dir)
		if got := codes(t, j); got != "a" || j.Torn != int64(len(b)-first) {
			t.Fatalf("%q, %d bytes cut off", got, j.Torn)
		}
		if kept, err := os.ReadFile(j.Cut); err != nil || !bytes.Equal(kept, b[first:]) {
			t.Errorf("%s: %d bytes, want %d, %v", j.Cut, len(kept), len(b)-first, err)
		}
		j.Close()
	}
	if kept, err := filepath.Glob(path + ".cut-*"); err != nil || len(kept) != 2 {
		t.Errorf("%v, %v", kept, err)
	}
	if j = mustOpen(t, dir); j.Cut != "" {
		t.Errorf("%s is kept for nothing", j.Cut)
	}
}

// recordsOf reads a journal's file without the zeros behind its records.
func recordsOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimRight(b, "\x00")
}

func TestJournalRefusesDamage(t *testing.T) {
	for name, change := range map[string]func(lines []string) string{
		"a removed record": func(l []string) string { return l[0] + l[2] },
		"a changed record": func(l []string) string { return l[0] + strings.Replace(l[1], ".", ".e", 1) + l[2] },
		"a swap":           func(l []string) string { return l[1] + l[0] + l[2] },
		"an empty line":    func(l []string) string { return l[0] + "\n" + l[1] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := mustOpen(t, dir)
			for _, c := range []string{"a", "b", "c"} {
				add(t, j, c)
			}
			j.Close()
			path := filepath.Join(dir, FileName)
			b, _ := os.ReadFile(path)
			changed := change(strings.SplitAfter(string(b), "\n"))
			os.WriteFile(path, []byte(changed), 0o600)
			if _, err := Open(config(dir)); !errors.Is(err, ErrDamaged) {
				t.Errorf("%v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != changed {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestJournalOfAnotherKey(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	add(t, j, "a")
	j.Close()
	cfg := config(dir)
	cfg.Key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	if _, err := Open(cfg); !errors.Is(err, ErrDamaged) {
		t.Errorf("another key: %v", err)
	}
	cfg = config(dir)
	cfg.Issuer = sui.Address{2}
	if _, err := Open(cfg); !errors.Is(err, ErrDamaged) {
		t.Errorf("another issuer: %v", err)
	}
}

func TestJournalIsExclusive(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	if _, err := Open(config(dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("second open: %v", err)
	}
	j.Close()
	mustOpen(t, dir)
	if _, err := j.Write(t.Context(), refusal("x"), nil, nil, nil); !errors.Is(err, ErrNotDurable) {
		t.Errorf("write after close: %v", err)
	}
}

// Openings are read back with their receipts, by policy and by request; one
// that does not belong to its receipt is not stored.
func TestJournalFinds(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	policyB := sui.Address{0xb}
	for i, policies := range [][]sui.Address{{policyA}, {policyB}, {policyA, policyB}} {
		o := receipt.Opening{Salt: [32]byte{byte(i)}, Requester: sui.Address{byte(i + 1)}}
		c := &receipt.Claims{Decision: receipt.Release, ShareCommitment: &receipt.Hash{}, RequestHash: receipt.Hash{byte(i)}, RequesterCommitment: o.RequesterCommitment()}
		if _, err := j.Write(t.Context(), c, policies, &o, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Write(t.Context(), refusal("x"), nil, &receipt.Opening{}, nil); !errors.Is(err, ErrNotDurable) {
		t.Errorf("an opening of another receipt: %v", err)
	}
	for range 2 { // before and after a restart
		got, head, err := j.OfPolicy(policyB, 0, 10)
		if err != nil || head != 2 || len(got) != 2 || got[0].Sequence != 2 || got[1].Sequence != 3 || got[1].Opening.Requester != (sui.Address{3}) {
			t.Errorf("of policy B: %+v, %d, %v", got, head, err)
		}
		if got, head, err := j.OfPolicy(policyA, 1, 10); err != nil || head != 2 || len(got) != 1 || got[0].Sequence != 3 {
			t.Errorf("of policy A after 1: %+v, %d, %v", got, head, err)
		}
		if e, o, err := j.Release(receipt.Hash{1}); err != nil || e == nil || e.Receipt().Sequence != 2 || o.Salt != [32]byte{1} {
			t.Errorf("by request: %+v, %+v, %v", e, o, err)
		}
		if e, _, err := j.Release(receipt.Hash{9}); err != nil || e != nil {
			t.Errorf("of no request: %+v, %v", e, err)
		}
		j.Close()
		j = mustOpen(t, dir)
	}
}

func TestJournalForgetsReleases(t *testing.T) {
	at := time.UnixMilli(1)
	cfg := config(t.TempDir())
	cfg.Now = func() time.Time { return at }
	cfg.Remember = time.Minute
	j, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	release := func(i int, later time.Duration) {
		at = at.Add(later)
		c := &receipt.Claims{Decision: receipt.Release, ShareCommitment: &receipt.Hash{}, RequestHash: receipt.Hash{byte(i)}}
		if _, err := j.Write(t.Context(), c, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	remembered := func() bool { e, _, _ := j.Release(receipt.Hash{0}); return e != nil }
	release(0, 0)
	for i := range 59 {
		release(1+i, time.Second)
	}
	// The clock jumps and jumps back: nothing is older for it. (Found by
	// TestForce.)
	release(100, 3*time.Hour)
	release(101, -3*time.Hour)
	if !remembered() {
		t.Error("forgotten when the clock had jumped")
	}
	release(102, 10*time.Millisecond)
	if remembered() {
		t.Error("remembered for longer than a minute")
	}
	if len(j.index.recent) != len(j.index.releases) {
		t.Errorf("%d and %d are remembered", len(j.index.recent), len(j.index.releases))
	}
}

// A clock that jumps ahead and back makes no release be forgotten, nor does a
// restart meanwhile.
func TestJournalRemembersOverClockJumps(t *testing.T) {
	at := time.UnixMilli(1_000_000_000_000)
	cfg := config(t.TempDir())
	cfg.Now = func() time.Time { return at }
	cfg.Remember = time.Minute
	for i, jump := range []time.Duration{0, 1000 * time.Hour, -1000 * time.Hour} {
		at = at.Add(jump)
		j, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := &receipt.Claims{Decision: receipt.Release, ShareCommitment: &receipt.Hash{}, RequestHash: receipt.Hash{byte(i)}}
		if _, err := j.Write(t.Context(), c, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
		for k := range i + 1 {
			if e, _, _ := j.Release(receipt.Hash{byte(k)}); e == nil || e.Receipt().Sequence != uint64(k)+1 {
				t.Errorf("after receipt %d: receipt %d is %v", i+1, k+1, e)
			}
		}
		j.Close()
	}
}

func FuzzSplitLine(f *testing.F) {
	f.Add("a.b.c " + strings.Repeat("A", 86))
	f.Add("a.b.c " + strings.Repeat("A", 86) + " AAAA")
	f.Add("a.b.c")
	f.Add(" AAAAA\n" + strings.Repeat("A", 81)) // case 1: a line break in the opening
	f.Fuzz(func(t *testing.T, text string) {
		r, err := lineVault{}.split(text)
		if again := openLine(r); err == nil && again != text+"\n" {
			t.Errorf("%q is written as %q", text, again)
		}
	})
}

// openLine is the line of a record as it was written before lines were sealed.
func openLine(r Record) string {
	s := r.JWT
	if r.Opening != nil {
		s += " " + base64.RawURLEncoding.EncodeToString(append(r.Opening.Salt[:], r.Opening.Requester[:]...))
	}
	if r.Evidence != nil {
		s += " " + base64.RawURLEncoding.EncodeToString(r.Evidence)
	}
	return s + "\n"
}

func TestJournalGroupCommit(t *testing.T) {
	f := &faultyFile{entered: make(chan struct{}, 100), gate: make(chan struct{})}
	j, err := open(config(""), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var wait sync.WaitGroup
	write := func(i int) {
		if _, err := j.Write(t.Context(), refusal(fmt.Sprint(i)), nil, nil, nil); err != nil {
			t.Error(err)
		}
	}
	wait.Go(func() { write(0) })
	<-f.entered // the first write is in Sync; what comes now queues behind it
	const n = 50
	for i := range n {
		wait.Go(func() { write(i + 1) })
	}
	for j.writes.Len() < n {
		runtime.Gosched()
	}
	close(f.gate)
	wait.Wait()
	if f.syncs != 2 {
		t.Errorf("%d syncs, want 2", f.syncs)
	}
	if got := len(strings.Fields(codes(t, j))); got != n+1 {
		t.Errorf("%d receipts", got)
	}
}

// More requests at once than the queue has room for do not keep the writer from
// its work. (They held a lock that it needs, and waited for it.)
func TestJournalCrowd(t *testing.T) {
	f := &faultyFile{entered: make(chan struct{}, 100), gate: make(chan struct{})}
	j, err := open(config(""), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var wait sync.WaitGroup
	write := func() {
		if _, err := j.Write(t.Context(), refusal("x"), nil, nil, nil); err != nil {
			t.Error(err)
		}
	}
	wait.Go(write)
	<-f.entered
	const n = maxBatch + 50
	for range n {
		wait.Go(write)
	}
	for j.writes.Len() < maxBatch {
		runtime.Gosched()
	}
	close(f.gate)
	wait.Wait()
	if got := j.Len(); got != n+1 {
		t.Errorf("%d receipts", got)
	}
}

// Whoever reads receipts, and anybody may, does not hold up those that are stored.
func TestJournalReadersWaitAlone(t *testing.T) {
	f := &slowReads{faultyFile: &faultyFile{}, entered: make(chan struct{}), gate: make(chan struct{})}
	j, err := open(config(""), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	add(t, j, "a")
	for name, read := range map[string]func() error{
		"a page":     func() error { _, err := j.Read(0, 10); return err },
		"a policy's": func() error { _, _, err := j.OfPolicy(policyA, 0, 10); return err },
		"a record":   func() error { _, err := j.Record(1); return err },
	} {
		f.slow.Store(true)
		done := make(chan error)
		go func() { done <- read() }()
		<-f.entered
		stored := make(chan struct{})
		go func() { add(t, j, "b"); close(stored) }()
		select {
		case <-stored:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: a receipt can't be stored while it is read", name)
		}
		f.gate <- struct{}{}
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := codes(t, j); got != "a b b b" {
		t.Errorf("%s", got)
	}
}

// slowReads is a file whose next read waits until it is told to go on.
type slowReads struct {
	*faultyFile
	slow          atomic.Bool
	entered, gate chan struct{}
}

func (f *slowReads) ReadAt(p []byte, off int64) (int, error) {
	if f.slow.CompareAndSwap(true, false) {
		f.entered <- struct{}{}
		<-f.gate
	}
	return f.faultyFile.ReadAt(p, off)
}

func TestJournalDiskFull(t *testing.T) {
	f := &faultyFile{}
	j, err := open(config(""), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, "a")
	for _, break_ := range []func(){
		func() { f.room = 100 },                            // a write stops half way
		func() { f.syncErr = syscall.EIO },                 // the data may or may not be on disk
		func() { f.truncErr = syscall.EROFS; f.room = 10 }, // cannot even be cut off
	} {
		break_()
		_, err = j.Write(t.Context(), refusal("lost"), []sui.Address{policyA}, nil, nil)
		if !errors.Is(err, ErrNotDurable) {
			t.Fatalf("%v", err)
		}
		_, again := j.Write(t.Context(), refusal("lost"), []sui.Address{policyA}, nil, nil)
		if !errors.Is(again, ErrNotDurable) {
			t.Fatalf("second: %v", again)
		}
		f.room, f.syncErr, f.truncErr = 0, nil, nil
		add(t, j, "b")
	}
	if got := codes(t, j); got != "a b b b" {
		t.Errorf("log %q", got)
	}
	j.Close()
	f.closed = false
	j, err = open(config(""), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if got := codes(t, j); got != "a b b b" || j.Torn != 0 {
		t.Errorf("after a restart: %q, %d bytes torn", got, j.Torn)
	}
}

// faultyFile is a file in memory that fails when told to.
type faultyFile struct {
	mu       sync.Mutex
	data     []byte
	room     int // bytes that can still be written, if not 0
	syncErr  error
	truncErr error
	syncs    int
	closed   bool
	entered  chan struct{}
	gate     chan struct{}
}

func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *faultyFile) WriteAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.room > 0 && len(p) > f.room {
		p, err = p[:f.room], syscall.ENOSPC
	}
	if short := off + int64(len(p)) - int64(len(f.data)); short > 0 {
		f.data = append(f.data, make([]byte, short)...)
	}
	copy(f.data[off:], p)
	return len(p), err
}

func (f *faultyFile) Sync() error {
	if f.gate != nil {
		f.entered <- struct{}{}
		<-f.gate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncs++
	return f.syncErr
}

func (f *faultyFile) Truncate(n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.truncErr == nil {
		f.data = f.data[:n]
	}
	return f.truncErr
}

func (f *faultyFile) Close() error { f.closed = true; return nil }

// The file is longer than its records while the journal is open, and as long
// as they are afterwards. A disk that has no room for more zeros can still have
// room for records.
func TestJournalGoesAhead(t *testing.T) {
	const ahead = 10_000
	f := &faultyFile{}
	j, err := open(config(""), f, ahead)
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, "a")
	length := len(f.data)
	if length < ahead || len(bytes.TrimRight(f.data, "\x00")) != int(j.tail.End) {
		t.Errorf("%d bytes, of which %d are records", length, j.tail.End)
	}
	add(t, j, "b")
	if len(f.data) != length {
		t.Errorf("the second record made the file longer: from %d to %d bytes", length, len(f.data))
	}
	crashed := &faultyFile{data: bytes.Clone(f.data)}
	f.room = 2000 // for a record, not for many zeros
	for range ahead / 100 {
		add(t, j, "c")
	}
	f.room = 0
	if err := j.Close(); err != nil || int64(len(f.data)) != j.tail.End {
		t.Errorf("%d bytes after Close, %d of records: %v", len(f.data), j.tail.End, err)
	}

	if j, err = open(config(""), crashed, ahead); err != nil || j.Torn != 0 {
		t.Fatalf("after a crash: %v, %d bytes torn", err, j.Torn)
	}
	add(t, j, "d")
	if got := codes(t, j); got != "a b d" {
		t.Errorf("log %q", got)
	}
	j.Close()
}

// BenchmarkWrite stores refusals, of many requests at a time, on the disk of the
// temporary folder.
func BenchmarkWrite(b *testing.B) {
	j, err := Open(config(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := j.Write(b.Context(), refusal("x"), []sui.Address{policyA}, nil, nil); err != nil {
				b.Error(err)
			}
		}
	})
}
