package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"hash"
)

// A DEM is the way in which an object encrypts its payload under the derived
// key. The values are those of the object format.
type DEM uint8

// Payload encryptions.
const (
	AES256GCM  DEM = 0 // the usual one
	HMAC256CTR DEM = 1 // slower; can be opened by a Move contract
	Plain      DEM = 2 // no payload, only a key: see PayloadKey
)

// String returns the name that `floe seal inspect` prints.
func (d DEM) String() string {
	switch d {
	case AES256GCM:
		return "AES-256-GCM"
	case HMAC256CTR:
		return "HMAC-256-CTR"
	case Plain:
		return "Plain"
	}
	return "unknown"
}

// errAuthentication is all that a failed payload check says.
var errAuthentication = errors.New("payload or its additional data were changed, or the key is not theirs")

// aesNonce is fixed by Seal: the key of an object is used for one payload only.
var aesNonce = [16]byte{
	0x8a, 0x37, 0x99, 0xfd, 0xc6, 0x2e, 0x79, 0xdb, 0xa0, 0x80, 0x59, 0x07, 0xd6, 0x9c, 0x94, 0xdc,
}

const (
	hmacStreamTag = "HMAC-CTR-ENC"
	hmacMACTag    = "HMAC-CTR-MAC"
)

// sealPayload encrypts plaintext into c.Blob and, for HMAC256CTR, c.MAC.
func (c *Ciphertext) sealPayload(key [32]byte, plaintext []byte) error {
	switch c.DEM {
	case AES256GCM:
		c.Blob = newGCM(key).Seal(nil, aesNonce[:], plaintext, c.AAD)
	case HMAC256CTR:
		c.Blob = hmacStream(key, plaintext)
		c.MAC = hmacTag(key, c.AAD, c.Blob)
	case Plain:
		if len(plaintext) != 0 || c.AAD != nil {
			return errors.New("a Plain object carries no payload and no additional data, only a key")
		}
	default:
		return &UnsupportedError{What: "payload encryption", Variant: uint64(c.DEM)}
	}
	return nil
}

// openPayload is the reverse of sealPayload.
func (c *Ciphertext) openPayload(key [32]byte) ([]byte, error) {
	switch c.DEM {
	case AES256GCM:
		plaintext, err := newGCM(key).Open(nil, aesNonce[:], c.Blob, c.AAD)
		if err != nil {
			return nil, errAuthentication
		}
		return plaintext, nil
	case HMAC256CTR:
		if tag := hmacTag(key, c.AAD, c.Blob); !hmac.Equal(tag[:], c.MAC[:]) {
			return nil, errAuthentication
		}
		return hmacStream(key, c.Blob), nil
	case Plain:
		return nil, ErrNoPayload
	}
	return nil, &UnsupportedError{What: "payload encryption", Variant: uint64(c.DEM)}
}

func newGCM(key [32]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("seal: " + err.Error())
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(aesNonce))
	if err != nil {
		panic("seal: " + err.Error())
	}
	return gcm
}

// hmacStream adds the key stream HMAC-SHA3-256(key, tag, u64le block number).
func hmacStream(key [32]byte, in []byte) []byte {
	out := make([]byte, len(in))
	mac := newHMAC(key)
	var block [32]byte
	for i := 0; i < len(in); i += len(block) {
		mac.Reset()
		mac.Write([]byte(hmacStreamTag))
		mac.Write(binary.LittleEndian.AppendUint64(nil, uint64(i/len(block))))
		mac.Sum(block[:0])
		for j := 0; j < len(block) && i+j < len(in); j++ {
			out[i+j] = in[i+j] ^ block[j]
		}
	}
	return out
}

func hmacTag(key [32]byte, aad, blob []byte) [32]byte {
	mac := newHMAC(key)
	mac.Write([]byte(hmacMACTag))
	mac.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(aad))))
	mac.Write(aad)
	mac.Write(blob)
	return [32]byte(mac.Sum(nil))
}

func newHMAC(key [32]byte) hash.Hash {
	return hmac.New(func() hash.Hash { return sha3.New256() }, key[:])
}
