// Package indexer mirrors Floe's contracts into PostgreSQL and answers
// questions about them: which datasets there are, who may decrypt them, and
// what every key server decided.
//
// It is untrusted and rebuildable: everything in it is on chain or in the key
// servers' signed logs, and a fresh index over the same chain has the same
// rows, but for what a log showed to this one only. A checkpoint's life is
// source (suirpc) -> decode (pure) -> store (rows and watermark in one
// transaction); see [Indexer.Run]. Receipts are read beside it, each log on its own: those of key servers, and those of the members of
// committees, whom the chain names with their addresses and URLs at each rotation.
// Each receipt is checked by its signature, its place in the log and its number
// for each policy, all of them against the log's signed checkpoints and its roots
// on chain; what an honest log does not do is in receipt_fault. [Indexer.Handler] is the
// HTTP API: datasets with their lineage, policies as of any checkpoint, income;
// /openapi.json describes it. For everything else there is SQL: one table for
// each kind of event, with comments, and beside them the functions policy_as_of,
// descendants and ancestors and the views income_by_dataset, income_mismatch,
// committee_member_now, enclave_now, upgrade_waiting and receipt_log.
//
// An index of an earlier version is brought up to date by the next start: new
// tables are filled from the raw events that it keeps.
//
// Start with [New]; the program is cmd/floe-indexer. To read the chain itself,
// use package suirpc; to check a receipt, package receipt.
package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Config says what to index and where to.
type Config struct {
	// DatabaseURL is a libpq URL: postgres://user:password@host/database.
	DatabaseURL string `yaml:"database_url"`
	// Schema is the schema that the index owns; it is made if it is missing
	// and nothing outside of it is touched. Default "floe".
	Schema string `yaml:"schema"`
	// NodeURL is a Sui full node: https://host or http://host:port.
	NodeURL string `yaml:"node_url"`
	// Packages are the defining ids of the contracts to follow: for each the
	// id of its first version. Later versions are followed from the checkpoint
	// that publishes them; name those that were published before
	// FirstCheckpoint and define new event types. An index of other packages
	// is another index: it needs a schema of its own.
	Packages decode.Packages `yaml:"packages"`
	// FirstCheckpoint is where an empty index begins: one at or before the
	// checkpoint in which the packages were published. Default 0.
	FirstCheckpoint uint64 `yaml:"first_checkpoint"`
	// KeyServers are the object ids of the key servers whose receipt logs are
	// read, at the URL that they gave on chain; of a committee those of all who
	// are or were its members. Default none.
	KeyServers []sui.Address `yaml:"key_servers"`
	// FollowRegistered reads the logs of all that register on chain, too, of the
	// first 1000. Anybody may register there, and the indexer sends requests to
	// the URL that they give, and stores what they call receipts.
	FollowRegistered bool `yaml:"follow_registered"`
	// AllowPrivateURLs lets the URLs of those, and of members of committees, lead
	// to this machine and to private networks, for a network of one's own.
	// Default no: they are refused when the connection is made. Those of
	// independent KeyServers are trusted.
	AllowPrivateURLs bool `yaml:"allow_private_urls"`
	// ReceiptInterval is the pause between two looks at a key server's log.
	// Default 1s. A server that does not answer is asked less and less often,
	// at least every 30 s.
	ReceiptInterval time.Duration `yaml:"receipt_interval"`
	// StartTimeout is how long the first connection to PostgreSQL may take:
	// after that Run gives up with an error that says what to do. Later losses
	// are retried for ever. Default 30s.
	StartTimeout time.Duration `yaml:"start_timeout"`
	// ChainTime tells the time that the lag of the index is counted from. Nil:
	// the wall clock. A development chain whose time stands still has its own.
	ChainTime func() time.Time `yaml:"-"`
	// Logger gets what an operator should know. Default slog.Default().
	Logger *slog.Logger `yaml:"-"`
}

// Indexer is one pipeline from one chain into one schema.
type Indexer struct {
	cfg    Config
	log    *slog.Logger
	client *suirpc.Client
	now    func() time.Time

	// mu guards what Run reports to Handler.
	mu        sync.Mutex
	store     *store.Store // nil until PostgreSQL was reached once
	chainID   string       // empty until the node was reached once
	ingestErr error        // why ingesting pauses; nil while it runs
	live      bool         // a writer holds the lock
	receipts  map[store.LogID]receiptState
}

// New checks the configuration. It does no I/O.
func New(cfg Config) (*Indexer, error) {
	if cfg.DatabaseURL == "" {
		return nil, errors.New("configure indexer: database_url is missing: give the URL of a PostgreSQL database")
	}
	if len(cfg.Packages.IDs()) == 0 {
		return nil, errors.New("configure indexer: packages are missing: give the ids that publishing the contracts printed (Published.toml)")
	}
	if cfg.Schema == "" {
		cfg.Schema = "floe"
	}
	if cfg.ReceiptInterval <= 0 {
		cfg.ReceiptInterval = time.Second
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = 30 * time.Second
	}
	if cfg.ChainTime == nil {
		cfg.ChainTime = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	client, err := suirpc.Dial(context.Background(), cfg.NodeURL)
	if err != nil {
		return nil, fmt.Errorf("configure indexer: node_url: %w", err)
	}
	return &Indexer{cfg: cfg, log: cfg.Logger, client: client, now: time.Now,
		receipts: map[store.LogID]receiptState{}}, nil
}

// Run indexes until ctx ends, which is no error. It retries what may pass, a
// node or a PostgreSQL that is down, and returns what will not: a database
// that cannot be reached at the start, an index of another chain, another
// indexer on the same schema, history that the node has pruned.
func (x *Indexer) Run(ctx context.Context) error {
	defer x.client.Close()
	st, err := x.open(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	defer st.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { x.followReceipts(ctx, st) })
	err = x.ingest(ctx, st)
	cancel(err)
	wg.Wait()
	return ended(ctx, err)
}

// ended makes the caller's own stop a success.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return nil
	}
	return err
}

// open reaches PostgreSQL, within StartTimeout.
func (x *Indexer) open(ctx context.Context) (*store.Store, error) {
	deadline := x.now().Add(x.cfg.StartTimeout)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		st, err := store.Open(ctx, x.cfg.DatabaseURL, x.cfg.Schema)
		if err == nil {
			x.mu.Lock()
			x.store = st
			x.mu.Unlock()
			return st, nil
		}
		if !errors.Is(err, store.ErrUnavailable) || x.now().Add(wait).After(deadline) {
			return nil, err
		}
		x.log.Warn("PostgreSQL does not answer", "error", err, "retry_in", wait)
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// Handler returns the HTTP API. It may be used before and while Run runs.
func (x *Indexer) Handler() http.Handler { return x.api() }
