package metrics

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// sealNames are the metrics of Seal's key server and aggregator, less
// dry_run_gas_cost_per_package, which names packages, and the counters of
// events of committees, which are not followed: floe_oracle_committee_version
// stands for them.
var sealNames = []string{
	"total_requests", "service_requests", "internal_errors", "fetch_pkg_ids_duration", "check_policy_duration",
	"get_reference_gas_price_status", "requests_per_number_of_ids", "http_request_duration_millis", "http_requests_total",
	"http_request_in_flight", "sui_rpc_request_duration_millis", "requests_failed_due_to_staleness", "key_server_version",
	"client_sdk_version", "uptime",
	"upstream_key_server_errors", "key_server_fetch_duration_millis", "expected_key_ids_per_request",
}

func TestNames(t *testing.T) {
	names := map[string]bool{}
	for _, d := range New(Build{}).Definitions() {
		names[d.Name] = true
		if !slices.Contains(sealNames, d.Name) && !strings.HasPrefix(d.Name, "floe_oracle_") {
			t.Errorf("%s is neither Seal's nor begins with floe_oracle_", d.Name)
		}
		if d.Help == "" {
			t.Errorf("%s has no description", d.Name)
		}
	}
	for _, n := range sealNames {
		if !names[n] {
			t.Errorf("Seal's metric %s is missing", n)
		}
	}
}

// A nil *Metrics takes every call and does nothing.
func TestNilCountsNothing(t *testing.T) {
	v := reflect.ValueOf((*Metrics)(nil))
	for i := range v.NumMethod() {
		name := v.Type().Method(i).Name
		if slices.Contains([]string{"Handler", "Gatherer", "Definitions"}, name) {
			continue // of those who show metrics, and so have some
		}
		m := v.Method(i)
		var args []reflect.Value
		for p := range m.Type().Ins() {
			args = append(args, reflect.Zero(p))
		}
		m.Call(args)
	}
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func demand(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains(text, l+"\n") {
			t.Errorf("no line %s", l)
		}
	}
}

func TestDecisions(t *testing.T) {
	m := New(Build{API: "0.6.10", Revision: "abc"})
	m.Decided(Decision{})
	m.Decided(Decision{Service: "alice", Type: "NoAccess", Code: "floe_access::policy::ENotAllowed"})
	m.Decided(Decision{Type: "NoAccess", Code: "someones::code:7"})
	m.Decided(Decision{Type: "Failure", Code: "chain_stale"})
	m.Decided(Decision{Type: "NoAccess", Code: "0x5e1f00000000000000000000000000000000000000000000000000000000beef"})
	m.Took(Evaluate, time.Now().Add(-time.Hour))
	m.Node(0, NodeState{Up: true, Checkpoint: 7, Age: -3 * time.Second})
	called := false
	m.OnScrape(func() { called = true; m.Check("node", false) })
	text := scrape(t, m)
	if !called {
		t.Error("the hook was not called")
	}
	demand(t, text,
		"total_requests 5", "requests_failed_due_to_staleness 1", `internal_errors{internal_error_type="NoAccess"} 3`,
		`floe_oracle_decisions_total{outcome="released",reason="none",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="floe_access::policy::ENotAllowed",service="alice"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="policy_abort",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="failed",reason="chain_stale",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="other",service="root"} 1`,
		`floe_oracle_stage_seconds_bucket{stage="evaluate",le="10"} 0`, `floe_oracle_stage_seconds_count{stage="evaluate"} 1`,
		`check_policy_duration_count 1`, `floe_oracle_clock_behind_seconds 3`, `floe_oracle_node_lag_seconds{node="0"} 0`,
		`floe_oracle_ready{check="node"} 0`, `key_server_version{version="0.6.10"} 1`)
}

// Whoever chooses label values cannot fill the memory.
func TestLabelsAreBounded(t *testing.T) {
	m := New(Build{})
	for i := range 1000 {
		m.Client("typescript", fmt.Sprintf("%d.%d.%d", i%20, i/20, 1))
		m.Client(fmt.Sprintf("kind%d", i), "1.0.0")
		m.Decided(Decision{Type: "NoAccess", Code: strings.Repeat("a", 2+i%30) + "_" + strings.Repeat("b", 1+i/30)})
		m.CalledNode("M"+strings.Repeat("x", 2+i%38), time.Now(), nil)
	}
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if n := len(f.Metric); n > 210 {
			t.Errorf("%s has %d series", f.GetName(), n)
		}
	}
	demand(t, scrape(t, m), `client_sdk_version{sdk_type="other",version="1.0.0"} 1000`)
}

func TestNamesOfServices(t *testing.T) {
	b := bounded{max: 3}
	for in, want := range map[string]string{
		"": "root", "alice": "alice", "Bob-1": "bob-1", "0x5e1f": other, strings.Repeat("ab12", 4): other, "a b": other, strings.Repeat("z", 40): other,
	} {
		if got := b.name(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// A committee is shown as it is now: who has left is not shown any more.
func TestCommittee(t *testing.T) {
	m := New(Build{})
	m.Committee(CommitteeState{Version: 1, Needed: 2, Members: []MemberState{{"alice", true}, {"bob", false}, {"carol", true}}})
	m.MemberCalled("alice", "not needed")
	m.MemberCalled("0x5e1f00000000000000000000000000000000000000000000000000000000beef", "released")
	demand(t, scrape(t, m), `floe_oracle_member_up{key_server_name="alice"} 1`, `floe_oracle_member_up{key_server_name="bob"} 0`, "floe_oracle_members 3",
		"floe_oracle_members_up 2", "floe_oracle_members_needed 2", `floe_oracle_committee_version{service="root"} 1`,
		`floe_oracle_member_calls_total{key_server_name="alice",outcome="not_needed"} 1`, `floe_oracle_member_calls_total{key_server_name="other",outcome="released"} 1`)
	m.Committee(CommitteeState{Version: 2, Needed: 2, Members: []MemberState{{"alice", true}, {"dora", true}}})
	text := scrape(t, m)
	demand(t, text, `floe_oracle_member_up{key_server_name="dora"} 1`, "floe_oracle_members 2", `floe_oracle_committee_version{service="root"} 2`)
	if strings.Contains(text, `floe_oracle_member_up{key_server_name="bob"}`) {
		t.Error("bob has left, and is shown")
	}
}

func TestRoute(t *testing.T) {
	m := New(Build{})
	mux := http.NewServeMux()
	mux.Handle("GET /a", m.Route("/a", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })))
	mux.Handle("GET /b/{id}", m.Route("/b", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 429) })))
	for _, path := range []string{"/a", "/b/0x1", "/b/0x2"} {
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	demand(t, scrape(t, m), `http_requests_total{route="/a",status="200"} 1`, `http_requests_total{route="/b",status="429"} 2`,
		`http_request_in_flight{route="/b"} 0`, `http_request_duration_millis_count{route="/b",status="429"} 2`)
	if h := (*Metrics)(nil).Route("/a", mux); h != http.Handler(mux) {
		t.Error("a nil *Metrics wraps handlers")
	}
}
