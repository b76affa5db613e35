package journal

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/canonical"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A Record is a stored receipt with the opening of its commitments.
type Record struct {
	Sequence uint64
	JWT      string
	Opening  *receipt.Opening // nil if none was stored
	Evidence []byte           // short form; nil if none was stored
}

// Len returns the number of durable receipts, which is the last sequence number.
func (j *Journal) Len() uint64 {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return uint64(len(j.offsets))
}

// Queued is the number of receipts that wait for the disk.
func (j *Journal) Queued() int { return j.writes.Len() }

// Grown receives after receipts became durable. One reader at a time.
func (j *Journal) Grown() <-chan struct{} { return j.grown }

// Read returns the JWTs of at most limit receipts with sequence numbers above
// after, in order. Only durable receipts are returned.
func (j *Journal) Read(after uint64, limit int) ([]string, error) {
	places, err := j.places(after, limit)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	var out []string
	for _, at := range places {
		line, err := j.line(at)
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		jwt, _, _ := strings.Cut(line, " ")
		out = append(out, jwt)
	}
	return out, nil
}

// maxRead is how many bytes of JWTs OfPolicy returns, about.
const maxRead = 1 << 20

// OfPolicy returns at most limit records of one policy, those with numbers of
// that policy above after, and how many it has in all. If they are long it returns
// fewer, but one at least.
func (j *Journal) OfPolicy(policy sui.Address, after uint64, limit int) (records []Record, head uint64, err error) {
	j.mu.RLock()
	sequences := j.index.policies[policy] // only ever appended to
	j.mu.RUnlock()
	head = uint64(len(sequences))
	if after >= head || limit <= 0 {
		return nil, head, nil
	}
	size := 0
	for _, sequence := range sequences[after:min(head, after+uint64(limit))] {
		r, err := j.full(sequence)
		if err != nil {
			return nil, head, err
		}
		records = append(records, r)
		if size += len(r.JWT); size > maxRead {
			break
		}
	}
	return records, head, nil
}

// Unknown is how many of these policies have no receipt yet.
func (j *Journal) Unknown(policies []sui.Address) (n int) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	for _, p := range policies {
		if len(j.index.policies[p]) == 0 {
			n++
		}
	}
	return n
}

// Record returns the record of a sequence number, nil if there is none.
func (j *Journal) Record(sequence uint64) (*Record, error) {
	if sequence == 0 || sequence > j.Len() {
		return nil, nil
	}
	r, err := j.full(sequence)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// ReadFile reads the record of a sequence number from a journal's directory,
// which a server may be writing to; nil if there is none. key is the receipt key,
// which opens it. Nothing is checked but the form of its line.
func ReadFile(dir string, key ed25519.PrivateKey, sequence uint64) (*Record, error) {
	var found *Record
	err := eachLine(dir, key, func(v lineVault, n uint64, line string) error {
		if n != sequence {
			return nil
		}
		rec, err := v.split(line)
		if err != nil {
			return err
		}
		rec.Sequence = n
		found = &rec
		return errEnough
	})
	return found, err
}

// Each calls f for all records of a journal's directory, in order, as ReadFile
// returns them.
func Each(dir string, key ed25519.PrivateKey, f func(*Record) error) error {
	return eachLine(dir, key, func(v lineVault, n uint64, line string) error {
		rec, err := v.split(line)
		if err != nil {
			return err
		}
		rec.Sequence = n
		return f(&rec)
	})
}

// errEnough ends eachLine.
var errEnough = errors.New("enough")

// eachLine calls f for all lines that are whole, without their ends.
func eachLine(dir string, key ed25519.PrivateKey, f func(v lineVault, sequence uint64, line string) error) error {
	vault, err := newVault(key)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	file, err := os.Open(filepath.Join(dir, FileName))
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	for n := uint64(1); ; n++ {
		line, err := r.ReadString('\n')
		// What has no line end, or zeros in it, is being written, or torn.
		if err == io.EOF || err == nil && strings.IndexByte(line, 0) >= 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		switch err := f(vault, n, strings.TrimSuffix(line, "\n")); {
		case err == errEnough:
			return nil
		case err != nil:
			return fmt.Errorf("read journal: record %d: %w", n, err)
		}
	}
}

// Release returns the record that a request led to, if keys were released for
// it within the last Config.Remember.
func (j *Journal) Release(request receipt.Hash) (*Entry, *receipt.Opening, error) {
	j.mu.RLock()
	sequence, ok := j.index.releases[request]
	j.mu.RUnlock()
	if !ok {
		return nil, nil, nil
	}
	rec, err := j.full(sequence)
	if err != nil {
		return nil, nil, err
	}
	r, err := receipt.Parse(rec.JWT)
	if err != nil {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	return &Entry{receipt: r}, rec.Opening, nil
}

// full reads a record with its opening.
func (j *Journal) full(sequence uint64) (Record, error) {
	places, err := j.places(sequence-1, 1)
	if err == nil && len(places) == 0 {
		err = fmt.Errorf("there is no record %d", sequence)
	}
	var line string
	if err == nil {
		line, err = j.line(places[0])
	}
	if err != nil {
		return Record{}, fmt.Errorf("read journal: %w", err)
	}
	r, err := j.vault.split(line)
	if err != nil {
		return Record{}, fmt.Errorf("read journal: record %d: %w", sequence, err)
	}
	r.Sequence = sequence
	return r, nil
}

// A place is where a record stands in the file. What stands there stays.
type place struct{ start, end int64 }

// places returns where the records after a number are, at most limit. Nobody holds
// the lock while a record is read: the writer needs it.
func (j *Journal) places(after uint64, limit int) (out []place, err error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	n := uint64(len(j.offsets))
	if j.closed {
		return nil, errors.New("it is closed")
	}
	if after >= n || limit <= 0 {
		return nil, nil
	}
	start := int64(0)
	if after > 0 {
		start = j.offsets[after-1]
	}
	for _, end := range j.offsets[after:min(n, after+uint64(limit))] {
		out, start = append(out, place{start, end}), end
	}
	return out, nil
}

// line reads a record without its line end.
func (j *Journal) line(at place) (string, error) {
	b := make([]byte, at.end-at.start-1)
	if _, err := j.tail.ReadAt(b, at.start); err != nil {
		return "", err
	}
	return string(b), nil
}

// splitOpen reads a line in which nothing is sealed.
func splitOpen(line string) (r Record, err error) {
	columns := strings.Split(line, " ")
	r.JWT = columns[0]
	if len(columns) > 3 {
		return r, fmt.Errorf("%d columns, want at most 3", len(columns))
	}
	if len(columns) > 1 {
		b, err := canonical.Base64(base64.RawURLEncoding, columns[1])
		if err != nil || len(b) != 64 {
			return r, errors.New("the opening is not 64 bytes in base64url")
		}
		r.Opening = &receipt.Opening{Salt: [32]byte(b[:32]), Requester: sui.Address(b[32:])}
	}
	if len(columns) > 2 {
		if r.Evidence, err = canonical.Base64(base64.RawURLEncoding, columns[2]); err != nil || len(r.Evidence) == 0 {
			return r, errors.New("the evidence is not base64url")
		}
	}
	return r, nil
}

// An index finds records. Its owner's lock guards it.
type index struct {
	policies map[sui.Address][]uint64 // sequence numbers, in order
	releases map[receipt.Hash]uint64  // by request, of the last while
	recent   []release                // the keys of releases, oldest first
	remember time.Duration
	last     int64 // time of the last receipt
	age      int64 // milliseconds that have passed, as far as it is believed
}

// steps is into how many a Remember is divided. No time between two receipts
// counts for more than one of them: when a clock jumps, the releases before are
// not old, and when it jumps back, the same requests are valid again.
const steps = 60

type release struct {
	request receipt.Hash
	age     int64 // of the index, then
}

func newIndex(remember time.Duration) index {
	return index{policies: map[sui.Address][]uint64{}, releases: map[receipt.Hash]uint64{}, remember: remember}
}

// add takes over a receipt that became durable.
func (x *index) add(r *receipt.Receipt) {
	for _, p := range r.Policies {
		x.policies[p.ID] = append(x.policies[p.ID], r.Sequence)
	}
	life := x.remember.Milliseconds()
	x.age += min(max(r.TimeMS-x.last, 0), life/steps)
	x.last = r.TimeMS
	for len(x.recent) > 0 && x.age-x.recent[0].age > life {
		delete(x.releases, x.recent[0].request)
		x.recent = x.recent[1:]
	}
	if _, known := x.releases[r.RequestHash]; r.Decision == receipt.Release && !known {
		x.releases[r.RequestHash] = r.Sequence
		x.recent = append(x.recent, release{r.RequestHash, x.age})
	}
}
