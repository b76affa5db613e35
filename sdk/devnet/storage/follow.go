package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

// A Chain yields checkpoints in order, for ever: *suirpc.Client.
type Chain interface {
	Follow(ctx context.Context, from uint64, opts ...suirpc.FollowOption) iter.Seq2[*suirpc.Checkpoint, error]
}

// A Follower is a Registry that follows the chain. One serves many nodes.
type Follower struct {
	*MemoryRegistry
	packages contract.Packages
	log      *slog.Logger
	done     chan struct{}

	mu   sync.Mutex
	next uint64 // the first checkpoint that was not applied yet
	err  error
}

var _ Registry = (*Follower)(nil)

// Follow reads the chain from its first checkpoint on, in the background,
// until ctx ends. packages says which package's events count. A nil log
// discards.
func Follow(ctx context.Context, chain Chain, packages contract.Packages, log *slog.Logger) *Follower {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &Follower{MemoryRegistry: NewRegistry(), packages: packages, log: log, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.stop(ctx, f.run(ctx, chain))
	}()
	return f
}

// Done is closed when following has ended: with ctx, or for good by what Err
// says.
func (f *Follower) Done() <-chan struct{} { return f.done }

// Err returns why following ended; nil while it goes on.
func (f *Follower) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Next returns the sequence number of the first checkpoint that has not been
// applied.
func (f *Follower) Next() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next
}

// Blob implements Registry. After following has ended the registry is stale
// and answers with an error.
func (f *Follower) Blob(ctx context.Context, id walrus.BlobID) (Registration, bool, error) {
	if err := f.Err(); err != nil {
		return Registration{}, false, err
	}
	return f.MemoryRegistry.Blob(ctx, id)
}

func (f *Follower) run(ctx context.Context, chain Chain) error {
	retry := suirpc.OnRetry(func(err error, wait time.Duration) {
		f.log.Warn("chain cannot be followed, trying again", "err", err, "wait", wait)
	})
	for cp, err := range chain.Follow(ctx, 0, retry) {
		if err != nil {
			return fmt.Errorf("follow the chain: %w", err)
		}
		if err := f.apply(cp); err != nil {
			return fmt.Errorf("follow the chain: checkpoint %d: %w", cp.Sequence, err)
		}
	}
	return errors.New("follow the chain: it ended")
}

func (f *Follower) stop(ctx context.Context, err error) {
	f.mu.Lock()
	f.err = err
	f.mu.Unlock()
	if ctx.Err() == nil {
		f.log.Error("storage nodes no longer see the chain", "err", err)
	}
}

// apply records the storage events of a checkpoint.
func (f *Follower) apply(cp *suirpc.Checkpoint) error {
	for _, tx := range cp.Transactions {
		for i, ev := range tx.Events {
			v, err := contract.DecodeEvent(ev, f.packages)
			if errors.Is(err, contract.ErrUnknownEvent) {
				continue
			}
			if err != nil {
				return err
			}
			f.event(v, walrus.EventID{TxDigest: tx.Digest.String(), EventSeq: uint64(i)})
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = cp.Sequence + 1
	return nil
}

func (f *Follower) event(v any, id walrus.EventID) {
	switch v := v.(type) {
	case *contract.CommitteeChanged:
		f.SetEpoch(v.Epoch)
	case *contract.BlobRegistered:
		f.Register(v.BlobID, v.Size, BlobObject{ID: v.ObjectID, EndEpoch: v.EndEpoch, Deletable: v.Deletable, Event: id})
	case *contract.BlobCertified:
		f.Certify(v.BlobID, v.ObjectID, v.Epoch, v.EndEpoch, id)
	case *contract.BlobExtended:
		f.Extend(v.BlobID, v.ObjectID, v.EndEpoch, id)
	case *contract.BlobDeleted:
		f.Delete(v.BlobID, v.ObjectID)
	}
}
