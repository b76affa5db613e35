package cli

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// prunedReceipts is a folder with two refusals and a release of a server, a day from
// each other from 2026-01-01 on, all with evidence, and one with the server's keys.
func prunedReceipts(t *testing.T, key ed25519.PrivateKey, server sui.Address) (dir, keys string) {
	t.Helper()
	dir, keys = t.TempDir(), t.TempDir()
	jwks, err := json.Marshal(receipt.NewKeySet(key.Public().(ed25519.PublicKey)))
	if err == nil {
		err = os.WriteFile(filepath.Join(keys, server.String()+".json"), jwks, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	chain := receipt.Chain{Issuer: server}
	for i := range 3 {
		c := &receipt.Claims{Decision: receipt.Refuse, Reason: &receipt.Reason{Code: "x", Rule: "y"}, Evidence: new(receipt.Hash)}
		if i == 2 {
			c.Decision, c.Reason, c.ShareCommitment = receipt.Release, nil, new(receipt.Hash)
		}
		r, err := chain.SignNext(key, c, time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&keptReceipt{Server: server, JWT: r.Raw}).save(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	return dir, keys
}

// Evidence that was pruned is told from evidence that is missing, by the server's
// signed word alone.
func TestReplayPruned(t *testing.T) {
	key, other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	server := sui.Address{1}
	dir, keys := prunedReceipts(t, key, server)
	file := func(n int) string { return filepath.Join(dir, fmt.Sprintf("%s-%08d.json", server, n)) }
	say := func(n int, key ed25519.PrivateKey, before time.Time) {
		t.Helper()
		raw, err := receipt.SignPruned(key, server, 3, before, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
		if err == nil {
			err = os.WriteFile(strings.TrimSuffix(file(n), ".json")+".pruned", []byte(raw+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replay := func(want int, args ...string) string {
		t.Helper()
		out, errs, code := floe(t, append([]string{"--network", "nowhere", "replay", "--keys", keys}, args...)...)
		if code != want {
			t.Errorf("exit code %d: %s%s", code, out, errs)
		}
		return out
	}
	expect := func(out, want string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("%s\nwant %s", out, want)
		}
	}
	expect(replay(1, file(1)), "not replayed: its evidence is not here")
	for _, n := range []int{1, 2} {
		say(n, key, time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC))
	}
	out := replay(1, file(1))
	expect(out, "ok     signature")
	expect(out, "not replayed, the evidence was pruned: on 2026-06-01T12:00:00Z the key server removed the evidence of receipts from before 2026-01-03T00:00:00Z")
	expect(replay(1, file(2), "--json"), `"result":"pruned"`)
	if err := os.Remove(file(3)); err != nil { // the release comes later
		t.Fatal(err)
	}
	out = replay(0, "--all", dir)
	expect(out, "2 receipts: 0 the same, 0 differ, 0 refused for a reason of the server's own, 2 without evidence or with it pruned (0 of them releases), 0 could not be checked")
	expect(out, "of 2 the key server removed the evidence")

	// Somebody else's word, or one about others, is none.
	say(1, other, time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC))
	expect(replay(1, file(1)), "not replayed: the key server says that it removed the evidence because of its age, but did not sign that")
	say(1, key, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	expect(replay(1, "--all", dir), "1 could not be checked")
	expect(replay(1, file(1)), "but what it signed is about others")

	// A release that can't be replayed is a failure, whatever is said of it.
	dir, keys = prunedReceipts(t, key, server)
	for n := range 3 {
		say(n+1, key, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	}
	expect(replay(1, "--all", dir, "--json"), `"no_evidence":0,"pruned":3,"releases_without_evidence":1,"failed":0`)
}
