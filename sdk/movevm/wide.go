package movevm

import (
	"math/big"
	"math/bits"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// wide executes an operation on u128 or u256, whose width in bits is in.n.
func (m *machine) wide(in *instr, l, r value) value {
	a, b := l.limbs(), r.limbs()
	switch bytecode.Opcode(in.d) {
	case bytecode.OpAdd:
		w, carry := add256(a, b)
		return fit(w, in.n, carry != 0)
	case bytecode.OpSub:
		w, borrow := sub256(a, b)
		return fit(w, 256, borrow != 0)
	case bytecode.OpMul:
		w, over := mul256(a, b)
		return fit(w, in.n, over)
	case bytecode.OpDiv:
		q, _ := divMod256(a, b)
		return m.madeWide(q)
	case bytecode.OpMod:
		_, r := divMod256(a, b)
		return m.madeWide(r)
	case bytecode.OpBitOr:
		return wide([4]uint64{a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]})
	case bytecode.OpBitAnd:
		return wide([4]uint64{a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]})
	case bytecode.OpXor:
		return wide([4]uint64{a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]})
	}
	throw(StatusInvariant, 0, "unknown operation")
	return value{}
}

// shift executes Shl or Shr on u128 or u256, whose width in bits is in.n.
func shift(in *instr, x value, by uint64) value {
	if by >= in.n {
		throwArithmetic()
	}
	if bytecode.Opcode(in.d) == bytecode.OpShr {
		return wide(shr256(x.limbs(), uint(by)))
	}
	w := shl256(x.limbs(), uint(by))
	if in.n == 128 {
		w[2], w[3] = 0, 0
	}
	return wide(w)
}

func (m *machine) madeWide(w [4]uint64) value {
	m.usage.alloc(96)
	return wide(w)
}

// fit makes the result of an operation that must not leave the width.
func fit(w [4]uint64, width uint64, overflow bool) value {
	if overflow || width == 128 && w[2]|w[3] != 0 {
		throwArithmetic()
	}
	return wide(w)
}

func add256(a, b [4]uint64) (w [4]uint64, carry uint64) {
	for i := range w {
		w[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return w, carry
}

func sub256(a, b [4]uint64) (w [4]uint64, borrow uint64) {
	for i := range w {
		w[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return w, borrow
}

func less256(a, b [4]uint64) bool {
	_, borrow := sub256(a, b)
	return borrow != 0
}

// mul256 is schoolbook multiplication; over tells that the product has more
// than 256 bits.
func mul256(a, b [4]uint64) (w [4]uint64, over bool) {
	var p [8]uint64
	for i := range a {
		var carry uint64
		for j := range b {
			hi, lo := bits.Mul64(a[i], b[j])
			var c uint64
			lo, c = bits.Add64(lo, p[i+j], 0)
			hi += c
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			p[i+j], carry = lo, hi
		}
		p[i+4] = carry
	}
	copy(w[:], p[:4])
	return w, p[4]|p[5]|p[6]|p[7] != 0
}

func divMod256(a, b [4]uint64) (q, r [4]uint64) {
	if b == [4]uint64{} {
		throwArithmetic()
	}
	if a[1]|a[2]|a[3]|b[1]|b[2]|b[3] == 0 {
		return [4]uint64{a[0] / b[0]}, [4]uint64{a[0] % b[0]}
	}
	quo, rem := new(big.Int).QuoRem(bigInt(a), bigInt(b), new(big.Int))
	return limbsOf(quo), limbsOf(rem)
}

func bigInt(w [4]uint64) *big.Int {
	x := new(big.Int)
	for i := 3; i >= 0; i-- {
		x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(w[i]))
	}
	return x
}

func limbsOf(x *big.Int) (w [4]uint64) {
	x = new(big.Int).Set(x)
	for i := range w {
		w[i] = x.Uint64()
		x.Rsh(x, 64)
	}
	return w
}

func shl256(a [4]uint64, n uint) (w [4]uint64) {
	limb, bit := int(n/64), n%64
	for i := 3; i >= limb; i-- {
		w[i] = a[i-limb] << bit
		if bit > 0 && i > limb {
			w[i] |= a[i-limb-1] >> (64 - bit)
		}
	}
	return w
}

func shr256(a [4]uint64, n uint) (w [4]uint64) {
	limb, bit := int(n/64), n%64
	for i := 0; i+limb < 4; i++ {
		w[i] = a[i+limb] >> bit
		if bit > 0 && i+limb+1 < 4 {
			w[i] |= a[i+limb+1] << (64 - bit)
		}
	}
	return w
}
