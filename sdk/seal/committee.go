package seal

import (
	"fmt"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A PartialUserKey is a committee member's share of a user key, encrypted to
// the requester.
type PartialUserKey struct {
	Party uint16 // the member's position in the committee
	Key   EncryptedUserKey
}

// CombineUserKeys makes of partial user keys, one for each of threshold
// members, the user key of the whole committee, without decrypting any of them:
// Lagrange interpolation at 0 of both points, member i standing at i+1. Verify
// each part first ([EncryptedUserKey.Verify]): one bad part spoils the result.
func CombineUserKeys(parts []PartialUserKey) (EncryptedUserKey, error) {
	var sum EncryptedUserKey
	parties := make([]uint16, len(parts))
	for i, p := range parts {
		parties[i] = p.Party
	}
	weights, err := LagrangeAtZero(parties)
	if err != nil {
		return sum, fmt.Errorf("combine user keys: %w", err)
	}
	for i, p := range parts {
		var c0, c1 bls12381.G1Affine
		c0.ScalarMultiplication(&p.Key.c0, scalarInt(&weights[i]))
		c1.ScalarMultiplication(&p.Key.c1, scalarInt(&weights[i]))
		sum.c0.Add(&sum.c0, &c0)
		sum.c1.Add(&sum.c1, &c1)
	}
	if sum.c0.IsInfinity() || sum.c1.IsInfinity() {
		return sum, fmt.Errorf("combine user keys: %w", errIdentityPoint)
	}
	return sum, nil
}

// LagrangeAtZero returns the factors by which the values of a polynomial at the
// parties' points, party+1, add up to its value at 0.
func LagrangeAtZero(parties []uint16) ([]fr.Element, error) {
	if len(parties) == 0 {
		return nil, fmt.Errorf("no shares")
	}
	seen := map[uint16]bool{}
	xs := make([]fr.Element, len(parties))
	for i, p := range parties {
		if seen[p] || p == 1<<16-1 {
			return nil, fmt.Errorf("party %d stands twice or is out of range", p)
		}
		seen[p] = true
		xs[i].SetUint64(uint64(p) + 1)
	}
	out := make([]fr.Element, len(xs))
	for i := range xs {
		numerator, denominator := fr.One(), fr.One()
		for j := range xs {
			if i == j {
				continue
			}
			var difference fr.Element
			numerator.Mul(&numerator, &xs[j])
			denominator.Mul(&denominator, difference.Sub(&xs[j], &xs[i]))
		}
		out[i].Div(&numerator, &denominator)
	}
	return out, nil
}
