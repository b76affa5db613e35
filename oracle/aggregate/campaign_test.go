package aggregate

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/sealhttp"
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
	hostility  func(seal.FetchKeyResponse) (int, seal.FetchKeyResponse) // nil: honest
	ask        string
	sealed     *seal.EncryptedObject
	wrong      []http.Handler // by member: the server with another share
	fooled     []http.Handler // by member: the server whose node lies about the policy
	old        [][]byte       // by member: an answer to another request
	oldAnswer  seal.FetchKeyResponse

	released, refused, helped, hostile, passedOver int
	bad, blamed, unheard, receipts, forged, madeUp int
}

func newCampaign(t *testing.T) *campaign {
	c := &campaign{fixture: newFixtureOf(t, 3, 5)}
	for i := range c.members {
		c.wrong = append(c.wrong, c.withShare(i, c.members[(i+1)%5].share))
		c.fooled = append(c.fooled, c.memberBy(i, &law{all: true}, c.members[i].share))
	}
	s, url := c.fixture.aggregator(nil)
	honest := s.Handler()
	c.aggregator = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.hostility == nil {
			honest.ServeHTTP(w, r)
			return
		}
		answer, _ := record(honest, r)
		status, changed := c.hostility(answer)
		w.Header().Set(seal.HeaderServerVersion, sealhttp.Version)
		sealhttp.WriteJSON(w, status, changed)
	}))
	t.Cleanup(c.aggregator.Close)
	// What can be replayed later.
	req, transport := c.request(c.reader, innerID)
	c.oldAnswer = *c.fixture.released(url, req, transport, innerID)
	for _, m := range c.members {
		_, _, b := c.post(m.http.URL, req)
		c.old = append(c.old, b)
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

// record has a handler answer, and returns what it says.
func record(h http.Handler, r *http.Request) (answer seal.FetchKeyResponse, status int) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	json.Unmarshal(w.Body.Bytes(), &answer)
	return answer, w.Code
}

// A misdeed is something that a corrupted member does.
type misdeed struct {
	name string
	bad  bool // what it sends is no right share
	do   func(c *campaign, i int) http.Handler
}

var memberMisdeeds = []misdeed{
	{"wrong share", true, func(c *campaign, i int) http.Handler { return give(c.wrong[i], c.members[(i+1)%5].share) }},
	{"replays", true, func(c *campaign, i int) http.Handler { return answer(200, "", string(c.old[i])) }},
	{"nonsense", true, func(*campaign, int) http.Handler { return answer(200, "", `{"decryption_keys":[{"id":`) }},
	{"other identity", true, changing(func(r *seal.FetchKeyResponse) {
		for i := range r.Keys {
			r.Keys[i].ID = seal.FullID(pkgID, otherID)
		}
	})},
	{"swaps points", true, changing(func(r *seal.FetchKeyResponse) {
		for i := range r.Keys {
			p := &r.Keys[i].EncryptedKey
			p[0], p[1] = p[1], p[0]
		}
	})},
	{"no share", true, changing(func(r *seal.FetchKeyResponse) { r.Keys = nil })},
	{"a share too many", true, changing(func(r *seal.FetchKeyResponse) { r.Keys = append(r.Keys, r.Keys...) })},
	{"another's share", true, func(c *campaign, i int) http.Handler { return giveAway(c, (i+2)%5) }},
	{"gives to everybody", false, giveAway},
	{"is told by its node that all may", false, func(c *campaign, i int) http.Handler { return c.fooled[i] }},
	{"gives with a receipt of old", false, func(c *campaign, i int) http.Handler {
		var old seal.FetchKeyResponse
		json.Unmarshal(c.old[i], &old)
		return changing(func(r *seal.FetchKeyResponse) { r.Receipt, r.Opening = old.Receipt, old.Opening })(c, i)
	}},
	{"refuses everybody", false, func(*campaign, int) http.Handler {
		return answer(403, "", `{"error":"NoAccess","message":"Access denied: no"}`)
	}},
	{"broken", false, func(*campaign, int) http.Handler { return answer(500, "", "panic") }},
	{"silent", false, func(*campaign, int) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or the server does not notice that the client goes
			<-r.Context().Done()
		})
	}},
}

// changing is a member that gives to everybody, but changes what it gives.
func changing(change func(*seal.FetchKeyResponse)) func(*campaign, int) http.Handler {
	return func(c *campaign, i int) http.Handler {
		h := giveAway(c, i)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out, _ := record(h, r)
			change(&out)
			w.Header().Set(seal.HeaderServerVersion, sealhttp.Version)
			sealhttp.WriteJSON(w, 200, out)
		})
	}
}

// giveAway is a member that gives its share to whoever asks, whatever the
// policy says. Whom the policy allows gets a receipt too.
func giveAway(c *campaign, i int) http.Handler { return give(c.members[i].honest, c.members[i].share) }

func give(lawful http.Handler, share *seal.MasterKey) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		out, status := record(lawful, r)
		req, ref := sealhttp.ParseRequest(body, "")
		if ref == nil && status != 200 {
			to, _ := seal.ParseEncryptionKey(req.EncKey)
			for _, call := range req.Approval.Calls {
				id := seal.FullID(pkgID, call.ID)
				key, err := share.Extract(rand.Reader, id)
				if err != nil {
					panic(err)
				}
				sent, err := to.Encrypt(rand.Reader, key)
				if err != nil {
					panic(err)
				}
				c0, c1 := sent.Points()
				out.Keys = append(out.Keys, seal.EncryptedKey{ID: id, EncryptedKey: [2][]byte{c0, c1}})
			}
			out.Receipt = ""
		}
		w.Header().Set(seal.HeaderServerVersion, sealhttp.Version)
		sealhttp.WriteJSON(w, 200, out)
	})
}

// aggregatorMisdeeds are what a hostile aggregator makes of the honest answer.
var aggregatorMisdeeds = map[string]func(*campaign, *seal.FetchKeyResponse) int{
	"swaps points": func(_ *campaign, r *seal.FetchKeyResponse) int {
		for i := range r.Keys {
			p := &r.Keys[i].EncryptedKey
			p[0], p[1] = p[1], p[0]
		}
		return 200
	},
	"drops the keys":   func(_ *campaign, r *seal.FetchKeyResponse) int { r.Keys = nil; return 200 },
	"replays":          func(c *campaign, r *seal.FetchKeyResponse) int { *r = c.oldAnswer; return 200 },
	"refuses":          func(_ *campaign, r *seal.FetchKeyResponse) int { r.Keys = nil; return 403 },
	"passes on a part": func(_ *campaign, r *seal.FetchKeyResponse) int { r.Keys = firstShares(r); return 200 },
	"drops members":    func(_ *campaign, r *seal.FetchKeyResponse) int { r.Members = nil; return 200 },
	"hides one": func(_ *campaign, r *seal.FetchKeyResponse) int {
		for i, m := range r.Members {
			if m.Outcome == seal.OutcomeReleased {
				r.Members[i] = seal.MemberAnswer{Party: m.Party, Name: m.Name, Outcome: seal.OutcomeNotNeeded}
				break
			}
		}
		return 200
	},
	"accuses the honest": func(_ *campaign, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			r.Members[i].Outcome = seal.OutcomeMisbehaved
		}
		return 200
	},
	"makes up accusations": func(c *campaign, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			if m := &r.Members[i]; m.Outcome == seal.OutcomeNotNeeded {
				m.Outcome, m.Detail, m.Shares = seal.OutcomeMisbehaved, "made up", c.oldAnswer.Keys
			}
		}
		return 200
	},
	"exchanges receipts": func(_ *campaign, r *seal.FetchKeyResponse) int {
		for i := 1; i < len(r.Members); i++ {
			a, b := &r.Members[i-1], &r.Members[i]
			a.Receipt, b.Receipt = b.Receipt, a.Receipt
		}
		return 200
	},
	"forges receipts": func(_ *campaign, r *seal.FetchKeyResponse) int {
		for i := range r.Members {
			if parts := strings.Split(r.Members[i].Receipt, "."); len(parts) == 3 {
				r.Members[i].Receipt = parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
			}
		}
		return 200
	},
}

func firstShares(r *seal.FetchKeyResponse) []seal.EncryptedKey {
	for _, m := range r.Members {
		if len(m.Shares) > 0 {
			return m.Shares
		}
	}
	return nil
}

// round is one request.
func (c *campaign) round(r *mathrand.Rand) {
	c.t.Helper()
	var what []string
	corrupted := map[int]misdeed{}
	for _, i := range r.Perm(5)[:r.IntN(3)] {
		corrupted[i] = memberMisdeeds[r.IntN(len(memberMisdeeds))]
		what = append(what, fmt.Sprintf("member %d %s", i, corrupted[i].name))
	}
	for i, m := range c.members {
		m.turns(nil)
		if d, ok := corrupted[i]; ok {
			m.turns(d.do(c, i))
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
		d, isCorrupted := corrupted[i]
		c.judge(m, d.bad, forging, isCorrupted, what)
		c.checkReceipt(req, i, m, forging || d.name == "gives with a receipt of old", what)
	}
}

// chooseAggregator says through whom the request goes, and whether receipts
// may be forged on the way.
func (c *campaign) chooseAggregator(r *mathrand.Rand, what *[]string) (forging bool) {
	c.hostility, c.ask = nil, c.aggregator.URL
	names := []string{"swaps points", "drops the keys", "replays", "refuses", "passes on a part", "drops members", "hides one",
		"accuses the honest", "makes up accusations", "exchanges receipts", "forges receipts"}
	switch n := r.IntN(2 * len(names)); {
	case n < len(names):
		name := names[n]
		c.hostile++
		*what = append(*what, "the aggregator "+name)
		c.hostility = func(in seal.FetchKeyResponse) (int, seal.FetchKeyResponse) {
			return aggregatorMisdeeds[name](c, &in), in
		}
		return strings.HasSuffix(name, "receipts")
	case n < len(names)*3/2:
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
func (c *campaign) judge(m seal.MemberReport, bad, forging, corrupted bool, what []string) {
	c.t.Helper()
	var blamed *seal.MisbehaviorError
	isBlamed := errors.As(m.Err, &blamed)
	if isBlamed && blamed.Hearsay && c.hostility != nil && blamed.Reason == "made up" {
		c.madeUp++
		return
	}
	if isBlamed && (!bad || blamed.Party != m.Party) {
		c.t.Errorf("member %d is blamed: %v; %v", m.Party, m.Err, what)
	}
	if !bad {
		return
	}
	c.bad++
	switch {
	case isBlamed:
		c.blamed++
	case errors.Is(m.Err, seal.ErrNotNeeded):
		c.unheard++
	default:
		c.t.Errorf("member %d sent what is wrong and is not blamed: %v; %v", m.Party, m.Err, what)
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
