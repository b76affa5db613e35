package keyserver

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

// A batch's shares are those of its identities, in order, and the same when
// they are made again, on as many cores as there are.
func TestDeriveBatch(t *testing.T) {
	f := start(t)
	req, tk := f.request(nil)
	to, err := seal.ParseEncryptionKey(req.EncKey)
	if err != nil {
		t.Fatal(err)
	}
	var ids [][]byte
	for i := range 11 {
		ids = append(ids, seal.FullID(pkgID, append(policyID[:], byte(i))))
	}
	who := &requester{request: request{transport: to}}
	derive := func(n int) *heldShares {
		f.service().shared.cores = make(cores, n)
		h, err := f.service().derive(f.master, ids, who, receipt.Hash{1})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := derive(1)
	if again := derive(4); again.commitment != h.commitment {
		t.Error("the shares are others when they are made again")
	}
	for i, k := range h.keys {
		if !bytes.Equal(k.ID, ids[i]) {
			t.Fatalf("share %d is of identity %x", i, k.ID)
		}
		c, err := seal.ParseEncryptedUserKey(k.EncryptedKey[0], k.EncryptedKey[1])
		if err != nil {
			t.Fatal(err)
		}
		if u, err := tk.Open(c); err != nil || u.Verify(ids[i], f.master.PublicKey()) != nil {
			t.Errorf("share %d is bad: %v", i, err)
		}
	}
}

func TestInParallelStopsAtError(t *testing.T) {
	bad := errors.New("bad")
	var calls atomic.Int64
	err := inParallel(1000, make(cores, 4), func(i int) error {
		calls.Add(1)
		if i >= 10 {
			return bad
		}
		return nil
	})
	if err != bad || calls.Load() > 10+4 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

// A defect that one identity meets is the end of its request, not of the process,
// whichever goroutine meets it.
func TestInParallelPassesOnPanics(t *testing.T) {
	for bad := range 3 {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "a defect") {
					t.Errorf("%d: %v", bad, v)
				}
			}()
			err := inParallel(3, make(cores, 3), func(i int) error {
				if i == bad {
					panic("a defect")
				}
				return nil
			})
			t.Errorf("%d: no panic, %v", bad, err)
		}()
	}
}
