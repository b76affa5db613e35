package movevm

import "math/bits"

// What Move does with integers of up to 64 bits. All are unsigned; results that
// do not fit their type are ARITHMETIC_ERROR, never wrapped around. These
// functions are small enough to be inlined into the loop of machine.run.

func throwArithmetic() { throw(StatusArithmetic, 0, "arithmetic error") }

// add is Add of u64.
func add(l, r uint64) uint64 {
	sum := l + r
	if sum < l {
		throwArithmetic()
	}
	return sum
}

// sub is Sub of every width.
func sub(l, r uint64) uint64 {
	if l < r {
		throwArithmetic()
	}
	return l - r
}

// mul is Mul of u64.
func mul(l, r uint64) uint64 {
	hi, lo := bits.Mul64(l, r)
	if hi != 0 {
		throwArithmetic()
	}
	return lo
}

// nonzero is the right operand of Div and Mod.
func nonzero(x uint64) uint64 {
	if x == 0 {
		throwArithmetic()
	}
	return x
}

// upTo is x as the result of an operation of a narrow type or of a cast: limit
// is the largest number of the type.
func upTo(limit, x uint64) uint64 {
	if x > limit {
		throwArithmetic()
	}
	return x
}

// below is the right operand of Shl and Shr, which must be less than the width.
func below(width, x uint64) uint64 {
	if x >= width {
		throwArithmetic()
	}
	return x
}

// castWide is a cast of a u128 or u256 to a type of up to 64 bits.
func castWide(limit uint64, v value) uint64 {
	if v.o != nil || v.n > limit {
		throwArithmetic()
	}
	return v.n
}

// cast128 is a cast of a u256 to u128.
func cast128(v value) value {
	if w := v.limbs(); w[2]|w[3] != 0 {
		throwArithmetic()
	}
	return v
}
