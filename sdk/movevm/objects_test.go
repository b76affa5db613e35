package movevm

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// objects runs testdata/objs on a ledger with objects o and c of alice.
type objectsTest struct {
	*ledger
	pkg  sui.Address
	o, c sui.Address
}

func newObjectsTest(t *testing.T) *objectsTest {
	t.Helper()
	l := newLedger(t)
	x := &objectsTest{ledger: l, pkg: l.publishFile(alice, "objs/objs.mv")}
	x.o, x.c = x.make(10), x.make(20)
	return x
}

// make gives alice a new object.
func (o *objectsTest) make(n uint64) sui.Address {
	o.t.Helper()
	x := o.begin(alice)
	x.must(o.pkg, "objs", "make", u64le(n), alice[:])
	res := x.commit()
	if len(res.Created) != 1 || len(res.Transfers) != 1 || len(res.Events) != 1 {
		o.t.Fatalf("make did %+v", res)
	}
	if id := res.Created[0]; id != res.Transfers[0].ID || !bytes.Equal(res.Events[0].Contents[:32], id[:]) {
		o.t.Fatalf("make made %v, transferred %v", id, res.Transfers[0].ID)
	}
	return res.Created[0]
}

// do runs one call in a transaction and commits it.
func (o *objectsTest) do(fn string, args ...any) ([]Value, *Results) {
	o.t.Helper()
	x := o.begin(alice)
	out := x.must(o.pkg, "objs", fn, args...)
	return out, x.commit()
}

func (o *objectsTest) number(fn string, args ...any) uint64 {
	o.t.Helper()
	out, _ := o.do(fn, args...)
	n, err := out[0].U64At()
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func TestInitWitness(t *testing.T) {
	o := newObjectsTest(t)
	w := o.objects[o.find(o.pkg, "objs", "Witnessed")]
	if w.Owner.Address != alice || w.Move.Contents[32] != 1 {
		t.Errorf("init gave %+v", w.Owner)
	}
}

func TestOwners(t *testing.T) {
	o := newObjectsTest(t)
	_, res := o.do("give", o.o, bob[:])
	if w := res.Transfers[0]; w.Owner.Kind != sui.OwnerAddress || w.Owner.Address != bob || !w.HasPublicTransfer {
		t.Errorf("give: %+v", w)
	}
	x := o.begin(alice)
	_, err := x.call(o.pkg, "objs", "share", o.c)
	wantAbort(t, err, "transfer", 0) // only objects made in the transaction may be shared

	x = o.begin(alice)
	made := x.must(o.pkg, "objs", "new", u64le(1))
	x.must(o.pkg, "objs", "share", made[0])
	res = x.commit()
	shared := res.Transfers[0]
	if shared.Owner.Kind != sui.OwnerShared || shared.Owner.Version != 0 {
		t.Errorf("share: %+v", shared.Owner)
	}
	_, res = o.do("share", shared.ID)
	if w := res.Transfers[0]; w.Owner.Kind != sui.OwnerShared || w.Owner.Version != o.objects[shared.ID].Owner.Version {
		t.Errorf("sharing a shared object: %+v", w.Owner)
	}
	if _, res = o.do("freeze_it", o.c); res.Transfers[0].Owner.Kind != sui.OwnerImmutable {
		t.Errorf("freeze: %+v", res.Transfers[0].Owner)
	}
}

func TestDeleted(t *testing.T) {
	o := newObjectsTest(t)
	_, res := o.do("destroy", o.o)
	if !slices.Equal(res.Deleted, []sui.Address{o.o}) || len(res.Created) != 0 {
		t.Errorf("destroy: %+v", res)
	}
	_, res = o.do("make_and_destroy")
	if len(res.Deleted)+len(res.Created)+len(res.Transfers) != 0 || len(res.Events) != 1 {
		t.Errorf("make_and_destroy: %+v", res)
	}
}

func TestDynamicFields(t *testing.T) {
	o := newObjectsTest(t)
	o.do("field", o.o, u64le(5))
	if got := o.number("field_value", o.o); got != 5 {
		t.Errorf("field is %d, want 5", got)
	}
	x := o.begin(alice)
	_, err := x.call(o.pkg, "objs", "field_wrong_type", o.o)
	wantAbort(t, err, "dynamic_field", 2)
	_, err = o.begin(alice).call(o.pkg, "objs", "field_value", o.c)
	wantAbort(t, err, "dynamic_field", 1)
	_, err = o.begin(alice).call(o.pkg, "objs", "field", o.o, u64le(1))
	wantAbort(t, err, "dynamic_field", 0)

	_, res := o.do("field_value", o.o)
	if len(res.Children) != 1 || res.Children[0].Changed || res.Children[0].Before == nil {
		t.Errorf("reading a field: %+v", res.Children)
	}
	if _, res = o.do("field_same", o.o); len(res.Children) != 1 || res.Children[0].Changed {
		t.Errorf("writing the same value: %+v", res.Children)
	}
	if _, res = o.do("field_set", o.o, u64le(6)); !res.Children[0].Changed || res.Children[0].After == nil {
		t.Errorf("writing another value: %+v", res.Children)
	}
	_, res = o.do("field_replace", o.o) // deleted and made again: neither in the end
	if len(res.Created)+len(res.Deleted) != 0 || len(res.Children) != 1 || !res.Children[0].Changed {
		t.Errorf("replacing a field: %+v", res)
	}
	if got := o.number("field_value", o.o); got != 7 {
		t.Errorf("field is %d, want 7", got)
	}
}

func TestDynamicObjects(t *testing.T) {
	o := newObjectsTest(t)
	_, res := o.do("put", o.o, o.c)
	if len(res.Children) != 2 || len(res.Created) != 1 || len(res.Transfers) != 0 {
		t.Errorf("put: %+v", res)
	}
	field := res.Created[0]
	if owner := o.objects[o.c].Owner; owner.Kind != sui.OwnerObject || owner.Address != field {
		t.Errorf("the object is owned by %+v, want the field %v", owner, field)
	}
	o.do("bump", o.o) // the root moves on; its children stay at older versions
	d := o.make(30)
	o.do("put_nested", o.o, d)
	if got := o.number("nested_bump", o.o); got != 31 {
		t.Errorf("nested object holds %d, want 31", got)
	}
	x := o.begin(alice)
	got := x.must(o.pkg, "objs", "get", o.o)
	x.must(o.pkg, "objs", "give", got[0], bob[:])
	res = x.commit()
	if len(res.Transfers) != 1 || res.Transfers[0].ID != o.c || !slices.Equal(res.Deleted, []sui.Address{field}) {
		t.Errorf("get and give: %+v", res)
	}
}

// Objects wrapped in a shared one keep their fields, read at its version.
func TestWrapped(t *testing.T) {
	o := newObjectsTest(t)
	o.do("field", o.o, u64le(9))
	o.do("hold", o.o, o.c)
	holder := o.find(o.pkg, "objs", "Holder")
	if got := o.number("held_field", holder); got != 9 {
		t.Errorf("field of the wrapped object is %d, want 9", got)
	}
	_, res := o.do("unhold", holder, bob[:])
	if len(res.Transfers) != 1 || res.Transfers[0].ID != o.o || len(res.Deleted) != 2 {
		t.Errorf("unhold: %+v", res)
	}
}

func TestReceive(t *testing.T) {
	o := newObjectsTest(t)
	o.do("give", o.c, o.o[:])
	version := o.objects[o.c].Move.Version
	ticket := func(version uint64) []byte { return append(slices.Clone(o.c[:]), u64le(version)...) }
	_, err := o.begin(alice).call(o.pkg, "objs", "take", o.o, ticket(version-1))
	wantAbort(t, err, "transfer", 3)
	x := o.begin(alice)
	got := x.must(o.pkg, "objs", "take", o.o, ticket(version))
	_, err = x.call(o.pkg, "objs", "take", o.o, ticket(version))
	wantAbort(t, err, "transfer", 3)
	x = o.begin(alice)
	got = x.must(o.pkg, "objs", "take", o.o, ticket(version))
	x.must(o.pkg, "objs", "give", got[0], bob[:])
	res := x.commit()
	if len(res.Received) != 1 || res.Received[0].ID != o.c || res.Received[0].Version != version || res.Transfers[0].Owner.Address != bob {
		t.Errorf("take: %+v", res)
	}
}

func TestArgumentErrors(t *testing.T) {
	o := newObjectsTest(t)
	x := o.begin(alice)
	fn, err := x.s.LoadFunction(o.pkg, "objs", "bump", nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := x.s.Decode(primitives[KindU64], u64le(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]Value{nil, {n}, {n, n}, {{}}, {NewCell(n).Ref(x.s.Reference(n.Type(), true))}} {
		var e *Error
		if _, err := x.s.Call(fn, args); !errors.As(err, &e) || e.Status != StatusArgument {
			t.Errorf("call with %d arguments: %v", len(args), err)
		}
	}
	u64s := []sui.TypeTag{u64Tag}
	loads := []struct {
		module, fn string
		targs      []sui.TypeTag
		want       Status
	}{
		{"objs", "nothing", nil, StatusFunctionNotFound}, {"nothing", "bump", nil, StatusFunctionNotFound},
		{"objs", "bump", u64s, StatusTypeArity},
	}
	for _, tt := range loads {
		var e *Error
		if _, err := x.s.LoadFunction(o.pkg, tt.module, tt.fn, tt.targs); !errors.As(err, &e) || e.Status != tt.want {
			t.Errorf("load %s::%s: %v, want status %d", tt.module, tt.fn, err, tt.want)
		}
	}
	var e *Error
	if _, err := x.s.LoadFunction(suiFramework, "transfer", "public_transfer", u64s); !errors.As(err, &e) || e.Status != StatusConstraint {
		t.Errorf("u64 as an object type: %v", err)
	}
	if _, err := x.s.LoadFunction(sui.Address{1}, "a", "b", nil); !errors.As(err, &e) || e.Status != StatusLinker {
		t.Errorf("package that does not exist: %v", err)
	}
}
