package keyserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
)

// standstill is an evaluator that lets the first two requests meet, and then
// stops the server's clock, and with it the journal.
type standstill struct {
	*fakeEvaluator
	f     *fixture
	meet  sync.WaitGroup
	first sync.Once
	calls atomic.Int64
}

func (e *standstill) Evaluate(context.Context, policy.Query) (policy.Evidence, error) {
	if e.calls.Add(1) <= 2 {
		e.meet.Done()
		e.meet.Wait()
		e.first.Do(e.f.mu.Lock)
	}
	return e.evidence, e.err
}

// blindings counts the multiplications by the master key: each begins by drawing the
// coordinates of one element of the field.
type blindings struct {
	io.Reader
	n atomic.Int64
}

func (b *blindings) Read(p []byte) (int, error) {
	if len(p) == fp.Bytes {
		b.n.Add(1)
	}
	return b.Reader.Read(p)
}

// Requesters hang up while their receipts are being stored, and send the same
// requests again: each is released once. (Found by TestForce, when a client's
// patience ended while the disk was slow.)
func TestRequesterLeavesWhileReceiptIsStored(t *testing.T) {
	f := start(t)
	first, _ := f.request(nil) // now the policy is known
	f.post(first)
	e := &standstill{fakeEvaluator: f.eval, f: f}
	e.meet.Add(2)
	f.evaluator = e
	f.restart()
	drawn := &blindings{Reader: f.server.cfg.Rand}
	f.server.cfg.Rand = drawn
	ctx, hangUp := context.WithCancel(t.Context())
	var bodies [2][]byte
	var left sync.WaitGroup
	for i := range bodies {
		req, _ := f.request(nil)
		bodies[i], _ = json.Marshal(req)
		left.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, "POST", f.server.URL()+"/v1/fetch_key", bytes.NewReader(bodies[i]))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Client-Sdk-Version", "1.4.12")
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
				t.Error("an answer came while the journal stood still")
			}
		})
	}
	for drawn.n.Load() < 2 { // for both a share is made, and then the journal is all that is left
		runtime.Gosched()
	}
	hangUp()
	left.Wait()
	var again sync.WaitGroup
	for i := range bodies {
		again.Go(func() {
			if status, _, b := f.post(bodies[i]); status != http.StatusOK {
				t.Errorf("again: HTTP %d %s", status, b)
			}
		})
	}
	f.mu.Unlock()
	again.Wait()
	releases := map[receipt.Hash]int{}
	for _, r := range f.log() {
		if releases[r.RequestHash]++; releases[r.RequestHash] > 1 {
			t.Errorf("request %s was released twice", r.RequestHash)
		}
	}
	if len(releases) != 3 {
		t.Errorf("%d requests were released, want three", len(releases))
	}
}
