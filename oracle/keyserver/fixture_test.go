package keyserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
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
