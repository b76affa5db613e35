package foreign

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// committeeNet is a network with a committee of key servers and its aggregator
// beside three independent ones.
type committeeNet struct {
	*sealNet
	committee sui.Address // Committee object
	keyServer sui.Address
	wallets   []*sui.PrivateKey
	shares    []*seal.MasterKey
	members   []*committeeMember
	aggregate *httptest.Server
}

// A committeeMember is a key server that can be switched off.
type committeeMember struct {
	address sui.Address
	server  *keyserver.Server
	http    *httptest.Server
	handler http.Handler
	down    atomic.Bool
}

func (m *committeeMember) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.down.Load() {
		http.Error(w, "down for maintenance", http.StatusBadGateway)
		return
	}
	m.handler.ServeHTTP(w, r)
}

// newCommitteeNet has a committee of n make its key, in a ceremony and with the
// contract, and serves it.
func newCommitteeNet(t *testing.T, threshold, n int) *committeeNet {
	t.Helper()
	c := &committeeNet{sealNet: newSealNet(t)}
	for i := range n {
		w, _ := wallet(t, byte(100+i))
		if err := c.chain.RequestGas(t.Context(), c.faucet, w.Address()); err != nil {
			t.Fatal(err)
		}
		m := &committeeMember{address: w.Address()}
		m.http = httptest.NewServer(m)
		t.Cleanup(m.http.Close)
		c.wallets, c.members = append(c.wallets, w), append(c.members, m)
	}
	c.found(uint16(threshold))
	for i := range c.members {
		c.serve(i)
	}
	a, err := aggregate.New(t.Context(), aggregate.Config{ObjectID: c.keyServer, Chain: c.chain})
	if err != nil {
		t.Fatal(err)
	}
	c.aggregate = httptest.NewServer(a.Handler())
	t.Cleanup(c.aggregate.Close)
	return c
}

// as executes a transaction of a member.
func (c *committeeNet) as(signer sui.Signer, build func(*sui.Builder)) map[sui.Address]*sui.Object {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	ex, err := c.chain.Send(c.t.Context(), signer, b)
	if err != nil {
		c.t.Fatal(contract.Explain(err))
	}
	return ex.Objects
}

// found publishes the contract, registers the members, has them make a key, and
// has the contract make the key server of it.
func (c *committeeNet) found(threshold uint16) {
	c.t.Helper()
	pkg, err := deploy.PublishCommittee(c.t.Context(), c.chain, c.owner, c.contracts.KeyServer)
	if err != nil {
		c.t.Fatal(err)
	}
	c.contracts.Committee = contract.Package{Original: pkg.Original, Latest: pkg.Latest}
	var addresses []sui.Address
	for _, w := range c.wallets {
		addresses = append(addresses, w.Address())
	}
	made := c.as(c.owner, func(b *sui.Builder) { contract.InitCommittee(b, c.contracts, pkg.UpgradeCap, threshold, addresses) })
	for id, o := range made {
		if t := o.Type(); t != nil && t.Equal(c.contracts.CommitteeType()) {
			c.committee = id
		}
	}
	keys := make([]*dkg.Keys, len(c.wallets))
	ceremony := &dkg.Committee{ID: c.committee, Threshold: int(threshold)}
	for i, w := range c.wallets {
		if keys[i], err = dkg.GenerateKeys(rand.Reader); err != nil {
			c.t.Fatal(err)
		}
		m := keys[i].Member()
		ceremony.Members = append(ceremony.Members, m)
		c.as(w, func(b *sui.Builder) {
			contract.RegisterMember(b, c.contracts, c.committee, contract.KeyCommitteeMember{
				EncryptionKey: m.EncryptionKey[:], SigningKey: m.SigningKey[:], URL: c.members[i].http.URL, Name: fmt.Sprintf("member-%d", i),
			})
		})
	}
	for i, r := range runCeremony(c.t, ceremony, keys) {
		c.shares = append(c.shares, r.Share)
		p := contract.KeyProposal{PublicKey: r.PublicKey[:], MessagesHash: r.Messages[:]}
		for _, k := range r.PartialPublicKeys {
			p.PartialPublicKeys = append(p.PartialPublicKeys, bytes.Clone(k[:]))
		}
		c.as(c.wallets[i], func(b *sui.Builder) { contract.ProposeKeys(b, c.contracts, c.object(), p) })
	}
	field, err := c.chain.Object(c.t.Context(), contract.KeyServerField(c.committee))
	if err == nil {
		c.keyServer, err = contract.ParseObjectField(field)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *committeeNet) object() *contract.KeyCommittee {
	c.t.Helper()
	o, err := c.chain.Object(c.t.Context(), c.committee)
	if err != nil {
		c.t.Fatal(err)
	}
	k, err := contract.ParseCommittee(o)
	if err != nil {
		c.t.Fatal(err)
	}
	return k
}

// runCeremony has all members deal, and process what the others dealt.
func runCeremony(t *testing.T, c *dkg.Committee, keys []*dkg.Keys) (out []*dkg.Result) {
	t.Helper()
	var messages [][]byte
	for i, k := range keys {
		m, err := k.Deal(rand.Reader, c, i, nil)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	for i, k := range keys {
		r, err := k.Process(rand.Reader, c, i, messages)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// serve makes member i a key server, which takes the version of its share from
// the chain.
func (c *committeeNet) serve(i int) {
	c.t.Helper()
	m := c.members[i]
	e, err := policy.NewSimulator(policy.SimulatorConfig{Chain: c.chain, StalenessPackage: c.contracts.KeyServer.Latest})
	if err != nil {
		c.t.Fatal(err)
	}
	source, err := member.New(c.t.Context(), member.Config{Chain: c.chain, KeyServer: c.keyServer, Member: m.address,
		Share: func(context.Context, uint32) (*seal.MasterKey, error) { return c.shares[i], nil }})
	if err != nil {
		c.t.Fatal(err)
	}
	_, receiptKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	m.server, err = keyserver.New(keyserver.Config{Evaluator: e, Services: []keyserver.ServiceConfig{{
		ObjectID: c.keyServer, Issuer: m.address, Key: source, ReceiptKey: receiptKey, JournalDir: c.t.TempDir(),
	}}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := m.server.Close(); err != nil {
			c.t.Error(err)
		}
	})
	m.handler = m.server.Handler()
}

// npmClient is a running committee.mjs.
type npmClient struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

type npmServer struct {
	ObjectID      string `json:"objectId"`
	AggregatorURL string `json:"aggregatorUrl,omitempty"`
}

// npmAsk is a line that committee.mjs reads.
type npmAsk struct {
	Servers   []npmServer `json:"servers"`
	Threshold int         `json:"threshold,omitempty"`
	Encrypt   []byte      `json:"encrypt,omitempty"`
	Object    []byte      `json:"object,omitempty"`
	IDs       []string    `json:"ids,omitempty"` // hex; nil: that of the configuration
	As        string      `json:"as,omitempty"`
	Past      int         `json:"past,omitempty"` // minutes

	Unverified bool   `json:"unverified,omitempty"`
	MVR        string `json:"mvr,omitempty"`
}

// npmAnswer is what it prints.
type npmAnswer struct {
	Object    []byte `json:"object"`
	Plaintext []byte `json:"plaintext"`
	Error     string `json:"error"` // class
	Message   string `json:"message"`
	Status    int    `json:"status"`
}

func (c *sealNet) npm() *npmClient {
	c.t.Helper()
	cfg, err := json.Marshal(sealConfig{
		Node: c.node, PackageID: c.contracts.Access.Original.String(), Module: "policy", ID: hex.EncodeToString(c.id),
		Shared:  []sharedObject{{c.policy.String(), c.policyInitial}},
		Objects: []string{c.contracts.Shared.Lineage.String(), c.contracts.Shared.AccessVersion.String()},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	n := &npmClient{t: c.t}
	startNode(c.t, "committee.mjs", cfg, func(cmd *exec.Cmd) {
		in, err := cmd.StdinPipe()
		if err != nil {
			c.t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			c.t.Fatal(err)
		}
		n.in, n.out = in, bufio.NewReader(out)
	})
	return n
}

func (n *npmClient) ask(a npmAsk) (out npmAnswer) {
	n.t.Helper()
	b, err := json.Marshal(a)
	if err == nil {
		_, err = n.in.Write(append(b, '\n'))
	}
	if err != nil {
		n.t.Fatal(err)
	}
	line, err := n.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &out)
	}
	if err != nil {
		n.t.Fatalf("%v: %s", err, line)
	}
	return out
}

// The npm client in committee mode, our chain, our contract, our ceremony, our
// members and our aggregator.
func TestMystenSealCommittee(t *testing.T) {
	c := newCommitteeNet(t, 2, 3)
	npm := c.npm()
	plaintext := []byte("for the committee")
	lone := []npmServer{{ObjectID: c.keyServer.String(), AggregatorURL: c.aggregate.URL}}
	sealed := npm.ask(npmAsk{Servers: lone, Threshold: 1, Encrypt: plaintext})
	if sealed.Object == nil {
		t.Fatalf("encrypt: %+v", sealed)
	}
	opens := func(what string, a npmAsk) {
		t.Helper()
		if a.Servers == nil {
			a.Servers, a.Object = lone, sealed.Object
		}
		if got := npm.ask(a); !bytes.Equal(got.Plaintext, plaintext) {
			t.Errorf("%s: %+v", what, got)
		}
	}
	refused := func(what string, a npmAsk, class string) {
		t.Helper()
		if a.Servers == nil {
			a.Servers, a.Object = lone, sealed.Object
		}
		if got := npm.ask(a); got.Error != class || got.Plaintext != nil {
			t.Errorf("%s: %+v, want %s", what, got, class)
		}
	}
	opens("all members up", npmAsk{As: c.readerSeed})
	opens("an identity twice", npmAsk{As: c.readerSeed, IDs: []string{hex.EncodeToString(c.id), hex.EncodeToString(c.id)}})
	refused("a stranger", npmAsk{As: c.strangerSeed}, "NoAccessError")
	refused("an old session", npmAsk{As: c.readerSeed, Past: 120}, "ExpiredSessionKeyError")
	refused("another identity", npmAsk{As: c.readerSeed, IDs: []string{hex.EncodeToString([]byte("other"))}}, "NoAccessError")

	c.members[0].down.Store(true)
	opens("one member down", npmAsk{As: c.readerSeed})
	c.members[1].down.Store(true)
	refused("two members down", npmAsk{As: c.readerSeed}, "InternalError")
	c.members[0].down.Store(false)
	c.members[1].down.Store(false)

	c.grant(c.stranger)
	opens("granted", npmAsk{As: c.strangerSeed})
	c.revoke(c.stranger)
	refused("revoked", npmAsk{As: c.strangerSeed}, "NoAccessError")

	// The committee beside independent servers.
	mixed := append([]npmServer{{ObjectID: c.serverIDs[0].String()}, {ObjectID: c.serverIDs[1].String()}}, lone...)
	both := npm.ask(npmAsk{Servers: mixed, Threshold: 3, Encrypt: plaintext})
	opens("committee and independent servers", npmAsk{Servers: mixed, Object: both.Object, As: c.readerSeed})
	refused("a stranger at all of them", npmAsk{Servers: mixed, Object: both.Object, As: c.strangerSeed}, "NoAccessError")

	// Ours opens what npm sealed: through the aggregator, without it, and when
	// it is gone.
	o, err := seal.ParseObject(sealed.Object)
	if err != nil {
		t.Fatal(err)
	}
	opensHere := func(what, aggregator string) {
		t.Helper()
		client, err := seal.NewClient(seal.ClientConfig{Chain: c.chain, Servers: []seal.ServerConfig{{ID: c.keyServer, AggregatorURL: aggregator}}})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := c.fetchFor(client, c.reader, 1)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if got, err := keys.Decrypt(o, seal.DecryptConfig{}); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		c.checkMembers(what, keys.Reports[0])
	}
	opensHere("through the aggregator", c.aggregate.URL)
	opensHere("from the members", "")
	c.aggregate.Close()
	opensHere("with the aggregator gone", c.aggregate.URL)
	refused("with the aggregator gone, npm", npmAsk{As: c.readerSeed}, "TypeError")
}

// checkMembers demands receipts of as many members as are needed, each signed
// by its member and of the shares that it sent.
func (c *committeeNet) checkMembers(what string, r seal.ServerReport) {
	c.t.Helper()
	released := 0
	for _, m := range r.Members {
		if m.Err != nil {
			if !errors.Is(m.Err, seal.ErrNotNeeded) {
				c.t.Errorf("%s: member %d: %v", what, m.Party, m.Err)
			}
			continue
		}
		released++
		rec, err := receipt.Verify(m.Receipt, c.members[m.Party].server.Services()[0].ReceiptKeys(), c.members[m.Party].address)
		if err == nil {
			err = rec.CheckShares(m.Shares)
		}
		if err != nil {
			c.t.Errorf("%s: receipt of member %d: %v", what, m.Party, err)
		}
	}
	if released < 2 {
		c.t.Errorf("%s: %d members released", what, released)
	}
}
