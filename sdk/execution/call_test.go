package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func TestPublishAndCall(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter := w.created("Counter")
	w.created("Admin")
	w.created("UpgradeCap")

	b := sui.NewBuilder()
	c := w.use(b, counter)
	b.Call(lab, "lab", "increment", nil, c, b.Pure(uint64(2)))
	b.Call(lab, "lab", "increment", nil, c, b.Pure(uint64(40)))
	r := w.run(b)
	if got := w.value(counter); got != 42 {
		t.Errorf("counter is %d, want 42", got)
	}
	if len(r.Events) != 2 || r.Events[0].Type.String() != lab.String()+"::lab::Incremented" || r.Events[0].Package != lab || r.Events[0].Module != "lab" {
		t.Errorf("events %+v", r.Events)
	}
	if r.Effects.EventsDigest == nil || *r.Effects.EventsDigest != (sui.TransactionEvents{Events: r.Events}).Digest() {
		t.Error("events digest is missing")
	}
}

func TestAborts(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	for _, c := range []struct {
		fn    string
		args  []any
		kind  sui.FailureKind
		check func(*Failure) bool
	}{
		{"fail_plain", nil, sui.FailMoveAbort, func(f *Failure) bool { return f.Code == 7 && f.Clever == nil }},
		{"fail_clever", []any{uint64(11)}, sui.FailMoveAbort, func(f *Failure) bool {
			return f.Code>>60 == 0xc && f.Clever != nil && f.Clever.Constant == "ETooBig" && f.Clever.Value == "the value is too big"
		}},
		{"fail_bare", nil, sui.FailMoveAbort, func(f *Failure) bool {
			return f.Clever != nil && f.Clever.Constant == "" && f.Clever.Line == 135
		}},
		{"divide", []any{uint64(1), uint64(0)}, sui.FailMovePrimitiveRuntime, func(f *Failure) bool { return f.Location != nil }},
	} {
		b := sui.NewBuilder()
		b.SplitCoins(sui.GasCoin, b.Pure(uint64(1)))
		args := []sui.Arg{}
		for _, a := range c.args {
			args = append(args, b.Pure(a))
		}
		b.Call(lab, "lab", c.fn, nil, args...)
		f := w.refuse(b)
		if f.Kind != c.kind || f.Command == nil || *f.Command != 1 || !c.check(f) {
			t.Errorf("%s: %v, clever %+v", c.fn, f, f.Clever)
		}
		if f.Location == nil || f.Location.Package != lab || f.Location.Module != "lab" || *f.Location.FunctionName != c.fn {
			t.Errorf("%s: location %v", c.fn, f.Location)
		}
		if len(w.last.Effects.Changed) != 1 {
			t.Errorf("%s: a failure changes %d objects, want the gas coin", c.fn, len(w.last.Effects.Changed))
		}
	}
}

func TestFailureKeepsInputs(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.newBox(lab, 3)
	before := w.ref(box)
	b := sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, w.use(b, box), b.Pure(uint64(4)))
	b.Call(lab, "lab", "fail_plain", nil)
	w.refuse(b)
	if got := w.value(box); got != 3 {
		t.Errorf("box holds %d after a failure", got)
	}
	if after := w.ref(box); after.Version != w.last.Effects.LamportVersion || after.Version <= before.Version {
		t.Errorf("version %d, was %d", after.Version, before.Version)
	}
}
