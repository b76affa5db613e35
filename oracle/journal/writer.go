package journal

import (
	"fmt"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
)

// add takes a receipt into the batch; the writer calls it.
func (j *Journal) add(w *write) (full bool) {
	j.batch = append(j.batch, w)
	return len(j.batch) == maxBatch
}

// store makes the batch durable and answers it. Either all of it is stored or
// nothing, except for releases that the ledger refuses.
func (j *Journal) store() {
	start := time.Now()
	now := j.cfg.Now()
	batch := j.batch
	j.batch = nil
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

// commit signs and appends a batch, all of it at one time. After an error the chain
// is what it was before.
func (j *Journal) commit(batch []*write, now time.Time) (receipts []*receipt.Receipt, err error) {
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
		ends = append(ends, j.tail.End+int64(len(data)))
	}
	if err := j.tail.Append(data); err != nil {
		return receipts, err
	}
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
