package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// now tells the time. Only tests change it.
var now = time.Now

// A process is a key server and all that it runs with.
type process struct {
	cfg      *config
	log      *slog.Logger
	metrics  *metrics.Metrics
	client   *suirpc.Client
	accounts *accounts.Verifier
	member   *member.Source // nil unless it is of a committee
	server   *keyserver.Server
	anchors  *anchoring
	closers  []func() error // called last first
}

// open starts all but what run does. The caller calls close.
func (c *config) open(ctx context.Context, log *slog.Logger) (p *process, err error) {
	p = &process{cfg: c, log: log, metrics: metrics.New(metrics.Build{API: keyserver.Version, Revision: sealhttp.Revision()})}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	s, err := c.secrets(ctx)
	if err != nil {
		return p, err
	}
	if p.client, err = c.dial(ctx, c.NodeURL, suirpc.WithObserver(p.metrics.CalledNode)); err != nil {
		return p, err
	}
	p.closers = append(p.closers, p.client.Close)
	if err := c.checkNetwork(ctx, p.client, log); err != nil {
		return p, err
	}
	var services []keyserver.ServiceConfig
	if services, p.member, err = c.allServices(ctx, s, p.client, log); err != nil {
		return p, err
	}
	if err := c.logClientKeys(ctx, s, log); err != nil {
		return p, err
	}
	cfg, err := p.keyserver(ctx)
	if err != nil {
		return p, err
	}
	cfg.Services = services
	return p, p.start(ctx, cfg, s)
}

// keyserver configures the server but for its services.
func (p *process) keyserver(ctx context.Context) (cfg keyserver.Config, err error) {
	c := p.cfg
	cfg = keyserver.Config{
		Owner:  func(ctx context.Context, id sui.Address) (sui.Address, error) { return policy.Owner(ctx, p.client, id) },
		MaxTTL: c.SessionKeyTTLMax, ClockSkew: c.ClockSkew, MaxConcurrent: c.MaxConcurrent, SDK: c.requirements(keyserver.DefaultSDK),
		MaxNodeLag: c.AllowedStaleness, MaxClockBehind: c.AllowedClockLag, Metrics: p.metrics, Log: p.log, Now: now, Proxy: c.Limits.proxy(), Cores: cores,
	}
	var stop func()
	if cfg.Evaluator, stop, err = c.openEvaluator(ctx, p.client, p.metrics, p.log); err != nil {
		return cfg, err
	}
	p.closeWith(stop)
	if cfg.Names, stop, err = c.names(ctx, p.client); err != nil {
		return cfg, err
	}
	p.closeWith(stop)
	if stop, err = c.serveMetrics(p.metrics, p.log); err != nil {
		return cfg, err
	}
	p.closeWith(stop)
	if cfg.Limits, err = limits.New(c.limiter(), now); err != nil {
		return cfg, err
	}
	p.accounts, err = c.Accounts.verifier(p.log)
	cfg.Accounts = p.accounts
	return cfg, err
}

// start takes requests, and anchors the logs.
func (p *process) start(ctx context.Context, cfg keyserver.Config, s *secrets) error {
	l, err := net.Listen("tcp", p.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address with the key listen of the configuration", err)
	}
	if p.server, err = keyserver.Start(context.WithoutCancel(ctx), cfg, l); err != nil {
		return err
	}
	p.closers = append(p.closers, p.server.Close)
	p.anchors = &anchoring{cfg: p.cfg, chain: p.client, key: s.receipt, metrics: p.metrics, log: p.log, running: map[*keyserver.Service]context.CancelFunc{}}
	return p.anchors.update(ctx, p.server.Services())
}

func (p *process) closeWith(stop func()) {
	p.closers = append(p.closers, func() error { stop(); return nil })
}

// close ends what open began.
func (p *process) close() (err error) {
	for i := range p.closers {
		err = errors.Join(err, p.closers[len(p.closers)-1-i]())
	}
	return err
}

// run serves until ctx ends, and re-reads the configuration on SIGHUP.
func (p *process) run(ctx context.Context, ready func(url string)) error {
	if p.member != nil {
		tick := time.NewTicker(member.Interval)
		defer tick.Stop()
		go p.member.Run(ctx, tick.C)
	}
	p.log.Info("serving", "url", p.server.URL(), "key_servers", len(p.server.Services()))
	attend(ctx, p.log, p.server.URL(), ready, func() {
		if err := p.reload(ctx); err != nil {
			p.log.Error("the configuration was not reloaded, nothing has changed", "err", err)
		}
	})
	p.cfg.drain(p.server, p.log)
	p.anchors.wait()
	return nil
}

// checkNetwork demands that the node is of the network that is configured.
func (c *config) checkNetwork(ctx context.Context, client *suirpc.Client, log *slog.Logger) error {
	want, ok := chainIDs[c.Network.Name]
	if !ok {
		return nil
	}
	info, err := client.ServiceInfo(ctx)
	if errors.Is(err, suirpc.ErrUnreachable) {
		log.Warn("the node's network could not be checked, requests are refused until the chain can be read", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("check network: %w", err)
	}
	if got := shortID(info.ChainID); got != want {
		return fmt.Errorf("check network: the node is of chain %s, but %s is chain %s: change network or node_url", got, c.Network.Name, want)
	}
	return nil
}

// reload puts clients, limits and service accounts of the file into force.
func (p *process) reload(ctx context.Context) error {
	c := p.cfg
	next, err := readConfig(c.path)
	if err != nil {
		return err
	}
	clients := next.ServerMode.Permissioned != nil && c.ServerMode.Permissioned != nil
	if clients {
		if err := p.reloadClients(ctx, next); err != nil {
			return err
		}
	}
	if err := errors.Join(p.accounts.Update(next.Accounts.accounts()), p.server.UpdateLimits(next.limiter())); err != nil {
		return err
	}
	p.log.Info("reloaded limits and service accounts")
	rest := *next
	if rest.Accounts = c.Accounts; clients {
		rest.modeConfig = c.modeConfig
	}
	if reflect.DeepEqual(rest.Limits.proxy(), c.Limits.proxy()) {
		rest.Limits = c.Limits
	}
	if !reflect.DeepEqual(&rest, c) {
		p.log.Warn("other keys of the configuration have changed too: that takes a restart")
	}
	if err := p.anchors.update(ctx, p.server.Services()); err != nil {
		p.log.Error("the logs of new clients are not anchored until a restart", "err", err)
	}
	return nil
}

func (p *process) reloadClients(ctx context.Context, next *config) error {
	s, err := next.secrets(ctx)
	if err != nil {
		return err
	}
	services, _, err := next.allServices(ctx, s, p.client, p.log)
	if err != nil {
		return err
	}
	if err := p.server.Reload(services); err != nil {
		return err
	}
	p.log.Info("reloaded the clients", "key_servers", len(services))
	return nil
}
