package sealhttp

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A Request is a key request whose parts have the right shape. Nothing in it is
// believed yet.
type Request struct {
	seal.FetchKeyRequest
	Approval *seal.Approval
	// Token is that of a service account, "" if a wallet signed: a token adds
	// nothing to a wallet.
	Token string
}

// Bearer returns the token of a request, "" if there is none.
func Bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// ParseRequest reads the body of a key request, with the token that came with
// it, if any did.
func ParseRequest(body []byte, token string) (*Request, *Refusal) {
	r := new(Request)
	if nestsTooDeep(body) {
		return nil, Malformed(400, "Failed to parse the request body as JSON: it is nested more than %d deep", maxNesting)
	}
	wire := struct {
		*seal.FetchKeyRequest
		PTB *string `json:"ptb"` // what is wrong in it is InvalidPTB, no malformed body
	}{FetchKeyRequest: &r.FetchKeyRequest}
	if err := json.Unmarshal(body, &wire); err != nil {
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
		if r.Token = token; token == "" {
			return nil, Malformed(422, "certificate.signature is missing")
		}
	}
	if wire.PTB == nil {
		return nil, Malformed(422, "ptb is missing")
	}
	if err := r.parseProgram(*wire.PTB); err != nil {
		return nil, Refuse("InvalidPTB", "invalid_ptb", err.Error(), "send a program of seal_approve calls only, each with the identity as its first argument")
	}
	if ref := checkSize(r.Approval); ref != nil {
		return nil, ref
	}
	return r, nil
}

// parseProgram reads the policy calls; errors are in Seal's words.
func (r *Request) parseProgram(text string) (err error) {
	if r.PTB, err = base64.StdEncoding.DecodeString(text); err != nil {
		return errors.New("Invalid Base64")
	}
	r.Approval, err = seal.ParseApproval(r.PTB)
	return err
}

const (
	// maxInputs is how many inputs a program may have, each of which may be an
	// object to read.
	maxInputs = 512
	// maxIdentities bounds the identities of a request together, in bytes:
	// they stand in its receipt. Seal's key servers don't bound them.
	maxIdentities = 16 << 10
	// maxName is the longest name of a module or function that Sui takes. Names
	// stand in the receipt too.
	maxName = 128
)

// checkSize refuses programs that cost much more than others.
func checkSize(a *seal.Approval) *Refusal {
	size := 0
	for _, c := range a.Calls {
		size += len(c.ID)
		if max(len(c.Module), len(c.Function)) > maxName || !sui.IsIdentifier(c.Module) || !sui.IsIdentifier(c.Function) {
			return Refuse("InvalidPTB", "invalid_ptb", "a policy call names no module or function that there can be", fmt.Sprintf("use names of at most %d letters, digits and underscores", maxName))
		}
	}
	if n := len(a.Program.Inputs); n > maxInputs {
		return Refuse("InvalidPTB", "too_many_inputs", fmt.Sprintf("the program has %d inputs, at most %d are taken", n, maxInputs), "ask in several requests")
	}
	if size > maxIdentities {
		return Refuse("InvalidPTB", "identities_too_long", fmt.Sprintf("the identities have %d bytes together, at most %d are taken", size, maxIdentities), "ask in several requests")
	}
	return nil
}

// maxNesting is how deep a body may be nested: two deep is what there is.
const maxNesting = 8

// nestsTooDeep looks for what a parser would spend stack on.
func nestsTooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
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
