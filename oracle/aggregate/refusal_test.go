package aggregate

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

func TestRefusalIsRelayed(t *testing.T) {
	n := newFixture(t)
	_, url := n.aggregator(nil)
	req, _ := n.request(n.stranger, innerID)
	e := n.refused(url, req, 403, "NoAccess")
	if e.Reason == nil || e.Reason.Code != "not_listed" || e.Reason.Remedy != "ask Alice" || !strings.Contains(e.Message, "you are not on the list; ask Alice") {
		t.Errorf("refusal %+v", e)
	}
	if got := n.checkReceipts(e.Members, receipt.Refuse); got < 2 {
		t.Errorf("%d receipts", got)
	}
}

// What most members say is relayed, and their words if they agree on them.
func TestRelay(t *testing.T) {
	says := func(typ, message, code string) error {
		return &seal.ServerError{Status: 403, Type: typ, Message: message, Reason: &seal.Reason{Code: code}}
	}
	for _, c := range []struct {
		name                string
		members             []error
		status              int
		typ, message, code_ string
	}{
		{"all agree", []error{says("NoAccess", "no", "a"), says("NoAccess", "no", "a"), nil}, 403, "NoAccess", "no", "a"},
		{"in other words", []error{says("InvalidCertificate", "x", "a"), says("InvalidCertificate", "y", "b"), nil}, 403, "InvalidCertificate", "Invalid certificate time or ttl", "a"},
		{"of a type without words", []error{says("NoAccess", "x", "a"), says("NoAccess", "y", "b"), nil}, 403, "NoAccess", "x", "a"},
		{"the most frequent", []error{says("NoAccess", "no", "a"), says("InvalidPTB", "bad", "b"), says("InvalidPTB", "bad", "b")}, 403, "InvalidPTB", "bad", "b"},
		{"a limit", []error{says("TooManyRequests", "try again in 7 s", "q"), says("TooManyRequests", "try again in 7 s", "q"), nil}, 429, "TooManyRequests", "try again in 7 s", "q"},
		{"a gateway's limit", []error{&seal.ServerError{Status: 429, Message: "slow down"}, &seal.ServerError{Status: 429, Message: "slow down"}, nil}, 429, "TooManyRequests", "Too many requests, please try again later", ""},
		{"none to be reached", []error{errors.New("down"), errors.New("down"), nil}, 503, "Failure", "Internal server error, please try again later: 1 of the 2 members", "committee_unavailable"},
		{"a gateway's page", []error{&seal.ServerError{Status: 502}, &seal.ServerError{Status: 502}, nil}, 503, "Failure", "Internal server error, please try again later: 1 of the 2 members", "committee_unavailable"},
		{"a type that nobody knows", []error{says("Odd", "huh", "a"), says("Odd", "huh", "a"), nil}, 503, "Odd", "huh", "a"},
	} {
		few := &seal.CommitteeError{Threshold: 2, Good: 1}
		for _, err := range c.members {
			few.Members = append(few.Members, seal.MemberReport{Err: err})
		}
		ref := refusalOf(few, nil)
		code := ""
		if ref.Reason != nil {
			code = ref.Reason.Code
		}
		if ref.HTTPStatus() != c.status || ref.Type != c.typ || !strings.HasPrefix(ref.Message, c.message) || code != c.code_ {
			t.Errorf("%s: HTTP %d %s %q (%s)", c.name, ref.HTTPStatus(), ref.Type, ref.Message, code)
		}
	}
}

// Limits of members are passed on, with the time to wait.
func TestLimitsAreRelayed(t *testing.T) {
	n := newFixture(t)
	for i, wait := range []string{"3", "7", "x"} {
		n.members[i].turns(answer(429, "Retry-After: "+wait, `{"error":"TooManyRequests","message":"slow down","reason":{"code":"quota_user"}}`))
	}
	n.members[2].turns(answer(500, "", ""))
	_, url := n.aggregator(nil)
	req, _ := n.request(n.reader, innerID)
	status, header, b := n.post(url, req)
	var e seal.ErrorResponse
	json.Unmarshal(b, &e)
	if wait := header.Get("Retry-After"); status != 429 || e.Type != "TooManyRequests" || e.Message != "slow down" || e.Reason.Code != "quota_user" || wait != "3" && wait != "7" {
		t.Errorf("HTTP %d %s, Retry-After %q", status, b, wait)
	}
}

func TestRequestsThatAreRefusedHere(t *testing.T) {
	n := newFixture(t)
	s, url := n.aggregator(nil)
	good, _ := n.request(n.reader, innerID)
	change := func(f func(*seal.FetchKeyRequest)) *seal.FetchKeyRequest {
		r := *good
		f(&r)
		return &r
	}
	other, _ := n.request(n.reader, innerID)
	elsewhere := func() []byte {
		b := sui.NewBuilder()
		b.Call(sui.Address{0xab}, "policy", "seal_approve", nil, b.Pure(innerID))
		a, _ := seal.NewApproval(b)
		return a.Bytes()
	}
	kind := func(kind, version string) func(http.Header) {
		return func(h http.Header) { h.Set("Client-Sdk-Type", kind); h.Set("Client-Sdk-Version", version) }
	}
	for _, c := range []struct {
		name   string
		body   any
		header func(http.Header)
		status int
		typ    string
	}{
		{"no JSON", []byte("{"), nil, 400, ""},
		{"no content type", good, func(h http.Header) { h.Del("Content-Type") }, 415, ""},
		{"aggregator", good, kind("aggregator", "0.6.10"), 400, "InvalidSDKType"},
		{"no type", good, kind("", "1.0.0"), 400, "InvalidSDKType"},
		{"unknown type", good, kind("go", "1.0.0"), 400, "InvalidSDKType"},
		{"old client", good, kind("typescript", "0.9.9"), 426, "DeprecatedSDKVersion"},
		{"no version", good, kind("typescript", ""), 400, "MissingRequiredHeader"},
		{"bad program", change(func(r *seal.FetchKeyRequest) { r.PTB = []byte{1} }), nil, 403, "InvalidPTB"},
		{"bad session signature", change(func(r *seal.FetchKeyRequest) { r.RequestSignature = make([]byte, 64) }), nil, 403, "InvalidSessionSignature"},
		{"transport keys that do not fit", change(func(r *seal.FetchKeyRequest) { r.VerificationKey = other.VerificationKey }), nil, 403, "InvalidSessionSignature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := c.header
			if header == nil {
				header = func(http.Header) {}
			}
			n.refused(url, c.body, c.status, c.typ, header)
		})
	}
	// Correctly signed, and of no use all the same.
	session := n.session(n.reader)
	tk, err := seal.NewTransportKey(zeros{})
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := session.NewRequest(elsewhere(), tk.Public())
	if err != nil {
		t.Fatal(err)
	}
	n.refused(url, unknown, 403, "InvalidPackage")
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
	n.refused(url, good, 429, "TooManyRequests")
	for _, m := range n.members {
		if m.asked != 0 {
			t.Errorf("%s was asked", m.name)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}
