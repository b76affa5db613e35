package journal

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var pkg = sui.Address{0xf0}

func opens(n int) *limits.Opens {
	return limits.NewOpens([]limits.OpenLimit{{Package: pkg, Per: limits.PerIdentity, Max: n}})
}

// give writes a release of one key to a user.
func give(t *testing.T, j *Journal, user byte) error {
	t.Helper()
	o := receipt.Opening{Requester: sui.Address{user}}
	_, err := j.Write(t.Context(), &receipt.Claims{Decision: receipt.Release, ShareCommitment: &receipt.Hash{}, RequesterCommitment: o.RequesterCommitment(),
		Package: receipt.Package{ID: pkg}, Calls: []receipt.Call{{ID: "00"}}}, nil, &o, nil)
	return err
}

func withLedger(t *testing.T, dir string, l Ledger) *Journal {
	t.Helper()
	cfg := config(dir)
	cfg.Ledger = l
	j, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func isExhausted(err error) bool {
	var e *limits.Exhausted
	return errors.As(err, &e)
}

// However many ask at once, no more than the limit get the key, and the count
// survives a restart.
func TestLedgerIsExact(t *testing.T) {
	dir := t.TempDir()
	j := withLedger(t, dir, opens(3))
	var given, refused atomic.Int32
	var wait sync.WaitGroup
	for range 60 {
		wait.Go(func() {
			switch err := give(t, j, 1); {
			case err == nil:
				given.Add(1)
			case isExhausted(err):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if given.Load() != 3 || refused.Load() != 57 || j.Len() != 3 {
		t.Errorf("%d were given, %d refused, %d receipts", given.Load(), refused.Load(), j.Len())
	}
	add(t, j, "a refusal is no release")
	if err := give(t, j, 2); err != nil {
		t.Errorf("another user: %v", err)
	}
	j.Close()
	j = withLedger(t, dir, opens(3))
	if err := give(t, j, 1); !isExhausted(err) {
		t.Errorf("after a restart: %v", err)
	}
	for i, want := range []bool{false, false, true} {
		if err := give(t, j, 2); isExhausted(err) != want {
			t.Errorf("after a restart, %d: %v", i+2, err)
		}
	}
}

// A release that could not be stored does not count. One that is refused does
// not keep the others of its batch from disk.
func TestLedgerAndDisk(t *testing.T) {
	f := &faultyFile{}
	cfg := config("")
	cfg.Ledger = opens(2)
	j, err := open(cfg, f, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	f.syncErr = syscall.EIO
	for range 5 {
		if err := give(t, j, 1); !errors.Is(err, ErrNotDurable) {
			t.Fatal(err)
		}
	}
	f.syncErr = nil
	if err := give(t, j, 1); err != nil {
		t.Fatalf("what was not stored counts: %v", err)
	}
	f.entered, f.gate = make(chan struct{}, 100), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { add(t, j, "first") })
	<-f.entered // the next ones are one batch
	results := make(chan error, 4)
	for range 4 {
		wait.Go(func() { results <- give(t, j, 1) })
	}
	wait.Go(func() { add(t, j, "beside them") })
	for j.writes.Len() < 5 {
		runtime.Gosched()
	}
	close(f.gate)
	wait.Wait()
	given := 0
	for range 4 {
		if err := <-results; err == nil {
			given++
		} else if !isExhausted(err) {
			t.Error(err)
		}
	}
	if given != 1 || j.Len() != 4 {
		t.Errorf("%d were given, want 1; %d receipts, want 4", given, j.Len())
	}
}

// A ledger that comes later counts what was stored before and meanwhile.
func TestSetLedger(t *testing.T) {
	j := withLedger(t, t.TempDir(), nil)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var stored atomic.Int32
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := give(t, j, 1); err == nil {
					stored.Add(1)
				} else if !isExhausted(err) {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := j.SetLedger(opens(1000000)); err != nil {
			t.Fatal(err)
		}
	}
	for stored.Load() < 10 {
		runtime.Gosched()
	}
	close(stop)
	wait.Wait()
	n := int(stored.Load())
	if err := j.SetLedger(opens(n + 1)); err != nil {
		t.Fatal(err)
	}
	if first, second := give(t, j, 1), give(t, j, 1); first != nil || !isExhausted(second) {
		t.Errorf("with a limit of one more than the %d that were given: %v, then %v", n, first, second)
	}
	if err := j.SetLedger(nil); err != nil {
		t.Fatal(err)
	}
	if err := give(t, j, 1); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	j.Close()
	if err := j.SetLedger(nil); err == nil {
		t.Error("the ledger of a closed journal was set")
	}
}

// When an open counts no longer is told by the time of its receipt.
func TestLedgerPeriod(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	cfg := config(t.TempDir())
	cfg.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	limit := []limits.OpenLimit{{Package: pkg, Per: limits.PerPackage, Max: 1, Period: time.Hour}}
	for i, c := range []struct {
		later time.Duration
		want  bool // given
	}{{0, true}, {time.Hour - time.Millisecond, false}, {time.Millisecond, true}, {time.Minute, false}} {
		mu.Lock()
		now = now.Add(c.later)
		mu.Unlock()
		cfg.Ledger = limits.NewOpens(limit) // each after a restart
		j, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := give(t, j, 1); (err == nil) != c.want || err != nil && !isExhausted(err) {
			t.Errorf("%d: %v", i, err)
		}
		j.Close()
	}
}
