package indexer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

const (
	// ahead is how many checkpoints may wait for the writer.
	ahead = 256
	// A batch takes what waits, up to these bounds; on a live chain that is
	// one checkpoint.
	maxBatchCheckpoints, maxBatchEvents = 1000, 20_000
	// maxWaiting is how many bytes of events may wait for the writer, so that what
	// somebody puts on chain can't fill the memory. One checkpoint may be larger.
	maxWaiting = 64 << 20
	// eventOverhead is what an event takes beside its contents, in bytes, roughly.
	eventOverhead = 1 << 10
	// maxRetry bounds the pause between attempts.
	maxRetry = 15 * time.Second
)

// ingest runs sessions until one ends with an error that trying again does not
// mend.
func (x *Indexer) ingest(ctx context.Context, st *store.Store) error {
	wait := 100 * time.Millisecond
	wrote := false // the lock was ours
	for {
		before, _ := st.Watermark(ctx)
		err := x.session(ctx, st)
		x.mu.Lock()
		wrote = wrote || x.live
		x.mu.Unlock()
		x.report(false, err)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// A connection that was lost may hold the lock until PostgreSQL notices.
		passes := errors.Is(err, store.ErrUnavailable) || errors.Is(err, suirpc.ErrUnreachable) || wrote && errors.Is(err, store.ErrBusy)
		if !passes {
			return err
		}
		if after, _ := st.Watermark(ctx); after != nil && (before == nil || after.Checkpoint > before.Checkpoint) {
			wait = 100 * time.Millisecond
		}
		x.log.Warn("ingesting pauses", "error", err, "retry_in", wait)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, maxRetry)
	}
}

func (x *Indexer) report(live bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.live, x.ingestErr = live, err
}

// session writes from the watermark on until something fails.
func (x *Indexer) session(ctx context.Context, st *store.Store) error {
	chainID, err := x.client.ChainID(ctx)
	if err != nil {
		return err
	}
	first, err := st.Pin(ctx, chainID.String(), x.packageIDs(), int64(x.cfg.FirstCheckpoint))
	if err != nil {
		return err
	}
	w, err := st.Writer(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	x.mu.Lock()
	x.chainID = chainID.String()
	x.mu.Unlock()
	x.report(true, nil)

	next := uint64(first)
	if mark := w.Watermark(); mark != nil {
		next = uint64(mark.Checkpoint) + 1
	}
	x.log.Info("ingesting", "chain", chainID, "from", next)
	d, err := x.resume(ctx, st)
	if err != nil {
		return err
	}
	filled, err := w.Fill(ctx, d)
	if err != nil {
		return err
	}
	if filled > 0 {
		x.log.Info("made rows of events that were kept raw before", "events", filled)
	}
	ctx, cancel := context.WithCancel(ctx)
	source, room := make(chan arrival, ahead), semaphore.NewWeighted(maxWaiting)
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.source(ctx, d, next, source, room)
	}()
	defer func() { cancel(); <-done }()
	return x.write(ctx, w, source, room)
}

func (x *Indexer) packageIDs() []string {
	var out []string
	for _, id := range x.cfg.Packages.IDs() {
		out = append(out, id.String())
	}
	return out
}

// arrival is a checkpoint, decoded, or the error that ends the source.
type arrival struct {
	rows     *decode.Rows
	previous *[32]byte // digest of the checkpoint before
	room     int64     // that its events take
	err      error
}

// room is how many bytes the events of a checkpoint take of maxWaiting.
func room(rows *decode.Rows) int64 {
	n := 0
	for i := range rows.Events {
		n += len(rows.Events[i].Raw.Contents) + eventOverhead
	}
	return int64(min(n, maxWaiting))
}

// source follows the chain and decodes, as far ahead of the writer as there is room.
func (x *Indexer) source(ctx context.Context, d *decode.Decoder, from uint64, out chan<- arrival, free *semaphore.Weighted) {
	retried := suirpc.OnRetry(func(err error, wait time.Duration) {
		x.report(true, err)
		x.log.Debug("following the chain again", "error", err, "retry_in", wait)
	})
	for cp, err := range x.client.Follow(ctx, from, retried) {
		a := arrival{err: err}
		if err == nil {
			a.previous = (*[32]byte)(cp.Previous)
			a.rows, a.err = x.decode(ctx, d, cp)
		}
		if a.err == nil {
			a.room = room(a.rows)
			if free.Acquire(ctx, a.room) != nil {
				return
			}
		}
		select {
		case out <- a:
		case <-ctx.Done():
			return
		}
	}
}

// decode follows upgrades, then decodes.
func (x *Indexer) decode(ctx context.Context, d *decode.Decoder, cp *suirpc.Checkpoint) (*decode.Rows, error) {
	upgrades, err := x.upgrades(ctx, d, cp)
	if err != nil {
		return nil, err
	}
	rows, err := d.Checkpoint(cp)
	if err == nil {
		rows.Upgrades = upgrades
	}
	return rows, err
}

// write takes what waits as one batch, applies it, and goes on.
func (x *Indexer) write(ctx context.Context, w *store.Writer, source <-chan arrival, free *semaphore.Weighted) error {
	for {
		batch, err := collect(ctx, source)
		if len(batch) > 0 {
			if first := batch[0]; w.Watermark() != nil && (first.previous == nil || *first.previous != w.Watermark().Digest) {
				return fmt.Errorf("%w: checkpoint %d of %s does not follow on the one that is indexed; drop schema %s to build the index again",
					store.ErrOtherChain, first.rows.Sequence, x.client.URL(), x.cfg.Schema)
			}
			rows, size := make([]*decode.Rows, len(batch)), int64(0)
			for i := range batch {
				rows[i], size = batch[i].rows, size+batch[i].room
			}
			if err := w.Apply(ctx, rows); err != nil {
				return err
			}
			free.Release(size)
			x.report(true, nil)
		}
		if err != nil {
			return err
		}
	}
}

// collect waits for one arrival and takes what else is there. With an error
// come the checkpoints before it.
func collect(ctx context.Context, source <-chan arrival) (batch []arrival, err error) {
	events := 0
	for {
		var a arrival
		if len(batch) == 0 {
			select {
			case a = <-source:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		} else {
			select {
			case a = <-source:
			default:
				return batch, nil
			}
		}
		if a.err != nil {
			return batch, a.err
		}
		batch, events = append(batch, a), events+len(a.rows.Events)
		if len(batch) == maxBatchCheckpoints || events >= maxBatchEvents {
			return batch, nil
		}
	}
}
