package walrus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Options change how a Client works. The zero value is ready to use.
type Options struct {
	// HTTP sends the requests; by default a client with its own connections.
	HTTP *http.Client
	// RequestsPerNode is how many requests are in flight to one node. Limits
	// are per node so that nodes that hang cannot starve the others.
	// Default 4.
	RequestsPerNode int
	// InFlight bounds the bytes of slivers in flight, an equal part for each
	// node, but always one sliver. Default 12.5 MB.
	InFlight int64
	// RequestTimeout ends a request that makes no end; it grows by a second
	// for each 100 kB to transfer. Default 1 minute.
	RequestTimeout time.Duration
	// Hedge is how long a read waits for a node before it asks another one
	// too. Default 2 seconds.
	Hedge time.Duration
	// Attempts is how often a request is sent before its node counts as
	// failed. Default 6.
	Attempts int
	// Backoff is the pause before the second attempt; it doubles, with up to
	// half of it taken off at random, to at most 5 seconds. Default 100 ms.
	Backoff time.Duration
	// Sleep waits for d or until ctx ends; tests replace it.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the clock; tests replace it.
	Now func() time.Time
	// Rand spreads load and retries; it decides nothing that needs secrecy.
	Rand *rand.Rand
}

const maxBackoff = 5 * time.Second

// A Client stores and reads blobs on one committee. It is safe for concurrent
// use.
type Client struct {
	committee *Committee
	params    Params
	nodes     []*NodeClient
	opt       Options
	limits    []nodeLimit // by node
	randMu    sync.Mutex
}

// nodeLimit bounds what is in flight to one node.
type nodeLimit struct {
	requests *semaphore.Weighted
	bytes    *semaphore.Weighted
	capacity int64 // of bytes
}

// NewClient checks the committee and returns a client for it.
func NewClient(c *Committee, opt Options) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	opt = opt.withDefaults()
	p, err := NewParams(c.NShards)
	if err != nil {
		return nil, err
	}
	client := &Client{committee: c, params: p, opt: opt}
	share := max(1, opt.InFlight/int64(len(c.Members)))
	for _, m := range c.Members {
		node, err := NewNodeClient(m.URL, c.NShards, opt.HTTP)
		if err != nil {
			return nil, fmt.Errorf("node %q: %w", m.Name, err)
		}
		client.nodes = append(client.nodes, node)
		client.limits = append(client.limits, nodeLimit{
			semaphore.NewWeighted(int64(opt.RequestsPerNode)), semaphore.NewWeighted(share), share})
	}
	return client, nil
}

// Committee returns the committee of the client, shared: don't modify it.
func (c *Client) Committee() *Committee { return c.committee }

func (o Options) withDefaults() Options {
	if o.HTTP == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 10
		t.MaxConnsPerHost = 10
		o.HTTP = &http.Client{Transport: t}
	}
	if o.RequestsPerNode <= 0 {
		o.RequestsPerNode = 4
	}
	if o.InFlight <= 0 {
		o.InFlight = 12_500_000
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = time.Minute
	}
	if o.Hedge <= 0 {
		o.Hedge = 2 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 6
	}
	if o.Backoff <= 0 {
		o.Backoff = 100 * time.Millisecond
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A NodeFailure says why a node did not do its part.
type NodeFailure struct {
	Node   string `json:"node"`
	Reason string `json:"reason"`
}

// retry sends a request to a node until it succeeds, fails for good, or was
// sent attempts times. size is how many bytes of data it transfers.
func (c *Client) retry(ctx context.Context, node, attempts, size int, do func(ctx context.Context) error) error {
	for i := 1; ; i++ {
		err := c.once(ctx, node, size, do)
		if err == nil || i >= attempts || !transient(err) || ctx.Err() != nil {
			return err
		}
		if c.opt.Sleep(ctx, c.backoff(i)) != nil {
			return err
		}
	}
}

// once sends one request within the node's limits.
func (c *Client) once(ctx context.Context, node, size int, do func(ctx context.Context) error) error {
	limit := c.limits[node]
	weight := min(int64(size), limit.capacity)
	if err := limit.bytes.Acquire(ctx, weight); err != nil {
		return transport(err)
	}
	defer limit.bytes.Release(weight)
	if err := limit.requests.Acquire(ctx, 1); err != nil {
		return transport(err)
	}
	defer limit.requests.Release(1)
	timeout := c.opt.RequestTimeout + time.Duration(size/100_000)*time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()
	err := do(ctx)
	var late *timeoutError
	if err != nil && errors.As(context.Cause(ctx), &late) {
		return transport(late)
	}
	return err
}

// A timeoutError says that a node took too long. It is not tried again.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }

func (c *Client) backoff(attempt int) time.Duration {
	d := min(c.opt.Backoff<<min(attempt-1, 10), maxBackoff)
	c.randMu.Lock()
	defer c.randMu.Unlock()
	return d - time.Duration(c.opt.Rand.Int64N(int64(d/2)+1))
}

// shuffled returns 0…n-1 in random order.
func (c *Client) shuffled(n int) []int {
	c.randMu.Lock()
	defer c.randMu.Unlock()
	return c.opt.Rand.Perm(n)
}
