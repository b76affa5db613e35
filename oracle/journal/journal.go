// Package journal keeps the receipts of a key server: an append-only file with
// one per line, each on disk before its answer may leave. A line is the JWT and,
// after a blank, sealed with a key that follows from the receipt key, the opening
// of its commitments, salt and requester, and the short form of its evidence,
// which package archive makes and reads. They are for the requester and the owner
// of a policy; nobody else is shown them.
//
// [Open] takes the directory for itself, checks the chain of receipts and cuts
// off a record that a crash left incomplete. [Journal.Write] returns an
// [Entry], the proof that a receipt is durable. When the disk is full or fails,
// Write fails for that request, the file is brought back to its last durable
// record, and later writes succeed as soon as the disk does.
package journal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// Errors to tell apart.
var (
	// ErrNotDurable is returned by Write when the receipt could not be
	// stored. The cause is wrapped too.
	ErrNotDurable = errors.New("receipt could not be stored")
	// ErrLocked is returned by Open when another process has the directory.
	ErrLocked = errors.New("journal is in use by another process")
	// ErrDamaged is returned by Open when a complete record is not the next
	// of the chain.
	ErrDamaged = errors.New("journal is damaged")
)

// FileName is the file of the receipts in a journal's directory.
const FileName = "receipts.jwt"

const (
	lockName = "lock"
	// maxBatch is how many receipts share one fsync at most.
	maxBatch = 256
	// ahead is by how many bytes the file is made longer at a time, about a
	// thousand receipts.
	ahead = 4 << 20
)

// Config says where the journal is and how receipts are signed.
type Config struct {
	// Dir is the directory; it is created with mode 0700.
	Dir string
	// Issuer is the KeyServer object id.
	Issuer sui.Address
	// Key signs the receipts.
	Key ed25519.PrivateKey
	// LogWithin is the promise in each receipt: within this time it is in the
	// public log. 0 means 1 second.
	LogWithin time.Duration
	// Remember is for how long at least the receipt of a release can be found
	// by its request. 0 means 30 minutes.
	Remember time.Duration
	// Ledger limits releases. nil: nothing does.
	Ledger Ledger
	// Metrics count batches and failures. nil: none.
	Metrics *metrics.Metrics
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Journal is safe for concurrent use.
type Journal struct {
	cfg    Config
	vault  lineVault
	lock   io.Closer
	Torn   int64  // bytes of an incomplete record that Open cut off
	Cut    string // the file that keeps them, if whole records were among them
	writes *groupcommit.Queue[*write]
	grown  chan struct{} // holds one element after receipts were stored

	// Owned by the writer.
	tail   groupcommit.Tail
	batch  []*write
	chain  receipt.Chain
	ledger Ledger

	mu      sync.RWMutex // guards the rest, for moments only
	closed  bool
	offsets []int64 // end of record i+1
	index   index
}

// write is one receipt on its way to disk.
type write struct {
	claims   *receipt.Claims
	policies []sui.Address
	opening  *receipt.Opening
	evidence []byte
	result   chan result
}

type result struct {
	entry *Entry
	err   error
}

// An Entry is the proof that a receipt is durable. Only a Journal makes one.
type Entry struct{ receipt *receipt.Receipt }

// Receipt returns the stored receipt.
func (e *Entry) Receipt() *receipt.Receipt { return e.receipt }

// Open opens or creates the journal in cfg.Dir.
func Open(cfg Config) (*Journal, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	lock, err := lockFile(filepath.Join(cfg.Dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open journal in %s: %w", cfg.Dir, err)
	}
	path := filepath.Join(cfg.Dir, FileName)
	f, err := groupcommit.Open(path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j, err := open(cfg, f, ahead)
	if err != nil {
		f.Close()
		lock.Close()
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j.lock = lock
	return j, nil
}

// open starts a journal over a file, which is made longer by ahead at a time.
func open(cfg Config, f groupcommit.File, ahead int64) (*Journal, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.LogWithin == 0 {
		cfg.LogWithin = time.Second
	}
	if cfg.Remember == 0 {
		cfg.Remember = 30 * time.Minute
	}
	vault, err := newVault(cfg.Key)
	if err != nil {
		return nil, err
	}
	j := &Journal{cfg: cfg, tail: groupcommit.Tail{File: f, Ahead: ahead}, vault: vault, ledger: cfg.Ledger, writes: groupcommit.NewQueue[*write](maxBatch),
		grown: make(chan struct{}, 1), chain: receipt.Chain{Issuer: cfg.Issuer}, index: newIndex(cfg.Remember)}
	if err := j.load(); err != nil {
		return nil, err
	}
	go j.writes.Run(j.add, j.store)
	return j, nil
}

// Write links, signs and stores a receipt, and returns when it is durable. The
// fields of claims that put it into the chain are filled in; policies are the
// policies whose chains it belongs to; opening, which may be nil, is stored
// beside it, and so is the short form of its evidence, which may be nil and
// needs an opening. When ctx ends first the receipt may be stored all the same.
// The error of a [Ledger] that refuses a release is returned as it is.
func (j *Journal) Write(ctx context.Context, claims *receipt.Claims, policies []sui.Address, opening *receipt.Opening, evidence []byte) (*Entry, error) {
	if opening != nil {
		if err := opening.Check(claims); err != nil { // it could not be read again
			return nil, fmt.Errorf("write receipt: %w: %w", ErrNotDurable, err)
		}
	}
	if opening == nil && len(evidence) > 0 {
		return nil, fmt.Errorf("write receipt: %w: evidence without an opening", ErrNotDurable)
	}
	w := &write{claims: claims, policies: policies, opening: opening, evidence: evidence, result: make(chan result, 1)}
	if err := j.writes.Put(ctx, w); err != nil {
		return nil, fmt.Errorf("write receipt: %w: %w", ErrNotDurable, err)
	}
	select {
	case r := <-w.result:
		return r.entry, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("write receipt: %w: %w", ErrNotDurable, context.Cause(ctx))
	}
}

// Close stores what is queued and gives the directory back.
func (j *Journal) Close() error {
	j.mu.Lock()
	closed := j.closed
	j.closed = true
	j.mu.Unlock()
	if closed {
		return nil
	}
	j.writes.Close()
	err := errors.Join(j.tail.Shrink(), j.tail.Close())
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}
