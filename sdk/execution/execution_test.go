package execution

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
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

// The ids of a publish: the package is the first, the objects of init follow,
// the UpgradeCap is the last (specification §4.8).
func TestPublishIDs(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	digest := w.last.Effects.Transaction
	for n, want := range []sui.Address{lab, w.created("Counter"), w.created("Admin"), w.created("UpgradeCap")} {
		if got := sui.FreshObjectID(digest, uint64(n)); got != want {
			t.Errorf("id %d is %s, want %s", n, want, got)
		}
	}
	pkg, err := w.ledger.Object(lab)
	if err != nil || pkg.Package.Version != 1 || pkg.Owner != sui.Immutable() || len(pkg.Package.Linkage) != 2 {
		t.Errorf("package %+v, %v", pkg, err)
	}
	counter, err := w.ledger.Object(w.created("Counter"))
	if err != nil || counter.Owner != sui.SharedOwner(w.last.Effects.LamportVersion) {
		t.Errorf("counter's owner %s, want shared at %d", counter.Owner, w.last.Effects.LamportVersion)
	}
}

func TestCoins(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	coins := b.SplitCoins(sui.GasCoin, b.Pure(uint64(10)), b.Pure(uint64(20)))
	b.MergeCoins(w.use(b, w.coin), coins.At(0))
	b.Transfer(w.bob, coins.At(1))
	r := w.run(b)
	if got := w.value(w.coin); got != 5*sui.MistPerSUI+10 {
		t.Errorf("coin holds %d", got)
	}
	if r.Effects.Gas.Computation != 1_000_000 {
		t.Errorf("computation %d, want 1000000 (specification §4.9)", r.Effects.Gas.Computation)
	}
	var bobs uint64
	for _, o := range r.Written {
		if o.Owner == sui.AddressOwner(w.bob) {
			bobs, _ = o.CoinBalance()
			if o.StorageRebate != 988_000 {
				t.Errorf("storage rebate of a gas coin %d, want 988000 (specification §4.9)", o.StorageRebate)
			}
		}
	}
	if bobs != 20 {
		t.Errorf("bob has %d", bobs)
	}
}

func TestGasSmashAndTransfer(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	b.Transfer(w.bob, sui.GasCoin)
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.gas), w.ref(w.coin)}, Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error != nil {
		t.Fatal(r.Error)
	}
	gas, err := w.ledger.Object(w.gas)
	if err != nil || gas.Owner != sui.AddressOwner(w.bob) {
		t.Fatalf("gas coin %v, %v", gas, err)
	}
	used := r.Effects.Gas
	if balance, _ := gas.CoinBalance(); balance != 105*sui.MistPerSUI-used.Computation-used.Storage+used.Rebate {
		t.Errorf("gas coin holds %d", balance)
	}
	if _, err := w.ledger.Object(w.coin); !errors.Is(err, ErrNotFound) {
		t.Errorf("the smashed coin is still there: %v", err)
	}
	if i := r.Effects.GasObject; i == nil || r.Effects.Changed[*i].ID != w.gas {
		t.Errorf("gas object %v", i)
	}
}

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

func wantArgument(t *testing.T, f *Failure, arg uint16, kind uint8) {
	t.Helper()
	if f.Kind != sui.FailCommandArgument || f.Arg != arg || f.ArgError.Kind != kind {
		t.Errorf("failure %v, want argument %d: %s", f, arg, (&sui.ArgumentError{Kind: kind}).Name())
	}
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

func TestArgumentRules(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter, box := w.created("Counter"), w.newBox(lab, 1)
	call := func(b *sui.Builder, fn string, args ...sui.Arg) sui.Result {
		return b.Call(lab, "lab", fn, nil, args...)
	}
	for name, c := range map[string]struct {
		build func(b *sui.Builder)
		kind  sui.FailureKind
		arg   uint16
		err   uint8
	}{
		"private":       {func(b *sui.Builder) { call(b, "hidden") }, sui.FailNonEntryFunctionInvoked, 0, 0},
		"init":          {func(b *sui.Builder) { call(b, "init") }, sui.FailNonEntryFunctionInvoked, 0, 0},
		"absent":        {func(b *sui.Builder) { call(b, "no_such") }, sui.FailFunctionNotFound, 0, 0},
		"absent module": {func(b *sui.Builder) { b.Call(lab, "no_such", "f", nil) }, sui.FailFunctionNotFound, 0, 0},
		"absent type": {func(b *sui.Builder) {
			b.Call(lab, "lab", "only_store", []sui.TypeTag{sui.MustTypeTag("0x2::sui::NOPE")}, b.MakeMoveVec(&sui.TypeTag{Kind: sui.KindU8}))
		}, sui.FailTypeArgument, 0, 0},
		"constraint": {func(b *sui.Builder) {
			b.Call(lab, "lab", "only_store", []sui.TypeTag{sui.MustTypeTag(lab.String() + "::lab::Pair")}, b.MakeMoveVec(&sui.TypeTag{Kind: sui.KindU8}))
		}, sui.FailTypeArgument, 0, 0},
		"arity": {func(b *sui.Builder) { call(b, "value") }, sui.FailArityMismatch, 0, 0},
		"type arity": {func(b *sui.Builder) {
			b.Call(lab, "lab", "now", []sui.TypeTag{{Kind: sui.KindU8}}, b.Clock())
		}, sui.FailTypeArityMismatch, 0, 0},
		"returns reference": {func(b *sui.Builder) { call(b, "value_ref", w.use(b, box)) }, sui.FailInvalidPublicFunctionReturnType, 0, 0},
		"private transfer": {func(b *sui.Builder) {
			b.Call(sui.Framework, "transfer", "transfer", []sui.TypeTag{w.ledger.live[box].Move.Type.Tag()}, w.use(b, box), b.Pure(w.bob))
		}, sui.FailNonEntryFunctionInvoked, 0, 0},
		"emit": {func(b *sui.Builder) {
			b.Call(sui.Framework, "event", "emit", []sui.TypeTag{{Kind: sui.KindU8}}, b.Pure(uint8(1)))
		}, sui.FailNonEntryFunctionInvoked, 0, 0},
		"hot potato": {func(b *sui.Builder) { call(b, "hot", b.Pure(uint64(1))) }, sui.FailUnusedValueWithoutDrop, 0, 0},
		"unused object": {func(b *sui.Builder) {
			b.SplitCoins(sui.GasCoin, b.Pure(uint64(1)))
		}, sui.FailUnusedValueWithoutDrop, 0, 0},
		"copy without drop, unused": {func(b *sui.Builder) { call(b, "token") }, sui.FailUnusedValueWithoutDrop, 0, 0},
		"too much": {func(b *sui.Builder) {
			b.SplitCoins(sui.GasCoin, b.Pure(uint64(math.MaxUint64)))
		}, sui.FailInsufficientCoinBalance, 0, 0},
		"transfer of a shared object": {func(b *sui.Builder) { b.Transfer(w.bob, w.use(b, counter)) }, sui.FailCommandArgument, 0, sui.ArgInvalidTransferObject},
		"moved twice": {func(b *sui.Builder) {
			x := w.use(b, box)
			call(b, "destroy", x)
			call(b, "destroy", x)
		}, sui.FailCommandArgument, 0, sui.ArgArgumentWithoutValue},
		"twice mutably": {func(b *sui.Builder) {
			x := w.use(b, box)
			call(b, "swap", x, x)
		}, sui.FailCommandArgument, 1, sui.ArgInvalidReferenceArgument},
		"mutably and immutably": {func(b *sui.Builder) {
			x := w.use(b, box)
			call(b, "add", x, x)
		}, sui.FailCommandArgument, 1, sui.ArgInvalidReferenceArgument},
		"wrong type":     {func(b *sui.Builder) { call(b, "value", w.use(b, counter)) }, sui.FailCommandArgument, 0, sui.ArgTypeMismatch},
		"pure as struct": {func(b *sui.Builder) { call(b, "sum", b.Pure([16]byte{})) }, sui.FailCommandArgument, 0, sui.ArgInvalidUsageOfPureArg},
		"pure too short": {func(b *sui.Builder) { call(b, "spin", b.Pure(uint32(1))) }, sui.FailCommandArgument, 0, sui.ArgInvalidBCSBytes},
		"bool 2":         {func(b *sui.Builder) { call(b, "divide", b.Pure(uint64(1)), b.PureBytes([]byte{2})) }, sui.FailCommandArgument, 1, sui.ArgInvalidBCSBytes},
		"index": {func(b *sui.Builder) {
			call(b, "spin", sui.Argument{Kind: sui.ArgInput, Index: 9})
		}, sui.FailCommandArgument, 0, sui.ArgIndexOutOfBounds},
		"result arity": {func(b *sui.Builder) {
			call(b, "value", call(b, "two"))
		}, sui.FailCommandArgument, 0, sui.ArgInvalidResultArity},
		"secondary index": {func(b *sui.Builder) {
			call(b, "value", call(b, "two").At(2))
		}, sui.FailCommandArgument, 0, sui.ArgSecondaryIndexOutOfBounds},
		"gas coin by value": {func(b *sui.Builder) {
			b.Call(sui.Framework, "coin", "into_balance", []sui.TypeTag{sui.SUIType()}, sui.GasCoin)
		}, sui.FailCommandArgument, 0, sui.ArgInvalidGasCoinUsage},
		"entry after a call": {func(b *sui.Builder) {
			x := w.use(b, box)
			call(b, "set", x, b.Pure(uint64(1)))
			call(b, "private_set", x, b.Pure(uint64(2)))
		}, sui.FailCommandArgument, 0, sui.ArgInvalidArgumentToPrivateEntryFunction},
		"untyped vector of numbers": {func(b *sui.Builder) {
			b.MakeMoveVec(nil, call(b, "pair", b.Pure(uint64(1)), b.Pure(uint64(1))))
		}, sui.FailCommandArgument, 0, sui.ArgInvalidMakeMoveVecNonObjectArgument},
		"out of gas": {func(b *sui.Builder) { call(b, "spin", b.Pure(uint64(100_000_000))) }, sui.FailInsufficientGas, 0, 0},
	} {
		b := sui.NewBuilder()
		c.build(b)
		f := w.refuse(b)
		if f.Kind != c.kind || c.kind == sui.FailCommandArgument && (f.Arg != c.arg || f.ArgError.Kind != c.err) {
			t.Errorf("%s: %v, want %s argument %d error %d", name, f, c.kind, c.arg, c.err)
		}
	}
}

func TestAllowedUses(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box := w.newBox(lab, 1)
	call := func(b *sui.Builder, fn string, args ...sui.Arg) sui.Result {
		return b.Call(lab, "lab", fn, nil, args...)
	}
	for name, build := range map[string]func(b *sui.Builder){
		"hot potato": func(b *sui.Builder) { call(b, "cool", call(b, "hot", b.Pure(uint64(1)))) },
		"copies": func(b *sui.Builder) {
			p := call(b, "pair", b.Pure(uint64(1)), b.Pure(uint64(2)))
			call(b, "sum", p)
			call(b, "sum", p)
		},
		"copy without drop, last used by value": func(b *sui.Builder) {
			x := call(b, "token")
			call(b, "eat", x)
			call(b, "eat", x)
		},
		"shared borrow twice": func(b *sui.Builder) {
			x := b.Object(box)
			_ = x
			call(b, "value", w.use(b, box))
		},
		"entry": func(b *sui.Builder) { call(b, "private_set", w.use(b, box), b.Pure(uint64(5))) },
		"clock": func(b *sui.Builder) { call(b, "now", b.Clock()) },
		"one number at two types": func(b *sui.Builder) {
			n := b.Pure(uint64(1))
			call(b, "divide", n, n)
		},
		"texts": func(b *sui.Builder) {
			call(b, "text", b.Pure("héllo"), b.Pure("ascii"), b.Pure((*uint64)(nil)), b.Pure([]uint16{1, 2}), b.Pure(box), b.Pure([32]byte{1}))
		},
		"vector of objects": func(b *sui.Builder) {
			call(b, "total", b.MakeMoveVec(nil, call(b, "new_box", b.Pure(uint64(1))), call(b, "new_box", b.Pure(uint64(2)))))
		},
		"empty vector": func(b *sui.Builder) {
			tag := w.ledger.live[box].Move.Type.Tag()
			call(b, "total", b.MakeMoveVec(&tag))
		},
	} {
		b := sui.NewBuilder()
		build(b)
		for _, u := range b.Unresolved() {
			o, err := w.ledger.Object(u.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Resolve(u.Index, sui.Input{Kind: sui.InputImmOrOwned, Ref: o.Ref()}); err != nil {
				t.Fatal(err)
			}
		}
		if r := w.execute(w.build(b)); r.Error != nil {
			t.Errorf("%s: %v", name, r.Error)
		}
	}
	for _, bad := range []struct {
		s, a string
	}{{"\xff", "a"}, {"a", "é"}} {
		b := sui.NewBuilder()
		call(b, "text", b.Pure(bad.s), b.Pure(bad.a), b.Pure((*uint64)(nil)), b.Pure([]uint16{}), b.Pure(box), b.Pure([32]byte{1}))
		if f := w.refuse(b); f.Kind != sui.FailCommandArgument || f.ArgError.Kind != sui.ArgInvalidBCSBytes {
			t.Errorf("%q, %q: %v", bad.s, bad.a, f)
		}
	}
}

func TestUpgrade(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	cap, counter := w.created("UpgradeCap"), w.created("Counter")
	box := w.newBox(lab, 5)
	packages := loadPackages(t)

	// user links against version 1 of lab.
	user := packages.Packages["user"]
	deps := []sui.Address{sui.MoveStdlib, sui.Framework, lab}
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(relink(t, packages, user.Modules, lab), deps))
	w.run(b)
	userID := packageOf(w.last)

	upgrade := func(name string, digestOf string) *sui.Builder {
		p := packages.Packages[name]
		b := sui.NewBuilder()
		c := w.use(b, cap)
		digest := sui.PackageDigest(packages.Packages[digestOf].Modules, p.Dependencies)
		ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, c, b.Pure(uint8(0)), b.Pure(digest[:]))
		receipt := b.Upgrade(p.Modules, p.Dependencies, lab, ticket)
		b.Call(sui.Framework, "package", "commit_upgrade", nil, c, receipt)
		return b
	}
	if f := w.refuse(upgrade("lab_broken", "lab_broken")); f.Kind != sui.FailPackageUpgrade || f.Upgrade.Kind != sui.UpgradeIncompatible {
		t.Errorf("incompatible upgrade: %v", f)
	}
	if f := w.refuse(upgrade("lab_next", "lab")); f.Kind != sui.FailPackageUpgrade || f.Upgrade.Kind != sui.UpgradeDigestDoesNotMatch {
		t.Errorf("other modules than authorised: %v", f)
	}
	w.run(upgrade("lab_next", "lab_next"))
	next := packageOf(w.last)
	pkg := w.ledger.live[next].Package
	if pkg.Version != 2 || next == lab {
		t.Fatalf("package %s version %d", next, pkg.Version)
	}
	origins := map[string]sui.Address{}
	for _, o := range pkg.TypeOrigins {
		origins[o.Name] = o.Package
	}
	if origins["Box"] != lab || origins["Extra"] != next {
		t.Errorf("type origins %v", origins)
	}

	// Old objects work with the new code; the new type is of the new package.
	b = sui.NewBuilder()
	b.Call(next, "lab", "increment", nil, w.use(b, counter), b.Pure(uint64(1)))
	b.Transfer(w.alice, b.Call(next, "lab", "new_extra", nil, w.use(b, box)))
	r := w.run(b)
	if got := w.ledger.live[w.created("Extra")].Move.Type.String(); got != next.String()+"::lab::Extra" {
		t.Errorf("type %s", got)
	}
	if r.Events[0].Type.Address != lab || r.Events[0].Package != next {
		t.Errorf("event type %s of package %s", r.Events[0].Type, r.Events[0].Package)
	}

	// user still runs version 1, until it is itself linked to version 2.
	if got := w.output(userID, "user", "hidden_of_lab"); got != 42 {
		t.Errorf("user of version 1 sees %d", got)
	}
	b = sui.NewBuilder()
	deps[2] = next
	b.Transfer(w.alice, b.Publish(relink(t, packages, user.Modules, lab), deps))
	w.run(b)
	if got := w.output(packageOf(w.last), "user", "hidden_of_lab"); got != 43 {
		t.Errorf("user of version 2 sees %d", got)
	}
}

func packageOf(r *Result) (id sui.Address) {
	for _, o := range r.Written {
		if o.Package != nil {
			id = o.ID()
		}
	}
	return id
}

// output simulates a call without arguments that returns a number.
func (w *world) output(pkg sui.Address, module, fn string) uint64 {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Call(pkg, module, fn, nil)
	r, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{Simulate: true})
	if err != nil || r.Error != nil {
		w.t.Fatal(err, r.Error)
	}
	return bcs.NewDecoder(r.Commands[0].Returns[0].BCS).U64()
}

func TestPublishRefuses(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	packages := loadPackages(t)
	user := packages.Packages["user"]
	for name, c := range map[string]struct {
		modules [][]byte
		deps    []sui.Address
		kind    sui.FailureKind
	}{
		"missing dependency": {relink(t, packages, user.Modules, lab), []sui.Address{sui.MoveStdlib, sui.Framework}, sui.FailPublishUpgradeMissingDependency},
		"address set":        {relinkSelf(t, packages.Packages["lab"].Modules, sui.Address{5}), packages.Packages["lab"].Dependencies, sui.FailPublishNonZeroAddress},
		"garbage":            {[][]byte{{1, 2, 3}}, packages.Packages["lab"].Dependencies, sui.FailVMVerificationOrDeserialization},
	} {
		b := sui.NewBuilder()
		b.Transfer(w.alice, b.Publish(c.modules, c.deps))
		if f := w.refuse(b); f.Kind != c.kind {
			t.Errorf("%s: %v, want %s", name, f, c.kind)
		}
	}
}

func relinkSelf(t *testing.T, modules [][]byte, to sui.Address) [][]byte {
	return relink(t, &compiled{Placeholder: "0x0"}, modules, to)
}

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

func TestInputChecks(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	counter, box := w.created("Counter"), w.newBox(lab, 1)
	foreign := sui.Address{0xc, 3}
	w.mint(foreign, w.bob, 5*sui.MistPerSUI)
	old := w.ref(box)
	old.Version--
	good := func(b *sui.Builder) { b.Transfer(w.bob, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1)))) }
	for name, c := range map[string]struct {
		build func(b *sui.Builder)
		gas   func(g *sui.GasData)
		want  string
	}{
		"no commands":     {func(b *sui.Builder) { b.Pure(true) }, nil, "no commands"},
		"old version":     {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(old)) }, nil, "is not the newest"},
		"foreign object":  {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(foreign))) }, nil, "the sender is"},
		"shared as owned": {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(counter))) }, nil, "it is shared"},
		"owned as shared": {func(b *sui.Builder) { b.Transfer(w.bob, b.SharedObject(box, 1, true)) }, nil, "not shared"},
		"start version":   {func(b *sui.Builder) { b.Transfer(w.bob, b.SharedObject(counter, 1, true)) }, nil, "shared at version"},
		"mutable clock":   {func(b *sui.Builder) { b.Call(lab, "lab", "now", nil, b.SharedObject(sui.ClockID, 1, true)) }, nil, "immutable only"},
		"package":         {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(lab))) }, nil, "it is a package"},
		"no package":      {func(b *sui.Builder) { b.Call(sui.Address{7}, "m", "f", nil) }, nil, "no such package"},
		"absent object":   {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(sui.ObjectRef{ID: sui.Address{8}})) }, nil, "does not exist"},
		"gas as input":    {func(b *sui.Builder) { b.Transfer(w.bob, b.OwnedObject(w.ref(w.gas))) }, nil, "used twice"},
		"low price":       {good, func(g *sui.GasData) { g.Price = 999 }, "below the reference price"},
		"low budget":      {good, func(g *sui.GasData) { g.Budget = 999_999 }, "below the least"},
		"high budget":     {good, func(g *sui.GasData) { g.Budget = 101 * sui.MistPerSUI }, "lower the budget"},
		"foreign gas":     {good, func(g *sui.GasData) { g.Payment = []sui.ObjectRef{w.ref(foreign)} }, "not the gas owner"},
		"no gas":          {good, func(g *sui.GasData) { g.Payment = nil }, "no gas payment"},
		"gas twice":       {good, func(g *sui.GasData) { g.Payment = append(g.Payment, g.Payment[0]) }, "used twice"},
		"gas of a box":    {good, func(g *sui.GasData) { g.Payment = []sui.ObjectRef{w.ref(box)} }, "coins of SUI only"},
	} {
		b := sui.NewBuilder()
		c.build(b)
		pt := b.Programmable()
		tx := &sui.TransactionData{Kind: sui.TransactionKind{Programmable: &pt}, Sender: w.alice, Gas: sui.GasData{
			Payment: []sui.ObjectRef{w.ref(w.gas)}, Owner: w.alice, Price: 1000, Budget: sui.MistPerSUI,
		}}
		if c.gas != nil {
			c.gas(&tx.Gas)
		}
		var refused *InputError
		if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
		}
	}
}

func TestStorageBeyondBudget(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	var amounts []sui.Arg
	for range 20 { // 20 new coins cost 20 * 988000 MIST to store
		amounts = append(amounts, b.Pure(uint64(1)))
	}
	coins := b.SplitCoins(sui.GasCoin, amounts...)
	for i := range 20 {
		b.Transfer(w.bob, coins.At(i))
	}
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.gas)}, Price: 1000, Budget: 3_000_000})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error == nil || r.Error.Kind != sui.FailInsufficientGas || len(r.Effects.Changed) != 1 {
		t.Errorf("%v, %d changes", r.Error, len(r.Effects.Changed))
	}
}

// A sponsor's coin pays for the sender's transaction.
func TestSponsor(t *testing.T) {
	w := newWorld(t)
	lab := w.publish()
	box, sponsored := w.newBox(lab, 1), sui.Address{0xc, 4}
	w.mint(sponsored, w.bob, sui.MistPerSUI)
	b := sui.NewBuilder()
	b.Call(lab, "lab", "set", nil, w.use(b, box), b.Pure(uint64(2)))
	b.Call(lab, "lab", "who", nil)
	gas := sui.GasData{Payment: []sui.ObjectRef{w.ref(sponsored)}, Owner: w.bob, Price: 1000, Budget: sui.MistPerSUI}
	tx, err := b.Build(w.alice, gas)
	if err != nil {
		t.Fatal(err)
	}
	if r := w.execute(tx); r.Error != nil || w.value(box) != 2 {
		t.Errorf("box holds %d, %v", w.value(box), r.Error)
	}
	coin := w.ledger.live[sponsored]
	if n, _ := coin.CoinBalance(); coin.Owner != sui.AddressOwner(w.bob) || n >= sui.MistPerSUI {
		t.Errorf("the sponsor's coin holds %d and belongs to %s", n, coin.Owner)
	}
	// The sponsor's other objects are not the sender's to use.
	b = sui.NewBuilder()
	w.mint(sui.Address{0xc, 5}, w.bob, 1)
	b.Transfer(w.alice, w.use(b, sui.Address{0xc, 5}))
	gas.Payment[0] = w.ref(sponsored)
	gas.Budget = 10_000_000
	if tx, err = b.Build(w.alice, gas); err != nil {
		t.Fatal(err)
	}
	var refused *InputError
	if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{}); !errors.As(err, &refused) {
		t.Errorf("%v, want a refusal", err)
	}
}

// The budget covers the computation alone, and the gas coin was never charged
// for storage: the whole budget goes.
func TestLastResort(t *testing.T) {
	w := newWorld(t)
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.SplitCoins(sui.GasCoin, b.Pure(uint64(7))))
	w.run(b)
	var paid sui.Address // a coin whose storage is paid
	for _, o := range w.last.Written {
		if n, _ := o.CoinBalance(); n == 7 {
			paid = o.ID()
		}
	}
	b = sui.NewBuilder()
	b.Transfer(w.bob, b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))))
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.coin), w.ref(paid)}, Price: 1000, Budget: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	r := w.execute(tx)
	if r.Error == nil || r.Error.Kind != sui.FailInsufficientGas {
		t.Errorf("failure %v", r.Error)
	}
	if want := (sui.GasUsed{Computation: 1_000_000}); r.Effects.Gas != want {
		t.Errorf("gas %+v, want %+v", r.Effects.Gas, want)
	}
	if o := w.ledger.live[w.coin]; o.Version() != r.Effects.LamportVersion || o.PreviousTransaction != r.Effects.Transaction {
		t.Errorf("the gas coin has version %d of %s", o.Version(), o.PreviousTransaction)
	}
}

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

func TestSignatures(t *testing.T) {
	w := newWorld(t)
	key, err := sui.NewPrivateKey(sui.Ed25519, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sui.NewPrivateKey(sui.Secp256k1, []byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	b.Transfer(w.bob, sui.GasCoin)
	tx, err := b.Build(key.Address(), sui.GasData{Owner: other.Address(), Price: 1, Budget: 1})
	if err != nil {
		t.Fatal(err)
	}
	one, err1 := key.SignTransaction(bcs.Marshal(tx))
	two, err2 := other.SignTransaction(bcs.Marshal(tx))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := VerifySignatures(tx, []sui.Signature{two, one}); err != nil {
		t.Error(err)
	}
	for name, sigs := range map[string][]sui.Signature{"none": nil, "one": {one}, "twice": {one, one}, "three": {one, two, one}} {
		if err := VerifySignatures(tx, sigs); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	tx.Gas.Budget++
	if err := VerifySignatures(tx, []sui.Signature{one, two}); err == nil {
		t.Error("a changed transaction is accepted")
	}
}
