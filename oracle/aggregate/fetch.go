package aggregate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
)

// serveFetchKey has the members decide about one key request.
func (s *Server) serveFetchKey(w http.ResponseWriter, r *http.Request) {
	defer s.cfg.Metrics.Took(metrics.Total, time.Now())
	answer, ref := s.fetchKey(r)
	s.logDecision(r, answer, ref)
	if ref != nil {
		ref.Write(w)
		return
	}
	sealhttp.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) fetchKey(r *http.Request) (*seal.FetchKeyResponse, *sealhttp.Refusal) {
	body, ref := sealhttp.ReadBody(r)
	if ref != nil {
		return nil, ref
	}
	req, ref := sealhttp.ParseRequest(body, sealhttp.Bearer(r.Header))
	if ref == nil {
		ref = req.CheckSession()
	}
	if ref != nil {
		return nil, ref
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return nil, sealhttp.Plainly("TooManyRequests")
	}
	fetch, ref := s.prepare(r, req, body)
	if ref != nil {
		return nil, ref
	}
	keys, err := fetch.Run(r.Context())
	var few *seal.CommitteeError
	switch {
	case err == nil:
		return &seal.FetchKeyResponse{Keys: keys.Keys, Members: s.answers(keys.Members)}, nil
	case errors.As(err, &few):
		return nil, refusalOf(few, s.answers(few.Members))
	case r.Context().Err() != nil:
		return nil, sealhttp.Refuse("Failure", "cancelled", "the requester went away", "")
	}
	ref = sealhttp.Plainly("Failure")
	ref.Cause = err
	return nil, ref
}

// prepare finds out which identities are asked for, and of whom.
func (s *Server) prepare(r *http.Request, req *sealhttp.Request, body []byte) (*seal.CommitteeFetch, *sealhttp.Refusal) {
	ks := s.current()
	if ks == nil {
		return nil, sealhttp.Refuse("Failure", "committee_unknown", "the aggregator could not read the committee from the chain yet",
			"try again in some seconds; if it stays, tell the operator of the aggregator")
	}
	// Shares for halves that do not fit would look wrong.
	to, err := seal.ParseTransportPublicKey(req.EncKey, req.VerificationKey)
	if err != nil {
		return nil, sealhttp.Malformed(422, "%v", err)
	}
	pkg, err := s.packages.Find(r.Context(), req.Approval.Package)
	if err != nil {
		return nil, sealhttp.RefusalOf(err)
	}
	f := &seal.CommitteeFetch{Committee: ks.Committee, Before: s.before(), To: to, Reload: s.reload}
	for _, call := range req.Approval.Calls {
		f.Wanted = append(f.Wanted, seal.FullID(pkg.First, call.ID))
	}
	s.cfg.Metrics.AskedMembers(len(f.Wanted))
	header := http.Header{}
	header.Set(seal.HeaderSDKType, "aggregator")
	header.Set(seal.HeaderSDKVersion, sealhttp.Version)
	if id := r.Header.Get(seal.HeaderRequestID); id != "" {
		header.Set(seal.HeaderRequestID, id)
	}
	f.Ask = func(ctx context.Context, m *seal.CommitteeMember) (*seal.FetchKeyResponse, error) {
		return s.ask(ctx, m, header.Clone(), req.Token, body)
	}
	return f, nil
}

// ask sends the request to one member as it came, with the token of a service
// account if there is one: members take such as name the session key.
func (s *Server) ask(ctx context.Context, m *seal.CommitteeMember, header http.Header, token string, body []byte) (*seal.FetchKeyResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.Timeout, fmt.Errorf("no answer within %v", s.cfg.Timeout))
	defer cancel()
	e := &seal.Endpoint{URL: m.URL, HTTP: s.members, Header: header, Token: token, CheckVersion: func(v string) error {
		if !s.cfg.KeyServers.Met(v) {
			return fmt.Errorf("key server has version %q, which is not served here", v)
		}
		return nil
	}}
	s.authorize(header, m)
	start := time.Now()
	answer, err := e.FetchKey(ctx, body)
	if err == nil {
		s.cfg.Metrics.MemberAnswered(m.Name, start)
	}
	return answer, err
}

// answers is what is passed on of the members' answers. Who misbehaved is
// blamed.
func (s *Server) answers(reports []seal.MemberReport) []seal.MemberAnswer {
	out := make([]seal.MemberAnswer, len(reports))
	for i := range reports {
		r := &reports[i]
		out[i] = r.Answer()
		if parsed, err := receipt.Parse(r.Receipt); err == nil {
			out[i].Issuer = parsed.Issuer
		}
		s.cfg.Metrics.MemberCalled(r.Name, out[i].Outcome)
		var bad *seal.MisbehaviorError
		var refused *seal.ServerError
		switch {
		case r.Err == nil || errors.Is(r.Err, seal.ErrNotNeeded):
		case errors.As(r.Err, &bad):
			s.blame(bad)
			s.cfg.Metrics.MemberFailed(r.Name, "Misbehaved")
		case errors.As(r.Err, &refused) && refused.Type != "":
			s.cfg.Metrics.MemberFailed(r.Name, refused.Type)
		default:
			s.cfg.Metrics.MemberFailed(r.Name, "Unreachable")
		}
	}
	return out
}

// refusalOf relays what most members had against it.
func refusalOf(few *seal.CommitteeError, answers []seal.MemberAnswer) *sealhttp.Refusal {
	var ref *sealhttp.Refusal
	var cause *seal.ServerError
	switch {
	case !errors.As(few.Cause(), &cause) || cause.Type == "" && cause.Status != http.StatusTooManyRequests:
		ref = sealhttp.Refuse("Failure", "committee_unavailable",
			fmt.Sprintf("%d of the %d members of the committee that are needed gave a right share", few.Good, few.Threshold),
			"try again in some seconds; if it stays, tell the operators of the members, which the answer names")
		ref.Cause = few
	case cause.Type == "":
		ref = sealhttp.Plainly("TooManyRequests")
	default:
		ref = sealhttp.Plainly(cause.Type)
		relay(ref, few)
	}
	ref.Members = answers
	return ref
}

// relay takes over the words of the members that refused for the refusal's
// reason, if they agree, and the first one's explanation.
func relay(ref *sealhttp.Refusal, few *seal.CommitteeError) {
	var said []string
	for i := range few.Members {
		a := few.Members[i].Answer()
		if a.Outcome != seal.OutcomeRefused || a.Type != ref.Type {
			continue
		}
		if ref.Reason == nil {
			ref.Reason = a.Reason
		}
		said = append(said, a.Detail)
		var e *seal.ServerError
		if errors.As(few.Members[i].Err, &e) {
			ref.RetryAfter = max(ref.RetryAfter, e.RetryAfter) // the threshold needs more than one
		}
	}
	if len(slices.Compact(said)) == 1 || ref.Message == "" {
		ref.Message = said[0]
	}
}

// logDecision writes one line per request. It names no requester and no key.
func (s *Server) logDecision(r *http.Request, answer *seal.FetchKeyResponse, ref *sealhttp.Refusal) {
	log := s.cfg.Log.With(sealhttp.Caller(r.Header)...)
	d := metrics.Decision{}
	defer func() { s.cfg.Metrics.Decided(d) }()
	if ref == nil {
		log.Info("keys combined", "keys", len(answer.Keys))
		return
	}
	d.Type = ref.Type
	reason := ref.Type
	if ref.Reason != nil {
		d.Code = ref.Reason.Code
		reason += "/" + d.Code
	}
	if ref.Cause != nil {
		log.Warn("key request failed", "reason", reason, "err", ref.Cause)
		return
	}
	log.Info("key request refused", "reason", reason)
}
