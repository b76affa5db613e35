// Package retention removes evidence that has become too old, and leaves a signed
// word of it.
//
// [Run] is what an operator calls. It keeps all that the evidence of younger
// receipts takes, removes the rest of the archive, and touches neither the receipts
// nor their log. Before it removes anything it signs a [receipt.Pruned] into a file
// beside the evidence; [Load] is how a key server, a drill or an operator tell from
// that why evidence is not there.
//
// The server must not run meanwhile: it takes what it finds in the archive for
// stored, and refers to it in the next receipt.
package retention

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// Config says what is removed.
type Config struct {
	// JournalDir is the directory of the receipts; the evidence is below it.
	JournalDir string
	// Issuer signs the receipts, with Key.
	Issuer sui.Address
	Key    ed25519.PrivateKey
	// OlderThan is the age from which on evidence is removed.
	OlderThan time.Duration
	// Apply removes it. Otherwise it is only counted, which a server may serve
	// during.
	Apply bool
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Report is what was removed, or would be.
type Report struct {
	Before   time.Time    `json:"before"`      // what only receipts from before take is removed
	Receipts uint64       `json:"receipts"`    // in the journal
	Keep     uint64       `json:"keep"`        // receipts that keep their evidence, some old ones with what they share
	Lose     uint64       `json:"lose"`        // receipts that lose it
	Lost     uint64       `json:"lost_before"` // old receipts whose evidence was not there any more
	Missing  uint64       `json:"missing"`     // younger ones whose evidence is not there, and should be
	Removed  archive.Part `json:"removed"`
	Left     archive.Part `json:"left"`
	Applied  bool         `json:"applied"`          // it was removed, and not only counted
	Signed   string       `json:"signed,omitempty"` // the statement, a JWT
}

// Run removes evidence, or tells what it would remove. After a crash at any time
// nothing is gone that should stay, and running it again removes the rest.
func Run(ctx context.Context, cfg Config) (r *Report, err error) {
	if cfg.OlderThan <= 0 {
		return nil, errors.New("prune evidence: give an age above 0")
	}
	now := time.Now
	if cfg.Now != nil {
		now = cfg.Now
	}
	at := now()
	if cfg.Apply {
		lock, err := journal.Lock(cfg.JournalDir)
		if err != nil {
			return nil, fmt.Errorf("prune evidence: %w", err)
		}
		defer lock.Close()
	}
	r = &Report{Before: at.Add(-cfg.OlderThan).Truncate(time.Millisecond)}
	// A server that runs adds receipts after their evidence: counted first, their
	// evidence is there.
	if r.Receipts, err = cfg.count(); err != nil {
		return nil, fmt.Errorf("prune evidence: %w", err)
	}
	a, err := cfg.open()
	if err != nil {
		return nil, fmt.Errorf("prune evidence: %w", err)
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	needed, err := cfg.mark(ctx, a, r)
	if err != nil {
		return nil, fmt.Errorf("prune evidence: %w", err)
	}
	keep := func(d sui.Digest) bool { return needed[d] }
	r.Removed = a.Without(keep)
	items, size := a.Size()
	r.Left = archive.Part{Items: items - r.Removed.Items, Bytes: size - r.Removed.Bytes}
	if !cfg.Apply || r.Removed.Items == 0 {
		return r, nil
	}
	// The word comes first: what is gone without one looks lost.
	if r.Signed, err = cfg.sign(r, at); err != nil {
		return nil, fmt.Errorf("prune evidence: %w", err)
	}
	if err := a.Prune(ctx, keep); err != nil {
		return nil, fmt.Errorf("prune evidence: %w", err)
	}
	_, r.Left.Bytes = a.Size()
	r.Applied = true
	return r, nil
}

func (cfg *Config) open() (*archive.Archive, error) {
	dir := filepath.Join(cfg.JournalDir, archive.DirName)
	if cfg.Apply {
		return archive.Open(dir, cfg.Key)
	}
	return archive.Read(dir, cfg.Key)
}

// mark reads the journal, returns what younger receipts need, and counts.
func (cfg *Config) mark(ctx context.Context, a *archive.Archive, r *Report) (needed map[sui.Digest]bool, err error) {
	needed = map[sui.Digest]bool{}
	err = cfg.each(ctx, a, r, func(young bool, digests []sui.Digest) {
		for _, d := range digests {
			if young {
				needed[d] = true
			}
		}
	})
	if err != nil {
		return nil, err
	}
	isNeeded := func(d sui.Digest) bool { return needed[d] }
	return needed, cfg.each(ctx, a, r, func(young bool, digests []sui.Digest) {
		switch there := digests != nil; {
		case !there && young:
			r.Missing++
		case !there:
			r.Lost++
		case all(digests, isNeeded):
			r.Keep++
		default:
			r.Lose++
		}
	})
}

// each calls f for all receipts with evidence, with what they take of the archive:
// nil if it is not there.
func (cfg *Config) each(ctx context.Context, a *archive.Archive, r *Report, f func(young bool, digests []sui.Digest)) error {
	return journal.Each(cfg.JournalDir, cfg.Key, func(rec *journal.Record) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if rec.Sequence > r.Receipts || rec.Evidence == nil {
			return nil
		}
		shown, err := receipt.Parse(rec.JWT)
		if err != nil {
			return err
		}
		if shown.Sequence != rec.Sequence {
			return fmt.Errorf("it is receipt %d: restore the journal from a copy", shown.Sequence)
		}
		digests, err := a.References(rec.Evidence)
		if err != nil && !errors.Is(err, archive.ErrUnknown) {
			return err
		}
		f(shown.TimeMS >= r.Before.UnixMilli(), digests)
		return nil
	})
}

func all(digests []sui.Digest, ok func(sui.Digest) bool) bool {
	return !slices.ContainsFunc(digests, func(d sui.Digest) bool { return !ok(d) })
}

// count returns how many receipts the journal has, and demands that it has all that
// its log has: what those need that are missing would go.
func (cfg *Config) count() (n uint64, err error) {
	logged, err := cfg.logged()
	if err != nil {
		return 0, err
	}
	err = journal.Each(cfg.JournalDir, cfg.Key, func(rec *journal.Record) error { n = rec.Sequence; return nil })
	if err == nil && logged > n {
		err = fmt.Errorf("the log has %d receipts, the journal %d: restore receipts.jwt from a newer copy first", logged, n)
	}
	return n, err
}

// logged is how many receipts the log has that is beside the journal.
func (cfg *Config) logged() (uint64, error) {
	raw, err := os.ReadFile(filepath.Join(cfg.JournalDir, tilelog.DirName, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	log, err := receipt.NewKeySet(cfg.Key.Public().(ed25519.PublicKey)).Log(cfg.Issuer)
	if err != nil {
		return 0, err
	}
	seen, err := log.Open(raw)
	if err != nil {
		return 0, fmt.Errorf("read the log's checkpoint: %w", err)
	}
	return seen.Size, nil
}
