package tilelog

import (
	"context"
	"fmt"
	"time"

	"github.com/transparency-dev/tessera"

	"github.com/floe-data/floe/sdk/receipt"
)

const (
	// pace lets receipts gather, so that a batch is worth its writes.
	pace = 50 * time.Millisecond
	// between is the least time from one drain to the next. Each batch writes and
	// syncs several files, which the journal's own syncs, for which requesters
	// wait, would have to share the disk with.
	between = 200 * time.Millisecond
	// look is how often the published checkpoint is looked at while entries
	// wait for it, lookIdle how often otherwise.
	look     = 25 * time.Millisecond
	lookIdle = time.Second
	// maxRetry is the longest pause after a failure.
	maxRetry = 2 * time.Second
)

// run adds receipts to the log as they come, until Close; then it adds the
// rest.
func (l *Log) run(ctx context.Context) {
	defer close(l.done)
	late, soon := false, true // soon: there will be a drain
	var drained time.Time
	retry := pace
	adding, looking := time.NewTimer(0), time.NewTimer(lookIdle)
	defer adding.Stop()
	defer looking.Stop()
	for {
		select {
		case <-l.stop:
			if err := l.drain(ctx); err != nil {
				l.cfg.Log.Warn("receipts are not in the log yet; the next start adds them", "err", err)
			}
			return
		case <-l.cfg.Journal.Grown():
			if !soon {
				soon = true
				adding.Reset(max(pace, between-time.Since(drained)))
			}
			continue
		case <-adding.C:
			l.Notice()
			if err := l.drain(ctx); err != nil {
				l.cfg.Log.Warn("receipts cannot be added to the log", "err", err)
				adding.Reset(retry)
				retry = min(2*retry, maxRetry)
			} else {
				retry, soon, drained = pace, false, time.Now()
			}
		case <-looking.C:
			l.Notice()
		}
		err := l.refresh(ctx)
		if err != nil {
			l.cfg.Log.Warn("the log's checkpoint cannot be read", "err", err)
		}
		late = l.alarm(late)
		looking.Reset(l.nextLook(err))
	}
}

// Notice starts the time of the receipts that became durable since the last
// look. It is for whoever gives the promise; the log itself looks every second.
func (l *Log) Notice() {
	length, now := l.cfg.Journal.Len(), l.cfg.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.see(length, now)
}

// nextLook is when to look at the published checkpoint again.
func (l *Log) nextLook(failed error) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) > 0 && l.broken == nil && failed == nil {
		return look
	}
	return lookIdle
}

// alarm logs when receipts begin to be late, and when that is over.
func (l *Log) alarm(before bool) bool {
	s := l.Status()
	switch late := s.Late != nil; {
	case late && !before:
		l.cfg.Log.Error("a receipt is not in the log in time", "err", s.Late, "journal", s.Journal, "published", s.Published)
	case !late && before:
		l.cfg.Log.Info("the log has caught up", "published", s.Published)
	}
	return s.Late != nil
}

// drain adds what the journal has and the tree has not, batch by batch. What the
// journal gets meanwhile waits: under load that has no end, and between two
// drains the published checkpoint is looked at.
func (l *Log) drain(ctx context.Context) error {
	end := l.cfg.Journal.Len()
	for {
		l.mu.Lock()
		size, broken := l.integrated, l.broken
		l.mu.Unlock()
		if broken != nil {
			return broken
		}
		if size >= end {
			return nil
		}
		rest := end - size
		for _, n := range batches {
			if uint64(n) <= rest {
				if err := l.addBatch(ctx, size, n); err != nil {
					return err
				}
				break
			}
		}
	}
}

// addBatch adds the n receipts after number size. After an error the tree's
// size is read anew: the batch may be in it all the same.
func (l *Log) addBatch(ctx context.Context, size uint64, n int) error {
	jwts, err := l.cfg.Journal.Read(size, n)
	if err != nil {
		return err
	}
	if len(jwts) != n {
		return fmt.Errorf("read journal: %d receipts after number %d, want %d", len(jwts), size, n)
	}
	futures := make([]tessera.IndexFuture, n)
	for i, jwt := range jwts {
		futures[i] = l.add[n](ctx, tessera.NewEntry(receipt.Leaf(jwt)))
	}
	for i, future := range futures {
		index, addErr := future()
		if addErr != nil {
			err = addErr
		} else if want := size + uint64(i); index.Index != want {
			return l.breakOff(fmt.Errorf("the log put receipt %d at index %d", want+1, index.Index))
		}
	}
	now := size + uint64(n)
	if err != nil {
		var sizeErr error
		if now, sizeErr = l.reader.IntegratedSize(ctx); sizeErr != nil {
			return sizeErr
		}
		if now != size && now != size+uint64(n) {
			return l.breakOff(fmt.Errorf("the log has %d entries after a batch of %d to %d failed", now, n, size))
		}
	}
	l.mu.Lock()
	l.integrated = now
	l.mu.Unlock()
	return err
}

// breakOff ends adding for good: an invariant does not hold.
func (l *Log) breakOff(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = fmt.Errorf("%w; stop the key server, move %s away, and start it to make the log anew from the journal", err, l.cfg.Dir)
	return l.broken
}

// refresh takes over the published checkpoint.
func (l *Log) refresh(ctx context.Context) error {
	c, err := l.checkpoint(ctx)
	if err != nil {
		return err
	}
	cosigned, now := l.isCosigned(c), l.cfg.Now()
	l.mu.Lock()
	before := l.cosigned
	l.published, l.cosigned = max(l.published, c.Size), cosigned
	for len(l.pending) > 0 && l.pending[0].length <= l.published {
		l.cfg.Metrics.Logged(now.Sub(l.pending[0].seen))
		l.pending = l.pending[1:]
	}
	l.mu.Unlock()
	if before && !cosigned {
		l.cfg.Log.Error("too few witnesses cosigned the checkpoint", "size", c.Size)
	}
	return nil
}
