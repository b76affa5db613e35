package aggregate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// checkReceipts demands of each member that released a receipt that is signed
// by it, and is of the shares that came with it.
func (n *fixture) checkReceipts(members []seal.MemberAnswer, decision receipt.Decision) (count int) {
	n.t.Helper()
	for _, a := range members {
		if a.Receipt == "" {
			continue
		}
		m := n.members[a.Party]
		r, err := receipt.Verify(a.Receipt, m.server.Services()[0].ReceiptKeys(), m.address)
		if err != nil {
			n.t.Errorf("receipt of member %d: %v", a.Party, err)
			continue
		}
		if r.Decision != decision || a.Issuer != m.address.String() || a.Name != m.name || a.Opening == nil {
			n.t.Errorf("member %d says %+v, its receipt %s", a.Party, a, r.Decision)
		}
		if decision == receipt.Release {
			if err := r.CheckShares(a.Shares); err != nil {
				n.t.Error(err)
			}
		}
		count++
	}
	return count
}

func TestAggregates(t *testing.T) {
	n := newFixture(t)
	_, url := n.aggregator(func(c *Config) { c.Credentials = map[string]Credential{"member-1": {"X-Api-Key", "s3cret"}} })
	req, transport := n.request(n.reader, innerID, otherID)
	body, _ := json.MarshalIndent(req, "", " ") // not as Go would write it
	status, header, b := n.post(url, body, func(h http.Header) { h.Set("Request-Id", "r-1") })
	if m := n.members[someReleased(b)]; !bytes.Equal(m.body, body) || m.header.Get("Request-Id") != "r-1" {
		t.Errorf("%s was sent %v, %s", m.name, m.header, m.body)
	}
	var out seal.FetchKeyResponse
	if err := json.Unmarshal(b, &out); status != 200 || err != nil {
		t.Fatalf("HTTP %d %s", status, b)
	}
	if header.Get("X-KeyServer-Version") != "0.6.10" || header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("header %v", header)
	}
	if got := n.checkReceipts(out.Members, receipt.Release); got < 2 || len(out.Members) != 3 {
		t.Errorf("%d receipts of %d members", got, len(out.Members))
	}
	n.released(url, req, transport, innerID, otherID) // the same request again
	for _, m := range n.members {
		if got := m.server.Services()[0].Receipts(); got > 1 {
			t.Errorf("%s wrote %d receipts", m.name, got)
		}
		m.mu.Lock()
		h := m.header
		m.mu.Unlock()
		want := ""
		if m.name == "member-1" {
			want = "s3cret"
		}
		if h.Get("Client-Sdk-Type") != "aggregator" || h.Get("Client-Sdk-Version") != "0.6.10" || h.Get("X-Api-Key") != want {
			t.Errorf("%s was sent %v", m.name, h)
		}
	}
}

// someReleased is a member that released.
func someReleased(answer []byte) uint16 {
	var out seal.FetchKeyResponse
	json.Unmarshal(answer, &out)
	for _, m := range out.Members {
		if m.Outcome == seal.OutcomeReleased {
			return m.Party
		}
	}
	return 0
}

// A repeated identity is one key here, for which members send a share each time.
func TestRepeatedIdentity(t *testing.T) {
	n := newFixture(t)
	_, url := n.aggregator(nil)
	req, transport := n.request(n.reader, innerID, otherID, innerID)
	out := n.released(url, req, transport, innerID, otherID)
	n.checkReceipts(out.Members, receipt.Release)
	for _, m := range out.Members {
		if m.Outcome == seal.OutcomeReleased && len(m.Shares) != 3 {
			t.Errorf("member %d sent %d shares", m.Party, len(m.Shares))
		}
	}
}

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

// answer is a handler that answers everything alike.
func answer(status int, header, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-KeyServer-Version", "0.6.10")
		if k, v, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	})
}

// With one member down and another one as given, there is no key, and the
// answer says of each what it did.
func TestBadMembers(t *testing.T) {
	n := newFixture(t)
	silence := make(chan struct{})
	t.Cleanup(func() { close(silence) })
	elsewhere := n.members[2].http.URL
	for _, c := range []struct {
		name, outcome, detail string
		do                    http.Handler
	}{
		{"wrong share", seal.OutcomeMisbehaved, "not right under the public key", n.withShare(1, n.members[2].share)},
		{"other identity", seal.OutcomeMisbehaved, "was not asked for", answer(200, "", `{"decryption_keys":[{"id":[1],"encrypted_key":["",""]}]}`)},
		{"nonsense", seal.OutcomeMisbehaved, "does not speak the protocol", answer(200, "", "<html>")},
		{"old", seal.OutcomeUnreachable, "which is not served here", answer(200, "X-KeyServer-Version: 0.6.1", "{}")},
		{"redirects", seal.OutcomeUnreachable, "HTTP 307", answer(307, "Location: "+elsewhere+"/v1/fetch_key", "")},
		{"limits", seal.OutcomeRefused, "too many", answer(429, "", `{"error":"TooManyRequests","message":"too many"}`)},
		{"slow", seal.OutcomeUnreachable, "no answer within 150ms", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-silence:
			}
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.members[0].turns(answer(503, "", "down"))
			n.members[1].turns(c.do)
			s, url := n.aggregator(func(cfg *Config) {
				if c.name == "slow" {
					cfg.Timeout = 150 * time.Millisecond
				}
			})
			req, transport := n.request(n.reader, innerID)
			status, _, b := n.post(url, req)
			var e seal.ErrorResponse
			json.Unmarshal(b, &e)
			if len(e.Members) != 3 || status == 200 {
				t.Fatalf("HTTP %d %s", status, b)
			}
			m := e.Members[1]
			if m.Outcome != c.outcome || !strings.Contains(m.Detail, c.detail) || m.Name != "member-1" {
				t.Errorf("member 1: %+v", m)
			}
			blamed := s.Status().Committee.Members[1].Misbehaved
			if (blamed != nil) != (c.outcome == seal.OutcomeMisbehaved) || blamed != nil && !strings.Contains(blamed.Reason, c.detail) {
				t.Errorf("blamed for %+v", blamed)
			}
			n.members[0].turns(nil)
			if c.name == "slow" {
				return // the honest ones would need luck
			}
			n.released(url, req, transport, innerID)
		})
	}
	n.members[1].turns(nil)
	w := httptest.NewRecorder()
	n.count.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if want := regexp.MustCompile(`floe_oracle_bad_shares_total\{key_server_name="member-1"\} [3-9]`); !want.Match(w.Body.Bytes()) {
		t.Errorf("metrics have no %s", want)
	}
	if log := n.log.String(); !strings.Contains(log, "a member of the committee misbehaved") || !strings.Contains(log, "party=1 member=member-1") {
		t.Errorf("log: %s", log)
	}
}

func TestProbes(t *testing.T) {
	n := newFixture(t)
	s, url := n.aggregator(nil)
	ready := func(status, answering int) Status {
		t.Helper()
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _, b := n.get(url + "/ready")
		var out Status
		if err := json.Unmarshal(b, &out); err != nil || got != status || out.Ready != (status == 200) || out.Committee.Answering != answering {
			t.Errorf("HTTP %d %s", got, b)
		}
		return out
	}
	if c := ready(200, 3).Committee; c.Threshold != 2 || len(c.Members) != 3 || c.Version != 0 {
		t.Errorf("%+v", c)
	}
	n.members[0].http.Close()
	if c := ready(200, 2).Committee; c.Members[0].Up || c.Members[0].Detail != "does not answer" {
		t.Errorf("%+v", c)
	}
	n.members[1].turns(answer(500, "", ""))
	if got := ready(503, 1); got.Reason != "1 members of the committee answer, 2 are needed" {
		t.Errorf("%+v", got)
	}
	n.members[1].turns(nil)
	ready(200, 2)
	s.Drain()
	ready(503, 2)

	if status, _, b := n.get(url + "/v1/service?service_id=" + committeeID.String()); status != 400 || strings.TrimSpace(string(b)) != "Unsupported" {
		t.Errorf("service: HTTP %d %s", status, b)
	}
	if status, _, b := n.get(url + "/health"); status != 200 || !strings.Contains(string(b), `"ok"`) {
		t.Errorf("health: HTTP %d %s", status, b)
	}
}

// A committee that rotates is read anew as soon as shares do not fit. Members that have
// not noticed it yet are asked again and not blamed, for a while.
func TestRotation(t *testing.T) {
	n := newFixture(t)
	now := time.Now()
	s, url := n.aggregator(func(c *Config) { c.Now = func() time.Time { return now } })
	shares := sealtest.Shares(t, sealtest.After)
	last := &member{name: "member-3", share: shares[3], http: httptest.NewServer(answer(503, "", "down"))}
	t.Cleanup(last.http.Close)
	before := n.members[2].share
	members := append(slices.Clone(n.members), last)
	for i, m := range n.members { // three of the four new members, which are enough
		m.share = shares[i]
	}
	n.chain.show(1, 3, n.whole, members)
	for i := range 2 {
		n.serve(i, n.members[i].share)
	}
	n.members[2].turns(n.withShare(2, before)) // has not noticed
	req, transport := n.request(n.reader, innerID)
	late := n.refused(url, req, 503, "Failure")
	if len(late.Members) != 4 || late.Members[2].Outcome != seal.OutcomeUnreachable || !strings.Contains(late.Members[2].Detail, "has not noticed the rotation") {
		t.Errorf("%+v", late.Members)
	}
	for range 2 { // the second time the rotation is known already
		for _, m := range s.Status().Committee.Members {
			if m.Misbehaved != nil {
				t.Errorf("%s is blamed: %+v", m.Name, m.Misbehaved)
			}
		}
		n.refused(url, req, 503, "Failure")
	}
	n.members[2].turns(nil)
	n.serve(2, n.members[2].share)
	req, transport = n.request(n.reader, innerID)
	n.released(url, req, transport, innerID)
	if got := s.Status().Committee; got.Version != 1 || len(got.Members) != 4 {
		t.Errorf("%+v", got)
	}
	if log := n.log.String(); strings.Contains(log, "misbehaved") {
		t.Errorf("log: %s", log)
	}

	// Later there is no excuse.
	now = now.Add(2 * lateness)
	n.members[2].turns(n.withShare(2, before))
	req, _ = n.request(n.reader, innerID)
	if got := n.refused(url, req, 503, "Failure"); len(got.Members) != 4 || got.Members[2].Outcome != seal.OutcomeMisbehaved {
		t.Errorf("%+v", got.Members)
	}
}

// Many who want the chain read at a time share one reading, which begins after they
// asked.
func TestReadingsAreShared(t *testing.T) {
	n := newFixture(t)
	s, _ := n.aggregator(nil)
	n.chain.mu.Lock() // holds up whoever reads
	before := n.chain.reads
	first := s.join()
	var all []*reading
	for range 20 {
		all = append(all, s.join())
	}
	n.chain.mu.Unlock()
	for _, r := range append(all, first) {
		<-r.done
		if r.err != nil || r.server == nil {
			t.Errorf("read %v, %v", r.server, r.err)
		}
	}
	if reads := n.chain.reads - before; reads != 1 && reads != 2 {
		t.Errorf("%d readings", reads)
	}
	if later := s.join(); later == first || later == all[19] {
		t.Error("a reading that is over was shared")
	} else {
		<-later.done
	}
}

func TestChainThatFails(t *testing.T) {
	n := newFixture(t)
	n.chain.err = fmt.Errorf("read: %w", suirpc.ErrUnreachable)
	s, url := n.aggregator(nil)
	req, transport := n.request(n.reader, innerID)
	if e := n.refused(url, req, 503, "Failure"); e.Reason == nil || e.Reason.Code != "committee_unknown" {
		t.Errorf("%+v", e)
	}
	if got := s.Status(); got.Ready || got.Committee != nil {
		t.Errorf("%+v", got)
	}
	n.chain.err = nil
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.released(url, req, transport, innerID)

	// What is read once stays known.
	n.chain.err = errors.New("down")
	if err := s.Refresh(t.Context()); err == nil {
		t.Error("a failing chain is not reported")
	}
	n.released(url, req, transport, innerID)
}

func TestNewRefuses(t *testing.T) {
	n := newFixture(t)
	swapped := []*member{n.members[1], n.members[0], n.members[2]}
	for want, do := range map[string]func(*Config){
		"no KeyServer object": func(c *Config) { c.ObjectID = sui.Address{} },
		"no chain":            func(c *Config) { c.Chain = nil },
		"both the name":       func(c *Config) { c.Credentials = map[string]Credential{"m": {Name: "x"}} },
		"not found":           func(c *Config) { c.ObjectID = sui.Address{1} },
		"no shares of its own": func(*Config) {
			n.chain.show(0, 2, n.whole, swapped)
		},
	} {
		cfg := Config{ObjectID: committeeID, Chain: n.chain}
		do(&cfg)
		if _, err := New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestStartRefreshesAndStops(t *testing.T) {
	n := newFixture(t)
	n.chain.read = make(chan struct{}, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tick := make(chan time.Time)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Config{ObjectID: committeeID, Chain: n.chain, Tick: tick}, l)
	if err != nil {
		t.Fatal(err)
	}
	<-n.chain.read
	tick <- time.Now()
	<-n.chain.read

	// A request that is worked on when it stops is answered.
	arrived, going := make(chan struct{}), make(chan struct{})
	n.members[2].turns(answer(503, "", ""))
	honest := n.members[1].honest
	n.members[1].turns(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/fetch_key" {
			close(arrived)
			<-going
		}
		honest.ServeHTTP(w, r)
	}))
	req, transport := n.request(n.reader, innerID)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		n.released(s.URL(), req, transport, innerID)
	}()
	<-arrived
	cancel()
	<-s.draining
	close(going)
	<-answered
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.URL() + "/health"); err == nil {
		t.Error("it still answers")
	}
}

func TestRequirementOfMembers(t *testing.T) {
	n := newFixture(t)
	newer := sealhttp.MustRequire(">=0.7.0")
	_, url := n.aggregator(func(c *Config) { c.KeyServers = &newer })
	req, _ := n.request(n.reader, innerID)
	n.refused(url, req, 503, "Failure")
}

// A service account's token goes to the members in place of a wallet's
// signature, and nowhere else.
func TestTokens(t *testing.T) {
	n := newFixture(t)
	_, url := n.aggregator(nil)
	req, _ := n.request(n.reader, innerID)
	token := func(h http.Header) { h.Set("Authorization", "Bearer a.b.c") }
	sent := func() (all []string) {
		for _, m := range n.members {
			m.mu.Lock()
			all = append(all, m.header.Get("Authorization"))
			m.mu.Unlock()
		}
		return all
	}
	if status, _, b := n.post(url, req, token); status != 200 {
		t.Errorf("HTTP %d %s", status, b)
	}
	if got := sent(); slices.ContainsFunc(got, func(v string) bool { return v != "" }) {
		t.Errorf("sent beside a wallet's signature: %q", got)
	}
	req.Certificate.Signature = []byte{}
	e := n.refused(url, req, 403, "InvalidSignature", token)
	if e.Reason == nil || e.Reason.Code != "token_unsupported" {
		t.Errorf("%+v", e)
	}
	if got := sent(); !slices.Contains(got, "Bearer a.b.c") {
		t.Errorf("sent in place of a signature: %q", got)
	}
}

// roundTrip is a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A token does not leave the machine in plain text, as it does not come in so: a member
// chooses its address itself.
func TestTokensAreNotSentInPlainText(t *testing.T) {
	n := newFixture(t)
	members := slices.Clone(n.members)
	members[1] = &member{name: "plain", share: n.members[1].share, http: &httptest.Server{URL: "http://keys.example.org"}}
	n.chain.show(0, 2, n.whole, members)
	var mu sync.Mutex
	var seen []string
	_, url := n.aggregator(func(c *Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "keys.example.org" {
				return http.DefaultTransport.RoundTrip(r)
			}
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Header.Get("Authorization"))
			return nil, errors.New("no route")
		})
	})
	req, _ := n.request(n.reader, innerID)
	req.Certificate.Signature = []byte{}
	e := n.refused(url, req, 403, "InvalidSignature", func(h http.Header) { h.Set("Authorization", "Bearer a.b.c") })
	if m := e.Members[1]; m.Outcome != seal.OutcomeNotNeeded && !strings.Contains(m.Detail, "https only") {
		t.Errorf("%+v", m)
	}
	mu.Lock()
	defer mu.Unlock()
	if slices.ContainsFunc(seen, func(v string) bool { return v != "" }) {
		t.Errorf("sent in plain text: %q", seen)
	}
}
