package seal

import (
	"errors"
	"fmt"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/sui"
)

// Errors of Decrypt. All of the last three mean that the object was built
// wrongly or changed, or that a user key was not verified.
var (
	ErrNotEnoughKeys      = errors.New("not enough user keys for the threshold")
	ErrInvalidNonce       = errors.New("encryption randomness does not match the object")
	ErrInconsistentShares = errors.New("shares of the object are inconsistent: other quorums would read something else")
	ErrInvalidPayload     = errAuthentication
)

// ErrNoPayload says that an object of the kind [Plain] was to be decrypted. What
// says which kind an object is of is not bound to its key: whoever can change a
// stored object could have its payload key taken for the plaintext.
var ErrNoPayload = errors.New("the object has no payload, only a key: take it with PayloadKey if that is what was expected")

// DecryptConfig changes how Decrypt works. The zero value is what most want.
type DecryptConfig struct {
	// PublicKeys, when not nil, holds the public keys of all key servers of
	// the object and turns on the check that every quorum of servers would
	// read the same plaintext.
	PublicKeys map[sui.Address]PublicKey
	// LittleEndianNonce also accepts objects of the npm client below 0.8.0
	// whose encryption randomness was stored in little-endian order. It
	// cannot be used with PublicKeys.
	LittleEndianNonce bool
}

// Decrypt opens an object with the user keys of its identity, by key server.
// It uses all keys given, at least the threshold; keys of other servers are
// ignored. Keys must be verified already, as those of a [Client] are. It
// checks that the object was encrypted honestly, so that a changed object
// never yields another plaintext.
func Decrypt(o *EncryptedObject, keys map[sui.Address]UserKey, cfg DecryptConfig) ([]byte, error) {
	key, err := o.payloadKey(keys, cfg)
	if err != nil {
		return nil, fmt.Errorf("decrypt object: %w", err)
	}
	return DecryptWithPayloadKey(o, key)
}

// PayloadKey returns the key that [Encrypt] returned with the object, after the
// checks of [Decrypt]. It is all that a [Plain] object has.
func PayloadKey(o *EncryptedObject, keys map[sui.Address]UserKey, cfg DecryptConfig) ([32]byte, error) {
	key, err := o.payloadKey(keys, cfg)
	if err != nil {
		return [32]byte{}, fmt.Errorf("recover payload key: %w", err)
	}
	return key, nil
}

// DecryptWithPayloadKey opens an object with the key that Encrypt returned.
func DecryptWithPayloadKey(o *EncryptedObject, key [32]byte) ([]byte, error) {
	plaintext, err := o.Ciphertext.openPayload(key)
	if err != nil {
		return nil, fmt.Errorf("decrypt object: %w", err)
	}
	return plaintext, nil
}

func (o *EncryptedObject) payloadKey(keys map[sui.Address]UserKey, cfg DecryptConfig) (key [32]byte, err error) {
	if err := o.check(); err != nil {
		return key, err
	}
	if cfg.LittleEndianNonce && cfg.PublicKeys != nil {
		return key, errors.New("a little-endian nonce cannot be accepted together with the consistency check")
	}
	polynomials, err := o.recover(keys)
	if err != nil {
		return key, err
	}
	base := polynomials[0]
	r, err := o.openRandomness(base, cfg.LittleEndianNonce)
	if err != nil {
		return key, err
	}
	if cfg.PublicKeys != nil {
		if err := o.checkConsistency(polynomials, r, cfg.PublicKeys); err != nil {
			return key, err
		}
	}
	return derivedKey(base, purposeDEM, o.Threshold, o.Shares, o.Services), nil
}

// recover decrypts the shares that keys allow and interpolates them all.
func (o *EncryptedObject) recover(keys map[sui.Address]UserKey) ([][32]byte, error) {
	nonce, err := ParseG2(o.Nonce[:])
	if err != nil {
		return nil, fmt.Errorf("nonce: %w", err)
	}
	usable := *o
	usable.Services = nil
	var shares [][32]byte
	for i, s := range o.Services {
		if _, ok := keys[s.Server]; ok {
			usable.Services = append(usable.Services, s)
			shares = append(shares, o.Shares[i])
		}
	}
	if len(shares) < int(o.Threshold) {
		return nil, fmt.Errorf("%w: have keys for %d of %d shares, want %d",
			ErrNotEnoughKeys, len(shares), len(o.Services), o.Threshold)
	}
	pads, err := usable.pads(hashIdentity(o.FullID()), func(server sui.Address) (bls12381.GT, error) {
		return bls12381.Pair([]bls12381.G1Affine{keys[server].p}, []bls12381.G2Affine{nonce})
	})
	if err != nil {
		return nil, err
	}
	indices := make([]uint8, len(shares))
	for i := range shares {
		indices[i] = usable.Services[i].Index
		shares[i] = xor32(shares[i], pads[i])
	}
	polynomials, err := interpolate(indices, shares)
	if err != nil {
		return nil, err
	}
	if len(polynomials) > int(o.Threshold) {
		return nil, ErrInconsistentShares
	}
	return polynomials, nil
}

// openRandomness returns the encryption randomness after checking that it
// makes the object's nonce, which is what protects against chosen ciphertexts.
func (o *EncryptedObject) openRandomness(base [32]byte, littleEndian bool) (r fr.Element, err error) {
	b := xor32(o.Randomness, derivedKey(base, purposeRandomness, o.Threshold, o.Shares, o.Services))
	if littleEndian {
		le := b
		slices.Reverse(le[:])
		if r, err := parseScalar(le[:]); err == nil && makesNonce(r, o.Nonce) {
			return r, nil
		}
	}
	r, err = parseScalar(b[:])
	if err != nil || !makesNonce(r, o.Nonce) {
		return r, ErrInvalidNonce
	}
	return r, nil
}

func makesNonce(r fr.Element, nonce [96]byte) bool {
	var p bls12381.G2Affine
	p.ScalarMultiplication(&generatorG2, scalarInt(&r))
	return p.Bytes() == nonce
}

// checkConsistency recomputes every share from the randomness and demands that
// it lies on the recovered polynomials.
func (o *EncryptedObject) checkConsistency(polynomials [][32]byte, r fr.Element, keys map[sui.Address]PublicKey) error {
	pads, err := o.encryptorPads(scalarInt(&r), hashIdentity(o.FullID()), func(s sui.Address) (PublicKey, bool) {
		pk, ok := keys[s]
		return pk, ok
	})
	if err != nil {
		return fmt.Errorf("check share consistency: %w", err)
	}
	for i, s := range o.Services {
		if xor32(o.Shares[i], pads[i]) != evaluate(polynomials, s.Index) {
			return ErrInconsistentShares
		}
	}
	return nil
}
