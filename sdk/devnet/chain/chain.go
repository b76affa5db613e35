// Package chain is an embedded stand-in for the Sui blockchain: one process,
// one sequencer, one file on disk. It runs real Move bytecode, keeps objects,
// transactions, events and signed checkpoints, and serves them as sui.rpc.v2
// over gRPC, gRPC-web and gRPC-web-text, so that clients of Sui work unchanged
// and offline. For what it serves it answers like a full node; what it does not
// serve it refuses by name.
//
// [Open] opens or creates a chain; [Chain.Serve] or [Chain.Handler] serves it;
// [Chain.FaucetHandler] gives coins away. [Chain.AdvanceClock] controls time,
// [Chain.AdvanceEpoch] epochs. [Chain.Snapshot] and [Restore] copy a chain,
// [Chain.ExportCheckpoints] writes files. README.md lists what is served, and
// what is simpler than on Sui;
// package execution has one table of that for all layers. Use a real network
// when value, decentralisation or somebody else's contracts matter: here one
// process holds the keys of the whole committee.
//
// # Life of a transaction
//
// ExecuteTransaction checks size and signatures, then hands the transaction to
// the sequencer, which takes what is waiting as one batch, opens a write
// transaction of the ledger, moves the Clock, executes each transaction against
// the uncommitted state, signs a checkpoint over the batch and commits: one
// sync to disk. Only then the callers get their answers. A crash before the
// commit loses transactions that nobody has been told about; a crash after it
// loses nothing.
package chain

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// Config says where a chain lives and how it behaves. Only Dir and Seed are
// required.
type Config struct {
	// Dir is the data directory: empty or missing to start a new chain, or that
	// of an earlier chain to go on with it. One process at a time.
	Dir string
	// Seed derives the keys of the committee and of the faucet's treasury. It
	// must not change during the life of a data directory. Whoever knows it can
	// sign checkpoints and spend the treasury.
	Seed []byte
	// Now is the source of the Clock; nil means time.Now. The chain's time never
	// goes backwards, even if this does.
	Now func() time.Time
	// Manual stops time: it moves only by AdvanceClock. The same seed, accounts
	// and calls, one after the other, then give the same checkpoints. Now is
	// asked once, for the time of genesis; nil then means [ManualGenesis].
	Manual bool
	// Accounts is how many accounts with coins the genesis makes, see
	// [Chain.Accounts]. An existing chain keeps those it has.
	Accounts int
	// Name is the network name that clients see; "" means "unknown", as full
	// nodes of networks other than mainnet and testnet say.
	Name string
	// ReferenceGasPrice is in MIST per unit of gas; 0 means 1000.
	ReferenceGasPrice uint64
	// ClockLag is how far the Clock may fall behind Now before somebody who
	// looks at it (a simulation, a read of the Clock or of the newest
	// checkpoint) makes a checkpoint to move it; 0 means 250 ms. Transactions
	// always see a fresh Clock.
	ClockLag time.Duration
	// Heartbeat is the longest time between checkpoints; 0 means that an idle
	// chain makes none.
	Heartbeat time.Duration
	// FaucetAmount is the MIST of each coin that the faucet sends and
	// FaucetCoins how many it sends at once; 0 means 200 SUI and 5 coins.
	FaucetAmount uint64
	FaucetCoins  int
	// ScanLimit is how many transactions one range query looks at before it
	// stops with SCAN_LIMIT and a cursor to go on from; 0 means 10,000.
	ScanLimit int
	// NitroRoots are taken as roots of Nitro attestations besides AWS' own, as
	// that of a nitro.Authority. Whoever holds the key of one can attest
	// anything. They must not change during the life of a data directory.
	NitroRoots []*x509.Certificate
	// Log gets problems that no caller is told about; nil discards them.
	Log *slog.Logger
}

func (cfg *Config) setDefaults() error {
	if cfg.Dir == "" {
		return errors.New("chain directory is not set")
	}
	if len(cfg.Seed) == 0 {
		return errors.New("chain seed is not set: pass any bytes, the same every time")
	}
	if cfg.Accounts < 0 || cfg.Accounts > maxAccounts {
		return fmt.Errorf("%d accounts: want 0 to %d", cfg.Accounts, maxAccounts)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
		if cfg.Manual {
			cfg.Now = func() time.Time { return ManualGenesis }
		}
	}
	if cfg.Name == "" {
		cfg.Name = "unknown"
	}
	if cfg.ReferenceGasPrice == 0 {
		cfg.ReferenceGasPrice = 1000
	}
	if cfg.ClockLag == 0 {
		cfg.ClockLag = 250 * time.Millisecond
	}
	if cfg.FaucetAmount == 0 {
		cfg.FaucetAmount = 200 * sui.MistPerSUI
	}
	if cfg.FaucetCoins == 0 {
		cfg.FaucetCoins = 5
	}
	if cfg.ScanLimit == 0 {
		cfg.ScanLimit = 10_000
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// A Chain is an open chain. Its methods are safe for concurrent use.
//
// Invariants: only the sequencer goroutine writes the ledger; head is the
// newest committed checkpoint, and is set after the commit; a submission is
// answered exactly once.
type Chain struct {
	cfg      Config
	ledger   *ledger
	engine   atomic.Pointer[execution.Engine] // replaced when a batch fails: it may have cached its packages
	types    *types
	chainID  sui.Digest
	era      atomic.Pointer[era] // of the next transaction; the sequencer changes it
	treasury *sui.PrivateKey
	accounts []*sui.PrivateKey
	faucet   sync.Mutex // one faucet payment at a time: they share a coin

	head      atomic.Pointer[sui.CheckpointSummary]
	ahead     atomic.Uint64 // ms of AdvanceClock, committed
	queue     chan *submission
	listeners listeners

	closing   chan struct{}
	closeOnce sync.Once
	done      sync.WaitGroup
}

// Open opens the chain of a directory, or creates it with its genesis.
// Errors: [ErrForeign], [ErrDamaged], [ErrInUse] (wrapped), or those of the
// file system.
func Open(cfg Config) (*Chain, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, fmt.Errorf("open chain: %w", err)
	}
	c := &Chain{
		cfg: cfg, types: newTypes(),
		queue: make(chan *submission), closing: make(chan struct{}),
		listeners: listeners{changed: make(chan struct{})},
	}
	c.engine.Store(execution.NewEngine(cfg.NitroRoots...))
	var err error
	if c.treasury, err = sui.NewPrivateKey(sui.Ed25519, deriveSeed(cfg.Seed, "treasury")); err != nil {
		return nil, fmt.Errorf("open chain: %w", err)
	}
	if c.ledger, err = openLedger(cfg.Dir); err != nil {
		return nil, fmt.Errorf("open chain: %w", err)
	}
	if err := guarded(c.resume); err != nil {
		c.ledger.close()
		return nil, fmt.Errorf("open chain in %s: %w", cfg.Dir, err)
	}
	c.done.Add(1)
	go c.sequence()
	return c, nil
}

// resume reads the state of the ledger, which it creates if it is new.
func (c *Chain) resume() error {
	var genesis, head *checkpointRecord
	var epoch uint64
	var begun *epochRecord
	err := c.ledger.write(func(v view) error {
		fresh, err := v.initialise()
		if err != nil {
			return err
		}
		if fresh {
			if err := c.genesis(v); err != nil {
				return fmt.Errorf("create genesis: %w", err)
			}
		}
		if genesis, err = v.checkpoint(0); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if head, err = v.head(); err != nil {
			return err
		}
		if epoch, begun, err = v.newestEpoch(genesis); err != nil {
			return err
		}
		c.ahead.Store(fromBE(v.meta(metaAhead)))
		return c.loadAccounts(v)
	})
	if err != nil {
		return err
	}
	if err := c.checkOwner(genesis, head); err != nil {
		return err
	}
	c.chainID = genesis.summary.Digest()
	now, err := c.newEra(epoch, begun.startMS)
	if err != nil {
		return err
	}
	c.era.Store(now)
	c.head.Store(&head.summary)
	return nil
}

// checkOwner refuses a chain of another seed: our committee has not signed it.
func (c *Chain) checkOwner(genesis, head *checkpointRecord) error {
	for _, rec := range []*checkpointRecord{genesis, head} {
		keys, err := newCommitteeKeys(c.cfg.Seed, rec.summary.Epoch)
		if err != nil {
			return err
		}
		if err := keys.public.Verify(&rec.summary, rec.signature); err != nil {
			return fmt.Errorf("checkpoint %d is not signed by the committee of this seed: use the seed that the chain was made with: %w", rec.summary.Sequence, err)
		}
	}
	return nil
}

// ID is the digest of the genesis checkpoint, by which clients know a network.
func (c *Chain) ID() sui.Digest { return c.chainID }

// Head is the newest checkpoint.
func (c *Chain) Head() sui.CheckpointSummary { return *c.head.Load() }

// Close stops the sequencer, ends streams and closes the ledger. Transactions
// that were acknowledged are on disk; waiting ones are refused.
func (c *Chain) Close() error {
	c.closeOnce.Do(func() { close(c.closing) })
	c.done.Wait()
	if err := c.ledger.close(); err != nil {
		return fmt.Errorf("close chain: %w", err)
	}
	return nil
}
