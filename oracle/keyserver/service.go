package keyserver

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A ServiceConfig is one KeyServer object that a process answers for. Key,
// journal, log and anchor are its own.
type ServiceConfig struct {
	// ObjectID is the KeyServer object on chain.
	ObjectID sui.Address
	// Issuer signs the receipts and names their log. Zero means ObjectID. It
	// is the address of a committee's member, since all members share one
	// KeyServer object and each has a log of its own.
	Issuer sui.Address
	// Name is the path below which all of the service is served: /NAME/v1/….
	// "" is the root; one service at most has it.
	Name string
	// Packages are the packages that the service has keys for, by the ids of
	// their first versions. nil means every package that no other service
	// names.
	Packages []sui.Address
	// Key is the key whose public half the chain shows.
	Key KeySource
	// ReceiptKey signs the receipts and the log.
	ReceiptKey ed25519.PrivateKey
	// JournalDir is the directory of the receipts, and of their log in a
	// folder of its own below. It belongs to this service alone.
	JournalDir string
	// WitnessPolicy names the witnesses that cosign the log's checkpoints, as
	// [tilelog.Config] says. Empty: none.
	WitnessPolicy []byte
}

// A KeySource has the key that a service answers with. It is asked once per
// request.
type KeySource interface {
	// Current returns the key, or why there is none just now; a
	// [policy.Refusal] is shown to the requester.
	Current() (*seal.MasterKey, error)
}

// FixedKey is the KeySource of a key that never changes.
func FixedKey(key *seal.MasterKey) KeySource { return fixedKey{key} }

type fixedKey struct{ key *seal.MasterKey }

func (k fixedKey) Current() (*seal.MasterKey, error) { return k.key, nil }

// isMember reports whether the service has a share of a committee's key only.
func (c *ServiceConfig) isMember() bool { return c.Issuer != c.ObjectID }

func (c *ServiceConfig) complete() error {
	switch {
	case c.ObjectID.IsZero():
		return errors.New("no KeyServer object is configured: register one first")
	case c.Key == nil:
		return errors.New("no master key is configured")
	case len(c.ReceiptKey) != ed25519.PrivateKeySize:
		return errors.New("no receipt key is configured")
	case c.JournalDir == "":
		return errors.New("no journal directory is configured")
	}
	if c.Issuer.IsZero() {
		c.Issuer = c.ObjectID
	}
	return CheckServiceName(c.Name)
}

// A Service answers for one KeyServer object: it has the journal and the log
// of its receipts, and is safe for concurrent use.
type Service struct {
	cfg     ServiceConfig
	shared  *Config
	current atomic.Pointer[scope] // what a reload changes
	journal *journal.Journal
	archive *archive.Archive
	log     *tilelog.Log
	keys    *receipt.KeySet
	pop     []byte // nil for a committee's member
	repeats repeats
	logins  *logins
	anchor  atomic.Pointer[func() sui.Address]
	opens   atomic.Pointer[limits.Opens] // nil: nothing is counted
	mux     http.Handler
	inUse   sync.WaitGroup // requests under way

	firstReleases, firstRefusals *limits.Buckets // see checkPolicies
}

// scope is what a service answers for, and under which path.
type scope struct {
	name     string
	packages map[sui.Address]bool // nil: all
}

func newScope(c *ServiceConfig) *scope {
	s := &scope{name: c.Name}
	if c.Packages != nil {
		s.packages = map[sui.Address]bool{}
		for _, p := range c.Packages {
			s.packages[p] = true
		}
	}
	return s
}

// openService checks a service's keys and opens its journal,
// archive and log.
func openService(cfg ServiceConfig, shared *Config) (s *Service, err error) {
	s = &Service{cfg: cfg, shared: shared, repeats: newRepeats(), logins: newLogins(cfg.Issuer, shared.Now),
		keys:          receipt.NewKeySet(cfg.ReceiptKey.Public().(ed25519.PublicKey)),
		firstReleases: limits.NewBuckets(policyRate, shared.Now), firstRefusals: limits.NewBuckets(policyRate, shared.Now)}
	s.current.Store(newScope(&cfg))
	if !cfg.isMember() {
		key, err := cfg.Key.Current()
		if err != nil {
			return nil, err
		}
		if s.pop, err = key.ProvePossession(shared.Rand, cfg.ObjectID); err != nil {
			return nil, err
		}
	}
	var ledger journal.Ledger
	if opens := newOpens(shared.Limits.Config()); opens != nil {
		s.opens.Store(opens)
		ledger = opens
	}
	s.journal, err = journal.Open(journal.Config{Dir: cfg.JournalDir, Issuer: cfg.Issuer, Key: cfg.ReceiptKey, Now: shared.Now,
		Remember: shared.MaxTTL + shared.ClockSkew, Ledger: ledger, Metrics: shared.Metrics})
	if err != nil {
		return nil, err
	}
	if s.journal.Cut != "" {
		shared.Log.Error("cut off whole receipts behind an incomplete one: they were never answered if this was a power failure; if not, the disk lost what lies between, and this file holds receipts of others",
			"file", s.journal.Cut, "bytes", s.journal.Torn)
	} else if s.journal.Torn > 0 {
		shared.Log.Warn("cut off a receipt that a crash left incomplete", "bytes", s.journal.Torn, "dir", cfg.JournalDir)
	}
	if s.archive, err = archive.Open(filepath.Join(cfg.JournalDir, archive.DirName), cfg.ReceiptKey); err != nil {
		return nil, errors.Join(err, s.journal.Close())
	}
	s.log, err = tilelog.Open(context.Background(), tilelog.Config{Dir: filepath.Join(cfg.JournalDir, tilelog.DirName), Journal: s.journal,
		Origin: receipt.LogOrigin(cfg.Issuer), Key: cfg.ReceiptKey, WitnessPolicy: cfg.WitnessPolicy, Metrics: shared.Metrics,
		Log: shared.Log, Now: shared.Now})
	if err != nil {
		return nil, errors.Join(err, s.journal.Close(), s.archive.Close())
	}
	return s, nil
}

// close waits for the requests under way and closes log, journal
// and archive.
func (s *Service) close() error {
	s.inUse.Wait()
	return errors.Join(s.log.Close(), s.journal.Close(), s.archive.Close())
}

// ObjectID is the KeyServer object that the service answers for.
func (s *Service) ObjectID() sui.Address { return s.cfg.ObjectID }

// Issuer is who signs the service's receipts.
func (s *Service) Issuer() sui.Address { return s.cfg.Issuer }

// JournalDir is the directory of the service's receipts and their log.
func (s *Service) JournalDir() string { return s.cfg.JournalDir }

// Name is the path below which the service is served, "" for the root.
func (s *Service) Name() string { return s.current.Load().name }

// ReceiptKeys returns the keys that verify the service's receipts.
func (s *Service) ReceiptKeys() *receipt.KeySet { return s.keys }

// Receipts is the number of receipts in the journal.
func (s *Service) Receipts() uint64 { return s.journal.Len() }

// LogStatus tells where the log stands.
func (s *Service) LogStatus() tilelog.Status { return s.log.Status() }

// Log is the public log of the receipts.
func (s *Service) Log() *tilelog.Log { return s.log }

// ShowAnchor makes the service tell where its log is anchored on chain: id
// returns the Anchor object, zero while there is none.
func (s *Service) ShowAnchor(id func() sui.Address) { s.anchor.Store(&id) }

// serves reports whether the service has a key for a package.
func (s *Service) serves(first sui.Address) bool {
	packages := s.current.Load().packages
	return packages == nil || packages[first]
}

// checkKey returns the key to answer a request with.
func (s *Service) checkKey() (*seal.MasterKey, *refusal) {
	key, err := s.cfg.Key.Current()
	if err != nil {
		return nil, refusalOf(fmt.Errorf("read the key of %s: %w", s.cfg.ObjectID, err))
	}
	return key, nil
}
