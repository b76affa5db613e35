package suirpc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// ErrChainChanged says that the node serves another chain than before, or one
// whose history differs: it was reset, or the URL now leads elsewhere.
var ErrChainChanged = errors.New("chain changed under the follower")

const (
	// fetchAhead is how many checkpoints a backfill asks for at once.
	fetchAhead = 16
	// spoolSize bounds the live checkpoints that wait for a backfill; what
	// does not fit is fetched again.
	spoolSize = 256
	// maxBackoff bounds the pause between attempts to reach a node.
	maxBackoff = 15 * time.Second
)

// A FollowOption changes how Follow reports.
type FollowOption func(*follower)

// OnRetry calls f, from Follow's goroutine, whenever the node could not be
// reached or a stream ended, with the pause before the next attempt.
func OnRetry(f func(err error, wait time.Duration)) FollowOption {
	return func(fl *follower) { fl.onRetry = f }
}

// MaxPause bounds the pauses between attempts (15 s unless told).
func MaxPause(d time.Duration) FollowOption { return func(fl *follower) { fl.maxPause = d } }

// Follow yields every checkpoint from sequence number from on, in order, each
// once, for ever. It opens a subscription first, fetches what lies before it,
// then passes on what arrives; a gap is fetched, a connection that ends is
// opened again, and a node that is down is tried with growing pauses. Each
// checkpoint must name its predecessor's digest.
//
// An error is the last thing yielded: the end of ctx, a checkpoint that the
// node has pruned, one that cannot be decoded or verified, or
// [ErrChainChanged].
func (c *Client) Follow(ctx context.Context, from uint64, opts ...FollowOption) iter.Seq2[*Checkpoint, error] {
	return func(yield func(*Checkpoint, error) bool) {
		f := &follower{c: c, next: from, yield: yield, maxPause: maxBackoff, onRetry: func(error, time.Duration) {}}
		for _, o := range opts {
			o(f)
		}
		if err := f.run(ctx); !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// follower is the state of one Follow. Only the goroutine of the range loop
// touches it.
type follower struct {
	c       *Client
	yield   func(*Checkpoint, error) bool
	onRetry func(error, time.Duration)

	maxPause time.Duration

	next   uint64      // the sequence number to yield next
	last   *sui.Digest // digest of next-1, once one was yielded
	chain  *sui.Digest // pinned by the first answer
	misses int         // attempts since the last progress
}

// errStopped says that the consumer left its loop.
var errStopped = errors.New("consumer stopped")

func (f *follower) run(ctx context.Context) error {
	for {
		err := f.session(ctx)
		switch {
		case errors.Is(err, errStopped): // also when ctx has ended: the consumer may not be called again
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("follow checkpoints: %w", context.Cause(ctx))
		case !retryable(err):
			return err
		}
		wait := min(f.c.retry.backoff<<min(f.misses, 10), f.maxPause)
		f.misses++
		f.onRetry(err, wait)
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("follow checkpoints: %w", err)
		}
	}
}

// retryable tells ends of a session that another one may mend: everything but
// a chain that is another one, bytes that do not check, history that is gone
// and a node that cannot serve checkpoints at all.
func retryable(err error) bool {
	for _, fatal := range []error{ErrChainChanged, ErrInvalid, ErrPruned, ErrUnsupported, errStopped} {
		if errors.Is(err, fatal) {
			return false
		}
	}
	return true
}

var (
	errStalled     = errors.New("subscription is silent while the chain moves")
	errStreamEnded = errors.New("subscription ended")
)

// session runs one subscription until it ends: subscribe, backfill to the tip,
// go live.
func (f *follower) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	spool := make(chan *Checkpoint, spoolSize)
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- f.c.pump(ctx, spool)
	}()
	defer func() { cancel(); <-done }()

	if err := f.catchUp(ctx); err != nil {
		return err
	}
	quiet := time.NewTimer(f.c.quiet)
	defer quiet.Stop()
	stalls := 0
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			return f.afterStream(ctx, spool, err)
		case cp := <-spool:
			if err := f.live(ctx, cp); err != nil {
				return err
			}
			stalls = 0
		case <-quiet.C:
			before := f.next
			if err := f.catchUp(ctx); err != nil {
				return err
			}
			if stalls++; f.next == before {
				stalls = 0
			} else if stalls == 3 {
				return errStalled
			}
		}
		quiet.Reset(f.c.quiet)
	}
}

// pump moves the subscription into the spool. When the spool is full the
// checkpoint is dropped: the next one shows the gap.
func (c *Client) pump(ctx context.Context, spool chan<- *Checkpoint) error {
	for cp, err := range c.Subscribe(ctx) {
		if err != nil {
			return err
		}
		select {
		case spool <- cp:
		default:
		}
	}
	return errStreamEnded
}

// afterStream drains what the stream left, and says why the session ends. A
// node without subscriptions is followed by asking for its tip.
func (f *follower) afterStream(ctx context.Context, spool <-chan *Checkpoint, cause error) error {
	for len(spool) > 0 {
		if err := f.live(ctx, <-spool); err != nil {
			return err
		}
	}
	if errors.Is(cause, ErrUnsupported) {
		return f.poll(ctx)
	}
	return cause
}

func (f *follower) poll(ctx context.Context) error {
	for {
		if err := f.catchUp(ctx); err != nil {
			return err
		}
		if err := pause(ctx, f.c.quiet); err != nil {
			return err
		}
	}
}

// live takes one checkpoint of the stream: older ones are duplicates, newer
// ones show a gap.
func (f *follower) live(ctx context.Context, cp *Checkpoint) error {
	if cp.Sequence < f.next {
		return nil
	}
	if err := f.backfill(ctx, cp.Sequence); err != nil {
		return err
	}
	return f.emit(cp)
}

// catchUp fetches everything up to the node's tip, and checks that it is still
// the same chain.
func (f *follower) catchUp(ctx context.Context) error {
	info, err := f.c.ServiceInfo(ctx)
	if err != nil {
		return err
	}
	if f.chain == nil {
		f.chain = &info.ChainID
	}
	if *f.chain != info.ChainID {
		return fmt.Errorf("follow checkpoints: %w: %s served chain %s, now %s", ErrChainChanged, f.c.url, *f.chain, info.ChainID)
	}
	if f.next < info.Lowest && f.next <= info.Tip {
		return fmt.Errorf("follow checkpoints: %w: %s keeps checkpoints from %d on, %d is needed; use an archival node",
			ErrPruned, f.c.url, info.Lowest, f.next)
	}
	return f.backfill(ctx, info.Tip+1)
}

// backfill emits [next, end), fetching several at a time.
func (f *follower) backfill(ctx context.Context, end uint64) error {
	if f.next >= end {
		return nil
	}
	type result struct {
		cp  *Checkpoint
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var window []chan result
	for ask := f.next; ; {
		for ; ask < end && len(window) < fetchAhead; ask++ {
			ch := make(chan result, 1)
			window = append(window, ch)
			go func(seq uint64) {
				cp, err := f.c.Checkpoint(ctx, seq)
				ch <- result{cp, err}
			}(ask)
		}
		if len(window) == 0 {
			return nil
		}
		r := <-window[0]
		window = window[1:]
		if r.err != nil {
			return r.err
		}
		if err := f.emit(r.cp); err != nil {
			return err
		}
	}
}

// emit hands one checkpoint to the consumer; it must be the next, and follow
// on the last.
func (f *follower) emit(cp *Checkpoint) error {
	if cp.Sequence != f.next {
		return fmt.Errorf("follow checkpoints: suirpc: emit %d instead of %d", cp.Sequence, f.next)
	}
	if f.last != nil && (cp.Previous == nil || *cp.Previous != *f.last) {
		return fmt.Errorf("follow checkpoints: %w: checkpoint %d of %s does not follow on the one before", ErrChainChanged, cp.Sequence, f.c.url)
	}
	if !f.yield(cp, nil) {
		return errStopped
	}
	f.next, f.last, f.misses = cp.Sequence+1, &cp.Digest, 0
	return nil
}
