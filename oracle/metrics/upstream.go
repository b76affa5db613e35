package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// upstream are the metrics of an aggregator.
type upstream struct {
	errors *prometheus.CounterVec
	took   *prometheus.HistogramVec
	ids    *prometheus.HistogramVec
	blamed *prometheus.CounterVec

	servers, errorTypes bounded
}

func (u *upstream) make(r maker) {
	u.errors = r.counter("upstream_key_server_errors", "errors of committee members", "key_server_name", "error_type")
	u.took = r.histogram("key_server_fetch_duration_millis", "milliseconds until a committee member answered", sealHTTPMillis, "key_server_name")
	u.ids = r.histogram("expected_key_ids_per_request", "identities per request to committee members", []float64{0, 1, 2, 3, 4, 5})
	u.blamed = r.counter("floe_oracle_bad_shares_total", "shares of committee members that did not verify", "key_server_name")
	u.servers.max, u.errorTypes.max = 200, 40
}

// MemberAnswered notes that a committee member answered a request that began
// at start.
func (m *Metrics) MemberAnswered(server string, start time.Time) {
	if m != nil {
		m.upstream.took.WithLabelValues(m.upstream.servers.name(server)).Observe(millis(time.Since(start)))
	}
}

// MemberFailed counts an error of a committee member, by Seal's error type.
func (m *Metrics) MemberFailed(server, errorType string) {
	if m != nil {
		m.upstream.errors.WithLabelValues(m.upstream.servers.name(server), m.upstream.errorTypes.errorType(errorType)).Inc()
	}
}

// MemberBlamed counts a share that does not verify under its member's key.
func (m *Metrics) MemberBlamed(server string) {
	if m != nil {
		m.upstream.blamed.WithLabelValues(m.upstream.servers.name(server)).Inc()
	}
}

// AskedMembers notes how many identities a request to members names.
func (m *Metrics) AskedMembers(ids int) {
	if m != nil {
		m.upstream.ids.WithLabelValues().Observe(float64(ids))
	}
}
