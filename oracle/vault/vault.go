// Package vault seals what a key server keeps on its disk and is not for whoever
// finds a copy of it: XChaCha20-Poly1305 under a key that follows from the key
// that signs receipts, another for each purpose.
package vault

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// A Vault is safe for concurrent use. A nil Vault opens nothing.
type Vault struct{ aead cipher.AEAD }

// Overhead is how many bytes longer what is sealed is.
const Overhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// ErrSealed is returned for what the key does not open.
var ErrSealed = errors.New("it is sealed with another key than this receipt key, or was changed")

// New returns the vault of a purpose. A purpose is a name with a version, and
// stands for a key of its own.
func New(key ed25519.PrivateKey, purpose string) (*Vault, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("the receipt key has a wrong length")
	}
	k, err := hkdf.Key(sha256.New, key.Seed(), nil, purpose, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", purpose, err)
	}
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", purpose, err)
	}
	return &Vault{aead}, nil
}

// Seal appends a random nonce and the sealed plain to dst. Open needs what it is
// bound to, which may be nil.
func (v *Vault) Seal(dst, plain, bound []byte) []byte {
	var nonce [chacha20poly1305.NonceSizeX]byte
	rand.Read(nonce[:]) // never fails
	return v.aead.Seal(append(dst, nonce[:]...), nonce[:], plain, bound)
}

// Open returns what was sealed, or ErrSealed.
func (v *Vault) Open(sealed, bound []byte) ([]byte, error) {
	if v == nil || len(sealed) < Overhead {
		return nil, ErrSealed
	}
	n := chacha20poly1305.NonceSizeX
	plain, err := v.aead.Open(nil, sealed[:n], sealed[n:], bound)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
