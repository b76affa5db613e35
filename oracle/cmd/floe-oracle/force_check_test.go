//go:build linux

package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
)

// checkEverything demands, of what the server shows now and what is on its
// disk:
//
//   - every answer was what it should be, and no share went to a stranger;
//   - the log is whole: every receipt signed, none missing for the server or
//     for the policy, the root that of the checkpoint;
//   - every receipt that a client holds is in it, and every release has exactly
//     one, however often the request was sent;
//   - every checkpoint that was seen is of the beginning of this log;
//   - the policy's owner is given all of its receipts;
//   - a copy of the files is enough to go on (floe-oracle drill).
func (f *force) checkEverything() {
	t, h := f.t, f.held
	t.Helper()
	for i, err := range h.wrong {
		if t.Errorf("seed %d: %v", f.seed, err); i > 10 {
			break
		}
	}
	server := &remote.Server{ID: f.public.Issuer, URL: f.victim.where(), HTTP: &http.Client{Timeout: 10 * time.Second}}
	whole, last := f.auditWhole(server)
	inLog := map[receipt.Hash]bool{}
	releases := map[receipt.Hash]int{}
	for _, r := range whole {
		inLog[r.Hash] = true
		if r.Decision == receipt.Release {
			releases[r.RequestHash]++
		}
	}
	for hash := range h.receipts {
		if !inLog[hash] {
			t.Errorf("seed %d: a client holds receipt %s, which is lost", f.seed, hash)
		}
	}
	for request := range h.released {
		if releases[request] != 1 {
			t.Errorf("seed %d: %d receipts of a request that was released", f.seed, releases[request])
		}
	}
	for request, n := range releases {
		if n > 1 {
			t.Errorf("seed %d: request %s was released %d times", f.seed, request, n)
		}
	}
	f.checkCheckpoints(server, last)
	owned, err := server.Policy(t.Context(), f.world.Owner, f.public.Receipts, f.world.Policy)
	if err == nil {
		err = remote.CheckGiven(owned, whole, f.world.Policy)
	}
	if err != nil {
		t.Errorf("seed %d: the owner's view: %v", f.seed, err)
	}
	drill := []string{"drill", "--config", f.victim.config}
	if out := program(t, append(drill, "--live", server.URL)...); !strings.Contains(out, "everything is as it should be") {
		t.Errorf("seed %d: drill while it runs: %s", f.seed, out)
	}
	f.victim.stop()
	if out := program(t, drill...); !strings.Contains(out, "everything is as it should be") {
		t.Errorf("seed %d: drill: %s", f.seed, out)
	}
	f.report(len(whole), len(releases))
}

// auditWhole waits until all receipts are in the log and audits it.
func (f *force) auditWhole(server *remote.Server) ([]*receipt.Receipt, *logproof.SignedCheckpoint) {
	f.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		whole, c, err := server.Audit(f.t.Context(), f.public.Receipts)
		if err != nil {
			f.t.Fatalf("seed %d: %v", f.seed, err)
		}
		missing := 0
		have := map[receipt.Hash]bool{}
		for _, r := range whole {
			have[r.Hash] = true
		}
		for hash := range f.held.receipts {
			if !have[hash] {
				missing++
			}
		}
		if missing == 0 || time.Since(begin) > recoveryTime {
			return whole, c
		}
	}
}

func (f *force) checkCheckpoints(server *remote.Server, last *logproof.SignedCheckpoint) {
	f.t.Helper()
	log, err := f.public.Receipts.Log(f.public.Issuer)
	if err != nil {
		f.t.Fatal(err)
	}
	for raw := range f.held.checkpoints {
		c, err := log.Open([]byte(raw))
		if err == nil {
			err = logproof.CheckGrowth(f.t.Context(), server.Tile, c.Checkpoint, last.Checkpoint)
		}
		if err != nil {
			f.t.Errorf("seed %d: a checkpoint that was seen: %v", f.seed, err)
		}
	}
}

// report prints the figures.
func (f *force) report(receipts, releases int) {
	t, h := f.t, f.held
	t.Logf("disk: %v; seed %d; evaluation: %s", f.disk, f.seed, f.protection.name)
	t.Logf("%d requests answered, %d without an answer; %d receipts, %d of releases, %d held by clients; %d repeated releases; %d checkpoints seen",
		h.answered.Load(), h.lost, receipts, releases, len(h.receipts), h.repeated, len(h.checkpoints))
	if !t.Failed() {
		t.Logf("shares without a durable receipt: 0; receipts lost: 0; released off policy: 0")
	}
	if f.double != nil {
		t.Logf("%d answers while the node lied", f.lied)
	}
	faults, kills := 0, f.counts["kill -9"]
	for name, n := range f.counts {
		if strings.HasPrefix(name, "killed during") {
			kills += n
		} else {
			faults += n
		}
	}
	t.Logf("%d faults; %d kills, %d power failures", faults, kills, f.counts["power loss"])
	for _, name := range slices.Sorted(maps.Keys(f.counts)) {
		t.Logf("  %4d × %s; keys again after at most %v", f.counts[name], name, h.recoveries[name].Round(time.Millisecond))
	}
	for _, name := range slices.Sorted(maps.Keys(h.refusals)) {
		t.Logf("  refused %6d × %s", h.refusals[name], name)
	}
}
