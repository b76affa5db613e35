package seal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
