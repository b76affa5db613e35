package walrus

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/blake2b"
)

// A BlobID names a blob by its content and its encoding. Its 32 bytes are
// also the little-endian form of the u256 that contracts use.
type BlobID [32]byte

var blobIDText = base64.RawURLEncoding.Strict()

// ParseBlobID reads the 43 characters of URL-safe base64 that String writes.
func ParseBlobID(s string) (BlobID, error) {
	var id BlobID
	if len(s) != blobIDText.EncodedLen(len(id)) {
		return id, fmt.Errorf("parse blob id %.60q: want 43 characters of URL-safe base64, have %d", s, len(s))
	}
	_, err := blobIDText.Decode(id[:], []byte(s))
	if err == nil && id.String() != s { // base64 passes over line breaks
		err = errors.New("it is not in canonical form")
	}
	if err != nil {
		return BlobID{}, fmt.Errorf("parse blob id %.60q: %w", s, err)
	}
	return id, nil
}

// String returns the id in URL-safe base64 without padding.
func (id BlobID) String() string { return blobIDText.EncodeToString(id[:]) }

// MarshalText implements encoding.TextMarshaler.
func (id BlobID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *BlobID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseBlobID(string(b))
	return err
}

// DeriveBlobID computes the id from the root of the blob's Merkle tree and its
// size in bytes, as blob::derive_blob_id does on chain:
// BLAKE2b-256(encoding type ‖ size u64le ‖ root).
func DeriveBlobID(root Hash, size uint64) BlobID {
	var b [41]byte
	b[0] = EncodingRS2
	binary.LittleEndian.PutUint64(b[1:], size)
	copy(b[9:], root[:])
	return blake2b.Sum256(b[:])
}
