package main

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// operationsConfig is about watching the server and ending it.
type operationsConfig struct {
	MetricsListen   string         `yaml:"metrics_listen" doc:"address of the metrics for Prometheus, which is not for the public; none: no metrics (127.0.0.1:9184)"`
	MetricsHostPort int            `yaml:"metrics_host_port" doc:"Seal's name of metrics_listen: a port, on all addresses"`
	DrainDelay      *time.Duration `yaml:"drain_delay" doc:"after SIGTERM, for how long requests are still taken while /ready says 503; longer than the load balancer takes to notice (5s)"`
}

// check fills in what is left out.
func (c *operationsConfig) check() error {
	var errs []error
	if c.DrainDelay == nil {
		c.DrainDelay = new(5 * time.Second)
	}
	if *c.DrainDelay < 0 {
		errs = append(errs, errors.New("drain_delay must not be negative"))
	}
	switch {
	case c.MetricsHostPort != 0 && c.MetricsListen != "":
		errs = append(errs, errors.New("metrics_listen and metrics_host_port are both given: leave one of them out"))
	case c.MetricsHostPort < 0 || c.MetricsHostPort > 65535:
		errs = append(errs, fmt.Errorf("metrics_host_port: %d is no port", c.MetricsHostPort))
	case c.MetricsHostPort != 0:
		c.MetricsListen = fmt.Sprintf("0.0.0.0:%d", c.MetricsHostPort)
	case c.MetricsListen == "":
		c.MetricsListen = "127.0.0.1:9184"
	}
	if c.MetricsListen != "none" {
		if _, _, err := net.SplitHostPort(c.MetricsListen); err != nil {
			errs = append(errs, fmt.Errorf("metrics_listen: %w: give HOST:PORT, or none", err))
		}
	}
	return errors.Join(errs...)
}
