package indexer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	receiptTimeout = 15 * time.Second
	maxReceiptWait = 30 * time.Second
	// maxReaders bounds how many logs that anybody could register are read at a time,
	// and with that the memory that answers take.
	maxReaders = 16
	// maxRegistered is how many logs are read that nobody configured, the oldest ones
	// first.
	maxRegistered = 1000
	// leftFor is how long ago somebody must have left a committee for its log to be
	// over: until it has noticed, a member goes on deciding.
	leftFor = 10 * time.Minute
)

// receiptState is how reading one log goes, for the status.
type receiptState struct {
	lastOK time.Time
	err    error
}

// followReceipts gives every log a reader of its own: those of key servers as they
// register on chain, those of members as committees name them. A server that is down
// or lies holds up nobody else.
func (x *Indexer) followReceipts(ctx context.Context, st *store.Store) {
	f := &follower{x: x, st: st, readers: map[store.LogID]*reader{}, turns: make(chan struct{}, maxReaders)}
	defer f.wg.Wait()
	for {
		logs, err := st.Logs(ctx)
		if err != nil && ctx.Err() == nil {
			x.log.Debug("receipt logs are not known", "error", err)
		}
		f.follow(ctx, logs)
		if sleep(ctx, x.cfg.ReceiptInterval) != nil {
			return
		}
	}
}

// follower has a reader for each log.
type follower struct {
	x       *Indexer
	st      *store.Store
	wg      sync.WaitGroup
	readers map[store.LogID]*reader
	turns   chan struct{} // one for each log that is being read, of those that nobody configured
}

// A reader reads one log. Where the log is can change.
type reader struct {
	mu   sync.Mutex
	log  store.Log // as the chain has it now
	over bool      // read to its end, and its server is no member any more
}

// follow starts readers of new logs, and tells the others where theirs is.
func (f *follower) follow(ctx context.Context, logs []store.Log) {
	registered := 0
	for _, l := range logs {
		named := f.x.named(l.KeyServer)
		r := f.readers[l.LogID]
		if r == nil && (l.URL == "" || !named && !f.x.cfg.FollowRegistered) {
			continue
		}
		if !named {
			if registered++; r == nil && registered > maxRegistered {
				f.x.noteReceipts(l.LogID, errTooMany)
				continue
			}
		}
		if r == nil {
			r = &reader{log: l}
			f.readers[l.LogID] = r
			f.wg.Go(func() { f.read(ctx, r, named) })
			continue
		}
		r.mu.Lock()
		again := r.over && l.Left == nil // it is a member again
		r.log, r.over = l, r.over && !again
		r.mu.Unlock()
		if again {
			f.wg.Go(func() { f.read(ctx, r, named) })
		}
	}
}

func (x *Indexer) named(id string) bool {
	return slices.ContainsFunc(x.cfg.KeyServers, func(a sui.Address) bool { return a.String() == id })
}

func (x *Indexer) noteReceipts(id store.LogID, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	state := x.receipts[id]
	if state.err = err; err == nil {
		state.lastOK = x.now()
	}
	x.receipts[id] = state
}

// read reads a log until ctx ends, or until it is over. The URLs of members are their
// own word, even if the committee was configured.
func (f *follower) read(ctx context.Context, r *reader, named bool) {
	x := f.x
	id := r.where().LogID
	client := receiptClient(x.cfg.AllowPrivateURLs || named && id.Member == "")
	defer client.CloseIdleConnections()
	lr := &logReader{http: client, limit: receiptPage}
	wait, failed := x.cfg.ReceiptInterval, false
	for {
		more, err := f.look(ctx, lr, r.where(), named)
		if ctx.Err() != nil {
			return
		}
		x.noteReceipts(id, err)
		switch {
		case err != nil:
			if !failed {
				x.log.Warn("receipts cannot be read", "log", id.String(), "error", err)
			}
			wait = min(2*wait, max(maxReceiptWait, x.cfg.ReceiptInterval))
		case more:
			wait = 0
		case r.end(x.cfg.ChainTime()):
			return
		default:
			wait = x.cfg.ReceiptInterval
		}
		if failed && err == nil {
			x.log.Info("receipts can be read again", "log", id.String())
		}
		failed = err != nil
		if sleep(ctx, wait) != nil {
			return
		}
		wait = max(wait, x.cfg.ReceiptInterval)
	}
}

// look has one look at a log when it is its turn.
func (f *follower) look(ctx context.Context, lr *logReader, l store.Log, named bool) (more bool, err error) {
	if !named {
		select {
		case f.turns <- struct{}{}:
			defer func() { <-f.turns }()
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	return lr.look(ctx, f.st, l)
}

func (r *reader) where() store.Log { r.mu.Lock(); defer r.mu.Unlock(); return r.log }

// end ends the reading of a log that was read to its end, if its server left the
// committee long ago.
func (r *reader) end(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = r.log.Left != nil && now.Sub(*r.log.Left) > leftFor
	return r.over
}
