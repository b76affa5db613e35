package sealhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/floe-data/floe/sdk/seal"
)

// A Refusal is an answer that gives no keys, in the terms of Seal's API.
type Refusal struct {
	Type    string // Seal's error type
	Message string
	Status  int          // 0: that of the type
	Plain   bool         // the body is the message alone, as Seal's for malformed bodies
	Reason  *seal.Reason // additional, as are the next
	Receipt string       // JWT
	Opening *seal.ReceiptOpening
	Members []seal.MemberAnswer // of a committee
	// RetryAfter is sent as the header of this name, in whole seconds, if it
	// is not 0.
	RetryAfter time.Duration
	Cause      error // for the log only
}

// statusOf gives the HTTP status of each error type; others are 503.
var statusOf = map[string]int{
	"InvalidPTB": 403, "InvalidPackage": 403, "NoAccess": 403, "InvalidCertificate": 403, "InvalidSignature": 403,
	"InvalidSessionSignature": 403, "InvalidParameter": 403, "InvalidMVRName": 403,
	"InvalidSDKType": 400, "InvalidSDKVersion": 400, "InvalidServiceId": 400, "UnsupportedPackageId": 400,
	"MissingRequiredHeader": 400, "DeprecatedSDKVersion": 426, "TooManyRequests": 429,
}

// fixedMessage is what Seal's server says for types without a variable part.
var fixedMessage = map[string]string{
	"InvalidPackage": "Invalid package ID", "InvalidCertificate": "Invalid certificate time or ttl",
	"InvalidSignature": "Invalid user signature", "InvalidSessionSignature": "Invalid session key signature",
	"InvalidMVRName": "Invalid MVR name", "UnsupportedPackageId": "Unsupported package ID", "Failure": "Internal server error, please try again later",
	"MissingRequiredHeader": "Missing required header", "InvalidSDKType": "Invalid SDK type", "InvalidSDKVersion": "Invalid SDK version", "DeprecatedSDKVersion": "Deprecated SDK version",
	"InvalidServiceId": "Invalid service ID", "TooManyRequests": "Too many requests, please try again later",
}

// messagePrefix begins the message of types with a variable part.
var messagePrefix = map[string]string{
	"InvalidPTB": "Invalid PTB", "NoAccess": "Access denied", "InvalidParameter": "Invalid parameter to PTB",
}

// Plainly refuses with Seal's message for the type, and no more.
func Plainly(typ string) *Refusal { return &Refusal{Type: typ, Message: fixedMessage[typ]} }

// Refuse refuses with Seal's message for the type, followed by our reason.
// Clients tell refusals apart by type; what they show is for people.
func Refuse(typ, code, rule, remedy string) *Refusal {
	return RefuseFor(typ, seal.Reason{Code: code, Rule: rule, Remedy: remedy})
}

// RefuseFor is [Refuse] for a reason.
func RefuseFor(typ string, reason seal.Reason) *Refusal {
	message := fixedMessage[typ] + messagePrefix[typ] + ": " + reason.Rule
	if reason.Remedy != "" {
		message += "; " + reason.Remedy
	}
	return &Refusal{Type: typ, Reason: &reason, Message: fmt.Sprintf("%s (%s)", message, reason.Code)}
}

// Malformed refuses a body that does not parse; Seal answers with plain text.
func Malformed(status int, format string, args ...any) *Refusal {
	return &Refusal{Type: "Malformed", Status: status, Plain: true, Message: fmt.Sprintf(format, args...)}
}

// HTTPStatus is the status of the answer.
func (r *Refusal) HTTPStatus() int {
	switch {
	case r.Status != 0:
		return r.Status
	case statusOf[r.Type] != 0:
		return statusOf[r.Type]
	}
	return http.StatusServiceUnavailable
}

// Write answers with the refusal.
func (r *Refusal) Write(w http.ResponseWriter) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((r.RetryAfter+time.Second-1)/time.Second), 10))
	}
	if r.Plain {
		http.Error(w, r.Message, r.HTTPStatus())
		return
	}
	WriteJSON(w, r.HTTPStatus(), seal.ErrorResponse{
		Type: r.Type, Message: r.Message, Reason: r.Reason, Receipt: r.Receipt, Opening: r.Opening, Members: r.Members,
	})
}

// WriteJSON answers with v, which has to be encodable.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sealhttp: encode answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b))) // or it goes in chunks
	w.WriteHeader(status)
	w.Write(b)
}
