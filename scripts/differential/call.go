package differential

import (
	"fmt"
	"strings"
)

// maxCost bounds the statements that one run of a function executes, and so the
// time of the slow one of the two machines.
const maxCost = 4000

// call writes a call of an earlier function that gives a value of the type and
// changes nothing.
func (g *generator) call(t *typ, d int) (string, bool) {
	for range 4 {
		f := g.callee()
		if f == nil {
			return "", false
		}
		args := make([]*typ, f.typeParams)
		if f.writes() || !unify(f.result, t, args) {
			continue
		}
		g.charge(f)
		return g.callText(f, args, d), true
	}
	return "", false
}

// callee picks a function that is cheap enough to be called here.
func (g *generator) callee() *function {
	if len(g.m.functions) == 0 {
		return nil
	}
	f := g.m.functions[g.r.IntN(len(g.m.functions))]
	if g.cost+g.repeats*f.cost > maxCost {
		return nil
	}
	return f
}

func (g *generator) charge(f *function) { g.cost += g.repeats * f.cost }

// unify finds the type arguments for which pattern is t.
func unify(pattern, t *typ, args []*typ) bool {
	if pattern.kind == paramKind {
		if args[pattern.index] == nil {
			args[pattern.index] = t
		}
		return args[pattern.index].equal(t)
	}
	if pattern.kind != t.kind || pattern.data != t.data || len(pattern.args) != len(t.args) {
		return false
	}
	for i := range pattern.args {
		if !unify(pattern.args[i], t.args[i], args) {
			return false
		}
	}
	return true
}

// callText writes the call. Variables whose mutable references are passed stay
// locked for the arguments after them.
func (g *generator) callText(f *function, args []*typ, d int) string {
	for i := range args {
		if args[i] == nil {
			args[i] = g.typ(1)
		}
	}
	var parts []string
	locks := map[*variable]lock{}
	var prelude string
	borrowed := false // something that may be a part of any variable
	for i, p := range f.params {
		t := p.typ.subst(args)
		switch {
		case f.recursive && i == 0:
			parts = append(parts, fmt.Sprint(g.r.IntN(maxRecursion)))
		case p.ref == byMutRef:
			at, ok := g.placeOf(t, true)
			if !ok || borrowed || len(locks) > 0 {
				v := g.name("t")
				prelude += fmt.Sprintf("let mut %s = %s; ", v, g.literal(t))
				parts = append(parts, "&mut "+v)
				continue
			}
			locks[at.root] = at.root.lock
			at.root.lock = hidden
			parts = append(parts, at.borrow(byMutRef))
		case p.ref == byRef:
			parts = append(parts, g.borrowed(t, d))
			borrowed = true
		default:
			parts = append(parts, g.expr(t, d-1))
		}
	}
	for v, old := range locks {
		v.lock = old
	}
	text := fmt.Sprintf("%s%s(%s)", f.name, typeArgs(args), strings.Join(parts, ", "))
	if prelude != "" {
		return "({ " + prelude + text + " })"
	}
	return text
}
