package movevm

import (
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// groth16BLS12381 is Groth16 over BLS12-381. Points have the usual (zcash)
// compressed form; e(alpha, beta) is in arkworks' order, little endian.
type groth16BLS12381 struct{}

func (groth16BLS12381) prepare(key []byte) (parts [4][]byte, ok bool) {
	const g1, g2 = bls.SizeOfG1AffineCompressed, bls.SizeOfG2AffineCompressed
	a, b, c, d, points, rest, ok := splitKey(key, g1, g2)
	if !ok || len(rest) > 0 || len(points) == 0 {
		return parts, false
	}
	if _, ok = parseG1s(points); !ok {
		return parts, false
	}
	alpha, ok1 := parseG1(a)
	beta, ok2 := parseG2(b)
	gamma, ok3 := parseG2(c)
	delta, ok4 := parseG2(d)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return parts, false
	}
	product, err := bls.Pair([]bls.G1Affine{alpha}, []bls.G2Affine{beta})
	if err != nil {
		return parts, false
	}
	minusGamma, minusDelta := gamma.Neg(&gamma).Bytes(), delta.Neg(&delta).Bytes()
	return [4][]byte{points, arkworksGT(&product), minusGamma[:], minusDelta[:]}, true
}

func (groth16BLS12381) verify(key [4][]byte, inputs, proof []byte) bool {
	points, ok := parseG1s(key[0])
	if !ok || len(points) != len(inputs)/32+1 || len(proof) != 2*bls.SizeOfG1AffineCompressed+bls.SizeOfG2AffineCompressed {
		return false
	}
	var alphaBeta bls.GT
	if !setArkworksGT(&alphaBeta, key[1]) {
		return false
	}
	minusGamma, ok1 := parseG2(key[2])
	minusDelta, ok2 := parseG2(key[3])
	a, ok3 := parseG1(proof[:48])
	b, ok4 := parseG2(proof[48:144])
	c, ok5 := parseG1(proof[144:])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return false
	}
	sum := points[0]
	for i, p := range points[1:] {
		var k fr.Element
		if k.SetBytesCanonical(reversed(inputs[32*i:32*i+32])) != nil {
			return false
		}
		p.ScalarMultiplication(&p, k.BigInt(new(big.Int)))
		sum.Add(&sum, &p)
	}
	product, err := bls.Pair([]bls.G1Affine{a, sum, c}, []bls.G2Affine{b, minusGamma, minusDelta})
	return err == nil && product.Equal(&alphaBeta)
}

func parseG1s(b []byte) (points []bls.G1Affine, ok bool) {
	for ; len(b) >= bls.SizeOfG1AffineCompressed; b = b[bls.SizeOfG1AffineCompressed:] {
		p, ok := parseG1(b[:bls.SizeOfG1AffineCompressed])
		if !ok {
			return nil, false
		}
		points = append(points, p)
	}
	return points, len(b) == 0
}

// arkworksParts are the coordinates of GT in arkworks' order.
func arkworksParts(z *bls.GT) [12]*fp.Element {
	return [12]*fp.Element{
		&z.C0.B0.A0, &z.C0.B0.A1, &z.C0.B1.A0, &z.C0.B1.A1, &z.C0.B2.A0, &z.C0.B2.A1,
		&z.C1.B0.A0, &z.C1.B0.A1, &z.C1.B1.A0, &z.C1.B1.A1, &z.C1.B2.A0, &z.C1.B2.A1,
	}
}

func arkworksGT(z *bls.GT) []byte {
	var out []byte
	for _, part := range arkworksParts(z) {
		b := part.Bytes()
		out = append(out, reversed(b[:])...)
	}
	return out
}

func setArkworksGT(z *bls.GT, b []byte) bool {
	if len(b) != bls.SizeOfGT {
		return false
	}
	for i, part := range arkworksParts(z) {
		if part.SetBytesCanonical(reversed(b[i*fp.Bytes:][:fp.Bytes])) != nil {
			return false
		}
	}
	return z.IsInSubGroup()
}
