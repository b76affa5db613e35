package keyserver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/retention"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// record is what an evaluation could have read.
func record(n uint64) *evidence.Evidence {
	b := sui.NewBuilder()
	b.Call(pkgID, "policy", "seal_approve", nil, b.Pure(innerID))
	tx, err := b.Build(sui.Address{1}, sui.GasData{})
	if err != nil {
		panic(err)
	}
	coin := execution.GenesisCoin(policyID, sui.Address{7}, n)
	return &evidence.Evidence{
		Manifest: evidence.Manifest{Position: evidence.Position{Checkpoint: 9}, Transaction: *tx, Objects: []sui.ObjectRef{coin.Ref()}},
		Content:  []*sui.Object{coin},
	}
}

// The evidence of each decision, yes or no, is kept before its receipt, which
// commits to it, and given to those whom it concerns.
func TestEvidence(t *testing.T) {
	f := start(t)
	owner, stranger := newWallet(t), newWallet(t)
	f.ownedBy(owner.Address())
	f.eval.evidence.Evaluated = receipt.ByBoth
	for i := range uint64(4) {
		f.eval.err, f.eval.evidence.Record = nil, record(i/2)
		if i%2 == 1 {
			f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no"}}
		}
		req, _ := f.request(nil)
		f.post(req)
	}
	f.eval.evidence.Record = nil
	req, _ := f.request(nil)
	f.post(req)
	f.restart()
	log := f.log()
	if items, _ := f.service().archive.Size(); items != 4 {
		t.Errorf("the archive has %d items, want two objects and two lists", items)
	}
	for _, who := range []*sui.PrivateKey{f.wallet, owner, stranger} {
		token, err := f.remote().Login(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range log {
			b, err := f.remote().Evidence(t.Context(), token, r.Sequence)
			switch {
			case who == stranger:
				if err == nil || !strings.Contains(err.Error(), "403") {
					t.Errorf("a stranger: %v", err)
				}
			case i == 4:
				if !errors.Is(err, evidence.ErrNoEvidence) || r.Evidence != nil {
					t.Errorf("a receipt without evidence: %v", err)
				}
			case err != nil:
				t.Fatal(err)
			default:
				want := record(uint64(i / 2))
				if b.Receipt != r.Raw || !slices.Equal(b.Manifest, bcs.Marshal(&want.Manifest)) || b.Opening.Requester != f.wallet.Address() {
					t.Errorf("receipt %d: the file is of something else", r.Sequence)
				}
				if r.Evidence == nil || evidence.CommitTo(b.Manifest, b.Opening.Salt) != *r.Evidence || r.Evaluated != receipt.ByBoth {
					t.Errorf("receipt %d commits to something else", r.Sequence)
				}
			}
		}
		if _, err := f.remote().Evidence(t.Context(), token, 99); err == nil || !strings.Contains(err.Error(), "404") {
			t.Errorf("no such receipt: %v", err)
		}
	}
	if _, err := f.remote().Evidence(t.Context(), "", 1); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("nobody: %v", err)
	}
}

// Where evidence can't be kept no key leaves, and the receipt says so. A refusal
// stays the same refusal.
func TestEvidenceUnavailable(t *testing.T) {
	f := start(t)
	f.eval.evidence.Record = record(1)
	f.service().archive.Close()
	req, _ := f.request(nil)
	e := f.refused(req, 503, "Failure")
	f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no"}}
	req, _ = f.request(nil)
	f.refused(req, 403, "NoAccess")
	log := f.log()
	if len(log) != 2 || log[0].Decision != receipt.Refuse || log[0].Reason.Code != "evidence_unavailable" || e.Receipt != log[0].Raw || log[1].Reason.Code != "no" {
		t.Errorf("%+v", log)
	}
	for _, r := range log {
		if r.Evidence != nil {
			t.Errorf("receipt %d commits to evidence that was not kept", r.Sequence)
		}
	}
}

// Evidence that was pruned is answered with the server's signed word; evidence that
// is lost is not, nor does a stranger learn of either.
func TestEvidencePruned(t *testing.T) {
	f := start(t)
	f.eval.evidence.Evaluated = receipt.ByBoth
	ask := func(n uint64) {
		f.eval.evidence.Record = record(n)
		req, _ := f.request(nil)
		f.post(req)
	}
	ask(1)
	if err := f.server.Close(); err != nil { // the log has it
		t.Fatal(err)
	}
	f.advance(48 * time.Hour)
	f.serve()
	ask(2)
	if err := f.server.Close(); err != nil {
		t.Fatal(err)
	}
	s := f.services[0]
	cfg := retention.Config{JournalDir: s.JournalDir, Issuer: serverID, Key: s.ReceiptKey, OlderThan: 24 * time.Hour, Apply: true, Now: f.time}
	if r, err := retention.Run(t.Context(), cfg); err != nil || r.Lose != 1 || r.Keep != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	f.serve()
	token, err := f.remote().Login(t.Context(), f.wallet)
	if err != nil {
		t.Fatal(err)
	}
	log := f.log()
	var said *remote.PrunedError
	if _, err := f.remote().Evidence(t.Context(), token, 1); !errors.As(err, &said) {
		t.Fatalf("%v", err)
	}
	p, err := receipt.VerifyPruned(said.Statement, f.service().ReceiptKeys(), serverID)
	if err != nil || !p.Covers(&log[0].Claims) || p.Covers(&log[1].Claims) || p.IssuedAt.Unix() != f.time().Unix() {
		t.Errorf("%v, %v", p, err)
	}
	if b, err := f.remote().Evidence(t.Context(), token, 2); err != nil || b.Receipt != log[1].Raw {
		t.Errorf("the younger one: %v", err)
	}
	f.ownedBy(f.wallet.Address())
	other, err := f.remote().Login(t.Context(), newWallet(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.remote().Evidence(t.Context(), other, 1); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a stranger: %v", err)
	}
	if err := f.server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(f.dir, archive.DirName, "00000001.pack")); err != nil {
		t.Fatal(err)
	}
	f.serve()
	if token, err = f.remote().Login(t.Context(), f.wallet); err != nil {
		t.Fatal(err)
	}
	if _, err := f.remote().Evidence(t.Context(), token, 2); err == nil || errors.As(err, &said) || !strings.Contains(err.Error(), "503") {
		t.Errorf("lost: %v", err)
	}
}

// Evidence is given as long as there is memory for it, which is given back.
func TestEvidenceRoom(t *testing.T) {
	f := start(t)
	f.eval.evidence.Evaluated, f.eval.evidence.Record = receipt.ByBoth, record(1)
	req, _ := f.request(nil)
	f.post(req)
	token, err := f.remote().Login(t.Context(), f.wallet)
	if err != nil {
		t.Fatal(err)
	}
	svc := f.service()
	for range 3 {
		if _, err := f.remote().Evidence(t.Context(), token, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.server.Close(); err != nil { // all are sent
		t.Fatal(err)
	}
	f.serve()
	leave, ref := svc.shared.takeRoom(t.Context(), 1<<40) // more than there is
	if ref != nil {
		t.Fatalf("room is not given back: %+v", ref)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ref := svc.shared.takeRoom(gone, 1); ref == nil || ref.Reason.Code != "busy_evidence" || ref.Type != "TooManyRequests" {
		t.Errorf("no room: %+v", ref)
	}
	leave()
	if leave, ref = svc.shared.takeRoom(t.Context(), 1); ref != nil {
		t.Errorf("there is room again: %+v", ref)
	}
	leave()
}
