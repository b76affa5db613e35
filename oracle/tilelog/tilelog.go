// Package tilelog is the public log of a key server: a Merkle tree over the
// hashes of its receipts, as tiles on disk (Tessera's POSIX storage), with
// signed and witnessed checkpoints.
//
// [Open] continues the log of a journal, [Log.Prove] leads from a receipt to a
// checkpoint, [Log.Handler] serves checkpoint and tiles to anybody.
//
// Life of a leaf: a receipt becomes durable in the journal, and its answer
// leaves with the promise that it will be in the log. [Log] notices, adds its
// hash in the journal's order, and a new checkpoint is published; then the
// promise is kept. Receipt N is entry N-1. A crash anywhere loses nothing: the
// log is a function of the journal, and goes on where its tree ends.
//
// Invariants, checked by Open: the tree of N entries is that of the journal's
// first N receipts; the published checkpoint is of a tree that this one begins
// with. Only one batch is under way at a time, and a batch is in the tree
// whole or not at all, so that no failure can change the order.
package tilelog

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/logproof"
)

// Errors to tell apart.
var (
	// ErrRolledBack is returned by Open when the log knows receipts that the
	// journal does not have: the journal was restored from an old copy.
	ErrRolledBack = errors.New("the log holds receipts that the journal has lost")
	// ErrDiffers is returned by Open when log and journal hold different
	// receipts.
	ErrDiffers = errors.New("log and journal hold different receipts")
	// ErrNotLogged is returned for a receipt that no published checkpoint
	// covers yet.
	ErrNotLogged = errors.New("the receipt is not in the log yet")
	// ErrLate says that a receipt is not in the log in time.
	ErrLate = errors.New("a receipt is not in the log in time")
)

// DirName is the log's folder in the directory of its journal.
const DirName = "log"

// A Source is the journal that the log is made of.
type Source interface {
	// Len is the number of durable receipts.
	Len() uint64
	// Read returns at most limit receipts with numbers above after.
	Read(after uint64, limit int) ([]string, error)
	// Grown receives after Len has grown.
	Grown() <-chan struct{}
}

// Config says where a log is and who signs it.
type Config struct {
	// Dir is the directory of tiles and checkpoint. It may be lost: the log is
	// made anew from the journal, the same.
	Dir string
	// Origin names the log.
	Origin string
	// Key signs checkpoints.
	Key ed25519.PrivateKey
	// Journal is what is logged.
	Journal Source
	// WitnessPolicy names the witnesses that are asked to cosign, see
	// [logproof.ParseWitnessPolicy]. Empty: none. A checkpoint that too few
	// cosigned is published all the same, with an alarm, and offered to them
	// again every ten seconds.
	WitnessPolicy []byte
	// Within is how long a receipt may take into a published checkpoint. 0
	// means 1 second.
	Within time.Duration
	// Log gets problems. nil discards.
	Log *slog.Logger
	// Metrics get how long receipts took into the log. nil: none.
	Metrics *metrics.Metrics
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Log is safe for concurrent use.
type Log struct {
	cfg      Config
	reader   tessera.LogReader
	add      map[int]tessera.AddFn // by batch size
	shutdown []func(context.Context) error
	verify   *logproof.Log
	policy   *logproof.WitnessPolicy // nil without witnesses
	cancel   context.CancelFunc
	stop     chan struct{} // closed by Close
	done     chan struct{} // closed when the integrator has ended
	closing  sync.Once
	closed   atomic.Bool

	mu sync.Mutex // guards the rest, for moments only
	// integrated is the size of the tree, published that of the checkpoint.
	integrated, published uint64
	cosigned              bool
	// pending are the lengths that the journal was seen to have, and when,
	// that are above published; oldest first.
	pending []mark
	broken  error // why nothing is added any more
}

type mark struct {
	length uint64
	seen   time.Time
}

// Open continues the log of the journal in cfg.Dir, or begins it.
func Open(ctx context.Context, cfg Config) (*Log, error) {
	if cfg.Within == 0 {
		cfg.Within = time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Log{cfg: cfg, cancel: cancel, stop: make(chan struct{}), done: make(chan struct{})}
	if err := l.open(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("open log in %s: %w", cfg.Dir, err)
	}
	go l.run(ctx)
	return l, nil
}

// Status is where a log stands.
type Status struct {
	Journal   uint64 `json:"journal"`   // receipts that are durable
	Published uint64 `json:"published"` // entries of the published checkpoint
	Cosigned  bool   `json:"cosigned"`  // as the witness policy demands
	Late      error  `json:"-"`         // ErrLate and why, or nil
	// Waiting is for how long the oldest receipt that is not in the log has
	// been durable.
	Waiting time.Duration `json:"-"`
}

// Status tells where the log stands just now.
func (l *Log) Status() Status {
	length, now := l.cfg.Journal.Len(), l.cfg.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.see(length, now)
	s := Status{Journal: length, Published: l.published, Cosigned: l.cosigned}
	if len(l.pending) > 0 {
		s.Waiting = now.Sub(l.pending[0].seen)
	}
	switch {
	case l.broken != nil:
		s.Late = fmt.Errorf("%w: %w", ErrLate, l.broken)
	case s.Waiting > l.cfg.Within:
		s.Late = fmt.Errorf("%w: receipt %d has waited %v", ErrLate, l.published+1, s.Waiting.Round(time.Millisecond))
	}
	return s
}

// maxMarks bounds pending: a log that stands still for long is late by any of
// them.
const maxMarks = 1000

// see notes that the journal had length receipts. mu is held.
func (l *Log) see(length uint64, now time.Time) {
	n := len(l.pending)
	switch {
	case n == 0 && length > l.published, n > 0 && n < maxMarks && length > l.pending[n-1].length:
		l.pending = append(l.pending, mark{length, now})
	case n == maxMarks:
		l.pending[n-1].length = max(length, l.pending[n-1].length)
	}
}

// closeTime bounds how long Close waits for the last checkpoint.
const closeTime = 15 * time.Second

// Close logs what is durable and ends. What it can't log is logged after the
// next Open.
func (l *Log) Close() (err error) {
	l.closing.Do(func() {
		close(l.stop)
		<-l.done
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		for _, shutdown := range l.shutdown {
			err = errors.Join(err, shutdown(ctx))
		}
		err = errors.Join(err, l.refresh(ctx))
		l.closed.Store(true)
		l.cancel()
	})
	return err
}
