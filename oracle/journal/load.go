package journal

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"github.com/floe-data/floe/sdk/durable"
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
func (j *Journal) cutTorn(line []byte, rest *bufio.Reader) error {
	n, whole, err := j.measure(line, rest)
	if err == nil && whole {
		err = j.keepCut(n)
	}
	if err != nil {
		return fmt.Errorf("read what follows an incomplete record: %w", err)
	}
	if err := j.tail.Truncate(j.tail.End); err != nil {
		return fmt.Errorf("cut off an incomplete record: %w", err)
	}
	if err := j.tail.Sync(); err != nil {
		return fmt.Errorf("cut off an incomplete record: %w", err)
	}
	j.Torn = n
	return j.checkLast()
}

// measure returns how many bytes will be cut off, without the zeros at the end, and
// whether there are whole records among them.
func (j *Journal) measure(line []byte, rest *bufio.Reader) (n int64, whole bool, err error) {
	for read := int64(0); ; {
		if len(bytes.Trim(line, "\x00")) > 0 {
			n = read + int64(len(bytes.TrimRight(line, "\x00")))
		}
		read += int64(len(line))
		if end := len(line) - 1; end > 0 && line[end] == '\n' && !whole {
			_, err := j.vault.split(string(line[:end]))
			whole = err == nil
		}
		if err != nil {
			break
		}
		line, err = rest.ReadBytes('\n')
	}
	if err == io.EOF {
		err = nil
	}
	return n, whole, err
}

// keepCut copies n bytes that are cut off into a file of their own. A crash leaves
// whole records behind an incomplete one if the disk had written them first; nobody
// was answered by those. But so does a disk that gives back zeros where a record was,
// and then they are receipts that somebody holds.
func (j *Journal) keepCut(n int64) error {
	name := fmt.Sprintf("%s.cut-%d", FileName, j.tail.End)
	for i := 1; ; i++ {
		j.Cut = filepath.Join(j.cfg.Dir, fmt.Sprintf("%s-%d", name, i))
		if _, err := os.Lstat(j.Cut); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
	}
	return durable.Replace(j.Cut, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(j.tail.File, j.tail.End, n))
		return err
	})
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
