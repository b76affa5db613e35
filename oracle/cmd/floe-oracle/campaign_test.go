//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// TestCampaign has everything that is hostile act together, on a committee of 3 of
// 5 whose key comes from a real ceremony, with each member and the aggregator a
// process of its own: the full node of all of them lies and never contradicts
// itself; two members do as they like, with servers that believe that node; and so
// does whoever is in front of the aggregator. Who is not allowed gets no key, each
// bad share is blamed on its signer, and no honest member is; who is allowed gets
// the key while the node's lies leave the honest members able to tell.
//
// FLOE_CAMPAIGN is the number of requests, FLOE_CAMPAIGN_SEED chooses who does what.
// Package aggregate has the campaign without processes and without a chain.
func TestCampaign(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	requests, seed := number(t, "FLOE_CAMPAIGN", 20), number(t, "FLOE_CAMPAIGN_SEED", 1)
	c := newCampaign(t, uint64(seed))
	phases := campaignPhases
	if requests < 100 {
		phases = phases[:4] // the others take seconds
	}
	short := min(requests/len(phases), 20) // where all may fail, silent members are waited for
	for i, p := range phases {
		c.begin(p)
		n := short
		if p.serves {
			rest := requests - short*(len(phases)-4)
			n = rest*(i+1)/4 - rest*i/4
		}
		for range n {
			c.round(p)
		}
		if t.Failed() {
			t.Fatalf("seed %d, while the node %s", seed, p.lie.name)
		}
	}
	if c.released == 0 || c.refused == 0 || c.count[traffic.Blamed] == 0 {
		t.Errorf("released %d, refused %d, blamed %d: too little happened", c.released, c.refused, c.count[traffic.Blamed])
	}
	t.Logf("seed %d: %d requests, members %v corrupted; keys off policy: 0; honest members blamed: 0; refused to who is allowed, while the honest could tell: 0",
		seed, requests, c.corrupted)
	t.Logf("%d released, %d refused, of which the corrupted members would have given %d shares; %d not given to who is allowed, while the node showed another chain",
		c.released, c.refused, c.given, c.starved)
	t.Logf("%d bad answers of members: %d blamed on who sent them, %d not needed by then; %d receipts checked, %d forged ones noticed; %d hostile aggregators, %d accusations that they made up, known for hearsay",
		c.count[traffic.Blamed]+c.count[traffic.Unheard], c.count[traffic.Blamed], c.count[traffic.Unheard], c.receipts, c.forged, c.hostile, c.count[traffic.Accused])
}

// A phase is what the node of all members says for some time.
type phase struct {
	lie    lie
	serves bool // honest members can still tell who is allowed
}

var campaignPhases = []phase{
	{noLie, true}, {lieVerdict, true}, {lieObjects, true}, {lieOld, true}, {lieAll, false}, {lieChain, false}, {lieStandsOff, false},
}

type campaign struct {
	*town
	random    *rand.Rand
	world     *traffic.World
	double    *double
	server    sui.Address // KeyServer object
	members   []*campaigner
	corrupted []int
	front     *httptest.Server // of the aggregator
	hostility atomic.Pointer[traffic.AggregatorMisdeed]
	old       seal.FetchKeyResponse // of the aggregator
	sealed    *seal.EncryptedObject

	released, refused, starved, given, receipts, forged, hostile int
	count                                                        map[traffic.Judgement]int
}

// A campaigner is a member of the committee: its server, behind a front that a
// corrupted member has its way with.
type campaigner struct {
	public  traffic.Server
	front   *httptest.Server
	honest  http.Handler
	corrupt *traffic.Corrupt // nil: honest
	turned  atomic.Pointer[http.Handler]
}

// identity is what all requests are for.
const identity = 7

func newCampaign(t *testing.T, seed uint64) *campaign {
	t.Helper()
	c := &campaign{town: newTown(t, 5), random: rand.New(rand.NewPCG(seed, 0)), count: map[traffic.Judgement]int{}}
	for range c.people {
		m := new(campaigner)
		m.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := m.turned.Load(); h != nil && r.URL.Path == "/v1/fetch_key" {
				(*h).ServeHTTP(w, r)
				return
			}
			m.honest.ServeHTTP(w, r)
		}))
		t.Cleanup(m.front.Close)
		c.members = append(c.members, m)
	}
	ceremony := c.meet("dkg", "", 3, 0, 1, 2, 3, 4)
	for _, step := range []string{"register", "deal", "process", "propose"} {
		for party, m := range c.members {
			args := ceremony.args(party, step)
			if step == "register" {
				args = append(args, "--url", m.front.URL)
			}
			program(t, args...)
		}
	}
	c.server = *ceremony.status().KeyServer
	var err error
	if c.world, err = traffic.Publish(t.Context(), c.client, c.chain.Faucet, filepath.Join(c.dir, "contracts"), 2, 2); err != nil {
		t.Fatal(err)
	}
	leaver := traffic.Wallet("leaver", 0)
	c.double = newDouble(t, c.chain, c.client, c.world, leaver)
	if err := c.world.Revoke(t.Context(), c.client, leaver); err != nil {
		t.Fatal(err)
	}
	c.world.Strangers = append(c.world.Strangers, leaver)
	c.corrupted = c.random.Perm(5)[:2]
	c.startMembers(ceremony)
	c.startAggregator()
	c.seal()
	return c
}

// startMembers starts an honest server for each member, and a second one, which
// believes the node, for those who are corrupted.
func (c *campaign) startMembers(ceremony *meeting) {
	c.t.Helper()
	validators := filepath.Join(c.dir, "validators.json")
	os.WriteFile(validators, []byte(program(c.t, "validators", "--node", c.node)), 0o600)
	ks, err := seal.LoadKeyServer(c.t.Context(), c.client, c.server)
	if err != nil {
		c.t.Fatal(err)
	}
	var shares []*seal.MasterKey
	for party, m := range c.members {
		program(c.t, "keygen", "--member", "--dir", c.keys(party))
		share, err := keyserver.LoadMasterKey(c.t.Context(), secret.Source{File: ceremony.share(party, 0)}, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		shares = append(shares, share)
		jwks, err := os.ReadFile(filepath.Join(c.keys(party), "jwks.json"))
		if err == nil {
			m.public.Receipts, err = receipt.ParseKeySet(jwks)
		}
		if err != nil {
			c.t.Fatal(err)
		}
		m.public.Issuer, m.public.Key = c.address(party), ks.Committee.Members[party].PublicKey
		m.honest = c.startMember(party, "receipts", "{mode: local, prove: true, validators: "+validators+"}")
	}
	for i, party := range c.corrupted {
		another := shares[c.corrupted[1-i]]
		c.members[party].corrupt = &traffic.Corrupt{Package: c.world.Contracts.Access.Original, Honest: c.members[party].honest,
			Fooled: c.startMember(party, "fooled", "{mode: both}"), Share: shares[party], Another: another,
			OtherID: seal.FullID(c.world.Contracts.Access.Original, c.world.ID(identity+1))}
	}
}

func (c *campaign) startMember(party int, journal, evaluation string) http.Handler {
	c.t.Helper()
	config := filepath.Join(c.home(party), journal+".yaml")
	os.WriteFile(config, fmt.Appendf(nil, "key_dir: keys\njournal_dir: %s\nnode_url: %s\nkey_server_package: %s\nlisten: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\n"+
		"evaluation_timeout: 1s\nallowed_staleness: %v\nevaluation: %s\nserver_mode: !Committee\n  member_address: %s\n  key_server_obj_id: %s\n  committee_state: !Active\n",
		journal, c.double.liar.url, c.pkg, staleness, evaluation, c.address(party), c.server), 0o600)
	return passTo(c.t, launch(c.t, "serve", "--config", config))
}

// passTo is a handler that asks another server.
func passTo(t *testing.T, to string) http.Handler {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := httputil.NewSingleHostReverseProxy(u)
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	return p
}

// launch runs a server of this program in a process of its own until the test ends,
// and returns its URL.
func launch(t *testing.T, args ...string) string {
	t.Helper()
	f := &force{t: t}
	f.victim = &victim{f: f, args: args}
	t.Cleanup(f.victim.kill)
	f.victim.start()
	return f.victim.where()
}

// startAggregator starts the aggregator, with a front that may be hostile.
func (c *campaign) startAggregator() {
	c.t.Helper()
	config := filepath.Join(c.dir, "aggregator.yaml")
	os.WriteFile(config, fmt.Appendf(nil, "key_server_object_id: %s\nnode_url: %s\nlisten: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\nrefresh_interval: 1h\n",
		c.server, c.double.liar.url), 0o600)
	honest := passTo(c.t, launch(c.t, "aggregate", "--config", config))
	c.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		misdeed := c.hostility.Load()
		if misdeed == nil {
			honest.ServeHTTP(w, r)
			return
		}
		answer, _ := traffic.Record(honest, r)
		traffic.Send(w, misdeed.Do(&c.old, &answer), &answer)
	}))
	c.t.Cleanup(c.front.Close)
}

// seal encrypts something, and keeps answers that can be replayed.
func (c *campaign) seal() {
	c.t.Helper()
	client, err := seal.NewClient(seal.ClientConfig{Chain: c.client, Servers: []seal.ServerConfig{{ID: c.server}}})
	if err == nil {
		c.sealed, _, err = client.Encrypt(c.t.Context(), []byte("secret"), seal.EncryptConfig{Package: c.world.Contracts.Access.Original, ID: c.world.ID(identity), Threshold: 1})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range c.members {
		if _, body := c.askMember(m, c.world.Members[0], http.StatusOK); m.corrupt != nil {
			m.corrupt.Old = body
		}
	}
	r := c.request(c.world.Members[0])
	req, err := r.HTTP(c.front.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	var status int
	if c.old, status = traffic.Record(c.front.Config.Handler, req); status != 200 || len(c.old.Keys) != 1 {
		c.t.Fatalf("the aggregator says HTTP %d, %+v", status, c.old)
	}
}

func (c *campaign) session(wallet *sui.PrivateKey) *traffic.Session {
	c.t.Helper()
	s, err := c.world.NewSession(wallet, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (c *campaign) request(wallet *sui.PrivateKey) *traffic.Request {
	c.t.Helper()
	r, err := c.session(wallet).Request(identity)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// askMember asks one member until it says what it should.
func (c *campaign) askMember(m *campaigner, wallet *sui.PrivateKey, want int) (*traffic.Answer, []byte) {
	c.t.Helper()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		r := c.request(wallet)
		req, err := r.HTTP(m.front.URL)
		if err != nil {
			c.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil && res.StatusCode == want {
			a, err := r.Check(res.StatusCode, body, &m.public)
			if err != nil {
				c.t.Fatal(err)
			}
			return a, body
		}
		if time.Since(begin) > recoveryTime {
			c.t.Fatalf("a member says HTTP %d, want %d: %.300s", res.StatusCode, want, body)
		}
	}
}

// begin has the node say something else. Before, all members see once, by an honest
// node, who is allowed: what they see for the first time while it lies, no proof
// says is not of the past.
func (c *campaign) begin(p phase) {
	c.t.Helper()
	c.hostility.Store(nil)
	for _, m := range c.members {
		m.turned.Store(nil)
	}
	c.double.liar.tell(noLie)
	for _, m := range c.members {
		for _, w := range c.world.Members {
			c.askMember(m, w, http.StatusOK)
		}
		for _, w := range c.world.Strangers {
			c.askMember(m, w, http.StatusForbidden)
		}
	}
	if p.lie == lieStandsOff {
		time.Sleep(time.Until(c.double.parted.Add(staleness + time.Second)))
	}
	c.double.liar.tell(p.lie)
}

// round is one request.
func (c *campaign) round(p phase) {
	c.t.Helper()
	what := []string{"the node " + p.lie.name}
	done := map[int]traffic.Misdeed{}
	for _, i := range c.corrupted {
		d := traffic.Misdeeds[c.random.IntN(len(traffic.Misdeeds))]
		h := d.Do(c.members[i].corrupt)
		c.members[i].turned.Store(&h)
		done[i] = d
		what = append(what, fmt.Sprintf("member %d %s", i, d.Name))
	}
	at, misdeed := c.front.URL, (*traffic.AggregatorMisdeed)(nil)
	switch n := c.random.IntN(2 * len(traffic.AggregatorMisdeeds)); {
	case n < len(traffic.AggregatorMisdeeds):
		misdeed = &traffic.AggregatorMisdeeds[n]
		c.hostile++
		what = append(what, "the aggregator "+misdeed.Name)
	case n < len(traffic.AggregatorMisdeeds)*3/2:
		at = ""
	}
	c.hostility.Store(misdeed)
	who, allowed := c.world.Members[c.random.IntN(2)], c.random.IntN(2) == 0
	if !allowed {
		who = c.world.Strangers[c.random.IntN(len(c.world.Strangers))]
	}
	req, keys, reports, err := c.fetch(at, who)
	switch {
	case err == nil && !allowed:
		c.t.Errorf("a stranger got the key; %v", what)
	case !allowed:
		c.refused++
	case err == nil:
		c.released++
		if got, err := keys.Decrypt(c.sealed, seal.DecryptConfig{}); err != nil || string(got) != "secret" {
			c.t.Errorf("the key opens nothing: %v; %v", err, what)
		}
	case p.serves:
		c.t.Errorf("who is allowed got no key: %v; %v", err, what)
	default:
		c.starved++
	}
	for i, m := range reports {
		d := done[i]
		found, err := traffic.Judge(m, d.Bad, misdeed != nil)
		if err != nil {
			c.t.Errorf("%v; %v", err, what)
		}
		c.count[found]++
		if m.Err == nil && !allowed {
			c.given++ // by a corrupted member, or it fails below
			if c.members[i].corrupt == nil {
				c.t.Errorf("honest member %d gave its share to a stranger; %v", i, what)
			}
		}
		c.checkReceipt(req, i, m, d.Forges || misdeed != nil && misdeed.Forges, what)
	}
}

// fetch asks for the key as clients do, with an honest node of their own.
func (c *campaign) fetch(at string, who *sui.PrivateKey) (*seal.FetchKeyRequest, *seal.Keys, []seal.MemberReport, error) {
	c.t.Helper()
	client, err := seal.NewClient(seal.ClientConfig{Chain: c.client, Servers: []seal.ServerConfig{{ID: c.server, AggregatorURL: at}}})
	if err != nil {
		c.t.Fatal(err)
	}
	ask, err := c.session(who).Fetch(identity)
	if err != nil {
		c.t.Fatal(err)
	}
	keys, err := client.FetchKeys(c.t.Context(), ask)
	var few *seal.FetchError
	switch {
	case err == nil:
		return keys.Request, keys, keys.Reports[0].Members, nil
	case errors.As(err, &few):
		return few.Request, nil, few.Reports[0].Members, err
	}
	c.t.Fatalf("fetch: %v", err)
	return nil, nil, nil, nil
}

// checkReceipt checks the receipt of a member that released.
func (c *campaign) checkReceipt(req *seal.FetchKeyRequest, i int, m seal.MemberReport, mayBeForged bool, what []string) {
	c.t.Helper()
	if m.Err != nil || m.Receipt == "" {
		return
	}
	public := &c.members[i].public
	rec, err := receipt.Verify(m.Receipt, public.Receipts, public.Issuer)
	if err == nil {
		err = errors.Join(rec.CheckRequest(req, c.world.Contracts.Access.Original, ""), rec.CheckShares(m.Shares))
	}
	switch {
	case err == nil:
		c.receipts++
	case mayBeForged:
		c.forged++
	default:
		c.t.Errorf("receipt of member %d: %v; %v", i, err, what)
	}
}
