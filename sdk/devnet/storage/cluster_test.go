package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A cluster is ten nodes of ten shards each on loopback ports, with one
// registry in epoch 3.
type cluster struct {
	t        *testing.T
	dir      string
	registry *MemoryRegistry
	nodes    []*Node
	wire     *wire
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), registry: NewRegistry(), wire: newWire(), nodes: make([]*Node, 10)}
	c.registry.SetEpoch(3)
	for i := range c.nodes {
		c.start(i)
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.Close()
		}
	})
	return c
}

// start starts node i, a first time or again.
func (c *cluster) start(i int) {
	c.t.Helper()
	shards := make([]int, 10)
	for j := range shards {
		shards[j] = i*10 + j
	}
	n, err := Start(context.Background(), Config{
		Name: fmt.Sprintf("node-%d", i), Dir: filepath.Join(c.dir, fmt.Sprint(i)),
		NShards: 100, Shards: shards, Registry: c.registry,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.nodes[i] = n
}

func (c *cluster) stop(nodes ...int) {
	c.t.Helper()
	for _, i := range nodes {
		if err := c.nodes[i].Close(); err != nil {
			c.t.Fatal(err)
		}
	}
	c.wire.http.CloseIdleConnections()
}

func (c *cluster) committee() *walrus.Committee {
	com := &walrus.Committee{Epoch: c.registry.Epoch(), NShards: 100}
	for _, n := range c.nodes {
		com.Members = append(com.Members, n.Member())
	}
	return com
}

// client returns a client whose short pauses take no time and whose long ones,
// those for slow nodes after the quorum, never end.
func (c *cluster) client(change ...func(*walrus.Options)) *walrus.Client {
	c.t.Helper()
	opt := walrus.Options{
		HTTP: &http.Client{Transport: c.wire}, Attempts: 4, Backoff: time.Millisecond, Rand: rand.New(rand.NewPCG(1, 1)),
		Sleep: func(ctx context.Context, d time.Duration) error {
			if d < 100*time.Millisecond {
				return ctx.Err()
			}
			<-ctx.Done()
			return ctx.Err()
		},
	}
	for _, f := range change {
		f(&opt)
	}
	client, err := walrus.NewClient(c.committee(), opt)
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

// blob encodes and registers a blob made from seed.
func (c *cluster) blob(seed string, size int) (*walrus.EncodedBlob, []byte) {
	c.t.Helper()
	data := vectorInput(seed, size)
	e, err := walrus.Encode(100, data)
	if err != nil {
		c.t.Fatal(err)
	}
	c.registry.Register(e.ID(), e.Size(), BlobObject{ID: sui.Address{1}, EndEpoch: 10})
	return e, data
}

func (c *cluster) store(e *walrus.EncodedBlob) *walrus.Certificate {
	c.t.Helper()
	cert, err := c.client().Store(c.t.Context(), e, walrus.StoreOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return cert
}

// flip changes one bit of a file.
func flip(t *testing.T, path string, offset int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[offset] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// vectorInput makes the inputs of walrus_vectors.json, as its
// "input_generator" says.
func vectorInput(seed string, size int) []byte {
	var out []byte
	for k := uint64(0); len(out) < size; k++ {
		h := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("walrus-vector/v1/"+seed), k))
		out = append(out, h[:]...)
	}
	return out[:size]
}

// A wire carries requests, counts them, and can be told to misbehave.
type wire struct {
	http   *http.Transport
	mu     sync.Mutex
	counts map[string]int                     // by "METHOD last/path/elements"
	before func(*http.Request) bool           // false hangs the request
	refuse map[string]int                     // answers 503 to so many requests of a kind
	answer func(*http.Request) *http.Response // nil for the node's own answer
}

func newWire() *wire {
	return &wire{http: &http.Transport{}, counts: make(map[string]int), refuse: make(map[string]int)}
}

func kind(r *http.Request) string {
	parts := strings.Split(r.URL.Path, "/")
	if len(parts) > 4 {
		return r.Method + " " + parts[4]
	}
	return r.Method + " " + r.URL.Path
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	k := kind(r)
	if strings.HasSuffix(r.URL.Path, "/status") {
		k += " status"
	}
	w.counts[k]++
	refuse := w.refuse[k] > 0
	if refuse {
		w.refuse[k]--
	}
	before, answer := w.before, w.answer
	w.mu.Unlock()
	if answer != nil {
		if res := answer(r); res != nil {
			return res, nil
		}
	}
	if refuse {
		return &http.Response{StatusCode: 503, Body: http.NoBody, Request: r}, nil
	}
	if before != nil && !before(r) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return w.http.RoundTrip(r)
}

// take returns the counts and starts anew.
func (w *wire) take() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.counts
	w.counts = make(map[string]int)
	return c
}
