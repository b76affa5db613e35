// Package anchor puts the heads of a key server's log on chain, so that the log
// can't be rewritten behind them: an Anchor object of floe_access holds the
// newest head that the key server signed, with the chain's time.
//
// [New] makes an Anchorer, [Anchorer.Run] anchors from time to time. It spends
// gas of an account of its own, and holds no other secret.
package anchor

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// ErrConflict says that the chain holds a head that the log does not have: the
// log was rewritten, or its directory is an old copy.
var ErrConflict = errors.New("the anchored head is not one of this log")

// Chain is what an Anchorer asks of a full node; *suirpc.Client is one.
type Chain interface {
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
	Send(ctx context.Context, signer sui.Signer, b *sui.Builder) (*suirpc.Executed, error)
}

// Log is the log to anchor.
type Log interface {
	Checkpoint(ctx context.Context) (*logproof.SignedCheckpoint, error)
	// Tile returns a tile, as [logproof.TileFetcher].
	Tile(ctx context.Context, path string) ([]byte, error)
}

// Config says what is anchored where.
type Config struct {
	Chain Chain
	// Signer pays.
	Signer sui.Signer
	// Packages names the access package.
	Packages contract.Packages
	Log      Log
	// Origin and Key are the log's.
	Origin string
	Key    ed25519.PublicKey
	// State is the file that remembers the Anchor object. Lost, another Anchor
	// is made.
	State string
	// Interval is how often the head is anchored if the log has grown. 0
	// means 10 minutes.
	Interval time.Duration
	// Service is the name of the service whose log it is, for Metrics; nil:
	// none.
	Service string
	Metrics *metrics.Metrics
	// Logger gets problems. nil discards.
	Logger *slog.Logger
}

// An Anchorer is safe for concurrent use.
type Anchorer struct {
	cfg Config

	mu sync.Mutex
	id sui.Address // of the Anchor; zero until there is one
}

// New reads which Anchor object was used before.
func New(cfg Config) (*Anchorer, error) {
	if cfg.Interval == 0 {
		cfg.Interval = 10 * time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Anchorer{cfg: cfg}
	text, err := os.ReadFile(cfg.State)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		a.id, err = sui.ParseAddress(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return nil, fmt.Errorf("read which anchor is used: %s: %w", cfg.State, err)
	}
	return a, nil
}

// ID is the Anchor object; zero until there is one.
func (a *Anchorer) ID() sui.Address {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id
}

// Run anchors until ctx ends.
func (a *Anchorer) Run(ctx context.Context) {
	tick := time.NewTicker(a.cfg.Interval)
	defer tick.Stop()
	for {
		head, err := a.Anchor(ctx)
		if ctx.Err() != nil {
			return
		}
		a.count(head, err)
		switch {
		case errors.Is(err, ErrConflict):
			a.cfg.Logger.Error("the log contradicts its anchor", "err", err)
		case err != nil:
			a.cfg.Logger.Warn("the log's head could not be anchored", "err", err)
		case head != nil:
			a.cfg.Logger.Info("anchored the log's head", "size", head.Size, "anchor", a.ID())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *Anchorer) count(head *logproof.SignedCheckpoint, err error) {
	var entries uint64
	if head != nil {
		entries = head.Size
	}
	a.cfg.Metrics.Anchored(a.cfg.Service, entries, err)
}

// Anchor anchors the published head if the log has grown since, and returns
// it; nil if there was nothing to do.
func (a *Anchorer) Anchor(ctx context.Context) (*logproof.SignedCheckpoint, error) {
	head, err := a.cfg.Log.Checkpoint(ctx)
	if err != nil || head.Size == 0 {
		return nil, err
	}
	id, err := a.ensure(ctx)
	if err != nil {
		return nil, err
	}
	on, err := a.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if anchored, ok := on.Head(); ok {
		if anchored.Size > head.Size {
			return nil, fmt.Errorf("%w: it has %d entries, the log %d", ErrConflict, anchored.Size, head.Size)
		}
		if err := logproof.CheckGrowth(ctx, a.cfg.Log.Tile, anchored, head.Checkpoint); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConflict, err)
		}
		if anchored.Size == head.Size {
			return nil, nil
		}
	}
	b := sui.NewBuilder()
	contract.AnchorRoot(b, a.cfg.Packages, id, contract.TreeHead{Size: head.Size, Root: head.Root, Signature: head.Signature})
	if _, err := a.cfg.Chain.Send(ctx, a.cfg.Signer, b); err != nil {
		return nil, fmt.Errorf("anchor head of %d entries: %w", head.Size, contract.Explain(err))
	}
	return head, nil
}

// CheckJournal demands that the journal, with length receipts, has all that are
// anchored: ErrConflict if it has not. Without an Anchor, there is nothing to
// demand.
func (a *Anchorer) CheckJournal(ctx context.Context, length uint64) error {
	id := a.ID()
	if id.IsZero() {
		return nil
	}
	on, err := a.read(ctx, id)
	if err != nil {
		return err
	}
	if anchored, ok := on.Head(); ok && anchored.Size > length {
		return fmt.Errorf("%w: it has %d entries, the journal %d; restore the newer journal", ErrConflict, anchored.Size, length)
	}
	return nil
}

// read returns the Anchor object, if it is of this log.
func (a *Anchorer) read(ctx context.Context, id sui.Address) (*contract.Anchor, error) {
	obj, err := a.cfg.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read anchor %s: %w", id, err)
	}
	on, err := contract.ParseAnchor(obj)
	if err != nil {
		return nil, fmt.Errorf("read anchor %s: %w", id, err)
	}
	if on.Origin != a.cfg.Origin || !bytes.Equal(on.PublicKey, a.cfg.Key) {
		return nil, fmt.Errorf("read anchor %s: it is of another log or key; remove %s to make a new one", id, a.cfg.State)
	}
	return on, nil
}

// ensure returns the Anchor object, and makes it first if there is none.
func (a *Anchorer) ensure(ctx context.Context) (sui.Address, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.id.IsZero() {
		return a.id, nil
	}
	b := sui.NewBuilder()
	contract.CreateAnchor(b, a.cfg.Packages, a.cfg.Origin, a.cfg.Key)
	ex, err := a.cfg.Chain.Send(ctx, a.cfg.Signer, b)
	if err != nil {
		return sui.Address{}, fmt.Errorf("make anchor: %w", contract.Explain(err))
	}
	for _, ev := range ex.Events {
		v, err := contract.DecodeEvent(ev, contract.Packages{Access: contract.Package{Original: ev.Type.Address}})
		if made, ok := v.(*contract.AnchorCreated); err == nil && ok {
			a.id = made.AnchorID
			if err := durable.WriteFile(a.cfg.State, []byte(a.id.String()+"\n"), 0o600); err != nil {
				return a.id, fmt.Errorf("remember anchor %s: %w", a.id, err)
			}
			return a.id, nil
		}
	}
	return sui.Address{}, fmt.Errorf("make anchor: transaction %s reports none", ex.Digest)
}
