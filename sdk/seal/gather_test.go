package seal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// The shares and the public key of Seal's own end-to-end test: version 0 of the
// committee is 2 of 3, version 1, after a rotation, 3 of 4. Who combines them
// right gets keys that the public key verifies.
func committeeVectors(t testing.TB) (shares [2][]*MasterKey, whole PublicKey) {
	t.Helper()
	for version, name := range []string{"v0", "v1"} {
		var all []string
		vector(t, "upstream.json", &all, "committee", name)
		for _, s := range all {
			shares[version] = append(shares[version], must[*MasterKey](t)(ParseMasterKey(unhex(t, s))))
		}
	}
	return shares, must[PublicKey](t)(ParsePublicKey(unhex(t, upstream(t, "committee", "pk"))))
}

// addCommittee registers a committee as Seal's Move package does.
func (c *fakeChain) addCommittee(id sui.Address, version uint32, threshold uint16, whole PublicKey, members []CommitteeMember) {
	c.add(id, 2, "", whole.Bytes())
	e := bcs.NewEncoder()
	e.Fixed(make([]byte, 32))
	e.U64(2)
	e.String("committee")
	e.U8(0)
	e.Bytes(whole.Bytes())
	e.ULEB(1)
	e.U32(version)
	e.U16(threshold)
	e.ULEB(uint64(len(members)))
	for _, m := range members {
		e.String(m.Name)
		e.String(m.URL)
		e.Bytes(m.PublicKey.Bytes())
		e.U16(m.PartyID)
	}
	c.fields[string(id[:])+string(binary.LittleEndian.AppendUint64(nil, 2))] = e.Data()
}

// committeeNet is a committee of three whose members are test servers.
type committeeNet struct {
	*testNet
	id     sui.Address
	shares [2][]*MasterKey
	whole  PublicKey
}

func newCommitteeNet(t *testing.T) *committeeNet {
	n := &committeeNet{testNet: newTestNet(t, 0), id: sui.Address{0xcc}}
	n.shares, n.whole = committeeVectors(t)
	for i, share := range n.shares[1] {
		s := &testServer{id: sui.Address{byte(i + 1)}, key: share, fullID: FullID(n.session.Package(), n.testNet.id)}
		s.http = httptest.NewServer(s)
		t.Cleanup(s.http.Close)
		n.servers = append(n.servers, s)
	}
	n.hold(0)
	n.show(0)
	n.cfg.Servers = []ServerConfig{{ID: n.id}}
	return n
}

// hold gives the members their shares of a version, show has the chain say so.
func (n *committeeNet) hold(version int) {
	for i, share := range n.shares[version] {
		n.servers[i].key = share
	}
}

func (n *committeeNet) show(version int) {
	var members []CommitteeMember
	for i, share := range n.shares[version] {
		members = append(members, CommitteeMember{fmt.Sprintf("m%d", i), n.servers[i].http.URL, share.PublicKey(), uint16(i)})
	}
	n.chain.addCommittee(n.id, uint32(version), uint16(version+2), n.whole, members)
}

// opens fetches the key, which has to open what is encrypted to the committee.
func (n *committeeNet) opens(t *testing.T) (*Keys, *Client) {
	t.Helper()
	keys, c, err := n.fetch(t, 1)
	if err != nil {
		t.Fatal(err)
	}
	o, _, err := c.Encrypt(t.Context(), []byte("hello"), EncryptConfig{Package: n.session.Package(), ID: n.testNet.id, Threshold: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := keys.Decrypt(o, DecryptConfig{}); err != nil || string(got) != "hello" {
		t.Errorf("decrypt = %q, %v", got, err)
	}
	return keys, c
}

func TestCommitteeDirectly(t *testing.T) {
	n := newCommitteeNet(t)
	keys, _ := n.opens(t)
	r := keys.Reports[0]
	if r.Name != "committee" || r.Receipt != "" || len(r.Members) != 3 {
		t.Fatalf("report %+v", r)
	}
	released := 0
	for i, m := range r.Members {
		if m.Err == nil {
			released++
			if m.Receipt != fmt.Sprintf("jwt of %d", i+1) || len(m.Shares) != 1 {
				t.Errorf("member %+v", m)
			}
		} else if !errors.Is(m.Err, ErrNotNeeded) {
			t.Errorf("member %d: %v", i, m.Err)
		}
	}
	if released != 2 {
		t.Errorf("%d members released", released)
	}
}

// What members may do wrong, and what is said of them. Two good ones are left.
var misdeeds = []struct {
	name, want string
	err        any // type of the member's error
	do         func(*committeeNet, *testServer)
}{
	{"wrong share", "not right under the public key", new(*MisbehaviorError), func(n *committeeNet, s *testServer) { s.key = n.shares[0][1] }},
	{"another identity", "was not asked for", new(*MisbehaviorError), func(_ *committeeNet, s *testServer) { s.fullID = []byte("x") }},
	{"no share", "sent no share of identity", new(*MisbehaviorError), answering(200, `{"decryption_keys":[]}`)},
	{"nonsense", "does not speak the protocol", new(*MisbehaviorError), answering(200, "<html>")},
	{"no point", "sent a share that is none", new(*MisbehaviorError), func(_ *committeeNet, s *testServer) {
		b, _ := json.Marshal(FetchKeyResponse{Keys: []EncryptedKey{{ID: s.fullID, EncryptedKey: [2][]byte{{1}, {2}}}}})
		answering(200, string(b))(nil, s)
	}},
	{"too many shares", "sent 2 shares for 1 identities", new(*MisbehaviorError), answering(200, `{"decryption_keys":[{},{}]}`)},
	{"huge answer", "more than", new(*MisbehaviorError), answering(200, strings.Repeat(" ", maxAnswer+1))},
	{"refuses", "says no", new(*ServerError), answering(403, `{"error":"NoAccess","message":"says no","receipt":"r"}`)},
	{"broken", "HTTP 502", new(*ServerError), answering(502, "bad gateway")},
	{"down", "connection refused", new(error), func(_ *committeeNet, s *testServer) { s.http.Close() }},
}

func answering(status int, body string) func(*committeeNet, *testServer) {
	return func(_ *committeeNet, s *testServer) {
		s.answer = func(w http.ResponseWriter, _ *FetchKeyRequest) bool {
			w.WriteHeader(status)
			w.Write([]byte(body))
			return true
		}
	}
}

// One member of three may do as it likes: the key is there, and the report says
// who did what.
func TestCommitteeBlames(t *testing.T) {
	for _, c := range misdeeds {
		t.Run(c.name, func(t *testing.T) {
			n := newCommitteeNet(t)
			c.do(n, n.servers[0])
			_, client := n.opens(t)
			f := must[*fetch](t)(client.newFetch(FetchConfig{Session: n.session, PTB: []byte{1}, IDs: [][]byte{n.testNet.id}}))
			server := client.servers[0]
			g := must[*gathering](t)(server.committeeFetch(server.loaded, f, must[[]byte](t)(json.Marshal(f.request))).gathering())
			for i := range g.reports {
				g.ask(t.Context(), i)
			}
			m := g.reports[0]
			if m.Err == nil || !errors.As(m.Err, c.err) || !strings.Contains(m.Err.Error(), c.want) || m.Name != "m0" {
				t.Errorf("member 0: %v, want %q", m.Err, c.want)
			}
			for _, m := range g.reports[1:] {
				if m.Err != nil {
					t.Errorf("member %d: %v", m.Party, m.Err)
				}
			}
		})
	}
}

// Two of three that refuse decide, and what they say is what the client hears.
func TestCommitteeRefuses(t *testing.T) {
	n := newCommitteeNet(t)
	for i, s := range n.servers[:2] {
		answering(403, fmt.Sprintf(`{"error":"NoAccess","message":"Access denied: not on the list","receipt":"r%d","reason":{"code":"c","rule":"u","remedy":"ask Alice"}}`, i))(n, s)
	}
	_, _, err := n.fetch(t, 1)
	var fe *FetchError
	var se *ServerError
	if !errors.Is(err, ErrNoAccess) || !errors.As(err, &fe) || !errors.As(err, &se) || se.Reason.Code != "c" {
		t.Fatalf("%v", err)
	}
	if ms := fe.Reports[0].Members; len(ms) != 3 || ms[0].Receipt != "r0" || ms[1].Receipt != "r1" || fe.Reports[0].Receipt != "" {
		t.Errorf("reports %+v", fe.Reports[0])
	}
	for _, want := range []string{"right shares, want 2", "m0", "m1", "not on the list", "ask Alice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestCommitteeErrorCause(t *testing.T) {
	no, full, down := ErrNoAccess, ErrServerFailure, errors.New("down")
	bad := &MisbehaviorError{Reason: "r"}
	for _, c := range []struct {
		errs []error
		want error
	}{
		{[]error{nil, no, full, no}, no},
		{[]error{down, no, nil}, no},
		{[]error{no, down, nil}, no},
		{[]error{down, bad, no}, down},
		{[]error{bad, nil, ErrNotNeeded}, bad},
		{[]error{full, no, ErrNotNeeded}, full},
	} {
		e := &CommitteeError{}
		for _, err := range c.errs {
			e.Members = append(e.Members, MemberReport{Err: err})
		}
		if got := e.Cause(); got != c.want {
			t.Errorf("%v: cause %v, want %v", c.errs, got, c.want)
		}
	}
}

// A committee that rotates while a client knows its old version goes on, and
// nobody is blamed for it.
func TestCommitteeRotates(t *testing.T) {
	n := newCommitteeNet(t)
	_, c := n.opens(t)
	n.hold(1)
	n.show(1)
	keys, err := c.FetchKeys(t.Context(), FetchConfig{Session: n.session, PTB: []byte{1}, IDs: [][]byte{n.testNet.id}})
	if err != nil {
		t.Fatal(err)
	}
	if len(keys.Reports[0].Members) != 4 {
		t.Errorf("report %+v", keys.Reports[0])
	}
}

// rotating is a committee of two versions, whose members answer with the shares that
// the test says.
type rotating struct {
	t         *testing.T
	shares    [2][]*MasterKey
	transport *TransportKey
}

func newRotating(t *testing.T) *rotating {
	r := &rotating{t: t, transport: must[*TransportKey](t)(NewTransportKey(rand.Reader))}
	r.shares, _ = committeeVectors(t)
	return r
}

func (r *rotating) committee(version int) *Committee {
	c := &Committee{Version: 4 + uint32(version), Threshold: 2 + uint16(version)}
	for i, s := range r.shares[version] {
		c.Members = append(c.Members, CommitteeMember{Name: fmt.Sprint("m", i), PublicKey: s.PublicKey(), PartyID: uint16(i)})
	}
	return c
}

func (r *rotating) fetch(c *Committee, share func(party uint16) *MasterKey) *CommitteeFetch {
	id := []byte("id")
	return &CommitteeFetch{Committee: c, Wanted: [][]byte{id}, To: r.transport.Public(),
		Ask: func(_ context.Context, m *CommitteeMember) (*FetchKeyResponse, error) {
			key := must[UserKey](r.t)(share(m.PartyID).Extract(rand.Reader, id))
			c0, c1 := must[EncryptedUserKey](r.t)(r.transport.Public().Encrypt(rand.Reader, key)).Points()
			return &FetchKeyResponse{Keys: []EncryptedKey{{ID: id, EncryptedKey: [2][]byte{c0, c1}}}}, nil
		}}
}

// A wrong share is blamed if the chain shows the same rotation after it came, and not
// otherwise: not if it shows another one, nor if it can't be read.
func TestCommitteeExcuses(t *testing.T) {
	r := newRotating(t)
	old := r.committee(0)
	for _, c := range []struct {
		now  *Committee
		want string // "": blamed
	}{{nil, "could not be asked"}, {old, ""}, {&Committee{Version: 5}, "rotated to version 5"}} {
		f := r.fetch(old, func(party uint16) *MasterKey {
			if party == 0 {
				return r.shares[1][0]
			}
			return r.shares[0][party]
		})
		asked := 0
		f.Reload = func(context.Context) *Committee { asked++; return c.now }
		keys := must[*CommitteeKeys](t)(f.Run(t.Context()))
		m := &keys.Members[0]
		switch {
		case errors.Is(m.Err, ErrNotNeeded):
			t.Error("the first answer was not needed")
		case m.misbehaved() != (c.want == "") || c.want != "" && !strings.Contains(m.Err.Error(), c.want) || asked != 1:
			t.Errorf("the chain, asked %d times, shows %+v: %v", asked, c.now, m.Err)
		}
	}
}

// Members notice a rotation some seconds after it: until then they send their shares of
// the version before, for which nobody is blamed.
func TestLateMembers(t *testing.T) {
	r := newRotating(t)
	stranger := must[*MasterKey](t)(NewMasterKey(rand.Reader))
	for _, before := range []*Committee{nil, r.committee(0)} {
		f := r.fetch(r.committee(1), func(party uint16) *MasterKey {
			return []*MasterKey{r.shares[0][0], stranger, r.shares[0][0], r.shares[1][3]}[party]
		})
		f.Before = before
		f.Reload = func(context.Context) *Committee { return f.Committee }
		_, err := f.Run(t.Context())
		var few *CommitteeError
		if !errors.As(err, &few) {
			t.Fatal(err)
		}
		g := must[*gathering](t)(f.gathering())
		for i := range g.reports {
			g.ask(t.Context(), i)
		}
		if m := g.reports[0]; m.misbehaved() != (before == nil) || before != nil && !strings.Contains(m.Err.Error(), "has not noticed") {
			t.Errorf("a share of the version before, when that is %v: %v", before, m.Err)
		}
		for _, i := range []int{1, 2} { // nobody's share, and that of another member
			if m := g.reports[i]; !m.misbehaved() {
				t.Errorf("member %d: %v", i, m.Err)
			}
		}
		if g.reports[3].Err != nil {
			t.Errorf("member 3: %v", g.reports[3].Err)
		}
	}
}

func TestCheckCommittee(t *testing.T) {
	n := newCommitteeNet(t)
	load := func() *KeyServer { return must[*KeyServer](t)(LoadKeyServer(t.Context(), n.chain, n.id)) }
	for version := range n.shares {
		n.show(version)
		if err := load().CheckCommittee(); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	for name, change := range map[string]func(*KeyServer){
		"another key":    func(ks *KeyServer) { ks.PublicKey = n.shares[0][0].PublicKey() },
		"another member": func(ks *KeyServer) { ks.Committee.Members[3].PublicKey = n.shares[0][0].PublicKey() },
		"members swapped": func(ks *KeyServer) {
			m := ks.Committee.Members
			m[0].PublicKey, m[1].PublicKey = m[1].PublicKey, m[0].PublicKey
		},
		"lower threshold":   func(ks *KeyServer) { ks.Committee.Threshold-- },
		"no threshold":      func(ks *KeyServer) { ks.Committee.Threshold = 0 },
		"threshold too big": func(ks *KeyServer) { ks.Committee.Threshold = 5 },
		"party ids":         func(ks *KeyServer) { ks.Committee.Members[0].PartyID = 1 },
	} {
		ks := load()
		change(ks)
		if err := ks.CheckCommittee(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Keys of one polynomial belong together, whatever the sizes, and one key that is
// another shows at each place.
func TestInterpolates(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3}, {2, 2}, {2, 3}, {3, 7}, {9, 9}, {20, 60}} {
		threshold, n := size[0], size[1]
		coefficients := make([]fr.Element, threshold)
		for i := range coefficients {
			coefficients[i] = must[fr.Element](t)(RandomScalar(rand.Reader))
		}
		at := func(x int) (k PublicKey) {
			point, y := fr.NewElement(uint64(x)), fr.Element{}
			for i := threshold - 1; i >= 0; i-- {
				y.Mul(&y, &point).Add(&y, &coefficients[i])
			}
			k.p.ScalarMultiplication(&generatorG2, scalarInt(&y))
			return k
		}
		whole, c := at(0), &Committee{Threshold: uint16(threshold)}
		for i := range n {
			c.Members = append(c.Members, CommitteeMember{PublicKey: at(i + 1), PartyID: uint16(i)})
		}
		if !c.interpolates(whole) {
			t.Errorf("%d of %d: refused", threshold, n)
		}
		if c.Threshold--; c.interpolates(whole) && threshold > 1 {
			t.Errorf("%d of %d: accepted for one less", threshold, n)
		}
		c.Threshold++
		for _, k := range append([]*PublicKey{&whole}, pointers(c.Members)...) {
			right := *k
			k.p.Add(&k.p, &generatorG2)
			if c.interpolates(whole) {
				t.Errorf("%d of %d: a key of another was accepted", threshold, n)
			}
			*k = right
		}
	}
}

func pointers(members []CommitteeMember) (out []*PublicKey) {
	for i := range members {
		out = append(out, &members[i].PublicKey)
	}
	return out
}

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
