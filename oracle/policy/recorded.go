package policy

import (
	"context"
	"log/slog"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// recordGrace is how long a Recorded waits for the record after the verdict.
const recordGrace = 250 * time.Millisecond

// A Recorded lets the node decide, and repeats the decision by our own VM only to
// keep a record of what it was made from. The node is believed: if our VM says
// something else, or nothing in time, there is no record, and the verdict stays.
type Recorded struct {
	*Simulator
	local *Local
	log   *slog.Logger
}

var (
	_ Evaluator = (*Recorded)(nil)
	_ Follower  = (*Recorded)(nil)
)

// NewRecorded returns an Evaluator that believes the node. A nil log discards why
// there is no record.
func NewRecorded(node *Simulator, local *Local, log *slog.Logger) *Recorded {
	return &Recorded{node, local, orDiscard(log)}
}

// Package implements [Evaluator], from what the mirror knows; else the node is
// asked.
func (r *Recorded) Package(ctx context.Context, id sui.Address) (Package, error) {
	p, err := r.local.Package(ctx, id)
	if err != nil {
		return r.Simulator.Package(ctx, id)
	}
	return p, nil
}

// Evaluate implements [Evaluator].
func (r *Recorded) Evaluate(ctx context.Context, q Query) (Evidence, error) {
	recording, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan *answer, 1)
	go func() { done <- ask(recording, r.local, q) }()
	node := ask(ctx, r.Simulator, q)
	if node.verdict().undecided() {
		return node.evidence, node.err
	}
	grace := time.NewTimer(recordGrace)
	defer grace.Stop()
	select {
	case local := <-done:
		r.attach(&node.evidence, node.verdict(), local)
	case <-grace.C:
		r.log.Warn("a decision of the node is kept without a record: our VM takes too long")
	}
	return node.evidence, node.err
}

// attach takes the record over if it is of the same verdict. Checkpoint and
// objects are then those of the record.
func (r *Recorded) attach(ev *Evidence, v verdict, local *answer) {
	if local.verdict() != v || local.evidence.Record == nil {
		r.log.Warn("a decision of the node is kept without a record: our VM does not come to the same",
			"node", v, "local", local.verdict(), "err", local.err)
		return
	}
	ev.Record, ev.Checkpoint, ev.Objects = local.evidence.Record, local.evidence.Checkpoint, local.evidence.Objects
}

// Following implements [Follower].
func (r *Recorded) Following() (uint64, time.Time, error) { return r.local.Following() }
