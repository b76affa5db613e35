//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/sui"
)

// heartbeat is how often the chains of a force go on by themselves, staleness how
// old what a server sees may be, if its node lies.
const (
	heartbeat = 250 * time.Millisecond
	staleness = 4 * time.Second
)

// A protection is a way to evaluate policies, with the lies that the documentation
// (oracle/README.md, "Who runs the policy") says it withstands.
type protection struct {
	name   string
	config func(f *force) string // the section evaluation
	lies   []deception           // the last one is the worst
}

// A deception is a lie, or one after the other.
type deception struct {
	lies   []lie
	cold   bool // the server begins while its node lies, and so knows nothing better
	serves bool // who is allowed gets keys meanwhile
}

func cold(l lie) deception     { return deception{lies: []lie{l}, cold: true} }
func warm(l ...lie) deception  { return deception{lies: l} }
func outvoted(l lie) deception { return deception{lies: []lie{l}, cold: true, serves: true} }

var protections = []protection{
	// Our VM and the node have to agree: a node that lies to one of them is found
	// out. One that lies to both is not, and none such is here.
	{"both", func(*force) string { return "mode: both" },
		[]deception{cold(lieVerdict), cold(lieObjects), cold(lieOld), cold(lieClock), cold(lieChain)}},
	// Checkpoints are verified: what has been read once changes as it really
	// changes. What is read for the first time is believed: see warmUp.
	{"signed", func(f *force) string { return "mode: local, validators: " + f.validators },
		[]deception{warm(lieVerdict), warm(lieObjects), warm(lieChain), warm(lieAll), cold(lieStandsOff), cold(lieClock),
			warm(lieOld), warm(lieAll, lieObjects), warm(lieAll, lieOld)}},
	// Objects are proven too: nothing that was not on chain is believed, ever.
	{"proven", func(f *force) string { return "mode: local, prove: true, validators: " + f.validators }, againstProofs},
	{"agreed", func(f *force) string { return "mode: both, prove: true, validators: " + f.validators }, againstProofs},
	// Two of three nodes are honest.
	{"quorum", func(f *force) string {
		return fmt.Sprintf("mode: local, quorum: 2, nodes: [%s, %[1]s]", f.client.URL())
	},
		[]deception{outvoted(lieVerdict), outvoted(lieObjects), outvoted(lieChain), outvoted(lieStandsOff), outvoted(lieOld), outvoted(lieClock), outvoted(lieAll)}},
}

var againstProofs = []deception{cold(lieVerdict), cold(lieObjects), cold(lieChain), cold(lieStandsOff), cold(lieClock),
	warm(lieOld), warm(lieAll, lieObjects), warm(lieAll, lieOld), cold(lieAll)}

func protectionOf(t *testing.T, name string) protection {
	t.Helper()
	for _, p := range protections {
		if p.name == name {
			return p
		}
	}
	t.Fatalf("FLOE_FORCE_EVALUATION=%q: want both, signed, proven, agreed or quorum", name)
	return protection{}
}

// TestForceLyingNode has a server ask a node that lies, consistently and for long,
// in each way of evaluation that promises something about such a node. Nobody is
// given a key whom the policy does not allow; where a quorum of nodes is honest,
// those whom it allows go on to get theirs.
//
// That the lies are worth the name is shown first, by a server that trusts the
// node alone: nothing is promised there, and it is deceived.
//
// FLOE_FORCE_LIES is for how many answers each lie is kept up; without it, only the
// worst of each protection is told, for a moment.
func TestForceLyingNode(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Run("trusted", func(t *testing.T) {
		t.Parallel()
		f := newForce(t, 0, 1, protection{"both", func(*force) string { return "mode: both" }, nil})
		f.double.liar.tell(lieAll)
		f.victim.start()
		f.demandDeceived()
	})
	for _, p := range protections {
		if p.name == "agreed" && os.Getenv("FLOE_FORCE_LIES") == "" {
			continue // as proven, and longer
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f := newForce(t, 0, uint64(number(t, "FLOE_FORCE_SEED", 1)), p)
			if most := number(t, "FLOE_FORCE_LIES", 0); most > 0 {
				f.liesFor = most
			} else {
				f.protection.lies = f.protection.lies[len(p.lies)-1:]
			}
			f.start()
			stop := f.ask()
			f.demandRecovery("the start")
			for _, next := range f.deceptions() {
				f.inflict(next)
			}
			stop()
			f.checkEverything()
		})
	}
}

// demandDeceived demands that a stranger is given a key.
func (f *force) demandDeceived() {
	f.t.Helper()
	c := &asker{f: f, http: &http.Client{Timeout: 10 * time.Second}}
	session, err := f.world.NewSession(f.world.Strangers[0], time.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	for begin, n := time.Now(), uint64(1); ; n++ {
		r, err := session.Request(n)
		if err != nil {
			f.t.Fatal(err)
		}
		status, body, err := c.post(f.t.Context(), r)
		if err == nil {
			_, err = r.Check(status, body, &f.public)
		}
		if errors.Is(err, traffic.ErrOffPolicy) {
			return
		}
		if time.Since(begin) > recoveryTime {
			f.t.Fatalf("the lie deceives nobody, so it shows nothing: HTTP %d %v\n%s", status, err, f.victim.tail())
		}
	}
}

// writeValidators writes down whom a server has to trust that verifies checkpoints.
func (f *force) writeValidators(node string) {
	f.t.Helper()
	f.validators = filepath.Join(f.dir, "validators.json")
	if err := os.WriteFile(f.validators, []byte(program(f.t, "validators", "--node", node)), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// seeOff has the leaver get a key, takes his access away, and waits until the
// server knows. Then he is a stranger.
func (f *force) seeOff() {
	f.t.Helper()
	f.askUntil(f.leaver, http.StatusOK)
	if err := f.world.Revoke(f.t.Context(), f.client, f.leaver); err != nil {
		f.t.Fatal(err)
	}
	f.askUntil(f.leaver, http.StatusForbidden)
	f.world.Strangers = append(f.world.Strangers, f.leaver)
}

// warmUp has the server look once, while its node is honest, what the policy says of
// each stranger.
func (f *force) warmUp() {
	f.t.Helper()
	for _, stranger := range f.world.Strangers {
		f.askUntil(stranger, http.StatusForbidden)
	}
}

// askUntil asks in the name of a wallet until the policy has said what it should:
// 200 or 403.
func (f *force) askUntil(wallet *sui.PrivateKey, want int) {
	f.t.Helper()
	c := &asker{f: f, http: &http.Client{Timeout: 10 * time.Second}}
	session, err := f.world.NewSession(wallet, time.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	for begin := time.Now(); ; {
		f.byHand++
		r, err := session.Request(1<<40 + f.byHand)
		if err != nil {
			f.t.Fatal(err)
		}
		status, body, err := c.post(f.t.Context(), r)
		if err == nil && status == want {
			return
		}
		if time.Since(begin) > recoveryTime {
			f.t.Fatalf("HTTP %d, want %d: %v %s\n%s", status, want, err, body, f.victim.tail())
		}
	}
}

// deceptions are faults: the node lies.
func (f *force) deceptions() (out []fault) {
	if f.double == nil {
		return nil
	}
	for _, d := range f.protection.lies {
		name := "node that " + d.lies[0].name
		for _, l := range d.lies[1:] {
			name += ", then " + l.name
		}
		if d.cold {
			name += ", from the server's start on"
		}
		out = append(out, fault{name: name, begin: func() func() { return f.deceive(d, name) }})
	}
	return out
}

// deceive has the node lie for some time.
func (f *force) deceive(d deception, name string) (end func()) {
	f.t.Helper()
	if !d.cold {
		f.warmUp()
	}
	before := f.held.answered.Load()
	for i, l := range d.lies {
		if l.stream == thePast { // which may be believed for so long
			time.Sleep(time.Until(f.double.parted.Add(staleness + time.Second)))
		}
		if d.cold {
			f.victim.kill()
		}
		f.double.liar.tell(l)
		if d.cold {
			f.victim.start()
		}
		if d.serves {
			f.demandRecovery("the node began to lie, which others do not,")
		}
		if i+1 < len(d.lies) {
			await(&f.held.answered, f.liesFor/4, 2*time.Second)
		}
	}
	await(&f.held.answered, f.liesFor, 15*time.Second)
	return func() {
		f.double.liar.tell(noLie)
		f.lied += f.held.answered.Load() - before
	}
}
