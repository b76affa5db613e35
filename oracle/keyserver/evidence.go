package keyserver

import (
	"context"

	"github.com/floe-data/floe/oracle/policy"
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
