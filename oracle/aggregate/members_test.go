package aggregate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

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
	for _, want := range []string{
		`floe_oracle_bad_shares_total\{key_server_name="member-1"\} [3-9]`, `floe_oracle_member_calls_total\{key_server_name="member-1",outcome="misbehaved"\} [3-9]`,
		`floe_oracle_member_calls_total\{key_server_name="member-0",outcome="released"\} [1-9]`, `floe_oracle_members 3\n`, `floe_oracle_members_needed 2\n`,
	} {
		if !regexp.MustCompile(want).Match(w.Body.Bytes()) {
			t.Errorf("metrics have no %s", want)
		}
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
		w := httptest.NewRecorder()
		n.count.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		for _, want := range []string{fmt.Sprintf("floe_oracle_members_up %d", answering), "floe_oracle_members_needed 2", `floe_oracle_member_up{key_server_name="member-2"} 1`} {
			if !strings.Contains(w.Body.String(), want+"\n") {
				t.Errorf("metrics have no %s", want)
			}
		}
		if unready := strings.Contains(w.Body.String(), `floe_oracle_ready{check="committee"} 0`); unready != (answering < 2) {
			t.Errorf("metrics say that it is not ready: %v", unready)
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

// A node that is behind another does not bring the committee before a rotation back.
func TestNodeThatIsBehind(t *testing.T) {
	n := newFixture(t)
	shares := sealtest.Shares(t, sealtest.After)
	var next []*member
	for i, share := range shares {
		next = append(next, &member{name: fmt.Sprint("next-", i), share: share, http: n.members[0].http})
	}
	n.chain.show(1, 3, n.whole, next)
	now := time.Now()
	s, _ := n.aggregator(func(c *Config) { c.Now = func() time.Time { return now } })
	n.chain.show(0, 2, n.whole, n.members)
	if err := s.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "the node is behind") {
		t.Error(err)
	}
	if got := s.Status().Committee; got.Version != 1 || len(got.Members) != 4 {
		t.Errorf("%+v", got)
	}

	// What a node made up is forgotten.
	now = now.Add(2 * lateness)
	if err := s.Refresh(t.Context()); err != nil || s.Status().Committee.Version != 0 {
		t.Errorf("%+v, %v", s.Status().Committee, err)
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

func TestRequirementOfMembers(t *testing.T) {
	n := newFixture(t)
	newer := sealhttp.MustRequire(">=0.7.0")
	_, url := n.aggregator(func(c *Config) { c.KeyServers = &newer })
	req, _ := n.request(n.reader, innerID)
	n.refused(url, req, 503, "Failure")
}
