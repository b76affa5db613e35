package sui

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/btcsuite/btcd/btcutil/bech32"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// privateKeyPrefix is the human-readable part of exported keys.
const privateKeyPrefix = "suiprivkey"

// PrivateKey is a key of a simple scheme. It implements [Signer]. However it
// is printed, it shows only its address.
type PrivateKey struct {
	public PublicKey
	secret [32]byte // seed of Ed25519, else the scalar in big-endian order
	sign   func(digest []byte) ([]byte, error)
}

// NewPrivateKey returns the key with a 32-byte secret: the seed of an Ed25519
// key, or the scalar of the others in big-endian order.
func NewPrivateKey(scheme Scheme, secret []byte) (*PrivateKey, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("make %s key: secret of %d bytes, want 32", scheme, len(secret))
	}
	k := &PrivateKey{}
	copy(k.secret[:], secret)
	switch scheme {
	case Ed25519:
		priv := ed25519.NewKeyFromSeed(secret)
		k.public = PublicKey{Ed25519, []byte(priv.Public().(ed25519.PublicKey))}
		k.sign = func(digest []byte) ([]byte, error) { return ed25519.Sign(priv, digest), nil }
	case Secp256k1:
		var scalar secp256k1.ModNScalar
		if scalar.SetByteSlice(secret) || scalar.IsZero() {
			return nil, errors.New("make Secp256k1 key: secret is not in the range of the curve's order")
		}
		priv := secp256k1.NewPrivateKey(&scalar)
		k.public = PublicKey{Secp256k1, priv.PubKey().SerializeCompressed()}
		k.sign = func(digest []byte) ([]byte, error) { return signK1(priv, digest), nil }
	case Secp256r1:
		priv, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
		if err != nil {
			return nil, errors.New("make Secp256r1 key: secret is not in the range of the curve's order")
		}
		k.public = PublicKey{Secp256r1, elliptic.MarshalCompressed(elliptic.P256(), priv.X, priv.Y)}
		k.sign = func(digest []byte) ([]byte, error) { return signR1(priv, digest) }
	default:
		return nil, fmt.Errorf("make key of scheme %s: %w", scheme, ErrScheme)
	}
	return k, nil
}

// GenerateKey makes a new key from random, which is crypto/rand's Reader
// except in tests.
func GenerateKey(scheme Scheme, random io.Reader) (*PrivateKey, error) {
	if keySize(scheme) == 0 {
		return nil, fmt.Errorf("generate key of scheme %s: %w", scheme, ErrScheme)
	}
	var secret [32]byte
	for range 8 { // a random scalar is out of range once in 2^32 at most
		if _, err := io.ReadFull(random, secret[:]); err != nil {
			return nil, fmt.Errorf("generate key: %w", err)
		}
		if k, err := NewPrivateKey(scheme, secret[:]); err == nil {
			return k, nil
		}
	}
	return nil, errors.New("generate key: the random source gives no valid secret")
}

// ParsePrivateKey reads a key in the form that Sui's wallets and CLI export:
// bech32 "suiprivkey1…", or the base64 of flag and secret as in a keystore.
func ParsePrivateKey(s string) (*PrivateKey, error) {
	var raw []byte
	if len(s) > len(privateKeyPrefix) && s[:len(privateKeyPrefix)] == privateKeyPrefix {
		hrp, data, err := bech32.DecodeToBase256(s)
		if err != nil || hrp != privateKeyPrefix {
			return nil, errors.New("parse private key: damaged suiprivkey text, copy all of it")
		}
		raw = data
	} else {
		data, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, errors.New("parse private key: want suiprivkey1… or base64")
		}
		raw = data
	}
	if len(raw) != 33 {
		return nil, fmt.Errorf("parse private key: %d bytes, want a scheme flag and 32", len(raw))
	}
	return NewPrivateKey(Scheme(raw[0]), raw[1:])
}

// Export returns the key as "suiprivkey1…". Whoever has the text has the key.
func (k *PrivateKey) Export() (string, error) {
	return bech32.EncodeFromBase256(privateKeyPrefix, k.flagged())
}

func (k *PrivateKey) flagged() []byte { return append([]byte{byte(k.public.Scheme)}, k.secret[:]...) }

// PublicKey returns the public part.
func (k *PrivateKey) PublicKey() PublicKey { return k.public }

// Address returns the address that the key signs for.
func (k *PrivateKey) Address() Address { return k.public.Address() }

// SignTransaction signs the BCS of a TransactionData.
func (k *PrivateKey) SignTransaction(tx []byte) (Signature, error) {
	return k.serialize(IntentDigest(IntentTransaction, tx))
}

// SignPersonalMessage signs a message as wallets do.
func (k *PrivateKey) SignPersonalMessage(msg []byte) (Signature, error) {
	return k.serialize(PersonalMessageDigest(msg))
}

func (k *PrivateKey) serialize(digest [32]byte) (Signature, error) {
	sig, err := k.sign(digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign with %s key: %w", k.public.Scheme, err)
	}
	out := append([]byte{byte(k.public.Scheme)}, sig...)
	return append(out, k.public.Bytes...), nil
}

// Format prints the address, whatever the verb, and never the secret.
func (k *PrivateKey) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "sui.PrivateKey(%s)", k.Address())
}

// MarshalText refuses, so that a key does not end up in JSON by accident; see
// [PrivateKey.Export].
func (k *PrivateKey) MarshalText() ([]byte, error) {
	return nil, errors.New("a private key is not written as text; call Export")
}

// signK1 signs SHA-256 of the digest deterministically (RFC 6979), with low s.
func signK1(priv *secp256k1.PrivateKey, digest []byte) []byte {
	h := sha256.Sum256(digest)
	sig := k1ecdsa.Sign(priv, h[:])
	r, s := sig.R(), sig.S()
	rb, sb := r.Bytes(), s.Bytes()
	return append(rb[:], sb[:]...)
}

// signR1 signs SHA-256 of the digest deterministically (RFC 6979; without a
// random source the standard library does so), and makes s low.
func signR1(priv *ecdsa.PrivateKey, digest []byte) ([]byte, error) {
	h := sha256.Sum256(digest)
	der, err := priv.Sign(nil, h[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	if sig.S.Cmp(halfOrderR1) > 0 {
		sig.S.Sub(elliptic.P256().Params().N, sig.S)
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
