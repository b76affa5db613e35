package seal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// An aggregator that asks the members, and changes what it passes on.
type testAggregator struct {
	n      *committeeNet
	change func(*FetchKeyResponse) (status int)
	asked  int
	sdk    string
	to     TransportPublicKey // of the last request
}

func (a *testAggregator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked++
	a.sdk = r.Header.Get(HeaderSDKType)
	w.Header().Set(HeaderServerVersion, "0.6.10")
	var req FetchKeyRequest
	json.NewDecoder(r.Body).Decode(&req)
	body, _ := json.Marshal(req)
	ks, err := LoadKeyServer(r.Context(), a.n.chain, a.n.id)
	if err != nil {
		panic(err)
	}
	to, err := ParseTransportPublicKey(req.EncKey, req.VerificationKey)
	if err != nil {
		panic(err)
	}
	a.to = to
	keys, err := (&CommitteeFetch{Committee: ks.Committee, Wanted: [][]byte{a.n.servers[0].fullID}, To: to,
		Ask: func(ctx context.Context, m *CommitteeMember) (*FetchKeyResponse, error) {
			return (&Endpoint{URL: m.URL, Header: http.Header{HeaderSDKVersion: {"0.6.10"}}}).FetchKey(ctx, body)
		}}).Run(r.Context())
	var few *CommitteeError
	if errors.As(err, &few) {
		out := ErrorResponse{Type: "NoAccess", Message: "denied"}
		for _, m := range few.Members {
			out.Members = append(out.Members, m.Answer())
		}
		w.WriteHeader(403)
		json.NewEncoder(w).Encode(out)
		return
	}
	out := FetchKeyResponse{Keys: keys.Keys}
	for _, m := range keys.Members {
		out.Members = append(out.Members, m.Answer())
	}
	if a.change != nil {
		if status := a.change(&out); status != 0 {
			w.WriteHeader(status)
		}
	}
	json.NewEncoder(w).Encode(out)
}

func (n *committeeNet) aggregate(t *testing.T) *testAggregator {
	a := &testAggregator{n: n}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	n.cfg.Servers[0].AggregatorURL = s.URL
	return a
}

func TestCommitteeThroughAggregator(t *testing.T) {
	n := newCommitteeNet(t)
	a := n.aggregate(t)
	keys, _ := n.opens(t)
	released := slices.DeleteFunc(keys.Reports[0].Members, func(m MemberReport) bool { return m.Err != nil })
	if a.asked != 1 || a.sdk != "rust" || len(released) != 2 || !strings.HasPrefix(released[0].Receipt, "jwt of") || keys.Reports[0].URL != n.cfg.Servers[0].AggregatorURL {
		t.Errorf("%d requests by %s, report %+v", a.asked, a.sdk, keys.Reports[0])
	}
	// Seal's own aggregator says nothing of its members.
	a.change = func(r *FetchKeyResponse) int { r.Members = nil; return 0 }
	if keys, _ := n.opens(t); len(keys.Reports[0].Members) != 0 {
		t.Errorf("report %+v", keys.Reports[0])
	}
}

// What an aggregator says of a member is hearsay, which it could make up.
func TestAccusationsAreHearsay(t *testing.T) {
	n := newCommitteeNet(t)
	n.aggregate(t).change = func(r *FetchKeyResponse) int {
		for i := range r.Members {
			if m := &r.Members[i]; m.Outcome != OutcomeReleased {
				m.Outcome, m.Detail, m.Shares = OutcomeMisbehaved, "made up", []EncryptedKey{{ID: n.servers[0].fullID}}
			}
		}
		return 0
	}
	keys, _ := n.opens(t)
	accused := 0
	for _, m := range keys.Reports[0].Members {
		var bad *MisbehaviorError
		if errors.As(m.Err, &bad) {
			accused++
			if !bad.Hearsay || !strings.HasPrefix(bad.Error(), "the aggregator says that member") {
				t.Errorf("%v", bad)
			}
		}
	}
	if accused != 1 {
		t.Errorf("%d accused", accused)
	}
}

// Whatever an aggregator does: while enough members are up, the client has the
// right key and right reports, from the members themselves.
func TestHostileAggregator(t *testing.T) {
	var replay FetchKeyResponse
	var to TransportPublicKey
	for _, c := range []struct {
		name, want string
		change     func(*FetchKeyResponse) int
	}{
		{"swaps points", "verify user key", func(r *FetchKeyResponse) int {
			p := &r.Keys[0].EncryptedKey
			p[0], p[1] = p[1], p[0]
			return 0
		}},
		{"passes on one share as the key", "verify user key", func(r *FetchKeyResponse) int {
			for _, m := range r.Members {
				if m.Outcome == OutcomeReleased {
					r.Keys = m.Shares
				}
			}
			return 0
		}},
		{"drops the keys", "is missing in the answer", func(r *FetchKeyResponse) int { r.Keys = nil; return 0 }},
		{"replays an answer", "verify user key", func(r *FetchKeyResponse) int {
			if replay.Keys == nil {
				replay = *r
			}
			*r = replay
			return 0
		}},
		{"hides a member", "shows the shares of 1 members", func(r *FetchKeyResponse) int {
			i := slices.IndexFunc(r.Members, func(m MemberAnswer) bool { return m.Outcome == OutcomeReleased })
			r.Members = slices.Delete(r.Members, i, i+1)
			return 0
		}},
		{"encrypts the key anew", "other shares than those", func(r *FetchKeyResponse) int {
			c, err := ParseEncryptedUserKey(r.Keys[0].EncryptedKey[0], r.Keys[0].EncryptedKey[1])
			if err != nil {
				panic(err)
			}
			c.c0.Add(&c.c0, &generatorG1)
			c.c1.Add(&c.c1, &to.enc)
			r.Keys[0].EncryptedKey[0], r.Keys[0].EncryptedKey[1] = c.Points()
			return 0
		}},
		{"exchanges members", "as right what member", func(r *FetchKeyResponse) int {
			for i := range r.Members {
				r.Members[i].Party = 2 - r.Members[i].Party
			}
			return 0
		}},
		{"speaks of a stranger", "is not there, or twice", func(r *FetchKeyResponse) int { r.Members[0].Party = 3; return 0 }},
		{"names one twice", "is not there, or twice", func(r *FetchKeyResponse) int { r.Members[0].Party = 1; return 0 }},
		{"accuses an honest member", "accuses member", func(r *FetchKeyResponse) int {
			for i := range r.Members {
				if r.Members[i].Outcome == OutcomeReleased {
					r.Members[i].Outcome = OutcomeMisbehaved
				}
			}
			return 0
		}},
		{"refuses", "HTTP 403", func(*FetchKeyResponse) int { return 403 }},
		{"is broken", "HTTP 502", func(*FetchKeyResponse) int { return 502 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newCommitteeNet(t)
			a := n.aggregate(t)
			a.change = func(r *FetchKeyResponse) int { to = a.to; return c.change(r) }
			if c.name == "replays an answer" {
				n.opens(t) // is remembered
			}
			keys, client := n.opens(t)
			released := slices.DeleteFunc(slices.Clone(keys.Reports[0].Members), func(m MemberReport) bool { return m.Err != nil })
			if len(released) < 2 || keys.Reports[0].URL != "" {
				t.Errorf("report %+v", keys.Reports[0])
			}
			// The aggregator's own answer is not taken: it is what is reported
			// when the client can't reach the members.
			client.cfg.HTTP = &http.Client{Transport: only(n.cfg.Servers[0].AggregatorURL)}
			_, err := client.FetchKeys(t.Context(), FetchConfig{Session: n.session, PTB: []byte{1}, IDs: [][]byte{n.testNet.id}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("through the aggregator alone: %v, want %q", err, c.want)
			}
		})
	}
}

// only lets requests through to one server.
type only string

func (o only) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(string(o), "http://"+r.URL.Host) {
		return nil, errors.New("no route")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Whatever stands in an aggregator's answer, a key comes out of it only if the
// committee's public key says so, and no report of a member that is not there.
func FuzzAggregatorAnswer(f *testing.F) {
	shares, whole := committeeVectors(f)
	id := FullID(sui.Address{0xaa}, []byte("id"))
	transport := must[*TransportKey](f)(NewTransportKey(zeroes{}))
	c := &Committee{Threshold: 2}
	for i, s := range shares[0] {
		c.Members = append(c.Members, CommitteeMember{PublicKey: s.PublicKey(), PartyID: uint16(i)})
	}
	cf := &CommitteeFetch{Committee: c, Wanted: [][]byte{id}, To: transport.Public(),
		Ask: func(_ context.Context, m *CommitteeMember) (*FetchKeyResponse, error) {
			k := must[UserKey](f)(shares[0][m.PartyID].Extract(rand.Reader, id))
			c0, c1 := must[EncryptedUserKey](f)(transport.Public().Encrypt(rand.Reader, k)).Points()
			return &FetchKeyResponse{Keys: []EncryptedKey{{ID: id, EncryptedKey: [2][]byte{c0, c1}}}, Receipt: "r"}, nil
		}}
	keys := must[*CommitteeKeys](f)(cf.Run(f.Context()))
	seed := FetchKeyResponse{Keys: keys.Keys}
	for _, m := range keys.Members {
		seed.Members = append(seed.Members, m.Answer())
	}
	b, _ := json.Marshal(seed)
	f.Add(b)
	f.Add([]byte(`{"decryption_keys":[],"members":[{"party_id":0,"outcome":"released"},{"party_id":65535,"outcome":"misbehaved"}]}`))
	want := must[*fetch](f)(&fetch{transport: transport, wanted: [][]byte{id}}, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r FetchKeyResponse
		if json.Unmarshal(b, &r) != nil {
			return
		}
		g := must[*gathering](t)(cf.gathering())
		reports, err := g.checkMembers(r.Keys, r.Members)
		if err == nil && len(reports) != 0 && len(reports) != len(c.Members) {
			t.Errorf("%d reports", len(reports))
		}
		if got, err := want.open(r.Keys, whole); err == nil && got[string(id)].Verify(id, whole) != nil {
			t.Error("a wrong key is taken")
		}
	})
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}
