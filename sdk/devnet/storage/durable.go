package storage

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/sdk/durable"
)

// tempPattern names files that are being written; they mean nothing after a
// crash and are removed at start.
const tempPattern = ".tmp-*"

// createTemp is replaced by tests to simulate a full disk.
var createTemp = func(dir string) (tempFile, error) { return os.CreateTemp(dir, tempPattern) }

type tempFile interface {
	Name() string
	Write(b []byte) (int, error)
	Sync() error
	Close() error
}

// writeDurably makes path hold b, mode 0600, or leaves it as it was. The order
// is: write and sync a temporary file, rename it, sync the directory.
func writeDurably(path string, b []byte) error {
	dir := filepath.Dir(path)
	f, err := createTemp(dir)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return durable.SyncDir(dir)
}

// makeDirDurably creates dir, whose parent exists, and syncs the parent.
func makeDirDurably(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return durable.SyncDir(filepath.Dir(dir))
}

// recoverDir removes the temporary files that a crash left in dir, and makes
// what else is visible there durable.
func recoverDir(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, tempPattern))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return errors.Join(err, durable.SyncDir(dir))
}
