package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Stage is a part of a key request's way.
type Stage string

// The stages. Total is from the first byte read to the last one written.
const (
	Authenticate Stage = "authenticate"
	Evaluate     Stage = "evaluate"
	Derive       Stage = "derive"
	Journal      Stage = "journal"
	Total        Stage = "total"
)

// Stages are all stages, in order.
var Stages = []Stage{Authenticate, Evaluate, Derive, Journal, Total}

// requests are the metrics of what clients ask.
type requests struct {
	total, service, stale *prometheus.CounterVec
	errors, decisions     *prometheus.CounterVec
	keys, policy, pkg     *prometheus.HistogramVec
	stages                map[Stage]prometheus.Observer
	sdk, quota, panics    *prometheus.CounterVec
	httpTotal             *prometheus.CounterVec
	httpMillis            *prometheus.HistogramVec
	httpNow               *prometheus.GaugeVec

	codes, errorTypes, versions, services, quotas bounded
}

func (q *requests) make(r maker) {
	q.total = r.counter("total_requests", "key requests")
	q.service = r.counter("service_requests", "requests for the proof of possession")
	q.stale = r.counter("requests_failed_due_to_staleness", "key requests refused because the full node is behind")
	q.errors = r.counter("internal_errors", "refusals by Seal's error type", "internal_error_type")
	q.keys = r.histogram("requests_per_number_of_ids", "identities per key request", []float64{0, 1, 2, 3, 4, 5})
	q.policy = r.histogram("check_policy_duration", "milliseconds that a policy took", sealMillis)
	q.pkg = r.histogram("fetch_pkg_ids_duration", "milliseconds that the look-up of a package took", sealMillis)
	q.sdk = r.counter("client_sdk_version", "requests by client", "sdk_type", "version")
	q.httpTotal = r.counter("http_requests_total", "HTTP requests", "route", "status")
	q.httpMillis = r.histogram("http_request_duration_millis", "milliseconds that HTTP requests took", sealHTTPMillis, "route", "status")
	q.httpNow = r.gauge("http_request_in_flight", "HTTP requests under way", "route")

	q.decisions = r.counter("floe_oracle_decisions_total", "decisions about key requests", "service", "outcome", "reason")
	q.quota = r.counter("floe_oracle_quota_refusals_total", "key requests refused by a limit", "quota")
	q.panics = r.counter("floe_oracle_panics_total", "requests that met a defect of this program")
	stages := r.histogram("floe_oracle_stage_seconds", "seconds that a stage of a key request took", seconds, "stage")
	q.stages = map[Stage]prometheus.Observer{}
	for _, s := range Stages {
		q.stages[s] = stages.WithLabelValues(string(s))
	}
	q.codes.max, q.errorTypes.max, q.versions.max, q.services.max, q.quotas.max = 200, 40, 100, 200, 20
}

// A Decision is the end of a key request.
type Decision struct {
	Service string // name of the service, "" for the one at the root or if it is not known
	Type    string // Seal's error type; "" for a release
	Code    string // of the reason; "" if there is none
}

// Decided counts a decision.
func (m *Metrics) Decided(d Decision) {
	if m == nil {
		return
	}
	q := &m.requests
	q.total.WithLabelValues().Inc()
	outcome := "released"
	if d.Type != "" {
		outcome = "refused"
		q.errors.WithLabelValues(q.errorTypes.errorType(d.Type)).Inc()
		if d.Type == "Failure" {
			outcome = "failed"
		}
	}
	if d.Code == "chain_stale" {
		q.stale.WithLabelValues().Inc()
	}
	q.decisions.WithLabelValues(q.services.name(d.Service), outcome, q.codes.code(d.Code)).Inc()
}

// Asked counts how many identities an authenticated request names.
func (m *Metrics) Asked(ids int) {
	if m != nil {
		m.requests.keys.WithLabelValues().Observe(float64(ids))
	}
}

// Took notes how long a stage took that began at start.
func (m *Metrics) Took(s Stage, start time.Time) {
	if m == nil {
		return
	}
	took := time.Since(start)
	m.requests.stages[s].Observe(took.Seconds())
	if s == Evaluate {
		m.requests.policy.WithLabelValues().Observe(millis(took))
	}
}

// LookedUpPackage notes how long the look-up of a package took that began at
// start.
func (m *Metrics) LookedUpPackage(start time.Time) {
	if m != nil {
		m.requests.pkg.WithLabelValues().Observe(millis(time.Since(start)))
	}
}

// ServiceAsked counts a request for the proof of possession.
func (m *Metrics) ServiceAsked() {
	if m != nil {
		m.requests.service.WithLabelValues().Inc()
	}
}

// Client counts a client's type and version, as its headers say.
func (m *Metrics) Client(kind, version string) {
	if m == nil {
		return
	}
	kind, version = m.requests.versions.sdk(kind, version)
	m.requests.sdk.WithLabelValues(kind, version).Inc()
}

// QuotaRefused counts a request that a limit refused; quota is the limit's
// kind, such as user, package or key.
func (m *Metrics) QuotaRefused(quota string) {
	if m != nil {
		m.requests.quota.WithLabelValues(m.requests.quotas.code(quota)).Inc()
	}
}

// Panicked counts a request that met a defect.
func (m *Metrics) Panicked() {
	if m != nil {
		m.requests.panics.WithLabelValues().Inc()
	}
}

// Route counts and times the requests that next answers, under a fixed name.
func (m *Metrics) Route(route string, next http.Handler) http.Handler {
	if m == nil {
		return next
	}
	q := &m.requests
	now := q.httpNow.WithLabelValues(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		now.Inc()
		s := &statusWriter{ResponseWriter: w}
		answered := false
		defer func() {
			now.Dec()
			status := strconv.Itoa(s.code(answered))
			q.httpTotal.WithLabelValues(route, status).Inc()
			q.httpMillis.WithLabelValues(route, status).Observe(millis(time.Since(start)))
		}()
		next.ServeHTTP(s, r)
		answered = true
	})
}

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// code is the status that was sent; a handler that panicked sent none.
func (w *statusWriter) code(answered bool) int {
	switch {
	case w.status != 0:
		return w.status
	case answered:
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}
