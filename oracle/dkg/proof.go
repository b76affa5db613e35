package dkg

import (
	"io"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
)

// A knowledge is a proof of knowing the logarithm of a point of G2 (Schnorr).
type knowledge struct {
	a bls12381.G2Affine
	z fr.Element
}

func proveKnowledge(random io.Reader, o oracle, public bls12381.G2Affine, secret *fr.Element) (p knowledge, err error) {
	r, err := seal.RandomScalar(random)
	if err != nil {
		return p, err
	}
	p.a = hiddenG2(&r)
	c := o.challenge(encode(generatorG2, public, p.a))
	p.z.Mul(&c, secret)
	p.z.Add(&p.z, &r)
	return p, nil
}

// verify checks g2·z == a + public·challenge.
func (p *knowledge) verify(o oracle, public bls12381.G2Affine) bool {
	c := o.challenge(encode(generatorG2, public, p.a))
	left, right := timesG2(generatorG2, &p.z), timesG2(public, &c)
	right.Add(&right, &p.a)
	return left.Equal(&right)
}

func (p *knowledge) MarshalBCS(e *bcs.Encoder) { e.Fixed(encode(p.a, p.z)) }

func (p *knowledge) UnmarshalBCS(d *bcs.Decoder) { p.a, p.z = decodeG2(d), decodeScalar(d) }

// A sameLog is a proof that two points of G1 have the same logarithm, each to
// its own base, and that the prover knows it (Chaum-Pedersen).
type sameLog struct {
	a, b bls12381.G1Affine
	z    fr.Element
}

// An equation states that x and y are base·secret and other·secret, with the
// generator of G1 as base.
type equation struct{ other, x, y bls12381.G1Affine }

func (q *equation) challenge(o oracle, p *sameLog) fr.Element {
	return o.challenge(encode(generatorG1, q.other, q.x, q.y, p.a, p.b))
}

func (q *equation) prove(random io.Reader, o oracle, secret *fr.Element) (p sameLog, err error) {
	r, err := seal.RandomScalar(random)
	if err != nil {
		return p, err
	}
	p.a, p.b = hiddenG1(generatorG1, &r), hiddenG1(q.other, &r)
	c := q.challenge(o, &p)
	p.z.Mul(&c, secret)
	p.z.Add(&p.z, &r)
	return p, nil
}

func (q *equation) verify(o oracle, p *sameLog) bool {
	c := q.challenge(o, p)
	return holds(generatorG1, q.x, p.a, &p.z, &c) && holds(q.other, q.y, p.b, &p.z, &c)
}

// holds checks base·z == a + public·c.
func holds(base, public, a bls12381.G1Affine, z, c *fr.Element) bool {
	left, right := timesG1(base, z), timesG1(public, c)
	right.Add(&right, &a)
	return left.Equal(&right)
}

func (p *sameLog) MarshalBCS(e *bcs.Encoder) { e.Fixed(encode(p.a, p.b, p.z)) }

func (p *sameLog) UnmarshalBCS(d *bcs.Decoder) {
	p.a, p.b, p.z = decodeG1(d), decodeG1(d), decodeScalar(d)
}
