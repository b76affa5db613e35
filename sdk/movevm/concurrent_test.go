package movevm

import (
	"sync"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// Sessions of one VM run side by side; run with -race.
func TestConcurrentSessions(t *testing.T) {
	l := newLedger(t)
	pkg := sui.Address{31: 0xd1}
	l.packages[pkg] = runnerPackage(t, pkg)
	want := outcome(t, l.vm.NewSession(l.packages, l, TxContext{}), pkg, "c1500")
	vm := New(Config{}) // empty caches
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() { got[i] = outcome(t, vm.NewSession(l.packages, l, TxContext{}), pkg, "c1500") })
	}
	wg.Wait()
	for _, g := range got {
		if g != want {
			t.Errorf("got %q, want %q", g, want)
		}
	}
}
