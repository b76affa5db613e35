package movevm

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha3"
	"hash"

	"golang.org/x/crypto/blake2b"
	legacysha3 "golang.org/x/crypto/sha3"
)

// suiHash: (&vector<u8>): vector<u8>
var suiHash = map[string]native{
	"blake2b256": func(c *nativeCall) {
		h := blake2b.Sum256(c.inputRef(0))
		c.retBytes(h[:])
	},
	"keccak256": func(c *nativeCall) { c.retBytes(keccak256(c.inputRef(0))) },
}

func keccak256(b []byte) []byte {
	h := legacysha3.NewLegacyKeccak256()
	h.Write(b)
	return h.Sum(nil)
}

var suiHMAC = map[string]native{
	// hmac_sha3_256(key &vector<u8>, msg &vector<u8>): vector<u8>
	"hmac_sha3_256": func(c *nativeCall) {
		m := hmac.New(func() hash.Hash { return sha3.New256() }, c.inputRef(0))
		m.Write(c.inputRef(1))
		c.retBytes(m.Sum(nil))
	},
}

var suiEd25519 = map[string]native{
	// ed25519_verify(signature, public_key, msg &vector<u8>): bool
	"ed25519_verify": func(c *nativeCall) {
		c.u.work(workSignature)
		sig, pk := c.inputRef(0), c.inputRef(1)
		c.retBool(len(sig) == ed25519.SignatureSize && len(pk) == ed25519.PublicKeySize && ed25519.Verify(pk, c.inputRef(2), sig))
	},
}

// Fuel of slow natives: one unit is a few nanoseconds.
const (
	workSignature = 20_000
	workPairing   = 200_000
	workGroupMul  = 60_000
	workGroupAdd  = 10_000
	workHashTo    = 100_000
	workPoseidon  = 50_000 // an input
	workNitro     = 1_500_000
)

// digestFor hashes a message for an ECDSA native: 0 is Keccak-256, 1 SHA-256.
func digestFor(kind uint64, msg []byte) []byte {
	switch kind {
	case 0:
		return keccak256(msg)
	case 1:
		h := sha256.Sum256(msg)
		return h[:]
	}
	return nil
}
