package differential

import (
	"fmt"
	"math/big"
	"strings"
)

// literal writes a value that needs nothing in scope. Numbers are often at the
// edges of their type.
func (g *generator) literal(t *typ) string {
	switch {
	case t.isInt():
		return g.number(t)
	case t.isBytes():
		return g.bytes(g.r.IntN(5))
	}
	switch t.kind {
	case boolKind:
		return pick(g, "true", "false")
	case addressKind:
		return "@0x" + g.bits(pick(g, 8, 64, 256)).Text(16)
	case vectorKind:
		return g.vectorLiteral(t, g.literal)
	case optionKind:
		if g.chance(300) {
			return "option::none<" + t.elem().String() + ">()"
		}
		return "option::some<" + t.elem().String() + ">(" + g.literal(t.elem()) + ")"
	case stringKind:
		return `b"` + pick(g, "", "a", "floe", "Move 2024", "{}") + `".to_string()`
	case mapKind:
		return g.mapLiteral(t, g.literal)
	case dataKind:
		return g.pack(t, g.literal)
	}
	return g.anchor(t)
}

// anchor is the value of a type parameter: a parameter of the function.
func (g *generator) anchor(t *typ) string {
	for _, v := range g.scope {
		if v.pin && v.typ.equal(t) {
			return "copy " + v.name
		}
	}
	panic("no value of type " + t.String())
}

// number writes an integer with its type.
func (g *generator) number(t *typ) string {
	bits := t.bits()
	one := big.NewInt(1)
	edge := new(big.Int).Lsh(one, uint(pick(g, bits, bits-1, bits/2)))
	n := new(big.Int)
	switch g.r.IntN(6) {
	case 0:
		n = edge.Sub(edge, one)
	case 1:
		n = g.bits(bits)
	case 2:
		n = g.bits(bits / 2)
	default:
		n.SetUint64(g.r.Uint64N(12))
	}
	if g.chance(200) && n.Sign() > 0 && n.BitLen() < 100 {
		return "0x" + n.Text(16) + t.String()
	}
	return n.String() + t.String()
}

// bits is a random number of up to n bits.
func (g *generator) bits(n int) *big.Int {
	out := new(big.Int)
	for range (n + 63) / 64 {
		out.Lsh(out, 64).Or(out, new(big.Int).SetUint64(g.r.Uint64()))
	}
	return out.Rsh(out, uint((64-n%64)%64))
}

func (g *generator) bytes(n int) string {
	return fmt.Sprintf("x\"%0*x\"", 2*n, g.bits(max(8*n, 8)))[:3+2*n-1] + "\""
}

func (g *generator) vectorLiteral(t *typ, elem func(*typ) string) string {
	var parts []string
	for range pick(g, 0, 1, 1, 2, 3) {
		parts = append(parts, elem(t.elem()))
	}
	return "vector<" + t.elem().String() + ">[" + strings.Join(parts, ", ") + "]"
}

func (g *generator) mapLiteral(t *typ, elem func(*typ) string) string {
	keys, values := vectorOf(t.args[0]), vectorOf(t.args[1])
	if !g.risky() {
		key, value := vectorOf(t.args[0]), elem(t.args[1])
		return fmt.Sprintf("vec_map::from_keys_values(vector<%v>[%s], vector<%v>[%s])", key.elem(), elem(key.elem()), t.args[1], value)
	}
	return "vec_map::from_keys_values(" + g.vectorLiteral(keys, elem) + ", " + g.vectorLiteral(values, elem) + ")"
}

// pack makes a struct, or an enum of any variant.
func (g *generator) pack(t *typ, part func(*typ) string) string {
	v := t.data.variants[g.r.IntN(len(t.data.variants))]
	return g.packVariant(t, v, part)
}

func (g *generator) packVariant(t *typ, v variant, part func(*typ) string) string {
	name := t.String()
	if t.data.enum {
		name = t.String() + "::" + v.name
	}
	if len(v.fields) == 0 {
		if t.data.enum {
			return fmt.Sprintf("({ let e: %v = %s::%s; e })", t, t.data.name, v.name)
		}
		return name + " {}"
	}
	var parts []string
	for _, f := range v.fields {
		value := part(f.typ.subst(t.args))
		if !v.positional {
			value = f.name + ": " + value
		}
		parts = append(parts, value)
	}
	if v.positional {
		return name + "(" + strings.Join(parts, ", ") + ")"
	}
	return name + " { " + strings.Join(parts, ", ") + " }"
}
