package dataset

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A receipt that is not of the answer that it came with is noticed, before any
// key of the server is known.
func TestAnswersCheckReceipts(t *testing.T) {
	pkg, server, policy := sui.Address{0xaa}, sui.Address{0x5e}, sui.Address{0xbb}
	b := sui.NewBuilder()
	b.Call(pkg, "policy", "seal_approve", nil, b.Pure(append(policy[:], 1)), b.SharedObject(policy, 1, false))
	approval, err := seal.NewApproval(b)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sui.GenerateKey(sui.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Network: &network.Network{Packages: map[string]network.Package{"access": {Original: pkg}}}, Signer: signer}
	request := func() *seal.FetchKeyRequest {
		session, err := seal.SignSessionKey(seal.SessionConfig{Package: pkg, TTL: time.Minute, Now: time.Now(), Rand: rand.Reader}, signer)
		if err != nil {
			t.Fatal(err)
		}
		transport, err := seal.NewTransportKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		r, err := session.NewRequest(approval.Bytes(), transport.Public())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	req := request()
	opening, err := receipt.Commit(rand.Reader, signer.Address())
	if err != nil {
		t.Fatal(err)
	}
	shares := []seal.EncryptedKey{{ID: []byte("id"), EncryptedKey: [2][]byte{{1}, {2}}}}
	hash := receipt.HashShares([]receipt.Share{{FullID: []byte("id"), C0: []byte{1}, C1: []byte{2}}})
	sign := func(change func(*receipt.Claims)) string {
		c := &receipt.Claims{Version: receipt.Version, Sequence: 1, Decision: receipt.Release, ShareCommitment: &hash,
			RequesterCommitment: opening.RequesterCommitment(),
			Package:             receipt.Package{ID: pkg, Called: pkg}, Policies: []receipt.PolicyLink{{ID: policy, Sequence: 1}},
			Calls:       []receipt.Call{{Module: "policy", Function: "seal_approve", ID: hex.EncodeToString(append(policy[:], 1))}},
			RequestHash: receipt.HashRequest(req.SignedBytes(), req.Certificate.Message(pkg), req.Certificate.Signature)}
		c.Issuer = server.String()
		change(c)
		r, err := receipt.Sign(ed25519.NewKeyFromSeed(make([]byte, 32)), c)
		if err != nil {
			t.Fatal(err)
		}
		return r.Raw
	}
	refusal := func(c *receipt.Claims) { c.Decision, c.ShareCommitment = receipt.Refuse, nil }
	right := seal.ServerReport{Server: server, Shares: shares, Receipt: sign(func(*receipt.Claims) {}),
		Opening: &seal.ReceiptOpening{Salt: opening.Salt[:], Requester: signer.Address()}}
	no := &seal.ServerError{Status: 403, Type: "NoAccess", Message: "no"}
	for _, c := range []struct {
		name, problem string
		change        func(*seal.ServerReport)
	}{
		{"right", "", func(*seal.ServerReport) {}},
		{"right refusal", "", func(r *seal.ServerReport) { r.Err, r.Shares, r.Receipt = no, nil, sign(refusal) }},
		{"no receipt", "", func(r *seal.ServerReport) { r.Receipt, r.Opening = "", nil }},
		{"not needed", "", func(r *seal.ServerReport) { r.Err = seal.ErrNotNeeded }},
		{"no JWT", "parse receipt", func(r *seal.ServerReport) { r.Receipt = "x" }},
		{"of another server", "is of another server", func(r *seal.ServerReport) { r.Server = sui.Address{1} }},
		{"of another request", "is of another request", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.RequestHash[0] ^= 1 })
		}},
		{"names another package", "names another package", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.Package.ID = sui.Address{1} })
		}},
		{"names another identity", "names other policy calls", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.Calls[0].ID = hex.EncodeToString(server[:]) })
		}},
		{"names less", "names other policy calls", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.Calls = nil })
		}},
		{"filed elsewhere", "is hidden from the owner", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.Policies[0].ID = pkg })
		}},
		{"filed nowhere", "is hidden from the owner", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.Policies = nil })
		}},
		{"of another requester", "for another requester", func(r *seal.ServerReport) {
			r.Receipt = sign(func(c *receipt.Claims) { c.RequesterCommitment[0] ^= 1 })
		}},
		{"opened for another", "without its opening", func(r *seal.ServerReport) {
			r.Opening = &seal.ReceiptOpening{Salt: opening.Salt[:]}
		}},
		{"without opening", "without its opening", func(r *seal.ServerReport) { r.Opening = nil }},
		{"short salt", "without its opening", func(r *seal.ServerReport) {
			r.Opening = &seal.ReceiptOpening{Salt: []byte{1}, Requester: signer.Address()}
		}},
		{"other shares", "is of other shares", func(r *seal.ServerReport) {
			r.Shares = []seal.EncryptedKey{{ID: []byte("id"), EncryptedKey: [2][]byte{{1}, {3}}}}
		}},
		{"shares and refusal", "says refuse, but shares came", func(r *seal.ServerReport) { r.Receipt = sign(refusal) }},
		{"release without shares", "says release, and no shares came", func(r *seal.ServerReport) { r.Shares = nil }},
		{"refused with the receipt of a release", "says release, and no shares came", func(r *seal.ServerReport) { r.Err, r.Shares = no, nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := right
			c.change(&r)
			got := answers(context.Background(), env, req, []seal.ServerReport{r})[0]
			if c.problem == "" != (got.Problem == "") || !strings.Contains(got.Problem, c.problem) {
				t.Errorf("problem %q, want %q", got.Problem, c.problem)
			}
			if c.problem != "" && !strings.Contains(got.String(), "BAD RECEIPT") {
				t.Errorf("it is not shown: %s", got)
			}
		})
	}
}

// The answers of members stand below their committee's.
func TestAnswersOfMembers(t *testing.T) {
	report := seal.ServerReport{Name: "committee", Members: []seal.MemberReport{
		{Name: "a"},
		{Name: "b", Err: &seal.MisbehaviorError{Party: 1, Name: "b", Reason: "sent nonsense"}},
		{Name: "c", Err: &seal.ServerError{Type: "NoAccess", Reason: &seal.Reason{Rule: "not listed", Code: "code"}}},
		{Name: "d", Err: errors.New("no route")},
		{Name: "e", Err: seal.ErrNotNeeded},
		{Name: "f", Err: &seal.MisbehaviorError{Reason: "sent nonsense", Hearsay: true}},
	}}
	report.Err = &seal.CommitteeError{Threshold: 2, Good: 1, Members: report.Members}
	k := KeyAnswer{Name: "committee"}
	k.describe(report.Err)
	for i := range report.Members {
		m := KeyAnswer{Name: report.Members[i].Name}
		m.describe(report.Members[i].Err)
		k.Members = append(k.Members, m)
	}
	if k.Outcome != seal.OutcomeUnreachable || k.Detail != "1 of the 2 members that are needed gave a right share" {
		t.Errorf("the committee %s: %s", k.Outcome, k.Detail)
	}
	report.Members[1].Err, report.Members[5].Err = report.Members[2].Err, nil
	if k.describe(report.Err); k.Outcome != seal.OutcomeRefused || k.Detail != "not listed (code)" {
		t.Errorf("the committee %s: %s", k.Outcome, k.Detail)
	}
	for i, want := range []string{"released     a", "misbehaved   b: sent nonsense", "refused      c: not listed (code)", "unreachable  d: no route", "not needed   e", "misbehaved   f: so the aggregator says: sent nonsense"} {
		if got := k.Members[i].String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if !strings.Contains(k.String(), want) {
			t.Errorf("%q does not show %q", k.String(), want)
		}
	}
}

// Of a failure of the servers, whoever asked can tell the operators which request
// it was; of a refusal, the receipt says all.
func TestFailureNamesTheRequest(t *testing.T) {
	request := &seal.FetchKeyRequest{PTB: []byte{1}}
	for status, want := range map[int]bool{503: true, 403: false} {
		fetch := &seal.FetchError{Request: request, Reports: []seal.ServerReport{{Err: &seal.ServerError{Status: status, Type: "Failure"}, Weight: 1}}}
		var refused *RefusedError
		if err := refusal(t.Context(), &Env{}, fetch); !errors.As(err, &refused) || refused.Remedy == "" ||
			strings.HasSuffix(refused.Remedy, "logs call the request "+fetch.RequestID()) != want {
			t.Errorf("HTTP %d: %+v", status, refused)
		}
	}
}
