package dkg

import (
	"crypto/rand"
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

var _, _, generatorG1, generatorG2 = bls12381.Generators()

// An oracle is a random oracle of the ceremony: SHA3-512 with a name that sets
// it apart from all others.
type oracle string

// ceremony is the oracle of a committee; each use extends it by a name.
func ceremony(committee sui.Address) oracle { return oracle("SEAL_DKG_V0:" + committee.String()) }

func (o oracle) extend(format string, args ...any) oracle {
	return o + oracle("-"+fmt.Sprintf(format, args...))
}

// hash answers for the BCS of a value.
func (o oracle) hash(value []byte) [64]byte {
	in := binary.BigEndian.AppendUint32(nil, uint32(len(o)))
	return sha3.Sum512(append(append(in, o...), value...))
}

// challenge is the answer as a scalar, for the Fiat-Shamir transform.
func (o oracle) challenge(value []byte) (s fr.Element) {
	h := o.hash(value)
	n := new(big.Int).SetBytes(h[:])
	s.SetBigInt(n.Mod(n, fr.Modulus()))
	return s
}

// point is the answer as a point of G1 whose logarithm nobody knows.
func (o oracle) point(value []byte) bls12381.G1Affine {
	h := o.hash(value)
	return seal.HashToG1(h[:])
}

// encode concatenates the BCS of points and scalars: their bytes as they are.
func encode(values ...any) []byte {
	e := bcs.NewEncoder()
	for _, v := range values {
		switch v := v.(type) {
		case bls12381.G1Affine:
			b := v.Bytes()
			e.Fixed(b[:])
		case bls12381.G2Affine:
			b := v.Bytes()
			e.Fixed(b[:])
		case fr.Element:
			b := v.Bytes()
			e.Fixed(b[:])
		default:
			panic(fmt.Sprintf("dkg: encode %T", v))
		}
	}
	return e.Data()
}

func decodeG1(d *bcs.Decoder) (p bls12381.G1Affine) {
	b := d.Fixed(48)
	if d.Err() == nil {
		var err error
		if p, err = seal.ParseG1(b); err != nil {
			d.Fail(err)
		}
	}
	return p
}

func decodeG2(d *bcs.Decoder) (p bls12381.G2Affine) {
	b := d.Fixed(96)
	if d.Err() == nil {
		var err error
		if p, err = seal.ParseG2(b); err != nil {
			d.Fail(err)
		}
	}
	return p
}

func decodeScalar(d *bcs.Decoder) (s fr.Element) {
	b := d.Fixed(32)
	if d.Err() == nil && s.SetBytesCanonical(b) != nil {
		d.Fail(errors.New("scalar is not below the group order"))
	}
	return s
}

// timesG1 and timesG2 are for public scalars: their time depends on them.
func timesG1(p bls12381.G1Affine, s *fr.Element) (out bls12381.G1Affine) {
	out.ScalarMultiplication(&p, s.BigInt(new(big.Int)))
	return out
}

func timesG2(p bls12381.G2Affine, s *fr.Element) (out bls12381.G2Affine) {
	out.ScalarMultiplication(&p, s.BigInt(new(big.Int)))
	return out
}

// hiddenG1 multiplies by a secret, in a time that does not depend on it.
func hiddenG1(p bls12381.G1Affine, s *fr.Element) bls12381.G1Affine {
	out, err := seal.MultiplyG1(rand.Reader, p, s)
	if err != nil {
		panic("dkg: " + err.Error()) // crypto/rand does not fail
	}
	return out
}

// hiddenG2 multiplies the generator of G2 by a secret, blinded.
func hiddenG2(s *fr.Element) bls12381.G2Affine { return seal.MultiplyG2Generator(s) }

// A polynomial over the scalars; the first coefficient is its value at 0.
type polynomial []fr.Element

// at evaluates the polynomial at a party's point, party+1.
func (p polynomial) at(party int) (y fr.Element) {
	x := fr.NewElement(uint64(party) + 1)
	for i := len(p) - 1; i >= 0; i-- {
		y.Mul(&y, &x)
		y.Add(&y, &p[i])
	}
	return y
}

// commitments are a polynomial's coefficients times the generator of G2.
type commitments []bls12381.G2Affine

// at evaluates the polynomial "in the exponent".
func (c commitments) at(party int) bls12381.G2Affine {
	x := fr.NewElement(uint64(party) + 1)
	var y bls12381.G2Affine
	for i := len(c) - 1; i >= 0; i-- {
		y = timesG2(y, &x)
		y.Add(&y, &c[i])
	}
	return y
}
