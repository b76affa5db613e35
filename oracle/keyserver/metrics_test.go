package keyserver

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
)

func (f *fixture) metrics() string {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.count.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// identifier is what addresses, digests and keys look like: hex, base64 or
// base58.
var identifier = regexp.MustCompile(`0x[0-9a-fA-F]{2}|[0-9a-fA-F]{16}|[A-Za-z0-9+/_-]*[0-9][A-Za-z0-9+/_-]*[A-Z][A-Za-z0-9+/_-]{18}`)

// No label tells who asked for what, whatever clients and policies say.
func TestMetricsNameNobody(t *testing.T) {
	for s, want := range map[string]bool{
		serverID.String(): true, "7Wq2UsdYYJNSyR3WkfhUEPb8wzUmKfLFm4qfE9eLcqnx": true, "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=": true,
		"journal_unavailable": false, "/v1/debug/committee_partial_pk": false, "floe_access::policy::ENotAllowed": false, "+Inf": false,
	} {
		if identifier.MatchString(s) != want {
			t.Errorf("%q looks like an identifier: %v", s, !want)
		}
	}
	f := start(t)
	ask := func(reason string) {
		if f.eval.err = nil; reason != "" {
			f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: reason}}
		}
		req, _ := f.request(nil)
		f.post(req)
	}
	ask("")
	ask("floe_access::policy::ENotAllowed")
	ask(f.wallet.Address().String() + "::policy:7")
	ask(policyID.String())
	for _, path := range []string{"/v1/receipts/1/proof", "/v1/policies/" + policyID.String() + "/receipts", "/tile/0/x001/" + pkgID.String(),
		"/" + policyID.String(), "/v1/service?service_id=" + serverID.String()} {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		req.Header.Set(seal.HeaderSDKType, f.wallet.Address().String())
		req.Header.Set(seal.HeaderSDKVersion, "1.2.3-"+policyID.String())
		f.do(req)
	}
	f.post([]byte("{"))
	if err := f.server.Close(); err != nil { // until then a request may not be counted yet
		t.Fatal(err)
	}
	text := f.metrics()
	label := regexp.MustCompile(`="((?:[^"\\]|\\.)*)"`)
	found := 0
	for _, m := range label.FindAllStringSubmatch(text, -1) {
		found++
		if identifier.MatchString(m[1]) {
			t.Errorf("a label is %q", m[1])
		}
	}
	if found < 100 {
		t.Errorf("%d labels looked at", found)
	}
	for _, want := range []string{
		"total_requests 5", "service_requests 1", `http_requests_total{route="/v1/fetch_key",status="403"} 3`,
		`http_requests_total{route="/v1/policies/{policy}/receipts",status="401"} 1`,
		`floe_oracle_decisions_total{outcome="released",reason="none",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="policy_abort",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="other",service="root"} 1`,
		`floe_oracle_decisions_total{outcome="refused",reason="none",service="root"} 1`,
		`floe_oracle_stage_seconds_count{stage="evaluate"} 4`, `floe_oracle_stage_seconds_count{stage="derive"} 1`,
		`floe_oracle_stage_seconds_count{stage="journal"} 4`, `floe_oracle_stage_seconds_count{stage="authenticate"} 4`,
		`floe_oracle_stage_seconds_count{stage="total"} 5`, `floe_oracle_journal_batch_receipts_sum 4`,
		`requests_per_number_of_ids_sum 4`, `client_sdk_version{sdk_type="typescript",version="1.4.12"} 5`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
