package policy

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A liar is a full node that shows objects, checkpoints and verdicts as it wants.
type liar struct {
	*suirpc.Client
	object     func(*sui.Object) *sui.Object
	invented   map[sui.Address]*sui.Object                 // instead of what is not there
	checkpoint func(*suirpc.Checkpoint) *suirpc.Checkpoint // nil: withheld
	verdict    func(*suirpc.Executed)
}

func (l *liar) twist(objects []*sui.Object, err error) ([]*sui.Object, error) {
	for i, o := range objects {
		if o != nil && l.object != nil {
			objects[i] = l.object(o)
		}
	}
	return objects, err
}

func (l *liar) Objects(ctx context.Context, ids []sui.Address) ([]*sui.Object, error) {
	objects, err := l.twist(l.Client.Objects(ctx, ids))
	for i := range objects {
		if objects[i] == nil {
			objects[i] = l.invented[ids[i]]
		}
	}
	return objects, err
}

func (l *liar) ObjectVersions(ctx context.Context, refs []sui.ObjectRef) ([]*sui.Object, error) {
	return l.twist(l.Client.ObjectVersions(ctx, refs))
}

func (l *liar) Follow(ctx context.Context, from uint64, opts ...suirpc.FollowOption) iter.Seq2[*suirpc.Checkpoint, error] {
	return func(yield func(*suirpc.Checkpoint, error) bool) {
		for cp, err := range l.Client.Follow(ctx, from, opts...) {
			if cp != nil && l.checkpoint != nil {
				if cp = l.checkpoint(cp); cp == nil {
					continue
				}
			}
			if !yield(cp, err) {
				return
			}
		}
	}
}

func (l *liar) Simulate(ctx context.Context, tx *sui.TransactionData, opt suirpc.SimulateOptions) (*suirpc.Executed, error) {
	ex, err := l.Client.Simulate(ctx, tx, opt)
	if err == nil && l.verdict != nil {
		l.verdict(ex)
	}
	return ex, err
}

// anotherOwner makes the policy belong to a stranger.
func anotherOwner(n *realNet, stranger sui.Address) func(*sui.Object) *sui.Object {
	owner := n.owner.Address()
	return func(o *sui.Object) *sui.Object {
		if o.Move == nil || o.Move.Type.Name != "Policy" {
			return o
		}
		o = o.Clone()
		o.Move.Contents = bytes.ReplaceAll(o.Move.Contents, owner[:], stranger[:])
		return o
	}
}

// anotherPackage makes every seal_approve of the access package say yes.
func anotherPackage(t *testing.T, n *realNet) func(*sui.Object) *sui.Object {
	return func(o *sui.Object) *sui.Object {
		if o.ID() != n.contracts.Access.Latest {
			return o
		}
		o = o.Clone()
		for i := range o.Package.Modules {
			m, err := bytecode.Parse(o.Package.Modules[i].Bytes)
			if err != nil {
				t.Error(err)
			}
			if f, ok := m.Function("seal_approve"); ok {
				m.Functions[f].Code = []bytecode.Instruction{{Op: bytecode.OpRet}}
			}
			o.Package.Modules[i].Bytes = m.Serialize()
		}
		return o
	}
}

// light verifies by the first committee of the net.
func (n *realNet) light(t *testing.T) *lightclient.Client {
	t.Helper()
	first := uint64(0)
	committee, err := lightclient.AskCommittee(t.Context(), n.client.Conn(), &first)
	if err != nil {
		t.Fatal(err)
	}
	return lightclient.New(lightclient.Node(n.client.Conn()), *committee)
}

// What a node that lies can do: each lie lets a stranger in where the node is
// trusted, and none where it need not be.
func testLyingNode(t *testing.T, n *realNet) {
	stranger := sui.Address{1}
	for name, lie := range map[string]liar{
		"object":  {object: anotherOwner(n, stranger)},
		"package": {object: anotherPackage(t, n)},
	} {
		lie.Client = n.client
		n.query.User = stranger
		trusting := newLocal(t, n, mirror.Config{Node: &lie})
		if _, err := n.ask(t, trusting); err != nil {
			t.Fatalf("%s: the lie does not work, so the test shows nothing: %v", name, err)
		}
		proving := newLocal(t, n, mirror.Config{Node: &lie, Light: n.light(t), Prove: true})
		if _, err := n.ask(t, proving); codeOf(err) != "chain_unavailable" || !errors.Is(err, mirror.ErrUnproven) {
			t.Errorf("%s: with proofs: %v", name, err)
		}
		both := NewBoth(BothConfig{Local: trusting, Node: newNode(t, n), Patience: time.Millisecond})
		if _, err := n.ask(t, both); codeOf(err) != "evaluator_mismatch" {
			t.Errorf("%s: compared with an honest node: %v", name, err)
		}
		honest := func() Evaluator { return newLocal(t, n, mirror.Config{}) }
		q, err := NewQuorum(QuorumConfig{Members: []Evaluator{trusting, honest(), honest()}, Names: make([]string, 3), Need: 2, Hedge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // whoever is asked first
			if _, err := n.ask(t, q); codeOf(err) != "floe_access::policy::ENoAccess" {
				t.Errorf("%s: outvoted: %v", name, err)
			}
		}
	}
	n.query.User = n.owner.Address()
	if _, err := n.ask(t, newLocal(t, n, mirror.Config{Light: n.light(t), Prove: true})); err != nil {
		t.Errorf("an honest node with proofs: %v", err)
	}
}

// A node that says yes to everything lets nobody in.
func testLyingSimulation(t *testing.T, n *realNet) {
	n.query.User = sui.Address{1}
	l := &liar{Client: n.client, verdict: func(ex *suirpc.Executed) { ex.Effects.Status.Failure = nil }}
	node, err := NewSimulator(SimulatorConfig{Chain: l, StalenessPackage: n.contracts.KeyServer.Latest})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.ask(t, node); err != nil {
		t.Fatalf("the lie does not work, so the test shows nothing: %v", err)
	}
	alarms := 0
	local := newLocal(t, n, mirror.Config{})
	both := NewBoth(BothConfig{Local: local, Node: node, Patience: time.Millisecond, Mismatched: func() { alarms++ }})
	if _, err := n.ask(t, both); codeOf(err) != "evaluator_mismatch" || alarms != 1 {
		t.Errorf("both: %v, %d alarms", err, alarms)
	}
	if ev, err := n.ask(t, NewRecorded(node, local, nil)); err != nil || ev.Record != nil || ev.Evaluated != "node" {
		t.Errorf("a node that is believed: %v, %+v", err, ev)
	}
}

// A decision of the node has a record when our VM comes to the same.
func testRecorded(t *testing.T, n *realNet) {
	r := NewRecorded(newNode(t, n), newLocal(t, n, mirror.Config{}), nil)
	for _, user := range []sui.Address{n.owner.Address(), {1}} {
		n.query.User = user
		var ev Evidence
		var err error
		for i := 0; i < 20 && ev.Record == nil; i++ { // the first may take longer than we wait for the record
			ev, err = n.ask(t, r)
		}
		if ev.Record == nil || ev.Evaluated != "node" || (err == nil) != (ev.Record.Outcome.Verdict == 0) {
			t.Errorf("%v, %+v", err, ev)
		}
	}
}

// A stream that is forged or withheld gives no yes that the true state does not.
func testLyingStream(t *testing.T, n *realNet) {
	revoked := sui.Address{1}
	policy, cap := n.floePolicy(t)
	n.send(t, func(b *sui.Builder) { contract.Grant(b, n.contracts, policy, cap, revoked) })
	n.query.User = revoked
	forged := &liar{Client: n.client, checkpoint: func(cp *suirpc.Checkpoint) *suirpc.Checkpoint {
		c := *cp
		c.Summary.TimestampMS++
		return &c
	}}
	if _, err := n.ask(t, newLocal(t, n, mirror.Config{Node: forged, Light: n.light(t), Timeout: 100 * time.Millisecond})); codeOf(err) != "chain_behind" {
		t.Errorf("forged checkpoints: %v", err)
	}
	// Freshness of next to nothing: the node is asked each time.
	var withheld atomic.Bool
	hiding := &liar{Client: n.client, checkpoint: func(cp *suirpc.Checkpoint) *suirpc.Checkpoint {
		if withheld.Load() {
			return nil
		}
		return cp
	}}
	late := newLocal(t, n, mirror.Config{Node: hiding, Freshness: 1, Timeout: time.Second})
	if _, err := n.ask(t, late); err != nil {
		t.Fatalf("before the revocation: %v", err)
	}
	withheld.Store(true)
	n.send(t, func(b *sui.Builder) { contract.Revoke(b, n.contracts, policy, cap, revoked) })
	if _, err := n.ask(t, late); codeOf(err) != "chain_behind" {
		t.Errorf("the stream hides a revocation: %v", err)
	}
	if _, err := n.ask(t, newLocal(t, n, mirror.Config{Light: n.light(t)})); codeOf(err) != "floe_access::policy::ENoAccess" {
		t.Errorf("after the revocation: %v", err)
	}
}

// A node that shows a Clock which is ahead of the checkpoints, and is trusted, can
// open no earlier what opens later than this machine's clock may be behind.
func testClockAhead(t *testing.T, n *realNet) {
	template, err := n.client.Object(t.Context(), sui.ClockID)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func(o *sui.Object) *sui.Object {
		if o.ID() != sui.ClockID {
			return o
		}
		o = o.Clone()
		ms := binary.LittleEndian.Uint64(o.Move.Contents[32:]) + uint64((24 * time.Hour).Milliseconds())
		binary.LittleEndian.PutUint64(o.Move.Contents[32:], ms)
		return o
	}
	node := &liar{Client: n.client, object: ahead, checkpoint: func(cp *suirpc.Checkpoint) *suirpc.Checkpoint {
		c := *cp
		c.Transactions = slices.Clone(cp.Transactions)
		for i := range c.Transactions {
			tx := &c.Transactions[i]
			tx.Effects.Changed = slices.Clone(tx.Effects.Changed)
			for j := range tx.Effects.Changed {
				if ch := &tx.Effects.Changed[j]; ch.ID == sui.ClockID {
					clock := template.Clone()
					clock.PreviousTransaction, clock.Move.Version = tx.Digest, tx.Effects.LamportVersion
					binary.LittleEndian.PutUint64(clock.Move.Contents[32:], cp.TimestampMS)
					ch.OutputDigest = ahead(clock).Digest()
				}
			}
		}
		return &c
	}}
	n.query.User = n.owner.Address()
	for lag, want := range map[time.Duration]string{0: "", time.Minute: "clock_behind"} {
		m, err := mirror.Start(mirror.Config{Node: node})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		l, err := NewLocal(LocalConfig{Mirror: m, Wallets: n.client, StalenessPackage: n.contracts.KeyServer.Latest, Timeout: 10 * time.Second, AllowedLag: lag})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.ask(t, l); codeOf(err) != want {
			t.Errorf("with an allowed lag of %v: %v, want %q", lag, err, want)
		}
	}
}

// A node can't make a server that verifies checkpoints forget what it knows, by
// showing forged ones, to be believed afterwards.
func testForgetfulServer(t *testing.T, n *realNet) {
	stranger := sui.Address{1}
	var forge, lie atomic.Bool
	forged := anotherOwner(n, stranger)
	node := &liar{Client: n.client, checkpoint: func(cp *suirpc.Checkpoint) *suirpc.Checkpoint {
		if !forge.Load() {
			return cp
		}
		c := *cp
		c.Summary.TimestampMS++
		return &c
	}, object: func(o *sui.Object) *sui.Object {
		if lie.Load() {
			return forged(o)
		}
		return o
	}}
	local := newLocal(t, n, mirror.Config{Node: node, Light: n.light(t), Freshness: 1, Timeout: time.Second})
	n.query.User = n.owner.Address()
	if _, err := n.ask(t, local); err != nil {
		t.Fatal(err)
	}
	policy, cap := n.floePolicy(t)
	forge.Store(true)
	n.send(t, func(b *sui.Builder) { contract.Grant(b, n.contracts, policy, cap, sui.Address{2}) })
	if _, err := n.ask(t, local); codeOf(err) != "chain_behind" {
		t.Errorf("a forged checkpoint: %v", err)
	}
	forge.Store(false)
	lie.Store(true)
	n.query.User = stranger
	var err error
	for range 20 { // until the stream goes on
		if _, err = n.ask(t, local); codeOf(err) != "chain_behind" {
			break
		}
	}
	if code := codeOf(err); code != "chain_unavailable" && code != "floe_access::policy::ENoAccess" {
		t.Errorf("forged objects after a forged checkpoint: %v", err)
	}
}

// floePolicy finds the net's policy and its capability.
func (n *realNet) floePolicy(t *testing.T) (policy, cap sui.Address) {
	t.Helper()
	for _, in := range n.query.Approval.Program.Inputs {
		if in.Kind == sui.InputShared && policy.IsZero() {
			policy = in.Ref.ID
		}
	}
	owned, err := n.client.OwnedObjects(t.Context(), n.owner.Address(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range owned {
		if o.Move.Type.Name == "PolicyCap" {
			cap = o.ID()
		}
	}
	return policy, cap
}

func (n *realNet) send(t *testing.T, build func(*sui.Builder)) {
	t.Helper()
	b := sui.NewBuilder()
	build(b)
	if _, err := n.client.Send(t.Context(), n.owner, b); err != nil {
		t.Fatal(contract.Explain(err))
	}
}
