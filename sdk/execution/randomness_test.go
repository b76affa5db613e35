package execution

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// publishDice publishes testdata/dice.
func (w *world) publishDice() (dice sui.Address) {
	w.t.Helper()
	p := loadPackages(w.t).Packages["dice"]
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(p.Modules, p.Dependencies))
	for _, o := range w.run(b).Written {
		if o.Package != nil {
			return o.ID()
		}
	}
	w.t.Fatal("no package was written")
	return dice
}

// draw executes a round of randomness.
func (w *world) draw(round uint64, random []byte) *Result {
	w.t.Helper()
	r, err := w.engine.Execute(w.ledger, w.env, RandomnessTransaction(w.env.Epoch, round, random), Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.ledger.apply(r)
	return r
}

func random(b *sui.Builder) sui.Arg { return b.SharedObject(sui.RandomID, 1, false) }

// roll calls dice::roll and returns the events' contents.
func (w *world) roll(dice sui.Address) (out [][]byte) {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Call(dice, "dice", "roll", nil, random(b))
	for _, e := range w.run(b).Events {
		out = append(out, e.Contents)
	}
	return out
}

func TestRandomness(t *testing.T) {
	w := newWorld(t)
	dice := w.publishDice()
	seen := map[string]bool{}
	for round := range uint64(3) {
		if next, err := NextRound(w.ledger, w.env.Epoch); err != nil || next != round {
			t.Fatalf("next round is %d, %v; want %d", next, err, round)
		}
		r := w.draw(round, bytes.Repeat([]byte{byte(round)}, 32))
		if len(r.Effects.Changed) != 2 || r.Effects.Gas != (sui.GasUsed{}) || r.Effects.GasObject != nil || r.Effects.LamportVersion != round+2 {
			t.Errorf("effects %+v", r.Effects)
		}
		for range 2 {
			rolls := w.roll(dice)
			if len(rolls) != 3 {
				t.Fatalf("%d rolls", len(rolls))
			}
			for _, roll := range rolls {
				if eyes := roll[0]; eyes < 1 || eyes > 6 || seen[string(roll)] || len(roll) != 1+32+1+3 {
					t.Errorf("roll %x, seen: %t", roll, seen[string(roll)])
				}
				seen[string(roll)] = true
			}
		}
		u := w.last.Effects.UnchangedConsensus
		if len(u) != 1 || u[0].ID != sui.RandomID || u[0].Kind != sui.UnchangedReadOnlyRoot || u[0].Version != round+2 || len(w.last.Loaded) != 1 {
			t.Errorf("read objects %+v, fields %+v", u, w.last.Loaded)
		}
	}
	w.env.Epoch++ // counts anew
	w.draw(0, []byte{1})
	w.draw(1, []byte{2})
}

// pure is the BCS of a pure argument.
func pure(t testing.TB, x any) []byte {
	t.Helper()
	raw, err := sui.EncodePure(x)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// moveUpdate lets the Move code of sui::random make a round, and returns the
// contents of what it changed.
func (w *world) moveUpdate(round uint64, random []byte) map[sui.Address][]byte {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	h := &host{st: w.ledger}
	s := w.engine.vm.NewSession(h, h, movevm.TxContext{Epoch: w.env.Epoch})
	fn, err := s.LoadFunction(sui.Framework, "random", "update_randomness_state", nil)
	must(err)
	v, err := s.Input(w.ledger.live[sui.RandomID])
	must(err)
	cell := movevm.NewCell(v)
	number, err := s.Decode(fn.Params[1], pure(w.t, round))
	must(err)
	text, err := s.Decode(fn.Params[2], pure(w.t, random))
	must(err)
	_, err = s.Call(fn, []movevm.Value{cell.Ref(fn.Params[0]), number, text})
	must(err)
	contents, err := s.Encode(cell.Value())
	must(err)
	out := map[sui.Address][]byte{sui.RandomID: contents}
	res, err := s.Finish()
	must(err)
	for _, c := range res.Children {
		out[c.ID] = c.After.Contents
	}
	if len(out) != 2 {
		w.t.Errorf("the Move code changed %d objects", len(out))
	}
	return out
}

// What our update writes is what the Move code of sui::random writes.
func TestRandomnessIsThatOfTheMoveCode(t *testing.T) {
	w := newWorld(t)
	for round, random := range [][]byte{{1, 2, 3}, bytes.Repeat([]byte{7}, 48), nil} {
		want := w.moveUpdate(uint64(round), random)
		ours := w.draw(uint64(round), random)
		for _, o := range ours.Written {
			if !bytes.Equal(o.Move.Contents, want[o.ID()]) {
				t.Errorf("round %d: object %s is %x, by Move code %x", round, o.ID(), o.Move.Contents, want[o.ID()])
			}
		}
	}
}

func TestRandomnessRefusals(t *testing.T) {
	w := newWorld(t)
	dice := w.publishDice()
	foreign := RandomnessTransaction(w.env.Epoch, 0, []byte{1})
	foreign.Sender = w.alice
	shared := RandomnessTransaction(w.env.Epoch, 0, []byte{1})
	shared.Kind.Randomness.InitialVersion = 2
	build := func(f func(b *sui.Builder)) *sui.TransactionData {
		b := sui.NewBuilder()
		f(b)
		return w.build(b)
	}
	roll := func(b *sui.Builder) { b.Call(dice, "dice", "roll", nil, random(b)) }
	for name, c := range map[string]struct {
		tx   *sui.TransactionData
		want string
	}{
		"first round is not 0":  {RandomnessTransaction(w.env.Epoch, 1, []byte{1}), "is not next"},
		"another epoch":         {RandomnessTransaction(w.env.Epoch+1, 0, []byte{1}), "is not next"},
		"a sender":              {foreign, "has no sender"},
		"another first version": {shared, "it was shared at version 1, not 2"},
		"mutable": {build(func(b *sui.Builder) { b.Call(dice, "dice", "roll", nil, b.SharedObject(sui.RandomID, 1, true)) }),
			"immutable only"},
		"a call after it":  {build(func(b *sui.Builder) { roll(b); b.Call(sui.Framework, "tx_context", "epoch", nil) }), "after a command that takes Random"},
		"a second roll":    {build(func(b *sui.Builder) { roll(b); roll(b) }), "after a command that takes Random"},
		"a split after it": {build(func(b *sui.Builder) { roll(b); b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))) }), "command 1: after a command that takes Random"},
	} {
		for _, opt := range []Options{{}, {Simulate: true}, {Simulate: true, SkipChecks: true}} {
			var refused *InputError
			if _, err := w.engine.Execute(w.ledger, w.env, c.tx, opt); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
			}
		}
	}
	w.draw(0, []byte{1})
	if _, err := w.engine.Execute(w.ledger, w.env, RandomnessTransaction(w.env.Epoch, 0, []byte{1}), Options{}); err == nil {
		t.Error("a round comes twice")
	}
	// before it everything is allowed, after it transfers and merges
	b := sui.NewBuilder()
	coins := b.SplitCoins(sui.GasCoin, b.Pure(uint64(1)), b.Pure(uint64(2)))
	roll(b)
	b.MergeCoins(coins.At(0), coins.At(1))
	b.Transfer(w.bob, coins.At(0))
	w.run(b)
	// a simulation sees the newest round, which is not the one of the execution
	b = sui.NewBuilder()
	roll(b)
	tx := w.build(b)
	simulated, err := w.engine.Execute(w.ledger, w.env, tx, Options{Simulate: true})
	if err != nil || simulated.Error != nil {
		t.Fatal(err, simulated.Error)
	}
	w.draw(1, []byte{2})
	if r := w.execute(tx); bytes.Equal(bcs.Marshal(&sui.TransactionEvents{Events: r.Events}), bcs.Marshal(&sui.TransactionEvents{Events: simulated.Events})) {
		t.Error("the simulation foresaw the roll")
	}
}
