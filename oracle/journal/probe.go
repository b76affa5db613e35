package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	probeName = "probe"
	probeSize = 4096
)

// Probe tries whether a receipt could be stored just now, without writing one:
// it writes a file beside the journal, waits until it is on disk, and removes
// it.
func (j *Journal) Probe() error { return Probe(j.cfg.Dir) }

// Probe is [Journal.Probe] for a directory.
func Probe(dir string) error {
	path := filepath.Join(dir, probeName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("try to store a receipt: %w", err)
	}
	_, err = f.Write(make([]byte, probeSize))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), os.Remove(path)); err != nil {
		return fmt.Errorf("try to store a receipt: %w", err)
	}
	return nil
}

// Space is how many bytes the disk has left for receipts.
func (j *Journal) Space() (uint64, error) { return Space(j.cfg.Dir) }

// Space is [Journal.Space] for a directory.
func Space(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("look how much room %s has: %w", dir, err)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

// InUse reports whether a process has the journal in dir open.
func InUse(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether the journal is in use: %w", err)
	}
	defer f.Close() // gives the lock back
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return true, nil
		}
		return false, fmt.Errorf("look whether the journal is in use: %w", err)
	}
	return false, nil
}
