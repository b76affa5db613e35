package e2e

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	machines "github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// An identity provider of machines, whose tokens the key servers take for the
// address $ROBOT.
var (
	providerKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0x1d}, 32))
	robotAddress = sui.Address{0x0b, 31: 0x07}
)

const keysAudience = "https://keys.example.org"

// provider publishes the provider's keys, and configures the key servers.
func provider(t *testing.T) func(access sui.Address) machines.Config {
	path := filepath.Join(t.TempDir(), "jwks.json")
	b, err := json.Marshal(receipt.NewKeySet(providerKey.Public().(ed25519.PublicKey)))
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(access sui.Address) machines.Config {
		return machines.Config{Audience: keysAudience, Issuers: []machines.Issuer{{Name: "idp.example", JWKS: path, Algorithms: []string{"EdDSA"},
			Accounts: []machines.Account{{Subject: "robot", Address: robotAddress, Packages: []sui.Address{access}}}}}}
	}
}

// machineToken is the provider's token for a session key.
func machineToken(thumbprint string) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"iss": "idp.example", "sub": "robot", "aud": keysAudience,
		"iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Minute).Unix(), "cnf": map[string]any{"jkt": thumbprint}})
	t.Header["kid"] = receipt.KeyID(providerKey.Public().(ed25519.PublicKey))
	return t.SignedString(providerKey)
}
