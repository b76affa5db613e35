package keyserver

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/oracle/accounts"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

var robot = sui.Address{0x0b}

const keysAudience = "https://keys.example"

// machine is a service account that asks a key server.
type machine struct {
	*fixture
	issuer ed25519.PrivateKey
	cfg    accounts.Config
	log    bytes.Buffer
}

func withMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{fixture: newFixture(t), issuer: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, 32))}
	path := filepath.Join(t.TempDir(), "jwks.json")
	set, err := json.Marshal(receipt.NewKeySet(m.issuer.Public().(ed25519.PublicKey)))
	if err == nil {
		err = os.WriteFile(path, set, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.cfg = accounts.Config{Audience: keysAudience, Issuers: []accounts.Issuer{{Name: "idp", JWKS: path, Algorithms: []string{"EdDSA"},
		Accounts: []accounts.Account{{Subject: "robot", Address: robot, Packages: []sui.Address{pkgID}}}}}}
	if m.accounts, err = accounts.New(m.cfg, accounts.Deps{Now: m.time, Log: slog.New(slog.NewTextHandler(&m.log, nil))}); err != nil {
		t.Fatal(err)
	}
	m.open()
	return m
}

// session is a session key of the machine, not yet with a token.
func (m *machine) session(pkg sui.Address) *seal.SessionKey {
	m.t.Helper()
	s, err := seal.NewSessionKey(seal.SessionConfig{User: robot, Package: pkg, TTL: 10 * time.Minute, Now: m.now, Rand: rand.Reader})
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// token is one of the issuer for a session key.
func (m *machine) token(s *seal.SessionKey, change func(jwt.MapClaims)) string {
	m.t.Helper()
	c := jwt.MapClaims{"iss": "idp", "sub": "robot", "aud": keysAudience, "iat": m.now.Unix(), "exp": m.now.Add(10 * time.Minute).Unix(),
		"cnf": map[string]any{"jkt": s.Thumbprint()}}
	if change != nil {
		change(c)
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["kid"] = receipt.KeyID(m.issuer.Public().(ed25519.PublicKey))
	raw, err := t.SignedString(m.issuer)
	if err != nil {
		m.t.Fatal(err)
	}
	return raw
}

// ask sends a request with a token in the header, and returns the code of the
// refusal.
func (m *machine) ask(req *seal.FetchKeyRequest, token string) (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
	m.t.Helper()
	b, err := json.Marshal(req)
	if err != nil {
		m.t.Fatal(err)
	}
	r, _ := http.NewRequest("POST", m.server.URL()+"/v1/fetch_key", bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Client-Sdk-Version", "0.1.0")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	status, _, body := m.do(r)
	var e seal.ErrorResponse
	var res seal.FetchKeyResponse
	json.Unmarshal(body, &e)
	json.Unmarshal(body, &res)
	if signature := token[strings.LastIndex(token, ".")+1:]; len(signature) > 20 && strings.Contains(string(body), signature) {
		m.t.Error("the answer shows the token")
	}
	if status == 200 {
		return "", e, &res
	}
	if e.Reason == nil {
		return http.StatusText(status), e, nil
	}
	return e.Reason.Code, e, nil
}

// request is one of a session key for the policy.
func (m *machine) request(s *seal.SessionKey, token string) *seal.FetchKeyRequest {
	m.t.Helper()
	if err := s.SetToken(token); err != nil {
		m.t.Fatal(err)
	}
	tk, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := s.NewRequest(ptb(m.t, s.Package()), tk.Public())
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// A machine gets a key; the receipt says that a service account asked, shows
// neither which nor the token, and its opening proves which.
func TestServiceAccount(t *testing.T) {
	m := withMachine(t)
	s := m.session(pkgID)
	token := m.token(s, nil)
	req := m.request(s, token)
	code, _, res := m.ask(req, token)
	if code != "" || len(res.Keys) != 1 {
		t.Fatal(code)
	}
	r := m.fixture.log()[0]
	opening := receipt.Opening{Salt: [32]byte(res.Opening.Salt), Requester: res.Opening.Requester}
	if opening.Check(&r.Claims) != nil || opening.Requester != robot || r.AccountCommitment == nil || *r.AccountCommitment != opening.AccountCommitment("idp", "robot") {
		t.Errorf("claims %+v", r.Claims)
	}
	payload, err := jwt.NewParser().DecodeSegment(strings.Split(r.Raw, ".")[1])
	if err != nil || strings.Contains(string(payload), "robot") || strings.Contains(string(payload), "idp") {
		t.Errorf("the receipt shows the account: %s", payload)
	}
	message := req.Certificate.Message(pkgID)
	if want := receipt.HashRequest(req.SignedBytes(), message, []byte("floe-token-v1"+token)); r.RequestHash != want {
		t.Error("the request's hash does not cover the token")
	}
	// The policy decided about the mapped address.
	if m.eval.user != robot {
		t.Errorf("the policy was asked about %s", m.eval.user)
	}
	// The same request again is the same release.
	if code, _, again := m.ask(req, token); code != "" || again.Receipt != res.Receipt {
		t.Errorf("again: %s", code)
	}
	if n := len(m.fixture.log()); n != 1 {
		t.Errorf("%d receipts", n)
	}
}

func TestServiceAccountAttacks(t *testing.T) {
	m := withMachine(t)
	mallory := newWallet(t)
	for _, c := range []struct {
		name string
		ask  func() (string, seal.ErrorResponse, *seal.FetchKeyResponse)
		typ  string
		want string
	}{
		{"no token", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			return m.ask(m.request(s, m.token(s, nil)), "")
		}, "", "Unprocessable Entity"},
		{"the token of another session key", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			token := m.token(m.session(pkgID), nil)
			return m.ask(m.request(m.session(pkgID), token), token)
		}, "InvalidSignature", "token_session"},
		{"another address than the token's", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			token := m.token(s, nil)
			r := m.request(s, token)
			r.Certificate.User = mallory.Address()
			return m.ask(r, token)
		}, "InvalidSignature", "token_address"},
		{"a request that the session key did not sign", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			token := m.token(s, nil)
			r := m.request(s, token)
			r.PTB = ptb(t, sui.Address{7})
			return m.ask(r, token)
		}, "InvalidSessionSignature", "invalid_session_signature"},
		{"a wallet's certificate beside the token of another", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s, err := seal.SignSessionKey(seal.SessionConfig{Package: pkgID, TTL: 10 * time.Minute, Now: m.now, Rand: rand.Reader}, mallory)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.NewRequest(ptb(t, pkgID), m.transport())
			if err != nil {
				t.Fatal(err)
			}
			r.Certificate.User = robot // the wallet is not that of this address, and the token does not help
			return m.ask(r, m.token(s, nil))
		}, "InvalidSignature", "invalid_wallet_signature"},
		{"a package out of scope", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			m.eval.first = bobPackage
			defer func() { m.eval.first = pkgID }()
			s := m.session(pkgID)
			token := m.token(s, nil)
			return m.ask(m.request(s, token), token)
		}, "NoAccess", "account_scope"},
		{"expired", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			token := m.token(s, func(c jwt.MapClaims) {
				c["iat"], c["exp"] = m.now.Add(-time.Minute).Unix(), m.now.Add(-40*time.Second).Unix()
			})
			return m.ask(m.request(s, token), token)
		}, "InvalidCertificate", "token_expired"},
		{"of another server's operator", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			token := m.token(s, func(c jwt.MapClaims) { c["aud"] = "https://other.example" })
			return m.ask(m.request(s, token), token)
		}, "InvalidSignature", "token_audience"},
		{"a session key that is too old", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			token := m.token(s, nil)
			r := m.request(s, token)
			r.Certificate.CreatedMS -= uint64((11 * time.Minute).Milliseconds())
			return m.ask(r, token)
		}, "InvalidCertificate", "session_expired"},
		{"basic credentials", func() (string, seal.ErrorResponse, *seal.FetchKeyResponse) {
			s := m.session(pkgID)
			r := m.request(s, m.token(s, nil))
			b, _ := json.Marshal(r)
			hr, _ := http.NewRequest("POST", m.server.URL()+"/v1/fetch_key", bytes.NewReader(b))
			hr.Header.Set("Content-Type", "application/json")
			hr.Header.Set("Client-Sdk-Version", "0.1.0")
			hr.Header.Set("Authorization", "Basic eDp5")
			status, _, _ := m.do(hr)
			return http.StatusText(status), seal.ErrorResponse{}, nil
		}, "", "Unprocessable Entity"},
	} {
		code, e, res := c.ask()
		if code != c.want || e.Type != c.typ || res != nil {
			t.Errorf("%s: %q %q, want %q %q", c.name, e.Type, code, c.typ, c.want)
		}
		if (e.Receipt != "") != (code == "account_scope") {
			t.Errorf("%s: receipt %q", c.name, e.Receipt)
		}
	}
	if m.eval.queries != 0 {
		t.Errorf("the policy was asked %d times", m.eval.queries)
	}
	// A wallet is not disturbed by an Authorization header, such as a gateway
	// wants one.
	wallet, _ := m.fixture.request(nil)
	if code, _, _ := m.ask(wallet, "a-gateways.own.key"); code != "" {
		t.Errorf("a wallet beside a gateway's key: %q", code)
	}
	if m.eval.user != m.wallet.Address() {
		t.Errorf("the policy was asked about %s", m.eval.user)
	}
	if strings.Contains(m.log.String(), "eyJ") {
		t.Errorf("a token in the log: %s", m.log.String())
	}
}

// What the operator revokes is revoked at once, also for requests that were
// answered before.
func TestServiceAccountIsRevoked(t *testing.T) {
	m := withMachine(t)
	s := m.session(pkgID)
	token := m.token(s, nil)
	req := m.request(s, token)
	if code, _, _ := m.ask(req, token); code != "" {
		t.Fatal(code)
	}
	m.cfg.Issuers[0].Accounts[0].Disabled = true
	if err := m.accounts.Update(m.cfg); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := m.ask(req, token); code != "token_revoked" {
		t.Errorf("%q", code)
	}
}

func TestServiceAccountQuota(t *testing.T) {
	m := withMachine(t)
	m.cfg.Issuers[0].Accounts[0].Quota = limits.Rate{N: 1, Per: time.Hour, Burst: 2}
	if err := m.accounts.Update(m.cfg); err != nil {
		t.Fatal(err)
	}
	s := m.session(pkgID)
	token := m.token(s, nil)
	for i, want := range []string{"", "", "quota_account"} {
		if code, _, _ := m.ask(m.request(s, token), token); code != want {
			t.Errorf("%d: %q, want %q", i, code, want)
		}
	}
}

func TestServerWithoutServiceAccounts(t *testing.T) {
	m := withMachine(t)
	if err := m.accounts.Update(accounts.Config{}); err != nil { // all are revoked
		t.Fatal(err)
	}
	s := m.session(pkgID)
	token := m.token(s, nil)
	if code, e, _ := m.ask(m.request(s, token), token); code != "token_unsupported" || e.Type != "InvalidSignature" {
		t.Errorf("%q %+v", code, e)
	}
}

// Through upgrades, tokens are for the first version of a package.
func TestServiceAccountOfUpgradedPackage(t *testing.T) {
	m := withMachine(t)
	first := sui.Address{0xf1}
	m.eval.first = first
	s := m.session(pkgID)
	token := m.token(s, nil)
	if code, _, _ := m.ask(m.request(s, token), token); code != "account_scope" {
		t.Errorf("an account of the called version: %q", code)
	}
	m.cfg.Issuers[0].Accounts[0].Packages = []sui.Address{first}
	if err := m.accounts.Update(m.cfg); err != nil {
		t.Fatal(err)
	}
	if code, _, res := m.ask(m.request(s, token), token); code != "" || !bytes.Equal(res.Keys[0].ID, seal.FullID(first, innerID)) {
		t.Errorf("%q", code)
	}
}

func (m *machine) transport() seal.TransportPublicKey {
	m.t.Helper()
	tk, err := seal.NewTransportKey(rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	return tk.Public()
}

// A refusal before the package is known has a receipt of the request that was sent.
func TestTokenReceiptWithoutPackage(t *testing.T) {
	m := withMachine(t)
	m.eval.pkgErr = &policy.Refusal{Kind: policy.Unknown, Reason: seal.Reason{Code: "chain_unavailable", Rule: "r", Remedy: "r"}}
	s := m.session(pkgID)
	token := m.token(s, nil)
	req := m.request(s, token)
	code, e, _ := m.ask(req, token)
	r, err := receipt.Parse(e.Receipt)
	if err == nil {
		err = r.CheckRequest(req, pkgID, token)
	}
	if code != "chain_unavailable" || err != nil {
		t.Errorf("%q: %v", code, err)
	}
}
