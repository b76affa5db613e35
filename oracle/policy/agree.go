package policy

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/floe-data/floe/sdk/seal"
)

// A verdict is what must be the same for two evaluations to agree. The zero value
// is a yes.
type verdict struct {
	kind Kind
	code string
}

// verdictOf returns the verdict in what an Evaluator returned.
func verdictOf(err error) verdict {
	if err == nil {
		return verdict{}
	}
	r := RefusalOf(err)
	return verdict{r.Kind, r.Reason.Code}
}

// undecided reports whether it is no verdict about the policy.
func (v verdict) undecided() bool { return v.kind == Unknown }

func (v verdict) String() string {
	if v == (verdict{}) {
		return "allowed"
	}
	return string(v.kind) + "/" + v.code
}

// An answer is what one Evaluator said to a query.
type answer struct {
	evidence Evidence
	err      error
}

func (a *answer) verdict() verdict { return verdictOf(a.err) }

// checkpoint is the one that the answer is about, 0 if that is not known.
func (a *answer) checkpoint() uint64 {
	if a.evidence.Checkpoint == nil {
		return 0
	}
	return a.evidence.Checkpoint.Sequence
}

// ask puts a query to an Evaluator. A panic is no answer of it.
func ask(ctx context.Context, e Evaluator, q Query) (a *answer) {
	defer func() {
		if cause := recover(); cause != nil {
			a = &answer{err: panicked(cause)}
		}
	}()
	ev, err := e.Evaluate(ctx, q)
	return &answer{ev, err}
}

// panicked refuses a request over which an evaluator panicked: a fault of ours,
// found by this request, for which others are not to suffer. Evaluators are asked in
// goroutines of their own, where a panic would end the process.
func panicked(cause any) *Refusal {
	return &Refusal{Kind: Unknown, Cause: fmt.Errorf("evaluation panicked: %v\n%s", cause, debug.Stack()), Reason: seal.Reason{
		Code: "evaluation_failed", Rule: "the key server failed to run the policy's code",
		Remedy: "tell the operator of the key server",
	}}
}

// An awaiter is an Evaluator that can wait until it knows a checkpoint.
type awaiter interface {
	Await(ctx context.Context, sequence uint64) error
}

// await waits a moment until an Evaluator knows a checkpoint, if it can. Those who
// differ wait for one that is newer than both told: a node shows what changed in a
// checkpoint a little before it says that there is the checkpoint.
func await(ctx context.Context, e Evaluator, sequence uint64, patience time.Duration) {
	if a, ok := e.(awaiter); ok {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_ = a.Await(ctx, sequence)
	}
}

// nodesOf and followingOf ask Evaluators that may be a Reporter or a Follower.
func nodesOf(ctx context.Context, e Evaluator) []NodeStatus {
	if r, ok := e.(Reporter); ok {
		return r.Nodes(ctx)
	}
	return nil
}

func followingOf(e Evaluator) (uint64, time.Time, error) {
	if f, ok := e.(Follower); ok {
		return f.Following()
	}
	return 0, time.Time{}, ErrNoStream
}

// defaultPatience is how long an evaluator may lag behind another. Sui makes some
// four checkpoints a second.
const defaultPatience = 700 * time.Millisecond

// attempts is how often evaluators that differ are asked again, at newer
// checkpoints, before that is called a fault: a policy may change between the
// checkpoints that they look at. After one change three are enough.
const attempts = 4

func tryLater(code, rule string, cause error) *Refusal {
	return &Refusal{Kind: Unknown, Cause: cause, Reason: seal.Reason{
		Code: code, Rule: rule, Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
	}}
}

// inFlux refuses when evaluators differ because the state keeps changing.
func inFlux(cause error) *Refusal {
	return tryLater("policy_in_flux", "what decides about access changes faster than it can be agreed on", cause)
}

// undone takes from evidence what it says about an evaluation: its outcome is not
// why the request is refused.
func undone(ev Evidence) Evidence {
	ev.Evaluated, ev.Record = "", nil
	return ev
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

func orNothing(f func()) func() {
	if f == nil {
		return func() {}
	}
	return f
}
