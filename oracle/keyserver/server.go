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
// Behind the answer, every receipt goes into a public log (package tilelog),
// served as /checkpoint and /tile/.
//
// Cheap checks come first and the network last. Whatever cannot be decided,
// because a node is down, behind, or the journal is full, is refused for that
// request alone.
package keyserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Version is the version of Seal's key server API that is spoken, as sent in
// X-KeyServer-Version. Clients demand three plain numbers.
const Version = "0.6.10"

// Config is what a key server needs.
type Config struct {
	// ObjectID is the KeyServer object on chain.
	ObjectID sui.Address
	// MasterKey is the key whose public half ObjectID shows.
	MasterKey *seal.MasterKey
	// ReceiptKey signs the receipts.
	ReceiptKey ed25519.PrivateKey
	// JournalDir is the directory of the receipts, and of their log in a
	// folder of its own below. It belongs to this server alone.
	JournalDir string
	// WitnessPolicy names the witnesses that cosign the log's checkpoints, as
	// [tilelog.Config] says. Empty: none.
	WitnessPolicy []byte
	// Evaluator decides about policies.
	Evaluator policy.Evaluator
	// Owner looks up who owns a policy, and so may read all of its receipts.
	// nil: nobody may.
	Owner OwnerFunc
	// MaxTTL is the longest life of a session key. 0 means 30 minutes.
	MaxTTL time.Duration
	// ClockSkew is how far the clock of a requester may be ahead. 0 means 5
	// seconds; negative means not at all, as in Seal.
	ClockSkew time.Duration
	// MaxConcurrent is how many key requests are worked on at a time; more
	// are answered with 429. 0 means 64.
	MaxConcurrent int
	// Log gets one entry per request and one per problem. nil discards.
	Log *slog.Logger
	// Now tells the time. nil means time.Now.
	Now func() time.Time
	// Rand is the source of randomness. nil means crypto/rand.
	Rand io.Reader
}

// A Server is a key server. It is safe for concurrent use.
type Server struct {
	cfg     Config
	journal *journal.Journal
	log     *tilelog.Log
	keys    *receipt.KeySet
	pop     []byte
	slots   chan struct{} // one element per request that is worked on
	repeats repeats
	logins  *logins
	anchor  atomic.Pointer[func() sui.Address]

	// Set by Start.
	http     *http.Server
	listener net.Listener
	served   chan struct{}
	stop     sync.Once
}

// New checks the configuration and opens the journal. Close the Server to give
// it back.
func New(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("create key server: %w", err)
	}
	pop, err := cfg.MasterKey.ProvePossession(cfg.Rand, cfg.ObjectID)
	if err != nil {
		return nil, fmt.Errorf("create key server: %w", err)
	}
	j, err := journal.Open(journal.Config{Dir: cfg.JournalDir, Issuer: cfg.ObjectID, Key: cfg.ReceiptKey, Now: cfg.Now,
		Remember: cfg.MaxTTL + cfg.ClockSkew})
	if err != nil {
		return nil, fmt.Errorf("create key server: %w", err)
	}
	if j.Torn > 0 {
		cfg.Log.Warn("cut off a receipt that a crash left incomplete", "bytes", j.Torn, "dir", cfg.JournalDir)
	}
	log, err := tilelog.Open(context.Background(), tilelog.Config{Dir: filepath.Join(cfg.JournalDir, tilelog.DirName), Journal: j,
		Origin: receipt.LogOrigin(cfg.ObjectID), Key: cfg.ReceiptKey, WitnessPolicy: cfg.WitnessPolicy, Log: cfg.Log, Now: cfg.Now})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create key server: %w", err), j.Close())
	}
	return &Server{
		cfg: cfg, journal: j, log: log, pop: pop, slots: make(chan struct{}, cfg.MaxConcurrent),
		keys: receipt.NewKeySet(cfg.ReceiptKey.Public().(ed25519.PublicKey)), repeats: newRepeats(cfg.MasterKey), logins: newLogins(cfg.ObjectID, cfg.Now),
	}, nil
}

func (c *Config) complete() error {
	switch {
	case c.ObjectID.IsZero():
		return errors.New("no KeyServer object is configured: register one first")
	case c.MasterKey == nil:
		return errors.New("no master key is configured")
	case len(c.ReceiptKey) != ed25519.PrivateKeySize:
		return errors.New("no receipt key is configured")
	case c.JournalDir == "":
		return errors.New("no journal directory is configured")
	case c.Evaluator == nil:
		return errors.New("no policy evaluator is configured")
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = seal.MaxTTL
	}
	if c.ClockSkew == 0 {
		c.ClockSkew = 5 * time.Second
	}
	c.ClockSkew = max(c.ClockSkew, 0)
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 64
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
	return nil
}

// ReceiptKeys returns the keys that verify the server's receipts.
func (s *Server) ReceiptKeys() *receipt.KeySet { return s.keys }

// Receipts is the number of receipts in the journal.
func (s *Server) Receipts() uint64 { return s.journal.Len() }

// LogStatus tells where the log stands.
func (s *Server) LogStatus() tilelog.Status { return s.log.Status() }

// ShowAnchor makes the server tell where its log is anchored on chain: id
// returns the Anchor object, zero while there is none.
func (s *Server) ShowAnchor(id func() sui.Address) { s.anchor.Store(&id) }

// Log is the public log of the receipts.
func (s *Server) Log() *tilelog.Log { return s.log }

// Start makes a Server and serves it on l until ctx ends or Close is called.
func Start(ctx context.Context, cfg Config, l net.Listener) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		l.Close()
		return nil, err
	}
	s.listener, s.served = l, make(chan struct{})
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
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

// Close ends a started server's requests and closes log and journal. It may be
// called more than once.
func (s *Server) Close() (err error) {
	s.stop.Do(func() {
		if s.http != nil {
			ctx, cancel := context.WithTimeout(context.Background(), drainTime)
			defer cancel()
			if err = s.http.Shutdown(ctx); err != nil {
				err = errors.Join(err, s.http.Close())
			}
			<-s.served
		}
		err = errors.Join(err, s.log.Close(), s.journal.Close())
	})
	return err
}
