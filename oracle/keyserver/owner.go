package keyserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// An OwnerFunc returns the owner of a policy, as the chain says just now. It
// returns [policy.ErrNoOwner] for what is no policy.
type OwnerFunc func(ctx context.Context, id sui.Address) (sui.Address, error)

// maxOwned is the largest page of an owner's receipts, which come with proofs.
const maxOwned = 200

// servePolicyReceipts gives the owner of a policy its receipts, openings and
// proofs included: ?after=N&limit=M, where N counts the policy's receipts.
func (s *Service) servePolicyReceipts(w http.ResponseWriter, r *http.Request) {
	id, err := sui.ParseAddress(r.PathValue("policy"))
	after, err2 := queryNumber(r, "after", 0)
	limit, err3 := queryNumber(r, "limit", maxOwned)
	if err = errors.Join(err, err2, err3); err != nil {
		writeRefusal(w, badRequest(err))
		return
	}
	if ref := s.checkOwner(r, id); ref != nil {
		writeRefusal(w, ref)
		return
	}
	records, head, err := s.journal.OfPolicy(id, after, int(min(limit, maxOwned)))
	if err != nil {
		s.shared.Log.Error("receipts cannot be read", "err", err)
		writeRefusal(w, refuse("Failure", "journal_unreadable", "the receipts cannot be read", "tell the operator of the key server"))
		return
	}
	page := receipt.PolicyPage{Policy: id, Head: head, Receipts: []receipt.PolicyReceipt{}}
	if err := s.addOwned(r.Context(), &page, after, records); err != nil {
		s.shared.Log.Error("receipts cannot be proven", "err", err)
		writeRefusal(w, refuse("Failure", "log_unreadable", "the log cannot be read", "tell the operator of the key server"))
		return
	}
	writeJSON(w, http.StatusOK, page)
}

// checkOwner demands the token of the policy's owner.
func (s *Service) checkOwner(r *http.Request, id sui.Address) *refusal {
	user, err := s.logins.user(r.Header)
	if err != nil {
		return &refusal{Type: "Unauthorized", Status: http.StatusUnauthorized, Message: err.Error()}
	}
	if s.shared.Owner == nil {
		return &refusal{Type: "Unsupported", Status: http.StatusNotImplemented, Message: "this key server does not look up owners of policies"}
	}
	owner, err := s.shared.owners.find(r.Context(), user, id)
	switch {
	case errors.Is(err, policy.ErrNoOwner):
		return &refusal{Type: "NotFound", Status: http.StatusNotFound, Message: err.Error()}
	case err != nil:
		return s.ownerUnknown(err)
	case owner != user:
		return &refusal{Type: "NoAccess", Status: http.StatusForbidden, Message: fmt.Sprintf("the policy belongs to %s, you are logged in as %s", owner, user)}
	}
	return nil
}

func (s *Service) addOwned(ctx context.Context, page *receipt.PolicyPage, after uint64, records []journal.Record) error {
	var sequences []uint64
	for _, rec := range records {
		sequences = append(sequences, rec.Sequence)
	}
	proofs, err := s.log.Prove(ctx, sequences...)
	if err != nil {
		return err
	}
	page.Next = after + uint64(len(records))
	for i, rec := range records {
		out := receipt.PolicyReceipt{Sequence: rec.Sequence, PolicySequence: after + uint64(i) + 1, JWT: rec.JWT}
		if rec.Opening != nil {
			out.Opening = &seal.ReceiptOpening{Salt: rec.Opening.Salt[:], Requester: rec.Opening.Requester}
		}
		if proofs[i] != nil {
			out.Proof = string(proofs[i].Bytes())
		}
		page.Receipts = append(page.Receipts, out)
	}
	return nil
}
