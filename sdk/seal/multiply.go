package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Multiplication of points of G1 by secret scalars.
//
// gnark-crypto's own skips the zero digits of a scalar, so its time tells of
// them. Here:
//
//   - The sequence of point operations is always the same. A scalar is written
//     in signed odd digits, of which none is zero (Joye and Tunstall, "Exponent
//     recoding and regular exponentiation algorithms", Africacrypt 2009); so
//     each window takes four doublings and one addition, and the sum is never
//     the identity before the end.
//   - A digit reads the whole table and keeps one entry by a mask, so neither
//     branches nor addresses follow from it.
//   - The sum begins in randomised projective coordinates (Coron, "Resistance
//     against differential power analysis for elliptic curve cryptosystems",
//     CHES 1999): gnark-crypto's field additions branch on whether they have to
//     reduce, and its inversion takes a varying time; with a random Z, both
//     follow from values that are independent of the scalar.
//
// The speed comes from the endomorphism of the curve (Gallant, Lambert and
// Vanstone, Crypto 2001), which halves the number of doublings, and for the
// generator from a table without any. Additions of points that are equal or
// opposite, which gnark-crypto treats apart, do not arise but for a fraction of
// 2^-120 of the scalars.

const (
	windowBits = 4
	tableSize  = 1 << (windowBits - 1) // odd multiples 1, 3, … 15
	fullDigits = 64                    // of a scalar below 2^255
	halfDigits = 32                    // of a number below 2^127.5 and a bit
)

// lambda is the eigenvalue x²-1 of the endomorphism (X, Y) -> (beta·X, Y), with
// x the parameter of the curve; its low and high 64 bits.
var lambda = [2]uint64{0x00000000ffffffff, 0xac45a4010001a402}

// beta is the cube root of unity that belongs to lambda.
var beta = func() (b fp.Element) {
	if _, err := b.SetString("4002409555221667392624310435006688643935503118305586438271171395842971157480381377015405980053539358417135540939436"); err != nil {
		panic("seal: " + err.Error())
	}
	return b
}()

// halves are a secret scalar k = h[0] + lambda·h[1] in signed odd digits, lowest
// first. Odd digits make odd numbers: if even[i] is 1, they are of h[i]+1.
type halves struct {
	digits [2][halfDigits]int8
	even   [2]int
}

// halve writes a scalar as halves, in constant time.
func halve(s *fr.Element) (h halves) {
	// Long division by lambda, bit by bit.
	k := limbs(s)
	var q, r [2]uint64
	for i := 255; i >= 0; i-- {
		top := r[1] >> 63
		r[1], r[0] = r[1]<<1|r[0]>>63, r[0]<<1|k[i/64]>>(i%64)&1
		low, borrow := bits.Sub64(r[0], lambda[0], 0)
		high, borrow := bits.Sub64(r[1], lambda[1], borrow)
		fits := top | (1 - borrow)
		r[0] ^= -fits & (r[0] ^ low)
		r[1] ^= -fits & (r[1] ^ high)
		q[1], q[0] = q[1]<<1|q[0]>>63, q[0]<<1|fits
	}
	for i, n := range [2][2]uint64{r, q} {
		even := 1 - n[0]&1
		h.even[i] = int(even)
		var carry uint64
		n[0], carry = bits.Add64(n[0], even, 0)
		recode(h.digits[i][:], []uint64{n[0], n[1] + carry})
	}
	return h
}

// recode writes an odd number in signed odd digits, in constant time.
func recode(digits []int8, n []uint64) {
	for i := range digits[:len(digits)-1] {
		digits[i] = int8(n[0]&(1<<(windowBits+1)-1)) - 1<<windowBits
		for j := range n {
			n[j] >>= windowBits
			if j+1 < len(n) {
				n[j] |= n[j+1] << (64 - windowBits)
			}
		}
		n[0] |= 1
	}
	digits[len(digits)-1] = int8(n[0])
}

// limbs returns a scalar's 64-bit digits, lowest first.
func limbs(s *fr.Element) (k [4]uint64) {
	b := s.Bytes()
	for i := range k {
		k[i] = binary.BigEndian.Uint64(b[24-8*i:])
	}
	return k
}

// A table holds the odd multiples 1, 3, … of a point. The points are public.
type table [tableSize]bls12381.G1Affine

// newTable fills a table.
func newTable(p *bls12381.G1Affine) (t table) {
	var jac [tableSize]bls12381.G1Jac
	var twice bls12381.G1Jac
	jac[0].FromAffine(p)
	twice.Double(&jac[0])
	for i := 1; i < tableSize; i++ {
		jac[i].Set(&jac[i-1]).AddAssign(&twice)
	}
	t.normalize(&jac)
	return t
}

// normalize makes the points affine by one inversion (Montgomery's trick).
func (t *table) normalize(jac *[tableSize]bls12381.G1Jac) {
	var before [tableSize]fp.Element
	product := fp.One()
	for i := range jac {
		before[i] = product
		product.Mul(&product, &jac[i].Z)
	}
	product.Inverse(&product)
	for i := tableSize - 1; i >= 0; i-- {
		var inverse, square fp.Element
		inverse.Mul(&product, &before[i])
		product.Mul(&product, &jac[i].Z)
		square.Square(&inverse)
		t[i].X.Mul(&jac[i].X, &square)
		t[i].Y.Mul(&jac[i].Y, &square).Mul(&t[i].Y, &inverse)
	}
}

// endomorphism is the table of lambda times the point.
func (t *table) endomorphism() (out table) {
	for i := range t {
		out[i].X.Mul(&t[i].X, &beta)
		out[i].Y = t[i].Y
	}
	return out
}

// at returns the point times an odd digit. It reads all of the table.
func (t *table) at(digit int8) (p bls12381.G1Affine) {
	negative := int(uint8(digit) >> 7)
	index := ((int(digit) ^ -negative) + negative) >> 1 // of |digit|
	p = t[0]
	for i := 1; i < tableSize; i++ {
		here := subtle.ConstantTimeEq(int32(i), int32(index))
		p.X.Select(here, &p.X, &t[i].X)
		p.Y.Select(here, &p.Y, &t[i].Y)
	}
	var minus fp.Element
	minus.Neg(&p.Y)
	p.Y.Select(negative, &p.Y, &minus)
	return p
}

// multiply returns k times p, a point of G1. random is for the coordinates; the
// result does not depend on it.
func (k *halves) multiply(random io.Reader, p *bls12381.G1Affine) (out bls12381.G1Affine, err error) {
	if p.IsInfinity() {
		return *p, nil
	}
	tables := [2]table{newTable(p)}
	tables[1] = tables[0].endomorphism()
	top := tables[0].at(k.digits[0][halfDigits-1])
	sum, err := randomised(random, &top)
	if err != nil {
		return out, err
	}
	for i := halfDigits - 1; i >= 0; i-- {
		for half := range tables {
			if i == halfDigits-1 && half == 0 {
				continue // that is where the sum begins
			}
			next := tables[half].at(k.digits[half][i])
			sum.AddMixed(&next)
		}
		for range windowBits {
			if i > 0 {
				sum.DoubleAssign()
			}
		}
	}
	for half := range tables {
		var minus bls12381.G1Affine
		less := sum
		less.AddMixed(minus.Neg(&tables[half][0]))
		selectJac(&sum, k.even[half], &less)
	}
	return *out.FromJacobian(&sum), nil
}

// MultiplyG1 returns a point of G1 times a secret scalar other than zero, in a
// time that does not depend on the scalar: see the top of this file. random is
// for the coordinates; the result does not depend on it.
func MultiplyG1(random io.Reader, p bls12381.G1Affine, s *fr.Element) (bls12381.G1Affine, error) {
	return multiplyG1(random, &p, s)
}

// MultiplyG2Generator returns the generator of G2 times a secret scalar. It is
// gnark-crypto's multiplication, whose time depends on the scalar, which is
// therefore split into two random summands: blinded, not constant-time.
func MultiplyG2Generator(s *fr.Element) bls12381.G2Affine {
	blind, err := RandomScalar(rand.Reader)
	if err != nil {
		panic("seal: " + err.Error()) // crypto/rand does not fail
	}
	var rest fr.Element
	rest.Sub(s, &blind)
	var p, q bls12381.G2Affine
	p.ScalarMultiplication(&generatorG2, scalarInt(&blind))
	q.ScalarMultiplication(&generatorG2, scalarInt(&rest))
	return *p.Add(&p, &q)
}

// multiplyG1 is multiply for a scalar that is used once.
func multiplyG1(random io.Reader, p *bls12381.G1Affine, s *fr.Element) (bls12381.G1Affine, error) {
	h := halve(s)
	return h.multiply(random, p)
}

// generatorTables are those of 16^i times the generator.
var generatorTables = sync.OnceValue(func() *[fullDigits]table {
	out := new([fullDigits]table)
	var p bls12381.G1Jac
	p.FromAffine(&generatorG1)
	for i := range out {
		var affine bls12381.G1Affine
		out[i] = newTable(affine.FromJacobian(&p))
		for range windowBits {
			p.DoubleAssign()
		}
	}
	return out
})

// multiplyGenerator returns the generator of G1 times a scalar other than zero.
func multiplyGenerator(random io.Reader, s *fr.Element) (out bls12381.G1Affine, err error) {
	// An even scalar is replaced by its opposite, which is odd.
	var opposite fr.Element
	opposite.Neg(s)
	even := int(1 - limbs(s)[0]&1)
	odd := *s
	odd.Select(even, s, &opposite)
	var digits [fullDigits]int8
	n := limbs(&odd)
	recode(digits[:], n[:])

	tables := generatorTables()
	top := tables[fullDigits-1].at(digits[fullDigits-1])
	sum, err := randomised(random, &top)
	if err != nil {
		return out, err
	}
	for i := range fullDigits - 1 {
		next := tables[i].at(digits[i])
		sum.AddMixed(&next)
	}
	out.FromJacobian(&sum)
	var minus fp.Element
	minus.Neg(&out.Y)
	out.Y.Select(even, &out.Y, &minus)
	return out, nil
}

// randomised returns the point with random projective coordinates.
func randomised(random io.Reader, p *bls12381.G1Affine) (out bls12381.G1Jac, err error) {
	var b [fp.Bytes]byte
	var z fp.Element
	for z.IsZero() {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return out, fmt.Errorf("read randomness: %w", err)
		}
		for i := range z {
			z[i] = binary.BigEndian.Uint64(b[8*i:])
		}
		z[5] &= 1<<60 - 1 // below the modulus, so any 380 bits are an element
	}
	var square fp.Element
	square.Square(&z)
	out.Z = z
	out.X.Mul(&p.X, &square)
	out.Y.Mul(&p.Y, &square).Mul(&out.Y, &z)
	return out, nil
}

// selectJac sets p to other if bit is 1.
func selectJac(p *bls12381.G1Jac, bit int, other *bls12381.G1Jac) {
	p.X.Select(bit, &p.X, &other.X)
	p.Y.Select(bit, &p.Y, &other.Y)
	p.Z.Select(bit, &p.Z, &other.Z)
}
