package sealhttp

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
)

// A Request is a key request whose parts have the right shape. Nothing in it is
// believed yet.
type Request struct {
	seal.FetchKeyRequest
	Approval *seal.Approval
}

// ParseRequest reads the body of a key request.
func ParseRequest(body []byte) (*Request, *Refusal) {
	r := new(Request)
	if err := json.Unmarshal(body, &r.FetchKeyRequest); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || len(body) == 0 {
			return nil, Malformed(400, "Failed to parse the request body as JSON: %v", err)
		}
		return nil, Malformed(422, "Failed to deserialize the JSON body into the target type: %v", err)
	}
	for _, f := range []struct {
		name      string
		got, want int
	}{
		{"enc_key", len(r.EncKey), 48}, {"enc_verification_key", len(r.VerificationKey), 96},
		{"request_signature", len(r.RequestSignature), ed25519.SignatureSize},
		{"certificate.session_vk", len(r.Certificate.SessionKey), ed25519.PublicKeySize},
	} {
		if f.got != f.want {
			return nil, Malformed(422, "%s has %d bytes, want %d", f.name, f.got, f.want)
		}
	}
	if len(r.Certificate.Signature) == 0 {
		return nil, Malformed(422, "certificate.signature is missing")
	}
	var err error
	if r.Approval, err = seal.ParseApproval(r.PTB); err != nil {
		return nil, Refuse("InvalidPTB", "invalid_ptb", err.Error(), "send a program of seal_approve calls only, each with the identity as its first argument")
	}
	return r, nil
}

// CheckSession checks that the session key signed the request.
func (r *Request) CheckSession() *Refusal {
	if ed25519.Verify(r.Certificate.SessionKey, r.SignedBytes(), r.RequestSignature) {
		return nil
	}
	return Refuse("InvalidSessionSignature", "invalid_session_signature",
		"request_signature is not the session key's over ptb, enc_key and enc_verification_key", "create a new session key")
}

// RefusalOf translates a policy decision.
func RefusalOf(err error) *Refusal {
	p := policy.RefusalOf(err)
	r := RefuseFor(string(p.Kind), p.Reason)
	r.Cause = p.Cause
	return r
}
