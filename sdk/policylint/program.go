package policylint

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// program is a transaction in the making: one call of a function, with what it
// needs before it and what must be done with its results after it.
type program struct {
	l      *lint
	rng    *rand.Rand
	who    sui.Address
	others []sui.Address // whom arguments of type address may name
	keep   sui.Address   // who gets the objects that are made
	b      *sui.Builder
	values []*made
	used   map[sui.Address]bool // objects taken by value
	pays   bool                 // coins may be worth something
	budget int                  // calls left
	steps  []string
	near   []uint64 // numbers in the objects that it uses
	// nearIDs are identities under the objects that it uses.
	nearIDs [][]byte
}

// made is a result of a call in the program.
type made struct {
	typ  *movevm.Type
	arg  sui.Arg
	gone bool
}

const (
	maxCalls = 8
	maxDepth = 3
)

func (l *lint) newProgram(who, keep sui.Address, others []sui.Address, pays bool) *program {
	return &program{l: l, rng: l.rng, who: who, keep: keep, others: others, pays: pays, b: sui.NewBuilder(), used: map[sui.Address]bool{}, budget: maxCalls}
}

// call adds a call of f with arguments that fit, if there are any.
func (p *program) call(f *function, depth int) (results []*made, ok bool) {
	if p.budget--; p.budget < 0 || depth > maxDepth {
		return nil, false
	}
	args := make([]sui.Arg, len(f.Params))
	for _, plain := range []bool{false, true} { // objects first: numbers and identities follow them
		for i, t := range f.Params {
			if isPlain(t) != plain {
				continue
			}
			if args[i], ok = p.argument(t, f, depth); !ok {
				return nil, false
			}
		}
	}
	out := p.b.Call(f.Package, f.Module, f.Name, f.tags, args...)
	p.steps = append(p.steps, f.name())
	for i, t := range f.Returns {
		if t.IsRef() {
			continue
		}
		arg := out
		if len(f.Returns) > 1 {
			arg = out.At(i)
		}
		results = append(results, &made{typ: t, arg: arg})
	}
	p.values = append(p.values, results...)
	return results, true
}

// isPlain reports whether values of a type are chosen, not found or made.
func isPlain(t *movevm.Type) bool {
	return t.Kind < movevm.KindVector || t.Kind == movevm.KindVector && isPlain(t.Elem) || t.Is(sui.Framework, "coin", "Coin")
}

// argument finds or makes a value of a type.
func (p *program) argument(t *movevm.Type, f *function, depth int) (sui.Arg, bool) {
	elem, byRef := t, t.IsRef()
	if byRef {
		elem = t.Elem
	}
	switch {
	case elem.Is(sui.Framework, "clock", "Clock"):
		return p.b.Clock(), true
	case !byRef && elem.Is(sui.Framework, "coin", "Coin"):
		return p.coin(elem)
	}
	if raw, ok := p.pure(elem, f); ok {
		return p.b.PureBytes(raw), true
	}
	if elem.Kind == movevm.KindVector {
		return p.vector(elem, f, depth)
	}
	if elem.Kind != movevm.KindDatatype {
		return sui.Arg{}, false
	}
	for _, v := range p.values {
		if !v.gone && v.typ.Equal(elem) {
			v.gone = !byRef && !elem.Abilities.Has(movevm.Copy)
			return v.arg, true
		}
	}
	if found := p.objects(elem, t); len(found) > 0 && (depth > 0 || p.rng.IntN(4) > 0) {
		o := p.choose(found)
		p.used[o.ID()] = !byRef
		p.near = append(p.near, p.l.numbersIn(o)...)
		id := o.ID()
		p.nearIDs = append(p.nearIDs, append(id[:], nonces[0]...))
		return input(p.b, o, t.Kind != movevm.KindRef), true
	}
	return p.produce(elem, byRef, depth)
}

// choose takes any of the objects, or one of the richest: in what holds most,
// more can be done.
func (p *program) choose(from []*sui.Object) *sui.Object {
	o := pick(p.rng, from)
	if p.rng.IntN(2) == 0 {
		for _, other := range from {
			if len(other.Move.Contents) > len(o.Move.Contents) {
				o = other
			}
		}
	}
	return o
}

// objects are those of a type that the sender can use as t.
func (p *program) objects(elem, t *movevm.Type) (out []*sui.Object) {
	want := elem.StructTag()
	for _, o := range p.l.pool() {
		if p.used[o.ID()] || !o.Move.Type.Equal(&want) {
			continue
		}
		switch o.Owner.Kind {
		case sui.OwnerAddress:
			if o.Owner.Address != p.who {
				continue
			}
		case sui.OwnerImmutable:
			if t.Kind != movevm.KindRef {
				continue
			}
		case sui.OwnerShared:
			// A shared object that is taken by value must be deleted: the
			// owners' objects are wanted alive.
			if !t.IsRef() {
				continue
			}
		}
		out = append(out, o)
	}
	return out
}

// input adds an object to a transaction.
func input(b *sui.Builder, o *sui.Object, mutable bool) sui.Arg {
	if o.Owner.Kind == sui.OwnerShared {
		return b.SharedObject(o.ID(), o.Owner.Version, mutable)
	}
	return b.OwnedObject(o.Ref())
}

// produce calls a function that returns the type.
func (p *program) produce(t *movevm.Type, byRef bool, depth int) (sui.Arg, bool) {
	var makers []*function
	for _, f := range p.l.funcs {
		for _, r := range f.Returns {
			if r.Equal(t) {
				makers = append(makers, f)
				break
			}
		}
	}
	if len(makers) == 0 {
		return sui.Arg{}, false
	}
	results, ok := p.call(makers[p.rng.IntN(len(makers))], depth+1)
	if !ok {
		return sui.Arg{}, false
	}
	for _, v := range results {
		if v.typ.Equal(t) {
			v.gone = !byRef && !t.Abilities.Has(movevm.Copy)
			return v.arg, true
		}
	}
	return sui.Arg{}, false
}

// vector makes a vector of values that are not plain.
func (p *program) vector(t *movevm.Type, f *function, depth int) (sui.Arg, bool) {
	var elems []sui.Arg
	for range 1 + p.rng.IntN(2) {
		e, ok := p.argument(t.Elem, f, depth+1)
		if !ok {
			return sui.Arg{}, false
		}
		elems = append(elems, e)
	}
	tag := t.Elem.Tag()
	return p.b.MakeMoveVec(&tag, elems...), true
}

// coin splits a coin of SUI from the one that pays.
func (p *program) coin(t *movevm.Type) (sui.Arg, bool) {
	if args := t.TypeArgs(); len(args) != 1 || !args[0].Is(sui.Framework, "sui", "SUI") {
		return sui.Arg{}, false
	}
	amount := uint64(0)
	if p.pays {
		amount = p.number(p.l.prices())
	}
	return p.b.SplitCoins(sui.GasCoin, p.b.Pure(amount)), true
}

// settle does something with every result that must not be dropped.
func (p *program) settle() bool {
	for range maxCalls {
		i := slices.IndexFunc(p.values, func(v *made) bool { return !v.gone && !v.typ.Abilities.Has(movevm.Drop) })
		if i < 0 {
			return true
		}
		v := p.values[i]
		if v.typ.Abilities.Has(movevm.Key | movevm.Store) {
			v.gone = true
			p.b.Transfer(p.keep, v.arg)
			continue
		}
		if !p.consume(v.typ) {
			return false
		}
		if !v.gone {
			return false
		}
	}
	return false
}

// consume calls a function that takes the type by value, one that keeps what it
// takes rather than one that destroys it.
func (p *program) consume(t *movevm.Type) bool {
	var takers []*function
	for _, f := range p.l.funcs {
		if slices.ContainsFunc(f.Params, func(q *movevm.Type) bool { return q.Equal(t) }) {
			takers = append(takers, f)
		}
	}
	if len(takers) == 0 {
		return false
	}
	slices.SortStableFunc(takers, func(a, b *function) int { return destroys(a) - destroys(b) })
	n := len(takers)
	for n > 1 && destroys(takers[n-1]) > destroys(takers[0]) {
		n--
	}
	_, ok := p.call(takers[p.rng.IntN(n)], 1)
	return ok
}

// destroys is 1 for a function whose name says that it destroys.
func destroys(f *function) int {
	for _, word := range []string{"destroy", "delete", "discard", "burn", "close", "revoke", "remove", "freeze", "immutable", "refund", "cancel"} {
		if strings.Contains(strings.ToLower(f.Name), word) {
			return 1
		}
	}
	return 0
}

// pure makes the BCS of a plain value; ok is false for other types.
func (p *program) pure(t *movevm.Type, f *function) (raw []byte, ok bool) {
	switch t.Kind {
	case movevm.KindBool:
		return []byte{byte(p.rng.IntN(2))}, true
	case movevm.KindU8:
		return []byte{byte(p.rng.IntN(4))}, true
	case movevm.KindU16, movevm.KindU32, movevm.KindU128, movevm.KindU256:
		raw = make([]byte, map[movevm.Kind]int{movevm.KindU16: 2, movevm.KindU32: 4, movevm.KindU128: 16, movevm.KindU256: 32}[t.Kind])
		raw[0] = byte(p.rng.IntN(4))
		return raw, true
	case movevm.KindU64:
		return binary.LittleEndian.AppendUint64(nil, p.number(p.l.numbers(p.takesCoin(f)))), true
	case movevm.KindAddress:
		a := pick(p.rng, p.others)
		return a[:], true
	case movevm.KindVector:
		return p.pureVector(t, f)
	case movevm.KindDatatype:
		return p.pureStruct(t, f)
	}
	return nil, false
}

// number chooses one of the given numbers, or one that stands in an object that
// the program uses.
func (p *program) number(from []uint64) uint64 {
	if len(p.near) > 0 && p.rng.IntN(2) == 0 {
		return pick(p.rng, p.near)
	}
	return pick(p.rng, from)
}

func (p *program) takesCoin(f *function) bool {
	return slices.ContainsFunc(f.Params, func(t *movevm.Type) bool { return t.Is(sui.Framework, "coin", "Coin") })
}

func (p *program) pureVector(t *movevm.Type, f *function) (raw []byte, ok bool) {
	e := bcs.NewEncoder()
	if t.Elem.Kind == movevm.KindU8 {
		if len(p.nearIDs) > 0 && p.rng.IntN(2) == 0 {
			e.Bytes(pick(p.rng, p.nearIDs))
		} else {
			e.Bytes(pick(p.rng, p.l.words()))
		}
		return e.Data(), true
	}
	n := 1 + p.rng.IntN(2)
	e.ULEB(uint64(n))
	raw = e.Data()
	seen := map[string]bool{}
	for range n {
		elem, ok := p.pure(t.Elem, f)
		if !ok {
			return nil, false
		}
		for try := 0; seen[string(elem)] && try < 8; try++ { // lists without repetition are more often welcome
			elem, _ = p.pure(t.Elem, f)
		}
		seen[string(elem)] = true
		raw = append(raw, elem...)
	}
	return raw, true
}

func (p *program) pureStruct(t *movevm.Type, f *function) (raw []byte, ok bool) {
	switch {
	case t.Is(sui.MoveStdlib, "string", "String"), t.Is(sui.MoveStdlib, "ascii", "String"):
		return append([]byte{5}, "notes"...), true
	case t.Is(sui.Framework, "object", "ID"):
		pool := p.l.pool()
		if len(pool) == 0 {
			return nil, false
		}
		id := pick(p.rng, pool).ID()
		return id[:], true
	case t.Is(sui.MoveStdlib, "option", "Option"):
		raw, ok = p.pure(t.TypeArgs()[0], f)
		if p.rng.IntN(2) == 0 {
			return []byte{0}, ok
		}
		return append([]byte{1}, raw...), ok
	}
	return nil, false
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// describe is the program in a line.
func (p *program) describe() string {
	return fmt.Sprintf("%s: %s", p.l.world.nameOf(p.who), strings.Join(p.steps, ", "))
}
