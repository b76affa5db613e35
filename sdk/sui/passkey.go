package sui

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
)

// A passkeySignature is a serialized signature of scheme Passkey without its
// flag: what a WebAuthn authenticator answered (SIP-9).
type passkeySignature struct {
	authenticatorData []byte
	clientDataJSON    string
	user              Signature // Secp256r1: flag, signature, key
}

func (p *passkeySignature) UnmarshalBCS(d *bcs.Decoder) {
	p.authenticatorData = d.Bytes()
	p.clientDataJSON = d.String()
	p.user = d.Bytes()
}

// verifyPasskey checks a signature that a passkey made for a digest: the digest
// is the challenge in the client's data, and the authenticator signed its own
// data and the hash of the client's. Which site asked the passkey is not part
// of the rule.
func (s Signature) verifyPasskey(digest [32]byte) (Address, error) {
	var p passkeySignature
	if err := bcs.Unmarshal(s[1:], &p); err != nil {
		return Address{}, fmt.Errorf("read Passkey signature: %w", err)
	}
	var client struct{ Type, Challenge string }
	if err := json.Unmarshal([]byte(p.clientDataJSON), &client); err != nil {
		return Address{}, errors.New("read Passkey signature: the client's data is not JSON")
	}
	if client.Type != "webauthn.get" || client.Challenge != base64.RawURLEncoding.EncodeToString(digest[:]) {
		return Address{}, fmt.Errorf("verify Passkey signature: the passkey was asked to sign something else: %w", ErrSignature)
	}
	user, err := p.user.Simple()
	if err != nil || user.Key.Scheme != Secp256r1 {
		return Address{}, errors.New("read Passkey signature: its inner signature is not a Secp256r1 signature")
	}
	hash := sha256.Sum256([]byte(p.clientDataJSON))
	if err := user.Key.Verify(slices.Concat(p.authenticatorData, hash[:]), user.Bytes); err != nil {
		return Address{}, fmt.Errorf("verify Passkey signature: %w", err)
	}
	return PublicKey{Passkey, user.Key.Bytes}.Address(), nil
}
