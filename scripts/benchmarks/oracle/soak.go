package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
)

const (
	// strangerEvery is of how many requests of a soak one is of somebody whom the
	// policy does not allow.
	strangerEvery = 20
	// sessionLife is for how long the sessions of a soak are used: half of what
	// they could be.
	sessionLife = 15 * time.Minute
	// settleTime is how long a server is left alone after a soak, before what it
	// holds is compared with what it held at the start.
	settleTime = 15 * time.Second
)

// A Soak is a server under one rate for minutes.
type Soak struct {
	Evaluation string         `json:"evaluation"`
	PerSecond  int            `json:"per_second"`
	Seconds    float64        `json:"seconds"`
	Requests   int            `json:"requests"` // one in twenty of them a stranger's, which has to be refused
	Errors     int            `json:"errors"`
	Why        map[string]int `json:"errors_by_kind,omitempty"`
	Checked    int            `json:"checked"` // answers that were verified to the last byte
	Minutes    []*Minute      `json:"minutes"`
	NotReady   []*Unready     `json:"not_ready"`   // each time that /ready was not 200
	Unseen     int            `json:"polls_lost"`  // of /ready or /metrics, which did not answer
	Polls      int            `json:"polls"`       // one per second
	LagMax     float64        `json:"log_lag_max"` // seconds that a receipt waited for the log
	BehindMax  int            `json:"log_behind_max_receipts"`
	Before     State          `json:"before"` // the load
	After      State          `json:"after"`  // the load, and some seconds without any
}

// A Minute is what came of the requests that were due in one minute, and the
// state of the server at its end.
type Minute struct {
	Minute   int     `json:"minute"`
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	LagMax   float64 `json:"log_lag_max"`
	State    State   `json:"state"`
}

// runSoak runs a server by one mode under one rate for a long time.
func (b *bench) runSoak(ctx context.Context, mode string, d time.Duration) (*Soak, error) {
	s, err := b.startServer(ctx, mode)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	out := &Soak{Evaluation: mode, PerSecond: b.rate, Why: map[string]int{}}
	out.Before = s.state(ctx, b.path("receipts-"+mode))
	watching, stop := context.WithCancel(ctx)
	w := s.watch(watching)
	ended := make(chan error, 1)
	times := &timesheet{}
	begin := time.Now()
	go func() { ended <- b.soakLoad(ctx, s.url, d, times) }()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for minute, done := 1, false; !done; minute++ {
		select {
		case <-tick.C:
		case err = <-ended:
			done = true
		}
		m := &Minute{Minute: minute, State: s.state(ctx, b.path("receipts-"+mode)), LagMax: w.lagOfMinute()}
		out.take(m, times.take())
		if m.Requests > 0 {
			out.Minutes = append(out.Minutes, m)
			say("minute %d: %v", minute, m)
		}
	}
	out.Seconds = time.Since(begin).Seconds()
	if err == nil {
		err = pause(ctx, settleTime)
	}
	out.After = s.state(ctx, b.path("receipts-"+mode))
	stop()
	w.wait()
	out.NotReady, out.Unseen, out.Polls, out.LagMax, out.BehindMax = w.notReady, w.lost, w.polls, w.lagMax, w.behindMax
	if err != nil {
		return nil, err
	}
	return out, s.stop()
}

// take adds the outcomes of a minute.
func (s *Soak) take(m *Minute, outcomes []outcome) {
	l := summarize(outcomes, 0)
	m.Requests, m.Errors, m.P50, m.P99, m.Max = l.Requests, l.Errors, l.P50, l.P99, l.Max
	s.Requests += l.Requests
	s.Errors += l.Errors
	s.Checked += l.Checked
	for why, n := range l.Why {
		s.Why[why] += n
	}
}

// A timesheet collects outcomes.
type timesheet struct {
	mu  sync.Mutex
	all []outcome
}

func (t *timesheet) add(o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, o)
}

func (t *timesheet) take() []outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.all
	t.all = nil
	return all
}

// soakLoad sends requests as send does, but signs them as it goes.
func (b *bench) soakLoad(ctx context.Context, url string, d time.Duration, times *timesheet) error {
	client := newClient()
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeoutCause(ctx, d, errSoaked)
	defer cancel()
	pieces, failed := b.signAhead(ctx)
	underWay := make(chan struct{}, maxUnderWay)
	arrivals := rand.New(rand.NewPCG(1, 1))
	var wait sync.WaitGroup
	defer wait.Wait()
	due := time.Now()
	for n := 0; ; n++ {
		var r *traffic.Request
		select {
		case r = <-pieces:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return soaked(ctx)
		}
		due = due.Add(time.Duration(arrivals.ExpFloat64() / float64(b.rate) * float64(time.Second)))
		if pause(ctx, time.Until(due)) != nil {
			return soaked(ctx)
		}
		select {
		case underWay <- struct{}{}:
		default:
			times.add(outcome{why: "too many under way"})
			continue
		}
		due := due
		wait.Go(func() {
			o := b.askFor(client, url, r, n%checkEvery == 0)
			o.latency = time.Since(due)
			times.add(o)
			<-underWay
		})
	}
}

// errSoaked says that a soak has lasted as long as it should.
var errSoaked = fmt.Errorf("the time is over")

func soaked(ctx context.Context) error {
	if err := context.Cause(ctx); err != errSoaked {
		return err
	}
	return nil
}

// pause sleeps for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signAhead signs requests until ctx ends, some seconds before they are due, with
// new sessions now and then.
func (b *bench) signAhead(ctx context.Context) (<-chan *traffic.Request, <-chan error) {
	out, failed := make(chan *traffic.Request, 3*b.rate), make(chan error, 1)
	go func() {
		asker, made := b.asker, time.Now()
		for ctx.Err() == nil {
			var err error
			if time.Since(made) > sessionLife {
				next := asker.next.Load()
				if asker, err = newAsker(b.world); err == nil {
					asker.next.Store(next)
					made = time.Now()
				}
			}
			var good, denied []*traffic.Request
			if err == nil {
				good, err = asker.sign(asker.members, strangerEvery-1, 1)
			}
			if err == nil {
				denied, err = asker.sign(asker.strangers, 1, 1)
			}
			if err != nil {
				failed <- err
				return
			}
			for _, r := range append(good, denied...) {
				select {
				case out <- r:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, failed
}

// askFor is ask for a request that may have to be refused.
func (b *bench) askFor(client *http.Client, url string, r *traffic.Request, check bool) outcome {
	if r.Member {
		return b.ask(client, url, r, check)
	}
	switch o := b.ask(client, url, r, false); {
	case strings.HasPrefix(o.why, "HTTP 403"):
		return outcome{}
	case o.why == "":
		return outcome{why: "a stranger was given a key"}
	default:
		return outcome{why: "a stranger: " + o.why}
	}
}
