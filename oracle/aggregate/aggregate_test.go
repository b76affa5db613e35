package aggregate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
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
