package journal

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A lineVault seals what a line holds beside its receipt, so that whoever finds a
// copy of the file, without the key that signs receipts, does not learn who
// asked. It is bound to the receipt. Without a Vault it opens nothing, and reads
// what stands open.
type lineVault struct{ *vault.Vault }

// sealedMark begins a sealed column. It is not in the alphabet of the others.
const sealedMark = "~"

func newVault(key ed25519.PrivateKey) (lineVault, error) {
	v, err := vault.New(key, "floe-journal-openings-v1")
	return lineVault{v}, err
}

// line is the line of a receipt, with its end: the JWT and, sealed, salt,
// requester and the short form of the evidence.
func (v lineVault) line(jwt string, o *receipt.Opening, evidence []byte) string {
	if o == nil {
		return jwt + "\n"
	}
	plain := append(append(append([]byte{}, o.Salt[:]...), o.Requester[:]...), evidence...)
	return jwt + " " + sealedMark + base64.RawURLEncoding.EncodeToString(v.Seal(nil, plain, []byte(jwt))) + "\n"
}

// split reads a line but for its number. Older lines are not sealed; the oldest
// have no evidence, or no opening either.
func (v lineVault) split(line string) (Record, error) {
	jwt, column, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(column, sealedMark) {
		return splitOpen(line)
	}
	r := Record{JWT: jwt}
	b, err := canonical.Base64(base64.RawURLEncoding, column[len(sealedMark):])
	if err != nil {
		return r, errors.New("the sealed column is not base64url")
	}
	plain, err := v.Open(b, []byte(jwt))
	if err != nil {
		return r, fmt.Errorf("what belongs to the receipt: %w", err)
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
