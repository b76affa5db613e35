//go:build linux

package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// TestForce runs a key server, the real command over a chain with the real
// policy, and does to it what happens to servers: it is killed at random
// points, its disk is full, its clock jumps, its node is cut off, slow, silent
// or answers nonsense. Clients ask meanwhile and check every answer. At the end
// nothing may be missing: see checkEverything.
//
// FLOE_FORCE_REQUESTS is how many requests are answered at least (300), FLOE_FORCE_SEED
// what is drawn, FLOE_FORCE_EVALUATION how policies are evaluated (see protections;
// from 1,000 requests on the node lies too), FLOE_FORCE_DISK the disk: "tmpfs", "limit" (a limit on the
// size of files, for those who may not mount) or "ext4" (a file system that
// also loses power: what was not synced is gone). The first two are chosen by
// what is allowed.
func TestForce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	f := newForce(t, number(t, "FLOE_FORCE_REQUESTS", 300), uint64(number(t, "FLOE_FORCE_SEED", 1)),
		protectionOf(t, cmp.Or(os.Getenv("FLOE_FORCE_EVALUATION"), "both")))
	f.start()
	stop := f.ask()
	f.disturb()
	stop()
	f.checkEverything()
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// A force is a key server, its surroundings and its clients.
type force struct {
	t      *testing.T
	goal   int64 // answers
	random *rand.Rand
	seed   uint64
	dir    string

	world  *traffic.World
	node   *proxy
	disk   disk
	victim *victim
	public traffic.Server
	held   *holdings
	counts map[string]int // of what was done to the server

	protection protection
	validators string          // file
	client     *suirpc.Client  // of the true chain
	leaver     *sui.PrivateKey // whom the policy allows until seeOff
	double     *double         // the chain and what may be said of it; nil: the node does not lie
	liesFor    int             // requests
	byHand     uint64          // requests of askUntil
	lied       int64           // answers while the node lied
}

// newForce makes a server that has not started yet. With few requests, but more
// than 0, its node does not lie.
func newForce(t *testing.T, requests int, seed uint64, by protection) *force {
	t.Helper()
	f := &force{t: t, goal: int64(requests), random: rand.New(rand.NewPCG(seed, 0)), seed: seed, dir: t.TempDir(), counts: map[string]int{}, held: newHoldings(),
		protection: by, leaver: traffic.Wallet("leaver", 0), liesFor: max(10, min(requests/50, 200))}
	c := chaintest.StartConfig(t, chain.Config{Heartbeat: heartbeat})
	var err error
	if f.client, err = suirpc.Dial(t.Context(), c.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.client.Close() })
	if f.world, err = traffic.Publish(t.Context(), f.client, c.Faucet, filepath.Join(f.dir, "contracts"), 5, 3); err != nil {
		t.Fatal(err)
	}
	f.writeValidators(c.URL)
	f.disk = newDisk(t, filepath.Join(f.dir, "disk"))
	f.victim = &victim{f: f}
	t.Cleanup(f.victim.kill)
	f.node = newProxy(t, c.URL)
	lies, more := requests == 0 || requests >= 1000, ""
	if lies {
		more = fmt.Sprintf("allowed_staleness: %v\n", staleness)
	}
	f.register(c.URL, fmt.Sprintf("evaluation: {%s}\n%s", by.config(f), more))
	if lies {
		f.double = newDouble(t, c, f.client, f.world, f.leaver)
		f.node.aim(f.double.liar.url)
	}
	return f
}

// start starts the server, and has the leaver go.
func (f *force) start() {
	f.t.Helper()
	f.victim.start()
	if f.double != nil {
		f.seeOff()
	}
}

// disturb does one thing after the other to the server, until the clients have
// their answers. After each the server has to give keys again by itself.
func (f *force) disturb() {
	faults := f.faults()
	for round := 0; round < len(faults) || f.held.answered.Load() < f.goal; round++ {
		f.pause(30)
		next := faults[f.random.IntN(len(faults))]
		if round < len(faults) { // each at least once
			next = faults[round]
		}
		f.inflict(next)
	}
}

// inflict does one thing to the server.
func (f *force) inflict(next fault) {
	f.t.Helper()
	f.counts[next.name]++
	f.held.doing.Store(&next.name)
	end := next.begin()
	f.pause(20)
	if next.mayDie && f.random.IntN(4) == 0 {
		f.counts["killed during "+next.name]++
		f.victim.kill()
		end()
		f.victim.start()
	} else {
		end()
	}
	f.demandRecovery(next.name)
}

// pause waits until the clients have tried some more, up to n times; a silent
// server is not waited for long.
func (f *force) pause(n int) { await(&f.held.tried, 1+f.random.IntN(n), 1200*time.Millisecond) }

// await waits until a count has grown by n, or for so long.
func await(count *atomic.Int64, n int, most time.Duration) {
	goal := count.Load() + int64(n)
	for begin := time.Now(); count.Load() < goal && time.Since(begin) < most; {
		time.Sleep(time.Millisecond)
	}
}

// recoveryTime is how long a server may take to release keys again after what
// was wrong has ended.
const recoveryTime = 30 * time.Second

// demandRecovery waits until keys are released, by the process that was there
// when the fault was, to more than those who have asked already.
func (f *force) demandRecovery(after string) {
	f.t.Helper()
	enough := f.held.lastReleased.Load() + askers + 1
	begin := time.Now()
	for f.held.lastReleased.Load() < enough {
		if time.Since(begin) > recoveryTime {
			f.t.Fatalf("seed %d: no key for %v after %s had ended; last refusal: %s\nlast lines of its log:\n%s",
				f.seed, recoveryTime, after, f.held.refusal(), f.victim.tail())
		}
		if f.victim.died() {
			f.t.Fatalf("seed %d: the server ended by itself after %s:\n%s", f.seed, after, f.victim.tail())
		}
		time.Sleep(time.Millisecond)
	}
	f.held.recovered(after, time.Since(begin))
}

// A fault is something that happens to a server.
type fault struct {
	name   string
	mayDie bool // whether it is killed on top of it now and then
	begin  func() (end func())
}

func (f *force) faults() []fault {
	jump := func(by time.Duration) func() func() {
		return func() func() {
			f.victim.setClock(by)
			return func() { f.victim.setClock(0) }
		}
	}
	node := func(mode proxyMode) func() func() {
		return func() func() {
			f.node.set(mode)
			return func() { f.node.set(passOn) }
		}
	}
	all := []fault{
		{"kill -9", false, func() func() { f.victim.kill(); return f.victim.start }},
		{"full disk", true, func() func() { f.disk.fill(f); return func() { f.disk.free(f) } }},
		{"files that can't grow", true, func() func() { f.stopFiles(); return func() { f.limitFiles(1 << 40) } }},
		{"node cut off", true, node(cutOff)},
		{"slow node", true, node(slow)},
		{"silent node", true, node(silent)},
		{"node that answers nonsense", true, node(nonsense)},
		{"stopped process", false, func() func() { f.victim.pause(); return f.victim.resume }},
	}
	for _, by := range []time.Duration{-3 * time.Hour, -20 * time.Minute, -3 * time.Second, 3 * time.Second, 20 * time.Minute, 3 * time.Hour} {
		all = append(all, fault{fmt.Sprintf("clock jumps by %v", by), true, jump(by)})
	}
	if d, ok := f.disk.(powered); ok {
		all = append(all, fault{"power loss", false, func() func() { d.losePower(f); return f.victim.start }})
	}
	return append(all, f.deceptions()...)
}
