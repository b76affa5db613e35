package walrus

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Sizes in bytes of BLS12-381 keys and signatures, min-pk: public keys are
// compressed points of G1, signatures compressed points of G2.
const (
	SecretKeySize = 32
	PublicKeySize = 48
	SignatureSize = 96
)

// ErrSignature means that a BLS signature does not verify.
var ErrSignature = errors.New("BLS signature does not verify")

// blsDST is the domain of the basic scheme. Possession of a key is proven when
// a node joins the committee, see ProofOfPossession.
var blsDST = []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_")

// A SecretKey signs confirmations for a storage node. The arithmetic is not
// constant-time: don't sign on a machine shared with an attacker.
type SecretKey struct{ s fr.Element }

// GenerateKey draws a key from random, which must be a cryptographic source.
func GenerateKey(random io.Reader) (*SecretKey, error) {
	var b [48]byte // 128 bits above the group order: no bias
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return nil, fmt.Errorf("generate BLS key: %w", err)
		}
		k := new(SecretKey)
		k.s.SetBytes(b[:])
		if !k.s.IsZero() {
			return k, nil
		}
	}
}

// NewSecretKey reads the 32 big-endian bytes that Bytes writes.
func NewSecretKey(b []byte) (*SecretKey, error) {
	k := new(SecretKey)
	if len(b) != SecretKeySize {
		return nil, fmt.Errorf("read BLS secret key: %d bytes, want %d", len(b), SecretKeySize)
	}
	if err := k.s.SetBytesCanonical(b); err != nil || k.s.IsZero() {
		return nil, errors.New("read BLS secret key: not a number from 1 to the group order - 1")
	}
	return k, nil
}

// Bytes returns the secret scalar, 32 bytes big-endian.
func (k *SecretKey) Bytes() []byte {
	b := k.s.Bytes()
	return b[:]
}

// String keeps the secret out of logs.
func (SecretKey) String() string { return "BLS secret key" }

// GoString keeps the secret out of logs.
func (k SecretKey) GoString() string { return k.String() }

// PublicKey returns the compressed point of G1, 48 bytes.
func (k *SecretKey) PublicKey() []byte {
	var p bls12381.G1Affine
	p.ScalarMultiplicationBase(k.s.BigInt(new(big.Int)))
	b := p.Bytes()
	return b[:]
}

// Sign returns the signature of msg, 96 bytes.
func (k *SecretKey) Sign(msg []byte) []byte {
	h := hashToG2(msg)
	h.ScalarMultiplication(&h, k.s.BigInt(new(big.Int)))
	b := h.Bytes()
	return b[:]
}

// VerifySignature checks one signature by one key.
func VerifySignature(publicKey, msg, signature []byte) error {
	return verifyAggregate([][]byte{publicKey}, msg, signature)
}

// verifyAggregate checks one signature of msg by all keys together.
func verifyAggregate(publicKeys [][]byte, msg, signature []byte) error {
	var total bls12381.G1Jac
	for i, b := range publicKeys {
		p, err := parsePublicKey(b)
		if err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		total.AddMixed(p)
	}
	sig, err := parseSignature(signature)
	if err != nil {
		return err
	}
	var key, minusOne bls12381.G1Affine
	key.FromJacobian(&total)
	if key.IsInfinity() {
		return fmt.Errorf("%w: the keys cancel out", ErrSignature)
	}
	_, _, g1, _ := bls12381.Generators()
	minusOne.Neg(&g1)
	ok, err := bls12381.PairingCheck([]bls12381.G1Affine{key, minusOne}, []bls12381.G2Affine{hashToG2(msg), *sig})
	if err != nil {
		return fmt.Errorf("verify BLS signature: %w", err)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

// aggregateSignatures adds up signatures of the same message.
func aggregateSignatures(signatures [][]byte) ([]byte, error) {
	var total bls12381.G2Jac
	for i, b := range signatures {
		p, err := parseSignature(b)
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i, err)
		}
		total.AddMixed(p)
	}
	var sum bls12381.G2Affine
	b := sum.FromJacobian(&total).Bytes()
	return b[:], nil
}

// parsePublicKey reads a compressed point of the right subgroup, not zero.
func parsePublicKey(b []byte) (*bls12381.G1Affine, error) {
	var p bls12381.G1Affine
	if len(b) != PublicKeySize {
		return nil, fmt.Errorf("read BLS public key: %d bytes, want %d", len(b), PublicKeySize)
	}
	if n, err := p.SetBytes(b); err != nil || n != PublicKeySize || p.IsInfinity() {
		return nil, errors.New("read BLS public key: not a compressed point of G1's subgroup")
	}
	return &p, nil
}

// parseSignature reads a compressed point of the right subgroup, not zero.
func parseSignature(b []byte) (*bls12381.G2Affine, error) {
	var p bls12381.G2Affine
	if len(b) != SignatureSize {
		return nil, fmt.Errorf("%w: %d bytes, want %d", ErrSignature, len(b), SignatureSize)
	}
	if n, err := p.SetBytes(b); err != nil || n != SignatureSize || p.IsInfinity() {
		return nil, fmt.Errorf("%w: not a compressed point of G2's subgroup", ErrSignature)
	}
	return &p, nil
}

func hashToG2(msg []byte) bls12381.G2Affine {
	p, err := bls12381.HashToG2(msg, blsDST)
	if err != nil {
		panic("walrus: hash to G2: " + err.Error()) // only for a DST that is too long
	}
	return p
}
