package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A TransportKey is the one-time ElGamal key under which key servers send user
// keys, so that nobody between them and the requester learns one.
type TransportKey struct{ s fr.Element }

// NewTransportKey draws a key from rand.
func NewTransportKey(rand io.Reader) (*TransportKey, error) {
	s, err := RandomScalar(rand)
	if err != nil {
		return nil, fmt.Errorf("draw transport key: %w", err)
	}
	return &TransportKey{s: s}, nil
}

// Format hides the key from every fmt verb.
func (k TransportKey) Format(f fmt.State, _ rune) { io.WriteString(f, "TransportKey(hidden)") }

// Public returns both public halves.
func (k *TransportKey) Public() TransportPublicKey {
	var pk TransportPublicKey
	enc, err := multiplyGenerator(rand.Reader, &k.s)
	if err != nil {
		panic("seal: " + err.Error()) // crypto/rand does not fail
	}
	pk.enc = enc
	pk.verification.ScalarMultiplication(&generatorG2, scalarInt(&k.s))
	return pk
}

// Open decrypts a user key. It does not tell whether the key is the right one:
// see [UserKey.Verify].
func (k *TransportKey) Open(c EncryptedUserKey) (UserKey, error) {
	mask, err := multiplyG1(rand.Reader, &c.c0, &k.s)
	if err != nil {
		return UserKey{}, fmt.Errorf("open encrypted user key: %w", err)
	}
	var p bls12381.G1Affine
	p.Sub(&c.c1, &mask)
	if p.IsInfinity() {
		return UserKey{}, fmt.Errorf("open encrypted user key: %w", errIdentityPoint)
	}
	return UserKey{p: p}, nil
}

// An EncryptionKey is the half of a requester's transport key to which user
// keys are encrypted. It is all that a key server needs.
type EncryptionKey struct{ enc bls12381.G1Affine }

// ParseEncryptionKey reads the 48 bytes of enc_key and checks curve and
// subgroup.
func ParseEncryptionKey(enc []byte) (EncryptionKey, error) {
	p, err := ParseG1(enc)
	if err != nil {
		return EncryptionKey{}, fmt.Errorf("parse enc_key: %w", err)
	}
	return EncryptionKey{enc: p}, nil
}

// A TransportPublicKey is what of a transport key travels in the request. Both
// halves hold the same secret; with the second, anybody can verify what is
// encrypted to the first.
type TransportPublicKey struct {
	EncryptionKey
	verification bls12381.G2Affine
}

// ParseTransportPublicKey reads enc_key (48 bytes) and enc_verification_key
// (96 bytes) and checks that both hold the same secret. Whoever blames a key
// server for a bad share needs that: with halves that do not fit, a good share
// looks bad. The check costs more than making a share, so a key server, to whom
// it is of no use, leaves it to them, as Seal's do, and takes [EncryptionKey].
func ParseTransportPublicKey(enc, verification []byte) (TransportPublicKey, error) {
	var pk TransportPublicKey
	var err error
	if pk.EncryptionKey, err = ParseEncryptionKey(enc); err != nil {
		return pk, err
	}
	if pk.verification, err = ParseG2(verification); err != nil {
		return pk, fmt.Errorf("parse enc_verification_key: %w", err)
	}
	if !pairingsEqual(pk.enc, generatorG2, generatorG1, pk.verification) {
		return pk, fmt.Errorf("parse enc_verification_key: does not belong to enc_key")
	}
	return pk, nil
}

// EncKey returns the 48 compressed bytes of the G1 half.
func (k EncryptionKey) EncKey() []byte { b := k.enc.Bytes(); return b[:] }

// VerificationKey returns the 96 compressed bytes of the G2 half.
func (k TransportPublicKey) VerificationKey() []byte { b := k.verification.Bytes(); return b[:] }

// EncryptRandomness is how many bytes Encrypt draws.
const EncryptRandomness = scalarRandomness

// Encrypt encrypts a user key to k with randomness from random. Whoever learns
// that randomness learns the user key, so it is multiplied as a master key is.
func (k EncryptionKey) Encrypt(random io.Reader, key UserKey) (EncryptedUserKey, error) {
	var c EncryptedUserKey
	rho, err := RandomScalar(random)
	if err == nil {
		c.c0, err = multiplyGenerator(rand.Reader, &rho)
	}
	if err == nil {
		c.c1, err = multiplyG1(rand.Reader, &k.enc, &rho)
	}
	if err != nil {
		return EncryptedUserKey{}, fmt.Errorf("encrypt user key: %w", err)
	}
	c.c1.Add(&c.c1, &key.p)
	return c, nil
}

// An EncryptedUserKey is an ElGamal ciphertext of a user key.
type EncryptedUserKey struct{ c0, c1 bls12381.G1Affine }

// ParseEncryptedUserKey reads two compressed G1 points.
func ParseEncryptedUserKey(c0, c1 []byte) (EncryptedUserKey, error) {
	var c EncryptedUserKey
	var err error
	if c.c0, err = ParseG1(c0); err != nil {
		return c, fmt.Errorf("parse encrypted user key: first point: %w", err)
	}
	if c.c1, err = ParseG1(c1); err != nil {
		return c, fmt.Errorf("parse encrypted user key: second point: %w", err)
	}
	return c, nil
}

// Points returns the two points, 48 compressed bytes each.
func (c EncryptedUserKey) Points() (c0, c1 []byte) {
	a, b := c.c0.Bytes(), c.c1.Bytes()
	return a[:], b[:]
}

// Verify checks, without any secret, that c holds the user key of the identity
// under the server's (or committee member's partial) public key.
func (c EncryptedUserKey) Verify(to TransportPublicKey, fullID []byte, server PublicKey) error {
	var neg bls12381.G1Affine
	neg.Neg(&c.c1)
	ok, err := bls12381.PairingCheck(
		[]bls12381.G1Affine{neg, c.c0, hashIdentity(fullID)},
		[]bls12381.G2Affine{generatorG2, to.verification, server.p})
	if err != nil || !ok {
		return fmt.Errorf("verify encrypted user key: not a key of this identity by this key server")
	}
	return nil
}

var errWrongShare = errors.New("sent a share that is not right under the public key that the chain shows for it")

// verifyShares is [EncryptedUserKey.Verify] for many identities, given as
// their points, at the price of one: a combination of all equations, with
// factors that whoever made the shares can't have known. With factors of 128
// bits it overlooks a wrong share once in 2^128 times.
func verifyShares(to TransportPublicKey, server PublicKey, ids []bls12381.G1Affine, keys []EncryptedUserKey, factors []fr.Element) error {
	c0, c1 := make([]bls12381.G1Affine, len(keys)), make([]bls12381.G1Affine, len(keys))
	for i, k := range keys {
		c0[i], c1[i] = k.c0, k.c1
	}
	var sums [3]bls12381.G1Affine
	for i, points := range [][]bls12381.G1Affine{c1, c0, ids} {
		if _, err := sums[i].MultiExp(points, factors[:len(points)], ecc.MultiExpConfig{NbTasks: 1}); err != nil {
			panic("seal: combine points: " + err.Error()) // only for other lengths
		}
	}
	sums[0].Neg(&sums[0])
	ok, err := bls12381.PairingCheck(sums[:], []bls12381.G2Affine{generatorG2, to.verification, server.p})
	if err != nil || !ok {
		return errWrongShare
	}
	return nil
}

// drawFactors draws factors for [verifyShares].
func drawFactors(n int) []fr.Element {
	out := make([]fr.Element, n)
	for i := range out {
		var b [16]byte
		rand.Read(b[:]) // does not fail
		out[i].SetBytes(b[:])
	}
	return out
}
