package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestClock(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	for _, ms := range []uint64{testTime, testTime + 5} {
		r, err := w.engine.Execute(w.ledger, w.env, ClockTransaction(w.env.Epoch, 1, ms), Options{})
		if err != nil {
			t.Fatal(err)
		}
		w.ledger.apply(r)
		w.log = append(w.log, r)
		if r.Effects.GasObject != nil || len(r.Effects.Changed) != 1 || r.Effects.Changed[0].ID != sui.ClockID {
			t.Errorf("effects %+v", r.Effects)
		}
	}
	b := sui.NewBuilder()
	b.Call(lab, "lab", "now", nil, b.Clock())
	r, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{Simulate: true})
	if err != nil || r.Error != nil {
		t.Fatal(err, r.Error)
	}
	if got := bcs.NewDecoder(r.Commands[0].Returns[0].BCS).U64(); got != testTime+5 {
		t.Errorf("the clock shows %d", got)
	}
	if _, err := w.engine.Execute(w.ledger, w.env, ClockTransaction(w.env.Epoch, 2, testTime), Options{}); err == nil {
		t.Error("the clock goes back")
	}
}
