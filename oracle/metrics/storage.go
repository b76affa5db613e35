package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// storage are the metrics of journals, logs, evidence and readiness.
type storage struct {
	fsync, batch, logDelay              *prometheus.HistogramVec
	failures, anchors                   *prometheus.CounterVec
	queue, receipts, published, waiting *prometheus.GaugeVec
	late, cosigned, committee, anchored *prometheus.GaugeVec
	diskFree, evidence                  *prometheus.GaugeVec
	checks, draining                    *prometheus.GaugeVec

	services, checkNames bounded
}

func (s *storage) make(r maker) {
	s.fsync = r.histogram("floe_oracle_journal_fsync_seconds", "seconds until a batch of receipts was signed and on disk", seconds)
	s.batch = r.histogram("floe_oracle_journal_batch_receipts", "receipts that shared one fsync", sizes)
	s.failures = r.counter("floe_oracle_journal_failures_total", "batches of receipts that could not be stored")
	s.logDelay = r.histogram("floe_oracle_log_delay_seconds", "seconds from a durable receipt to the published checkpoint with it", seconds)
	s.anchors = r.counter("floe_oracle_anchorings_total", "attempts to anchor a log on chain", "result")
	s.queue = r.gauge("floe_oracle_journal_queue", "receipts that wait for the disk", "service")
	s.receipts = r.gauge("floe_oracle_receipts", "receipts in the journal", "service")
	s.published = r.gauge("floe_oracle_log_entries", "receipts in the published checkpoint", "service")
	s.waiting = r.gauge("floe_oracle_log_waiting_seconds", "how long the oldest receipt that is not in the log has waited", "service")
	s.late = r.gauge("floe_oracle_log_late", "1 while a receipt is not in the log in time", "service")
	s.cosigned = r.gauge("floe_oracle_log_cosigned", "1 if enough witnesses cosigned the published checkpoint", "service")
	s.anchored = r.gauge("floe_oracle_log_anchored_entries", "receipts under the head that is anchored on chain", "service")
	s.committee = r.gauge("floe_oracle_committee_version", "version of the committee's key in use", "service")
	s.diskFree = r.gauge("floe_oracle_disk_free_bytes", "room for receipts", "service")
	s.evidence = r.gauge("floe_oracle_evidence_bytes", "bytes of evidence that are stored", "service")
	s.checks = r.gauge("floe_oracle_ready", "1 if the check of readiness passes", "check")
	s.draining = r.gauge("floe_oracle_draining", "1 while the server finishes requests before it ends")
	s.draining.WithLabelValues().Set(0)
	s.services.max, s.checkNames.max = 200, 40
}

// Stored notes that a batch of receipts was synced, from start on, or failed.
func (m *Metrics) Stored(receipts int, start time.Time, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.storage.failures.WithLabelValues().Inc()
	default:
		m.storage.fsync.WithLabelValues().Observe(time.Since(start).Seconds())
		m.storage.batch.WithLabelValues().Observe(float64(receipts))
	}
}

// Logged notes how long a receipt was durable before it was in the log.
func (m *Metrics) Logged(delay time.Duration) {
	if m != nil {
		m.storage.logDelay.WithLabelValues().Observe(delay.Seconds())
	}
}

// Anchored counts an attempt to anchor the log of a service; entries is the
// size of the head that it put on chain, 0 if there was nothing to do.
func (m *Metrics) Anchored(service string, entries uint64, err error) {
	if m == nil {
		return
	}
	s, result := &m.storage, "success"
	if err != nil {
		result = "error"
	}
	s.anchors.WithLabelValues(result).Inc()
	if err == nil && entries > 0 {
		s.anchored.WithLabelValues(s.services.name(service)).Set(float64(entries))
	}
}

// ServiceState is where journal and log of a service stand.
type ServiceState struct {
	Receipts, Published uint64
	Waiting             time.Duration // of the oldest receipt that is not in the log
	Late, Cosigned      bool
	Queue               int
	Committee           uint64 // version of the key in committee mode; shown if InCommittee
	InCommittee         bool
	DiskFree            uint64 // bytes
}

// Service shows the state of a service; "" is the one at the root.
func (m *Metrics) Service(name string, state ServiceState) {
	if m == nil {
		return
	}
	s := &m.storage
	name = s.services.name(name)
	set := func(g *prometheus.GaugeVec, v float64) { g.WithLabelValues(name).Set(v) }
	set(s.queue, float64(state.Queue))
	set(s.receipts, float64(state.Receipts))
	set(s.published, float64(state.Published))
	set(s.waiting, state.Waiting.Seconds())
	set(s.late, truth(state.Late))
	set(s.cosigned, truth(state.Cosigned))
	set(s.diskFree, float64(state.DiskFree))
	if state.InCommittee {
		set(s.committee, float64(state.Committee))
	}
}

// Evidence shows how many bytes of evidence a service has stored.
func (m *Metrics) Evidence(service string, bytes int64) {
	if m != nil {
		m.storage.evidence.WithLabelValues(m.storage.services.name(service)).Set(float64(bytes))
	}
}

// Check shows whether a check of readiness passes.
func (m *Metrics) Check(name string, ok bool) {
	if m != nil {
		m.storage.checks.WithLabelValues(m.storage.checkNames.code(name)).Set(truth(ok))
	}
}

// Draining shows that the server has begun to end.
func (m *Metrics) Draining() {
	if m != nil {
		m.storage.draining.WithLabelValues().Set(1)
	}
}
