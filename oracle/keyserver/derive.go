package keyserver

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

// heldShares are encrypted shares that may not leave yet: open takes the proof
// that their receipt is durable.
type heldShares struct {
	keys       []seal.EncryptedKey
	commitment receipt.Hash
}

// open releases the shares against the entry that records them.
func (h *heldShares) open(e *journal.Entry) []seal.EncryptedKey {
	r := e.Receipt()
	if r.Decision != receipt.Release || r.ShareCommitment == nil || *r.ShareCommitment != h.commitment {
		panic("keyserver: shares opened with the receipt of others")
	}
	return h.keys
}

// derive makes the shares for identities. They are encrypted with randomness
// that follows from the request, so that a repeated one gets the same answer.
func (s *Service) derive(master *seal.MasterKey, ids [][]byte, who *requester, request receipt.Hash) (*heldShares, error) {
	defer s.shared.Metrics.Took(metrics.Derive, time.Now())
	random := make([]byte, len(ids)*seal.EncryptRandomness)
	if _, err := io.ReadFull(newRandomness(master, request), random); err != nil {
		return nil, fmt.Errorf("derive shares: %w", err)
	}
	h := &heldShares{keys: make([]seal.EncryptedKey, len(ids))}
	committed := make([]receipt.Share, len(ids))
	err := inParallel(len(ids), s.shared.cores, func(i int) error {
		key, err := master.Extract(s.shared.Rand, ids[i])
		if err != nil {
			return err
		}
		c, err := who.transport.Encrypt(bytes.NewReader(random[i*seal.EncryptRandomness:][:seal.EncryptRandomness]), key)
		if err != nil {
			return err
		}
		c0, c1 := c.Points()
		h.keys[i] = seal.EncryptedKey{ID: ids[i], EncryptedKey: [2][]byte{c0, c1}}
		committed[i] = receipt.Share{FullID: ids[i], C0: c0, C1: c1}
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.commitment = receipt.HashShares(committed)
	return h, nil
}

// inParallel calls f for 0 to n-1, on as many cores as there are, and returns
// an error of one call, after which no further ones begin. A panic is passed
// on: in a goroutine of its own it would be the end of all requests. Between two calls it
// lets others go first, so that a large batch does not hold up small requests.
func inParallel(n int, on cores, f func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	work := func() {
		for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
			on.use(func() {
				if err := calmly(f, i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			})
		}
	}
	var wait sync.WaitGroup
	for range min(n, cap(on)) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
	if err := failed.Load(); err != nil {
		if p, ok := (*err).(panicked); ok {
			panic(p)
		}
		return *err
	}
	return nil
}

// A panicked is the panic of a call, with its stack.
type panicked struct{ error }

// calmly calls f, and makes a panic an error.
func calmly(f func(i int) error, i int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{fmt.Errorf("%v\n%s", v, debug.Stack())}
		}
	}()
	return f(i)
}
