// Package drill proves that a key server's files are whole, and that a copy of
// them is enough to go on: it restores journal and log into a folder of its own
// and compares the result with the log that the world has seen, and the evidence
// with what the receipts commit to. The server may run meanwhile; nothing of it
// is touched.
//
// [Run] does it all. What it finds are [Finding]s; an error means that the
// drill itself could not be done.
package drill

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Config says what is tried.
type Config struct {
	// JournalDir is the directory of the receipts and their log, of the
	// server or of a backup.
	JournalDir string
	// Issuer is the KeyServer object.
	Issuer sui.Address
	// Key signs the receipts.
	Key ed25519.PrivateKey
	// Master is the master key, nil if it is not tried; PublicKey is what the chain shows for it, nil
	// if it is not known.
	Master    *seal.MasterKey
	PublicKey *seal.PublicKey
	// Seen is a checkpoint that the world has seen, a signed note: the
	// server's, from its address. nil: the one in JournalDir.
	Seen []byte
	// Sandbox is an empty folder for the restored files.
	Sandbox string
	// Now tells the time. nil means time.Now.
	Now func() time.Time
	// Rand is the source of randomness.
	Rand io.Reader
	// Progress is told what the drill does, often, and with how many of the
	// receipts it is done. nil: nobody is.
	Progress func(what string, done, total uint64)
}

func (c *Config) tell(what string, done, total uint64) {
	if c.Progress != nil {
		c.Progress(what, done, total)
	}
}

// A Finding is something that is not as it should be.
type Finding struct {
	Code string `json:"code"` // stable, for machines
	Text string `json:"text"`
}

// A Report is the outcome of a drill.
type Report struct {
	Receipts uint64    `json:"receipts"` // restored from the journal
	Torn     int64     `json:"torn"`     // bytes of a receipt that was being written
	Logged   uint64    `json:"logged"`   // entries of the log that the world has seen
	Root     string    `json:"root"`     // of the restored log
	Evidence uint64    `json:"evidence"` // decisions that can be repeated
	Pruned   uint64    `json:"pruned"`   // decisions whose evidence was removed because of its age
	Findings []Finding `json:"findings"`
}

func (r *Report) find(code, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{code, fmt.Sprintf(format, args...)})
}

// restoreTime bounds how long the log may take to be made anew.
const restoreTime = 10 * time.Minute

// Run restores the files into the sandbox and compares.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Report{Findings: []Finding{}}
	if err := copyFile(filepath.Join(cfg.JournalDir, journal.FileName), filepath.Join(cfg.Sandbox, journal.FileName)); err != nil {
		return nil, fmt.Errorf("drill: copy journal: %w", err)
	}
	at := cfg.Now() // from here on, the log must have what was promised by now
	seen, err := cfg.seen()
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	if cfg.Master != nil {
		if err := cfg.tryMaster(r); err != nil {
			return nil, fmt.Errorf("drill: %w", err)
		}
	}
	cfg.tell("reading receipts", 0, 0)
	j, err := journal.Open(journal.Config{Dir: cfg.Sandbox, Issuer: cfg.Issuer, Key: cfg.Key})
	if errors.Is(err, journal.ErrDamaged) {
		r.find("journal_damaged", "%v", err)
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	defer j.Close()
	r.Receipts, r.Torn = j.Len(), j.Torn
	receipts, err := cfg.verify(j, r)
	if err != nil || receipts == nil {
		return r, err
	}
	if err := cfg.compare(ctx, j, receipts, seen, at, r); err != nil {
		return r, err
	}
	return r, cfg.checkEvidence(ctx, j, receipts, r)
}

// seen returns the checkpoint that the world has seen; nil if there is none.
func (c *Config) seen() (*logproof.SignedCheckpoint, error) {
	raw := c.Seen
	if raw == nil {
		var err error
		raw, err = os.ReadFile(filepath.Join(c.JournalDir, tilelog.DirName, "checkpoint"))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	log, err := receipt.NewKeySet(c.Key.Public().(ed25519.PublicKey)).Log(c.Issuer)
	if err != nil {
		return nil, err
	}
	return log.Open(raw)
}

// tryMaster extracts a key and verifies it, as a requester does.
func (c *Config) tryMaster(r *Report) error {
	public := c.Master.PublicKey()
	if c.PublicKey != nil {
		if string(c.PublicKey.Bytes()) != string(public.Bytes()) {
			r.find("master_key", "the master key is not the one that the chain shows for %s", c.Issuer)
			return nil
		}
		public = *c.PublicKey
	}
	id := seal.FullID(c.Issuer, []byte("drill"))
	key, err := c.Master.Extract(c.Rand, id)
	if err != nil {
		return err
	}
	if err := key.Verify(id, public); err != nil {
		r.find("master_key", "a key that was extracted does not verify: %v", err)
	}
	return nil
}

// verify checks the signature and place of every receipt.
func (c *Config) verify(j *journal.Journal, r *Report) ([]*receipt.Receipt, error) {
	c.tell("verifying receipts", 0, j.Len())
	jwts, err := j.Read(0, int(j.Len()))
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	receipts, err := receipt.VerifyChain(c.Issuer, receipt.NewKeySet(c.Key.Public().(ed25519.PublicKey)), jwts)
	if err != nil {
		r.find("journal_damaged", "%v", err)
		return nil, nil
	}
	if receipts == nil {
		receipts = []*receipt.Receipt{}
	}
	return receipts, nil
}

// compare makes the log anew and compares it with the one that was seen.
func (c *Config) compare(ctx context.Context, j *journal.Journal, receipts []*receipt.Receipt, seen *logproof.SignedCheckpoint, at time.Time, r *Report) error {
	log, err := tilelog.Open(ctx, tilelog.Config{Dir: filepath.Join(c.Sandbox, tilelog.DirName), Origin: receipt.LogOrigin(c.Issuer), Key: c.Key, Journal: j})
	if err != nil {
		return fmt.Errorf("drill: make the log anew: %w", err)
	}
	defer log.Close()
	restored, err := c.await(ctx, log, j.Len())
	if err != nil {
		return fmt.Errorf("drill: make the log anew: %w", err)
	}
	r.Root = restored.Root.String()
	if seen != nil {
		r.Logged = seen.Size
		if seen.Size > restored.Size {
			r.find("receipts_lost", "the log that the world has seen has %d receipts, the journal %d: the last %d are missing in it",
				seen.Size, restored.Size, seen.Size-restored.Size)
			return nil
		}
		if err := logproof.CheckGrowth(ctx, log.Tile, seen.Checkpoint, restored.Checkpoint); err != nil {
			r.find("log_differs", "the log that the world has seen is not that of the journal: %v", err)
		}
	}
	for _, rec := range receipts[min(r.Logged, uint64(len(receipts))):] {
		if late := at.Sub(time.UnixMilli(rec.LogByMS)); late > 0 {
			r.find("not_logged", "receipt %d was promised to be in the log %v ago, and is not", rec.Sequence, late.Round(time.Millisecond))
		}
	}
	return nil
}

// await waits until the log has all receipts.
func (c *Config) await(ctx context.Context, log *tilelog.Log, size uint64) (*logproof.SignedCheckpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, restoreTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		published := log.Status().Published
		c.tell("making the log anew", published, size)
		if published >= size {
			return log.Checkpoint(ctx)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
