package seal

import (
	"bytes"
	"crypto/rand"
	"math/big"
	mathrand "math/rand/v2"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// hardScalars are those at which a recoding or a division could be wrong.
func hardScalars() (out []fr.Element) {
	l := new(big.Int).SetUint64(lambda[1])
	l.Add(l.Lsh(l, 64), new(big.Int).SetUint64(lambda[0]))
	next := new(big.Int).Add(l, big.NewInt(1))
	for _, base := range []*big.Int{big.NewInt(0), l, next, new(big.Int).Mul(l, l), new(big.Int).Mul(l, next), groupOrder,
		new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Lsh(big.NewInt(1), 127), new(big.Int).Lsh(big.NewInt(1), 128), new(big.Int).Lsh(big.NewInt(1), 254),
		new(big.Int).Rsh(groupOrder, 1)} {
		for d := int64(-17); d <= 17; d++ {
			var s fr.Element
			if s.SetBigInt(new(big.Int).Add(base, big.NewInt(d))); !s.IsZero() {
				out = append(out, s)
			}
		}
	}
	return out
}

// The result is that of gnark-crypto's own multiplication.
func TestMultiply(t *testing.T) {
	seed := mathrand.NewChaCha8([32]byte{1})
	scalars := hardScalars()
	for range 300 {
		scalars = append(scalars, must[fr.Element](t)(RandomScalar(seed)))
	}
	for _, s := range scalars {
		p := HashToG1(s.Marshal())
		var want bls12381.G1Affine
		want.ScalarMultiplication(&p, scalarInt(&s))
		if got := must[bls12381.G1Affine](t)(multiplyG1(rand.Reader, &p, &s)); !got.Equal(&want) {
			t.Errorf("%s·p is wrong", s.String())
		}
		want.ScalarMultiplication(&generatorG1, scalarInt(&s))
		if got := must[bls12381.G1Affine](t)(multiplyGenerator(rand.Reader, &s)); !got.Equal(&want) {
			t.Errorf("%s·g1 is wrong", s.String())
		}
	}
	var identity bls12381.G1Affine
	if got := must[bls12381.G1Affine](t)(multiplyG1(rand.Reader, &identity, &scalars[0])); !got.IsInfinity() {
		t.Error("a multiple of the identity is another point")
	}
}

// Each digit is odd, and the digits make the scalar: the sequence of
// operations is that of every scalar.
func TestHalvesAreOddDigits(t *testing.T) {
	l := new(big.Int).SetUint64(lambda[1])
	l.Add(l.Lsh(l, 64), new(big.Int).SetUint64(lambda[0]))
	for _, s := range hardScalars() {
		h := halve(&s)
		sum := new(big.Int)
		for half, factor := range []*big.Int{big.NewInt(1), l} {
			n := new(big.Int)
			for i := halfDigits - 1; i >= 0; i-- {
				d := int64(h.digits[half][i])
				if d%2 == 0 || d < -15 || d > 15 {
					t.Fatalf("%s has the digit %d", s.String(), d)
				}
				n.Add(n.Lsh(n, windowBits), big.NewInt(d))
			}
			n.Sub(n, big.NewInt(int64(h.even[half])))
			sum.Add(sum, n.Mul(n, factor))
		}
		if sum.Cmp(scalarInt(&s)) != 0 {
			t.Errorf("%s is split into digits of %s", s.String(), sum)
		}
	}
}

// The coordinates are random, the point is the same.
func TestRandomised(t *testing.T) {
	var seen []fp.Element
	for range 2 {
		j, err := randomised(rand.Reader, &generatorG1)
		if err != nil {
			t.Fatal(err)
		}
		var p bls12381.G1Affine
		if p.FromJacobian(&j); !p.Equal(&generatorG1) {
			t.Error("another point")
		}
		seen = append(seen, j.Z)
	}
	if seen[0].Equal(&seen[1]) || seen[0].IsOne() {
		t.Error("the coordinates are not random")
	}
	if _, err := randomised(bytes.NewReader(make([]byte, 47)), &generatorG1); err == nil {
		t.Error("too little randomness is accepted")
	}
}

func BenchmarkMultiply(b *testing.B) {
	s := must[fr.Element](b)(RandomScalar(rand.Reader))
	p := HashToG1([]byte("p"))
	h := halve(&s)
	b.Run("secret", func(b *testing.B) {
		for b.Loop() {
			h.multiply(rand.Reader, &p)
		}
	})
	b.Run("secret once", func(b *testing.B) {
		for b.Loop() {
			multiplyG1(rand.Reader, &p, &s)
		}
	})
	b.Run("generator", func(b *testing.B) {
		for b.Loop() {
			multiplyGenerator(rand.Reader, &s)
		}
	})
	b.Run("gnark, not constant-time", func(b *testing.B) {
		var q bls12381.G1Affine
		for b.Loop() {
			q.ScalarMultiplication(&p, scalarInt(&s))
		}
	})
}
