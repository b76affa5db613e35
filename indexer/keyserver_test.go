package indexer

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// keyServer publishes a receipt log as a key server does.
type keyServer struct {
	t     *testing.T
	id    sui.Address
	srv   *httptest.Server
	mu    sync.Mutex
	key   ed25519.PrivateKey
	keys  []ed25519.PublicKey
	chain receipt.Chain
	log   []string // as it is given out
	tree  []string // as it is in the tree; nil: the same
	down  bool
	// asked counts requests for receipts.
	asked int
}

func newKeyServer(t *testing.T, id sui.Address) *keyServer {
	t.Helper()
	k := &keyServer{t: t, id: id, chain: receipt.Chain{Issuer: id}}
	k.rotate(1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/receipts", k.receipts)
	mux.HandleFunc("GET /checkpoint", k.checkpoint)
	mux.HandleFunc("GET /.well-known/jwks.json", k.jwks)
	k.srv = httptest.NewServer(mux)
	t.Cleanup(k.srv.Close)
	return k
}

// rotate gives the server a new signing key beside the old ones.
func (k *keyServer) rotate(seed byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key = ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	k.keys = append(k.keys, k.key.Public().(ed25519.PublicKey))
}

func (k *keyServer) setDown(down bool) { k.mu.Lock(); defer k.mu.Unlock(); k.down = down }

func (k *keyServer) jwks(w http.ResponseWriter, _ *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = json.NewEncoder(w).Encode(receipt.NewKeySet(k.keys...))
}

// checkpoint signs the log's head. The tree is that of Go's checksum database.
func (k *keyServer) checkpoint(w http.ResponseWriter, _ *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	entries := k.tree
	if entries == nil {
		entries = k.log
	}
	var hashes hashList
	for i, jwt := range entries {
		stored, err := tlog.StoredHashes(int64(i), receipt.Leaf(jwt), hashes)
		if err != nil {
			k.t.Error(err)
		}
		hashes = append(hashes, stored...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), hashes)
	if err != nil {
		k.t.Error(err)
	}
	c := logproof.Checkpoint{Origin: receipt.LogOrigin(k.id), Size: uint64(len(entries)), Root: root}
	signer, err := logproof.Signer(c.Origin, k.key)
	if err != nil {
		k.t.Error(err)
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		k.t.Error(err)
	}
	_, _ = w.Write(signed)
}

type hashList []tlog.Hash

func (h hashList) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, h[i])
	}
	return out, nil
}

func (k *keyServer) receipts(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if k.down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	list := []map[string]any{}
	for i := after; i < len(k.log) && len(list) < limit; i++ {
		list = append(list, map[string]any{"seq": i + 1, "jwt": k.log[i]})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"receipts": list, "next": after + len(list)})
}

// decide adds a receipt to the log.
func (k *keyServer) decide(release bool, policy sui.Address) *receipt.Receipt {
	k.t.Helper()
	return k.decideAll(release, []sui.Address{policy})
}

// decideAll adds a receipt about several policies.
func (k *keyServer) decideAll(release bool, policies []sui.Address) *receipt.Receipt {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "no_access", Rule: "the sender is neither the owner nor a member"},
		Package: receipt.Package{ID: id(0xd3)}, Checkpoint: &receipt.Checkpoint{Sequence: 4}, RequesterCommitment: receipt.Hash{1}, RequestHash: receipt.Hash{2}}
	if release {
		c.Decision, c.Reason, c.ShareCommitment = receipt.Release, nil, &receipt.Hash{3}
	}
	r, err := k.chain.SignNext(k.key, c, time.UnixMilli(1_800_000_000_000+int64(len(k.log))), policies)
	if err != nil {
		k.t.Fatal(err)
	}
	k.log = append(k.log, r.Raw)
	return r
}
