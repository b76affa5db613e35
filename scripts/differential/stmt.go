package differential

import (
	"fmt"
	"slices"
)

// A node is a statement: text, and blocks of further statements between its
// parts. There is one part more than there are blocks.
type node struct {
	parts  []string
	blocks [][]*node
}

func (g *generator) emit(format string, args ...any) {
	*g.out = append(*g.out, &node{parts: []string{fmt.Sprintf(format, args...)}})
}

// nest emits a statement with one block in it.
func (g *generator) nest(head string, body func(), tail string) {
	n := &node{parts: []string{head, tail}, blocks: [][]*node{nil}}
	g.inBlock(&n.blocks[0], body)
	*g.out = append(*g.out, n)
}

func (g *generator) inBlock(block *[]*node, body func()) {
	out := g.out
	g.out = block
	g.block(body)
	g.out = out
}

// statements writes some statements; depth bounds how deep they nest.
func (g *generator) statements(n, depth int) {
	for range n {
		g.statement(depth)
	}
}

func (g *generator) statement(depth int) {
	g.cost += g.repeats
	if depth > 0 {
		switch g.r.IntN(14) {
		case 0:
			g.ifStatement(depth)
			return
		case 1, 2:
			g.loop(depth)
			return
		case 3:
			g.matchStatement(depth)
			return
		case 4, 5:
			g.borrowStatement(depth)
			return
		}
	}
	switch g.r.IntN(17) {
	case 14, 15:
		g.alias()
	case 16:
		g.permute()
	case 0, 1, 2:
		g.let()
	case 3, 4, 5:
		g.assign()
	case 6, 7:
		g.vectorStatement()
	case 8:
		g.mapStatement()
	case 9, 10:
		g.callStatement()
	case 11:
		g.unpack()
	case 12:
		g.accessor()
	default:
		g.leave()
	}
}

// exprDepth bounds the nesting of expressions.
const exprDepth = 2

func (g *generator) let() {
	t := g.typ(4)
	if p, ok := g.place(false, func(*typ) bool { return true }); ok && g.chance(300) {
		t = p.typ
	}
	value := g.expr(t, exprDepth)
	v := g.declare(t, byValue, g.chance(700))
	mut := ""
	if v.mut {
		mut = "mut "
	}
	g.emit("let %s%s: %v = %s;", mut, v.name, t, value)
}

// permute assigns to two variables at once: both new values are there before the
// first is written.
func (g *generator) permute() {
	var all []*variable
	for _, v := range g.scope {
		if v.ref == byValue && v.writable() {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		g.let()
		return
	}
	a := all[g.r.IntN(len(all))]
	all = slices.DeleteFunc(all, func(v *variable) bool { return v == a || !v.typ.equal(a.typ) })
	if len(all) == 0 {
		value := g.expr(a.typ, 1)
		b := g.declare(a.typ, byValue, true)
		g.emit("let mut %s: %v = %s;", b.name, b.typ, value)
		all = append(all, b)
	}
	b := all[g.r.IntN(len(all))]
	second := "copy " + a.name
	switch {
	case a.typ.isInt() && g.chance(600):
		second = fmt.Sprintf("%s %s %s", second, pick(g, "^", "|", "&"), pick(g, b.name, g.literal(a.typ)))
	case g.chance(300):
		second = g.expr(a.typ, 1)
	}
	g.emit("(%s, %s) = (copy %s, %s);", a.name, b.name, b.name, second)
}

// alias copies a value and changes the copy or the original: the other must not
// change with it.
func (g *generator) alias() {
	p, ok := g.place(false, func(t *typ) bool { return t.isVector() || t.isStruct() || t.isEnum() })
	if !ok {
		g.let()
		return
	}
	v := &variable{name: g.name("x"), typ: p.typ, mut: true}
	g.emit("let mut %s: %v = %s;", v.name, p.typ, pick(g, p.read(), "*"+p.borrow(byRef)))
	g.scope = append(g.scope, v)
	of := place{root: v, typ: v.typ}
	if p.root.writable() && g.chance(500) {
		of = p
	}
	inside := parts(nil, of, 2, func(*typ) bool { return true })
	change := inside[g.r.IntN(len(inside))]
	if change.typ.isVector() {
		g.locked(change.root, hidden, func() { g.emit("%s;", g.vectorOp(change.subject(), change.typ, 1)) })
		return
	}
	g.emit("%s = %s;", change.target(), g.expr(change.typ, 1))
}

func (g *generator) assign() {
	p, ok := g.place(true, func(*typ) bool { return true })
	if !ok {
		g.let()
		return
	}
	value := g.expr(p.typ, exprDepth)
	switch {
	case p.typ.isInt() && g.risky():
		g.emit("%s = %s %s %s;", p.target(), p.read(), pick(g, "+", "-", "*", "/", "%"), value)
	case g.chance(300):
		g.emit("*%s = %s;", p.borrow(byMutRef), value)
	default:
		g.emit("%s = %s;", p.target(), value)
	}
}

func (g *generator) ifStatement(depth int) {
	n := &node{parts: []string{fmt.Sprintf("if (%s) {", g.expr(basic(boolKind), exprDepth)), "} else {", "};"}, blocks: make([][]*node, 2)}
	for i := range n.blocks {
		g.inBlock(&n.blocks[i], func() { g.statements(1+g.r.IntN(2), depth-1) })
	}
	*g.out = append(*g.out, n)
}

// loop writes a loop that runs a few times and may be left or continued early.
func (g *generator) loop(depth int) {
	times := 1 + g.r.IntN(4)
	if g.repeats*times > 100 {
		g.assign()
		return
	}
	counter, label := g.name("n"), g.name("'l")
	g.emit("let mut %s = 0u64;", counter)
	head := fmt.Sprintf("%s: while (%s < %d) { %s = %s + 1;", label, counter, times, counter, counter)
	if g.chance(300) {
		head = fmt.Sprintf("%s: loop { if (%s == %d) break %s; %s = %s + 1;", label, counter, times, label, counter, counter)
	}
	g.repeats *= times
	g.labels = append(g.labels, label)
	g.nest(head, func() {
		g.scope = append(g.scope, &variable{name: counter, typ: basic(u64Kind)})
		g.statements(1+g.r.IntN(3), depth-1)
	}, "};")
	g.labels = g.labels[:len(g.labels)-1]
	g.repeats /= times
}

// leave writes a way out: of a loop, of the function, or of the program.
func (g *generator) leave() {
	cond := g.expr(basic(boolKind), 2)
	if n := len(g.labels); n > 0 && g.chance(600) {
		g.emit("if (%s) %s %s;", cond, pick(g, "break", "continue"), g.labels[g.r.IntN(n)])
		return
	}
	if g.risk == 0 || g.chance(500) {
		g.emit("if (%s) return %s;", cond, g.returns(2))
		return
	}
	switch g.r.IntN(5) {
	case 0:
		g.emit("assert!(%s, %d);", cond, g.r.IntN(1000))
	case 1:
		g.emit("assert!(%s, EBroken);", cond)
	case 2:
		g.emit("assert!(%s, EClever);", cond)
	case 3:
		g.emit("assert!(%s);", cond)
	default:
		// Half of the codes: with the top bit they read as clever errors, and the
		// runner crashes when it looks for the constant that they don't have.
		g.emit("if (%s) abort (%s >> 1);", cond, g.expr(basic(u64Kind), 1))
	}
}

// matchStatement matches a reference; through a mutable one, arms write.
func (g *generator) matchStatement(depth int) {
	ref := byMutRef
	p, ok := g.place(true, (*typ).isEnum)
	if !ok {
		ref = byRef
		if p, ok = g.place(false, (*typ).isEnum); !ok {
			g.let()
			return
		}
	}
	n := &node{parts: []string{fmt.Sprintf("match (%s) {", p.borrow(ref))}}
	g.locked(p.root, map[refKind]lock{byRef: readOnly, byMutRef: hidden}[ref], func() {
		for _, v := range p.typ.data.variants {
			n.blocks = append(n.blocks, nil)
			g.block(func() {
				n.parts[len(n.parts)-1] += " " + g.pattern(p.typ, v, ref, ref) + " => {"
				g.inBlock(&n.blocks[len(n.blocks)-1], func() { g.statements(1+g.r.IntN(2), depth-1) })
			})
			n.parts = append(n.parts, "},")
		}
	})
	n.parts[len(n.parts)-1] += " };"
	*g.out = append(*g.out, n)
}

// borrowStatement holds a reference into a variable while a block runs.
func (g *generator) borrowStatement(depth int) {
	p, ok := g.place(true, func(*typ) bool { return true })
	if !ok {
		g.let()
		return
	}
	if g.chance(300) {
		value := g.borrowed(p.typ, 1)
		g.nest("{", func() {
			v := g.declare(p.typ, byRef, false)
			g.emit("let %s: &%v = %s;", v.name, p.typ, value)
			g.emit("let _ = %s == %s;", v.name, value)
			g.lockAll(readOnly, func() { g.statements(1+g.r.IntN(2), depth-1) })
		}, "};")
		return
	}
	g.nest("{", func() {
		value := p.borrow(byMutRef)
		q, two := g.placeOf(p.typ, true)
		if two = two && q.root != p.root && g.chance(600); two {
			value = fmt.Sprintf("choose(%s, %s, %s)", g.expr(basic(boolKind), 1), value, q.borrow(byMutRef))
		} else {
			q = p
		}
		v := g.declare(p.typ, byMutRef, false)
		g.emit("let %s = %s;", v.name, value)
		g.locked(p.root, hidden, func() {
			g.locked(q.root, hidden, func() {
				g.emit("*%s = %s;", v.name, g.expr(p.typ, 2))
				g.statements(1+g.r.IntN(2), depth-1)
			})
		})
	}, "};")
}

// lockAll locks every variable: a reference may point into any.
func (g *generator) lockAll(l lock, f func()) {
	old := make([]lock, len(g.scope))
	for i, v := range g.scope {
		old[i] = v.lock
		v.lock = max(v.lock, l)
	}
	vars := g.scope
	f()
	for i := range old {
		vars[i].lock = old[i]
	}
}

func (g *generator) vectorStatement() {
	p, ok := g.place(true, (*typ).isVector)
	if !ok {
		g.let()
		return
	}
	g.locked(p.root, hidden, func() { g.emit("%s;", g.vectorOp(p.subject(), p.typ, 2)) })
}

func (g *generator) mapStatement() {
	p, ok := g.place(true, func(t *typ) bool { return t.kind == mapKind })
	if !ok {
		t := g.mapType()
		value := g.expr(t, 2)
		v := g.declare(t, byValue, true)
		g.emit("let mut %s: %v = %s;", v.name, t, value)
		return
	}
	m, k, x := p.subject(), g.name("k"), g.name("w")
	key := g.expr(p.typ.args[0], 2)
	g.locked(p.root, hidden, func() {
		value := g.expr(p.typ.args[1], 2)
		has := func(op string, is string) string { return fmt.Sprintf("if (%s%s.contains(&%s)) { %s }", is, m, k, op) }
		op := fmt.Sprintf("%s.insert(%s, %s);", m, k, x)
		switch g.r.IntN(4) {
		case 0:
			op = g.unless(func(op string) string { return has(op, "") }, fmt.Sprintf("%s.remove(&%s);", m, k))
		case 1:
			op = g.unless(func(op string) string { return has(op, "") }, fmt.Sprintf("*%s.get_mut(&%s) = %s;", m, k, x))
		default:
			op = g.unless(func(op string) string { return has(op, "!") }, op)
		}
		g.emit("{ let %s = %s; let %s = %s; %s; };", k, key, x, value, op)
	})
}

// callStatement calls an earlier function; it may write through references.
func (g *generator) callStatement() {
	f := g.callee()
	if f == nil {
		g.assign()
		return
	}
	g.charge(f)
	args := make([]*typ, f.typeParams)
	if f.typeParams > 0 {
		for i := range args {
			args[i] = g.typ(2)
		}
	}
	text := g.callText(f, args, 2)
	t := f.result.subst(args)
	v := g.declare(t, byValue, true)
	g.emit("let mut %s: %v = %s;", v.name, t, text)
}

// unpack takes a struct apart.
func (g *generator) unpack() {
	p, ok := g.place(false, func(t *typ) bool { return t.isStruct() && len(t.data.variants[0].fields) > 0 })
	if !ok {
		g.let()
		return
	}
	fields, names := p.typ.data.variants[0], ""
	ref := pick(g, byValue, byRef)
	value := p.read()
	if ref == byRef {
		value = p.borrow(byRef)
		if p.root.ref == byMutRef {
			value = "&" + p.target() // a mutable reference would bind mutable ones
		}
	}
	var made []*variable
	for i, f := range fields.fields {
		x := &variable{name: g.name("x"), typ: f.typ.subst(p.typ.args), ref: ref}
		made = append(made, x)
		if i > 0 {
			names += ", "
		}
		if !fields.positional {
			names += f.name + ": "
		}
		names += x.name
	}
	pattern := "(" + names + ")"
	if !fields.positional {
		pattern = " { " + names + " }"
	}
	if ref == byValue {
		g.scope = append(g.scope, made...)
		g.emit("let %s%s = %s;", p.typ, pattern, value)
		return
	}
	g.nest("{", func() {
		g.emit("let %s%s = %s;", p.typ, pattern, value)
		g.scope = append(g.scope, made...)
		g.locked(p.root, readOnly, func() { g.statements(1+g.r.IntN(2), 0) })
	}, "};")
}

// accessor writes through a reference that a function returned.
func (g *generator) accessor() {
	p, ok := g.place(true, func(t *typ) bool { return t.isVector() || t.isStruct() && len(t.data.variants[0].fields) > 0 })
	if !ok {
		g.let()
		return
	}
	if p.typ.isVector() {
		i, value := g.name("i"), g.name("w")
		g.emit("let %s = %s;", i, g.index(2))
		g.emit("let %s: %v = %s;", value, p.typ.elem(), g.expr(p.typ.elem(), 2))
		g.emit("%s;", g.unless(func(op string) string {
			return fmt.Sprintf("if (%s < %s.length()) { %s }", i, p.subject(), op)
		}, fmt.Sprintf("*at(%s, %s) = %s;", p.borrow(byMutRef), i, value)))
		return
	}
	d := p.typ.data
	n := g.r.IntN(len(d.variants[0].fields))
	t := d.variants[0].fields[n].typ.subst(p.typ.args)
	value := g.name("w")
	g.emit("let %s: %v = %s;", value, t, g.expr(t, 2))
	g.emit("*%s(%s) = %s;", accessorName(d, n), p.borrow(byMutRef), value)
}
