package policy

import (
	"context"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// realNet is a chain with the contracts and a policy of owner.
type realNet struct {
	chain     *chain.Chain
	client    *suirpc.Client
	contracts contract.Packages
	owner     *sui.PrivateKey
	query     Query
	version   sui.Address // PackageVersion of the access package
	lineage   sui.Address
	stop      func()
}

// newRealNet starts a chain whose clock is behind by lag.
func newRealNet(t testing.TB, lag time.Duration) *realNet {
	t.Helper()
	c, err := chain.Open(chain.Config{Dir: t.TempDir(), Seed: []byte("policy test"), Now: func() time.Time { return time.Now().Add(-lag) }})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	stopped := false
	n := &realNet{chain: c, stop: func() {
		if !stopped {
			stopped = true
			cancel()
			<-served
		}
	}}
	t.Cleanup(func() { n.stop(); c.Close() })
	if n.client, err = suirpc.Dial(t.Context(), "http://"+l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.client.Close() })
	n.setUp(t, c)
	return n
}

func (n *realNet) setUp(t testing.TB, c *chain.Chain) {
	t.Helper()
	var err error
	if n.owner, err = sui.NewPrivateKey(sui.Ed25519, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	faucet := httptest.NewServer(c.FaucetHandler())
	defer faucet.Close()
	if err := n.client.RequestGas(t.Context(), faucet.URL, n.owner.Address()); err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Publish(t.Context(), n.client, n.owner, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	n.contracts, n.version, n.lineage = d.Contracts(), d.Objects.AccessVersion, d.Objects.CatalogLineage
	b := sui.NewBuilder()
	contract.CreatePolicy(b, n.contracts, nil, nil, n.owner.Address())
	ex, err := n.client.Send(t.Context(), n.owner, b)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := contract.DecodeEvent(ex.Events[0], n.contracts)
	if err != nil {
		t.Fatal(err)
	}
	id := ev.(*contract.PolicyCreated).PolicyID
	b = sui.NewBuilder()
	// The versions are wrong on purpose: the evaluator finds the right ones.
	contract.SealApprove(b, n.contracts, append(id[:], 1), contract.Read{Policy: b.SharedObject(id, 1, false), Lineage: b.SharedObject(d.Objects.CatalogLineage, 1, false), Version: b.SharedObject(d.Objects.AccessVersion, 1, false)})
	n.query.User = n.owner.Address()
	if n.query.Approval, err = seal.NewApproval(b); err != nil {
		t.Fatal(err)
	}
}

func (n *realNet) decide(t *testing.T) (*Grant, error) {
	t.Helper()
	s, err := NewSimulator(SimulatorConfig{Chain: n.client, StalenessPackage: n.contracts.KeyServer.Latest, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	q := n.query
	if q.Package, err = s.Package(t.Context(), q.Approval.Package); err != nil {
		return nil, err
	}
	g, _, err := Decide(t.Context(), s, q)
	return g, err
}

// TestOnChain runs on one network, one after the other.
func TestOnChain(t *testing.T) {
	n := newRealNet(t, 0)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *realNet)
	}{
		{"Local", testLocal},
		{"LocalBatch", testLocalBatch},
		{"LocalRefusesAliases", testLocalRefusesAliases},
		{"Recorded", testRecorded},
		{"LyingNode", testLyingNode},
		{"LyingSimulation", testLyingSimulation},
		{"LyingStream", testLyingStream},
		{"ForgetfulServer", testForgetfulServer},
		{"ClockAhead", testClockAhead},
		{"RealPolicyOfMissingFunction", testRealPolicyOfMissingFunction},
		{"FirstVersion", testFirstVersion},
		{"LocalAcrossEpochs", testLocalAcrossEpochs},
	} {
		t.Run(test.name, func(t *testing.T) {
			copied := *n
			test.run(t, &copied)
		})
	}
}

func TestRealPolicy(t *testing.T) {
	n := newRealNet(t, 0)
	if _, err := n.decide(t); err != nil {
		t.Errorf("owner: %v", err)
	}
	n.query.User = sui.Address{1}
	_, err := n.decide(t)
	if r := RefusalOf(err); r.Kind != NoAccess || r.Reason.Code != "floe_access::policy::ENoAccess" {
		t.Errorf("stranger: %v", err)
	}
	n.stop()
	_, err = n.decide(t)
	if r := RefusalOf(err); r.Kind != Unknown || r.Reason.Code != "chain_unavailable" {
		t.Errorf("node down: %v", err)
	}
}

func TestRealPolicyOnStaleNode(t *testing.T) {
	n := newRealNet(t, 3*time.Minute)
	_, err := n.decide(t)
	if r := RefusalOf(err); r.Kind != Unknown || r.Reason.Code != "chain_stale" {
		t.Errorf("stale node: %v", err)
	}
}

func testRealPolicyOfMissingFunction(t *testing.T, n *realNet) {
	b := sui.NewBuilder()
	b.Call(n.contracts.Access.Latest, "policy", "seal_approve_nothing", nil, b.Pure([]byte("id")))
	var err error
	if n.query.Approval, err = seal.NewApproval(b); err != nil {
		t.Fatal(err)
	}
	_, err = n.decide(t)
	if r := RefusalOf(err); r.Kind != InvalidPTB {
		t.Errorf("missing function: %v", err)
	}
}

// The modules of an upgraded package carry the id of its first version.
func testFirstVersion(t *testing.T, n *realNet) {
	first := n.contracts.Access.Original
	obj, err := n.client.Object(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	obj.Package.ID, obj.Package.Version = sui.Address{0xf2}, 2
	c := &fakeChain{}
	s := newSimulator(t, c)
	c.objects[obj.Package.ID] = obj
	p, err := s.Package(t.Context(), obj.Package.ID)
	if err != nil || p.First != first || p.Called != obj.Package.ID || p.Version != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}
