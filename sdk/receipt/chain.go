package receipt

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/sui"
)

// ErrChain marks receipts that do not follow each other: one is missing,
// changed or out of order.
var ErrChain = errors.New("receipts do not follow each other")

// A Chain is the state of one server's log after its last receipt. The zero
// value with an Issuer is an empty log. It is not safe for concurrent use.
type Chain struct {
	Issuer   sui.Address
	sequence uint64
	last     Hash
	policies map[sui.Address]link
}

type link struct {
	sequence uint64
	last     Hash
}

// Sequence returns the sequence number of the last receipt, 0 when there is none.
func (c *Chain) Sequence() uint64 { return c.sequence }

// Link fills in what makes c the next receipt of the log: version, issuer, id,
// sequence numbers and hashes, for the server and for each of the policies.
func (c *Chain) Link(claims *Claims, now time.Time, policies []sui.Address) {
	claims.Version = Version
	claims.Sequence = c.sequence + 1
	claims.RegisteredClaims = jwt.RegisteredClaims{
		Issuer: issuerName(c.Issuer), ID: receiptID(issuerName(c.Issuer), claims.Sequence), IssuedAt: jwt.NewNumericDate(now),
	}
	claims.TimeMS = now.UnixMilli()
	claims.Previous = previous(c.sequence, c.last)
	claims.Policies = []PolicyLink{}
	for _, id := range policies {
		p := c.policies[id]
		claims.Policies = append(claims.Policies, PolicyLink{ID: id, Sequence: p.sequence + 1, Previous: previous(p.sequence, p.last)})
	}
}

func previous(sequence uint64, last Hash) *Hash {
	if sequence == 0 {
		return nil
	}
	return &last
}

// Append checks that r is the next receipt of the log and takes it over.
func (c *Chain) Append(r *Receipt) error {
	if err := c.follows(r); err != nil {
		return fmt.Errorf("append receipt %d: %w", r.Sequence, err)
	}
	if c.policies == nil {
		c.policies = map[sui.Address]link{}
	}
	c.sequence, c.last = r.Sequence, r.Hash
	for _, p := range r.Policies {
		c.policies[p.ID] = link{p.Sequence, r.Hash}
	}
	return nil
}

// Undo takes back the last Append, which was of r: for a log that could not
// store it.
func (c *Chain) Undo(r *Receipt) {
	if r.Sequence != c.sequence || r.Hash != c.last {
		panic("receipt: undo of another receipt than the last")
	}
	c.sequence, c.last = r.Sequence-1, valueOf(r.Previous)
	for _, p := range r.Policies {
		if p.Sequence == 1 {
			delete(c.policies, p.ID)
		} else {
			c.policies[p.ID] = link{p.Sequence - 1, valueOf(p.Previous)}
		}
	}
}

func valueOf(h *Hash) Hash {
	if h == nil {
		return Hash{}
	}
	return *h
}

func (c *Chain) follows(r *Receipt) error {
	if r.Issuer != issuerName(c.Issuer) {
		return fmt.Errorf("%w: it is of server %s, want %s", ErrChain, r.Issuer, issuerName(c.Issuer))
	}
	if r.Sequence != c.sequence+1 {
		return fmt.Errorf("%w: number %d after %d", ErrChain, r.Sequence, c.sequence)
	}
	if !equal(r.Previous, previous(c.sequence, c.last)) {
		return fmt.Errorf("%w: it names another receipt before it", ErrChain)
	}
	seen := map[sui.Address]bool{}
	for _, p := range r.Policies {
		have := c.policies[p.ID]
		if seen[p.ID] || p.Sequence != have.sequence+1 || !equal(p.Previous, previous(have.sequence, have.last)) {
			return fmt.Errorf("%w: policy %s: number %d after %d, or another receipt before it", ErrChain, p.ID, p.Sequence, have.sequence)
		}
		seen[p.ID] = true
	}
	return nil
}

func equal(a, b *Hash) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// VerifyChain verifies a whole log, from its first receipt on.
func VerifyChain(issuer sui.Address, keys *KeySet, log []string) ([]*Receipt, error) {
	c := Chain{Issuer: issuer}
	out := make([]*Receipt, 0, len(log))
	for i, raw := range log {
		r, err := Verify(raw, keys, issuer)
		if err == nil {
			err = c.Append(r)
		}
		if err != nil {
			return out, fmt.Errorf("verify receipt chain: entry %d: %w", i, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// SignNext links claims to the log, signs and appends them.
func (c *Chain) SignNext(key ed25519.PrivateKey, claims *Claims, now time.Time, policies []sui.Address) (*Receipt, error) {
	c.Link(claims, now, policies)
	r, err := Sign(key, claims)
	if err != nil {
		return nil, err
	}
	return r, c.Append(r)
}
