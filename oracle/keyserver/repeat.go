package keyserver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

// repeats makes a key request that is sent twice, because an answer got lost,
// one release: the same receipt, the same bytes. Nothing of the answer is
// stored for it; the randomness of its encryption follows from the master key
// and the request, so that it can be made again, even after a restart.
type repeats struct {
	mu   sync.Mutex
	busy map[receipt.Hash]chan struct{} // closed when the request is done
}

func newRepeats() repeats { return repeats{busy: map[receipt.Hash]chan struct{}{}} }

// newRandomness returns the randomness for the answer to a request: AES-256 in
// counter mode under a key for this request alone. Whoever can predict it has
// the master key already.
func newRandomness(master *seal.MasterKey, request receipt.Hash) io.Reader {
	mac := hmac.New(sha256.New, master.Bytes())
	mac.Write([]byte("floe-transport-randomness-v1"))
	mac = hmac.New(sha256.New, mac.Sum(nil))
	mac.Write(request[:])
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic("keyserver: " + err.Error())
	}
	return cipher.StreamReader{S: cipher.NewCTR(block, make([]byte, aes.BlockSize)), R: zeros{}}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// take waits until no other copy of the request is worked on.
func (r *repeats) take(ctx context.Context, request receipt.Hash) (done func(), ref *refusal) {
	for {
		r.mu.Lock()
		other, taken := r.busy[request]
		if !taken {
			mine := make(chan struct{})
			r.busy[request] = mine
			r.mu.Unlock()
			return func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				delete(r.busy, request)
				close(mine)
			}, nil
		}
		r.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, wentAway()
		}
	}
}

// repeat answers a request for which keys were released before. Both results
// are nil if there was none. The policy is not asked again: the answer gives
// nothing that was not given before, and only to the one who sent the request.
func (s *Service) repeat(who *requester, key *seal.MasterKey) (*seal.FetchKeyResponse, *refusal) {
	entry, opening, err := s.journal.Release(who.hash)
	if err != nil {
		return nil, refusalOf(err)
	}
	if entry == nil {
		return nil, nil
	}
	r := entry.Receipt()
	var ids [][]byte
	for _, call := range r.Calls {
		id, err := hex.DecodeString(call.ID)
		if err != nil {
			return nil, refusalOf(fmt.Errorf("read receipt %d: %w", r.Sequence, err))
		}
		ids = append(ids, seal.FullID(r.Package.ID, id))
	}
	held, err := s.derive(key, ids, who, r.RequestHash)
	if err != nil {
		return nil, refusalOf(err)
	}
	if opening == nil || held.commitment != *r.ShareCommitment {
		return nil, refuse("Failure", "answer_lost", "this request was answered before, and its answer cannot be made again", "ask again with a new session key")
	}
	return &seal.FetchKeyResponse{Keys: held.open(entry), Receipt: r.Raw, Opening: openingOf(*opening)}, nil
}
