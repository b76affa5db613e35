package foreign

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// sealNet is a chain with the contracts, three key servers and a policy that
// its owner and reader satisfy.
type sealNet struct {
	t                        *testing.T
	node, faucet             string
	chain                    *suirpc.Client
	contracts                contract.Packages
	owner, reader, stranger  *sui.PrivateKey
	readerSeed, strangerSeed string
	servers                  []*keyserver.Server
	serverIDs                []sui.Address
	policy, policyCap        sui.Address
	policyInitial            uint64
	id                       []byte
}

func newSealNet(t *testing.T) *sealNet {
	t.Helper()
	n := &sealNet{t: t}
	c := chaintest.Start(t)
	n.node, n.faucet = c.URL, c.Faucet
	var err error
	if n.chain, err = suirpc.Dial(t.Context(), n.node); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.chain.Close() })
	n.owner, _ = wallet(t, 1)
	n.reader, n.readerSeed = wallet(t, 2)
	n.stranger, n.strangerSeed = wallet(t, 3)
	if err := n.chain.RequestGas(t.Context(), c.Faucet, n.owner.Address()); err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Publish(t.Context(), n.chain, n.owner, deploy.Config{Env: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	n.contracts = d.Contracts()
	for i := range 3 {
		n.addKeyServer(i == 0)
	}
	n.createPolicy()
	return n
}

// send executes what build adds to a transaction of the owner, and returns its
// first event.
func (n *sealNet) send(build func(*sui.Builder)) any {
	n.t.Helper()
	b := sui.NewBuilder()
	build(b)
	ex, err := n.chain.Send(n.t.Context(), n.owner, b)
	if err != nil {
		n.t.Fatal(contract.Explain(err))
	}
	ev, err := contract.DecodeEvent(ex.Events[0], n.contracts)
	if err != nil {
		n.t.Fatal(err)
	}
	return ev
}

func (n *sealNet) addKeyServer(layout1 bool) {
	n.t.Helper()
	e, err := policy.NewSimulator(policy.SimulatorConfig{Chain: n.chain, StalenessPackage: n.contracts.KeyServer.Latest})
	if err != nil {
		n.t.Fatal(err)
	}
	s, _, id := startKeyServer(n.t, e, func(url string, pk []byte) sui.Address {
		register := contract.RegisterKeyServer
		if layout1 {
			register = contract.RegisterKeyServerV1
		}
		ev := n.send(func(b *sui.Builder) { register(b, n.contracts, "server", url, pk) })
		return ev.(*contract.KeyServerRegistered).KeyServerID
	})
	n.servers, n.serverIDs = append(n.servers, s), append(n.serverIDs, id)
}

func (n *sealNet) createPolicy() {
	n.t.Helper()
	created := n.send(func(b *sui.Builder) { contract.CreatePolicy(b, n.contracts, nil, nil, n.owner.Address()) }).(*contract.PolicyCreated)
	n.policy, n.policyCap = created.PolicyID, created.CapID
	n.id = append(n.policy[:], "nonce"...)
	n.grant(n.reader)
	n.policyInitial = n.initialVersion(n.policy)
}

func (n *sealNet) grant(who *sui.PrivateKey) {
	n.t.Helper()
	n.send(func(b *sui.Builder) { contract.Grant(b, n.contracts, n.policy, n.policyCap, who.Address()) })
}

func (n *sealNet) revoke(who *sui.PrivateKey) {
	n.t.Helper()
	n.send(func(b *sui.Builder) { contract.Revoke(b, n.contracts, n.policy, n.policyCap, who.Address()) })
}

func (n *sealNet) initialVersion(id sui.Address) uint64 {
	n.t.Helper()
	o, err := n.chain.Object(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	return o.Owner.Version
}

func (n *sealNet) client() *seal.Client {
	n.t.Helper()
	cfg := seal.ClientConfig{Chain: n.chain, VerifyServers: true}
	for _, id := range n.serverIDs {
		cfg.Servers = append(cfg.Servers, seal.ServerConfig{ID: id})
	}
	c, err := seal.NewClient(cfg)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// fetch asks for the keys of id as who.
func (n *sealNet) fetch(c *seal.Client, who *sui.PrivateKey) (*seal.Keys, error) {
	n.t.Helper()
	return n.fetchFor(c, who, 2)
}

func (n *sealNet) fetchFor(c *seal.Client, who *sui.PrivateKey, threshold int) (*seal.Keys, error) {
	n.t.Helper()
	session, err := seal.SignSessionKey(seal.SessionConfig{Package: n.contracts.Access.Original, TTL: 10 * time.Minute, Now: time.Now(), Rand: rand.Reader}, who)
	if err != nil {
		n.t.Fatal(err)
	}
	b := sui.NewBuilder()
	contract.SealApprove(b, n.contracts, n.id, contract.Read{
		Policy:  b.SharedObject(n.policy, n.policyInitial, false),
		Lineage: b.SharedObject(n.contracts.Shared.Lineage, n.initialVersion(n.contracts.Shared.Lineage), false),
		Version: b.SharedObject(n.contracts.Shared.AccessVersion, n.initialVersion(n.contracts.Shared.AccessVersion), false),
	})
	approval, err := seal.NewApproval(b)
	if err != nil {
		n.t.Fatal(err)
	}
	return c.FetchKeys(n.t.Context(), seal.FetchConfig{Session: session, PTB: approval.Bytes(), IDs: [][]byte{n.id}, Threshold: threshold})
}

// receipts reads and verifies the whole log of a server over HTTP.
func (n *sealNet) receipts(i int) []*receipt.Receipt {
	n.t.Helper()
	get := func(path string) []byte {
		res, err := http.Get(n.servers[i].URL() + path)
		if err != nil {
			n.t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 {
			n.t.Fatalf("%s: HTTP %d, %v", path, res.StatusCode, err)
		}
		return b
	}
	keys, err := receipt.ParseKeySet(get("/.well-known/jwks.json"))
	if err != nil {
		n.t.Fatal(err)
	}
	var page struct {
		Receipts []struct {
			JWT string `json:"jwt"`
		} `json:"receipts"`
	}
	if err := json.Unmarshal(get("/v1/receipts?limit=1000"), &page); err != nil {
		n.t.Fatal(err)
	}
	var log []string
	for _, r := range page.Receipts {
		log = append(log, r.JWT)
	}
	rs, err := receipt.VerifyChain(n.serverIDs[i], keys, log)
	if err != nil {
		n.t.Fatal(err)
	}
	return rs
}

// The npm client, our chain, our contracts and our key servers.
func TestMystenSeal(t *testing.T) {
	n := newSealNet(t)
	c := n.client()
	plaintext := []byte("data for both")
	cfg := sealConfig{
		Node: n.node, Threshold: 2, PackageID: n.contracts.Access.Original.String(), Module: "policy", ID: hex.EncodeToString(n.id),
		Shared:  []sharedObject{{n.policy.String(), n.policyInitial}},
		Objects: []string{n.contracts.Shared.Lineage.String(), n.contracts.Shared.AccessVersion.String()}, Clock: true,
		Plaintext: plaintext, Reader: n.readerSeed, Stranger: n.strangerSeed,
	}
	for _, id := range n.serverIDs {
		cfg.Servers = append(cfg.Servers, sealServer{ObjectID: id.String()})
	}
	fromGo, _, err := c.Encrypt(t.Context(), plaintext, seal.EncryptConfig{Package: n.contracts.Access.Original, ID: n.id, Threshold: 2})
	if err != nil {
		t.Fatal(err)
	}
	cfg.FromGo = [][]byte{fromGo.Bytes()}
	res := runSeal(t, cfg)

	keys, err := n.fetch(c, n.reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"AES": res.AES, "HMAC": res.HMAC} {
		o, err := seal.ParseObject(b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keys.Decrypt(o, seal.DecryptConfig{}); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%s: decrypt = %q, %v", name, got, err)
		}
	}
	if res.Refusal.Name != "NoAccessError" {
		t.Errorf("the stranger got %+v", res.Refusal)
	}
	n.checkReceipts()
}

// checkReceipts demands of each server's log that a refusal and a release are
// in it and say what they were about.
func (n *sealNet) checkReceipts() {
	n.t.Helper()
	tip, err := n.chain.ServiceInfo(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	releases, refusals := 0, 0
	for i := range n.servers {
		for _, r := range n.receipts(i) {
			if len(r.Policies) != 1 || r.Policies[0].ID != n.policy || r.Package.ID != n.contracts.Access.Original || r.Package.Digest == "" {
				n.t.Errorf("receipt %d of server %d is about %+v, %+v", r.Sequence, i, r.Package, r.Policies)
			}
			if r.Chain != tip.ChainID.String() || r.Checkpoint == nil || r.Checkpoint.Sequence > tip.Tip {
				n.t.Errorf("receipt %d of server %d was evaluated at %s %+v", r.Sequence, i, r.Chain, r.Checkpoint)
			}
			read := map[sui.Address]bool{}
			for _, o := range r.Objects {
				read[o.ID] = true
			}
			if !read[n.policy] || !read[n.contracts.Shared.Lineage] || !read[n.contracts.Shared.AccessVersion] || !read[sui.ClockID] {
				n.t.Errorf("receipt %d of server %d read %+v", r.Sequence, i, r.Objects)
			}
			if r.Decision == receipt.Release {
				releases++
			} else if refusals++; r.Reason.Code != "floe_access::policy::ENoAccess" {
				n.t.Errorf("refused for %+v", r.Reason)
			}
		}
	}
	if releases < 2 || refusals < 2 {
		n.t.Errorf("%d releases and %d refusals", releases, refusals)
	}
}

// Grant, revoke and a stopped key server, with the Go client alone.
func TestSealGrantRevokeAndLoss(t *testing.T) {
	n := newSealNet(t)
	c := n.client()
	refused := func() {
		t.Helper()
		_, err := n.fetch(c, n.stranger)
		var se *seal.ServerError
		if !errors.Is(err, seal.ErrNoAccess) || !errors.As(err, &se) {
			t.Fatalf("the stranger got %v", err)
		}
		if se.Status != 403 || se.Reason == nil || se.Reason.Code != "floe_access::policy::ENoAccess" || se.Receipt == "" ||
			!strings.Contains(se.Reason.Remedy, "floe policy grant "+n.policy.String()+" "+n.stranger.Address().String()) {
			t.Errorf("refusal %+v, %+v", se, se.Reason)
		}
		r, err := receipt.Parse(se.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		opening := receipt.Opening{Salt: [32]byte(se.Opening.Salt), Requester: se.Opening.Requester}
		if err := opening.Check(&r.Claims); err != nil || opening.Requester != n.stranger.Address() {
			t.Errorf("opening %+v: %v", opening, err)
		}
	}
	refused()
	n.grant(n.stranger)
	if _, err := n.fetch(c, n.stranger); err != nil {
		t.Fatal(err)
	}
	n.revoke(n.stranger)
	refused()

	if err := n.servers[1].Close(); err != nil {
		t.Fatal(err)
	}
	keys, err := n.fetch(c, n.reader)
	if err != nil {
		t.Fatal(err)
	}
	if keys.Reports[1].Err == nil || len(keys.For(n.id)) != 2 {
		t.Errorf("reports %+v, %d keys", keys.Reports, len(keys.For(n.id)))
	}
	if err := n.servers[0].Close(); err != nil {
		t.Fatal(err)
	}
	_, err = n.fetch(c, n.reader)
	var fe *seal.FetchError
	if !errors.As(err, &fe) || fe.Weight != 1 || !strings.Contains(err.Error(), "weight 1 agreed, want 2") {
		t.Errorf("with one server of three: %v", err)
	}
}
