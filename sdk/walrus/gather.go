package walrus

import (
	"context"
	"sync"
	"time"
)

// A gathering runs jobs, in order and some at a time, until enough have
// succeeded. A job that takes longer than hedge stops counting as under way,
// so that another one starts in its place; its result is still welcome.
type gathering[J comparable, R any] struct {
	want     int // successes that suffice
	parallel int // jobs under way at a time; never more than are still wanted, or 3
	hedge    time.Duration
	jobs     []J
	skip     func(J) bool // optional: leave out a job that has become useless
	do       func(context.Context, J) (R, error)
	ended    func(J, R, error) // called one call at a time

	mu      sync.Mutex
	changed *sync.Cond
	pending int        // under way and not late
	late    map[J]bool // under way and late
	running int
	got     []R
	closed  bool // results no longer count
}

// run returns the results of the jobs that succeeded, at least want if it
// could. Jobs that were late at the end are reported as timed out.
func (g *gathering[J, R]) run(ctx context.Context) []R {
	ctx, cancel := context.WithCancel(ctx)
	g.changed = sync.NewCond(&g.mu)
	g.late = make(map[J]bool)
	wake := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed.Broadcast()
	})
	var wg sync.WaitGroup
	defer wg.Wait() // after cancel: the jobs that are left end soon
	defer wake()
	defer cancel()

	g.mu.Lock()
	defer g.mu.Unlock()
	for ctx.Err() == nil && len(g.got) < g.want {
		switch {
		case len(g.jobs) > 0 && g.skip != nil && g.skip(g.jobs[0]):
			g.jobs = g.jobs[1:]
		case len(g.jobs) > 0 && g.pending < min(g.parallel, max(3, g.want-len(g.got))):
			job := g.jobs[0]
			g.jobs = g.jobs[1:]
			g.pending++
			g.running++
			wg.Go(func() { g.one(ctx, job) })
		case g.running == 0:
			g.closed = true
			return g.got
		default:
			g.changed.Wait()
		}
	}
	g.closed = true
	if ctx.Err() == nil {
		var none R
		for job := range g.late {
			g.ended(job, none, transport(&timeoutError{g.hedge}))
		}
	}
	return g.got
}

// one runs a job and records its end.
func (g *gathering[J, R]) one(ctx context.Context, job J) {
	late, over := false, false // guarded by g.mu
	timer := time.AfterFunc(g.hedge, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if over {
			return
		}
		late, g.late[job] = true, true
		g.pending--
		g.changed.Broadcast()
	})
	defer timer.Stop()
	r, err := g.do(ctx, job)
	g.mu.Lock()
	defer g.mu.Unlock()
	over = true
	if !late {
		g.pending--
	}
	delete(g.late, job)
	g.running--
	if !g.closed && ctx.Err() == nil {
		if err == nil {
			g.got = append(g.got, r)
		}
		g.ended(job, r, err)
	}
	g.changed.Broadcast()
}
