package keyserver

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// serveFetchKey decides about one key request: to one service, or, if at is
// nil, to the one that has the key for the policy's package.
func (s *Server) serveFetchKey(at *Service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer s.cfg.Metrics.Took(metrics.Total, time.Now())
		answer, ref := s.fetchKey(r, at)
		s.logDecision(r, answer, ref)
		if ref != nil {
			writeRefusal(w, ref)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func (s *Server) fetchKey(r *http.Request, at *Service) (answer *seal.FetchKeyResponse, ref *refusal) {
	var svc *Service
	defer func() { s.countDecision(svc, ref) }()
	if ref := s.knock(r); ref != nil {
		return nil, ref
	}
	req, ref := readRequest(r)
	if ref != nil {
		return nil, ref
	}
	if ref := s.checkTime(&req.Certificate); ref != nil {
		return nil, ref
	}
	turn, ref := s.enterLane(r.Context(), req)
	if ref != nil { // what a flood costs
		return nil, ref
	}
	defer turn.leave()
	if ref := s.checkSession(req); ref != nil {
		return nil, ref
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return nil, s.busy()
	}
	who, refAuth := s.authenticate(r.Context(), req, turn.verified)
	if who == nil {
		return nil, refAuth
	}
	svc, done, ref := s.findService(at, who.pkg.First)
	if ref != nil {
		return nil, first(refAuth, ref) // there is no journal for it
	}
	defer done()
	leave, ref := s.admit(who, turn.known)
	if ref != nil {
		return nil, ref
	}
	defer func() { leave(answer != nil) }()
	if ref := s.readKeys(who); ref != nil {
		return nil, ref
	}
	opening, err := receipt.Commit(s.cfg.Rand, who.user)
	if err != nil {
		return nil, refusalOf(err)
	}
	key, refKey := svc.checkKey()
	if ref := first(refAuth, who.checkScope(), s.checkVersion(who.pkg), svc.checkLog(), refKey); ref != nil {
		return nil, svc.recordRefusal(r.Context(), who, opening, policy.Evidence{}, ref)
	}
	answered, ref := svc.repeats.take(r.Context(), who.hash)
	if ref != nil {
		return nil, ref
	}
	defer answered()
	if answer, ref := svc.repeat(who, key); answer != nil || ref != nil {
		return answer, ref
	}
	grant, evidence, err := s.evaluate(r.Context(), who)
	if r.Context().Err() != nil { // nobody waits for a decision any more
		return nil, wentAway()
	}
	if err != nil {
		return nil, svc.recordRefusal(r.Context(), who, opening, evidence, refusalOf(err))
	}
	answer, ref = svc.release(r.Context(), who, opening, grant, key)
	if ref == nil {
		s.lane.remember(&who.Certificate)
	}
	return answer, ref
}

// evaluate asks the policy.
func (s *Server) evaluate(ctx context.Context, who *requester) (*policy.Grant, policy.Evidence, error) {
	defer s.cfg.Metrics.Took(metrics.Evaluate, time.Now())
	return policy.Decide(ctx, s.cfg.Evaluator, policy.Query{User: who.user, Approval: who.Approval, Package: who.pkg})
}

// readRequest reads and parses the body.
func readRequest(r *http.Request) (*request, *refusal) {
	body, ref := sealhttp.ReadBody(r)
	if ref != nil {
		return nil, ref
	}
	req, ref := sealhttp.ParseRequest(body, sealhttp.Bearer(r.Header))
	if ref != nil {
		return nil, ref
	}
	return &request{Request: *req}, nil
}

// findService returns the service that has the key for a package, and a
// function to call when the request is done.
func (s *Server) findService(at *Service, pkg sui.Address) (svc *Service, done func(), ref *refusal) {
	if at == nil {
		svc, done = s.services.forPackage(pkg)
	} else if at.serves(pkg) { // whoever routed the request holds it open
		svc, done = at, func() {}
	}
	if svc == nil {
		return nil, nil, refuse("UnsupportedPackageId", "unsupported_package", fmt.Sprintf("this key server has no key for package %s", pkg),
			"ask a key server that serves the package, or have its operator add it to the client's package_ids")
	}
	return svc, done, nil
}

// first returns the first refusal there is.
func first(all ...*refusal) *refusal {
	for _, ref := range all {
		if ref != nil {
			return ref
		}
	}
	return nil
}

// release records a grant and answers with its shares.
func (s *Service) release(ctx context.Context, who *requester, opening receipt.Opening, g *policy.Grant, key *seal.MasterKey) (*seal.FetchKeyResponse, *refusal) {
	ev := g.Evidence()
	claims := who.claims(opening, ev)
	claims.Decision = receipt.Release
	if ref := s.checkOpens(claims, opening); ref != nil {
		return nil, s.recordRefusal(ctx, who, opening, ev, ref)
	}
	if ref := s.checkPolicies(who, receipt.Release); ref != nil {
		return nil, ref
	}
	kept, ref := s.keep(ctx, &ev)
	if ref != nil && ctx.Err() != nil {
		return nil, ref
	}
	if ref != nil {
		return nil, s.recordRefusal(ctx, who, opening, ev, ref)
	}
	held, err := s.derive(key, g.FullIDs(), who, who.hash)
	if err != nil {
		return nil, refusalOf(err)
	}
	claims.ShareCommitment = &held.commitment
	entry, ref := s.record(ctx, who, claims, opening, kept)
	if ref != nil && opensRefusal(ref.Cause) != nil { // another request took the last one
		return nil, s.recordRefusal(ctx, who, opening, ev, opensRefusal(ref.Cause))
	}
	if ref != nil {
		return nil, ref
	}
	return &seal.FetchKeyResponse{Keys: held.open(entry), Receipt: entry.Receipt().Raw, Opening: openingOf(opening)}, nil
}

// recordRefusal records a refusal of an authenticated requester and adds the
// receipt to it.
func (s *Service) recordRefusal(ctx context.Context, who *requester, opening receipt.Opening, ev policy.Evidence, ref *refusal) *refusal {
	if busy := s.checkPolicies(who, receipt.Refuse); busy != nil {
		return busy
	}
	kept, failed := s.keep(ctx, &ev)
	if failed != nil {
		s.shared.Log.Error("the evidence of a refusal could not be kept", "err", failed.Cause)
	}
	claims := who.claims(opening, ev)
	claims.Decision = receipt.Refuse
	claims.Reason = &receipt.Reason{Code: ref.Reason.Code, Rule: ref.Reason.Rule}
	entry, failed := s.record(ctx, who, claims, opening, kept)
	if failed != nil {
		s.shared.Log.Error("a refusal could not be recorded", "err", failed.Cause)
		return ref // refused either way, and for the better known reason
	}
	ref.Receipt, ref.Opening = entry.Receipt().Raw, openingOf(opening)
	return ref
}

// wentAway is the answer that nobody reads: clients hang up when enough other
// servers have answered.
func wentAway() *refusal { return refuse("Failure", "cancelled", "the requester went away", "") }

// record stores a receipt. It waits for the end even if the requester does not:
// until it is known whether the receipt is stored, the same request may not be
// decided again.
func (s *Service) record(ctx context.Context, who *requester, claims *receipt.Claims, opening receipt.Opening, kept []byte) (*journal.Entry, *refusal) {
	defer s.shared.Metrics.Took(metrics.Journal, time.Now())
	entry, err := s.journal.Write(context.WithoutCancel(ctx), claims, who.policies(), &opening, kept)
	if err != nil {
		ref := refuse("Failure", "journal_unavailable", "the receipt of this decision could not be stored, and without a receipt no key leaves",
			"try again later; if it stays, tell the operator of the key server that its disk is full or failing")
		ref.Cause = err
		return nil, ref
	}
	s.log.Notice()
	return entry, nil
}

// claims fills in what is known of the request and its evaluation.
func (r *requester) claims(opening receipt.Opening, ev policy.Evidence) *receipt.Claims {
	c := &receipt.Claims{
		RequestHash:         r.hash,
		RequesterCommitment: opening.RequesterCommitment(),
		SessionCommitment:   opening.SessionCommitment(r.Certificate.SessionKey),
		Package:             receipt.Package{ID: r.pkg.First, Called: r.pkg.Called, Version: r.pkg.Version},
		Checkpoint:          ev.Checkpoint,
		Objects:             ev.Objects,
		Evaluated:           ev.Evaluated,
	}
	if r.account != nil {
		commitment := opening.AccountCommitment(r.account.Issuer(), r.account.Subject)
		c.AccountCommitment = &commitment
	}
	if ev.Record != nil {
		commitment := ev.Record.Commitment(opening.Salt)
		c.Evidence = &commitment
	}
	if r.pkg.Version > 0 {
		c.Package.Digest = r.pkg.Digest.String()
	}
	if ev.Chain != (sui.Digest{}) {
		c.Chain = ev.Chain.String()
	}
	for _, call := range r.Approval.Calls {
		c.Calls = append(c.Calls, receipt.Call{Module: call.Module, Function: call.Function, ID: hex.EncodeToString(call.ID)})
	}
	return c
}

// policies returns whose receipts are chained.
func (r *requester) policies() []sui.Address { return receipt.PoliciesOf(r.Approval, r.pkg.First) }

func openingOf(o receipt.Opening) *seal.ReceiptOpening {
	return &seal.ReceiptOpening{Salt: o.Salt[:], Requester: o.Requester}
}

// logDecision writes one line per decision and per failure. It names no requester
// and no key.
func (s *Server) logDecision(r *http.Request, answer *seal.FetchKeyResponse, ref *refusal) {
	if ref != nil && ref.Receipt == "" && ref.Cause == nil {
		return // from anybody; the metrics count them
	}
	log := s.cfg.Log.With(sealhttp.Caller(r.Header)...)
	if ref == nil {
		log.Info("keys released", "keys", len(answer.Keys), "receipt", receipt.HashOf(answer.Receipt))
		return
	}
	code := ref.Type
	if ref.Reason != nil {
		code = fmt.Sprintf("%s/%s", ref.Type, ref.Reason.Code)
	}
	if ref.Cause != nil {
		log.Warn("key request failed", "reason", code, "err", ref.Cause)
		return
	}
	log.Info("key request refused", "reason", code)
}

func (s *Server) countDecision(by *Service, ref *refusal) {
	var d metrics.Decision
	if by != nil {
		d.Service = by.Name()
	}
	if ref != nil {
		d.Type = ref.Type
		if ref.Reason != nil {
			d.Code = ref.Reason.Code
		}
	}
	s.cfg.Metrics.Decided(d)
}
