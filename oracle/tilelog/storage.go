package tilelog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
)

const (
	publishInterval = 100 * time.Millisecond // the least that Tessera allows
	republish       = 10 * time.Minute
	republishAsking = 10 * time.Second // with witnesses, which may have been down
	witnessTimeout  = 3 * time.Second
	never           = time.Duration(math.MaxInt64)
)

// batches are the sizes of batches, largest first. Tessera sequences a batch
// when it is full or old; a batch that grew old half way would be two, of
// which one may fail alone and leave a gap. So batches never grow old: there
// is an appender for each size, which is given exactly that many entries.
var batches = []int{256, 128, 64, 32, 16, 8, 4, 2, 1}

// realDir is where a folder is that may be below a link, as systemd makes one for
// the StateDirectory of a DynamicUser. Tessera makes no folders below links.
func realDir(dir string) (string, error) {
	path, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		path, err = realDir(filepath.Dir(dir))
		path = filepath.Join(path, filepath.Base(dir))
	}
	return path, err
}

// open sets up storage and appenders and checks the invariants.
func (l *Log) open(ctx context.Context) error {
	quiet()
	inner, err := logproof.Signer(l.cfg.Origin, l.cfg.Key)
	if err != nil {
		return err
	}
	signer := &closableSigner{inner, &l.closed}
	if l.verify, err = logproof.NewLog(l.cfg.Origin, l.cfg.Key.Public().(ed25519.PublicKey)); err != nil {
		return err
	}
	dir, err := realDir(l.cfg.Dir)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir, HTTPClient: &http.Client{Timeout: witnessTimeout}})
	if err != nil {
		return err
	}
	l.add = map[int]tessera.AddFn{}
	for i, size := range batches {
		opts := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(uint(size), never)
		if i > 0 { // only the first appender publishes and removes old tiles
			opts.WithCheckpointInterval(never).WithCheckpointRepublishInterval(0).WithGarbageCollectionInterval(0)
		} else if err := l.publishBy(opts); err != nil {
			return err
		}
		a, shutdown, reader, err := tessera.NewAppender(ctx, driver, opts)
		if err != nil {
			return err
		}
		l.add[size], l.reader = a.Add, reader
		l.shutdown = append(l.shutdown, shutdown)
	}
	return l.compare(ctx)
}

// closableSigner signs nothing after Close: Tessera's publisher can't be waited
// for, and would put a last checkpoint into a directory that is given back.
type closableSigner struct {
	note.Signer
	closed *atomic.Bool
}

func (s *closableSigner) Sign(msg []byte) ([]byte, error) {
	if s.closed.Load() {
		return nil, errors.New("the log is closed")
	}
	return s.Signer.Sign(msg)
}

// publishBy sets how often checkpoints are published and who cosigns them.
func (l *Log) publishBy(opts *tessera.AppendOptions) error {
	opts.WithCheckpointInterval(publishInterval).WithCheckpointRepublishInterval(republish)
	if len(l.cfg.WitnessPolicy) == 0 {
		return nil
	}
	var err error
	if l.policy, err = logproof.ParseWitnessPolicy(l.cfg.WitnessPolicy); err != nil {
		return err
	}
	group, err := tessera.NewWitnessGroupFromPolicy(l.cfg.WitnessPolicy)
	if err != nil {
		return fmt.Errorf("parse witness policy: %w", err)
	}
	opts.WithCheckpointRepublishInterval(republishAsking).
		WithWitnesses(group, &tessera.WitnessOptions{Timeout: witnessTimeout, FailOpen: true})
	return nil
}

// compare demands that the tree is that of the journal's first receipts, and
// that the published checkpoint is of a part of it.
func (l *Log) compare(ctx context.Context) error {
	size, err := l.reader.IntegratedSize(ctx)
	if err != nil {
		return err
	}
	published, err := l.checkpoint(ctx)
	if err != nil {
		return err
	}
	if n := l.cfg.Journal.Len(); n < max(size, published.Size) {
		return fmt.Errorf("%w: it has %d, the journal %d; restore the newer journal, or the key server would sign other receipts "+
			"with the same numbers", ErrRolledBack, max(size, published.Size), n)
	}
	tree, root, err := l.treeOfJournal(size, published.Size)
	if err != nil {
		return err
	}
	if !bytes.Equal(root, published.Root[:]) {
		return fmt.Errorf("%w: the published checkpoint of %d entries is not of this journal; restore the journal from a copy",
			ErrDiffers, published.Size)
	}
	nodes, err := client.FetchRangeNodes(ctx, size, l.reader.ReadTile)
	if err != nil {
		return err
	}
	for i, h := range tree {
		if !bytes.Equal(h, nodes[i]) {
			return fmt.Errorf("%w: among the first %d; move %s away to make the log anew from the journal", ErrDiffers, size, l.cfg.Dir)
		}
	}
	seen, err := AskWitnesses(ctx, l.policy, l.cfg.Origin, l.cfg.Key)
	if err == nil {
		err = CheckSeen(seen, l.cfg.Journal.Len())
	}
	if err != nil {
		return err
	}
	l.integrated, l.published = size, published.Size
	l.cosigned = l.isCosigned(published)
	l.see(l.cfg.Journal.Len(), l.cfg.Now())
	return nil
}

// treeOfJournal hashes the journal's first size receipts: it returns the
// compact range of all and the root of the first published. Published may be
// the larger one, if the tree's state was restored from an old copy.
func (l *Log) treeOfJournal(size, published uint64) (nodes [][]byte, root []byte, err error) {
	hasher := rfc6962.DefaultHasher
	tree := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	root = hasher.EmptyRoot()
	if size == 0 {
		nodes = [][]byte{}
	}
	for n, end := uint64(0), max(size, published); n < end; {
		page, err := l.cfg.Journal.Read(n, int(min(1000, end-n)))
		if err != nil {
			return nil, nil, err
		}
		if len(page) == 0 {
			return nil, nil, errors.New("the journal ends early")
		}
		for _, jwt := range page {
			if err := tree.Append(hasher.HashLeaf(receipt.Leaf(jwt)), nil); err != nil {
				return nil, nil, err
			}
			if n++; n == published {
				if root, err = tree.GetRootHash(nil); err != nil {
					return nil, nil, err
				}
			}
			if n == size {
				nodes = append([][]byte{}, tree.Hashes()...)
			}
		}
	}
	return nodes, root, nil
}

// checkpoint reads the published checkpoint.
func (l *Log) checkpoint(ctx context.Context) (*logproof.SignedCheckpoint, error) {
	raw, err := l.reader.ReadCheckpoint(ctx)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read checkpoint: %w; move the directory away to make the log anew from the journal", err)
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	return l.verify.Open(raw)
}

func (l *Log) isCosigned(c *logproof.SignedCheckpoint) bool {
	_, err := l.policy.Check(c)
	return err == nil
}

// quiet passes on Tessera's warnings, which it logs by klog, and nothing less.
var quiet = sync.OnceFunc(func() { klog.SetSlogLogger(slog.New(warnings{})) })

// warnings is a handler that gives warnings to the default logger of their time.
type warnings struct{}

func (warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (warnings) Handle(ctx context.Context, r slog.Record) error {
	return slog.Default().Handler().Handle(ctx, r)
}
func (w warnings) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w warnings) WithGroup(string) slog.Handler      { return w }
