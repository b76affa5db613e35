package seal

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// MaxTTL is the longest life of a session key that Seal's servers accept.
const MaxTTL = 30 * time.Minute

// A SessionKey stands in for a wallet: the wallet signs once, in a form that
// people can read, and the session key signs the requests for some minutes.
type SessionKey struct {
	cert  Certificate
	pkg   sui.Address
	key   ed25519.PrivateKey
	token string // of a service account, in place of a wallet's signature
}

// SessionConfig says what a session key is for.
type SessionConfig struct {
	User    sui.Address   // the wallet
	Package sui.Address   // first version of the policy package
	MVRName string        // optional name of the package, shown to the user instead of its id
	TTL     time.Duration // whole minutes, 1 minute to MaxTTL
	Now     time.Time
	Rand    io.Reader          // not needed with Key
	Key     ed25519.PrivateKey // nil: a fresh one is drawn
}

// NewSessionKey draws a session key. It is of no use until the user's wallet
// has signed [SessionKey.PersonalMessage], or it has the token of a service
// account ([SessionKey.SetToken]).
func NewSessionKey(cfg SessionConfig) (*SessionKey, error) {
	if cfg.TTL < time.Minute || cfg.TTL > MaxTTL || cfg.TTL%time.Minute != 0 {
		return nil, fmt.Errorf("create session key: TTL %v, want whole minutes from 1 to %d", cfg.TTL, int(MaxTTL.Minutes()))
	}
	s := &SessionKey{pkg: cfg.Package, key: cfg.Key}
	if s.key == nil {
		seed := make([]byte, ed25519.SeedSize)
		if _, err := io.ReadFull(cfg.Rand, seed); err != nil {
			return nil, fmt.Errorf("create session key: read randomness: %w", err)
		}
		s.key = ed25519.NewKeyFromSeed(seed)
	}
	s.cert = Certificate{
		User:       cfg.User,
		SessionKey: s.key.Public().(ed25519.PublicKey),
		CreatedMS:  uint64(cfg.Now.UnixMilli()),
		TTLMinutes: uint16(cfg.TTL / time.Minute),
	}
	if cfg.MVRName != "" {
		s.cert.MVRName = &cfg.MVRName
	}
	return s, nil
}

// SignSessionKey draws a session key and has it signed by the user's signer.
func SignSessionKey(cfg SessionConfig, signer sui.Signer) (*SessionKey, error) {
	cfg.User = signer.Address()
	s, err := NewSessionKey(cfg)
	if err != nil {
		return nil, err
	}
	sig, err := signer.SignPersonalMessage(s.PersonalMessage())
	if err != nil {
		return nil, fmt.Errorf("sign session key: %w", err)
	}
	s.SetSignature(sig)
	return s, nil
}

// Format hides the key from every fmt verb.
func (s SessionKey) Format(f fmt.State, _ rune) { io.WriteString(f, "SessionKey(hidden)") }

// User returns the wallet's address.
func (s *SessionKey) User() sui.Address { return s.cert.User }

// Package returns the package whose keys can be asked for.
func (s *SessionKey) Package() sui.Address { return s.pkg }

// PersonalMessage returns what the wallet has to sign as a personal message.
func (s *SessionKey) PersonalMessage() []byte { return s.cert.Message(s.pkg) }

// SetSignature sets the wallet's signature of the personal message. Key
// servers check it.
func (s *SessionKey) SetSignature(sig sui.Signature) { s.cert.Signature = sig }

// Certificate returns the signed certificate.
func (s *SessionKey) Certificate() Certificate { return s.cert }

// Expired tells whether a request made now could arrive too late: session keys
// end 10 seconds early, as those of the npm client do.
func (s *SessionKey) Expired(now time.Time) bool {
	return now.Add(10 * time.Second).After(s.cert.Expires())
}

// NewRequest builds and signs the request for the keys that a PTB names.
func (s *SessionKey) NewRequest(ptb []byte, to TransportPublicKey) (*FetchKeyRequest, error) {
	r := &FetchKeyRequest{
		PTB: ptb, EncKey: to.EncKey(), VerificationKey: to.VerificationKey(), Certificate: s.cert,
	}
	switch {
	case s.token != "":
		r.Certificate.Signature = []byte{} // "" on the wire: the token says who asks
	case len(s.cert.Signature) == 0:
		return nil, errors.New("build key request: the session key is not signed by the wallet yet")
	}
	r.RequestSignature = ed25519.Sign(s.key, r.SignedBytes())
	return r, nil
}

// Message returns the text that the wallet signs, for the first version of the
// package.
func (c *Certificate) Message(pkg sui.Address) []byte {
	name := fmt.Sprintf("0x%x", pkg[:])
	if c.MVRName != nil {
		name = *c.MVRName
	}
	return fmt.Appendf(nil, "Accessing keys of package %s for %d mins from %s UTC, session key %s",
		name, c.TTLMinutes, time.Unix(int64(c.CreatedMS/1000), 0).UTC().Format(time.DateTime),
		base64.StdEncoding.EncodeToString(c.SessionKey))
}

// Expires returns the time after which key servers refuse the certificate.
func (c *Certificate) Expires() time.Time {
	return time.UnixMilli(int64(c.CreatedMS)).Add(time.Duration(c.TTLMinutes) * time.Minute)
}
