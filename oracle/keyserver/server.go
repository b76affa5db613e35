// Package keyserver is a key server: it releases shares of decryption keys to
// those whom a Move policy on chain allows, over Seal's HTTP API, and leaves a
// signed receipt for every decision.
//
// [New] makes a Server, [Server.Handler] serves it; [Start] does both on a
// listener. A request goes through stages, each of which yields the only value
// that the next one takes:
//
//	request -> requester -> policy.Grant -> heldShares -> journal.Entry -> answer
//
// One process may answer for several KeyServer objects: each is a [Service]
// with a key and a journal of its own, found by the policy's package or by the
// path. Behind the answer, every receipt goes into the service's public log
// (package tilelog), served as /checkpoint and /tile/.
//
// Cheap checks come first and the network last. Whatever cannot be decided,
// because a node is down, behind, or the journal is full, is refused for that
// request alone.
package keyserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Version is the version of Seal's key server API that is spoken.
const Version = sealhttp.Version

// DefaultMaxConcurrent is how many key requests are worked on at a time if nobody
// says otherwise.
const DefaultMaxConcurrent = 64

// Config is what a key server needs.
type Config struct {
	// Services are the KeyServer objects that it answers for: one, or in
	// permissioned mode one per client.
	Services []ServiceConfig
	// Evaluator decides about policies.
	Evaluator policy.Evaluator
	// Owner looks up who owns a policy, and so may read all of its receipts.
	// nil: nobody may.
	Owner OwnerFunc
	// Names resolves names of packages that session keys may have instead of
	// ids. nil: they are refused.
	Names NameResolver
	// MaxTTL is the longest life of a session key. 0 means 30 minutes.
	MaxTTL time.Duration
	// ClockSkew is how far the clock of a requester may be ahead. 0 means 5
	// seconds; negative means not at all, as in Seal.
	ClockSkew time.Duration
	// MaxNodeLag is how old the newest checkpoint of the full nodes may be for
	// the server to be ready. 0 means 2 minutes.
	MaxNodeLag time.Duration
	// MaxClockBehind is how far the chain's clock may be ahead of this
	// machine's for the server to be ready. 0 means that it is not looked at.
	MaxClockBehind time.Duration
	// MaxConcurrent is how many key requests are worked on at a time; more
	// are answered with 429. 0 means DefaultMaxConcurrent.
	MaxConcurrent int
	// Cores is how many goroutines verify signatures and derive keys at a time.
	// 0 means GOMAXPROCS.
	Cores int
	// Limits bounds what requesters may ask. nil: only MaxConcurrent does.
	Limits *limits.Limiter
	// Accounts verifies tokens of machines without a wallet. nil: none are
	// taken.
	Accounts *accounts.Verifier
	// Proxy says whom to believe about the network address of a client.
	Proxy limits.Proxy
	// SDK is which versions of which clients are served. nil: as Seal's key
	// servers do.
	SDK *sealhttp.Requirements
	// Metrics count and time requests. nil: none.
	Metrics *metrics.Metrics
	// Log gets one entry per request and one per problem. nil discards.
	Log *slog.Logger
	// Now tells the time. nil means time.Now.
	Now func() time.Time
	// Rand is the source of randomness. nil means crypto/rand.
	Rand io.Reader

	owners   *ownerLookups // by Owner
	evidence *semaphore.Weighted
	cores    cores
}

// A NameResolver finds the package that a name stands for; *mvr.Resolver is one.
// Errors wrap [mvr.ErrName] if it stands for none.
type NameResolver interface {
	Resolve(ctx context.Context, name string) (sui.Address, error)
}

// A Server is a key server. It is safe for concurrent use.
type Server struct {
	cfg      Config
	services registry
	slots    chan struct{} // one element per request that is worked on

	strangers *strangers
	proven    proven
	lane      *lane
	health    readiness

	// Set by Start.
	http     *http.Server
	listener net.Listener
	served   chan struct{}
	stop     sync.Once
}

// New checks the configuration and opens the journals. Close the Server to
// give them back.
func New(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("create key server: %w", err)
	}
	s := &Server{cfg: cfg, slots: make(chan struct{}, cfg.MaxConcurrent), strangers: newStrangers(cfg.Now), proven: newProven(), lane: newLane(cfg.Now, cfg.Cores)}
	var err error
	if _, s.services.list, err = s.openServices(cfg.Services); err != nil {
		return nil, errors.Join(fmt.Errorf("create key server: %w", err), s.closeServices())
	}
	s.health.ask, s.health.giveUp = context.WithCancel(context.Background())
	cfg.Metrics.OnScrape(s.report)
	return s, nil
}

func (c *Config) complete() error {
	c.Services = slices.Clone(c.Services)
	if err := checkServices(c.Services); err != nil {
		return err
	}
	if c.Evaluator == nil {
		return errors.New("no policy evaluator is configured")
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = seal.MaxTTL
	}
	if c.ClockSkew == 0 {
		c.ClockSkew = 5 * time.Second
	}
	c.ClockSkew = max(c.ClockSkew, 0)
	if c.MaxNodeLag == 0 {
		c.MaxNodeLag = 2 * time.Minute
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = DefaultMaxConcurrent
	}
	if c.Cores == 0 {
		c.Cores = runtime.GOMAXPROCS(0)
	}
	c.cores = make(cores, c.Cores)
	var err error
	if c.Limits == nil {
		c.Limits, err = limits.New(limits.Config{}, time.Now)
	}
	if c.Accounts == nil {
		c.Accounts, err = accounts.New(accounts.Config{}, accounts.Deps{Now: time.Now})
	}
	if err != nil {
		return err
	}
	if c.SDK == nil {
		c.SDK = &DefaultSDK
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c.owners, c.evidence = newOwnerLookups(c.Owner, c.Now), newEvidenceRoom()
	return nil
}

// openService opens a service and gives it its paths.
func (s *Server) openService(c ServiceConfig) (*Service, error) {
	svc, err := openService(c, &s.cfg)
	if err != nil {
		return nil, fmt.Errorf("open service %s: %w", c.ObjectID, err)
	}
	svc.mux = s.serviceHandler(svc)
	return svc, nil
}

func (s *Server) closeServices() (err error) {
	s.services.changing.Lock()
	defer s.services.changing.Unlock()
	s.services.closed = true
	for _, svc := range s.services.all() {
		err = errors.Join(err, svc.close())
	}
	return err
}

// Services returns the services, in the order of the configuration.
func (s *Server) Services() []*Service { return s.services.all() }

// Start makes a Server and serves it on l until ctx ends or Close is called.
func Start(ctx context.Context, cfg Config, l net.Listener) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		l.Close()
		return nil, err
	}
	s.listener, s.served = l, make(chan struct{})
	s.http = sealhttp.NewServer(s.Handler(), s.cfg.Log)
	go func() {
		defer close(s.served)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Log.Error("key server stopped", "err", err)
		}
	}()
	context.AfterFunc(ctx, func() { s.Close() })
	return s, nil
}

// URL returns where a started server is reached.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// drainTime is how long Close waits for requests that are worked on.
const drainTime = 10 * time.Second

// Drain makes the server say that it is not ready, so that nobody sends it
// further requests; those that come are served. Close follows some seconds
// later.
func (s *Server) Drain() {
	s.health.draining.Store(true)
	s.health.giveUp()
	s.cfg.Metrics.Draining()
	if s.http != nil {
		s.http.SetKeepAlivesEnabled(false) // clients come back by another connection
	}
}

// Close ends a started server's requests and closes logs and journals. It may be
// called more than once.
func (s *Server) Close() (err error) {
	s.stop.Do(func() {
		s.health.draining.Store(true)
		s.health.giveUp()
		if s.http != nil {
			ctx, cancel := context.WithTimeout(context.Background(), drainTime)
			defer cancel()
			if err = s.http.Shutdown(ctx); err != nil {
				err = errors.Join(err, s.http.Close())
			}
			<-s.served
		}
		s.health.closed.Store(true)
		err = errors.Join(err, s.closeServices())
	})
	return err
}
