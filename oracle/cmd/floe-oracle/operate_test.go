package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
)

func TestOperationsConfig(t *testing.T) {
	for _, c := range []struct {
		in     operationsConfig
		listen string // "": refused
	}{
		{operationsConfig{}, "127.0.0.1:9184"},
		{operationsConfig{MetricsListen: "none"}, "none"},
		{operationsConfig{MetricsHostPort: 9185}, "0.0.0.0:9185"},
		{operationsConfig{MetricsHostPort: 9185, MetricsListen: "127.0.0.1:1"}, ""},
		{operationsConfig{MetricsHostPort: 70000}, ""},
		{operationsConfig{MetricsListen: "9184"}, ""},
		{operationsConfig{DrainDelay: new(-time.Second)}, ""},
	} {
		err := c.in.check()
		if (err == nil) != (c.listen != "") || err == nil && c.in.MetricsListen != c.listen {
			t.Errorf("%+v: %v", c.in, err)
		}
	}
}

// Metrics are on an address of their own, which another program must not have.
func TestServeMetrics(t *testing.T) {
	var log bytes.Buffer
	c := operationsConfig{MetricsListen: "127.0.0.1:0"}
	stop, err := c.serveMetrics(metrics.New(metrics.Build{API: "0.6.10"}), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, url, _ := strings.Cut(log.String(), "url=")
	res, err := http.Get(strings.TrimSpace(url))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || !strings.Contains(string(b), "total_requests 0\n") || !strings.Contains(string(b), "go_goroutines") {
		t.Errorf("HTTP %d %s", res.StatusCode, b)
	}
	if res, err := http.Get(strings.TrimSuffix(strings.TrimSpace(url), "/metrics") + "/debug/pprof/"); err != nil || res.StatusCode != 404 {
		t.Errorf("something else is served beside: %v, %v", res, err)
	}
	stop()
	if _, err := http.Get(strings.TrimSpace(url)); err == nil {
		t.Error("metrics are served after the end")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c.MetricsListen = taken.Addr().String()
	if _, err := c.serveMetrics(metrics.New(metrics.Build{}), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "metrics_listen") {
		t.Errorf("a port that is taken: %v", err)
	}
}

// What takes long says how far it is, and what does not says nothing.
func TestSlowly(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	tell := slowly(&out, func() time.Time { return now })
	for i := range uint64(50) {
		tell("reading receipts", 0, 0)
		tell("comparing evidence", i, 50)
		now = now.Add(100 * time.Millisecond)
	}
	want := "floe-oracle: reading receipts\nfloe-oracle: reading receipts\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	now = now.Add(time.Hour)
	if tell("comparing evidence", 7, 50); out.String() != want+"floe-oracle: comparing evidence: 7 of 50\n" {
		t.Errorf("%q", out.String())
	}
}
