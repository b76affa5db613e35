package aggregate

import (
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// The campaign: 3 of 5 members, of whom up to two do as they like, together with
// an aggregator that does so too. FLOE_CAMPAIGN is the number of requests,
// FLOE_CAMPAIGN_SEED chooses who does what.
func TestCampaign(t *testing.T) {
	rounds, seed := number(t, "FLOE_CAMPAIGN", 25), number(t, "FLOE_CAMPAIGN_SEED", 1)
	c := newCampaign(t)
	r := mathrand.New(mathrand.NewPCG(uint64(seed), 0))
	for i := range rounds {
		c.round(r)
		if t.Failed() {
			t.Fatalf("request %d of seed %d", i, seed)
		}
	}
	if c.released == 0 || c.refused == 0 || c.blamed == 0 || c.bad != c.blamed+c.unheard {
		t.Errorf("released %d, refused %d, %d bad answers of which %d were blamed and %d not needed", c.released, c.refused, c.bad, c.blamed, c.unheard)
	}
	t.Logf("seed %d: %d requests; keys off policy: 0; refused to who is allowed: 0; honest members blamed: 0", seed, rounds)
	t.Logf("%d released, %d refused, %d of them with the help of corrupted members; %d hostile aggregators, %d passed over",
		c.released, c.refused, c.helped, c.hostile, c.passedOver)
	t.Logf("%d bad answers of members: %d blamed on who sent them, %d not needed by then; %d receipts checked, %d forged ones noticed; %d accusations that an aggregator made up, known for hearsay",
		c.bad, c.blamed, c.unheard, c.receipts, c.forged, c.madeUp)
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type campaign struct {
	*fixture
	aggregator *httptest.Server
	hostility  *traffic.AggregatorMisdeed // nil: honest
	ask        string
	sealed     *seal.EncryptedObject
	corrupt    []*traffic.Corrupt // by member: what it can be
	oldAnswer  seal.FetchKeyResponse

	released, refused, helped, hostile, passedOver int
	bad, blamed, unheard, receipts, forged, madeUp int
}

func newCampaign(t *testing.T) *campaign {
	c := &campaign{fixture: newFixtureOf(t, 3, 5)}
	for i := range c.members {
		m, another := c.members[i], c.members[(i+1)%5].share
		c.corrupt = append(c.corrupt, &traffic.Corrupt{Package: pkgID, Honest: m.honest, Share: m.share, Another: another,
			WithAnother: c.withShare(i, another), Fooled: c.memberBy(i, &law{all: true}, m.share), OtherID: seal.FullID(pkgID, otherID)})
	}
	s, url := c.fixture.aggregator(nil)
	honest := s.Handler()
	c.aggregator = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.hostility == nil {
			honest.ServeHTTP(w, r)
			return
		}
		answer, _ := traffic.Record(honest, r)
		status := c.hostility.Do(&c.oldAnswer, &answer)
		traffic.Send(w, status, &answer)
	}))
	t.Cleanup(c.aggregator.Close)
	// What can be replayed later.
	req, transport := c.request(c.reader, innerID)
	c.oldAnswer = *c.fixture.released(url, req, transport, innerID)
	for i, m := range c.members {
		_, _, c.corrupt[i].Old = c.post(m.http.URL, req)
	}
	client, err := seal.NewClient(seal.ClientConfig{Chain: c.chain, Servers: []seal.ServerConfig{{ID: committeeID}}})
	if err == nil {
		c.sealed, _, err = client.Encrypt(t.Context(), []byte("secret"), seal.EncryptConfig{Package: pkgID, ID: innerID, Threshold: 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// round is one request.
func (c *campaign) round(r *mathrand.Rand) {
	c.t.Helper()
	var what []string
	corrupted := map[int]traffic.Misdeed{}
	for _, i := range r.Perm(5)[:r.IntN(3)] {
		corrupted[i] = traffic.Misdeeds[r.IntN(len(traffic.Misdeeds))]
		what = append(what, fmt.Sprintf("member %d %s", i, corrupted[i].Name))
	}
	for i, m := range c.members {
		m.turns(nil)
		if d, ok := corrupted[i]; ok {
			m.turns(d.Do(c.corrupt[i]))
		}
	}
	forging := c.chooseAggregator(r, &what)
	who := c.reader
	if r.IntN(2) == 0 {
		who = c.stranger
	}
	req, keys, reports, err := c.fetch(who)
	if c.t.Failed() {
		return
	}
	switch {
	case who == c.stranger:
		c.refused++
		if len(corrupted) > 0 {
			c.helped++
		}
		if err == nil {
			c.t.Errorf("a stranger got the key; %v", what)
		}
	case err != nil:
		c.t.Errorf("who is allowed got no key: %v; %v", err, what)
	default:
		c.released++
		if got, err := keys.Decrypt(c.sealed, seal.DecryptConfig{}); err != nil || string(got) != "secret" {
			c.t.Errorf("the key opens nothing: %v; %v", err, what)
		}
	}
	for i, m := range reports {
		d := corrupted[i]
		c.judge(m, d.Bad, what)
		c.checkReceipt(req, i, m, forging || d.Forges, what)
	}
}

// chooseAggregator says through whom the request goes, and whether receipts
// may be forged on the way.
func (c *campaign) chooseAggregator(r *mathrand.Rand, what *[]string) (forging bool) {
	c.hostility, c.ask = nil, c.aggregator.URL
	all := traffic.AggregatorMisdeeds
	switch n := r.IntN(2 * len(all)); {
	case n < len(all):
		c.hostile++
		c.hostility = &all[n]
		*what = append(*what, "the aggregator "+c.hostility.Name)
		return c.hostility.Forges
	case n < len(all)*3/2:
		c.ask = ""
	}
	return false
}

// fetch asks for the key.
func (c *campaign) fetch(who *sui.PrivateKey) (*seal.FetchKeyRequest, *seal.Keys, []seal.MemberReport, error) {
	c.t.Helper()
	client, err := seal.NewClient(seal.ClientConfig{Chain: c.chain, Servers: []seal.ServerConfig{{ID: committeeID, AggregatorURL: c.ask}}})
	if err != nil {
		c.t.Fatal(err)
	}
	keys, err := client.FetchKeys(c.t.Context(), seal.FetchConfig{Session: c.session(who), PTB: c.program(innerID), IDs: [][]byte{innerID}})
	var few *seal.FetchError
	switch {
	case err == nil:
		if c.hostility != nil && keys.Reports[0].URL == "" {
			c.passedOver++
		}
		return keys.Request, keys, keys.Reports[0].Members, nil
	case errors.As(err, &few):
		return few.Request, nil, few.Reports[0].Members, err
	}
	c.t.Errorf("fetch: %v", err)
	return nil, nil, nil, err
}

// judge demands that who sent what is wrong is blamed, and nobody else.
func (c *campaign) judge(m seal.MemberReport, bad bool, what []string) {
	c.t.Helper()
	found, err := traffic.Judge(m, bad, c.hostility != nil)
	if err != nil {
		c.t.Errorf("%v; %v", err, what)
	}
	switch found {
	case traffic.Blamed:
		c.bad, c.blamed = c.bad+1, c.blamed+1
	case traffic.Unheard:
		c.bad, c.unheard = c.bad+1, c.unheard+1
	case traffic.Accused:
		c.madeUp++
	}
}

// checkReceipt checks the receipt of a member that released, as a reader with
// the member's keys does.
func (c *campaign) checkReceipt(req *seal.FetchKeyRequest, i int, m seal.MemberReport, mayBeForged bool, what []string) {
	c.t.Helper()
	if m.Err != nil || m.Receipt == "" {
		return
	}
	rec, err := receipt.Verify(m.Receipt, c.members[i].server.Services()[0].ReceiptKeys(), c.members[i].address)
	if err == nil {
		err = errors.Join(rec.CheckRequest(req, pkgID, ""), rec.CheckShares(m.Shares))
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
