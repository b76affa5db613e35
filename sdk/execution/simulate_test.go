package execution

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestSimulate(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.newBox(lab, 77)
	b := sui.NewBuilder()
	x := b.OwnedObject(w.ref(box))
	b.Call(lab, "lab", "set", nil, x, b.Pure(uint64(78)))
	b.Call(lab, "lab", "value_ref", nil, x)
	b.Call(lab, "lab", "hidden", nil)
	b.Call(lab, "lab", "sum", nil, b.Pure([16]byte{1: 1, 8: 3}))
	tx, err := b.Build(sui.Address{}, sui.GasData{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.engine.Execute(w.ledger, w.env, tx, Options{Simulate: true, SkipChecks: true})
	if err != nil || r.Error != nil {
		t.Fatal(err, r.Error)
	}
	number := func(v OutputValue) uint64 { return bcs.NewDecoder(v.BCS).U64() }
	if m := r.Commands[0].Mutated; len(m) != 1 || *m[0].Argument != x || m[0].Type.Struct.Name != "Box" || binary.LittleEndian.Uint64(m[0].BCS[32:]) != 78 {
		t.Errorf("mutated %+v", m)
	}
	for i, want := range map[int]uint64{1: 78, 2: 42, 3: 256 + 3} {
		if out := r.Commands[i].Returns; len(out) != 1 || number(out[0]) != want {
			t.Errorf("command %d returns %+v, want %d", i, out, want)
		}
	}
	if w.value(box) != 77 {
		t.Error("a simulation changed the state")
	}
	for _, opt := range []Options{{}, {Simulate: true}} {
		var refused *InputError
		if _, err := w.engine.Execute(w.ledger, w.env, tx, opt); !errors.As(err, &refused) {
			t.Errorf("%+v: %v, want a refusal", opt, err)
		}
	}
	if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{SkipChecks: true}); err == nil {
		t.Error("checks are skipped outside of a simulation")
	}
}
