package keyserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	pkgID     = sui.Address{0xaa}
	policyID  = sui.Address{0xbb}
	serverID  = sui.Address{0x5e}
	innerID   = append(policyID[:], 1, 2, 3)
	startTime = time.UnixMilli(1767323045000)
)

// fakeEvaluator knows one package and says what it is told to.
type fakeEvaluator struct {
	first    sui.Address // of package pkgID
	version  uint64      // of package pkgID; 0: 1
	err      error       // of Evaluate
	pkgErr   error
	mu       sync.Mutex // guards queries and user
	queries  int
	user     sui.Address // of the last one
	evidence policy.Evidence

	wallet error  // of VerifyWallet
	asked  string // the message that it was last asked about
}

func (e *fakeEvaluator) Package(_ context.Context, id sui.Address) (policy.Package, error) {
	first := id
	if id == pkgID {
		first = e.first
	}
	return policy.Package{First: first, Called: id, Version: max(1, e.version)}, e.pkgErr
}

func (e *fakeEvaluator) Evaluate(_ context.Context, q policy.Query) (policy.Evidence, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queries++
	e.user = q.User
	return e.evidence, e.err
}

func (e *fakeEvaluator) VerifyWallet(_ context.Context, _ sui.Address, message []byte, _ sui.Signature) error {
	e.asked = string(message)
	return e.wallet
}

func (e *fakeEvaluator) Ready(context.Context) error { return e.err }

// fixture is a started key server and a wallet that asks it.
type fixture struct {
	t      testing.TB
	server *Server
	eval   *fakeEvaluator

	evaluator policy.Evaluator // nil: eval
	master    *seal.MasterKey
	wallet    *sui.PrivateKey
	now       time.Time
	mu        sync.Mutex // guards now against the server's own goroutines
	dir       string
	owner     OwnerFunc
	count     *metrics.Metrics

	services []ServiceConfig
	limits   *limits.Limiter
	accounts *accounts.Verifier
}

func (f *fixture) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// start starts an open server.
func start(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.open()
	return f
}

// open serves one service for all packages.
func (f *fixture) open() {
	f.t.Helper()
	f.services = []ServiceConfig{{ObjectID: serverID, Key: FixedKey(f.master), JournalDir: f.dir,
		ReceiptKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))}}
	f.serve()
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, eval: &fakeEvaluator{first: pkgID}, now: startTime, dir: t.TempDir(), count: metrics.New(metrics.Build{API: Version})}
	var err error
	if f.master, err = seal.NewMasterKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if f.wallet, err = sui.GenerateKey(sui.Ed25519, rand.Reader); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if f.server == nil {
			return
		}
		if err := f.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) serve() {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	if f.evaluator == nil {
		f.evaluator = f.eval
	}
	f.server, err = Start(f.t.Context(), Config{
		Services: f.services, Evaluator: f.evaluator, MaxClockBehind: time.Minute, Now: f.time, Metrics: f.count, Limits: f.limits, Accounts: f.accounts,
		Owner: func(ctx context.Context, id sui.Address) (sui.Address, error) { return f.owner(ctx, id) },
	}, l)
	if err != nil {
		f.t.Fatal(err)
	}
}

// service is the one that f.server has.
func (f *fixture) service() *Service { return f.server.Services()[0] }

// restart stops the server and starts it anew over the same files.
func (f *fixture) restart() {
	f.t.Helper()
	if err := f.server.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.serve()
}

// ptb is a policy call with a policy object.
func ptb(t testing.TB, pkg sui.Address) []byte {
	t.Helper()
	b := sui.NewBuilder()
	b.Call(pkg, "policy", "seal_approve", nil, b.Pure(innerID), b.SharedObject(policyID, 1, false))
	a, err := seal.NewApproval(b)
	if err != nil {
		t.Fatal(err)
	}
	return a.Bytes()
}

// request is a correct request, signed by the wallet at the current time.
func (f *fixture) request(change func(*seal.SessionConfig)) (*seal.FetchKeyRequest, *seal.TransportKey) {
	return f.requestFor(pkgID, change)
}

func (f *fixture) requestFor(pkg sui.Address, change func(*seal.SessionConfig)) (*seal.FetchKeyRequest, *seal.TransportKey) {
	f.t.Helper()
	cfg := seal.SessionConfig{Package: pkg, TTL: 10 * time.Minute, Now: f.now, Rand: rand.Reader}
	if change != nil {
		change(&cfg)
	}
	s, err := seal.SignSessionKey(cfg, f.wallet)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.by(s, ptb(f.t, pkg))
}

// signed is a correct request that asks what a program does.
func (f *fixture) signed(pkg sui.Address, program []byte) *seal.FetchKeyRequest {
	f.t.Helper()
	s, err := seal.SignSessionKey(seal.SessionConfig{Package: pkg, TTL: 10 * time.Minute, Now: f.now, Rand: rand.Reader}, f.wallet)
	if err != nil {
		f.t.Fatal(err)
	}
	r, _ := f.by(s, program)
	return r
}

// by is a request of a session key.
func (f *fixture) by(s *seal.SessionKey, program []byte) (*seal.FetchKeyRequest, *seal.TransportKey) {
	f.t.Helper()
	tk, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := s.NewRequest(program, tk.Public())
	if err != nil {
		f.t.Fatal(err)
	}
	return r, tk
}

// post sends a body as the npm client does and returns the answer.
func (f *fixture) post(body any) (int, http.Header, []byte) {
	return f.postTo("/v1/fetch_key", body)
}

func (f *fixture) postTo(path string, body any) (int, http.Header, []byte) {
	f.t.Helper()
	b, ok := body.([]byte)
	if !ok {
		b, _ = json.Marshal(body)
	}
	req, _ := http.NewRequest("POST", f.server.URL()+path, bytes.NewReader(b))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Client-Sdk-Version", "1.4.12")
	req.Header.Set("Client-Sdk-Type", "typescript")
	return f.do(req)
}

func (f *fixture) do(req *http.Request) (int, http.Header, []byte) {
	f.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// refused posts a request and demands status and error type.
func (f *fixture) refused(body any, status int, typ string) seal.ErrorResponse {
	f.t.Helper()
	got, _, b := f.post(body)
	var e seal.ErrorResponse
	json.Unmarshal(b, &e)
	if got != status || e.Type != typ {
		f.t.Errorf("HTTP %d %s, want %d %s", got, b, status, typ)
	}
	return e
}

// log verifies the whole receipt log as a stranger would and returns it.
func (f *fixture) log() []*receipt.Receipt {
	f.t.Helper()
	get := func(path string, out any) {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		status, _, b := f.do(req)
		if status != 200 {
			f.t.Fatalf("%s: HTTP %d", path, status)
		}
		if raw, ok := out.(*[]byte); ok {
			*raw = b
		} else if err := json.Unmarshal(b, out); err != nil {
			f.t.Fatal(err)
		}
	}
	var jwks []byte
	get("/.well-known/jwks.json", &jwks)
	keys, err := receipt.ParseKeySet(jwks)
	if err != nil {
		f.t.Fatal(err)
	}
	var all []string
	for next := "0"; ; {
		var page struct {
			Receipts []struct {
				Seq uint64 `json:"seq"`
				JWT string `json:"jwt"`
			} `json:"receipts"`
			Next json.Number `json:"next"`
		}
		get("/v1/receipts?limit=2&after="+next, &page)
		if len(page.Receipts) == 0 {
			break
		}
		for _, r := range page.Receipts {
			all = append(all, r.JWT)
		}
		next = page.Next.String()
	}
	rs, err := receipt.VerifyChain(serverID, keys, all)
	if err != nil {
		f.t.Fatal(err)
	}
	return rs
}

func TestReleaseAndReceipt(t *testing.T) {
	f := start(t)
	f.eval.evidence = policy.Evidence{Checkpoint: &receipt.Checkpoint{Sequence: 42, Digest: "d"}}
	req, tk := f.request(nil)
	status, header, b := f.post(req)
	var res seal.FetchKeyResponse
	if err := json.Unmarshal(b, &res); status != 200 || err != nil {
		t.Fatalf("HTTP %d: %s", status, b)
	}
	if header.Get("X-KeyServer-Version") != "0.6.10" || header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("header %v", header)
	}
	c, err := seal.ParseEncryptedUserKey(res.Keys[0].EncryptedKey[0], res.Keys[0].EncryptedKey[1])
	if err != nil {
		t.Fatal(err)
	}
	key, err := tk.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Verify(seal.FullID(pkgID, innerID), f.master.PublicKey()); err != nil {
		t.Error(err)
	}
	rs := f.log()
	if len(rs) != 1 || rs[0].Raw != res.Receipt {
		t.Fatalf("%d receipts in the log", len(rs))
	}
	r := rs[0]
	want := receipt.HashShares([]receipt.Share{{FullID: res.Keys[0].ID, C0: res.Keys[0].EncryptedKey[0], C1: res.Keys[0].EncryptedKey[1]}})
	if r.Decision != receipt.Release || *r.ShareCommitment != want || r.Checkpoint.Sequence != 42 || r.Package.ID != pkgID {
		t.Errorf("claims %+v", r.Claims)
	}
	if len(r.Policies) != 1 || r.Policies[0].ID != policyID {
		t.Errorf("policies %+v", r.Policies)
	}
	opening := receipt.Opening{Salt: [32]byte(res.Opening.Salt), Requester: res.Opening.Requester}
	if err := opening.Check(&r.Claims); err != nil || opening.Requester != f.wallet.Address() {
		t.Errorf("opening %+v: %v", opening, err)
	}
	if strings.Contains(r.Raw, f.wallet.Address().String()[2:]) {
		t.Error("receipt shows the requester")
	}
}

func TestRefusalOfPolicy(t *testing.T) {
	f := start(t)
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "c", Rule: "not on the list", Remedy: "ask Alice"}}
	req, _ := f.request(nil)
	e := f.refused(req, 403, "NoAccess")
	if e.Message != "Access denied: not on the list; ask Alice (c)" || e.Reason.Remedy != "ask Alice" || e.Opening == nil {
		t.Errorf("%+v", e)
	}
	f.eval.err = errors.New("node down")
	e2 := f.refused(req, 503, "Failure")
	if strings.Contains(e2.Message, "node down") || e2.Message != "Internal server error, please try again later: the request could not be decided; "+
		"try again in some seconds; if it stays, tell the operator of the key server (internal)" {
		t.Errorf("%+v", e2)
	}
	f.eval.err = nil
	if status, _, b := f.post(req); status != 200 {
		t.Errorf("after the failure: HTTP %d %s", status, b)
	}
	rs := f.log()
	if len(rs) != 3 || rs[0].Raw != e.Receipt || rs[0].Decision != receipt.Refuse || rs[0].Reason.Code != "c" ||
		rs[1].Reason.Code != "internal" || rs[2].Decision != receipt.Release || rs[2].Policies[0].Sequence != 3 {
		t.Errorf("log %+v", rs)
	}
}

func TestAuthentication(t *testing.T) {
	f := start(t)
	good := func(change func(*seal.SessionConfig)) *seal.FetchKeyRequest { r, _ := f.request(change); return r }
	other, err := sui.GenerateKey(sui.Secp256k1, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func() *seal.FetchKeyRequest
		status int
		typ    string
		code   string
	}{
		{"expired", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(-10*time.Minute - time.Millisecond) })
		}, 403, "InvalidCertificate", "session_expired"},
		{"just alive", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(-10 * time.Minute) })
		}, 200, "", ""},
		{"from the future", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(5*time.Second + time.Millisecond) })
		}, 403, "InvalidCertificate", "session_in_future"},
		{"slightly ahead", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(5 * time.Second) })
		}, 200, "", ""},
		{"too long", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 31; return r },
			403, "InvalidCertificate", "session_too_long"},
		{"TTL that wraps in 16 bits", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 1093; return r },
			403, "InvalidCertificate", "session_too_long"},
		{"another PTB", func() *seal.FetchKeyRequest { r := good(nil); r.PTB = ptb(t, sui.Address{1}); return r },
			403, "InvalidSessionSignature", "invalid_session_signature"},
		{"another session key", func() *seal.FetchKeyRequest {
			r := good(nil)
			r.Certificate.SessionKey = good(nil).Certificate.SessionKey
			return r
		}, 403, "InvalidSessionSignature", "invalid_session_signature"},
		{"another user", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.User = other.Address(); return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"another package", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Package = sui.Address{9} })
		}, 403, "InvalidSignature", "invalid_wallet_signature"},
		{"longer life than signed", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 20; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"a damaged multisig", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.Signature = []byte{3, 1}; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"an unknown scheme", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.Signature = []byte{9, 1}; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"zkLogin that the chain refuses", func() *seal.FetchKeyRequest {
			f.eval.wallet = &policy.Refusal{Kind: policy.InvalidSignature, Reason: seal.Reason{Code: "refused"}}
			r := good(nil)
			r.Certificate.Signature = []byte{5, 1}
			return r
		}, 403, "InvalidSignature", "refused"},
		{"zkLogin that the chain accepts", func() *seal.FetchKeyRequest {
			f.eval.wallet = nil
			r := good(nil)
			r.Certificate.Signature = []byte{5, 1}
			return r
		}, 200, "", ""},
		{"a name", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.MVRName = "@my/package" })
		}, 403, "InvalidMVRName", "mvr_unsupported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t = t
			before := f.eval.queries
			status, _, b := f.post(c.change())
			var e seal.ErrorResponse
			json.Unmarshal(b, &e)
			if status != c.status || e.Type != c.typ || c.code != "" && (e.Reason == nil || e.Reason.Code != c.code) {
				t.Errorf("HTTP %d %s, want %d %s %s", status, b, c.status, c.typ, c.code)
			}
			if c.status != 200 && f.eval.queries != before {
				t.Error("the policy was evaluated for a request that is not authenticated")
			}
			if status != 200 && e.Receipt != "" {
				t.Error("a request that is not authenticated got a receipt")
			}
		})
	}
	f.t = t
	if n := len(f.log()); n != 3 {
		t.Errorf("%d receipts, want 3: of the releases", n)
	}
	if want := "Accessing keys of package " + pkgID.String() + " for 10 mins"; !strings.HasPrefix(f.eval.asked, want) {
		t.Errorf("the chain was asked about %q, want %q", f.eval.asked, want)
	}
}

func TestWallets(t *testing.T) {
	for _, scheme := range []sui.Scheme{sui.Ed25519, sui.Secp256k1, sui.Secp256r1} {
		f := start(t)
		var err error
		if f.wallet, err = sui.GenerateKey(scheme, rand.Reader); err != nil {
			t.Fatal(err)
		}
		req, _ := f.request(nil)
		if status, _, b := f.post(req); status != 200 {
			t.Errorf("%s: HTTP %d %s", scheme, status, b)
		}
	}
}

// The identity and the signed message use the first version of the package,
// whichever version is called.
func TestUpgradedPackage(t *testing.T) {
	f := start(t)
	first := sui.Address{0xf1}
	f.eval.first = first
	req, tk := f.request(func(c *seal.SessionConfig) { c.Package = first })
	status, _, b := f.post(req)
	var res seal.FetchKeyResponse
	if err := json.Unmarshal(b, &res); status != 200 || err != nil {
		t.Fatalf("HTTP %d: %s", status, b)
	}
	c, _ := seal.ParseEncryptedUserKey(res.Keys[0].EncryptedKey[0], res.Keys[0].EncryptedKey[1])
	key, _ := tk.Open(c)
	if err := key.Verify(seal.FullID(first, innerID), f.master.PublicKey()); err != nil {
		t.Error(err)
	}
	// A session for the called version is none for the namespace.
	req, _ = f.request(nil)
	f.refused(req, 403, "InvalidSignature")
}

func TestUnknownPackage(t *testing.T) {
	f := start(t)
	f.eval.pkgErr = &policy.Refusal{Kind: policy.InvalidPackage, Reason: seal.Reason{Code: "package_not_found", Rule: "r"}}
	req, _ := f.request(nil)
	if e := f.refused(req, 403, "InvalidPackage"); e.Message != "Invalid package ID: r (package_not_found)" || e.Receipt == "" {
		t.Errorf("%+v", e)
	}
}

func TestMalformedRequests(t *testing.T) {
	f := start(t)
	good, _ := f.request(nil)
	change := func(path string, v any) []byte {
		b, _ := json.Marshal(good)
		var m map[string]any
		json.Unmarshal(b, &m)
		at := m
		if sub, field, ok := strings.Cut(path, "."); ok {
			at, path = m[sub].(map[string]any), field
		}
		at[path] = v
		b, _ = json.Marshal(m)
		return b
	}
	for name, c := range map[string]struct {
		body   []byte
		status int
	}{
		"empty":              {nil, 400},
		"no JSON":            {[]byte("{"), 400},
		"truncated":          {change("ptb", "AA==")[:100], 400},
		"a list":             {[]byte("[]"), 422},
		"no fields":          {[]byte("{}"), 422},
		"no base64":          {change("ptb", "%"), 403}, // that is about the program, see TestSealsWords
		"no program":         {change("ptb", nil), 422},
		"program as a list":  {change("ptb", []int{1}), 422},
		"no base64 in a key": {change("enc_key", "%"), 422},
		"short enc_key":      {change("enc_key", "AAAA"), 422},
		"bad enc_key":        {change("enc_key", strings.Repeat("A", 64)), 403}, // not what the session key signed
		"user without 0x":    {change("certificate.user", "x"), 422},
		"negative TTL":       {change("certificate.ttl_min", -1), 422},
		"TTL above 16 bits":  {change("certificate.ttl_min", 65536), 422},
		"time as a string":   {change("certificate.creation_time", "1"), 422},
		"no signature":       {change("certificate.signature", ""), 422},
		"PTB that is no BCS": {change("ptb", "AAAA"), 403},
		"too large":          {change("ptb", strings.Repeat("A", sealhttp.MaxBody)), 413},
	} {
		if status, _, b := f.post(c.body); status != c.status {
			t.Errorf("%s: HTTP %d %s, want %d", name, status, b, c.status)
		}
	}
	req, _ := http.NewRequest("POST", f.server.URL()+"/v1/fetch_key", strings.NewReader("{}"))
	req.Header.Set("Client-Sdk-Version", "1.4.12")
	if status, _, _ := f.do(req); status != 415 {
		t.Errorf("no content type: HTTP %d", status)
	}
}

// Halves of a transport key that do not fit harm only who sends them: the
// answer opens with the first half's secret, and nobody can hold the server's
// share for bad, since a pair that does not fit can't be verified with.
func TestTransportKeysThatDoNotFit(t *testing.T) {
	f := start(t)
	a, _ := seal.NewTransportKey(rand.Reader)
	b, _ := seal.NewTransportKey(rand.Reader)
	mixed := f.mix(a.Public(), b.Public())
	status, _, body := f.post(mixed)
	var answer seal.FetchKeyResponse
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
		t.Fatalf("HTTP %d %s", status, body)
	}
	c, err := seal.ParseEncryptedUserKey(answer.Keys[0].EncryptedKey[0], answer.Keys[0].EncryptedKey[1])
	if err != nil {
		t.Fatal(err)
	}
	if k, err := a.Open(c); err != nil || k.Verify(answer.Keys[0].ID, f.master.PublicKey()) != nil {
		t.Errorf("the share is bad: %v", err)
	}
	if _, err := seal.ParseTransportPublicKey(mixed.EncKey, mixed.VerificationKey); err == nil {
		t.Error("a pair that does not fit can be verified with")
	}
	mixed = f.mix(a.Public(), b.Public())
	mixed.VerificationKey = make([]byte, 96)
	if status, _, body := f.post(mixed); status != 403 || !strings.Contains(string(body), "InvalidSessionSignature") {
		t.Errorf("a half that was not signed: HTTP %d %s", status, body)
	}
}

// mix builds a signed request whose transport keys hold different secrets.
func (f *fixture) mix(enc, verification seal.TransportPublicKey) *seal.FetchKeyRequest {
	f.t.Helper()
	seed := bytes.Repeat([]byte{3}, 32)
	s, err := seal.SignSessionKey(seal.SessionConfig{Package: pkgID, TTL: time.Minute, Now: f.now, Rand: bytes.NewReader(seed)}, f.wallet)
	if err != nil {
		f.t.Fatal(err)
	}
	r := &seal.FetchKeyRequest{PTB: ptb(f.t, pkgID), EncKey: enc.EncKey(), VerificationKey: verification.VerificationKey(), Certificate: s.Certificate()}
	r.RequestSignature = ed25519.Sign(ed25519.NewKeyFromSeed(seed), r.SignedBytes())
	return r
}

func TestJournalUnavailable(t *testing.T) {
	f := start(t)
	req, _ := f.request(nil)
	f.service().journal.Close()
	e := f.refused(req, 503, "Failure")
	if e.Reason == nil || e.Reason.Code != "journal_unavailable" || e.Receipt != "" {
		t.Errorf("%+v", e)
	}
	if b, _ := os.ReadFile(f.dir + "/receipts.jwt"); len(b) != 0 {
		t.Errorf("journal holds %s", b)
	}
}

func TestTooManyRequests(t *testing.T) {
	f := start(t)
	for range cap(f.server.slots) {
		f.server.slots <- struct{}{}
	}
	req, _ := f.request(nil)
	f.refused(req, 429, "TooManyRequests")
	for range cap(f.server.slots) {
		<-f.server.slots
	}
	if status, _, b := f.post(req); status != 200 {
		t.Errorf("afterwards: HTTP %d %s", status, b)
	}
}

func TestSDKVersions(t *testing.T) {
	for _, c := range []struct{ version, typ, want string }{
		{"1.4.12", "typescript", ""}, {"0.4.5", "typescript", ""}, {"0.4.4", "typescript", "DeprecatedSDKVersion"},
		{"1.0.0-beta.1", "typescript", "DeprecatedSDKVersion"}, {"0.6.1", "aggregator", "DeprecatedSDKVersion"},
		{"0.0.1", "rust", ""}, {"0.0.1", "", ""}, {"0.0.1", "go", ""}, {"1.0.0-beta", "go", ""},
		{"", "typescript", "MissingRequiredHeader"}, {"1.4", "typescript", "InvalidSDKVersion"},
		{"v1.4.0", "typescript", "InvalidSDKVersion"}, {"x", "", "InvalidSDKVersion"},
	} {
		h := http.Header{}
		if c.version != "" {
			h.Set("Client-Sdk-Version", c.version)
		}
		h.Set("Client-Sdk-Type", c.typ)
		got := ""
		if r := DefaultSDK.Check(h); r != nil {
			got = r.Type
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.typ, c.version, got, c.want)
		}
	}
}

func TestServiceAndProbes(t *testing.T) {
	f := start(t)
	get := func(path string) (int, http.Header, string) {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		req.Header.Set("Client-Sdk-Version", "1.4.12")
		status, h, b := f.do(req)
		return status, h, string(b)
	}
	status, h, b := get("/v1/service?service_id=" + serverID.String())
	var res seal.ServiceResponse
	if err := json.Unmarshal([]byte(b), &res); status != 200 || err != nil || res.ServiceID != serverID.String() {
		t.Errorf("HTTP %d %s", status, b)
	}
	if err := f.master.PublicKey().VerifyPossession(res.PoP, serverID); err != nil {
		t.Error(err)
	}
	if h.Get("X-KeyServer-GitVersion") == "" {
		t.Error("no git version")
	}
	for _, q := range []string{"", "?service_id=", "?service_id=5e", "?service_id=0x77", "?service_id=0xzz"} {
		if status, _, b := get("/v1/service" + q); status != 400 || !strings.Contains(b, "InvalidServiceId") {
			t.Errorf("%s: HTTP %d %s", q, status, b)
		}
	}
	if status, _, b := get("/health"); status != 200 || !strings.Contains(b, "ok") {
		t.Errorf("health: HTTP %d %s", status, b)
	}
	if status, _, _ := get("/ready"); status != 200 {
		t.Errorf("ready: HTTP %d", status)
	}
	f.eval.err = errors.New("down")
	f.advance(2 * time.Second)
	if status, _, _ := get("/ready"); status != 503 {
		t.Errorf("not ready: HTTP %d", status)
	}
	if status, _, _ := get("/v1/receipts?after=x"); status != 400 {
		t.Errorf("receipts: HTTP %d", status)
	}
	if status, _, _ := get("/v1/nothing"); status != 404 {
		t.Errorf("unknown path: HTTP %d", status)
	}
}

func TestPreflight(t *testing.T) {
	f := start(t)
	req, _ := http.NewRequest("OPTIONS", f.server.URL()+"/v1/fetch_key", nil)
	req.Header.Set("Access-Control-Request-Headers", "client-sdk-version,x-api-key")
	status, h, _ := f.do(req)
	if status != 204 || h.Get("Access-Control-Allow-Headers") != "client-sdk-version,x-api-key" ||
		!strings.Contains(h.Get("Access-Control-Expose-Headers"), "X-KeyServer-Version") {
		t.Errorf("HTTP %d %v", status, h)
	}
}
