package execution

import (
	"errors"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func boxType(lab sui.Address) sui.TypeTag {
	return sui.StructTag{Address: lab, Module: "lab", Name: "Box"}.Tag()
}

// sharedBox makes a shared Box.
func (w *world) sharedBox(lab sui.Address, value uint64) sui.Address {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Call(sui.Framework, "transfer", "public_share_object", []sui.TypeTag{boxType(lab)}, b.Call(lab, "lab", "new_box", nil, b.Pure(value)))
	w.run(b)
	return w.created("Box")
}

// A shared object that a command takes by value must be shared or deleted when
// the command ends; MakeMoveVec only carries it on.
func TestSharedByValue(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.sharedBox(lab, 1)
	share := func(b *sui.Builder, v sui.Arg) {
		b.Call(sui.Framework, "transfer", "public_share_object", []sui.TypeTag{boxType(lab)}, v)
	}
	for name, c := range map[string]struct {
		build   func(b *sui.Builder)
		command uint64 // that fails
	}{
		"transferred": {func(b *sui.Builder) { b.Transfer(w.alice, w.use(b, box)) }, 0},
		"wrapped for a moment": {func(b *sui.Builder) {
			share(b, b.Call(lab, "lab", "unwrap", nil, b.Call(lab, "lab", "wrap", nil, w.use(b, box))))
		}, 0},
		"a vector is passed on": {func(b *sui.Builder) {
			v := b.MakeMoveVec(nil, w.use(b, box))
			b.Call(sui.MoveStdlib, "vector", "reverse", []sui.TypeTag{boxType(lab)}, v)
			b.Call(sui.MoveStdlib, "option", "some", []sui.TypeTag{sui.Vector(boxType(lab))}, v)
		}, 2},
	} {
		b := sui.NewBuilder()
		c.build(b)
		if f := w.refuse(b); f.Kind != sui.FailSharedObjectOperationNotAllowed || f.Command == nil || *f.Command != c.command {
			t.Errorf("%s: %v, want a failure of command %d", name, f, c.command)
		}
	}
	b := sui.NewBuilder()
	share(b, w.use(b, box))
	w.run(b)
	b = sui.NewBuilder()
	b.Call(lab, "lab", "total", nil, b.MakeMoveVec(nil, w.use(b, box))) // deletes them
	w.run(b)
	if _, err := w.ledger.Object(box); !errors.Is(err, ErrNotFound) {
		t.Errorf("the box is still there: %v", err)
	}

	coin := w.coin // a shared coin may be merged: that deletes it
	coinType := sui.SUICoinType().Tag()
	b = sui.NewBuilder()
	b.Call(sui.Framework, "transfer", "public_share_object", []sui.TypeTag{coinType}, b.SplitCoins(w.use(b, coin), b.Pure(uint64(5))).At(0))
	w.run(b)
	shared := w.created("Coin")
	for _, o := range w.last.Written {
		if o.Owner.Kind == sui.OwnerShared {
			shared = o.ID()
		}
	}
	b = sui.NewBuilder()
	b.MergeCoins(sui.GasCoin, w.use(b, shared))
	w.run(b)
}

// Who comes too late to a deleted shared object pays for a failure.
func TestDeletedSharedInput(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter := w.created("Counter")
	start := w.ledger.live[counter].Owner.Version
	box := w.newBox(lab, 1)
	b := sui.NewBuilder()
	b.Call(lab, "lab", "delete_counter", nil, w.use(b, counter))
	deleted := w.run(b).Effects
	late := func(mutable bool) *Result {
		t.Helper()
		b := sui.NewBuilder()
		b.Call(lab, "lab", "set", nil, w.use(b, box), b.Pure(uint64(2)))
		fn := map[bool]string{true: "increment", false: "count"}[mutable]
		args := []sui.Arg{b.SharedObject(counter, start, mutable)}
		if mutable {
			args = append(args, b.Pure(uint64(1)))
		}
		b.Call(lab, "lab", fn, nil, args...)
		before := w.ref(box).Version
		f := w.refuse(b)
		if f.Kind != sui.FailInputObjectDeleted || f.Command != nil {
			t.Errorf("mutable %t: %v", mutable, f)
		}
		if w.value(box) != 1 || w.ref(box).Version <= before || w.last.Effects.Gas.Computation == 0 {
			t.Errorf("mutable %t: box %d at version %d, gas %+v", mutable, w.value(box), w.ref(box).Version, w.last.Effects.Gas)
		}
		return w.last
	}
	check := func(r *Result, kind uint8, version uint64, after sui.Digest) {
		t.Helper()
		u := r.Effects.UnchangedConsensus
		if len(u) != 1 || u[0] != (sui.UnchangedConsensusObject{ID: counter, Kind: kind, Version: version}) {
			t.Errorf("unchanged %+v, want kind %d at %d", u, kind, version)
		}
		if !slices.Contains(r.Effects.Dependencies, after) || r.Effects.LamportVersion <= version {
			t.Errorf("dependencies %v lack %s, or version %d is not above %d", r.Effects.Dependencies, after, r.Effects.LamportVersion, version)
		}
		if slices.Contains(r.Ended, counter) != (kind == sui.UnchangedMutateStreamEnded) {
			t.Errorf("the end of the stream moves: %v", r.Ended)
		}
	}
	check(late(false), sui.UnchangedReadStreamEnded, deleted.LamportVersion, deleted.Transaction)
	first := late(true)
	check(first, sui.UnchangedMutateStreamEnded, deleted.LamportVersion, deleted.Transaction)
	check(late(true), sui.UnchangedMutateStreamEnded, first.Effects.LamportVersion, first.Effects.Transaction)

	b = sui.NewBuilder() // what never was is refused
	b.Call(lab, "lab", "count", nil, b.SharedObject(sui.Address{9, 9}, 1, false))
	var refused *InputError
	if _, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{}); !errors.As(err, &refused) {
		t.Errorf("an object that never existed: %v", err)
	}
}

// A party's object is for its owner alone, who may also take it by value; then
// its stream ends.
func TestPartyObjects(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.newBox(lab, 1)
	give := func(b *sui.Builder, v sui.Arg, to sui.Address) {
		b.Call(sui.Framework, "transfer", "public_party_transfer", []sui.TypeTag{boxType(lab)}, v, b.Call(sui.Framework, "party", "single_owner", nil, b.Pure(to)))
	}
	party := func(b *sui.Builder, mutable bool) sui.Arg {
		return b.SharedObject(box, w.ledger.live[box].Owner.Version, mutable)
	}
	b := sui.NewBuilder()
	give(b, w.use(b, box), w.alice)
	w.run(b)
	start := w.ledger.live[box].Owner.Version

	b = sui.NewBuilder()
	b.Call(lab, "lab", "value", nil, party(b, false))
	if u := w.run(b).Effects.UnchangedConsensus; len(u) != 1 || u[0].ID != box || u[0].Kind != sui.UnchangedReadOnlyRoot {
		t.Errorf("read-only use: %+v", u)
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, party(b, true), b.Pure(uint64(2)))
	w.run(b)
	b = sui.NewBuilder() // handed to herself it keeps its stream
	give(b, party(b, true), w.alice)
	w.run(b)
	if o := w.ledger.live[box].Owner; o.Kind != sui.OwnerConsensusAddress || o.Version != start {
		t.Errorf("handed to the same party it belongs to %+v, was %d", o, start)
	}
	b = sui.NewBuilder() // wrapped and taken out again
	give(b, b.Call(lab, "lab", "unwrap", nil, b.Call(lab, "lab", "wrap", nil, party(b, true))), w.alice)
	w.run(b)

	b = sui.NewBuilder()
	give(b, party(b, true), w.bob)
	w.run(b)
	b = sui.NewBuilder()
	b.Call(lab, "lab", "value", nil, party(b, false))
	var refused *InputError
	if _, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{}); !errors.As(err, &refused) || *refused.Object != box {
		t.Errorf("a stranger's use: %v", err)
	}
	own := sui.NewBuilder()
	own.Call(lab, "lab", "value", nil, own.OwnedObject(w.ref(box)))
	if _, err := w.engine.Execute(w.ledger, w.env, w.build(own), Options{}); !errors.As(err, &refused) {
		t.Errorf("by version: %v", err)
	}

	w.alice, w.bob = w.bob, w.alice // bob's turn
	gas := sui.Address{0xc, 9}
	w.mint(gas, w.alice, sui.MistPerSUI*2)
	w.gas = gas
	start = w.ledger.live[box].Owner.Version
	b = sui.NewBuilder()
	b.Transfer(w.alice, party(b, true))
	if r := w.run(b); !slices.Equal(r.Ended, []sui.Address{box}) || w.ledger.live[box].Owner != sui.AddressOwner(w.alice) {
		t.Errorf("ended %v, owner %s", r.Ended, w.ledger.live[box].Owner)
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "value", nil, b.SharedObject(box, start, false))
	if f := w.refuse(b); f.Kind != sui.FailInputObjectDeleted {
		t.Errorf("use of an ended stream: %v", f)
	}
}
