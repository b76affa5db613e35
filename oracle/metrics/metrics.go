// Package metrics counts and times what a key server or aggregator does, for
// Prometheus. Seal's metrics keep their names, so that its dashboards work;
// ours begin with floe_oracle_.
//
// [New] makes the metrics, their methods are called where things happen, and
// [Metrics.Handler] shows them. A nil *Metrics counts nothing, so that nobody
// has to ask.
//
// Nothing here tells who asked for what: no label is an address, an object, a
// package or a policy. Labels that others have a say in (reason codes,
// versions of clients) have a bounded number of values; the rest is "other".
package metrics

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	all      []Definition
	requests requests
	chain    chain
	storage  storage
	upstream upstream

	mu    sync.Mutex
	hooks []func()
}

// Build says which program runs.
type Build struct {
	API      string // version of Seal's API that is spoken, three numbers
	Revision string // of the source
}

// New returns metrics that are all zero. The time that it is called at is the
// start of the process.
func New(b Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r := maker{m}
	m.requests.make(r)
	m.chain.make(r)
	m.storage.make(r)
	m.upstream.make(r)
	r.gauge("key_server_version", "the version of Seal's API that is spoken", "version").WithLabelValues(b.API).Set(1)
	r.gauge("floe_oracle_build_info", "1, with what was built", "revision", "go").WithLabelValues(b.Revision, runtime.Version()).Set(1)
	start := time.Now()
	r.register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "uptime", Help: "seconds since the start"},
		func() float64 { return time.Since(start).Seconds() }), Definition{Name: "uptime", Help: "seconds since the start", Kind: "counter"})
	return m
}

// Gatherer gives the metrics to programs.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// OnScrape has f called before the metrics are shown, to set those that tell a
// state. It must not wait for long.
func (m *Metrics) OnScrape(f func()) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hooks = append(m.hooks, f)
}

// Handler serves GET /metrics, to the operator alone.
func (m *Metrics) Handler() http.Handler {
	show := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		hooks := m.hooks
		m.mu.Unlock()
		for _, f := range hooks {
			f()
		}
		show.ServeHTTP(w, r)
	})
	return mux
}

// Bounds of histograms.
var (
	// seconds goes from 50 µs, which a signature takes, to what clients wait.
	seconds = []float64{.00005, .0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	// sealMillis are those of Seal's durations.
	sealMillis = []float64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
	// sealHTTPMillis are wider, for whole requests and calls of a node.
	sealHTTPMillis = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}
	sizes          = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
)

// A Definition says what a metric is.
type Definition struct {
	Name, Help string
	Kind       string // counter, gauge or histogram
	Labels     []string
}

// Definitions lists the metrics, without those of Go and the process.
func (m *Metrics) Definitions() []Definition { return m.all }

// A maker makes and registers metrics.
type maker struct{ m *Metrics }

func (m maker) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.register(c, Definition{name, help, "counter", labels})
	if len(labels) == 0 {
		c.WithLabelValues() // shown as 0 from the start
	}
	return c
}

func (m maker) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.register(g, Definition{name, help, "gauge", labels})
	return g
}

func (m maker) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.register(h, Definition{name, help, "histogram", labels})
	if len(labels) == 0 {
		h.WithLabelValues()
	}
	return h
}

func (m maker) register(c prometheus.Collector, d Definition) {
	m.m.registry.MustRegister(c)
	m.m.all = append(m.m.all, d)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
