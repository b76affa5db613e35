package keyserver

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// BenchmarkFetchKey is a release for one identity, but for the network and the
// evaluation, many at a time so that receipts share a sync. scripts/bench oracle
// measures the whole.
func BenchmarkFetchKey(b *testing.B) {
	master, err := seal.NewMasterKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	wallet, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	f := &fixture{now: startTime}
	eval := &fakeEvaluator{first: pkgID, evidence: policy.Evidence{Checkpoint: &receipt.Checkpoint{Sequence: 42, Digest: "d"}}}
	s, err := New(Config{Evaluator: eval, Now: f.time, MaxConcurrent: 1000, Services: []ServiceConfig{{ObjectID: serverID, Key: FixedKey(master),
		ReceiptKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), JournalDir: b.TempDir()}}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	session, err := seal.SignSessionKey(seal.SessionConfig{Package: pkgID, TTL: seal.MaxTTL, Now: startTime, Rand: rand.Reader}, wallet)
	if err != nil {
		b.Fatal(err)
	}
	bodies := make(chan []byte, b.N)
	for range b.N {
		tk, err := seal.NewTransportKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		r, err := session.NewRequest(ptb(b, pkgID), tk.Public())
		if err != nil {
			b.Fatal(err)
		}
		body, err := json.Marshal(r)
		if err != nil {
			b.Fatal(err)
		}
		bodies <- body
	}
	handler := s.Handler()
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest("POST", "/v1/fetch_key", bytes.NewReader(<-bodies))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(seal.HeaderSDKVersion, "1.4.12")
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
				b.Errorf("HTTP %d %s", w.Code, w.Body)
				return
			}
		}
	})
}
