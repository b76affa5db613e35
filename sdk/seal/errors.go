package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// A ServerError is a key server's answer that is not a success.
type ServerError struct {
	Status  int    // HTTP status
	Type    string // Seal's error type, such as "NoAccess"; "" when the body is no JSON error
	Message string // the server's own words
	Reason  *Reason
	Receipt string // JWT; "" from servers that give none
	Opening *ReceiptOpening
	// RetryAfter is when the server said to ask again; 0 if it did not.
	RetryAfter time.Duration
	// Members is how the members of a committee answered, as its aggregator
	// says.
	Members []MemberAnswer
}

// Errors to compare a ServerError with, by type.
var (
	ErrNoAccess         = &ServerError{Type: "NoAccess"}
	ErrExpiredSession   = &ServerError{Type: "InvalidCertificate"}
	ErrInvalidSignature = &ServerError{Type: "InvalidSignature"}
	ErrInvalidPTB       = &ServerError{Type: "InvalidPTB"}
	ErrServerFailure    = &ServerError{Type: "Failure"}
)

func (e *ServerError) Error() string {
	switch {
	case e.Type == "":
		return fmt.Sprintf("key server answered HTTP %d: %s", e.Status, e.Message)
	case e.Message == "":
		return fmt.Sprintf("key server answered %s", e.Type)
	}
	return fmt.Sprintf("%s (%s, HTTP %d)", e.Message, e.Type, e.Status)
}

// Is compares the types of two ServerErrors.
func (e *ServerError) Is(target error) bool {
	t, ok := target.(*ServerError)
	return ok && t.Type != "" && t.Type == e.Type
}

// Remedy says what would help, or "".
func (e *ServerError) Remedy() string {
	if e.Reason != nil && e.Reason.Remedy != "" {
		return e.Reason.Remedy
	}
	return remedies[e.Type]
}

var remedies = map[string]string{
	"NoAccess":                "ask the owner of the policy to grant access to your address",
	"InvalidCertificate":      "create a new session key, and check that the clock of this machine is right",
	"InvalidSignature":        "sign the session key again with the wallet of the address that asks",
	"InvalidSessionSignature": "create a new session key",
	"InvalidPackage":          "check the package id and that the key server is on the same network",
	"UnsupportedPackageId":    "use a key server that serves this package, or ask its operator to add it",
	"InvalidParameter":        "if an object of the request was created just now, try again in some seconds",
	"DeprecatedSDKVersion":    "install a newer version",
	"TooManyRequests":         "try again in some seconds",
	"Failure":                 "try again in some seconds; if it stays, tell the operator of the key server",
}

// A ServerReport says how one key server answered.
type ServerReport struct {
	Server  sui.Address
	Name    string // "" when the chain could not be read
	URL     string
	Weight  int
	Err     error  // nil on success; ErrNotNeeded when others were faster
	Receipt string // JWT of the decision, yes or no
	Opening *ReceiptOpening
	// Shares are what the receipt of a release commits to: the encrypted keys
	// as the server sent them.
	Shares []EncryptedKey
	// Members is how each member of a committee answered, by party. Receipt,
	// Opening and Shares are then theirs.
	Members []MemberReport
}

// ErrNotNeeded is reported for a server, or a member of a
// committee, whose answer was not waited for.
var ErrNotNeeded = errors.New("not waited for: the answers of others were enough")

// A FetchError says that too few key servers gave their keys.
type FetchError struct {
	Threshold int // wanted weight
	Weight    int // weight that answered
	Request   *FetchKeyRequest
	Reports   []ServerReport
}

// Error groups the servers by what they said and ends with the remedy for the
// most frequent answer.
func (e *FetchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetch keys: servers of weight %d agreed, want %d", e.Weight, e.Threshold)
	groups := e.groups()
	for _, g := range groups {
		fmt.Fprintf(&b, "; %s: %v", strings.Join(g.names, ", "), g.err)
	}
	if len(groups) > 0 {
		if r := remedyOf(groups[0].err); r != "" && !strings.Contains(groups[0].err.Error(), r) {
			fmt.Fprintf(&b, " (%s)", r)
		}
	}
	return b.String()
}

// RequestID is what the request is called in the servers' logs.
func (e *FetchError) RequestID() string {
	body, err := json.Marshal(e.Request)
	if err != nil || e.Request == nil {
		return ""
	}
	return requestID(body)
}

// Unwrap returns the servers' errors, the most frequent first, so that
// errors.As finds the ServerError that explains the failure best.
func (e *FetchError) Unwrap() []error {
	var out []error
	for _, g := range e.groups() {
		out = append(out, g.err)
	}
	return out
}

type errorGroup struct {
	err    error
	weight int
	names  []string
}

func (e *FetchError) groups() []errorGroup { return groupErrors(e.Reports) }

// groupErrors returns the distinct errors, by falling weight.
func groupErrors(reports []ServerReport) []errorGroup {
	var out []errorGroup
	at := map[string]int{}
	for _, r := range reports {
		if r.Err == nil {
			continue
		}
		same := kindOf(r.Err)
		i, ok := at[same]
		if !ok {
			i = len(out)
			at[same] = i
			out = append(out, errorGroup{err: r.Err})
		}
		out[i].weight += r.Weight
		out[i].names = append(out[i].names, r.label())
	}
	for i := 1; i < len(out); i++ { // stable, few entries
		for j := i; j > 0 && out[j].weight > out[j-1].weight; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// kindOf returns what errors of a group have in common: the code of the reason,
// since the text beside it may tell times, or else the text.
func kindOf(err error) string {
	var s *ServerError
	if errors.As(err, &s) && s.Reason != nil && s.Reason.Code != "" {
		return s.Type + " " + s.Reason.Code
	}
	return err.Error()
}

func (r *ServerReport) label() string {
	switch {
	case r.Name != "" && r.URL != "":
		return r.Name + " (" + r.URL + ")"
	case r.URL != "":
		return r.URL
	}
	return fmt.Sprintf("0x%x", r.Server[:])
}

func remedyOf(err error) string {
	var s *ServerError
	if errors.As(err, &s) {
		return s.Remedy()
	}
	return "check that the key servers are up and can be reached from here"
}
