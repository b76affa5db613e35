package keyserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/retention"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// keep makes the evidence of a decision durable and returns its short form for
// the journal; nil if there is none. When it can't be kept, the evidence goes
// without its record, and the refusal says why no key may leave: without it
// nobody could repeat the decision.
func (s *Service) keep(ctx context.Context, ev *policy.Evidence) ([]byte, *refusal) {
	if ev.Record == nil {
		return nil, nil
	}
	short, err := s.archive.Keep(ctx, ev.Record)
	if err == nil {
		return short, nil
	}
	ev.Record = nil
	if ctx.Err() != nil {
		return nil, wentAway()
	}
	ref := refuse("Failure", "evidence_unavailable", "the evidence of this decision could not be stored, and without it no key leaves",
		"try again later; if it stays, tell the operator of the key server that its disk is full or failing")
	ref.Cause = err
	return nil, ref
}

// serveEvidence gives the evidence of a receipt, a file of [evidence.Bundle], to
// its requester and to the owners of its policies.
func (s *Service) serveEvidence(w http.ResponseWriter, r *http.Request) {
	user, err := s.logins.user(r.Header)
	if err != nil {
		writeRefusal(w, &refusal{Type: "Unauthorized", Status: http.StatusUnauthorized, Message: err.Error()})
		return
	}
	leave, ref := s.giveEvidence(w, r, user)
	if leave != nil {
		defer leave() // when it is sent
	}
	if ref == nil {
		return
	}
	if ref.Cause != nil {
		s.shared.Log.Error("evidence cannot be given", "err", ref.Cause)
	}
	writeRefusal(w, ref)
}

// giveEvidence answers with the evidence of a receipt, or with the word that it was
// pruned, or returns why not. leave gives back the memory that it takes.
func (s *Service) giveEvidence(w http.ResponseWriter, r *http.Request, user sui.Address) (leave func(), ref *refusal) {
	rec, ref := s.evidenceOf(r.Context(), r.PathValue("sequence"), user)
	if ref != nil {
		return nil, ref
	}
	size, err := s.archive.RecallSize(rec.Evidence)
	if err == nil {
		if leave, ref = s.shared.takeRoom(r.Context(), size); ref != nil {
			return nil, ref
		}
		var ev *evidence.Evidence
		if ev, err = s.archive.Recall(rec.Evidence); err == nil {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Write(evidence.NewBundle(rec.JWT, *rec.Opening, ev).Bytes())
			return leave, nil
		}
	}
	if errors.Is(err, archive.ErrUnknown) {
		pruned, e := s.pruned(rec.JWT)
		if pruned != nil {
			writeJSON(w, http.StatusGone, pruned)
			return leave, nil
		}
		err = errors.Join(err, e)
	}
	return leave, unreadable(err)
}

func unreadable(err error) *refusal {
	ref := refuse("Failure", "evidence_unreadable", "the evidence cannot be read", "tell the operator of the key server")
	ref.Cause = err
	return ref
}

// evidenceOf returns the record of a receipt that has evidence, for somebody who may
// read it.
func (s *Service) evidenceOf(ctx context.Context, number string, user sui.Address) (*journal.Record, *refusal) {
	sequence, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return nil, badRequest(fmt.Errorf("%.20q is no number of a receipt", number))
	}
	rec, err := s.journal.Record(sequence)
	if err != nil {
		return nil, unreadable(err)
	}
	if rec == nil {
		return nil, &refusal{Type: "NotFound", Status: http.StatusNotFound, Message: fmt.Sprintf("there is no receipt %d", sequence)}
	}
	if ref := s.mayRead(ctx, rec, user); ref != nil {
		return nil, ref
	}
	if rec.Evidence == nil || rec.Opening == nil {
		return nil, &refusal{Type: "NoEvidence", Status: http.StatusNotFound, Message: fmt.Sprintf("receipt %d has no evidence: nothing was evaluated, or by a full node alone", sequence)}
	}
	return rec, nil
}

// pruned returns the word that the evidence of a receipt was removed, nil if there
// is none.
func (s *Service) pruned(jwt string) (*receipt.PrunedAnswer, error) {
	r, err := receipt.Parse(jwt)
	if err != nil {
		return nil, err
	}
	all, err := retention.Load(s.cfg.JournalDir, s.cfg.ReceiptKey, s.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	p := all.Find(&r.Claims)
	if p == nil {
		return nil, nil
	}
	return &receipt.PrunedAnswer{Type: receipt.PrunedType, Message: p.String(), Statement: p.JWT}, nil
}

// mayRead demands that somebody is the requester of a receipt, or the owner of a
// policy that was asked.
func (s *Service) mayRead(ctx context.Context, rec *journal.Record, user sui.Address) *refusal {
	if rec.Opening != nil && rec.Opening.Requester == user {
		return nil
	}
	r, err := receipt.Parse(rec.JWT)
	if err != nil {
		return refusalOf(err)
	}
	denied := &refusal{Type: "NoAccess", Status: http.StatusForbidden,
		Message: fmt.Sprintf("the evidence of receipt %d is for its requester and the owner of its policy; you are logged in as %s", rec.Sequence, user)}
	for _, p := range r.Policies {
		if s.shared.Owner == nil {
			break
		}
		owner, err := s.shared.owners.find(ctx, user, p.ID)
		switch {
		case errors.Is(err, policy.ErrNoOwner):
		case err != nil:
			return s.ownerUnknown(err)
		case owner == user:
			return nil
		}
	}
	return denied
}
