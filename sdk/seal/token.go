package seal

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/floe-data/floe/sdk/canonical"
)

// HeaderToken is the header in which the token of a service account travels, as
// "Bearer TOKEN".
const HeaderToken = "Authorization"

// SetToken makes the session key one of a service account: in place of a
// wallet's signature, the token (JWT) of the machine's identity provider goes
// with each request. Floe's key servers take it if their operator maps issuer
// and subject of the token to the user's address; Seal's do not.
//
// The token should be bound to the session key, by "cnf": {"jkt": Thumbprint},
// or by the audience AUDIENCE#THUMBPRINT. Otherwise each key server that gets it
// could use it at the others.
func (s *SessionKey) SetToken(token string) error {
	token = strings.TrimSpace(token)
	if token == "" || strings.Trim(token, tokenAlphabet) != "" || strings.Count(token, ".") != 2 {
		return errors.New("set token: it is no JWT: three parts in base64url with dots between")
	}
	s.token = token
	return nil
}

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

// Thumbprint is the RFC 7638 thumbprint of the session key, which a token is
// bound to.
func (s *SessionKey) Thumbprint() string { return canonical.Thumbprint(s.cert.SessionKey) }

// checkPrivate refuses to send a token where others can read it.
func checkPrivate(to string) error {
	u, err := url.Parse(to)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "https" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return errors.New("a token is sent over https only, and the key server's address is not: ask its operator")
}
