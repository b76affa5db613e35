package archive

import (
	"encoding/binary"
	"fmt"

	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/sui"
)

// What is archived is on chain for everybody to see. Which of it a key server read
// is not: one list names a policy and the pass that was shown to it, a pass names
// its owner, and an entry of an allow-list is an address. So each item is sealed,
// its kind and digest too, in
//
//	length of the sealed bytes (4) | nonce (24) | XChaCha20-Poly1305 of: kind (1) | digest (32) | length (4) | bytes | zeros
//
// The zeros fill it up to a multiple of sealedStep: the size of an object could
// tell which it is.
const (
	vaultPurpose = "floe-evidence-archive-v1"
	sealedStep   = 256
	plainHead    = 1 + 32 + 4
)

// appendSealed appends a sealed item to a payload, and returns where in the payload
// its sealed bytes are.
func appendSealed(v *vault.Vault, payload []byte, k kind, digest sui.Digest, b []byte) ([]byte, place) {
	size := (plainHead + len(b) + sealedStep - 1) / sealedStep * sealedStep
	plain := make([]byte, plainHead, size)
	plain[0] = byte(k)
	copy(plain[1:], digest[:])
	binary.LittleEndian.PutUint32(plain[33:], uint32(len(b)))
	plain = append(plain, b...)[:size]
	payload = binary.LittleEndian.AppendUint32(payload, uint32(size+vault.Overhead))
	at := place{kind: k, size: int32(size + vault.Overhead), offset: int64(len(payload)), sealed: true}
	return v.Seal(payload, plain, nil), at
}

// openItem opens a sealed item.
func openItem(v *vault.Vault, sealed []byte) (k kind, digest sui.Digest, b []byte, err error) {
	plain, err := v.Open(sealed, nil)
	if err != nil {
		return 0, digest, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(plain) < plainHead {
		return 0, digest, nil, fmt.Errorf("%w: an item ends too early", ErrDamaged)
	}
	k, digest = kind(plain[0]), sui.Digest(plain[1:33])
	size := binary.LittleEndian.Uint32(plain[33:])
	if int64(size) > int64(len(plain)-plainHead) {
		return 0, digest, nil, fmt.Errorf("%w: an item ends too early", ErrDamaged)
	}
	return k, digest, plain[plainHead:][:size], nil
}
