package seal

import (
	"errors"
	"fmt"
	"io"
)

// maxShares is the most shares of one object: indices are 1..255, and the npm
// client refuses more than 254.
const maxShares = 254

// split shares a secret byte by byte over GF(2^8): 32 polynomials of degree
// threshold-1 whose constant terms are the secret. Share i (from 0) is their
// values at i+1. Coefficients of one degree are 32 consecutive bytes of rand.
func split(rand io.Reader, secret [32]byte, threshold, n int) ([][32]byte, error) {
	if threshold < 1 || threshold > n || n > maxShares {
		return nil, fmt.Errorf("split secret: threshold %d of %d shares, want 1 <= threshold <= shares <= %d",
			threshold, n, maxShares)
	}
	coefficients := make([][32]byte, threshold)
	coefficients[0] = secret
	for k := 1; k < threshold; k++ {
		if _, err := io.ReadFull(rand, coefficients[k][:]); err != nil {
			return nil, fmt.Errorf("split secret: read randomness: %w", err)
		}
	}
	shares := make([][32]byte, n)
	for i := range shares {
		shares[i] = evaluate(coefficients, uint8(i+1))
	}
	return shares, nil
}

// evaluate returns the value of the 32 polynomials at x.
func evaluate(coefficients [][32]byte, x uint8) (y [32]byte) {
	for k := len(coefficients) - 1; k >= 0; k-- {
		for b := range y {
			y[b] = gfMul(y[b], x) ^ coefficients[k][b]
		}
	}
	return y
}

// interpolate returns the coefficients, lowest degree first, of the 32
// polynomials of least degree through all the given points. Indices must be
// distinct and not zero.
func interpolate(indices []uint8, values [][32]byte) ([][32]byte, error) {
	if len(indices) == 0 || len(indices) != len(values) {
		return nil, errors.New("interpolate shares: no shares")
	}
	sum := make([][32]byte, len(indices))
	for i, xi := range indices {
		basis, err := lagrangeBasis(indices, i)
		if err != nil {
			return nil, fmt.Errorf("interpolate shares: share %d: %w", xi, err)
		}
		for k, c := range basis {
			for b := range values[i] {
				sum[k][b] ^= gfMul(c, values[i][b])
			}
		}
	}
	n := len(sum)
	for n > 1 && sum[n-1] == [32]byte{} {
		n--
	}
	return sum[:n], nil
}

// lagrangeBasis returns the coefficients of the polynomial that is 1 at
// indices[i] and 0 at the others.
func lagrangeBasis(indices []uint8, i int) ([]byte, error) {
	xi := indices[i]
	if xi == 0 {
		return nil, errors.New("index 0 would be the secret itself")
	}
	poly := make([]byte, 1, len(indices))
	poly[0] = 1
	for j, xj := range indices {
		if j == i {
			continue
		}
		if xj == xi {
			return nil, errors.New("index occurs twice")
		}
		// multiply by (x - xj) / (xi - xj); minus is plus here
		scale := gfInv(xi ^ xj)
		poly = append(poly, 0)
		for k := len(poly) - 1; k >= 0; k-- {
			low := byte(0)
			if k > 0 {
				low = poly[k-1]
			}
			poly[k] = gfMul(low^gfMul(poly[k], xj), scale)
		}
	}
	return poly, nil
}

// gfMul multiplies in GF(2^8) modulo x^8+x^4+x^3+x+1, in time that does not
// depend on the values.
func gfMul(a, b byte) (p byte) {
	for range 8 {
		p ^= a & -(b & 1)
		a = a<<1 ^ 0x1b&-(a>>7)
		b >>= 1
	}
	return p
}

// gfInv returns a^254, the inverse of a other than 0.
func gfInv(a byte) byte {
	r := byte(1)
	for range 7 { // a^2 * a^4 * ... * a^128
		a = gfMul(a, a)
		r = gfMul(r, a)
	}
	return r
}
