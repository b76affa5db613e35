package keyserver

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

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
	keys := f.server.ReceiptKeys()
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
		if err := receipt.CheckLoginMessage(c.Message, serverID, who); err != nil {
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

func TestChallengesAreBounded(t *testing.T) {
	now := startTime
	l := newLogins(serverID, func() time.Time { return now })
	for range maxChallenges {
		if _, err := l.challenge(sui.Address{1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.challenge(sui.Address{1}); !errors.Is(err, errChallenges) {
		t.Errorf("one more: %v", err)
	}
	now = now.Add(challengeLife + time.Millisecond)
	if _, err := l.challenge(sui.Address{1}); err != nil || len(l.open) != 1 {
		t.Errorf("later: %v, %d open", err, len(l.open))
	}
}
