package sui

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
)

// maxMultiSigKeys is how many keys Sui allows in a multisig address.
const maxMultiSigKeys = 10

// A MultiSigKey is the public key of a multisig address: keys that sign with a
// weight each, and how much weight a signature needs.
type MultiSigKey struct {
	Keys      []WeightedKey // 1 to 10, no two alike
	Threshold uint16        // at least 1, at most the sum of the weights
}

// A WeightedKey is one key of a multisig address. Its scheme is a simple one,
// Passkey with 33 bytes, or ZkLogin with the bytes of Sui's public identifier.
type WeightedKey struct {
	PublicKey
	Weight uint8 // at least 1
}

// Address returns the address of the key: BLAKE2b-256 of the flag, the
// threshold, and flag, key and weight of each member.
func (k *MultiSigKey) Address() Address {
	buf := binary.LittleEndian.AppendUint16([]byte{byte(MultiSig)}, k.Threshold)
	for _, m := range k.Keys {
		buf = append(append(append(buf, byte(m.Scheme)), m.Bytes...), m.Weight)
	}
	return blake2b.Sum256(buf)
}

// check applies Sui's rules of multisig keys.
func (k *MultiSigKey) check() error {
	if len(k.Keys) == 0 || len(k.Keys) > maxMultiSigKeys {
		return fmt.Errorf("%d keys, want 1 to %d", len(k.Keys), maxMultiSigKeys)
	}
	sum, seen := 0, map[string]bool{}
	for i, m := range k.Keys {
		id := string(append([]byte{byte(m.Scheme)}, m.Bytes...))
		if m.Weight == 0 || seen[id] {
			return fmt.Errorf("key %d has no weight or stands twice", i)
		}
		seen[id] = true
		sum += int(m.Weight)
	}
	if k.Threshold == 0 || int(k.Threshold) > sum {
		return fmt.Errorf("threshold %d, want 1 to the sum of the weights, %d", k.Threshold, sum)
	}
	return nil
}

// The order of the schemes in the enums of multisig keys and signatures.
var multiSigSchemes = []Scheme{Ed25519, Secp256k1, Secp256r1, ZkLogin, Passkey}

// A multiSig is a serialized signature of scheme MultiSig without its flag.
type multiSig struct {
	sigs   []Signature // of each signer, with its flag; simple ones without the key
	bitmap uint16      // which keys signed
	key    MultiSigKey
}

func (m *multiSig) UnmarshalBCS(d *bcs.Decoder) {
	for range d.Length(1) {
		scheme := multiSigSchemes[d.Variant(len(multiSigSchemes))]
		var sig Signature
		if scheme == ZkLogin || scheme == Passkey {
			sig = d.Bytes() // as it stands alone, with its flag
		} else {
			sig = append(Signature{byte(scheme)}, d.Fixed(64)...)
		}
		if len(sig) == 0 || sig[0] != byte(scheme) {
			d.Fail(fmt.Errorf("a %s signature without its flag", scheme))
		}
		m.sigs = append(m.sigs, sig)
	}
	m.bitmap = d.U16()
	for range d.Length(2) {
		key := WeightedKey{PublicKey: PublicKey{Scheme: multiSigSchemes[d.Variant(len(multiSigSchemes))]}}
		switch key.Scheme {
		case Passkey:
			key.Bytes = d.Fixed(33)
		case ZkLogin:
			key.Bytes = d.Bytes()
		default:
			key.Bytes = d.Fixed(keySize(key.Scheme))
		}
		key.Weight = d.U8()
		m.key.Keys = append(m.key.Keys, key)
	}
	m.key.Threshold = d.U16()
}

// verifyMultiSig checks the signature of every signer over a digest, and that
// together they weigh enough. The older form with a Roaring bitmap, which Sui
// still reads, is refused.
func (s Signature) verifyMultiSig(digest [32]byte) (Address, error) {
	var m multiSig
	err := bcs.Unmarshal(s[1:], &m)
	if err == nil {
		err = m.key.check()
	}
	if err == nil && (bits.OnesCount16(m.bitmap) != len(m.sigs) || m.bitmap>>len(m.key.Keys) != 0) {
		err = errors.New("the bitmap does not name one key for each signature")
	}
	if err != nil {
		return Address{}, fmt.Errorf("read MultiSig signature: %w", err)
	}
	weight, next := 0, m.bitmap
	for i, sig := range m.sigs {
		at := bits.TrailingZeros16(next)
		next &= next - 1
		if err := m.key.Keys[at].verifyMember(sig, digest); err != nil {
			return Address{}, fmt.Errorf("verify signature %d of a MultiSig: %w", i, err)
		}
		weight += int(m.key.Keys[at].Weight)
	}
	if weight < int(m.key.Threshold) {
		return Address{}, fmt.Errorf("verify MultiSig signature: weight %d of the %d that are needed: %w", weight, m.key.Threshold, ErrSignature)
	}
	return m.key.Address(), nil
}

// verifyMember checks the signature of one signer.
func (k WeightedKey) verifyMember(sig Signature, digest [32]byte) error {
	switch scheme := Scheme(sig[0]); {
	case scheme != k.Scheme:
		return fmt.Errorf("%s signature for a key of %s: %w", scheme, k.Scheme, ErrSignature)
	case scheme == ZkLogin:
		return fmt.Errorf("read signature of scheme %s: %w", scheme, ErrScheme)
	case scheme == Passkey:
		signer, err := sig.verifyPasskey(digest)
		if err == nil && signer != k.Address() {
			err = fmt.Errorf("verify Passkey signature: it is of another key: %w", ErrSignature)
		}
		return err
	}
	return k.Verify(digest[:], sig[1:])
}
