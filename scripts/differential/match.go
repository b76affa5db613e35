package differential

import (
	"fmt"
	"strings"
)

// matchExpr writes a match that gives a value: over an enum, by value or by
// reference, or over literals.
func (g *generator) matchExpr(t *typ, d int) string {
	if g.chance(250) {
		return g.matchLiteral(t, d)
	}
	if p, ok := g.place(false, (*typ).isEnum); ok && g.chance(800) {
		return g.match("("+p.borrow(byRef)+")", p.typ, byRef, func(*typ) string { return g.expr(t, d) })
	}
	enum, ok := g.enum()
	if !ok {
		return g.matchLiteral(t, d)
	}
	subject := g.name("m")
	body := g.match(subject, enum, byValue, func(*typ) string { return g.expr(t, d) })
	return fmt.Sprintf("({ let %s = %s; %s })", subject, g.expr(enum, d), body)
}

// match writes the arms of a match over an enum. Fields are bound as
// references when the subject is one.
func (g *generator) match(subject string, t *typ, ref refKind, arm func(*typ) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "(match (%s) { ", subject)
	variants := t.data.variants
	skip := -1 // this variant falls to the wildcard
	if len(variants) > 1 && g.chance(400) {
		skip = g.r.IntN(len(variants))
	}
	for i, v := range variants {
		if i == skip {
			continue
		}
		if g.chance(150) && len(v.fields) > 0 {
			g.block(func() {
				bound := len(g.scope)
				pattern := g.pattern(t, v, ref, byRef)
				guard := g.expr(basic(boolKind), 1)
				g.scope = g.scope[:bound] // bindings are references within the guard and values after it: the arm has none
				fmt.Fprintf(&b, "%s if (%s) => %s, ", pattern, guard, arm(t))
			})
		}
		g.block(func() {
			pattern := g.pattern(t, v, ref, ref)
			fmt.Fprintf(&b, "%s => %s, ", pattern, arm(t))
		})
	}
	if skip >= 0 {
		fmt.Fprintf(&b, "_ => %s, ", arm(t))
	}
	return b.String() + "})"
}

// pattern binds the fields of a variant; as says how they are seen by what
// follows.
func (g *generator) pattern(t *typ, v variant, ref, as refKind) string {
	name := t.data.name + "::" + v.name
	if len(v.fields) == 0 {
		return name
	}
	var parts []string
	all := true
	for i, f := range v.fields {
		if g.chance(200) {
			if v.positional {
				parts = append(parts, "_")
			} else if i == len(v.fields)-1 && g.chance(500) {
				all = false
			} else {
				parts = append(parts, f.name+": _")
			}
			continue
		}
		x := g.declare(f.typ.subst(t.args), as, false)
		if v.positional {
			parts = append(parts, x.name)
		} else {
			parts = append(parts, f.name+": "+x.name)
		}
	}
	if !all {
		parts = append(parts, "..")
	}
	if v.positional {
		return name + "(" + strings.Join(parts, ", ") + ")"
	}
	return name + " { " + strings.Join(parts, ", ") + " }"
}

func (g *generator) matchLiteral(t *typ, d int) string {
	if g.chance(300) {
		return fmt.Sprintf("(match (%s) { true => %s, false => %s })", g.expr(basic(boolKind), d), g.expr(t, d), g.expr(t, d))
	}
	n := basic(u8Kind + kind(g.r.IntN(6)))
	first := g.r.IntN(4)
	var out string
	g.block(func() {
		head := fmt.Sprintf("(match (%s) { %d%v => %s, %d | %d => %s, ", g.expr(n, d), first, n, g.expr(t, d), first+1, first+2, g.expr(t, d))
		x := g.declare(n, byValue, false)
		out = head + fmt.Sprintf("%s => %s })", x.name, g.expr(t, d))
	})
	return out
}
