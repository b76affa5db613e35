package policylint

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// snapshot is a state that the copy was in.
type snapshot struct {
	number int
	parent *snapshot
	step   string // what led to it
	live   map[sui.Address]*sui.Object
	fresh  map[sui.Address]bool // objects that the step wrote

	pool    []*sui.Object // see lint.pool
	numbers []uint64      // see lint.values
}

const (
	// attempts is how often a function is tried with random arguments in one
	// round.
	attempts = 20
	// maxDone is how often one function may change something in a round, and
	// maxIdle after how many attempts in vain it is left out of later rounds.
	maxDone, maxIdle = 2, 200
	// maxStates bounds the work of a run.
	maxStates = 200
)

// keep notes the present state.
func (l *lint) keep(fresh map[sui.Address]bool, step string) *snapshot {
	s := &snapshot{number: len(l.states), parent: l.at, step: step, live: l.world.live, fresh: fresh}
	l.states, l.at = append(l.states, s), s
	return s
}

// enter brings the copy back into a state.
func (l *lint) enter(s *snapshot) {
	l.at, l.world.live = s, s.live
}

// explore plays the owner and a member: calls the package's functions in turn
// with random arguments, keeps what changes something, and asks for keys after
// every step. Functions that take something away come last, in a round of their
// own.
func (l *lint) explore() {
	l.probe()
	for round := range l.opt.Rounds {
		for _, f := range l.shuffled() {
			if f.idle >= maxIdle || destroys(f) == 1 && round < l.opt.Rounds-1 {
				continue
			}
			done := 0
			for range attempts {
				if done >= maxDone || len(l.states) >= maxStates {
					break
				}
				who, keep := ada, ada
				if l.rng.IntN(3) == 0 {
					who, keep = ben, ben
				}
				if l.rng.IntN(4) == 0 { // objects are given away, too
					keep = ben
				}
				p := l.newProgram(who, keep, l.insiders(), true)
				if fresh := l.try(p, f); fresh != nil {
					done++
					f.does++
					l.keep(fresh, p.describe())
					l.probe()
				} else {
					f.idle++
				}
			}
		}
	}
}

// shuffled are the functions that change something, those first that did so
// least.
func (l *lint) shuffled() (out []*function) {
	for _, f := range l.funcs {
		if f.changes() {
			out = append(out, f)
		}
	}
	l.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	slices.SortStableFunc(out, func(a, b *function) int { return a.does - b.does })
	return out
}

// insiders are those who play by the rules; on a live state also the owners of
// the objects there.
func (l *lint) insiders() []sui.Address {
	out := []sui.Address{ada, ben}
	for _, o := range l.pool() {
		if o.Owner.Kind == sui.OwnerAddress && o.Owner.Address != mallory && !slices.Contains(out, o.Owner.Address) {
			out = append(out, o.Owner.Address)
		}
	}
	return out
}

// try runs one program around a call of f. It returns the ids of what changed,
// nil when nothing did or the program failed; only then it is kept.
func (l *lint) try(p *program, f *function) map[sui.Address]bool {
	if _, ok := p.call(f, 0); !ok {
		return nil
	}
	if !p.settle() || p.b.Err() != nil {
		return nil
	}
	l.executed++
	r, err := l.world.execute(p.who, p.b)
	if err != nil || r.Effects.Status.Failure != nil {
		return nil
	}
	written, gone := l.world.changes(r)
	fresh := map[sui.Address]bool{}
	for _, o := range written {
		fresh[o.ID()] = true
		if o.Owner.Kind == sui.OwnerObject { // a field of something: that changed
			fresh[o.Owner.Address] = true
		}
	}
	// Coins that change hands are no change of the policy.
	ours := len(gone) > 0
	for _, o := range written {
		ours = ours || o.Move != nil && !o.Move.Type.Equal(sui.SUICoinType())
	}
	if !ours {
		return nil
	}
	for id := range l.world.live {
		if l.holds(id, fresh) {
			fresh[id] = true
		}
	}
	l.world.apply(r)
	return fresh
}

// holds reports whether an object names one of others in its contents, as an
// object does whose table has changed.
func (l *lint) holds(id sui.Address, others map[sui.Address]bool) bool {
	o := l.world.live[id]
	if o == nil || o.Move == nil {
		return false
	}
	for other := range others {
		if other != id && bytes.Contains(o.Move.Contents, other[:]) {
			return true
		}
	}
	return false
}

// pool are the objects on the copy that are not fields of others, by id.
func (l *lint) pool() []*sui.Object {
	s := l.at
	if s.pool == nil {
		for id, o := range s.live {
			if o != nil && o.Move != nil && o.Owner.Kind != sui.OwnerObject {
				s.pool = append(s.pool, s.live[id])
			}
		}
		slices.SortFunc(s.pool, func(a, b *sui.Object) int { return a.ID().Compare(b.ID()) })
	}
	return s.pool
}

const hour = 3_600_000

// numbers are the u64 that arguments are taken from: counts, prices, terms,
// moments, and what stands in objects. Zero, which makes things free, is for
// those who pay.
func (l *lint) numbers(zero bool) []uint64 {
	now := l.opt.NowMS
	out := []uint64{1, 2, 1000, 1000, hour, hour, now - hour, now + hour, now + 2*hour}
	if zero {
		out = append(out, 0, 0, 0)
	}
	return append(out, l.values()...)
}

// prices are the amounts of coins.
func (l *lint) prices() []uint64 { return append([]uint64{1000, 1, 2}, l.values()...) }

// values are the u64 in the package's objects.
func (l *lint) values() (out []uint64) {
	if l.at.numbers != nil {
		return l.at.numbers
	}
	for _, o := range l.pool() {
		if out = append(out, l.numbersIn(o)...); len(out) > 32 {
			break
		}
	}
	l.at.numbers = out
	return out
}

// numbersIn are the u64 in an object, also in lists and Options.
func (l *lint) numbersIn(o *sui.Object) (out []uint64) {
	for _, f := range l.fields(o) {
		out = appendNumbers(out, f.typ, f.raw)
	}
	return out
}

func appendNumbers(out []uint64, t *movevm.Type, b []byte) []uint64 {
	switch {
	case t.Kind == movevm.KindU64:
		return append(out, binary.LittleEndian.Uint64(b))
	case t.Kind == movevm.KindVector && t.Elem.Kind != movevm.KindU8:
		count, n := binary.Uvarint(b)
		for range min(count, 8) {
			m, _ := size(t.Elem, b[n:])
			out = appendNumbers(out, t.Elem, b[n:n+m])
			n += m
		}
	case t.Kind == movevm.KindDatatype && !t.IsEnum():
		_, types := t.Fields()
		n := 0
		for _, ft := range types {
			m, _ := size(ft, b[n:])
			out = appendNumbers(out, ft, b[n:n+m])
			n += m
		}
	}
	return out
}

// nonces are what stands after the prefix of an identity.
var nonces = [][]byte{[]byte("note-1"), []byte("note-2")}

// words are the byte strings that arguments are taken from: nonces and
// identities.
func (l *lint) words() [][]byte {
	out := slices.Clone(nonces)
	for _, o := range l.pool() {
		if o.Owner.Kind == sui.OwnerShared && len(out) < 12 {
			id := o.ID()
			out = append(out, append(id[:], nonces[0]...))
		}
	}
	return out
}

// field is a field of an object.
type field struct {
	name string
	typ  *movevm.Type
	at   int // in the contents
	raw  []byte
}

// fields reads the top-level fields of an object, as far as their sizes can be
// told.
func (l *lint) fields(o *sui.Object) (out []field) {
	if out, ok := l.read[o]; ok {
		return out
	}
	defer func() { l.read[o] = out }()
	s := l.world.vm.NewSession(l.world, nil, movevm.TxContext{})
	t, err := s.LoadType(o.Move.Type.Tag())
	if err != nil || !l.isOurs(t) {
		return nil
	}
	names, types := t.Fields()
	at := 0
	for i, ft := range types {
		n, ok := size(ft, o.Move.Contents[at:])
		if !ok || at+n > len(o.Move.Contents) {
			return out
		}
		out = append(out, field{names[i], ft, at, o.Move.Contents[at : at+n]})
		at += n
	}
	return out
}

// size is how many bytes the BCS of a value of type t at the start of b has.
func size(t *movevm.Type, b []byte) (n int, ok bool) {
	switch t.Kind {
	case movevm.KindBool, movevm.KindU8:
		return 1, len(b) >= 1
	case movevm.KindU16:
		return 2, len(b) >= 2
	case movevm.KindU32:
		return 4, len(b) >= 4
	case movevm.KindU64:
		return 8, len(b) >= 8
	case movevm.KindU128:
		return 16, len(b) >= 16
	case movevm.KindU256, movevm.KindAddress:
		return 32, len(b) >= 32
	case movevm.KindVector:
		count, k := binary.Uvarint(b)
		if k <= 0 || count > uint64(len(b)) {
			return 0, false
		}
		n = k
		for range count {
			m, ok := size(t.Elem, b[n:])
			if !ok {
				return 0, false
			}
			n += m
		}
		return n, true
	case movevm.KindDatatype:
		_, types := t.Fields()
		if variants := t.Variants(); variants != nil {
			tag, k := binary.Uvarint(b)
			if k <= 0 || tag >= uint64(len(variants)) {
				return 0, false
			}
			n, types = k, variants[tag]
		}
		for _, ft := range types {
			m, ok := size(ft, b[n:])
			if !ok {
				return 0, false
			}
			n += m
		}
		return n, true
	}
	return 0, false
}
