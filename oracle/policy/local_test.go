package policy

import (
	"log/slog"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// newLocal returns a local evaluator over a mirror of the net.
func newLocal(t testing.TB, n *realNet, cfg mirror.Config) *Local {
	t.Helper()
	if cfg.Node == nil {
		cfg.Node = n.client
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	m, err := mirror.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	l, err := NewLocal(LocalConfig{Mirror: m, Wallets: n.client, StalenessPackage: n.contracts.KeyServer.Latest, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newNode(t testing.TB, n *realNet) *Simulator {
	t.Helper()
	s, err := NewSimulator(SimulatorConfig{Chain: n.client, StalenessPackage: n.contracts.KeyServer.Latest, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask asks an evaluator as the net's requester.
func (n *realNet) ask(t testing.TB, e Evaluator) (Evidence, error) {
	t.Helper()
	q := n.query
	var err error
	if q.Package, err = e.Package(t.Context(), q.Approval.Package); err != nil {
		return Evidence{}, err
	}
	return e.Evaluate(t.Context(), q)
}

func testLocal(t *testing.T, n *realNet) {
	l := newLocal(t, n, mirror.Config{})
	ev, err := n.ask(t, l)
	if err != nil {
		t.Fatalf("owner: %v", err)
	}
	want, err := n.ask(t, newNode(t, n))
	if err != nil {
		t.Fatal(err)
	}
	if ev.Evaluated != receipt.ByLocal || ev.Chain != want.Chain || len(ev.Objects) != len(want.Objects) {
		t.Errorf("evidence %+v, the node's %+v", ev, want)
	}
	if out, err := evidence.Replay(&ev.Record.Manifest, evidence.SourceOf(ev.Record.Content)); err != nil || out.Verdict != evidence.Allowed {
		t.Errorf("replay: %v, %v", out, err)
	}
	n.query.User = sui.Address{1}
	ev, err = n.ask(t, l)
	if r := RefusalOf(err); r.Kind != NoAccess || r.Reason.Code != "floe_access::policy::ENoAccess" {
		t.Errorf("stranger: %v", err)
	}
	if _, err := evidence.Replay(&ev.Record.Manifest, evidence.SourceOf(ev.Record.Content)); err != nil {
		t.Errorf("replay of a refusal: %v", err)
	}
}

// The largest request, of Floe's own policies, is far within what an evaluation may
// use.
func testLocalBatch(t *testing.T, n *realNet) {
	id := sui.Address(n.query.Approval.Calls[0].ID[:32])
	b := sui.NewBuilder()
	for i := range 100 {
		contract.SealApprove(b, n.contracts, append(id[:], byte(i)), contract.Read{Policy: b.SharedObject(id, 1, false), Lineage: b.SharedObject(n.lineage, 1, false), Version: b.SharedObject(n.version, 1, false)})
	}
	var err error
	if n.query.Approval, err = seal.NewApproval(b); err != nil {
		t.Fatal(err)
	}
	if _, err := n.ask(t, newLocal(t, n, mirror.Config{})); err != nil {
		t.Error(err)
	}
}

// Who has aliases is refused, on record: the key does not prove who asks.
func testLocalRefusesAliases(t *testing.T, n *realNet) {
	id := sui.AliasesID(n.owner.Address())
	node := &liar{Client: n.client, invented: map[sui.Address]*sui.Object{id: object(id, 1, sui.SharedOwner(1))}}
	l := newLocal(t, n, mirror.Config{Node: node})
	ev, err := n.ask(t, l)
	if codeOf(err) != "address_has_aliases" || ev.Record == nil || ev.Record.Outcome.Verdict != evidence.Aliased {
		t.Fatalf("%v, %+v", err, ev.Record)
	}
	n.audit(t, l, ev, err)
}

// Stale state, clocks that differ and a node that is down give the refusals of a
// Simulator.
func TestLocalOnStaleNode(t *testing.T) {
	n := newRealNet(t, 3*time.Minute)
	l := newLocal(t, n, mirror.Config{})
	ev, refused := n.ask(t, l)
	if codeOf(refused) != "chain_stale" {
		t.Errorf("stale node: %v", refused)
	}
	n.audit(t, l, ev, refused)
	l.now = func() time.Time { return time.Now().Add(-5 * time.Minute) }
	l.allowedLag = time.Minute
	if _, err := n.ask(t, l); codeOf(err) != "clock_behind" {
		t.Errorf("clock behind: %v", err)
	}
	n.stop()
	if _, err := n.ask(t, newLocal(t, n, mirror.Config{Timeout: 50 * time.Millisecond})); codeOf(err) != "chain_unavailable" && codeOf(err) != "chain_behind" {
		t.Errorf("node down: %v", err)
	}
}

// Epochs end: the environment follows, and so does the committee that is trusted.
func testLocalAcrossEpochs(t *testing.T, n *realNet) {
	l := newLocal(t, n, mirror.Config{Light: n.light(t), Prove: true})
	for epoch := range uint64(3) {
		ev, err := n.ask(t, l)
		if err != nil || ev.Record.Epoch != epoch {
			t.Fatalf("epoch %d: %v, %+v", epoch, err, ev.Record)
		}
		want, err := n.client.Epoch(t.Context(), epoch)
		if err != nil {
			t.Fatal(err)
		}
		if got := ev.Record.Position; got.EpochStartMS != want.StartMS || got.GasPrice != want.ReferenceGasPrice || got.ProtocolVersion != want.ProtocolVersion {
			t.Errorf("evaluated with %+v, the epoch is %+v", got, want)
		}
		if _, err := n.chain.AdvanceEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := sui.NewBuilder() // the first checkpoint of the next one
		b.Transfer(n.owner.Address(), b.SplitCoins(sui.GasCoin, b.Pure(uint64(1))).At(0))
		ex, err := n.client.Send(t.Context(), n.owner, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Await(t.Context(), *ex.Checkpoint); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkEvaluate is one question to a policy of the access package, each time
// the same, over the gRPC of a node on this machine.
func BenchmarkEvaluate(b *testing.B) {
	n := newRealNet(b, 0)
	local, node := newLocal(b, n, mirror.Config{}), newNode(b, n)
	evaluators := map[string]Evaluator{"local": local, "node": node, "both": NewBoth(BothConfig{Local: local, Node: node})}
	for _, name := range []string{"local", "node", "both"} {
		b.Run(name, func(b *testing.B) {
			q := n.query
			var err error
			if q.Package, err = evaluators[name].Package(b.Context(), q.Approval.Package); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := evaluators[name].Evaluate(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/op")
		})
	}
}
