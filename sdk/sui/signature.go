package sui

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/canonical"
)

// Scheme is a signature scheme; the values are the flags of Sui's serialized
// signatures, keys and addresses.
type Scheme uint8

// The signature schemes of Sui. The first three are simple: one key, one
// signature. All but ZkLogin are verified here; that one needs the keys of
// identity providers, which validators agree on: ask a full node
// (SignatureVerificationService.VerifySignature).
const (
	Ed25519   Scheme = 0
	Secp256k1 Scheme = 1
	Secp256r1 Scheme = 2
	MultiSig  Scheme = 3
	ZkLogin   Scheme = 5
	Passkey   Scheme = 6
)

// String returns Sui's name of the scheme.
func (s Scheme) String() string {
	switch s {
	case Ed25519:
		return "ED25519"
	case Secp256k1:
		return "Secp256k1"
	case Secp256r1:
		return "Secp256r1"
	case MultiSig:
		return "MultiSig"
	case ZkLogin:
		return "ZkLogin"
	case Passkey:
		return "Passkey"
	}
	return fmt.Sprintf("Scheme(%d)", uint8(s))
}

// IntentScope says what a signature is for, so that one kind of message can
// not pass for another.
type IntentScope uint8

// The intent scopes of user and authority signatures.
const (
	IntentTransaction     IntentScope = 0
	IntentCheckpoint      IntentScope = 2
	IntentPersonalMessage IntentScope = 3
)

// Errors of signatures.
var (
	// ErrSignature means that the bytes are not a signature of the message.
	ErrSignature = errors.New("signature does not verify")
	// ErrScheme means that signatures of the scheme can't be verified here.
	ErrScheme = errors.New("signature scheme is not supported")
	// ErrWrongSigner means that the signature is good but of another address.
	ErrWrongSigner = errors.New("signature is of another address")
)

// IntentDigest returns the 32 bytes that are signed for a message: BLAKE2b-256
// of the intent and the BCS of the message.
func IntentDigest(scope IntentScope, message []byte) [32]byte {
	return blake2b.Sum256(append([]byte{byte(scope), 0, 0}, message...))
}

// PersonalMessageDigest returns the 32 bytes that wallets sign for a message.
func PersonalMessageDigest(message []byte) [32]byte {
	e := bcs.NewEncoder()
	e.Bytes(message)
	return IntentDigest(IntentPersonalMessage, e.Data())
}

// PublicKey is a key of a simple scheme: 32 bytes for Ed25519, else the 33
// bytes of a compressed point.
type PublicKey struct {
	Scheme Scheme
	Bytes  []byte
}

// Address returns the address of the key: BLAKE2b-256 of flag and key.
func (k PublicKey) Address() Address {
	return blake2b.Sum256(append([]byte{byte(k.Scheme)}, k.Bytes...))
}

// SimpleSignature is a signature of a simple scheme: 64 bytes and the key.
type SimpleSignature struct {
	Key   PublicKey
	Bytes []byte
}

func keySize(s Scheme) int {
	switch s {
	case Ed25519:
		return ed25519.PublicKeySize
	case Secp256k1, Secp256r1:
		return 33
	}
	return 0
}

// Scheme returns the scheme of the signature, by its first byte.
func (s Signature) Scheme() (Scheme, error) {
	if len(s) == 0 {
		return 0, errors.New("read signature: it is empty")
	}
	return Scheme(s[0]), nil
}

// Simple takes a signature of a simple scheme apart: flag, 64 bytes, key. It
// returns ErrScheme (wrapped) for other schemes.
func (s Signature) Simple() (*SimpleSignature, error) {
	scheme, err := s.Scheme()
	if err != nil {
		return nil, err
	}
	size := keySize(scheme)
	if size == 0 {
		return nil, fmt.Errorf("read signature of scheme %s: %w", scheme, ErrScheme)
	}
	if len(s) != 1+64+size {
		return nil, fmt.Errorf("read %s signature: %d bytes, want %d", scheme, len(s), 1+64+size)
	}
	return &SimpleSignature{Key: PublicKey{scheme, bytes.Clone(s[65:])}, Bytes: bytes.Clone(s[1:65])}, nil
}

// ParseSignature reads the base64 form.
func ParseSignature(s string) (Signature, error) {
	b, err := canonical.Base64(base64.StdEncoding, s)
	if err != nil {
		return nil, fmt.Errorf("parse signature: not base64: %w", err)
	}
	return b, nil
}

// String prints base64.
func (s Signature) String() string { return base64.StdEncoding.EncodeToString(s) }

// VerifyTransaction checks a signature over the BCS of a TransactionData and
// returns the signer's address.
func (s Signature) VerifyTransaction(tx []byte) (Address, error) {
	return s.verify(IntentDigest(IntentTransaction, tx))
}

// VerifyPersonalMessage checks a signature over a message and returns the
// signer's address.
func (s Signature) VerifyPersonalMessage(message []byte) (Address, error) {
	return s.verify(PersonalMessageDigest(message))
}

// VerifyBy reports, as an error, when addr did not make a verified signature.
func VerifyBy(addr, signer Address) error {
	if addr != signer {
		return fmt.Errorf("%w: signed by %s, want %s", ErrWrongSigner, signer, addr)
	}
	return nil
}

func (s Signature) verify(digest [32]byte) (Address, error) {
	switch scheme, _ := s.Scheme(); scheme {
	case MultiSig:
		return s.verifyMultiSig(digest)
	case Passkey:
		return s.verifyPasskey(digest)
	}
	simple, err := s.Simple()
	if err != nil {
		return Address{}, err
	}
	if err := simple.Key.Verify(digest[:], simple.Bytes); err != nil {
		return Address{}, err
	}
	return simple.Key.Address(), nil
}

// Verify checks a 64-byte signature over bytes, most often an intent digest. ECDSA
// signatures must have a low s, as Sui demands.
func (k PublicKey) Verify(digest, sig []byte) error {
	if len(k.Bytes) != keySize(k.Scheme) || len(sig) != 64 {
		return fmt.Errorf("verify %s signature: key of %d bytes, signature of %d: %w", k.Scheme, len(k.Bytes), len(sig), ErrSignature)
	}
	ok := false
	switch k.Scheme {
	case Ed25519:
		ok = ed25519.Verify(k.Bytes, digest, sig)
	case Secp256k1:
		ok = verifyK1(k.Bytes, digest, sig)
	case Secp256r1:
		ok = verifyR1(k.Bytes, digest, sig)
	default:
		return fmt.Errorf("verify signature of scheme %s: %w", k.Scheme, ErrScheme)
	}
	if !ok {
		return fmt.Errorf("verify %s signature: %w", k.Scheme, ErrSignature)
	}
	return nil
}

func verifyK1(key, digest, sig []byte) bool {
	pub, err := secp256k1.ParsePubKey(key)
	if err != nil {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || s.IsOverHalfOrder() {
		return false
	}
	h := sha256.Sum256(digest)
	return k1ecdsa.NewSignature(&r, &s).Verify(h[:], pub)
}

func verifyR1(key, digest, sig []byte) bool {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), key)
	if x == nil {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	if s.Cmp(halfOrderR1) > 0 {
		return false
	}
	h := sha256.Sum256(digest)
	return ecdsa.Verify(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, h[:], r, s)
}

var halfOrderR1 = new(big.Int).Rsh(elliptic.P256().Params().N, 1)
