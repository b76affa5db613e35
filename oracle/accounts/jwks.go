package accounts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/floe-data/floe/sdk/canonical"
)

const (
	// maxJWKS bounds a key set in bytes, maxKeys in keys.
	maxJWKS = 256 << 10
	maxKeys = 100
	// RSA keys have minRSA to maxRSA bits.
	minRSA = 2048
	maxRSA = 8192
)

// A key verifies tokens with one algorithm, which follows from its type.
type key struct {
	id     string // "" if it has none
	alg    string
	public crypto.PublicKey
}

// jwk is a JSON Web Key (RFC 7517, 7518, 8037).
type jwk struct {
	Type       string   `json:"kty"`
	ID         string   `json:"kid"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	Curve      string   `json:"crv"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	Private    any      `json:"d"`
}

// parseKeys reads a key set. Keys of other types, for other uses or other
// algorithms are passed over; one of ours that is wrong or too weak, and one
// with its private half, spoil the set.
func parseKeys(b []byte) ([]key, error) {
	if len(b) > maxJWKS {
		return nil, fmt.Errorf("more than %d bytes", maxJWKS)
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, errors.New("no JSON with keys")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	var out []key
	seen := map[string]bool{}
	for _, j := range set.Keys {
		k, err := j.parse()
		if err != nil {
			return nil, fmt.Errorf("key %.40q: %w", j.ID, err)
		}
		if k.public == nil {
			continue
		}
		if seen[k.id] {
			return nil, fmt.Errorf("two keys have the id %.40q", j.ID)
		}
		seen[k.id] = true
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, errors.New("no key for EdDSA, ES256 or RS256")
	}
	return out, nil
}

// parse returns a key without a public half if the JWK is not for us.
func (j *jwk) parse() (k key, err error) {
	if j.Private != nil {
		return k, errors.New("its private half is in it: replace it at the issuer, everybody may have read it")
	}
	k = key{id: j.ID}
	parse := map[string]func() (crypto.PublicKey, error){"OKP Ed25519": j.ed25519, "EC P-256": j.p256, "RSA ": j.rsa}[j.Type+" "+j.Curve]
	k.alg = map[string]string{"OKP": algEdDSA, "EC": algES256, "RSA": algRS256}[j.Type]
	if parse == nil || j.Use != "" && j.Use != "sig" || j.Algorithm != "" && j.Algorithm != k.alg || !j.verifies() {
		return key{}, nil
	}
	k.public, err = parse()
	return k, err
}

func (j *jwk) verifies() bool {
	for _, op := range j.Operations {
		if op == "verify" {
			return true
		}
	}
	return len(j.Operations) == 0
}

func (j *jwk) ed25519() (crypto.PublicKey, error) {
	x, err := number(j.X, ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	return ed25519.PublicKey(x), nil
}

func (j *jwk) p256() (crypto.PublicKey, error) {
	x, errX := number(j.X, 32)
	y, errY := number(j.Y, 32)
	if err := errors.Join(errX, errY); err != nil {
		return nil, err
	}
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("it is no point of P-256")
	}
	return k, nil
}

func (j *jwk) rsa() (crypto.PublicKey, error) {
	n, errN := number(j.N, 0)
	e, errE := number(j.E, 0)
	if err := errors.Join(errN, errE); err != nil {
		return nil, err
	}
	k := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
	if bits := k.N.BitLen(); bits < minRSA || bits > maxRSA || k.N.Bit(0) == 0 {
		return nil, fmt.Errorf("it has %d bits, want an odd modulus of %d to %d", bits, minRSA, maxRSA)
	}
	exponent := new(big.Int).SetBytes(e)
	if exponent.BitLen() > 31 || exponent.Int64() < 3 || exponent.Bit(0) == 0 {
		return nil, errors.New("its exponent is not odd, from 3 to 2^31-1")
	}
	k.E = int(exponent.Int64())
	return k, nil
}

// number reads base64url, of a number of bytes if that is not 0.
func number(text string, size int) ([]byte, error) {
	b, err := canonical.Base64(base64.RawURLEncoding, text)
	if err != nil || len(b) == 0 || size > 0 && len(b) != size {
		return nil, errors.New("a number is not base64url of the right length")
	}
	return b, nil
}
