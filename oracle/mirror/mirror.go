// Package mirror keeps the objects and packages that somebody reads again and
// again, as they are at the newest checkpoint of a chain, so that reading them
// takes no call to a node. It follows the stream of checkpoints: the effects name
// what changed.
//
// Start with [Start]; [Mirror.At] gives a [View] of one checkpoint, from which an
// evaluation reads with [View.Look]; what is missing is read from the node by
// [Mirror.Load]. A view never mixes checkpoints: what has changed since is not
// given, but [ErrMoved].
//
// # What is trusted
//
//   - Without a light client the node is trusted for everything; package suirpc
//     only checks that it does not contradict itself.
//   - With a light client the stream is verified: each summary is signed by a quorum
//     of validators, and names contents, effects and with them the digest of each
//     object that changed. So from the first checkpoint on a node cannot leave out
//     or invent a change, put checkpoints in another order, or alter what changed.
//     Checkpoints that do not verify end nothing: the mirror waits for the right ones.
//   - What an object is when it is read for the first time is the node's word: with
//     Prove, it has to show that a verified checkpoint left the object so, which makes
//     invented objects and packages impossible. It can still show an object as it was
//     before a change that the mirror did not see, or say that something does not
//     exist: the chain gives no proof of either. Ask several nodes against that.
//   - What was read once (the last 131,072 objects), and the Clock, is as the
//     checkpoints say from then on, or refused with [ErrContradicted], also when it has
//     to be read again. If a node says that it has no longer the checkpoints that come
//     next, the mirror begins anew: what it reads then may be newer, but not older than
//     what it knew.
//   - Price of gas and start of an epoch are the node's word; the epoch is verified.
//   - A node can stop the stream. No view is older than Freshness without its word,
//     by a read of the Clock, that there is nothing newer; nor is one taken from a
//     stream that was interrupted and has not reached the node's tip again. How old
//     the Clock may be is for the reader of the view to check, against a clock of its
//     own.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A Node is what a mirror asks of a full node; *suirpc.Client is one.
type Node interface {
	ServiceInfo(ctx context.Context) (suirpc.ServiceInfo, error)
	Epoch(ctx context.Context, epoch uint64) (suirpc.EpochInfo, error)
	// Objects returns nil where an object does not exist.
	Objects(ctx context.Context, ids []sui.Address) ([]*sui.Object, error)
	// ObjectVersions returns nil where the node does not have the version.
	ObjectVersions(ctx context.Context, refs []sui.ObjectRef) ([]*sui.Object, error)
	Transaction(ctx context.Context, digest sui.Digest) (*suirpc.Executed, error)
	Follow(ctx context.Context, from uint64, opts ...suirpc.FollowOption) iter.Seq2[*suirpc.Checkpoint, error]
}

var _ Node = (*suirpc.Client)(nil)

// Config says what a mirror follows, and how.
type Config struct {
	// Node is the full node; see the package about trust in it.
	Node Node
	// Light verifies the checkpoints. nil: the node is trusted.
	Light *lightclient.Client
	// Prove demands a proof for each object that is read from the node. It needs
	// Light, and a node that serves ProofService.
	Prove bool
	// CacheBytes bounds what is kept. 0 means 256 MiB.
	CacheBytes int
	// Freshness is for how long a checkpoint is taken for the newest when no other
	// follows, before the node is asked. 0 means 5 seconds.
	Freshness time.Duration
	// Timeout bounds one exchange with the node. 0 means 5 seconds.
	Timeout time.Duration
	// Now tells the time. nil means time.Now.
	Now func() time.Time
	// Log gets what goes wrong with the stream. nil discards it.
	Log *slog.Logger
}

func (c *Config) setDefaults() error {
	switch {
	case c.Node == nil:
		return errors.New("start mirror: no node is configured")
	case c.Prove && c.Light == nil:
		return errors.New("start mirror: proofs need a light client: configure the committee that is trusted")
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = 256 << 20
	}
	if c.Freshness == 0 {
		c.Freshness = 5 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// A Position is a checkpoint, with what holds in its epoch.
type Position struct {
	Sequence    uint64
	Digest      sui.Digest
	TimestampMS uint64
	Env         execution.Env

	clock uint64 // version of the Clock; 0 until the stream named it
}

// A Mirror is safe for concurrent use.
//
// Invariants: at and the store change together, under mu; no lock is held during
// a call to the node. An entry of the store is what the object is at checkpoint
// at, and has been since the entry's checkpoint.
type Mirror struct {
	cfg  Config
	ctx  context.Context
	stop context.CancelFunc
	done chan struct{}

	mu        sync.Mutex
	chain     sui.Digest // pinned by the first answer of the node
	known     bool       // at is valid
	at        Position
	floor     uint64        // the highest checkpoint that there was; no view goes back behind it
	era       int           // counts how often all was forgotten
	moved     chan struct{} // closed when anything above changes
	broken    error         // why the stream does not go on; nil when it does
	confirmed time.Time     // when at was known to be the newest
	caughtUp  bool          // the stream has reached the node's tip since it was interrupted
	breaks    int           // counts interruptions
	store     *store
	memory    *memory
	reads     map[sui.Address]*read // under way
	probe     *read                 // under way, or nil
}

// Start follows a chain until Close. It does not wait for the node.
func Start(cfg Config) (*Mirror, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	m := &Mirror{
		cfg: cfg, done: make(chan struct{}), moved: make(chan struct{}),
		store: newStore(cfg.CacheBytes), memory: newMemory(memorySize), reads: map[sui.Address]*read{},
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	go m.run()
	return m, nil
}

// Close stops following and waits until that is over.
func (m *Mirror) Close() {
	m.stop()
	<-m.done
}

// Errors of a mirror; they come wrapped.
var (
	// ErrBehind says that it is not known what the newest checkpoint is: the stream
	// stands still or lags behind the node's tip.
	ErrBehind = errors.New("the mirror is behind the chain")
	// ErrMoved says that an object has changed after the view's checkpoint: take
	// another view.
	ErrMoved = errors.New("the chain went on during the evaluation")
	// ErrUnproven says that a node did not show that an object is on chain.
	ErrUnproven = errors.New("the node gives no proof of the object")
)

// A View reads the state of one checkpoint, as far as the mirror knows it.
type View struct {
	Position
	m   *Mirror
	era int
}

// At returns a view of the newest checkpoint, which was the newest less than
// Freshness ago. Without a call to the node when the stream is alive.
func (m *Mirror) At(ctx context.Context) (*View, error) {
	m.mu.Lock()
	v, fresh := m.view(), m.fresh()
	m.mu.Unlock()
	if fresh {
		return v, nil
	}
	if err := m.confirm(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ready() {
		return nil, m.behind("it begins anew")
	}
	return m.view(), nil
}

// view, ready, fresh and behind are for holders of mu.
func (m *Mirror) view() *View { return &View{Position: m.at, m: m, era: m.era} }

func (m *Mirror) ready() bool { return m.known && m.at.Sequence >= m.floor }

func (m *Mirror) fresh() bool {
	return m.ready() && m.cfg.Now().Sub(m.confirmed) <= m.cfg.Freshness
}

func (m *Mirror) behind(why string) error {
	if m.broken != nil {
		return fmt.Errorf("%w: %w", ErrBehind, m.broken)
	}
	return fmt.Errorf("%w: %s", ErrBehind, why)
}

// Look returns what is known of an object at the view's checkpoint: an
// *execution.MissingError if the mirror has to load it, [ErrMoved] (wrapped) if it
// has changed since.
func (v *View) Look(id sui.Address) (execution.Known, error) {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	e, ok := v.m.store.get(id)
	switch {
	case v.m.era != v.era, ok && e.since > v.Sequence:
		return execution.Known{}, fmt.Errorf("read object %s at checkpoint %d: %w", id, v.Sequence, ErrMoved)
	case !ok || !e.loaded:
		return execution.Known{}, &execution.MissingError{ID: id}
	}
	return e.Known, nil
}

// Following returns the newest checkpoint and its time, and why the stream does not
// go on, if it does not just now.
func (m *Mirror) Following() (checkpoint uint64, at time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err = m.broken; err == nil && !m.ready() {
		err = m.behind("it begins")
	}
	return m.at.Sequence, time.UnixMilli(int64(m.at.TimestampMS)), err
}

// Await waits until the mirror has a checkpoint, or one after it.
func (m *Mirror) Await(ctx context.Context, sequence uint64) error {
	return m.wait(ctx, func() bool { return m.ready() && m.at.Sequence >= sequence })
}

// wait waits until ok, which is called under the lock.
func (m *Mirror) wait(ctx context.Context, ok func() bool) error {
	for {
		m.mu.Lock()
		done, moved := ok(), m.moved
		m.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-m.ctx.Done():
			return fmt.Errorf("%w: it was closed", ErrBehind)
		case <-ctx.Done():
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.behind(context.Cause(ctx).Error())
		}
	}
}

// wake tells those who wait that something changed; for holders of mu.
func (m *Mirror) wake() {
	close(m.moved)
	m.moved = make(chan struct{})
}
