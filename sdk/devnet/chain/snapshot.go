package chain

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// SnapshotPath is the path under which [Chain.Handler] hands out snapshots.
const SnapshotPath = "/snapshot"

// snapshotMagic begins a snapshot; the zstd of a ledger file, with its
// checksum, follows.
const snapshotMagic = "floe-devnet-snapshot-1\n"

// maxSnapshot bounds a decompressed snapshot, in bytes.
const maxSnapshot = 64 << 30

// Snapshot writes a consistent copy of the whole chain while it runs:
// everything up to some checkpoint. It does not hold the seed, which the copy
// needs to go on. A slow reader makes the ledger grow.
func (c *Chain) Snapshot(w io.Writer) error {
	if err := writeSnapshot(c.ledger.db, w); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// SnapshotDir is [Chain.Snapshot] for a chain that is not open.
func SnapshotDir(dir string, w io.Writer) error {
	if _, err := os.Stat(filepath.Join(dir, ledgerFile)); err != nil {
		return fmt.Errorf("write snapshot: no chain in %s: %w", dir, err)
	}
	l, err := openLedger(dir)
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return errors.Join(writeSnapshot(l.db, w), l.close())
}

func writeSnapshot(db *bolt.DB, w io.Writer) error {
	if _, err := io.WriteString(w, snapshotMagic); err != nil {
		return err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	err = db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(z)
		return err
	})
	return errors.Join(err, z.Close())
}

// Restore makes the chain of a snapshot in dir, which must be empty or missing.
// Open it with the seed of the chain that the snapshot is of. A damaged
// snapshot leaves nothing behind. Errors: [ErrForeign], [ErrDamaged] (wrapped).
func Restore(dir string, r io.Reader) (err error) {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("restore chain: %s is not empty: it holds %q; choose an empty directory", dir, entries[0].Name())
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("restore chain: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("restore chain: %w", err)
	}
	part := filepath.Join(dir, ledgerFile+".part")
	if err := restoreLedger(part, r); err != nil {
		return errors.Join(fmt.Errorf("restore chain: %w", err), os.Remove(part))
	}
	if err := os.Rename(part, filepath.Join(dir, ledgerFile)); err != nil {
		return fmt.Errorf("restore chain: %w", err)
	}
	return syncDirectory(dir)
}

func restoreLedger(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	magic := make([]byte, len(snapshotMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != snapshotMagic {
		return fmt.Errorf("%w: the file is not a snapshot", ErrForeign)
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	n, err := io.Copy(f, io.LimitReader(z, maxSnapshot))
	if err != nil {
		return fmt.Errorf("%w: snapshot after %d bytes: %w", ErrDamaged, n, err)
	}
	if n == 0 {
		return fmt.Errorf("%w: the snapshot is empty", ErrDamaged)
	}
	if err := checkSize(f); err != nil {
		return err
	}
	return f.Sync()
}

// serveSnapshot hands out a snapshot. A client knows from the checksum that it
// has all of it.
func (c *Chain) serveSnapshot(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := c.Snapshot(w); err != nil {
		c.cfg.Log.Warn("snapshot broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
}
