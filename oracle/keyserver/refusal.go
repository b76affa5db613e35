package keyserver

import (
	"fmt"
	"net/http"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
)

// A refusal is an answer that gives no keys, in the terms of Seal's API.
type refusal struct {
	Type    string // Seal's error type
	Message string
	Status  int          // 0: that of the type
	Plain   bool         // the body is the message alone, as Seal's for malformed bodies
	Reason  *seal.Reason // additional
	Receipt string
	Opening *seal.ReceiptOpening
	cause   error // for the log only
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
}

// messagePrefix begins the message of types with a variable part.
var messagePrefix = map[string]string{
	"InvalidPTB": "Invalid PTB: ", "NoAccess": "Access denied: ", "InvalidParameter": "Invalid parameter to PTB: ",
}

// refuse builds a refusal with Seal's message for the type and our reason.
func refuse(typ, code, rule, remedy string) *refusal {
	return refuseFor(typ, seal.Reason{Code: code, Rule: rule, Remedy: remedy})
}

func refuseFor(typ string, reason seal.Reason) *refusal {
	r := &refusal{Type: typ, Reason: &reason, Message: fixedMessage[typ]}
	switch {
	case typ == "NoAccess" && reason.Remedy != "":
		r.Message = fmt.Sprintf("%s%s; %s (%s)", messagePrefix[typ], reason.Rule, reason.Remedy, reason.Code)
	case r.Message == "":
		r.Message = messagePrefix[typ] + reason.Rule
	}
	return r
}

// refusalOf translates a policy decision.
func refusalOf(err error) *refusal {
	p := policy.RefusalOf(err)
	r := refuseFor(string(p.Kind), p.Reason)
	r.cause = p.Cause
	return r
}

// malformed is a body that does not parse; Seal answers with plain text.
func malformed(status int, format string, args ...any) *refusal {
	return &refusal{Type: "Malformed", Status: status, Plain: true, Message: fmt.Sprintf(format, args...)}
}

func writeRefusal(w http.ResponseWriter, r *refusal) {
	status := r.Status
	if status == 0 {
		status = statusOf[r.Type]
	}
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	if r.Plain {
		http.Error(w, r.Message, status)
		return
	}
	writeJSON(w, status, seal.ErrorResponse{
		Type: r.Type, Message: r.Message, Reason: r.Reason, Receipt: r.Receipt, Opening: r.Opening,
	})
}
