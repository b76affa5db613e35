package seal

import (
	"fmt"
	"io"

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
	pk.enc.ScalarMultiplication(&generatorG1, scalarInt(&k.s))
	pk.verification.ScalarMultiplication(&generatorG2, scalarInt(&k.s))
	return pk
}

// Open decrypts a user key. It does not tell whether the key is the right one:
// see [UserKey.Verify].
func (k *TransportKey) Open(c EncryptedUserKey) (UserKey, error) {
	var mask, p bls12381.G1Affine
	mask.ScalarMultiplication(&c.c0, scalarInt(&k.s))
	p.Sub(&c.c1, &mask)
	if p.IsInfinity() {
		return UserKey{}, fmt.Errorf("open encrypted user key: %w", errIdentityPoint)
	}
	return UserKey{p: p}, nil
}

// A TransportPublicKey is the requester's half that travels in the request.
type TransportPublicKey struct {
	enc          bls12381.G1Affine
	verification bls12381.G2Affine
}

// ParseTransportPublicKey reads enc_key (48 bytes) and enc_verification_key
// (96 bytes) and checks that both hold the same secret, which Seal's server
// does not: a mismatch could only yield an answer that nobody can verify.
func ParseTransportPublicKey(enc, verification []byte) (TransportPublicKey, error) {
	var pk TransportPublicKey
	var err error
	if pk.enc, err = ParseG1(enc); err != nil {
		return pk, fmt.Errorf("parse enc_key: %w", err)
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
func (k TransportPublicKey) EncKey() []byte { b := k.enc.Bytes(); return b[:] }

// VerificationKey returns the 96 compressed bytes of the G2 half.
func (k TransportPublicKey) VerificationKey() []byte { b := k.verification.Bytes(); return b[:] }

// Encrypt encrypts a user key to k with fresh randomness.
func (k TransportPublicKey) Encrypt(rand io.Reader, key UserKey) (EncryptedUserKey, error) {
	rho, err := RandomScalar(rand)
	if err != nil {
		return EncryptedUserKey{}, fmt.Errorf("encrypt user key: %w", err)
	}
	n := scalarInt(&rho)
	var c EncryptedUserKey
	c.c0.ScalarMultiplication(&generatorG1, n)
	c.c1.ScalarMultiplication(&k.enc, n)
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
