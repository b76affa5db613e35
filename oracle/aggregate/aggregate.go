// Package aggregate is the aggregator of a committee of key servers: it asks
// all members for their shares of a key and combines the first ones that are
// right, so that a client sees one key server.
//
// [New] makes a Server, [Server.Handler] serves it over Seal's HTTP API; [Start]
// does both on a listener. The aggregator holds no secret and need not be
// trusted. Shares pass through it encrypted to the requester, who checks the
// combined key under the committee's public key; and with the key it passes on
// each member's receipt, with the shares that the receipt commits to. A client
// can do all of it itself: package seal has the part that asks and combines.
//
// A member whose share does not verify under the key that the chain shows for
// it is named, in the answer, the log and the metrics.
package aggregate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Config is what an aggregator needs.
type Config struct {
	// ObjectID is the committee's KeyServer object on chain.
	ObjectID sui.Address
	// Chain is a full node. What a wrong one could do is to send requests to
	// wrong servers, whose answers clients refuse, and to have honest members
	// blamed, whose receipts clear them.
	Chain seal.Chain
	// Credentials are headers for members that want an API key, by the name of
	// the member on chain. Names go with a rotation: who registers the name of a
	// member that left gets what was meant for that one.
	Credentials map[string]Credential
	// Timeout is the longest that a member is waited for. 0 means 8 seconds.
	Timeout time.Duration
	// SDK is which versions of which clients are served. nil: as Seal's
	// aggregator does.
	SDK *sealhttp.Requirements
	// KeyServers is the requirement for the members' versions. The zero value
	// means >=0.6.2, as for Seal's.
	KeyServers *sealhttp.Requirement
	// MaxConcurrent is how many key requests are worked on at a time; more
	// are answered with 429. 0 means 64.
	MaxConcurrent int
	// Refresh is how often the committee is read from the chain, and its
	// members are asked whether they are up. 0 means 30 seconds.
	Refresh time.Duration
	// Tick, if it is set, says when to do that instead.
	Tick <-chan time.Time
	// Transport sends the requests to members. nil means one with room for
	// many connections to each.
	Transport http.RoundTripper
	// Metrics count and time requests. nil: none.
	Metrics *metrics.Metrics
	// Log gets one entry per request and one per problem. nil discards.
	Log *slog.Logger
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Credential is a header.
type Credential struct{ Name, Key string }

// DefaultSDK is which clients Seal's aggregator serves.
var DefaultSDK = sealhttp.Requirements{Only: true, Of: map[string]sealhttp.Requirement{
	"typescript": sealhttp.MustRequire(">=0.10.0"), "rust": sealhttp.MustRequire(">=0.0.0"), "python": sealhttp.MustRequire(">=0.0.0"),
}}

// DefaultKeyServers is which versions of members Seal's aggregator uses.
var DefaultKeyServers = sealhttp.MustRequire(">=0.6.2")

// DefaultTimeout is the longest that a member is waited for.
const DefaultTimeout = 8 * time.Second

// A Server is an aggregator. It is safe for concurrent use.
type Server struct {
	cfg       Config
	packages  *policy.Packages
	members   *http.Client
	slots     chan struct{} // one element per request that is worked on
	committee snapshot
	draining  chan struct{} // closed by Drain
	drain     sync.Once

	// Set by Start.
	http     *http.Server
	listener net.Listener
	done     sync.WaitGroup // of the listener and of the refresher
	cancel   context.CancelFunc
	stop     sync.Once
}

// New checks the configuration and reads the committee. A chain that can't be
// reached is no error: requests are refused until it can.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("create aggregator: %w", err)
	}
	s := &Server{
		cfg: cfg, packages: &policy.Packages{Chain: cfg.Chain}, slots: make(chan struct{}, cfg.MaxConcurrent), draining: make(chan struct{}),
		members: &http.Client{
			Transport:     cfg.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	cfg.Metrics.OnScrape(s.show)
	if err := s.Refresh(ctx); err != nil {
		if !unreachable(err) {
			return nil, fmt.Errorf("create aggregator: %w", err)
		}
		cfg.Log.Warn("the committee could not be read, requests are refused until it can", "err", err)
	}
	return s, nil
}

func (c *Config) complete() error {
	switch {
	case c.ObjectID.IsZero():
		return errors.New("no KeyServer object is configured: give that of the committee")
	case c.Chain == nil:
		return errors.New("no chain is configured")
	}
	for name, cred := range c.Credentials {
		if cred.Name == "" || cred.Key == "" {
			return fmt.Errorf("credential of member %q: give both the name and the value of its API key", name)
		}
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.SDK == nil {
		c.SDK = &DefaultSDK
	}
	if c.KeyServers == nil {
		c.KeyServers = &DefaultKeyServers
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 64
	}
	if c.Refresh == 0 {
		c.Refresh = 30 * time.Second
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, c.MaxConcurrent
		c.Transport = t
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Run keeps the committee up to date until ctx ends.
func (s *Server) Run(ctx context.Context) {
	tick := s.cfg.Tick
	if tick == nil {
		t := time.NewTicker(s.cfg.Refresh)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.Error("the committee could not be read", "err", err)
			}
		}
	}
}

// Start makes a Server and serves it on l until ctx ends or Close is called.
func Start(ctx context.Context, cfg Config, l net.Listener) (*Server, error) {
	s, err := New(ctx, cfg)
	if err != nil {
		l.Close()
		return nil, err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.listener = l
	s.http = sealhttp.NewServer(s.Handler(), s.cfg.Log)
	s.done.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Log.Error("aggregator stopped", "err", err)
		}
	})
	s.done.Go(func() { s.Run(ctx) })
	context.AfterFunc(ctx, func() { s.Close() })
	return s, nil
}

// URL returns where a started server is reached.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Drain makes the server say that it is not ready, so that nobody sends it
// further requests; those that come are served. Close follows some seconds
// later.
func (s *Server) Drain() {
	s.drain.Do(func() {
		close(s.draining)
		s.cfg.Metrics.Draining()
	})
}

// drainTime is how long Close waits for requests that are worked on: longer
// than a member is waited for.
const drainTime = 10 * time.Second

// Close ends a server that Start made. It may be called more than once.
func (s *Server) Close() (err error) {
	s.stop.Do(func() {
		s.Drain()
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if err = s.http.Shutdown(ctx); err != nil {
			err = errors.Join(err, s.http.Close())
		}
		s.cancel()
		s.done.Wait()
		s.members.CloseIdleConnections()
	})
	return err
}
