// Package receipt defines the signed receipts that key servers write for every
// decision on a key request, yes or no, before an answer leaves.
//
// A receipt is a JWT (EdDSA) over [Claims]. [Sign] makes one, [Verify] checks
// one against the server's published keys, [VerifyChain] checks a whole log:
// that nothing is missing, changed or reordered, for the server and for each
// policy. [Commit] hides the requester: a receipt in a public log shows only a
// salted commitment, whose [Opening] goes to the requester, and to the owner of
// the policy that was asked.
//
// Every receipt is also in its server's Merkle log, see [Leaf] and
// [Receipt.CheckLogged]; [VerifyPolicy] checks that an owner was given all
// receipts of a policy. Package remote gets them from key servers.
package receipt

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/sui"
)

// Version is the version of the claims that this package writes and reads.
const Version = 1

// headerType is the "typ" of a receipt's JOSE header.
const headerType = "floe-receipt+jwt"

// Decision is the outcome of a key request.
type Decision string

// The outcomes.
const (
	Release Decision = "release"
	Refuse  Decision = "refuse"
)

// Evaluated says who ran the code of a policy.
type Evaluated string

// The ones who can.
const (
	ByNode  Evaluated = "node"  // a full node, which was believed
	ByLocal Evaluated = "local" // the key server itself
	ByBoth  Evaluated = "both"  // both, and they agreed
)

// Claims is the payload of a receipt. Hashes are SHA-256; [Hash] prints as
// base64url without padding.
type Claims struct {
	// RegisteredClaims carry iss (the KeyServer object id), jti (the id of
	// the receipt, "<iss>/<seq>") and iat.
	jwt.RegisteredClaims

	Version  int    `json:"v"`
	Sequence uint64 `json:"seq"`            // of this server, from 1
	Previous *Hash  `json:"prev,omitempty"` // hash of the JWT before; absent in the first
	TimeMS   int64  `json:"time_ms"`        // Unix time of the decision, server's clock
	// LogByMS is the server's promise: by this Unix time the receipt is entry
	// Sequence-1 of its log, see [Leaf].
	LogByMS int64 `json:"log_by_ms,omitempty"`

	Decision Decision `json:"decision"`
	Reason   *Reason  `json:"reason,omitempty"` // of a refusal

	RequestHash         Hash `json:"request_hash"`
	RequesterCommitment Hash `json:"requester_commitment"`
	SessionCommitment   Hash `json:"session_commitment"`
	// AccountCommitment is there if no wallet asked but a service account, by
	// a token: see [Opening.AccountCommitment]. RequestHash covers the token.
	AccountCommitment *Hash `json:"account_commitment,omitempty"`

	Package  Package      `json:"package"`
	Calls    []Call       `json:"calls"`
	Policies []PolicyLink `json:"policies"`

	Chain      string      `json:"chain,omitempty"`      // id of the chain (base58), if it could be asked
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"` // if the policy was evaluated
	// Objects that the policy was given and that are nobody's: shared or
	// immutable. One that belongs to an address would tell who asked; Evidence
	// commits to all.
	Objects []Object `json:"objects,omitempty"`

	// Evidence commits to all that was evaluated, so that the decision can be
	// made again: see Manifest.Commitment in package evidence. Absent if none
	// was kept.
	Evidence *Hash `json:"evidence,omitempty"`
	// Evaluated says who ran the policy's code, if anybody did.
	Evaluated Evaluated `json:"evaluated,omitempty"`

	// ShareCommitment is the hash of the encrypted shares of a release, see
	// [HashShares].
	ShareCommitment *Hash `json:"share_commitment,omitempty"`
}

// Reason says why a request was refused.
type Reason struct {
	Code string `json:"code"` // stable, for machines
	Rule string `json:"rule"` // for people
}

// Package is the policy package that was called.
type Package struct {
	ID      sui.Address `json:"id"`                // of the first version: the namespace of the keys
	Called  sui.Address `json:"called"`            // of the version that was called
	Version uint64      `json:"version,omitempty"` // of Called; 0 if it could not be read
	Digest  string      `json:"digest,omitempty"`  // object digest of Called (base58)
}

// Call is one policy call of the request.
type Call struct {
	Module   string `json:"module"`
	Function string `json:"function"`
	ID       string `json:"id"` // inner identity, hex
}

// PolicyLink puts the receipt into the chain of one policy at this server: ID
// is the policy object (or the package, for policies without one), Sequence
// counts from 1, Previous is the hash of the policy's receipt before.
type PolicyLink struct {
	ID       sui.Address `json:"id"`
	Sequence uint64      `json:"seq"`
	Previous *Hash       `json:"prev,omitempty"`
}

// Checkpoint is the newest checkpoint that the server knew of when it
// evaluated the policy: the state read is of this checkpoint or a later one.
type Checkpoint struct {
	Sequence uint64 `json:"seq"`
	Digest   string `json:"digest,omitempty"` // base58
}

// Object is an object at the version that was read.
type Object struct {
	ID      sui.Address `json:"id"`
	Version uint64      `json:"version"`
	Digest  string      `json:"digest"` // base58
}

// Receipt is a verified receipt.
type Receipt struct {
	Claims
	KeyID string
	Raw   string // the JWT
	Hash  Hash   // of Raw
}

// Hash is a SHA-256 digest; text: base64url without padding.
type Hash [32]byte

// HashOf hashes a JWT.
func HashOf(raw string) Hash { return sha256.Sum256([]byte(raw)) }

// String returns base64url without padding.
func (h Hash) String() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// MarshalText implements [encoding.TextMarshaler].
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := canonical.Base64(base64.RawURLEncoding, string(text))
	if err != nil || len(b) != len(h) {
		return errors.New("hash has to be 32 bytes in base64url without padding")
	}
	copy(h[:], b)
	return nil
}

// Opening shows to whom a commitment is. It is given to the requester, and to
// the owner of the policy.
type Opening struct {
	Salt      [32]byte
	Requester sui.Address
}

const (
	requesterTag = "floe-requester-v1"
	sessionTag   = "floe-session-v1"
	accountTag   = "floe-account-v1"
	requestTag   = "floe-request-v1"
	sharesTag    = "floe-shares-v1"
)

// Commit draws a salt for a requester.
func Commit(rand io.Reader, requester sui.Address) (Opening, error) {
	o := Opening{Requester: requester}
	if _, err := io.ReadFull(rand, o.Salt[:]); err != nil {
		return o, fmt.Errorf("commit to requester: read randomness: %w", err)
	}
	return o, nil
}

// RequesterCommitment returns SHA-256("floe-requester-v1" ‖ salt ‖ address).
func (o Opening) RequesterCommitment() Hash { return hash(requesterTag, o.Salt[:], o.Requester[:]) }

// SessionCommitment returns SHA-256("floe-session-v1" ‖ salt ‖ session key).
func (o Opening) SessionCommitment(sessionKey []byte) Hash {
	return hash(sessionTag, o.Salt[:], sessionKey)
}

// AccountCommitment returns SHA-256("floe-account-v1" ‖ salt ‖ SHA-256(issuer) ‖
// SHA-256(subject)) for the issuer and the subject of a service account's
// tokens.
func (o Opening) AccountCommitment(issuer, subject string) Hash {
	a, b := sha256.Sum256([]byte(issuer)), sha256.Sum256([]byte(subject))
	return hash(accountTag, o.Salt[:], a[:], b[:])
}

// Check tells whether the opening belongs to the receipt.
func (o Opening) Check(c *Claims) error {
	if o.RequesterCommitment() != c.RequesterCommitment {
		return errors.New("check receipt opening: receipt is for another requester")
	}
	return nil
}

// TokenCredential stands in place of the wallet's signature in [HashRequest] if a
// service account asked with a token: "floe-token-v1", which no signature begins
// with, and the token. The hash shows neither.
func TokenCredential(token string) []byte { return append([]byte("floe-token-v1"), token...) }

// HashRequest commits to a request: what its session key signed (PTB and
// transport keys), then what the wallet signed and its signature, or
// [TokenCredential].
func HashRequest(signed, message, signature []byte) Hash {
	a, b, c := sha256.Sum256(signed), sha256.Sum256(message), sha256.Sum256(signature)
	return hash(requestTag, a[:], b[:], c[:])
}

// HashShares commits to the encrypted shares of an answer: for each, in their
// order, the SHA-256 of the full id and the two 48-byte points.
func HashShares(shares []Share) Hash {
	parts := make([][]byte, 0, 3*len(shares))
	for _, s := range shares {
		id := sha256.Sum256(s.FullID)
		parts = append(parts, id[:], s.C0, s.C1)
	}
	return hash(sharesTag, parts...)
}

// Share is one encrypted share of an answer.
type Share struct{ FullID, C0, C1 []byte }

func hash(tag string, parts ...[]byte) (out Hash) {
	h := sha256.New()
	h.Write([]byte(tag))
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(out[:0])
	return out
}

// Sign signs claims whose chain fields are filled in already (see [Chain]).
func Sign(key ed25519.PrivateKey, c *Claims) (*Receipt, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	id := KeyID(key.Public().(ed25519.PublicKey))
	t.Header["typ"], t.Header["kid"] = headerType, id
	raw, err := t.SignedString(key)
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	return &Receipt{Claims: *c, KeyID: id, Raw: raw, Hash: HashOf(raw)}, nil
}

// Verify checks the signature of a receipt against a server's keys, and that
// issuer, the KeyServer object id, wrote it. Only EdDSA is accepted.
func Verify(raw string, keys *KeySet, issuer sui.Address) (*Receipt, error) {
	r := &Receipt{Raw: raw, Hash: HashOf(raw)}
	if err := checkSpelling(raw); err != nil {
		return nil, fmt.Errorf("verify receipt: %w", err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(issuerName(issuer)),
		jwt.WithStrictDecoding())
	t, err := parser.ParseWithClaims(raw, &r.Claims, keys.lookup)
	if err != nil {
		return nil, fmt.Errorf("verify receipt: %w", err)
	}
	r.KeyID, _ = t.Header["kid"].(string)
	if t.Header["typ"] != headerType {
		return nil, fmt.Errorf("verify receipt: token has type %v, want %s", t.Header["typ"], headerType)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("verify receipt: %w", err)
	}
	return r, nil
}

// Parse reads a receipt without checking its signature, to show it.
func Parse(raw string) (*Receipt, error) {
	r := &Receipt{Raw: raw, Hash: HashOf(raw)}
	if err := checkSpelling(raw); err != nil {
		return nil, fmt.Errorf("parse receipt: %w", err)
	}
	t, _, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(raw, &r.Claims)
	if err != nil {
		return nil, fmt.Errorf("parse receipt: %w", err)
	}
	r.KeyID, _ = t.Header["kid"].(string)
	return r, nil
}

// checkSpelling refuses line breaks. Base64 passes over them, strict or not, so
// that a signed receipt would have many spellings, with a hash for each.
func checkSpelling(raw string) error {
	if strings.ContainsAny(raw, "\r\n") {
		return errors.New("there is a line break in it: give the receipt as it was written, on one line")
	}
	return nil
}

func (c *Claims) check() error {
	if c.Version != Version {
		return fmt.Errorf("version %d is not supported, want %d", c.Version, Version)
	}
	if c.Sequence == 0 || c.ID != receiptID(c.Issuer, c.Sequence) {
		return fmt.Errorf("id %q does not belong to issuer and sequence number %d", c.ID, c.Sequence)
	}
	switch {
	case c.Decision == Release && c.ShareCommitment != nil && c.Reason == nil:
	case c.Decision == Refuse && c.ShareCommitment == nil && c.Reason != nil:
	default:
		return fmt.Errorf("decision %q does not fit the rest", c.Decision)
	}
	return nil
}

func issuerName(server sui.Address) string { return "0x" + hex.EncodeToString(server[:]) }

func receiptID(issuer string, seq uint64) string { return fmt.Sprintf("%s/%d", issuer, seq) }
