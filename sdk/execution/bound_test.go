package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// A simulation can be given less than the engine allows, and no more.
func TestSimulationBounds(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	ask := func(rounds uint64, size int, opt Options) error {
		b := sui.NewBuilder()
		b.Call(lab, "lab", "spin", nil, b.Pure(rounds))
		b.MakeMoveVec(new(sui.MustTypeTag("vector<u8>")), b.Pure(make([]byte, size)))
		opt.Simulate, opt.SkipChecks = true, true
		r, err := w.engine.Execute(w.ledger, w.env, w.build(b), opt)
		if err != nil {
			t.Fatal(err)
		}
		if r.Error == nil {
			return nil
		}
		return r.Error
	}
	for name, c := range map[string]struct {
		rounds uint64
		size   int
		opt    Options
		good   bool
	}{
		"no bounds":        {10_000, 10_000, Options{}, true},
		"within":           {10_000, 10_000, Options{Fuel: 1_000_000, Memory: 1 << 20}, true},
		"too long":         {10_000, 10, Options{Fuel: 10_000, Memory: 1 << 20}, false},
		"too much memory":  {10, 10_000, Options{Fuel: 1_000_000, Memory: 1_000}, false},
		"above the engine": {100_000_000, 10, Options{Fuel: 1 << 60, Memory: 1 << 60}, false},
	} {
		if err := ask(c.rounds, c.size, c.opt); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
