// Package seal speaks Seal: identity-based threshold encryption whose keys are
// released by independent key servers when a Move policy on chain agrees.
//
// Data is encrypted to an identity (a policy package and an inner id) and to a
// set of key servers, of which a threshold must help to open it: see [Encrypt]
// and [Decrypt]. A reader obtains the user keys of an identity with a
// [SessionKey] through a [Client], which asks the servers in parallel and
// verifies every key it is given. Of a key server that is a committee it asks
// the members, or an aggregator that does so ([CommitteeFetch]). [Inspect]
// describes an encrypted object without any key.
//
// Objects, keys and requests are those of Seal, so that whatever the npm client
// @mysten/seal wrote can be opened here and the other way round. Parsing is
// stricter than there: it applies the rules of Seal's Move parser.
//
// For files larger than memory use package dataset, which seals only a file
// key with this package.
package seal

import (
	"crypto/rand"
	"fmt"
	"io"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/sui"
)

// A Recipient is a key server that gets shares of an object.
type Recipient struct {
	Server    sui.Address // id of the KeyServer object on chain
	PublicKey PublicKey
	Weight    int // number of shares; 0 means 1
}

// MaxIDSize is the most bytes of an inner identity. A policy gets it as a pure input,
// for which Sui's limit is 16 KiB, the length in front included: nobody could ever ask
// for the key of a longer one.
const MaxIDSize = 16<<10 - 2

// EncryptConfig says to whom an object is encrypted.
type EncryptConfig struct {
	// Package is the id of the first version of the package that holds the
	// policy function.
	Package sui.Address
	// ID is the inner identity, which the policy function is called with, of
	// MaxIDSize bytes at most.
	ID []byte
	// Recipients are the key servers.
	Recipients []Recipient
	// Threshold is the number of shares that open the object.
	Threshold int
	// DEM is the payload encryption. The zero value is AES256GCM.
	DEM DEM
	// AAD is public data that is authenticated with the payload. It is
	// stored in the object. nil stores "none", which differs from "empty".
	AAD []byte
	// Rand is the source of all randomness. nil means crypto/rand.
	Rand io.Reader
}

// Encrypt encrypts plaintext and returns the object with its payload key.
//
// Whoever has the payload key opens the object without any key server; keep it
// as a backup or forget it.
func Encrypt(plaintext []byte, cfg EncryptConfig) (*EncryptedObject, [32]byte, error) {
	obj, key, err := encrypt(plaintext, cfg)
	if err != nil {
		return nil, [32]byte{}, fmt.Errorf("encrypt object: %w", err)
	}
	return obj, key, nil
}

func encrypt(plaintext []byte, cfg EncryptConfig) (obj *EncryptedObject, key [32]byte, err error) {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if len(cfg.ID) > MaxIDSize {
		return nil, key, fmt.Errorf("the identity has %d bytes, at most %d can be asked for", len(cfg.ID), MaxIDSize)
	}
	recipients, err := spread(cfg.Recipients)
	if err != nil {
		return nil, key, err
	}
	var base [32]byte
	if _, err := io.ReadFull(cfg.Rand, base[:]); err != nil {
		return nil, key, fmt.Errorf("read randomness: %w", err)
	}
	shares, err := split(cfg.Rand, base, cfg.Threshold, len(recipients))
	if err != nil {
		return nil, key, err
	}
	obj = &EncryptedObject{
		Package:    cfg.Package,
		ID:         append([]byte{}, cfg.ID...),
		Threshold:  uint8(cfg.Threshold),
		Ciphertext: Ciphertext{DEM: cfg.DEM, AAD: cfg.AAD},
	}
	for i, r := range recipients {
		obj.Services = append(obj.Services, Service{Server: r.Server, Index: uint8(i + 1)})
	}
	if err := obj.encryptShares(cfg.Rand, recipients, base, shares); err != nil {
		return nil, key, err
	}
	key = derivedKey(base, purposeDEM, obj.Threshold, obj.Shares, obj.Services)
	if err := obj.Ciphertext.sealPayload(key, plaintext); err != nil {
		return nil, key, err
	}
	return obj, key, nil
}

// spread repeats each recipient by its weight.
func spread(in []Recipient) (out []Recipient, err error) {
	seen := map[sui.Address]bool{}
	for _, r := range in {
		if seen[r.Server] {
			return nil, fmt.Errorf("key server %s is listed twice: give it a weight instead", r.Server)
		}
		seen[r.Server] = true
		if r.PublicKey.p.IsInfinity() {
			return nil, fmt.Errorf("key server %s has no public key", r.Server)
		}
		if r.Weight < 0 || r.Weight > maxShares {
			return nil, fmt.Errorf("key server %s has weight %d, want 1 to %d", r.Server, r.Weight, maxShares)
		}
		for range max(r.Weight, 1) {
			out = append(out, r)
		}
	}
	return out, nil
}

// encryptShares fills in the nonce, the encrypted shares and the encrypted
// randomness: one random scalar serves all shares.
func (o *EncryptedObject) encryptShares(rand io.Reader, to []Recipient, base [32]byte, shares [][32]byte) error {
	r, err := RandomScalar(rand)
	if err != nil {
		return err
	}
	var nonce bls12381.G2Affine
	nonce.ScalarMultiplication(&generatorG2, scalarInt(&r))
	o.Nonce = nonce.Bytes()
	gid := hashIdentity(o.FullID())
	pads, err := o.encryptorPads(scalarInt(&r), gid, func(s sui.Address) (PublicKey, bool) {
		for _, t := range to {
			if t.Server == s {
				return t.PublicKey, true
			}
		}
		return PublicKey{}, false
	})
	if err != nil {
		return err
	}
	o.Shares = make([][32]byte, len(shares))
	for i := range shares {
		o.Shares[i] = xor32(shares[i], pads[i])
	}
	o.Randomness = xor32(r.Bytes(), derivedKey(base, purposeRandomness, o.Threshold, o.Shares, o.Services))
	return nil
}
