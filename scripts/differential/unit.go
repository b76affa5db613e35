package differential

import (
	"fmt"
	"math/big"
)

// An operation is what one such function does, on which types.
type operation struct {
	name         string
	typ, outcome kind // outcome of a cast
}

// operations are taken in turn: seldom ones come as often as all others.
var operations = func() (list []operation) {
	for t := u8Kind; t <= u256Kind; t++ {
		for _, name := range []string{"+", "-", "*", "/", "%", "<<", ">>", "<", "<=", ">", ">=", "[]", "pow", "swap"} {
			list = append(list, operation{name, t, t})
		}
		for to := u8Kind; to <= u256Kind; to++ {
			list = append(list, operation{"as", t, to})
		}
	}
	return list
}()

// unit adds a function of one operation whose cases are at the border of what
// the operation can do. Random programs seldom get there.
func (g *generator) unit(cases int) {
	f := &function{name: fmt.Sprintf("f%d", len(g.m.functions)), cost: 1}
	o := operations[g.units%len(operations)]
	g.units++
	op, t := o.name, basic(o.typ)
	add := func(t *typ) { f.params = append(f.params, param{name: fmt.Sprintf("a%d", len(f.params)), typ: t}) }
	add(t)
	f.result = t
	f.last = "a0 " + op + " a1"
	switch op {
	case "as":
		f.result = basic(o.outcome)
		f.last = fmt.Sprintf("(a0 as %v)", f.result)
	case "[]", "swap":
		f.params[0].typ = vectorOf(t)
		// The runner is a 32-bit program: no index must be beyond its usize.
		add(basic(u32Kind))
		f.last = "{ let i = (a1 as u64); " + pick(g, "a0[i]", "*a0.borrow(i)", "*(&mut a0[i])", "a0.remove(i)", "a0.swap_remove(i)") + " }"
		if op == "swap" {
			f.result, f.last = f.params[0].typ, "{ a0.swap((a1 as u64), 0); a0 }"
		}
	case "pow":
		add(basic(u8Kind))
		f.last = fmt.Sprintf("%v::pow(a0, a1)", t)
	case "<<", ">>":
		add(basic(u8Kind))
	case "<", "<=", ">", ">=":
		f.result = basic(boolKind)
		add(t)
	default:
		add(t)
	}
	f.border = func() []string { return g.border(op, t, f.result, g.operand(t)) }
	if last := len(f.params) - 1; last == 1 && f.params[1].typ == t && g.chance(350) {
		right := g.operand(t) // a literal; the VM has operations of their own for these
		if right.Sign() == 0 {
			right.SetUint64(1)
		}
		f.params, f.last = f.params[:1], fmt.Sprintf("a0 %s %v%v", op, right, t)
		f.border = func() []string { return g.border(op, t, f.result, right)[1:] }
	}
	g.addFunction(f, 2*cases)
}

// operand is a number of a type, of any length.
func (g *generator) operand(t *typ) *big.Int {
	return new(big.Int).Rsh(g.bits(t.bits()), uint(g.r.IntN(t.bits())))
}

// border makes arguments for an operation, one of them near a number that
// depends on x. Of two numbers, x is the first.
func (g *generator) border(op string, t, result *typ, x *big.Int) []string {
	bits := uint(t.bits())
	one := big.NewInt(1)
	top := new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)
	y := new(big.Int).Set(x)
	near := func(n *big.Int) *big.Int { // n-1, n or n+1, within the type
		n = new(big.Int).Add(n, big.NewInt(int64(g.r.IntN(3)-1)))
		if n.Sign() < 0 {
			return new(big.Int)
		}
		if n.Cmp(top) > 0 {
			return top
		}
		return n
	}
	typed := func(n *big.Int, t *typ) string { return n.String() + t.String() }
	switch op {
	case "+":
		y.Sub(top, x)
	case "*":
		y.Div(top, new(big.Int).Add(x, one))
	case "<", "<=", ">", ">=":
		if g.chance(300) {
			y.Rsh(top, 1) // where numbers with a sign would become negative
		}
	case "/", "%":
		y.Rsh(x, uint(g.r.IntN(int(bits)+1)))
	case "<<", ">>":
		if g.chance(500) {
			x = g.bits(int(bits))
		}
		n := near(big.NewInt(int64(min(255, pick(g, int(bits), int(bits), g.r.IntN(int(bits)), int(bits)/2, 64, 128, 255, 0)))))
		return []string{typed(x, t), typed(new(big.Int).And(n, big.NewInt(255)), basic(u8Kind))}
	case "as":
		edge := new(big.Int).Lsh(one, uint(min(result.bits(), int(bits)-1)))
		return []string{typed(near(edge), t)}
	case "pow":
		n := 2 + g.r.IntN(6)
		return []string{typed(near(new(big.Int).Lsh(one, bits/uint(n))), t), typed(big.NewInt(int64(n)), basic(u8Kind))}
	case "[]", "swap":
		n := g.r.IntN(4)
		list := "vector<" + t.String() + ">["
		for range n {
			list += g.number(t) + ", "
		}
		return []string{list + "]", typed(new(big.Int).Abs(big.NewInt(int64(n-1+g.r.IntN(3)))), basic(u32Kind))}
	}
	return []string{typed(x, t), typed(near(y), t)}
}
