package policylint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// argument is what a seal_approve gets for a parameter after the identity.
type argument struct {
	object *sui.Object
	raw    []byte // of a plain value
}

// request is a question that a key server could be asked.
type request struct {
	fn     *function
	args   []argument
	id     []byte
	sender sui.Address
	atMS   uint64
	state  *snapshot
}

// grant is a request that was granted.
type grant struct {
	request
	kind   idKind
	result *execution.Result
}

// idKind says what an identity is made of.
type idKind string

const (
	idObject  idKind = "identities that start with the object id of an argument"
	idBare    idKind = "the bare object id of an argument"
	idAddress idKind = "identities that start with an address"
	idTime    idKind = "identities that are a moment (u64)"
	idField   idKind = "the identity that stands in an argument"
)

func (l *lint) idKind(g *grant) string { return string(g.kind) }

// objects are the ids of the object arguments but for the clock.
func (r *request) objects() (ids []sui.Address) {
	for _, a := range r.args {
		if a.object != nil {
			ids = append(ids, a.object.ID())
		}
	}
	return ids
}

// ask runs a request in its state; nil means no.
func (l *lint) ask(r request) *execution.Result {
	done, err := l.answer(r)
	if err != nil || done.Effects.Status.Failure != nil {
		return nil
	}
	return done
}

func (l *lint) answer(r request) (*execution.Result, error) {
	l.executed++
	l.world.live = r.state.live
	l.world.setTime(r.atMS)
	defer func() {
		l.world.live = l.at.live
		l.world.setTime(l.opt.NowMS)
	}()
	b := sui.NewBuilder()
	args := []sui.Arg{b.Pure(r.id)}
	for i, a := range r.args {
		t := r.fn.Params[i+1]
		switch {
		case a.object != nil:
			o := r.state.live[a.object.ID()] // as it is in that state
			if o == nil {
				o = a.object
			}
			args = append(args, input(b, o, t.Kind != movevm.KindRef))
		case a.raw != nil:
			args = append(args, b.PureBytes(a.raw))
		default:
			args = append(args, b.Clock())
		}
	}
	b.Call(r.fn.Package, r.fn.Module, r.fn.Name, r.fn.tags, args...)
	return l.world.execute(r.sender, b)
}

func (l *lint) granted(r request) bool { return l.ask(r) != nil }

const (
	// maxGrants is how many grants of one function to one sender with one kind
	// of identity are kept: more would say the same.
	maxGrants = 6
	// maxCombinations is how many sets of objects are tried in one state.
	maxCombinations = 32
	// maxProduct bounds the sets from which those are chosen.
	maxProduct = 1024
)

// probe asks for keys in the present state, with what the last step changed.
func (l *lint) probe() {
	for i, fn := range l.approve {
		for _, who := range l.insiders() {
			for _, args := range l.combine(fn, who) {
				if l.at.number == 0 || len(args) == 0 || l.anyFresh(args) || l.noObjects(args) && l.at.number == 1 {
					l.count(i, args)
					l.probeWith(fn, who, args)
				}
			}
		}
	}
}

// count notes a set of arguments: as many were tried as there were different
// objects for the parameter with the fewest, those that the package was
// published with left out.
func (l *lint) count(i int, args []argument) {
	least := -1
	for p, a := range args {
		if a.object == nil || !l.isOurObject(a.object) || l.states[0].live[a.object.ID()] != nil {
			continue
		}
		key := fmt.Sprint(i, " ", p)
		if l.variety[key] == nil {
			l.variety[key] = map[sui.Address]bool{}
		}
		l.variety[key][a.object.ID()] = true
		if n := len(l.variety[key]); least < 0 || n < least {
			least = n
		}
	}
	if least < 0 {
		least = enough // it takes nothing that would have to be made
	}
	l.made[i] = max(l.made[i], least)
}

func (l *lint) noObjects(args []argument) bool {
	return !slices.ContainsFunc(args, func(a argument) bool { return a.object != nil })
}

func (l *lint) anyFresh(args []argument) bool {
	return slices.ContainsFunc(args, func(a argument) bool { return a.object != nil && l.at.fresh[a.object.ID()] })
}

func (l *lint) probeWith(fn *function, who sui.Address, args []argument) {
	for _, c := range l.identities(who, args) {
		r := request{fn: fn, args: args, id: c.id, sender: who, atMS: l.opt.NowMS, state: l.at}
		about := fmt.Sprint(fn.name(), fn.TypeArgs, who, c.kind, c.kind == idAddress && bytes.HasPrefix(c.id, who[:]))
		key := fmt.Sprint(about, r.objects(), string(c.id))
		if l.known[key] > 0 || l.known[about] >= maxGrants {
			continue
		}
		for _, at := range []uint64{l.opt.NowMS, l.opt.NowMS + hour + hour/2} {
			r.atMS = at
			if done := l.ask(r); done != nil {
				l.known[key]++
				l.known[about]++
				l.grants = append(l.grants, &grant{r, c.kind, done})
				break
			}
		}
	}
}

// combine lists ways to fill the parameters after the identity for a sender.
func (l *lint) combine(fn *function, who sui.Address) [][]argument {
	out := [][]argument{nil}
	for _, t := range fn.Params[1:] {
		choices := l.choices(t, who)
		var next [][]argument
		for _, args := range out {
			for _, c := range choices {
				if c.object != nil && slices.ContainsFunc(args, func(a argument) bool { return a.object != nil && a.object.ID() == c.object.ID() }) {
					continue
				}
				next = append(next, append(slices.Clone(args), c))
			}
		}
		if out = next; len(out) > maxProduct {
			l.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
			out = out[:maxProduct]
		}
	}
	// Those first that were not tried yet, and that belong together.
	scores := make(map[*argument]int, len(out))
	for _, args := range out {
		if len(args) > 0 {
			scores[&args[0]] = l.score(args)
		}
	}
	slices.SortStableFunc(out, func(a, b []argument) int {
		if len(a) == 0 {
			return 0
		}
		return scores[&b[0]] - scores[&a[0]]
	})
	return out[:min(len(out), maxCombinations)]
}

// score is higher for arguments that the last step changed, and for those that
// name each other.
func (l *lint) score(args []argument) (n int) {
	for _, a := range args {
		if a.object == nil {
			continue
		}
		if l.at.fresh[a.object.ID()] {
			n += 8
		}
		for _, b := range args {
			if b.object != nil && b.object != a.object {
				if id := b.object.ID(); bytes.Contains(a.object.Move.Contents, id[:]) {
					n++
				}
			}
		}
	}
	return n
}

func (l *lint) choices(t *movevm.Type, who sui.Address) []argument {
	elem := t
	if t.IsRef() {
		elem = t.Elem
	}
	if elem.Is(sui.Framework, "clock", "Clock") {
		return []argument{{}}
	}
	p := l.newProgram(who, who, l.insiders(), false)
	if elem.Kind == movevm.KindDatatype {
		var out []argument
		for _, o := range p.objects(elem, t) {
			out = append(out, argument{object: o})
		}
		if len(out) > 0 {
			return out
		}
	}
	if raw, ok := p.pure(elem, &function{Function: &movevm.Function{}}); ok {
		return []argument{{raw: raw}}
	}
	return nil
}

// identity is one to ask for.
type identity struct {
	kind idKind
	id   []byte
}

// identities are those that could be granted for the arguments: made of object
// ids, addresses, moments, and what stands in the objects.
func (l *lint) identities(who sui.Address, args []argument) []identity {
	var out []identity
	addresses := []sui.Address{who}
	var words [][]byte
	for _, a := range args {
		if a.object == nil {
			continue
		}
		id := a.object.ID()
		for _, f := range l.fields(a.object) {
			switch {
			case f.typ.Kind == movevm.KindAddress:
				addresses = append(addresses, sui.Address(f.raw))
			case f.typ.Kind == movevm.KindVector && f.typ.Elem.Kind == movevm.KindU8:
				_, n := binary.Uvarint(f.raw)
				words = append(words, f.raw[n:])
			}
		}
		out = append(out, identity{idObject, append(id[:], nonces[0]...)}, identity{idBare, id[:]})
	}
	for _, a := range addresses {
		out = append(out, identity{idAddress, a[:]}, identity{idAddress, append(slices.Clone(a[:]), nonces[0]...)})
		for _, w := range words {
			out = append(out, identity{idAddress, append(slices.Clone(a[:]), w...)})
		}
	}
	for _, w := range words {
		out = append(out, identity{idField, w})
	}
	if l.noObjects(args) {
		for _, at := range []uint64{l.opt.NowMS - hour, l.opt.NowMS + hour} {
			out = append(out, identity{idTime, binary.LittleEndian.AppendUint64(nil, at)})
		}
	}
	return unique(out)
}

func unique(in []identity) (out []identity) {
	for _, c := range in {
		if !slices.ContainsFunc(out, func(o identity) bool { return bytes.Equal(o.id, c.id) }) {
			out = append(out, c)
		}
	}
	return out
}

// owned reports whether an identity belongs to one of the objects, or to an
// insider: a stranger should not get it for nothing.
func (l *lint) owned(g *grant) bool {
	for _, a := range g.args {
		if a.object != nil && l.isOurObject(a.object) {
			if id := a.object.ID(); bytes.HasPrefix(g.id, id[:]) {
				return true
			}
		}
	}
	return slices.ContainsFunc(l.insiders(), func(who sui.Address) bool { return bytes.HasPrefix(g.id, who[:]) }) || g.kind == idField
}

func (l *lint) isOurObject(o *sui.Object) bool {
	st := o.Move.Type
	return l.definingID(st.Module, st.Name) == st.Address
}

// typeNames are the types of a function's object parameters that never had a
// candidate.
func (l *lint) missing(fn *function) string {
	var names []string
	for _, t := range fn.Params[1:] {
		if len(l.choices(t, ada)) == 0 && len(l.choices(t, ben)) == 0 {
			names = append(names, t.Tag().Short())
		}
	}
	if len(names) == 0 {
		return "the objects for its parameters together"
	}
	return strings.Join(names, " and ")
}
