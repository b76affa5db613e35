//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
)

// askers is how many ask at a time.
const askers = 6

// holdings are what all clients hold together.
type holdings struct {
	tried, answered, lastReleased atomic.Int64           // the last: requests for which a key was given for the first time
	doing                         atomic.Pointer[string] // what is or was last done to the server

	mu          sync.Mutex
	receipts    map[receipt.Hash]string // all that came, JWT by hash
	released    map[receipt.Hash]string // the receipt of each released request
	refusals    map[string]int          // by reason
	last        string                  // reason
	lost        int                     // requests without an answer
	repeated    int                     // requests sent again and released again
	checkpoints map[string]bool         // all that were seen
	recoveries  map[string]time.Duration
	wrong       []error
}

func newHoldings() *holdings {
	return &holdings{receipts: map[receipt.Hash]string{}, released: map[receipt.Hash]string{}, refusals: map[string]int{},
		checkpoints: map[string]bool{}, recoveries: map[string]time.Duration{}}
}

func (h *holdings) refusal() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// recovered notes the longest time that a recovery took.
func (h *holdings) recovered(after string, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recoveries[after] = max(h.recoveries[after], took)
}

// ask has clients ask until the result is called.
func (f *force) ask() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for i := range askers {
		c := &asker{f: f, random: rand.New(rand.NewPCG(f.seed, uint64(i)+1)), http: &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{}}}
		wait.Go(func() {
			for n := uint64(0); ctx.Err() == nil; n++ {
				c.askOnce(ctx, n*askers+uint64(i))
			}
		})
	}
	wait.Go(func() { f.watchLog(ctx) })
	return func() {
		cancel()
		wait.Wait()
	}
}

// An asker is a client: it sends requests, new ones and ones that it has sent before.
type asker struct {
	f       *force
	random  *rand.Rand
	http    *http.Client
	session *traffic.Session
	sent    []*traffic.Request
}

func (c *asker) askOnce(ctx context.Context, number uint64) {
	r, err := c.next(number)
	if err != nil {
		c.f.held.complain(err)
		return
	}
	status, body, err := c.post(ctx, r)
	if ctx.Err() != nil {
		return // nobody waits for it
	}
	c.f.held.tried.Add(1)
	if err != nil {
		c.f.held.mu.Lock()
		c.f.held.lost++
		c.f.held.mu.Unlock()
		time.Sleep(2 * time.Millisecond) // the server may be down
		return
	}
	c.f.held.answered.Add(1)
	answer, err := r.Check(status, body, &c.f.public)
	if err != nil {
		if doing := c.f.held.doing.Load(); doing != nil {
			err = fmt.Errorf("%s: %w", *doing, err)
		}
		c.f.held.complain(err)
		return
	}
	c.f.held.take(r, answer)
}

// next is a request: one in six was sent before, one in three is of somebody
// whom the policy does not allow, one in eight of the others for what opens
// tomorrow, one in ten for several identities.
func (c *asker) next(number uint64) (*traffic.Request, error) {
	if len(c.sent) > 0 && c.random.IntN(6) == 0 {
		return c.sent[c.random.IntN(len(c.sent))], nil
	}
	if c.session == nil || c.random.IntN(20) == 0 {
		wallets := c.f.world.Members
		if c.random.IntN(3) == 0 {
			wallets = c.f.world.Strangers
		}
		var err error
		if c.session, err = c.f.world.NewSession(wallets[c.random.IntN(len(wallets))], time.Now()); err != nil {
			return nil, err
		}
		if c.random.IntN(8) == 0 {
			c.session = c.session.Locked()
		}
	}
	numbers := []uint64{number << 8}
	for c.random.IntN(10) == 0 {
		numbers = append(numbers, numbers[len(numbers)-1]+1)
	}
	r, err := c.session.Request(numbers...)
	if err == nil {
		c.sent = append(c.sent, r)
		c.sent = c.sent[max(0, len(c.sent)-200):]
	}
	return r, err
}

func (c *asker) post(ctx context.Context, r *traffic.Request) (status int, body []byte, err error) {
	req, err := r.HTTP(c.f.victim.where())
	if err != nil {
		return 0, nil, err
	}
	res, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

func (h *holdings) complain(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, err)
}

// take keeps an answer. A request that is released twice has one receipt.
func (h *holdings) take(r *traffic.Request, a *traffic.Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.Receipt != nil {
		h.receipts[a.Receipt.Hash] = a.Receipt.Raw
	}
	if !a.Released {
		h.last = a.Refusal.Type
		if a.Refusal.Reason != nil {
			h.last += "/" + a.Refusal.Reason.Code
		}
		h.refusals[h.last]++
		return
	}
	before, again := h.released[r.Hash]
	if again {
		h.repeated++
		if before != a.Receipt.Raw {
			h.wrong = append(h.wrong, errors.New("a request that was sent twice has two receipts"))
		}
	}
	if !again { // for which the policy is evaluated
		h.lastReleased.Add(1)
	}
	h.released[r.Hash] = a.Receipt.Raw
}

// watchLog keeps all checkpoints that it sees.
func (f *force) watchLog(ctx context.Context) {
	for ctx.Err() == nil {
		server := &remote.Server{ID: f.public.Issuer, URL: f.victim.where(), HTTP: &http.Client{Timeout: time.Second}}
		if raw, err := server.Checkpoint(ctx); err == nil {
			f.held.mu.Lock()
			f.held.checkpoints[string(raw)] = true
			f.held.mu.Unlock()
		}
		time.Sleep(20 * time.Millisecond)
	}
}
