package chain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ledgerFile is the only file of a data directory.
const ledgerFile = "ledger.db"

// ledgerFormat names the layout below; another value is a foreign directory.
const ledgerFormat = "floe-devnet-chain-1"

// The buckets of a ledger. Numbers in keys are big-endian, so that byte order
// is their order.
var (
	bucketMeta        = []byte("meta")        // "format" -> ledgerFormat
	bucketObjects     = []byte("objects")     // id, version -> tag, BCS of the object
	bucketLive        = []byte("live")        // id -> version
	bucketOwned       = []byte("owned")       // owner, type, 0, ^balance, id -> version
	bucketChildren    = []byte("children")    // parent, id -> version
	bucketPackages    = []byte("packages")    // original id, version -> storage id
	bucketTxs         = []byte("txs")         // digest -> BCS of a txRecord
	bucketCheckpoints = []byte("checkpoints") // sequence -> BCS of a checkpointRecord
	bucketDigests     = []byte("digests")     // checkpoint digest -> sequence
	bucketCoins       = []byte("coins")       // coin type, 0, CoinMetadata or TreasuryCap -> id
	bucketEpochs      = []byte("epochs")      // epoch -> BCS of an epochRecord
	bucketEnded       = []byte("ended")       // id -> epoch, version, digest: where its consensus stream ended

	allBuckets = [][]byte{
		bucketMeta, bucketObjects, bucketLive, bucketOwned, bucketChildren,
		bucketPackages, bucketTxs, bucketCheckpoints, bucketDigests, bucketCoins, bucketEnded, bucketEpochs,
	}
	// newerBuckets were added to the format later; older ledgers get them.
	newerBuckets = [][]byte{bucketCoins, bucketEnded, bucketEpochs}
)

var (
	// ErrForeign says that a data directory was not written by this package.
	ErrForeign = errors.New("not a chain data directory")
	// ErrDamaged says that a ledger is truncated or internally inconsistent.
	ErrDamaged = errors.New("chain data is damaged")
	// ErrInUse says that another process has the data directory open.
	ErrInUse = errors.New("chain data directory is in use")

	errNotFound = errors.New("not found")
)

// A ledger is the durable state of a chain in one bbolt file. A commit is
// synced to disk before it returns; a process killed at any point finds the
// state of the last commit.
type ledger struct{ db *bolt.DB }

// openLedger opens or creates the ledger of a directory.
func openLedger(dir string) (*ledger, error) {
	path := filepath.Join(dir, ledgerFile)
	if err := checkDirectory(dir, path); err != nil {
		return nil, err
	}
	var db *bolt.DB
	err := guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: time.Second, FreelistType: bolt.FreelistMapType,
			InitialMmapSize: 256 << 20, // address space, not memory; growing it waits for readers
		})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("open %s: %w: stop the other process or choose another directory", dir, ErrInUse)
	case errors.Is(err, ErrDamaged), errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return nil, fmt.Errorf("open %s: %w: %v: restore it from a copy, or remove the directory to start a new chain", path, ErrDamaged, err)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.AllocSize = 1 << 20 // the file grows in steps of this size
	if err := syncDirectory(dir); err != nil {
		db.Close()
		return nil, err
	}
	return &ledger{db}, nil
}

// syncDirectory makes the name of a new file as durable as its content.
func syncDirectory(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open chain directory: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync chain directory: %w", err)
	}
	return nil
}

// guarded runs f and turns what bbolt does about pages that make no sense (it
// panics, or follows a page number out of the file) into ErrDamaged.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, cause)
		}
	}()
	return f()
}

// checkDirectory creates dir if need be and refuses what openLedger must not
// touch: a directory with other content, a file that is not a ledger, a
// truncated ledger (bbolt maps the file, so reading past its end would kill
// the process).
func checkDirectory(dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create chain directory: %w", err)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("read chain directory: %w", err)
		}
		if len(entries) > 0 {
			return fmt.Errorf("open %s: %w: it holds %q and no %s; choose an empty directory", dir, ErrForeign, entries[0].Name(), ledgerFile)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("open chain data: %w", err)
	}
	defer f.Close()
	return checkSize(f)
}

// checkSize compares a bbolt file's size with what its newest valid meta page
// says. The meta layout is bbolt's: a 16-byte page header, then magic,
// version, page size, flags (u32 each), root page and sequence, free list,
// high-water mark, transaction id (u64 each), checksum.
func checkSize(f *os.File) error {
	const magic, metaSize = 0xED0CDAED, 80
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read chain data: %w", err)
	}
	if info.Size() == 0 {
		return nil // created and killed before the first page was written
	}
	damaged := func(format string, args ...any) error {
		return fmt.Errorf("open %s: %w: %s; restore it from a copy, or remove the directory to start a new chain",
			f.Name(), ErrDamaged, fmt.Sprintf(format, args...))
	}
	var need, newest uint64
	found := false
	for _, at := range []int64{0, int64(os.Getpagesize())} {
		var page [metaSize]byte
		if _, err := f.ReadAt(page[:], at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read chain data: %w", err)
		}
		le := binary.LittleEndian
		if le.Uint32(page[16:]) != magic {
			continue
		}
		if txid := le.Uint64(page[64:]); !found || txid > newest {
			newest, need = txid, le.Uint64(page[56:])*uint64(le.Uint32(page[24:]))
		}
		found = true
	}
	if !found {
		return fmt.Errorf("open %s: %w: choose an empty directory", f.Name(), ErrForeign)
	}
	if uint64(info.Size()) < need {
		return damaged("the file has %d bytes of %d", info.Size(), need)
	}
	return nil
}

// read runs f on a consistent snapshot.
func (l *ledger) read(f func(view) error) error {
	return l.db.View(func(tx *bolt.Tx) error { return f(view{tx}) })
}

// write runs f on a writable state and commits it durably when f returns nil.
// When the disk is full nothing of it stays.
func (l *ledger) write(f func(view) error) error {
	err := l.db.Update(func(tx *bolt.Tx) error { return f(view{tx}) })
	if err != nil && isDiskFull(err) {
		return fmt.Errorf("%w: %v", errDiskFull, err)
	}
	return err
}

func (l *ledger) close() error { return l.db.Close() }

// A view is the chain's state inside one bbolt transaction: a snapshot, or the
// sequencer's uncommitted batch, which sees its own writes.
type view struct{ tx *bolt.Tx }

func (v view) bucket(name []byte) *bolt.Bucket { return v.tx.Bucket(name) }

// initialise creates the buckets of a new ledger, or checks the format of an
// existing one. It reports whether the ledger is new.
func (v view) initialise() (bool, error) {
	if meta := v.bucket(bucketMeta); meta != nil {
		if got := string(meta.Get([]byte("format"))); got != ledgerFormat {
			return false, fmt.Errorf("%w: format is %q, this program reads %q", ErrForeign, clip(got), ledgerFormat)
		}
		for _, name := range newerBuckets {
			if _, err := v.tx.CreateBucketIfNotExists(name); err != nil {
				return false, err
			}
		}
		for _, name := range allBuckets {
			if v.bucket(name) == nil {
				return false, fmt.Errorf("%w: %q is missing", ErrDamaged, name)
			}
		}
		return false, nil
	}
	if name, _ := v.tx.Cursor().First(); name != nil {
		return false, fmt.Errorf("%w: it is another program's database (bucket %q)", ErrForeign, clip(string(name)))
	}
	for _, name := range allBuckets {
		if _, err := v.tx.CreateBucket(name); err != nil {
			return false, err
		}
	}
	return true, v.setMeta("format", []byte(ledgerFormat))
}

func (v view) meta(key string) []byte { return v.bucket(bucketMeta).Get([]byte(key)) }

func (v view) setMeta(key string, value []byte) error {
	return v.bucket(bucketMeta).Put([]byte(key), value)
}

// key joins parts into a bucket key.
func key(parts ...[]byte) []byte {
	var k []byte
	for _, p := range parts {
		k = append(k, p...)
	}
	return k
}

// be is a number as a key.
func be(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func fromBE(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
