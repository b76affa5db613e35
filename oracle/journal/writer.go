package journal

import (
	"fmt"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
)

// run is the writer: it stores queued receipts in batches that share one fsync.
func (j *Journal) run() {
	defer close(j.done)
	for {
		var batch []*write
		select {
		case f := <-j.between:
			f()
			continue
		case w, ok := <-j.writes:
			if !ok {
				return
			}
			batch = append(batch, w)
		}
	fill:
		for len(batch) < maxBatch {
			select {
			case w, ok := <-j.writes:
				if !ok {
					break fill
				}
				batch = append(batch, w)
			default:
				break fill
			}
		}
		j.store(batch)
	}
}

// store makes a batch durable and answers it. Either all of it is stored or
// nothing, except for releases that the ledger refuses.
func (j *Journal) store(batch []*write) {
	start := time.Now()
	now := j.cfg.Now()
	batch = slices.DeleteFunc(batch, func(w *write) bool {
		err := j.charge(w, now)
		if err != nil {
			w.result <- result{err: err}
		}
		return err != nil
	})
	if len(batch) == 0 {
		return
	}
	receipts, err := j.commit(batch, now)
	j.cfg.Metrics.Stored(len(batch), start, err)
	for i, w := range batch {
		if err != nil {
			j.undo(w, now)
			w.result <- result{err: fmt.Errorf("write receipt: %w: %w", ErrNotDurable, err)}
		} else {
			w.result <- result{entry: &Entry{receipt: receipts[i]}}
		}
	}
}

// commit signs, writes and syncs a batch, all of it at one time. After an error chain and file are
// what they were before, or the file is marked dirty.
func (j *Journal) commit(batch []*write, now time.Time) (receipts []*receipt.Receipt, err error) {
	start := j.end()
	if j.dirty {
		if err := j.reset(start); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			for i := len(receipts) - 1; i >= 0; i-- {
				j.chain.Undo(receipts[i])
			}
			receipts = nil
		}
	}()
	var data []byte
	var ends []int64
	for _, w := range batch {
		w.claims.LogByMS = now.Add(j.cfg.LogWithin).UnixMilli()
		r, err := j.chain.SignNext(j.cfg.Key, w.claims, now, w.policies)
		if err != nil {
			return receipts, err
		}
		receipts = append(receipts, r)
		data = append(data, j.vault.line(r.Raw, w.opening, w.evidence)...)
		ends = append(ends, start+int64(len(data)))
	}
	// From here on until the sync has succeeded the file is in doubt.
	j.dirty = true
	j.extend(start + int64(len(data)))
	if _, err := j.file.WriteAt(data, start); err != nil {
		return receipts, err
	}
	if err := j.file.Sync(); err != nil {
		return receipts, err
	}
	j.dirty = false
	j.mu.Lock()
	j.offsets = append(j.offsets, ends...)
	for _, r := range receipts {
		j.index.add(r)
	}
	j.mu.Unlock()
	select {
	case j.grown <- struct{}{}:
	default:
	}
	return receipts, nil
}

// reset cuts the file back to its durable records.
func (j *Journal) reset(end int64) error {
	if err := j.file.Truncate(end); err != nil {
		return fmt.Errorf("cut off a record that was not stored: %w", err)
	}
	j.dirty, j.extended = false, end
	return nil
}

// end returns the length of the durable records. Only the writer changes it.
func (j *Journal) end() int64 {
	if n := len(j.offsets); n > 0 {
		return j.offsets[n-1]
	}
	return 0
}
