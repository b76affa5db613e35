package execution

import (
	"math"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

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

func wantArgument(t *testing.T, f *Failure, arg uint16, kind uint8) {
	t.Helper()
	if f.Kind != sui.FailCommandArgument || f.Arg != arg || f.ArgError.Kind != kind {
		t.Errorf("failure %v, want argument %d: %s", f, arg, (&sui.ArgumentError{Kind: kind}).Name())
	}
}
