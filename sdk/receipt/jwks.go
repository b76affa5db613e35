package receipt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/sdk/canonical"
)

// A KeySet holds the Ed25519 keys with which a server signs its receipts, old
// ones included.
type KeySet struct{ keys map[string]ed25519.PublicKey }

// maxKeys bounds a parsed key set.
const maxKeys = 100

type jwks struct {
	Keys []jwk `json:"keys"`
}

// jwk is a JSON Web Key of RFC 8037.
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
}

// NewKeySet returns a set of the given keys.
func NewKeySet(keys ...ed25519.PublicKey) *KeySet {
	s := &KeySet{keys: map[string]ed25519.PublicKey{}}
	for _, k := range keys {
		s.keys[KeyID(k)] = k
	}
	return s
}

// KeyID returns the RFC 7638 thumbprint of a key (SHA-256, base64url).
func KeyID(key ed25519.PublicKey) string {
	return canonical.Thumbprint(key)
}

// MarshalJSON writes the set as a JWKS (RFC 7517).
func (s *KeySet) MarshalJSON() ([]byte, error) {
	out := jwks{Keys: []jwk{}}
	for id, k := range s.keys {
		out.Keys = append(out.Keys, jwk{KeyType: "OKP", Curve: "Ed25519", KeyID: id, Use: "sig", Algorithm: "EdDSA",
			X: base64.RawURLEncoding.EncodeToString(k)})
	}
	return json.Marshal(out)
}

// ParseKeySet reads a JWKS. Keys of other types are skipped; a set without any
// Ed25519 key is an error. Key ids are computed, not believed.
func ParseKeySet(b []byte) (*KeySet, error) {
	var in jwks
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	if len(in.Keys) > maxKeys {
		return nil, fmt.Errorf("parse key set: %d keys, want at most %d", len(in.Keys), maxKeys)
	}
	s := NewKeySet()
	for _, k := range in.Keys {
		if k.KeyType != "OKP" || k.Curve != "Ed25519" {
			continue
		}
		x, err := canonical.Base64(base64.RawURLEncoding, k.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("parse key set: key %q is not 32 bytes in base64url", k.KeyID)
		}
		s.keys[KeyID(x)] = x
	}
	if len(s.keys) == 0 {
		return nil, errors.New("parse key set: it holds no Ed25519 key")
	}
	return s, nil
}

// lookup is a jwt.Keyfunc.
func (s *KeySet) lookup(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	k, ok := s.keys[id]
	if !ok {
		return nil, fmt.Errorf("key %q is not among the server's published keys", id)
	}
	return k, nil
}

// Has reports whether the set holds a key.
func (s *KeySet) Has(key ed25519.PublicKey) bool { return s.keys[KeyID(key)] != nil }
