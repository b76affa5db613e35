package dataset

import (
	"crypto/ed25519"
	"errors"
	"io"
	"time"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A ServiceAccount stands in Env.Signer for a machine without a wallet: it shows
// key servers a token in place of a wallet's signature, and signs nothing on
// chain. The operators of the key servers have to know it.
type ServiceAccount struct {
	// ID is the address that the token stands for.
	ID sui.Address
	// Token is the JWT of the machine's identity provider. It goes to key
	// servers, over https only.
	Token string
	// Session is the session key that the token names. nil: a fresh one, for
	// bearer tokens.
	Session ed25519.PrivateKey
}

var _ sui.Signer = (*ServiceAccount)(nil)

var errSignsNothing = errors.New("a service account signs nothing: act with a key for that (floe key new)")

// Address is who the account is on chain.
func (a *ServiceAccount) Address() sui.Address { return a.ID }

// SignTransaction is an error.
func (a *ServiceAccount) SignTransaction([]byte) (sui.Signature, error) { return nil, errSignsNothing }

// SignPersonalMessage is an error.
func (a *ServiceAccount) SignPersonalMessage([]byte) (sui.Signature, error) {
	return nil, errSignsNothing
}

// newSession makes a session key for keys of a package.
func newSession(signer sui.Signer, pkg sui.Address, rand io.Reader) (*seal.SessionKey, error) {
	cfg := seal.SessionConfig{Package: pkg, TTL: sessionTTL, Now: time.Now(), Rand: rand}
	a, ok := signer.(*ServiceAccount)
	if !ok {
		return seal.SignSessionKey(cfg, signer)
	}
	cfg.User, cfg.Key = a.ID, a.Session
	s, err := seal.NewSessionKey(cfg)
	if err != nil {
		return nil, err
	}
	return s, s.SetToken(a.Token)
}
