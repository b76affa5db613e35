package cli

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/sui"
)

// A server that never logs a receipt breaks its promise, and is told so.
func TestBrokenPromise(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(404)
		io.WriteString(w, `{"error":"NotLogged","message":"receipt 7 is not in the log yet"}`)
	}))
	defer s.Close()
	r := &receipt.Receipt{Claims: receipt.Claims{Sequence: 7, LogByMS: 1_000_000_000_000}}
	_, err := awaitProof(t.Context(), &remote.Server{URL: s.URL}, r)
	if !errors.Is(err, remote.ErrNotLogged) || !strings.Contains(err.Error(), "by 2001-09-09T01:46:40Z; keep the receipt") || asked != 1 {
		t.Errorf("after %d questions: %v", asked, err)
	}
	owned := []remote.Owned{{Receipt: r}}
	if err := checkLogged(owned, time.UnixMilli(r.LogByMS)); err != nil {
		t.Errorf("in time: %v", err)
	}
	if err := checkLogged(owned, time.UnixMilli(r.LogByMS+1)); err == nil || !strings.Contains(err.Error(), "receipt 7") {
		t.Errorf("too late: %v", err)
	}
}

// A server that does not know what it signed has lost it, or hides it.
func TestDeniedReceipt(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		io.WriteString(w, `{"error":"NotFound","message":"there is no receipt \"7\""}`)
	}))
	defer s.Close()
	r := &receipt.Receipt{Claims: receipt.Claims{Sequence: 7, LogByMS: time.Now().UnixMilli()}}
	_, err := awaitProof(t.Context(), &remote.Server{URL: s.URL}, r)
	if !errors.Is(err, remote.ErrDenied) || !strings.Contains(err.Error(), "though it signed it") {
		t.Errorf("%v", err)
	}
}

// Two receipts with one number prove what their server did, so neither goes.
func TestTwinReceipts(t *testing.T) {
	dir := t.TempDir()
	save := func(jwt string) *keptReceipt {
		k := &keptReceipt{Server: sui.Address{1}, Name: "alice", JWT: jwt}
		if err := k.save(dir, &receipt.Receipt{Claims: receipt.Claims{Sequence: 7}, Raw: jwt}); err != nil {
			t.Fatal(err)
		}
		return k
	}
	a := save("one")
	for range 2 {
		if again := save("one"); again.twin != "" || again.path != a.path {
			t.Errorf("the same again: %+v", again)
		}
	}
	for range 2 {
		if b := save("two"); b.twin != a.path || b.path == a.path {
			t.Errorf("another: %+v", b)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, path := range files {
		if k, err := readKept(path); err != nil || (k.JWT == "one") != (path == a.path) {
			t.Errorf("%s: %+v, %v", path, k, err)
		}
	}
}

// The keys of a server are those that were seen first.
func TestPinnedKeys(t *testing.T) {
	a := &app{settings: settings{home: t.TempDir()}}
	server := sui.Address{1}
	if _, err := a.keysOf(server, ""); err == nil || !strings.Contains(err.Error(), "floe receipts prove") {
		t.Errorf("no keys: %v", err)
	}
	set := func(seed byte) []byte {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
		b, err := json.Marshal(receipt.NewKeySet(key.Public().(ed25519.PublicKey)))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, jwks := range [][]byte{set(1), set(2)} {
		if err := a.pin(server, jwks); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := receipt.ParseKeySet(set(1))
	got, err := a.keysOf(server, "")
	if err != nil || !got.Keys()[0].Equal(want.Keys()[0]) {
		t.Errorf("%v, %v", got, err)
	}
	file := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(file, set(2), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := a.keysOf(server, file); err != nil || got.Keys()[0].Equal(want.Keys()[0]) {
		t.Errorf("of a file: %v, %v", got, err)
	}
}
