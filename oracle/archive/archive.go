// Package archive keeps the evidence of a key server's decisions: objects and
// packages by digest, each once, in append-only files below the journal's
// directory. They are sealed with a key that follows from the receipt key: see
// appendSealed for what they would tell otherwise.
//
// [Archive.Keep] stores what is new of an evidence, returns when it is durable,
// and gives the short form of the manifest, which belongs into the journal's
// line. [Archive.Recall] makes the evidence of a short form again. Evidence is
// kept before the receipt that commits to it, so that no receipt points to
// nothing; what a crash leaves between the two belongs to no receipt and harms
// nothing.
//
// When the disk is full or fails, Keep fails for that decision, the file is
// brought back to what is durable, and later calls succeed as soon as the disk
// does.
package archive

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/oracle/vault"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/sui"
)

// Errors to tell apart.
var (
	// ErrNotKept is returned by Keep when evidence could not be stored. The
	// cause is wrapped too.
	ErrNotKept = errors.New("evidence could not be stored")
	// ErrDamaged is returned when stored bytes are not what was stored.
	ErrDamaged = errors.New("archive is damaged")
	// ErrUnknown is returned when nothing is stored under a digest.
	ErrUnknown = errors.New("not in the archive")
)

// DirName is the archive's folder in a journal's directory.
const DirName = "evidence"

const (
	// maxPack is the size from which on a new file is begun.
	maxPack = 64 << 20
	// maxBatch is how many bytes share one sync, about.
	maxBatch = 8 << 20
	// maxWaiting is how many decisions wait for the writer.
	maxWaiting = 256
	// maxEvidence bounds the objects of one decision, in bytes.
	maxEvidence = 32 << 20
)

// An Archive is safe for concurrent use. One process writes it: whoever has the
// lock of the journal above it.
type Archive struct {
	dir    string
	vault  *vault.Vault
	create func(path string) (groupcommit.File, error)
	Torn   int64                      // bytes of an incomplete batch that Open cut off
	writes *groupcommit.Queue[*write] // nil if it is only read

	// Owned by the writer.
	tail  groupcommit.Tail // of the last pack; without a File if it was removed
	last  int              // number of the newest pack
	batch *batch

	mu    sync.RWMutex // guards the rest, for moments only
	packs []*pack      // nil: it was removed
	index map[sui.Digest]place
	bytes int64 // of all packs
}

// place is where an item is.
type place struct {
	pack   int32
	kind   kind
	size   int32
	offset int64
	sealed bool
}

// An item is something that is stored under its digest.
type item struct {
	kind   kind
	digest sui.Digest
	value  bcs.Marshaler // encoded only if it is new
}

// Open opens or creates the archive in a folder. key is the receipt key. What an
// older version left there in the clear is sealed first.
func Open(dir string, key ed25519.PrivateKey) (*Archive, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if err := durable.SyncDir(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	return open(dir, key, groupcommit.Open)
}

func open(dir string, key ed25519.PrivateKey, create func(path string) (groupcommit.File, error)) (*Archive, error) {
	a, err := newArchive(dir, key, create)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	err = removeUnfinished(dir)
	if err == nil {
		err = a.load(false)
	}
	if err == nil {
		err = a.sealOld()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open archive %s: %w", dir, err), a.closeFiles())
	}
	a.writes = groupcommit.NewQueue[*write](maxWaiting)
	go a.writes.Run(a.add, a.store)
	return a, nil
}

// Read opens an archive to read what it has now, whoever may write it meanwhile.
// A folder that does not exist is an empty archive.
func Read(dir string, key ed25519.PrivateKey) (*Archive, error) {
	a, err := newArchive(dir, key, func(path string) (groupcommit.File, error) { return os.Open(path) })
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	if err := a.load(true); err != nil {
		return nil, errors.Join(fmt.Errorf("read archive %s: %w", dir, err), a.closeFiles())
	}
	return a, nil
}

func newArchive(dir string, key ed25519.PrivateKey, create func(path string) (groupcommit.File, error)) (*Archive, error) {
	v, err := vault.New(key, vaultPurpose)
	if err != nil {
		return nil, err
	}
	a := &Archive{dir: dir, vault: v, create: create, index: map[sui.Digest]place{}}
	a.batch = a.newBatch()
	return a, nil
}

// Keep makes an evidence durable and returns its short form. When ctx ends
// first it may be stored all the same.
func (a *Archive) Keep(ctx context.Context, ev *evidence.Evidence) ([]byte, error) {
	short, items, err := shorten(ev)
	if err == nil {
		err = a.put(ctx, items)
	}
	if err != nil {
		return nil, fmt.Errorf("keep evidence: %w: %w", ErrNotKept, err)
	}
	return short, nil
}

// put makes items durable.
func (a *Archive) put(ctx context.Context, items []item) error {
	if items = a.unknown(items); len(items) == 0 {
		return nil
	}
	w := &write{items: items, result: make(chan error, 1)}
	if a.writes == nil {
		return errors.New("the archive was opened to be read")
	}
	if err := a.writes.Put(ctx, w); err != nil {
		return err
	}
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// unknown returns the items that are not stored yet.
func (a *Archive) unknown(items []item) (out []item) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, it := range items {
		if _, ok := a.index[it.digest]; !ok {
			out = append(out, it)
		}
	}
	return out
}

// Size returns how many items are stored, and how many bytes on disk they take.
func (a *Archive) Size() (items int, bytes int64) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.index), a.bytes
}

// get returns the bytes of an item.
func (a *Archive) get(k kind, digest sui.Digest) ([]byte, error) {
	a.mu.RLock()
	at, ok := a.index[digest]
	var f *pack
	if ok {
		f = a.packs[at.pack]
	}
	a.mu.RUnlock()
	if !ok || at.kind != k {
		return nil, fmt.Errorf("%s %s: %w", k, digest, ErrUnknown)
	}
	b := make([]byte, at.size)
	_, err := f.ReadAt(b, at.offset)
	if err == nil && at.sealed {
		_, _, b, err = openItem(a.vault, b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", k, digest, err)
	}
	if k.digest(b) != digest {
		return nil, fmt.Errorf("%s %s: %w: its bytes have another digest", k, digest, ErrDamaged)
	}
	return b, nil
}

// Check reads everything and compares it with its digests.
func (a *Archive) Check(ctx context.Context) error {
	a.mu.RLock()
	all := make(map[sui.Digest]kind, len(a.index))
	for d, at := range a.index {
		all[d] = at.kind
	}
	a.mu.RUnlock()
	for d, k := range all {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if _, err := a.get(k, d); err != nil {
			return fmt.Errorf("check archive: %w", err)
		}
	}
	return nil
}

// Close stores what is queued and closes the files.
func (a *Archive) Close() error {
	if a.writes != nil {
		a.writes.Close()
	}
	return a.closeFiles()
}

func (a *Archive) closeFiles() (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.packs {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	a.packs, a.index = nil, map[sui.Digest]place{}
	return err
}
