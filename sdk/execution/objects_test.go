package execution

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestObjectLife(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.newBox(lab, 7)
	change := func(r *Result, id sui.Address) (in, out sui.ObjectStateKind, op sui.IDOperation) {
		t.Helper()
		for _, c := range r.Effects.Changed {
			if c.ID == id {
				return c.Input, c.Output, c.Operation
			}
		}
		t.Fatalf("%s is not in the effects", id)
		return 0, 0, 0
	}
	want := func(r *Result, id sui.Address, in, out sui.ObjectStateKind, op sui.IDOperation) {
		t.Helper()
		if i, o, p := change(r, id); i != in || o != out || p != op {
			t.Errorf("effects say %d, %d, %d, want %d, %d, %d", i, o, p, in, out, op)
		}
	}
	want(w.last, box, sui.StateNotExist, sui.StateExist, sui.IDCreated)

	b := sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, w.use(b, box), b.Pure(uint64(8)))
	want(w.run(b), box, sui.StateExist, sui.StateExist, sui.IDNone)

	b = sui.NewBuilder()
	b.Transfer(w.alice, b.Call(lab, "lab", "wrap", nil, w.use(b, box)))
	want(w.run(b), box, sui.StateExist, sui.StateNotExist, sui.IDNone)
	wrapper := w.created("Wrapper")

	b = sui.NewBuilder()
	b.Transfer(w.bob, b.Call(lab, "lab", "unwrap", nil, w.use(b, wrapper)))
	r := w.run(b)
	want(r, box, sui.StateNotExist, sui.StateExist, sui.IDNone)
	want(r, wrapper, sui.StateExist, sui.StateNotExist, sui.IDDeleted)
	if got := w.value(box); got != 8 {
		t.Errorf("box holds %d", got)
	}

	other := w.newBox(lab, 1)
	b = sui.NewBuilder()
	b.Transfer(w.alice, b.Call(lab, "lab", "wrap", nil, w.use(b, other)))
	w.run(b)
	b = sui.NewBuilder()
	b.Call(lab, "lab", "unwrap_and_destroy", nil, w.use(b, w.created("Wrapper")))
	want(w.run(b), other, sui.StateNotExist, sui.StateNotExist, sui.IDDeleted)

	b = sui.NewBuilder()
	inner := b.Call(lab, "lab", "new_box", nil, b.Pure(uint64(1)))
	b.Transfer(w.alice, b.Call(lab, "lab", "wrap", nil, inner))
	r = w.run(b)
	want(r, sui.FreshObjectID(r.Effects.Transaction, 0), sui.StateNotExist, sui.StateNotExist, sui.IDCreated)

	b = sui.NewBuilder()
	b.Call(lab, "lab", "make_and_destroy", nil)
	if r := w.run(b); len(r.Effects.Changed) != 1 {
		t.Errorf("an object made and destroyed leaves %d changes, want the gas coin's", len(r.Effects.Changed))
	}

	third := w.newBox(lab, 1)
	b = sui.NewBuilder()
	b.Call(sui.Framework, "transfer", "public_freeze_object", []sui.TypeTag{w.ledger.live[third].Move.Type.Tag()}, w.use(b, third))
	want(w.run(b), third, sui.StateExist, sui.StateExist, sui.IDNone)
	if w.ledger.live[third].Owner != sui.Immutable() {
		t.Errorf("owner %s", w.ledger.live[third].Owner)
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "value", nil, w.use(b, third))
	if r := w.run(b); len(r.Effects.Changed) != 1 {
		t.Errorf("reading an immutable object changes %d objects", len(r.Effects.Changed))
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, w.use(b, third), b.Pure(uint64(8)))
	wantArgument(t, w.refuse(b), 0, sui.ArgInvalidObjectByMutRef)
	b = sui.NewBuilder()
	b.Call(lab, "lab", "destroy", nil, w.use(b, third))
	wantArgument(t, w.refuse(b), 0, sui.ArgInvalidObjectByValue)
}

func TestSharedObjects(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter := w.created("Counter")
	start := w.ledger.live[counter].Owner

	b := sui.NewBuilder()
	b.Call(lab, "lab", "count", nil, b.SharedObject(counter, start.Version, false))
	r := w.run(b)
	if u := r.Effects.UnchangedConsensus; len(u) != 1 || u[0].ID != counter || u[0].Version != w.ledger.live[counter].Version() {
		t.Errorf("unchanged %+v", u)
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "increment", nil, b.SharedObject(counter, start.Version, false), b.Pure(uint64(1)))
	wantArgument(t, w.refuse(b), 0, sui.ArgInvalidObjectByMutRef)

	b = sui.NewBuilder()
	b.Call(lab, "lab", "reshare", nil, w.use(b, counter))
	w.run(b)
	if w.ledger.live[counter].Owner != start {
		t.Errorf("shared again as %s, want %s", w.ledger.live[counter].Owner, start)
	}
	for _, fn := range []string{"keep_counter", "pass_counter"} {
		b = sui.NewBuilder()
		args := []sui.Arg{w.use(b, counter)}
		if fn == "keep_counter" {
			args = append(args, b.Pure(w.alice))
		}
		c := b.Call(lab, "lab", fn, nil, args...)
		if fn == "pass_counter" {
			b.Call(lab, "lab", "reshare", nil, c)
		}
		if f := w.refuse(b); f.Kind != sui.FailSharedObjectOperationNotAllowed {
			t.Errorf("%s: %v", fn, f)
		}
	}
	b = sui.NewBuilder()
	b.Call(lab, "lab", "delete_counter", nil, w.use(b, counter))
	w.run(b)
	if _, err := w.ledger.Object(counter); !errors.Is(err, ErrNotFound) {
		t.Errorf("the counter is still there: %v", err)
	}
}

func TestDynamicFields(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter := w.created("Counter")
	call := func(fn string, args ...any) *Result {
		t.Helper()
		b := sui.NewBuilder()
		in := []sui.Arg{w.use(b, counter)}
		for _, a := range args {
			if id, ok := a.(sui.Address); ok {
				in = append(in, w.use(b, id))
				continue
			}
			in = append(in, b.Pure(a))
		}
		res := b.Call(lab, "lab", fn, nil, in...)
		if fn == "detach" {
			b.Transfer(w.alice, res)
		}
		return w.run(b)
	}
	call("add_field", uint64(5), uint64(50))
	field := sui.DynamicFieldID(counter, sui.TypeTag{Kind: sui.KindU64}, binary.LittleEndian.AppendUint64(nil, 5))
	o := w.ledger.live[field]
	if o == nil || o.Owner != sui.ObjectOwner(counter) || o.Move.Type.Short() != "0x2::dynamic_field::Field<u64, u64>" {
		t.Fatalf("field %+v", o)
	}
	if r := call("read_field", uint64(5)); len(r.Loaded) != 1 || r.Loaded[0].ID != field {
		t.Errorf("loaded %v", r.Loaded)
	}
	call("bump_field", uint64(5))
	if d := bcs.NewDecoder(w.ledger.live[field].Move.Contents[40:]); d.U64() != 51 {
		t.Error("the field was not changed")
	}
	call("remove_field", uint64(5))
	if w.ledger.live[field] != nil {
		t.Error("the field is still there")
	}

	box := w.newBox(lab, 9)
	call("attach", "first", box)
	key := bcs.NewEncoder()
	key.String("first")
	name := sui.MustTypeTag("0x2::dynamic_object_field::Wrapper<0x1::string::String>")
	if owner, want := w.ledger.live[box].Owner, sui.ObjectOwner(sui.DynamicFieldID(counter, name, key.Data())); owner != want {
		t.Errorf("box belongs to %s, want %s", owner, want)
	}
	call("attached", "first")
	call("detach", "first")
	if w.ledger.live[box].Owner != sui.AddressOwner(w.alice) {
		t.Errorf("box belongs to %s", w.ledger.live[box].Owner)
	}
}

func TestReceive(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	parent, sent := w.newBox(lab, 1), w.newBox(lab, 2)
	b := sui.NewBuilder()
	b.Transfer(parent, w.use(b, sent))
	transfer := w.run(b).Effects.Transaction
	w.newBox(lab, 3) // so that the gas coin comes from another transaction
	b = sui.NewBuilder()
	got := b.Call(lab, "lab", "receive", nil, w.use(b, parent), b.ReceivedObject(w.ref(sent)))
	b.Transfer(w.bob, got)
	r := w.run(b)
	if w.ledger.live[sent].Owner != sui.AddressOwner(w.bob) {
		t.Errorf("sent box belongs to %s", w.ledger.live[sent].Owner)
	}
	if !slices.Contains(r.Effects.Dependencies, transfer) {
		t.Errorf("dependencies %v lack the transaction of the received object", r.Effects.Dependencies)
	}
	b = sui.NewBuilder()
	b.Transfer(w.bob, b.Call(lab, "lab", "receive", nil, w.use(b, parent), b.ReceivedObject(w.ref(sent))))
	if f := w.refuse(b); f.Kind != sui.FailMoveAbort || f.Code != 3 {
		t.Errorf("receiving what was not sent: %v", f)
	}
}
