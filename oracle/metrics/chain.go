package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// chain are the metrics of full nodes and of evaluation.
type chain struct {
	rpc                  *prometheus.HistogramVec
	gasPrice             *prometheus.CounterVec
	mismatch, disagree   *prometheus.CounterVec
	cache                *prometheus.CounterVec
	nodeUp, nodeTip      *prometheus.GaugeVec
	nodeAge              *prometheus.GaugeVec
	skew, stream, behind *prometheus.GaugeVec

	methods, caches bounded
}

func (c *chain) make(r maker) {
	c.rpc = r.histogram("sui_rpc_request_duration_millis", "milliseconds that calls of a full node took", sealHTTPMillis, "method", "status")
	c.gasPrice = r.counter("get_reference_gas_price_status", "look-ups of the epoch, for its reference gas price", "status")
	c.mismatch = r.counter("floe_oracle_evaluator_mismatches_total", "evaluations in which our machine and the full node differed; each was refused")
	c.disagree = r.counter("floe_oracle_node_disagreements_total", "evaluations in which full nodes gave different verdicts")
	c.cache = r.counter("floe_oracle_cache_requests_total", "evaluations, by whether all that they needed was in memory", "cache", "result")
	c.nodeUp = r.gauge("floe_oracle_node_up", "whether the full node answered when it was last asked", "node")
	c.nodeTip = r.gauge("floe_oracle_node_checkpoint", "newest checkpoint of the full node", "node")
	c.nodeAge = r.gauge("floe_oracle_node_lag_seconds", "age of the full node's newest checkpoint by this machine's clock", "node")
	c.skew = r.gauge("floe_oracle_clock_behind_seconds", "how far the chain's clock is ahead of this machine's; 0 if it is not")
	c.stream = r.gauge("floe_oracle_stream_checkpoint", "checkpoint up to which caches follow the chain")
	c.behind = r.gauge("floe_oracle_stream_lag_seconds", "age of the checkpoint up to which caches follow the chain")
	c.methods.max, c.caches.max = 40, 20
}

// CalledNode notes a call of a full node that began at start; err is gRPC's. It
// is for suirpc.WithObserver.
func (m *Metrics) CalledNode(method string, start time.Time, err error) {
	if m == nil {
		return
	}
	outcome := "error"
	switch status.Code(err) {
	case codes.OK:
		outcome = "success"
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		outcome = "retriable_error"
	}
	m.chain.rpc.WithLabelValues(m.chain.methods.errorType(method), outcome).Observe(millis(time.Since(start)))
	if method == "GetEpoch" {
		m.chain.gasPrice.WithLabelValues(outcome).Inc()
	}
}

// Mismatch counts an evaluation in which our machine and the node differed.
func (m *Metrics) Mismatch() {
	if m != nil {
		m.chain.mismatch.WithLabelValues().Inc()
	}
}

// NodesDisagree counts an evaluation in which nodes differed.
func (m *Metrics) NodesDisagree() {
	if m != nil {
		m.chain.disagree.WithLabelValues().Inc()
	}
}

// Cached counts an evaluation by what is in memory: a hit asked the node for
// nothing of the kind that cache names, such as objects.
func (m *Metrics) Cached(cache string, hit bool) {
	if m == nil {
		return
	}
	result := "miss"
	if hit {
		result = "hit"
	}
	m.chain.cache.WithLabelValues(m.chain.caches.code(cache), result).Inc()
}

// NodeState is what is known of a full node.
type NodeState struct {
	Up         bool
	Checkpoint uint64
	Age        time.Duration // of the newest checkpoint; negative if the chain's clock is ahead
}

// Node shows the state of the i-th configured full node. Nodes are numbered,
// since addresses of nodes may hold keys.
func (m *Metrics) Node(i int, s NodeState) {
	if m == nil {
		return
	}
	node := strconv.Itoa(min(i, 99))
	m.chain.nodeUp.WithLabelValues(node).Set(truth(s.Up))
	if !s.Up {
		return
	}
	m.chain.nodeTip.WithLabelValues(node).Set(float64(s.Checkpoint))
	m.chain.nodeAge.WithLabelValues(node).Set(max(s.Age, 0).Seconds())
	m.chain.skew.WithLabelValues().Set(max(-s.Age, 0).Seconds())
}

// Stream shows up to which checkpoint, of which age, caches follow the chain.
func (m *Metrics) Stream(checkpoint uint64, age time.Duration) {
	if m == nil {
		return
	}
	m.chain.stream.WithLabelValues().Set(float64(checkpoint))
	m.chain.behind.WithLabelValues().Set(max(age, 0).Seconds())
}
