package aggregate

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/seal/sealtest"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

var (
	pkgID       = sui.Address{0xaa}
	policyID    = sui.Address{0xbb}
	committeeID = sui.Address{0xcc}
	innerID     = append(policyID[:], 1, 2, 3)
	otherID     = append(policyID[:], 4, 5, 6)
)

// scriptedChain holds one committee and one package.
type scriptedChain struct {
	mu    sync.Mutex
	field []byte // content of the committee's KeyServer
	err   error
	reads int
	read  chan struct{} // gets one element for each time that it is read, if there is room
}

func (c *scriptedChain) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	switch id {
	case pkgID:
		return &sui.Object{Package: &sui.MovePackage{ID: pkgID, Version: 1}}, nil
	case committeeID:
		e := bcs.NewEncoder()
		e.Fixed(id[:])
		e.U64(2)
		e.U64(2)
		return &sui.Object{Move: &sui.MoveObject{Type: sui.StructTag{Module: "key_server", Name: "KeyServer"}, Contents: e.Data()}}, nil
	}
	return nil, suirpc.ErrNotFound
}

func (c *scriptedChain) DynamicField(_ context.Context, parent sui.Address, _ sui.TypeTag, name []byte) (*sui.Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if parent != committeeID || !bytes.Equal(name, binary.LittleEndian.AppendUint64(nil, 2)) {
		return nil, errors.New("no such field")
	}
	c.reads++
	select {
	case c.read <- struct{}{}:
	default:
	}
	return &sui.Object{Move: &sui.MoveObject{Contents: bytes.Clone(c.field)}}, c.err
}

// show puts a committee on chain, in the layout of Seal's Move package.
func (c *scriptedChain) show(version uint32, threshold int, whole seal.PublicKey, members []*member) {
	e := bcs.NewEncoder()
	e.Fixed(make([]byte, 32))
	e.U64(2)
	e.String("0x" + hex.EncodeToString(committeeID[:]))
	e.U8(0)
	e.Bytes(whole.Bytes())
	e.ULEB(1)
	e.U32(version)
	e.U16(uint16(threshold))
	e.ULEB(uint64(len(members)))
	for i, m := range members {
		e.String(m.name)
		e.String(m.http.URL)
		e.Bytes(m.share.PublicKey().Bytes())
		e.U16(uint16(i))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.field = e.Data()
}

// law is a policy that allows a list of requesters, or all.
type law struct {
	mu      sync.Mutex
	allowed map[sui.Address]bool
	all     bool
}

func (l *law) Package(_ context.Context, id sui.Address) (policy.Package, error) {
	return policy.Package{First: id, Called: id, Version: 1}, nil
}

func (l *law) Evaluate(_ context.Context, q policy.Query) (policy.Evidence, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all || l.allowed[q.User] {
		return policy.Evidence{}, nil
	}
	return policy.Evidence{}, &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "not_listed", Rule: "you are not on the list", Remedy: "ask Alice"}}
}

func (l *law) VerifyWallet(context.Context, sui.Address, []byte, sui.Signature) error {
	return errors.New("not asked")
}

func (l *law) Ready(context.Context) error { return nil }

// A member is a key server with a share. What mischief makes of its handler is
// what the world meets.
type member struct {
	name    string
	address sui.Address
	share   *seal.MasterKey
	server  *keyserver.Server
	honest  http.Handler
	http    *httptest.Server

	mu       sync.Mutex
	mischief http.Handler // nil: honest
	asked    int
	header   http.Header // of the last key request
	body     []byte
}

func (m *member) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // who asked has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	m.mu.Lock()
	h := m.mischief
	if r.URL.Path == "/v1/fetch_key" {
		m.asked++
		m.header, m.body = r.Header, body
	}
	m.mu.Unlock()
	if h == nil {
		h = m.honest
	}
	h.ServeHTTP(w, r)
}

func (m *member) turns(h http.Handler) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mischief = h
}

// fixture is a committee of key servers, its chain, and wallets.
type fixture struct {
	t        *testing.T
	chain    *scriptedChain
	law      *law
	members  []*member
	whole    seal.PublicKey
	reader   *sui.PrivateKey // is allowed
	stranger *sui.PrivateKey
	count    *metrics.Metrics
	log      *bytes.Buffer
}

// newFixture starts the committee of Seal's own end-to-end test, 2 of 3.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	return startFixture(t, 2, sealtest.Shares(t, sealtest.Before), sealtest.Key(t))
}

// newFixtureOf starts a committee with a new key.
func newFixtureOf(t *testing.T, threshold, n int) *fixture {
	t.Helper()
	coefficients := make([]fr.Element, threshold)
	for i := range coefficients {
		coefficients[i].SetRandom()
	}
	at := func(x uint64) *seal.MasterKey {
		var sum, point fr.Element
		point.SetUint64(x)
		for i := threshold - 1; i >= 0; i-- {
			sum.Mul(&sum, &point)
			sum.Add(&sum, &coefficients[i])
		}
		b := sum.Bytes()
		return sealtest.Share(t, hex.EncodeToString(b[:]))
	}
	var shares []*seal.MasterKey
	for i := range n {
		shares = append(shares, at(uint64(i+1)))
	}
	return startFixture(t, threshold, shares, at(0).PublicKey())
}

func startFixture(t *testing.T, threshold int, shares []*seal.MasterKey, whole seal.PublicKey) *fixture {
	t.Helper()
	n := &fixture{t: t, chain: &scriptedChain{}, whole: whole, law: &law{allowed: map[sui.Address]bool{}},
		count: metrics.New(metrics.Build{API: "0.6.10"}), log: new(bytes.Buffer)}
	for i, share := range shares {
		m := &member{name: fmt.Sprintf("member-%d", i), address: sui.Address{0xd0, byte(i)}, share: share}
		m.http = httptest.NewServer(m)
		t.Cleanup(m.http.Close)
		n.members = append(n.members, m)
	}
	for i, m := range n.members {
		n.serve(i, m.share)
	}
	n.chain.show(0, threshold, whole, n.members)
	n.reader, n.stranger = n.wallet(), n.wallet()
	n.law.allowed[n.reader.Address()] = true
	return n
}

// serve makes member i a key server that holds a share.
func (n *fixture) serve(i int, share *seal.MasterKey) {
	n.t.Helper()
	m := n.members[i]
	m.share = share
	s := n.keyServer(i, n.law, share)
	m.server, m.honest = s, s.Handler()
}

func (n *fixture) wallet() *sui.PrivateKey {
	n.t.Helper()
	k, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		n.t.Fatal(err)
	}
	return k
}

// aggregator returns an aggregator and the address at which it is served.
func (n *fixture) aggregator(change func(*Config)) (*Server, string) {
	n.t.Helper()
	cfg := Config{ObjectID: committeeID, Chain: n.chain, Metrics: n.count, Log: slog.New(slog.NewTextHandler(n.log, nil))}
	if change != nil {
		change(&cfg)
	}
	s, err := New(n.t.Context(), cfg)
	if err != nil {
		n.t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	n.t.Cleanup(h.Close)
	return s, h.URL
}

// request is a correct request for the identities, as a client makes it.
func (n *fixture) request(who *sui.PrivateKey, ids ...[]byte) (*seal.FetchKeyRequest, *seal.TransportKey) {
	n.t.Helper()
	session := n.session(who)
	transport, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := session.NewRequest(n.program(ids...), transport.Public())
	if err != nil {
		n.t.Fatal(err)
	}
	return r, transport
}

func (n *fixture) session(who *sui.PrivateKey) *seal.SessionKey {
	n.t.Helper()
	s, err := seal.SignSessionKey(seal.SessionConfig{Package: pkgID, TTL: 10 * time.Minute, Now: time.Now(), Rand: rand.Reader}, who)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// program calls the policy for each identity.
func (n *fixture) program(ids ...[]byte) []byte {
	n.t.Helper()
	b := sui.NewBuilder()
	for _, id := range ids {
		b.Call(pkgID, "policy", "seal_approve", nil, b.Pure(id), b.SharedObject(policyID, 1, false))
	}
	a, err := seal.NewApproval(b)
	if err != nil {
		n.t.Fatal(err)
	}
	return a.Bytes()
}

// post sends a body as the npm client does.
func (n *fixture) post(url string, body any, change ...func(http.Header)) (int, http.Header, []byte) {
	n.t.Helper()
	b, ok := body.([]byte)
	if !ok {
		b, _ = json.Marshal(body)
	}
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", url+"/v1/fetch_key", bytes.NewReader(b))
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Client-Sdk-Version", "1.4.12")
	req.Header.Set("Client-Sdk-Type", "typescript")
	for _, c := range change {
		c(req.Header)
	}
	return n.do(req)
}

func (n *fixture) get(url string) (int, http.Header, []byte) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), "GET", url, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Client-Sdk-Version", "1.4.12")
	req.Header.Set("Client-Sdk-Type", "typescript")
	return n.do(req)
}

func (n *fixture) do(req *http.Request) (int, http.Header, []byte) {
	n.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		n.t.Fatal(err)
	}
	return res.StatusCode, res.Header, b.Bytes()
}

// refused posts a request and demands status and error type.
func (n *fixture) refused(url string, body any, status int, typ string, change ...func(http.Header)) seal.ErrorResponse {
	n.t.Helper()
	got, _, b := n.post(url, body, change...)
	var e seal.ErrorResponse
	json.Unmarshal(b, &e)
	if got != status || e.Type != typ {
		n.t.Errorf("HTTP %d %s, want %d %s", got, b, status, typ)
	}
	return e
}

// released posts a request and demands keys that the committee's public key
// verifies, one for each identity.
func (n *fixture) released(url string, r *seal.FetchKeyRequest, transport *seal.TransportKey, ids ...[]byte) *seal.FetchKeyResponse {
	n.t.Helper()
	status, _, b := n.post(url, r)
	var out seal.FetchKeyResponse
	if err := json.Unmarshal(b, &out); status != 200 || err != nil || len(out.Keys) != len(ids) {
		n.t.Fatalf("HTTP %d %s", status, b)
	}
	for i, id := range ids {
		c, err := seal.ParseEncryptedUserKey(out.Keys[i].EncryptedKey[0], out.Keys[i].EncryptedKey[1])
		if err != nil {
			n.t.Fatal(err)
		}
		key, err := transport.Open(c)
		if err == nil {
			err = key.Verify(seal.FullID(pkgID, id), n.whole)
		}
		if err != nil {
			n.t.Errorf("identity %d: %v", i, err)
		}
	}
	return &out
}

// withShare is member i as it would be with another share. It answers by the
// law, and writes receipts.
func (n *fixture) withShare(i int, share *seal.MasterKey) http.Handler {
	n.t.Helper()
	return n.memberBy(i, n.law, share)
}

// memberBy is member i with another law and share, and a log of its own.
func (n *fixture) memberBy(i int, l *law, share *seal.MasterKey) http.Handler {
	n.t.Helper()
	return n.keyServer(i, l, share).Handler()
}

func (n *fixture) keyServer(i int, l *law, share *seal.MasterKey) *keyserver.Server {
	n.t.Helper()
	s, err := keyserver.New(keyserver.Config{Evaluator: l, Services: []keyserver.ServiceConfig{{
		ObjectID: committeeID, Issuer: n.members[i].address, Key: keyserver.FixedKey(share), JournalDir: n.t.TempDir(),
		ReceiptKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i + 1)}, 32)),
	}}})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return s
}
