package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/floe-data/floe/oracle/metrics"
)

// serveMetrics shows the metrics on an address of their own until stop is
// called.
func (c *operationsConfig) serveMetrics(m *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	if c.MetricsListen == "none" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", c.MetricsListen)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w; choose another address with the key metrics_listen of the configuration", err)
	}
	s := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "err", err)
		}
	}()
	log.Info("serving metrics", "url", "http://"+l.Addr().String()+"/metrics")
	return func() { s.Close(); <-done }, nil
}

// attend tells the world that the server at url is ready, then calls hungUp for
// each SIGHUP, until ctx ends.
func attend(ctx context.Context, log *slog.Logger, url string, ready func(url string), hungUp func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ready(url)
	tell(log, daemon.SdNotifyReady)
	for {
		select {
		case <-hangup:
			hungUp()
		case <-ctx.Done():
			return
		}
	}
}

// drain tells the world to go elsewhere and serves those who come all the same
// for a while. Metrics can be scraped until the end.
func (c *operationsConfig) drain(s interface{ Drain() }, log *slog.Logger) {
	log.Info("stopping: /ready says so, and requests are still served", "for", *c.DrainDelay)
	tell(log, daemon.SdNotifyStopping)
	s.Drain()
	time.Sleep(*c.DrainDelay)
	log.Info("finishing the requests under way")
}

// tell tells systemd, if it started us, how far we are.
func tell(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be told the state", "state", state, "socket", os.Getenv("NOTIFY_SOCKET"), "err", err)
	}
}
