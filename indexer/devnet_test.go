package indexer

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// devnet is a real chain that can be stopped and started in its directory.
type devnet struct {
	t    *testing.T
	dir  string
	addr string // host:port, the same after a restart
	stop func()
	// faucet is where others than the owner get gas.
	faucet string
}

func (d *devnet) start() {
	d.t.Helper()
	c, err := chain.Open(chain.Config{Dir: d.dir, Seed: []byte("indexer")})
	if err != nil {
		d.t.Fatal(err)
	}
	l, err := net.Listen("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	d.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	gas := httptest.NewServer(c.FaucetHandler())
	d.stop = func() {
		gas.Close()
		cancel()
		if err := errors.Join(<-served, c.Close()); err != nil {
			d.t.Error(err)
		}
	}
	d.faucet = gas.URL
	d.gas(gas.URL)
}

func (d *devnet) gas(faucet string) {
	d.t.Helper()
	if err := d.dial().RequestGas(d.t.Context(), faucet, d.owner().Address()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *devnet) dial() *suirpc.Client {
	d.t.Helper()
	c, err := suirpc.Dial(d.t.Context(), "http://"+d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return c
}

func (d *devnet) owner() *sui.PrivateKey {
	d.t.Helper()
	k, err := sui.NewPrivateKey(sui.Ed25519, append(make([]byte, 31), 1))
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// send executes what build builds, and returns the decoded events and the
// checkpoint.
func (d *devnet) send(p contract.Packages, build func(*sui.Builder)) ([]any, uint64) {
	d.t.Helper()
	b := sui.NewBuilder()
	build(b)
	ex, err := d.dial().Send(d.t.Context(), d.owner(), b)
	if err != nil {
		d.t.Fatal(err)
	}
	var events []any
	for _, raw := range ex.Events {
		ev, err := contract.DecodeEvent(raw, p)
		if err != nil {
			d.t.Fatal(err)
		}
		events = append(events, ev)
	}
	return events, *ex.Checkpoint
}

// g2Generator is the generator of G2, compressed, as the specification of
// BLS12-381 has it.
func g2Generator(t *testing.T) []byte {
	t.Helper()
	b, err := hex.DecodeString("93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
		"024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// publish starts a chain with Floe's contracts; it runs until the test ends.
func publish(t *testing.T) (*devnet, *deploy.Deployment) {
	t.Helper()
	d := &devnet{t: t, dir: t.TempDir(), addr: "127.0.0.1:0"}
	d.start()
	t.Cleanup(func() { d.stop() })
	at, err := deploy.Publish(t.Context(), d.dial(), d.owner(), deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return d, at
}

// The contracts on the embedded chain, followed live, through a restart of the
// chain, and built again from zero.
func TestAgainstDevnet(t *testing.T) {
	t.Parallel()
	d, at := publish(t)
	p := at.Contracts()
	onDevnet := func(c *Config) {
		c.NodeURL = "http://" + d.addr
		c.Packages = decode.Packages{Storage: []sui.Address{p.Storage.Original}, Catalog: []sui.Address{p.Catalog.Original},
			Access: []sui.Address{p.Access.Original}, KeyServer: []sui.Address{p.KeyServer.Original}}
	}
	r := index(t, nil, onDevnet)

	events, _ := d.send(p, func(b *sui.Builder) {
		contract.CreatePolicy(b, p, nil, nil, d.owner().Address())
		contract.CreateDataset(b, p, "iris", d.owner().Address())
	})
	policy, dataset := events[0].(*contract.PolicyCreated), events[1].(*contract.DatasetCreated)
	_, granted := d.send(p, func(b *sui.Builder) { contract.Grant(b, p, policy.PolicyID, policy.CapID, id(0xb)) })
	r.reached(granted)
	r.want(`SELECT name, owner FROM dataset`, "iris | "+d.owner().Address().String())
	r.want(`SELECT dataset_id FROM dataset`, dataset.DatasetID.String())

	d.stop()
	d.start()
	_, revoked := d.send(p, func(b *sui.Builder) { contract.Revoke(b, p, policy.PolicyID, policy.CapID, id(0xb)) })
	_, last := d.send(p, func(b *sui.Builder) { contract.RegisterKeyServer(b, p, "floe-1", "http://127.0.0.1:1", g2Generator(t)) })
	r.reached(last)
	r.want(`SELECT policy_id, member FROM policy_grant WHERE revoked_checkpoint IS NOT NULL`, policy.PolicyID.String()+" | "+id(0xb).String())
	if got := r.rows(`SELECT checkpoint, revoked_checkpoint FROM policy_grant WHERE checkpoint = $1 AND revoked_checkpoint = $2`, int64(granted), int64(revoked)); len(got) != 1 {
		t.Errorf("grant at %d, revoked at %d: not in the index", granted, revoked)
	}
	r.want(`SELECT name, url FROM key_server`, "floe-1 | http://127.0.0.1:1")
	r.want(`SELECT count(*) FROM event WHERE decode_error IS NOT NULL`, "0")

	fresh := index(t, nil, onDevnet)
	fresh.reached(last)
	_, _ = r.stop(), fresh.stop()
	wantSame(t, contentDigests(t, fresh.db, fresh.cfg.Schema), contentDigests(t, r.db, r.cfg.Schema))
}
