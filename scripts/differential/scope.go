package differential

// lock says what may be done with a variable while a reference into it lives.
type lock uint8

const (
	free     lock = iota
	readOnly      // borrowed immutably
	hidden        // borrowed mutably
)

// refKind says whether a variable or parameter is a reference.
type refKind uint8

const (
	byValue refKind = iota
	byRef
	byMutRef
)

var refPrefix = [...]string{byValue: "", byRef: "&", byMutRef: "&mut "}

// A variable is in scope of the code being written.
type variable struct {
	name string
	typ  *typ
	ref  refKind
	mut  bool // of byValue: declared with mut
	lock lock
	pin  bool // never locked and never written: there is always a value of its type
}

func (v *variable) writable() bool {
	return v.lock == free && !v.pin && (v.ref == byMutRef || v.ref == byValue && v.mut)
}

// A place is a variable or a part of one.
type place struct {
	root *variable
	path string // ".a.0"
	typ  *typ
}

// read is the place as a value: a copy. Beside references, the compiler wants to
// be told that it is no move.
func (p place) read() string {
	if p.path == "" && p.root.ref == byValue {
		return "copy " + p.root.name
	}
	return p.target()
}

// target is the place on the left of an assignment. Alone, it is a value too,
// and the compiler chooses between copy and move.
func (p place) target() string {
	if p.path == "" && p.root.ref != byValue {
		return "*" + p.root.name
	}
	return p.root.name + p.path
}

// subject is the place as the receiver of a method or of an index.
func (p place) subject() string { return p.root.name + p.path }

// borrow is a reference to the place.
func (p place) borrow(kind refKind) string {
	if p.path == "" && p.root.ref != byValue {
		if kind == p.root.ref {
			return p.root.name
		}
		return refPrefix[kind] + "*" + p.root.name
	}
	return refPrefix[kind] + p.root.name + p.path
}

// places lists what is in scope: everything that want accepts.
func (g *generator) places(write bool, want func(*typ) bool) []place {
	var out []place
	for _, v := range g.scope {
		if v.lock == hidden || write && !v.writable() {
			continue
		}
		out = parts(out, place{root: v, typ: v.typ}, 3, want)
	}
	return out
}

func parts(out []place, p place, depth int, want func(*typ) bool) []place {
	if want(p.typ) {
		out = append(out, p)
	}
	if depth > 0 && p.typ.isStruct() {
		for _, f := range p.typ.data.variants[0].fields {
			out = parts(out, place{p.root, p.path + "." + f.name, f.typ.subst(p.typ.args)}, depth-1, want)
		}
	}
	return out
}

// place picks a place.
func (g *generator) place(write bool, want func(*typ) bool) (place, bool) {
	all := g.places(write, want)
	if len(all) == 0 {
		return place{}, false
	}
	return all[g.r.IntN(len(all))], true
}

func (g *generator) placeOf(t *typ, write bool) (place, bool) {
	name := t.String()
	return g.place(write, func(u *typ) bool { return u.String() == name })
}

// locked writes code during which a variable is borrowed.
func (g *generator) locked(v *variable, l lock, f func()) {
	old := v.lock
	v.lock = max(old, l)
	f()
	v.lock = old
}

// block writes code whose variables end with it.
func (g *generator) block(f func()) {
	n := len(g.scope)
	f()
	g.scope = g.scope[:n]
}

// declare adds a variable with a new name.
func (g *generator) declare(t *typ, ref refKind, mut bool) *variable {
	v := &variable{name: g.name("x"), typ: t, ref: ref, mut: mut}
	g.scope = append(g.scope, v)
	return v
}
