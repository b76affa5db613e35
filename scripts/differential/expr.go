package differential

import (
	"fmt"
	"math/big"
	"strings"
)

// expr writes an expression of a type. Expressions change no variable, so that
// the borrow checker accepts any of them beside any other; statements do.
func (g *generator) expr(t *typ, depth int) string {
	if p, ok := g.placeOf(t, false); ok && (depth <= 0 || g.chance(350)) {
		if g.chance(80) {
			return "(*" + p.borrow(byRef) + ")"
		}
		if depth == exprDepth && p.root.lock == free && g.chance(700) {
			return p.target()
		}
		return "(" + p.read() + ")"
	}
	if t.kind == paramKind {
		return g.common(t, depth)
	}
	if depth <= 0 || g.chance(80) {
		if c, ok := g.constant(t); ok && g.chance(400) {
			return c
		}
		return g.literal(t)
	}
	if g.chance(200) {
		return g.common(t, depth)
	}
	d := depth - 1
	switch {
	case t.isInt():
		return g.integer(t, d)
	case t.isVector():
		return g.vector(t, d)
	}
	switch t.kind {
	case boolKind:
		return g.boolean(d)
	case optionKind:
		return g.option(t, d)
	case stringKind:
		return g.text(d)
	case mapKind:
		return g.mapLiteral(t, g.sub(d))
	case addressKind:
		return g.address(d)
	}
	return g.pack(t, g.sub(d))
}

func (g *generator) sub(depth int) func(*typ) string {
	return func(t *typ) string { return g.expr(t, depth) }
}

// constant is one of the module's constants.
func (g *generator) constant(t *typ) (string, bool) {
	var names []string
	for _, c := range g.m.constants {
		if c.typ.equal(t) {
			names = append(names, c.name)
		}
	}
	if len(names) == 0 {
		return "", false
	}
	return names[g.r.IntN(len(names))], true
}

// common writes what there is for every type.
func (g *generator) common(t *typ, depth int) string {
	d := depth - 1
	if d < 0 {
		return g.literal(t)
	}
	switch g.r.IntN(8) {
	case 0:
		return fmt.Sprintf("(if (%s) %s else %s)", g.expr(basic(boolKind), d), g.expr(t, d), g.expr(t, d))
	case 1:
		return g.element(t, d)
	case 2:
		return fmt.Sprintf("(*&%s)", g.expr(t, d))
	case 3:
		return g.matchExpr(t, d)
	case 4:
		var out string
		g.block(func() {
			first := g.typ(2)
			value := g.expr(first, d)
			v := g.declare(first, byValue, false)
			out = fmt.Sprintf("({ let %s: %v = %s; %s })", v.name, first, value, g.expr(t, d))
		})
		return out
	case 5:
		return fmt.Sprintf("option::some(%s).destroy_some()", g.expr(t, d))
	case 6:
		return g.labelled(t, d)
	}
	if call, ok := g.call(t, d); ok {
		return call
	}
	return fmt.Sprintf("id(%s)", g.expr(t, d))
}

// labelled writes a block that may be left early with a value. Its condition is
// no constant: the compiler crashes when it folds one away.
func (g *generator) labelled(t *typ, d int) string {
	p, ok := g.place(false, (*typ).isInt)
	if !ok {
		return g.expr(t, d)
	}
	label := g.name("'b")
	return fmt.Sprintf("(%s: { if (%s < %s) return %s %s; %s })", label, p.read(), g.number(p.typ), label, g.expr(t, d), g.expr(t, d))
}

// element reads an element of a vector, beyond its end where the function is
// risky.
func (g *generator) element(t *typ, d int) string {
	vec := vectorOf(t)
	index := g.index(d)
	p, ok := g.placeOf(vec, false)
	if !ok {
		return fmt.Sprintf("vector<%v>[%s, %s][%s]", t, g.expr(t, d), g.expr(t, d-1), g.guard(index, "2"))
	}
	read := pick(g, "%s[%s]", "(*%s.borrow(%s))")
	if g.risky() {
		return fmt.Sprintf("("+read+")", p.subject(), index)
	}
	i := g.name("i")
	return fmt.Sprintf("({ let %s = %s; if (%s < %s.length()) "+read+" else %s })", i, index, i, p.subject(), p.subject(), i, g.expr(t, d))
}

// index is a number that is often within a short vector.
func (g *generator) index(d int) string {
	if g.chance(500) {
		return fmt.Sprintf("%du64", g.r.IntN(4))
	}
	return fmt.Sprintf("(%s %% %du64)", g.expr(basic(u64Kind), d-1), 1+g.r.IntN(5))
}

func (g *generator) guard(index, n string) string {
	if g.risky() {
		return index
	}
	return "(" + index + " % " + n + ")"
}

// integer writes arithmetic. Guarded operations can't fail.
func (g *generator) integer(t *typ, d int) string {
	a, b := g.expr(t, d), g.expr(t, d)
	switch g.r.IntN(15) {
	case 0, 1, 2, 3, 4:
		return g.arithmetic(t, a, b)
	case 5:
		return fmt.Sprintf("(%s %s %s)", a, pick(g, "&", "|", "^"), b)
	case 6, 7:
		return g.shift(t, a, d)
	case 8, 9:
		return g.cast(t, d)
	case 10:
		return fmt.Sprintf("%v::%s(%s, %s)", t, pick(g, "max", "min", "diff"), a, b)
	case 11:
		return g.library(t, a, b)
	case 12:
		return g.measure(t, d)
	}
	return g.common(t, d)
}

func (g *generator) arithmetic(t *typ, a, b string) string {
	op := pick(g, "+", "-", "*", "/", "%")
	if g.risky() {
		return fmt.Sprintf("(%s %s %s)", a, op, b)
	}
	half := new(big.Int).Lsh(big.NewInt(1), uint(t.bits()/2))
	top := new(big.Int).Lsh(big.NewInt(1), uint(t.bits()-1))
	switch op {
	case "+":
		return fmt.Sprintf("((%s / 2) + (%s / 2))", a, b)
	case "-":
		return fmt.Sprintf("((%s | %v) - (%s %% %v))", a, top, b, top)
	case "*":
		return fmt.Sprintf("((%s %% %v) * (%s %% %v))", a, half, b, half)
	}
	return fmt.Sprintf("(%s %s (%s | 1))", a, op, b)
}

func (g *generator) shift(t *typ, a string, d int) string {
	n := g.expr(basic(u8Kind), d-1)
	if !g.risky() && t.bits() < 256 {
		n = fmt.Sprintf("(%s %% %d)", n, t.bits())
	}
	return fmt.Sprintf("(%s %s %s)", a, pick(g, "<<", ">>"), n)
}

func (g *generator) cast(t *typ, d int) string {
	from := basic(u8Kind + kind(g.r.IntN(6)))
	e := g.expr(from, d)
	if from.bits() > t.bits() && !g.risky() {
		e = fmt.Sprintf("(%s %% %v)", e, new(big.Int).Lsh(big.NewInt(1), uint(t.bits())))
	}
	return fmt.Sprintf("(%s as %v)", e, t)
}

// library calls the framework's arithmetic.
func (g *generator) library(t *typ, a, b string) string {
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("%v::checked_%s(%s, %s).destroy_with_default(%s)", t, pick(g, "add", "sub", "mul", "div"), a, b, g.literal(t))
	case 1:
		return fmt.Sprintf("%v::saturating_%s(%s, %s)", t, pick(g, "add", "sub", "mul"), a, b)
	case 2:
		if t.kind != u256Kind {
			return fmt.Sprintf("%v::sqrt(%s)", t, a)
		}
	}
	if g.risky() {
		return fmt.Sprintf("%v::pow(%s, %d)", t, a, g.r.IntN(5))
	}
	return fmt.Sprintf("%v::pow(%s %% 3, %d)", t, a, g.r.IntN(5))
}

// measure takes a number from a value of another kind.
func (g *generator) measure(t *typ, d int) string {
	switch {
	case t.kind == u64Kind && g.chance(500):
		return fmt.Sprintf("%s.length()", g.borrowed(vectorOf(g.typ(1)), d))
	case t.kind == u64Kind:
		return fmt.Sprintf("%s.length()", pick(g, g.borrowed(basic(stringKind), d), g.borrowed(g.mapType(), d)))
	case t.kind == u8Kind:
		return fmt.Sprintf("(%s)[%d]", g.hash(d), g.r.IntN(32))
	case t.kind == u256Kind:
		return fmt.Sprintf("%s.to_u256()", g.expr(basic(addressKind), d))
	}
	return g.cast(t, d)
}

// borrowed is a reference to a place if there is one, else to a new value.
func (g *generator) borrowed(t *typ, d int) string {
	if p, ok := g.placeOf(t, false); ok && g.chance(800) {
		return "(" + p.borrow(byRef) + ")"
	}
	return "(&" + g.expr(t, d-1) + ")"
}

func (g *generator) boolean(d int) string {
	switch g.r.IntN(9) {
	case 0, 1, 2:
		t := basic(u8Kind + kind(g.r.IntN(6)))
		return fmt.Sprintf("(%s %s %s)", g.expr(t, d), pick(g, "<", ">", "<=", ">="), g.expr(t, d))
	case 3:
		t := g.typ(3)
		return fmt.Sprintf("(%s %s %s)", g.expr(t, d), pick(g, "==", "!="), g.expr(t, d))
	case 4:
		t := g.typ(3)
		if p, ok := g.place(false, func(*typ) bool { return true }); ok {
			t = p.typ
		}
		return fmt.Sprintf("(%s %s %s)", g.borrowed(t, d), pick(g, "==", "!="), g.borrowed(t, d))
	case 5:
		return "(!" + g.expr(basic(boolKind), d) + ")"
	case 6:
		return fmt.Sprintf("(%s %s %s)", g.expr(basic(boolKind), d), pick(g, "&&", "||"), g.expr(basic(boolKind), d))
	case 7:
		t := g.typ(1)
		return fmt.Sprintf("%s.contains(%s)", pick(g, g.borrowed(vectorOf(t), d), g.borrowed(optionOf(t), d)), g.borrowed(t, d))
	}
	return g.common(basic(boolKind), d)
}

func (g *generator) option(t *typ, d int) string {
	e := t.elem()
	switch g.r.IntN(5) {
	case 0:
		if e.isInt() {
			return fmt.Sprintf("%v::checked_%s(%s, %s)", e, pick(g, "add", "sub", "mul", "div"), g.expr(e, d), g.expr(e, d))
		}
	case 1:
		return fmt.Sprintf("({ let mut o = %s; o.swap_or_fill(%s) })", g.expr(t, d), g.expr(e, d))
	case 2:
		m := &typ{kind: mapKind, args: []*typ{basic(u64Kind), e}}
		return fmt.Sprintf("%s.try_get(%s)", g.borrowed(m, d), g.borrowed(basic(u64Kind), d))
	case 3:
		return g.common(t, d)
	}
	return fmt.Sprintf("option::some(%s)", g.expr(e, d))
}

func (g *generator) text(d int) string {
	switch g.r.IntN(6) {
	case 0:
		return g.expr(basic(u8Kind+kind(g.r.IntN(6))), d) + ".to_string()"
	case 1:
		return fmt.Sprintf("({ let mut s = %s; s.append(%s); s })", g.expr(basic(stringKind), d), g.expr(basic(stringKind), d))
	case 2:
		return fmt.Sprintf("std::type_name::%s<%v>().into_string().to_string()", pick(g, "with_defining_ids", "with_original_ids"), g.typ(4))
	case 3:
		if g.risky() {
			return fmt.Sprintf("std::string::utf8(%s)", g.expr(vectorOf(basic(u8Kind)), d))
		}
		return fmt.Sprintf("std::string::try_utf8(%s).destroy_with_default(%s)", g.expr(vectorOf(basic(u8Kind)), d), g.literal(basic(stringKind)))
	case 4:
		if g.risky() {
			return fmt.Sprintf("%s.substring(%d, %d)", g.borrowed(basic(stringKind), d), g.r.IntN(4), g.r.IntN(6))
		}
	}
	return g.common(basic(stringKind), d)
}

func (g *generator) address(d int) string {
	switch g.r.IntN(4) {
	case 0:
		if g.risky() {
			return fmt.Sprintf("sui::address::from_bytes(%s)", g.expr(vectorOf(basic(u8Kind)), d))
		}
		return fmt.Sprintf("sui::address::from_bytes(%s)", g.hash(d))
	case 1:
		return fmt.Sprintf("sui::address::from_u256(%s)", g.expr(basic(u256Kind), d))
	}
	return g.common(basic(addressKind), d)
}

// hash is 32 bytes that depend on a value.
func (g *generator) hash(d int) string {
	bytes := fmt.Sprintf("std::bcs::to_bytes(%s)", g.borrowed(g.typ(3), d))
	if g.chance(500) {
		return fmt.Sprintf("std::hash::%s(%s)", pick(g, "sha2_256", "sha3_256"), bytes)
	}
	return fmt.Sprintf("sui::hash::%s(&%s)", pick(g, "blake2b256", "keccak256"), bytes)
}

func (g *generator) vector(t *typ, d int) string {
	e := t.elem()
	if t.isBytes() && g.chance(400) {
		switch g.r.IntN(4) {
		case 0:
			return fmt.Sprintf("std::bcs::to_bytes(%s)", g.borrowed(g.typ(4), d))
		case 1:
			return g.hash(d)
		case 2:
			return g.expr(basic(stringKind), d) + ".into_bytes()"
		}
		return g.expr(basic(addressKind), d) + ".to_bytes()"
	}
	switch g.r.IntN(9) {
	case 0:
		return fmt.Sprintf("({ let mut v = %s; %s; v })", g.expr(t, d), g.vectorOp("v", t, d))
	case 1:
		return g.expr(optionOf(e), d) + ".to_vec()"
	case 2:
		return fmt.Sprintf("vector::flatten(vector<%v>[%s, %s])", t, g.expr(t, d), g.expr(t, d))
	case 3:
		m := &typ{kind: mapKind, args: []*typ{e, basic(boolKind)}}
		return g.borrowed(m, d) + ".keys()"
	case 4:
		if g.risky() {
			return fmt.Sprintf("%s.%s(%s)", g.expr(t, d), pick(g, "take", "skip"), g.index(d))
		}
	case 5:
		return fmt.Sprintf("vector::singleton(%s)", g.expr(e, d))
	case 6:
		v := g.name("e")
		return fmt.Sprintf("%s.filter!(|%s| *%s == %s)", g.expr(t, d), v, v, g.expr(e, d))
	case 7:
		return g.common(t, d)
	}
	return g.vectorLiteral(t, g.sub(d))
}

// vectorOp changes a vector, which its arguments don't name.
func (g *generator) vectorOp(v string, t *typ, d int) string {
	e, i := t.elem(), g.index(d)
	value := g.expr(e, d)
	safe := func(op string) string { return fmt.Sprintf("if (%s < %s.length()) { %s }", i, v, op) }
	switch g.r.IntN(9) {
	case 0:
		n := g.name("i")
		return fmt.Sprintf("let %s = %s.length() + 1; %s.insert(%s, %s)", n, v, v, value, g.guard(i, n))
	case 1:
		return g.unless(safe, fmt.Sprintf("%s.%s(%s);", v, pick(g, "remove", "swap_remove"), i))
	case 2:
		return g.unless(safe, fmt.Sprintf("%s.swap(%s, %s);", v, i, pick(g, "0", i)))
	case 3:
		return g.unless(safe, fmt.Sprintf("%s.pop_back();", v))
	case 4:
		return g.unless(safe, fmt.Sprintf("*%s.borrow_mut(%s) = %s;", v, i, value))
	case 5:
		return fmt.Sprintf("%s.append(%s)", v, g.expr(t, d))
	case 6:
		return v + ".reverse()"
	case 7:
		return g.unless(safe, fmt.Sprintf("*&mut %s[%s] = %s;", v, i, value))
	}
	return fmt.Sprintf("%s.push_back(%s)", v, value)
}

// unless guards an operation where the function is not risky.
func (g *generator) unless(safe func(string) string, op string) string {
	if g.risky() {
		return strings.TrimSuffix(op, ";")
	}
	return safe(op)
}
