package movevm

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
)

// groth16BN254 is Groth16 over BN254. All is in arkworks' compressed form:
// little endian, with the flags in the two highest bits of the last byte. As in
// arkworks, bytes after a key or a proof are ignored.
type groth16BN254 struct{}

// Sizes of compressed points.
const (
	bn254G1 = bn254.SizeOfG1AffineCompressed
	bn254G2 = bn254.SizeOfG2AffineCompressed
)

func (groth16BN254) prepare(key []byte) (parts [4][]byte, ok bool) {
	a, b, c, d, points, _, ok := splitKey(key, bn254G1, bn254G2)
	if !ok {
		return parts, false
	}
	list, ok := bn254Points(points)
	alpha, ok1 := bn254Point(a)
	beta, ok2 := bn254Point2(b)
	gamma, ok3 := bn254Point2(c)
	delta, ok4 := bn254Point2(d)
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 {
		return parts, false
	}
	product, err := bn254.Pair([]bn254.G1Affine{alpha}, []bn254.G2Affine{beta})
	if err != nil {
		return parts, false
	}
	for _, p := range list {
		raw := p.Bytes()
		parts[0] = append(parts[0], toArkworks(raw[:])...)
	}
	minusGamma, minusDelta := gamma.Neg(&gamma).Bytes(), delta.Neg(&delta).Bytes()
	parts[1], parts[2], parts[3] = bn254GT(&product), toArkworks(minusGamma[:]), toArkworks(minusDelta[:])
	return parts, true
}

func (groth16BN254) verify(key [4][]byte, inputs, proof []byte) bool {
	points, ok := bn254Points(key[0])
	if !ok || len(points) != len(inputs)/32+1 || len(key[2]) < bn254G2 || len(key[3]) < bn254G2 || len(proof) < 2*bn254G1+bn254G2 {
		return false
	}
	var alphaBeta bn254.GT
	if !setBN254GT(&alphaBeta, key[1]) {
		return false
	}
	minusGamma, ok1 := bn254Point2(key[2][:bn254G2])
	minusDelta, ok2 := bn254Point2(key[3][:bn254G2])
	a, ok3 := bn254Point(proof[:bn254G1])
	b, ok4 := bn254Point2(proof[bn254G1 : bn254G1+bn254G2])
	c, ok5 := bn254Point(proof[bn254G1+bn254G2 : 2*bn254G1+bn254G2])
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
	product, err := bn254.Pair([]bn254.G1Affine{a, sum, c}, []bn254.G2Affine{b, minusGamma, minusDelta})
	return err == nil && product.Equal(&alphaBeta)
}

// Flags of compressed points: arkworks' in the last byte, gnark's in the first.
const (
	arkLargest    = 0x80
	arkInfinity   = 0x40
	gnarkSmallest = 0x80
	gnarkLargest  = 0xc0
	gnarkInfinity = 0x40
	flagBits      = 0xc0
)

// fromArkworks translates a point; nil when the flags contradict each other.
// arkworks takes any canonical x beside the infinity flag.
func fromArkworks(b []byte) []byte {
	out := reversed(b)
	flags := out[0] & flagBits
	out[0] &^= flagBits
	switch flags {
	case 0:
		out[0] |= gnarkSmallest
	case arkLargest:
		out[0] |= gnarkLargest
	case arkInfinity:
		for part := out; len(part) > 0; part = part[fp.Bytes:] {
			var x fp.Element
			if x.SetBytesCanonical(part[:fp.Bytes]) != nil {
				return nil
			}
		}
		clear(out)
		out[0] = gnarkInfinity
	default:
		return nil
	}
	return out
}

func toArkworks(b []byte) []byte {
	out := reversed(b)
	last := &out[len(out)-1]
	flags := *last & flagBits
	*last &^= flagBits
	switch flags {
	case gnarkLargest:
		*last |= arkLargest
	case gnarkInfinity:
		*last |= arkInfinity
	}
	return out
}

func bn254Point(b []byte) (p bn254.G1Affine, ok bool) {
	raw := fromArkworks(b)
	if raw == nil {
		return p, false
	}
	_, err := p.SetBytes(raw)
	return p, err == nil
}

func bn254Point2(b []byte) (p bn254.G2Affine, ok bool) {
	raw := fromArkworks(b)
	if raw == nil {
		return p, false
	}
	_, err := p.SetBytes(raw)
	return p, err == nil
}

func bn254Points(b []byte) (points []bn254.G1Affine, ok bool) {
	for ; len(b) >= bn254G1; b = b[bn254G1:] {
		p, ok := bn254Point(b[:bn254G1])
		if !ok {
			return nil, false
		}
		points = append(points, p)
	}
	return points, len(b) == 0
}

func bn254Parts(z *bn254.GT) [12]*fp.Element {
	return [12]*fp.Element{
		&z.C0.B0.A0, &z.C0.B0.A1, &z.C0.B1.A0, &z.C0.B1.A1, &z.C0.B2.A0, &z.C0.B2.A1,
		&z.C1.B0.A0, &z.C1.B0.A1, &z.C1.B1.A0, &z.C1.B1.A1, &z.C1.B2.A0, &z.C1.B2.A1,
	}
}

func bn254GT(z *bn254.GT) []byte {
	var out []byte
	for _, part := range bn254Parts(z) {
		b := part.Bytes()
		out = append(out, reversed(b[:])...)
	}
	return out
}

func setBN254GT(z *bn254.GT, b []byte) bool {
	if len(b) < bn254.SizeOfGT {
		return false
	}
	for i, part := range bn254Parts(z) {
		if part.SetBytesCanonical(reversed(b[i*fp.Bytes:][:fp.Bytes])) != nil {
			return false
		}
	}
	return true
}
