package keyserver

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

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
