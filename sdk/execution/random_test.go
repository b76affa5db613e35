package execution

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// randomWorld is a state with objects of every kind of owner.
type randomWorld struct {
	*world
	lab, counter, box, frozen sui.Address
}

func newRandomWorld(t *testing.T) *randomWorld {
	w := &randomWorld{world: newWorld(t)}
	w.lab = w.publish()
	w.counter = w.created("Counter")
	b := sui.NewBuilder()
	b.Call(w.lab, "lab", "add_field", nil, w.use(b, w.counter), b.Pure(uint64(1)), b.Pure(uint64(1)))
	w.run(b)
	w.box, w.frozen = w.newBox(w.lab, 1), w.newBox(w.lab, 2)
	b = sui.NewBuilder()
	b.Call(sui.Framework, "transfer", "public_freeze_object", []sui.TypeTag{w.ledger.live[w.frozen].Move.Type.Tag()}, w.use(b, w.frozen))
	w.run(b)
	return w
}

// program makes a transaction of arbitrary commands from bytes. Most arguments
// have the type that the command wants, so that programs get somewhere.
type program struct {
	*sui.Builder
	w    *randomWorld
	in   []byte
	args map[byte][]sui.Arg // by kind
	all  []sui.Arg
}

// randomFunctions are functions of lab with the kinds of their arguments and
// results: c counter, b box, w wrapper, h hot potato, p pair, t token, u
// number, s text, o clock, k coin, v vector of boxes.
var randomFunctions = []struct{ name, args, result string }{
	{"increment", "cu", ""}, {"count", "c", "u"}, {"reshare", "c", ""}, {"pass_counter", "c", "c"}, {"delete_counter", "c", ""},
	{"new_box", "u", "b"}, {"value", "b", "u"}, {"set", "bu", ""}, {"private_set", "bu", ""}, {"swap", "bb", ""}, {"add", "bb", ""},
	{"destroy", "b", ""}, {"wrap", "b", "w"}, {"unwrap", "w", "b"}, {"unwrap_and_destroy", "w", ""}, {"add_field", "cuu", ""},
	{"read_field", "cu", "u"}, {"bump_field", "cu", ""}, {"remove_field", "cu", "u"}, {"attach", "csb", ""}, {"detach", "cs", "b"},
	{"hot", "u", "h"}, {"cool", "h", "u"}, {"pair", "uu", "p"}, {"sum", "p", "u"}, {"two", "", "bu"}, {"token", "", "t"}, {"eat", "t", "u"},
	{"now", "o", "u"}, {"total", "v", "u"}, {"fail_bare", "", ""}, {"divide", "uu", "u"}, {"spin", "u", "u"},
}

func (p *program) byte() int {
	if len(p.in) == 0 {
		return 0
	}
	b := p.in[0]
	p.in = p.in[1:]
	return int(b)
}

func (p *program) arg(kind byte) sui.Arg {
	i := p.byte()
	if i%64 == 63 {
		return sui.Argument{Kind: sui.ArgumentKind(i / 16 % 4), Index: uint16(p.byte() % 16), Sub: uint16(i % 3)}
	}
	if choices := p.args[kind]; i%64 != 62 && len(choices) > 0 {
		return choices[i%len(choices)]
	}
	return p.all[i%len(p.all)]
}

func (p *program) some(kinds string) (out []sui.Arg) {
	for i := range len(kinds) {
		out = append(out, p.arg(kinds[i]))
	}
	return out
}

func (p *program) keep(r sui.Result, kinds string) {
	for i := range len(kinds) {
		p.add(kinds[i], r.At(i))
	}
}

func (p *program) add(kind byte, arg sui.Arg) {
	p.args[kind] = append(p.args[kind], arg)
	p.all = append(p.all, arg)
}

func (p *program) command() {
	switch op := p.byte() % 16; op {
	case 0:
		p.keep(p.SplitCoins(p.arg('k'), p.some("uu")...), "kk")
	case 1:
		p.MergeCoins(p.arg('k'), p.some("kk"[:1+p.byte()%2])...)
	case 2, 3:
		p.Transfer(p.w.bob, p.arg("bwk"[p.byte()%3]))
	case 4:
		p.keep(p.MakeMoveVec(nil, p.some("bbb"[:1+p.byte()%3])...), "v")
	default:
		f := randomFunctions[p.byte()%len(randomFunctions)]
		p.keep(p.Call(p.w.lab, "lab", f.name, nil, p.some(f.args)...), f.result)
	}
}

func (w *randomWorld) program(in []byte) *sui.TransactionData {
	p := &program{Builder: sui.NewBuilder(), w: w, in: in, args: map[byte][]sui.Arg{}}
	for _, o := range []struct {
		kind byte
		id   sui.Address
	}{{'c', w.counter}, {'b', w.box}, {'b', w.frozen}, {'k', w.coin}} {
		p.add(o.kind, w.use(p.Builder, o.id))
	}
	p.add('k', sui.GasCoin)
	p.add('o', p.Clock())
	p.add('s', p.Pure("a"))
	for _, n := range []uint64{0, 1, 2, 1000} {
		p.add('u', p.Pure(n))
	}
	p.add('?', p.PureBytes([]byte{1, 2, 3}))
	for range 1 + p.byte()%8 {
		p.command()
	}
	return w.build(p.Builder)
}

// neverFailures tell of a fault in the engine: what is published has been
// verified.
var neverFailures = []sui.FailureKind{sui.FailInvariantViolation, sui.FailVMInvariantViolation, sui.FailVMVerificationOrDeserialization}

// check executes a program and demands what holds for every transaction.
func (w *randomWorld) check(t *testing.T, in []byte) *Result {
	tx := w.program(in)
	r, err := w.engine.Execute(w.ledger, w.env, tx, Options{})
	if err != nil {
		t.Fatalf("%x: %v", in, err)
	}
	if r.Error != nil && slices.Contains(neverFailures, r.Error.Kind) {
		t.Fatalf("%x: %v", in, r.Error)
	}
	w.conserve(r)
	fx := &r.Effects
	if !slices.IsSortedFunc(fx.Changed, func(a, b sui.ChangedObject) int { return a.ID.Compare(b.ID) }) {
		t.Fatalf("%x: changed objects are not sorted", in)
	}
	if len(r.Written)+len(r.Deleted) > len(fx.Changed) || fx.GasObject == nil || fx.Changed[*fx.GasObject].ID != w.gas {
		t.Fatalf("%x: effects and objects differ", in)
	}
	for _, o := range r.Written {
		if o.Move != nil && o.Version() != fx.LamportVersion {
			t.Fatalf("%x: object %s has version %d, want %d", in, o.ID(), o.Version(), fx.LamportVersion)
		}
	}
	again, err := w.engine.Execute(w.ledger, w.env, tx, Options{})
	if err != nil || !bytes.Equal(bcs.Marshal(again.Effects), bcs.Marshal(fx)) {
		t.Fatalf("%x: a second execution has other effects: %v", in, err)
	}
	if _, err := w.engine.Execute(w.ledger, w.env, tx, Options{Simulate: true, SkipChecks: true}); err != nil {
		t.Fatalf("%x: simulation: %v", in, err)
	}
	return r
}

func TestRandomPrograms(t *testing.T) {
	w := newRandomWorld(t)
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := map[sui.FailureKind]int{}
	good := 0
	for range 3000 {
		in := make([]byte, 60)
		for i := range in {
			in[i] = byte(rng.Uint32())
		}
		r := w.check(t, in)
		if r.Error == nil {
			good++
		} else {
			kinds[r.Error.Kind]++
		}
	}
	t.Logf("%d succeed; failures %v", good, kinds)
	if good < 100 || len(kinds) < 5 {
		t.Errorf("only %d programs succeed, and failures are of %d kinds", good, len(kinds))
	}
}

func FuzzExecute(f *testing.F) {
	f.Add([]byte{1, 5, 5, 2, 2, 1, 3})
	var w *randomWorld
	f.Fuzz(func(t *testing.T, in []byte) {
		if w == nil {
			w = newRandomWorld(t)
		}
		w.t = t
		w.check(t, in)
	})
}

func BenchmarkSimulateCall(b *testing.B) {
	w := newRandomWorld(new(testing.T))
	p := sui.NewBuilder()
	p.Call(w.lab, "lab", "read_field", nil, p.SharedObject(w.counter, w.ledger.live[w.counter].Owner.Version, false), p.Pure(uint64(1)))
	tx, err := p.Build(sui.Address{}, sui.GasData{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r, err := w.engine.Execute(w.ledger, w.env, tx, Options{Simulate: true, SkipChecks: true}); err != nil || r.Error != nil {
			b.Fatal(err, r.Error)
		}
	}
}
