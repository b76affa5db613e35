package receipt

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/sui"
)

// A Pruned is a server's signed word that it removed evidence because of its age.
// The receipts, which commit to the evidence, stay; their decisions can't be made
// again any more, except by those who have a copy of it. It is in no log: it shows
// who removed what, and not that the time in it is true.
type Pruned struct {
	// RegisteredClaims carry iss, as in a receipt, and iat: when it was removed.
	jwt.RegisteredClaims

	Version  int    `json:"v"`
	Through  uint64 `json:"through"`   // sequence number of the last receipt that there was
	BeforeMS int64  `json:"before_ms"` // Unix time; evidence of older receipts is not kept any more
}

const (
	prunedType    = "floe-evidence-pruned+jwt"
	prunedVersion = 1
	maxPruned     = 2048 // bytes of such a JWT
)

// SignPruned states that at a time the evidence of all receipts up to number through
// that were written before another time is removed.
func SignPruned(key ed25519.PrivateKey, issuer sui.Address, through uint64, before, now time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &Pruned{RegisteredClaims: jwt.RegisteredClaims{Issuer: issuerName(issuer), IssuedAt: jwt.NewNumericDate(now)},
		Version: prunedVersion, Through: through, BeforeMS: before.UnixMilli()})
	t.Header["typ"], t.Header["kid"] = prunedType, KeyID(key.Public().(ed25519.PublicKey))
	raw, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign what was pruned: %w", err)
	}
	return raw, nil
}

// VerifyPruned checks that issuer signed a statement.
func VerifyPruned(raw string, keys *KeySet, issuer sui.Address) (*Pruned, error) {
	p := new(Pruned)
	err := checkSpelling(raw)
	if len(raw) > maxPruned {
		err = fmt.Errorf("it has %d bytes, want at most %d", len(raw), maxPruned)
	}
	if err != nil {
		return nil, fmt.Errorf("verify what was pruned: %w", err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(issuerName(issuer)), jwt.WithStrictDecoding())
	t, err := parser.ParseWithClaims(raw, p, keys.lookup)
	switch {
	case err != nil:
	case t.Header["typ"] != prunedType:
		err = fmt.Errorf("token has type %v, want %s", t.Header["typ"], prunedType)
	case p.Version != prunedVersion:
		err = fmt.Errorf("version %d is not supported, want %d", p.Version, prunedVersion)
	case p.IssuedAt == nil || p.IssuedAt.UnixMilli() < p.BeforeMS-1000: // iat is in seconds
		err = errors.New("it is about evidence of receipts that were not written yet")
	}
	if err != nil {
		return nil, fmt.Errorf("verify what was pruned: %w", err)
	}
	return p, nil
}

// Covers reports whether the evidence of a receipt is among what was removed.
func (p *Pruned) Covers(c *Claims) bool {
	return c.Evidence != nil && c.Sequence <= p.Through && c.TimeMS < p.BeforeMS
}

// String says what was removed, and when.
func (p *Pruned) String() string {
	return fmt.Sprintf("on %s the key server removed the evidence of receipts from before %s",
		p.IssuedAt.UTC().Format(time.RFC3339), time.UnixMilli(p.BeforeMS).UTC().Format(time.RFC3339))
}
