package journal

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"github.com/floe-data/floe/sdk/receipt"
)

// load reads the file, checks that its receipts follow each other, and cuts
// off what a crash left behind. Such a record never led to an answer.
func (j *Journal) load() error {
	r := bufio.NewReaderSize(io.NewSectionReader(j.tail.File, 0, math.MaxInt64), 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return j.checkLast()
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF || bytes.IndexByte(line, 0) >= 0 {
			return j.cutTorn(line, r)
		}
		rec, err := j.loadLine(string(line[:len(line)-1]))
		if err != nil {
			return fmt.Errorf("%w: record %d at byte %d: %w; restore the file from a copy, or move the directory "+
				"away to begin a new log", ErrDamaged, len(j.offsets)+1, j.tail.End, err)
		}
		j.tail.End += int64(len(line))
		j.offsets = append(j.offsets, j.tail.End)
		j.index.add(rec)
	}
}

func (j *Journal) loadLine(line string) (*receipt.Receipt, error) {
	stored, err := j.vault.split(line)
	if err != nil {
		return nil, err
	}
	rec, err := receipt.Parse(stored.JWT)
	if err == nil && stored.Opening != nil {
		err = stored.Opening.Check(&rec.Claims)
	}
	if err == nil {
		err = j.chain.Append(rec)
	}
	if err != nil {
		return nil, err
	}
	count(j.ledger, &rec.Claims, stored.Opening)
	return rec, nil
}

// cutTorn cuts off the rest of the file, which begins with an incomplete
// record: one without a line end, or one with zero bytes where the file was
// made longer and then not written. Zeros alone are no record.
func (j *Journal) cutTorn(line []byte, rest io.Reader) error {
	n := int64(len(bytes.TrimRight(line, "\x00")))
	more, err := io.Copy(io.Discard, rest)
	if err != nil {
		return err
	}
	if err := j.tail.Truncate(j.tail.End); err != nil {
		return fmt.Errorf("cut off an incomplete record: %w", err)
	}
	if err := j.tail.Sync(); err != nil {
		return fmt.Errorf("cut off an incomplete record: %w", err)
	}
	j.Torn = n + more
	return j.checkLast()
}

// checkLast checks the signature of the last receipt, and with it, through the
// hashes, all others: a log of another server or key is not continued.
func (j *Journal) checkLast() error {
	n := len(j.offsets)
	if n == 0 {
		return nil
	}
	last, err := j.full(uint64(n))
	if err != nil {
		return err
	}
	keys := receipt.NewKeySet(j.cfg.Key.Public().(ed25519.PublicKey))
	if _, err := receipt.Verify(last.JWT, keys, j.cfg.Issuer); err != nil {
		return fmt.Errorf("%w: the last receipt was not signed with the configured key: %w", ErrDamaged, err)
	}
	return nil
}

// Lock takes the directory of a journal for somebody who is not to be disturbed by a
// server, until the lock is closed. It is ErrLocked (wrapped) if a server runs.
func Lock(dir string) (io.Closer, error) {
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("lock journal in %s: %w", dir, err)
	}
	return lock, nil
}

// lockFile takes an exclusive lock, which ends with the process at the latest.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: stop the other key server, or give each its own directory", ErrLocked)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
