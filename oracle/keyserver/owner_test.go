package keyserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

func newWallet(t *testing.T) *sui.PrivateKey {
	t.Helper()
	k, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ownedBy makes a wallet the owner of policyID.
func (f *fixture) ownedBy(owner sui.Address) {
	f.owner = func(_ context.Context, id sui.Address) (sui.Address, error) {
		if id != policyID {
			return sui.Address{}, policy.ErrNoOwner
		}
		return owner, nil
	}
}

func (f *fixture) remote() *remote.Server {
	return &remote.Server{ID: serverID, Name: "test", URL: f.server.URL()}
}

func TestOwnerSeesAll(t *testing.T) {
	f := start(t)
	owner, stranger := newWallet(t), newWallet(t)
	f.ownedBy(owner.Address())
	const n = maxOwned + 5 // more than a page
	for i := range n {
		f.eval.err = nil
		if i%3 == 0 {
			f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no"}}
		}
		req, _ := f.request(nil)
		f.post(req)
	}
	f.untilLogged(n)
	keys := f.service().ReceiptKeys()
	got, err := f.remote().Policy(t.Context(), owner, keys, policyID)
	if err != nil || len(got) != n {
		t.Fatalf("%d receipts, %v", len(got), err)
	}
	for i, o := range got {
		if o.Proof == nil || o.Opening == nil || o.Opening.Requester != f.wallet.Address() || o.PolicySequence != uint64(i)+1 {
			t.Errorf("receipt %d: %+v", i+1, o)
		}
	}
	if _, err := f.remote().Policy(t.Context(), stranger, keys, policyID); err == nil || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := f.remote().Policy(t.Context(), owner, keys, sui.Address{9}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no policy: %v", err)
	}
	all, c, err := f.remote().Audit(t.Context(), keys)
	if err != nil || len(all) != n || c.Size != n {
		t.Errorf("audit: %d receipts, %v", len(all), err)
	}
	f.owner = func(context.Context, sui.Address) (sui.Address, error) { return sui.Address{}, errors.New("node down") }
	if _, err := f.remote().Policy(t.Context(), owner, keys, policyID); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a node that is down: %v", err)
	}
}

func TestLoginRefuses(t *testing.T) {
	f := start(t)
	owner, thief := newWallet(t), newWallet(t)
	f.ownedBy(owner.Address())
	post := func(path string, body any, out any) int {
		b, _ := json.Marshal(body)
		req, _ := http.NewRequest("POST", f.server.URL()+path, strings.NewReader(string(b)))
		status, _, answer := f.do(req)
		json.Unmarshal(answer, out)
		return status
	}
	challenge := func(who sui.Address) string {
		var c receipt.LoginChallenge
		if status := post("/v1/login/challenge", map[string]any{"address": who}, &c); status != 200 {
			t.Fatal(status)
		}
		if _, _, err := receipt.ParseLoginMessage(c.Message, serverID, who); err != nil {
			t.Fatal(err)
		}
		return c.Message
	}
	login := func(message string, by *sui.PrivateKey) (int, string) {
		sig, err := by.SignPersonalMessage([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		var a receipt.LoginAnswer
		return post("/v1/login", receipt.LoginRequest{Message: message, Signature: sig}, &a), a.Token
	}
	read := func(token string) int {
		req, _ := http.NewRequest("GET", f.server.URL()+"/v1/policies/"+policyID.String()+"/receipts", nil)
		if token != "" {
			req.Header.Set("Authorization", token)
		}
		status, _, _ := f.do(req)
		return status
	}
	if status, token := login(challenge(owner.Address()), thief); status != 403 || token != "" {
		t.Errorf("another wallet: %d", status)
	}
	message := challenge(owner.Address())
	status, token := login(message, owner)
	if status != 200 || read("Bearer "+token) != 200 {
		t.Fatalf("the owner: %d", status)
	}
	if status, _ := login(message, owner); status != 403 {
		t.Errorf("a challenge twice: %d", status)
	}
	if status, _ := login(receipt.LoginMessage(serverID, owner.Address(), f.now, "own"), owner); status != 403 {
		t.Errorf("a challenge of one's own: %d", status)
	}
	message = challenge(owner.Address())
	f.advance(challengeLife + time.Millisecond)
	if status, _ := login(message, owner); status != 403 {
		t.Errorf("a challenge too late: %d", status)
	}
	none, _ := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.RegisteredClaims{Subject: owner.Address().String(), Issuer: serverID.String(),
		Audience: jwt.ClaimStrings{tokenAudience}, ExpiresAt: jwt.NewNumericDate(f.now.Add(time.Hour))}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	for name, header := range map[string]string{"no token": "", "no bearer": token, "garbage": "Bearer x", "alg none": "Bearer " + none} {
		if status := read(header); status != 401 {
			t.Errorf("%s: %d", name, status)
		}
	}
	f.advance(tokenLife)
	if status := read("Bearer " + token); status != 401 {
		t.Errorf("an old token: %d", status)
	}
	_, token = login(challenge(owner.Address()), owner)
	f.restart()
	if status := read("Bearer " + token); status != 401 {
		t.Errorf("a token of before a restart: %d", status)
	}
	for _, bad := range []string{"", "{", `{"address":"x"}`} {
		req, _ := http.NewRequest("POST", f.server.URL()+"/v1/login/challenge", strings.NewReader(bad))
		if status, _, _ := f.do(req); status != 400 {
			t.Errorf("body %q: %d", bad, status)
		}
	}
}

// Only what was signed is remembered, and only while it could be used again.
func TestUsedChallengesAreForgotten(t *testing.T) {
	now := startTime
	l := newLogins(serverID, func() time.Time { return now })
	w := newWallet(t)
	for range 3 {
		for range 5 {
			l.challenge(w.Address())
			message := l.challenge(w.Address())
			sig, err := w.SignPersonalMessage([]byte(message))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.login(message, sig); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(challengeLife + time.Millisecond)
	}
	if len(l.used) > 10 {
		t.Errorf("%d challenges are remembered", len(l.used))
	}
}

// What a key server that cheats does to its answers is found.
func TestOwnerFindsCheats(t *testing.T) {
	f := start(t)
	owner := newWallet(t)
	f.ownedBy(owner.Address())
	for range 6 {
		req, _ := f.request(nil)
		f.post(req)
	}
	f.untilLogged(6)
	keys := f.service().ReceiptKeys()
	other, _ := f.request(nil) // of another requester
	f.wallet = newWallet(t)
	f.post(other)
	f.untilLogged(7)
	real, err := url.Parse(f.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		policy func(p *receipt.PolicyPage) // changes an owner's answer
		all    func(jwts []map[string]any) []map[string]any
		want   string
	}{
		{"nothing changed", nil, nil, ""},
		{"the last hidden", func(p *receipt.PolicyPage) { p.Head, p.Receipts = p.Head-1, p.Receipts[:len(p.Receipts)-1] }, nil, "not given"},
		{"the last cut off", func(p *receipt.PolicyPage) {
			p.Receipts = slices.DeleteFunc(p.Receipts, func(r receipt.PolicyReceipt) bool { return r.PolicySequence == 7 })
		}, nil, "counts 7 of the policy and shows 6"},
		{"one hidden", func(p *receipt.PolicyPage) { p.Receipts = append(p.Receipts[:2:2], p.Receipts[3:]...) }, nil, "number 3 of the policy is missing"},
		{"one changed", func(p *receipt.PolicyPage) { p.Receipts[1].JWT = strings.Replace(p.Receipts[1].JWT, ".", ".e", 1) }, nil, "receipt 2"},
		{"another opening", func(p *receipt.PolicyPage) { p.Receipts[1].Opening.Requester = sui.Address{1} }, nil, "another requester"},
		{"the proof of another", func(p *receipt.PolicyPage) { p.Receipts[1].Proof = p.Receipts[2].Proof }, nil, "proof is of entry 2, want 1"},
		{"a short salt", func(p *receipt.PolicyPage) { p.Receipts[1].Opening.Salt = []byte{1} }, nil, "salt of 1 bytes"},
		{"a receipt of the whole log hidden", nil, func(all []map[string]any) []map[string]any { return append(all[:2:2], all[3:]...) }, "not the entries of its log"},
		{"two of the whole log swapped", nil, func(all []map[string]any) []map[string]any { all[1], all[2] = all[2], all[1]; return all }, "not the entries of its log"},
	} {
		proxy := httputil.NewSingleHostReverseProxy(real)
		proxy.ModifyResponse = func(r *http.Response) error {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			var page receipt.PolicyPage
			var all struct {
				Receipts []map[string]any `json:"receipts"`
			}
			if path := r.Request.URL.Path; c.policy != nil && strings.HasPrefix(path, "/v1/policies/") && json.Unmarshal(b, &page) == nil && (len(page.Receipts) > 2 || c.name == "the last cut off") {
				c.policy(&page)
				b, _ = json.Marshal(page)
			} else if c.all != nil && path == "/v1/receipts" && json.Unmarshal(b, &all) == nil && len(all.Receipts) > 2 {
				all.Receipts = c.all(all.Receipts)
				b, _ = json.Marshal(all)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", strconv.Itoa(len(b)))
			return nil
		}
		cheat := httptest.NewServer(proxy)
		server := &remote.Server{ID: serverID, Name: "cheat", URL: cheat.URL}
		whole, _, err := server.Audit(t.Context(), keys)
		var owned []remote.Owned
		if err == nil {
			owned, err = server.Policy(t.Context(), owner, keys, policyID)
		}
		if err == nil {
			err = remote.CheckGiven(owned, whole, policyID)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		cheat.Close()
	}
}

// Who is logged in, and anybody can be, makes the server ask the node about owners
// a bounded number of times, few at once.
func TestOwnerLookupsAreBounded(t *testing.T) {
	f := start(t)
	asked := 0
	f.owner = func(context.Context, sui.Address) (sui.Address, error) {
		asked++
		return sui.Address{}, policy.ErrNoOwner
	}
	stranger := newWallet(t)
	token, err := f.remote().Login(t.Context(), stranger)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[int]int{}
	for i := range ownerRate.Burst + 20 {
		req, _ := http.NewRequest("GET", f.server.URL()+"/v1/policies/"+sui.Address{1, byte(i), byte(i >> 8)}.String()+"/receipts", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		status, _, _ := f.do(req)
		answers[status]++
	}
	if asked != ownerRate.Burst || answers[404] != ownerRate.Burst || answers[429] != 20 {
		t.Errorf("the node was asked %d times: %v", asked, answers)
	}
	f.advance(time.Second)
	if _, err := f.remote().Policy(t.Context(), stranger, f.service().ReceiptKeys(), policyID); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a second later: %v", err)
	}

	f.advance(time.Hour)
	inside, release := make(chan struct{}), make(chan struct{})
	o := newOwnerLookups(func(context.Context, sui.Address) (sui.Address, error) {
		inside <- struct{}{}
		<-release
		return sui.Address{}, nil
	}, f.time)
	for range ownersAtOnce {
		go o.find(t.Context(), sui.Address{1}, policyID)
		<-inside
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.find(ctx, sui.Address{2}, policyID); !errors.Is(err, errOwners) {
		t.Errorf("one more at once: %v", err)
	}
	close(release)
}

// The limit per network address holds for logins and for what an owner asks.
func TestOwnersKnock(t *testing.T) {
	f := limited(t, limits.Config{PerAddress: limits.Rate{N: 1, Per: time.Minute, Burst: 2}})
	if _, err := f.remote().Login(t.Context(), newWallet(t)); err != nil { // two requests
		t.Fatal(err)
	}
	for _, path := range []string{"POST /v1/login/challenge", "POST /v1/login", "GET /v1/policies/0x1/receipts", "GET /v1/receipts/1/evidence"} {
		method, path, _ := strings.Cut(path, " ")
		req, _ := http.NewRequest(method, f.server.URL()+path, strings.NewReader("{}"))
		if status, h, b := f.do(req); status != 429 || h.Get("Retry-After") == "" {
			t.Errorf("%s: HTTP %d %s", path, status, b)
		}
	}
}
