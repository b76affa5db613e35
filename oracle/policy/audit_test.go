package policy

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// audit writes the receipt of an answer, as package keyserver does, and demands
// that an auditor, who has nothing but it and its evidence file, finds the same
// decision for the same reason.
func audit(t *testing.T, q Query, a *answer, replayer *evidence.Replayer) error {
	t.Helper()
	key, issuer := ed25519.NewKeyFromSeed(make([]byte, 32)), sui.Address{0x5e}
	o := receipt.Opening{Salt: [32]byte{1}, Requester: q.User}
	commitment := a.evidence.Record.Commitment(o.Salt)
	c := &receipt.Claims{
		RequesterCommitment: o.RequesterCommitment(), Chain: a.evidence.Chain.String(), Checkpoint: a.evidence.Checkpoint,
		Objects: a.evidence.Objects, Evidence: &commitment, Evaluated: a.evidence.Evaluated,
		Package: receipt.Package{ID: q.Package.First, Called: q.Package.Called, Version: q.Package.Version, Digest: q.Package.Digest.String()},
	}
	for _, call := range q.Approval.Calls {
		c.Calls = append(c.Calls, receipt.Call{Module: call.Module, Function: call.Function, ID: hex.EncodeToString(call.ID)})
	}
	if a.err == nil {
		c.Decision, c.ShareCommitment = receipt.Release, new(receipt.Hash)
	} else {
		r := RefusalOf(a.err)
		c.Decision, c.Reason = receipt.Refuse, &receipt.Reason{Code: r.Reason.Code, Rule: r.Reason.Rule}
	}
	log := receipt.Chain{Issuer: issuer}
	r, err := log.SignNext(key, c, time.Now(), receipt.PoliciesOf(q.Approval, q.Package.First))
	if err != nil {
		return err
	}
	if err := demandSilence(r, q, a.evidence.Record); err != nil {
		return err
	}
	b, err := evidence.ParseBundle(evidence.NewBundle(r.Raw, o, a.evidence.Record).Bytes())
	if err != nil {
		return err
	}
	if r, err = receipt.Verify(b.Receipt, receipt.NewKeySet(key.Public().(ed25519.PublicKey)), issuer); err != nil {
		return err
	}
	report, err := evidence.Audit(r, b, replayer)
	if err == nil && report.Result != evidence.Same {
		err = fmt.Errorf("%s: %v: %+v", report.Result, report.Err(), report)
	}
	return err
}

// demandSilence demands that a receipt, but for the identities that were asked for,
// does not show who asked: neither the address nor what belongs to one.
func demandSilence(r *receipt.Receipt, q Query, ev *evidence.Evidence) error {
	shown := r.Claims
	shown.Calls, shown.Policies = nil, nil
	text, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	if strings.Contains(string(text), hex.EncodeToString(q.User[:])) {
		return fmt.Errorf("the receipt names the requester: %s", text)
	}
	for _, o := range ev.Content {
		owner := o.Owner.Kind == sui.OwnerAddress || o.Owner.Kind == sui.OwnerConsensusAddress
		if id := o.ID(); owner && strings.Contains(string(text), hex.EncodeToString(id[:])) {
			return fmt.Errorf("the receipt names %s, which belongs to %s: %s", id, o.Owner, text)
		}
	}
	return nil
}

// audit demands the same of an answer to the net's query.
func (n *realNet) audit(t *testing.T, e Evaluator, ev Evidence, refused error) {
	t.Helper()
	q := n.query
	var err error
	if q.Package, err = e.Package(t.Context(), q.Approval.Package); err != nil {
		t.Fatal(err)
	}
	if err := audit(t, q, &answer{ev, refused}, evidence.NewReplayer()); err != nil {
		t.Errorf("audit: %v", err)
	}
}
