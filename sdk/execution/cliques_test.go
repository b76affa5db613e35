package execution

import (
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// What a non-public entry function takes, by the rules of Sui's adapter. Values
// are brought together by using one pure input for both.
func TestCliques(t *testing.T) {
	const fine = -1
	w := newWorld(t)
	lab := w.publish()
	counter := w.created("Counter")
	box, other := w.newBox(lab, 1), w.newBox(lab, 2)
	var b *sui.Builder
	call := func(fn string, args ...sui.Arg) sui.Arg { return b.Call(lab, "lab", fn, nil, args...) }
	tests := []struct {
		name string
		ptb  func()
		want int // the argument that is refused
	}{
		{"an input", func() { call("private_set", w.use(b, box), b.Pure(uint64(5))) }, fine},
		{"what a call changed", func() {
			x := w.use(b, box)
			call("set", x, b.Pure(uint64(1)))
			call("private_set", x, b.Pure(uint64(2)))
		}, fine},
		{"what a call returned", func() {
			x := call("new_box", b.Pure(uint64(1)))
			call("private_set", x, b.Pure(uint64(2)))
			b.Transfer(w.alice, x)
		}, fine},
		{"a number that made a hot potato", func() {
			n := b.Pure(uint64(7))
			hot := call("hot", n)
			call("private_set", w.use(b, box), n)
			call("cool", hot)
		}, 1},
		{"the same when the potato is gone", func() {
			n := b.Pure(uint64(7))
			call("cool", call("hot", n))
			call("private_set", w.use(b, box), n)
		}, fine},
		{"an object that was used with it", func() {
			n, x := b.Pure(uint64(7)), w.use(b, box)
			call("set", x, n)
			hot := call("hot", n)
			call("private_set", x, b.Pure(uint64(8)))
			call("cool", hot)
		}, 0},
		{"an object that was used with an object that was", func() {
			n, x, y := b.Pure(uint64(7)), w.use(b, box), w.use(b, other)
			hot := call("hot", n)
			call("set", x, n)
			call("swap", x, y)
			call("private_set", y, b.Pure(uint64(8)))
			call("cool", hot)
		}, 0},
		{"an object that has nothing to do with it", func() {
			hot := call("hot", b.Pure(uint64(7)))
			call("private_set", w.use(b, box), b.Pure(uint64(8)))
			call("cool", hot)
		}, fine},
		{"the hot potato itself, taken", func() { call("private_cool", call("hot", b.Pure(uint64(7)))) }, fine},
		{"the hot potato itself, lent", func() {
			hot := call("hot", b.Pure(uint64(7)))
			call("private_look", hot)
			call("cool", hot)
		}, 0},
		{"one of two hot potatoes of a clique", func() {
			n := b.Pure(uint64(7))
			one, two := call("hot", n), call("hot", n)
			call("private_cool", one)
			call("cool", two)
		}, 0},
		{"what was used with a shared object that was taken", func() {
			n, c := b.Pure(uint64(7)), w.use(b, counter)
			call("increment", c, n)
			call("reshare", c)
			call("private_set", w.use(b, box), n)
		}, 1},
		{"what was used with a shared object that was lent", func() {
			n, c := b.Pure(uint64(7)), w.use(b, counter)
			call("increment", c, n)
			call("private_set", w.use(b, box), n)
		}, fine},
		{"a coin of a gas coin that was used with one", func() {
			n := b.Pure(uint64(7))
			hot := call("hot", n)
			coin := b.SplitCoins(sui.GasCoin, n).At(0)
			b.Transfer(w.alice, coin)
			call("private_set", w.use(b, box), b.Pure(uint64(8)))
			call("cool", hot)
		}, fine},
	}
	for _, tt := range tests {
		b = sui.NewBuilder()
		tt.ptb()
		r, err := w.engine.Execute(w.ledger, w.env, w.build(b), Options{})
		if err != nil {
			t.Fatal(tt.name, err)
		}
		switch {
		case tt.want == fine && r.Error != nil:
			t.Errorf("%s: refused: %v", tt.name, r.Error)
		case tt.want != fine && r.Error == nil:
			t.Errorf("%s: taken", tt.name)
		case tt.want != fine:
			wantArgument(t, r.Error, uint16(tt.want), sui.ArgInvalidArgumentToPrivateEntryFunction)
		}
		w.ledger.apply(r)
	}
}
