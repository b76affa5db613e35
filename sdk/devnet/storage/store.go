package storage

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/walrus"
)

// A store keeps blobs in files. What it has acknowledged survives a crash.
type store struct {
	dir    string // <node dir>/blobs
	params walrus.Params

	mu sync.Mutex // guards good
	// good holds the slivers that this process has verified, either on
	// receipt or from disk.
	good map[sliverKey]bool
	// writing serialises writers of one blob; readers need no lock, because
	// files change by rename.
	writing keyedMutex
}

type sliverKey struct {
	id   walrus.BlobID
	pair int
	axis walrus.Axis
}

func openStore(dir string, p walrus.Params) (*store, error) {
	s := &store{dir: filepath.Join(dir, "blobs"), params: p, good: make(map[sliverKey]bool)}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	blobs, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	for _, d := range blobs {
		if err := recoverDir(filepath.Join(s.dir, d.Name())); err != nil {
			return nil, fmt.Errorf("open blob store: %w", err)
		}
	}
	if err := recoverDir(s.dir); err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	return s, nil
}

// blobDir names directories in hex: base64 is ambiguous where file names
// ignore case.
func (s *store) blobDir(id walrus.BlobID) string {
	return filepath.Join(s.dir, hex.EncodeToString(id[:]))
}

func (s *store) sliverPath(k sliverKey) string {
	return filepath.Join(s.blobDir(k.id), fmt.Sprintf("%d.%s", k.pair, k.axis))
}

// metadata returns the blob's metadata, or fs.ErrNotExist. It is verified
// again: the disk is not trusted, and what it has damaged counts as absent.
func (s *store) metadata(id walrus.BlobID) (*walrus.Metadata, error) {
	b, err := os.ReadFile(filepath.Join(s.blobDir(id), "metadata"))
	if err != nil {
		return nil, err
	}
	m := new(walrus.Metadata)
	if err := bcs.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%w: stored metadata of blob %s is damaged: %w", fs.ErrNotExist, id, err)
	}
	if err := m.Verify(id, s.params.N()); err != nil {
		return nil, fmt.Errorf("%w: stored metadata is damaged: %w", fs.ErrNotExist, err)
	}
	return m, nil
}

// putMetadata stores verified metadata and reports whether it is new. A copy
// that the disk has damaged is replaced.
func (s *store) putMetadata(id walrus.BlobID, m *walrus.Metadata) (created bool, err error) {
	defer s.writing.lock(id)()
	if _, err := s.metadata(id); err == nil {
		return false, durable.SyncDir(s.blobDir(id))
	}
	if err := makeDirDurably(s.blobDir(id)); err != nil {
		return false, err
	}
	return true, writeDurably(filepath.Join(s.blobDir(id), "metadata"), bcs.Marshal(m))
}

// hasSliver reports whether there is a file for the sliver.
func (s *store) hasSliver(k sliverKey) (bool, error) {
	_, err := os.Stat(s.sliverPath(k))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// sliver returns the stored bytes as they are: who asks verifies.
func (s *store) sliver(k sliverKey) ([]byte, error) { return os.ReadFile(s.sliverPath(k)) }

// putSliver stores verified bytes and reports whether they are new. A copy
// that differs is damaged and replaced.
func (s *store) putSliver(k sliverKey, b []byte) (created bool, err error) {
	defer s.writing.lock(k.id)()
	old, err := s.sliver(k)
	switch {
	case err == nil && bytes.Equal(old, b):
		if err := durable.SyncDir(s.blobDir(k.id)); err != nil {
			return false, err
		}
	case err == nil || errors.Is(err, fs.ErrNotExist):
		if err := writeDurably(s.sliverPath(k), b); err != nil {
			return false, err
		}
		created = true
	default:
		return false, err
	}
	s.setGood(k)
	return created, nil
}

// checkSliver makes sure that the sliver is on disk and is right. What was
// verified by this process is not read again. It errs with fs.ErrNotExist or
// walrus.ErrBadSliver.
func (s *store) checkSliver(k sliverKey, m *walrus.Metadata) error {
	s.mu.Lock()
	good := s.good[k]
	s.mu.Unlock()
	if good {
		_, err := os.Stat(s.sliverPath(k))
		return err
	}
	b, err := s.sliver(k)
	if err != nil {
		return err
	}
	if _, err := parseSliver(s.params, k, b, m); err != nil {
		return err
	}
	if err := durable.SyncDir(s.blobDir(k.id)); err != nil {
		return err
	}
	s.setGood(k)
	return nil
}

func (s *store) setGood(k sliverKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good[k] = true
}

// errIndexMismatch means that a sliver is not the one that its path names.
var errIndexMismatch = errors.New("sliver index differs from the pair in the path")

// parseSliver reads and verifies a sliver; errors wrap walrus.ErrBadSliver or
// errIndexMismatch.
func parseSliver(p walrus.Params, k sliverKey, b []byte, m *walrus.Metadata) (*walrus.Sliver, error) {
	sl := &walrus.Sliver{Axis: k.axis}
	if err := bcs.Unmarshal(b, sl); err != nil {
		return nil, fmt.Errorf("%w: %w", walrus.ErrBadSliver, err)
	}
	if want := p.SliverIndex(k.axis, k.pair); sl.Index != want {
		return nil, fmt.Errorf("%w: body has %s sliver %d, pair %d has %d", errIndexMismatch, k.axis, sl.Index, k.pair, want)
	}
	if err := m.VerifySliver(sl); err != nil {
		return nil, err
	}
	return sl, nil
}

// A keyedMutex is one mutex per blob.
type keyedMutex struct {
	mu   sync.Mutex
	held map[walrus.BlobID]*heldMutex
}

type heldMutex struct {
	sync.Mutex
	users int
}

// lock locks the blob and returns its unlock.
func (k *keyedMutex) lock(id walrus.BlobID) func() {
	k.mu.Lock()
	if k.held == nil {
		k.held = make(map[walrus.BlobID]*heldMutex)
	}
	h := k.held[id]
	if h == nil {
		h = new(heldMutex)
		k.held[id] = h
	}
	h.users++
	k.mu.Unlock()
	h.Lock()
	return func() {
		h.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(k.held, id)
		}
	}
}
