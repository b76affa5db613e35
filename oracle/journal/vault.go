package journal

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A vault seals what a line holds beside its receipt, so that whoever finds a
// copy of the file, without the key that signs receipts, does not learn who
// asked: XChaCha20-Poly1305 under a key that follows from that one, bound to the
// receipt. A nil vault opens nothing, and reads what stands open.
type vault struct{ aead cipher.AEAD }

// sealedMark begins a sealed column. It is not in the alphabet of the others.
const sealedMark = "~"

// errSealed is returned for what the key does not open.
var errSealed = errors.New("what belongs to the receipt is sealed with another key than this receipt key, or was changed")

func newVault(key ed25519.PrivateKey) (*vault, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("the receipt key has a wrong length")
	}
	k, err := hkdf.Key(sha256.New, key.Seed(), nil, "floe-journal-openings-v1", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the journal: %w", err)
	}
	aead, err := chacha20poly1305.NewX(k)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the journal: %w", err)
	}
	return &vault{aead}, nil
}

// line is the line of a receipt, with its end: the JWT and, sealed, salt,
// requester and the short form of the evidence.
func (v *vault) line(jwt string, o *receipt.Opening, evidence []byte) string {
	if o == nil {
		return jwt + "\n"
	}
	plain := append(append(append([]byte{}, o.Salt[:]...), o.Requester[:]...), evidence...)
	nonce := make([]byte, v.aead.NonceSize(), v.aead.NonceSize()+len(plain)+v.aead.Overhead())
	rand.Read(nonce) // never fails
	return jwt + " " + sealedMark + base64.RawURLEncoding.EncodeToString(v.aead.Seal(nonce, nonce, plain, []byte(jwt))) + "\n"
}

// split reads a line but for its number. Older lines are not sealed; the oldest
// have no evidence, or no opening either.
func (v *vault) split(line string) (Record, error) {
	jwt, column, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(column, sealedMark) {
		return splitOpen(line)
	}
	r := Record{JWT: jwt}
	b, err := canonical.Base64(base64.RawURLEncoding, column[len(sealedMark):])
	if err != nil {
		return r, errors.New("the sealed column is not base64url")
	}
	if v == nil || len(b) < v.aead.NonceSize() {
		return r, errSealed
	}
	plain, err := v.aead.Open(nil, b[:v.aead.NonceSize()], b[v.aead.NonceSize():], []byte(jwt))
	if err != nil {
		return r, errSealed
	}
	if len(plain) < 64 {
		return r, errors.New("the opening is not 64 bytes")
	}
	r.Opening = &receipt.Opening{Salt: [32]byte(plain[:32]), Requester: sui.Address(plain[32:64])}
	if len(plain) > 64 {
		r.Evidence = plain[64:]
	}
	return r, nil
}
