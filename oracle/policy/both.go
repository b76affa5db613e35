package policy

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// BothConfig says what a Both compares.
type BothConfig struct {
	// Local and Node are the two: a Local and a Simulator, except in tests.
	Local, Node Evaluator
	// Timeout bounds an evaluation with all attempts. 0 means 8 seconds: clients wait
	// for 10.
	Timeout time.Duration
	// Patience is how long one may lag behind the other before they are asked again.
	// 0 means 700 ms.
	Patience time.Duration
	// Log gets an error for each mismatch. nil discards it.
	Log *slog.Logger
	// Mismatched is called for each mismatch. May be nil.
	Mismatched func()
}

// A Both evaluates by our own VM and by the node, and says yes only if both do. A
// node that lies about verdicts, and a fault of our VM, are then found out by each
// other; a node that lies about objects deceives both, unless the mirror verifies
// what it says.
//
// If they differ, both are asked again at newer checkpoints; if they go on to
// differ, each with the same verdict as before, one is wrong: an alarm, and the
// request is refused with evaluator_mismatch.
type Both struct{ cfg BothConfig }

var (
	_ Evaluator = (*Both)(nil)
	_ Reporter  = (*Both)(nil)
	_ Follower  = (*Both)(nil)
)

// NewBoth returns an Evaluator that demands that two agree.
func NewBoth(cfg BothConfig) *Both {
	cfg.Log, cfg.Mismatched = orDiscard(cfg.Log), orNothing(cfg.Mismatched)
	if cfg.Timeout == 0 {
		cfg.Timeout = 8 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = defaultPatience
	}
	return &Both{cfg}
}

// Package implements [Evaluator], from what the mirror knows.
func (b *Both) Package(ctx context.Context, id sui.Address) (Package, error) {
	return b.cfg.Local.Package(ctx, id)
}

// Evaluate implements [Evaluator].
func (b *Both) Evaluate(ctx context.Context, q Query) (Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	var local, node *answer
	locals, nodes := map[verdict]bool{}, map[verdict]bool{} // what was said in all attempts
	for range attempts {
		local, node = b.ask(ctx, q)
		l, n := local.verdict(), node.verdict()
		switch {
		case n.undecided():
			return undone(local.evidence), node.err
		case l.undecided():
			return undone(local.evidence), local.err
		case l == n:
			local.evidence.Evaluated = receipt.ByBoth
			return local.evidence, local.err
		}
		locals[l], nodes[n] = true, true
		newest := max(local.checkpoint(), node.checkpoint())
		await(ctx, b.cfg.Node, newest, b.cfg.Patience)
		await(ctx, b.cfg.Local, newest+1, b.cfg.Patience)
	}
	difference := fmt.Errorf("our VM says %s at checkpoint %d, the node says %s at checkpoint %d or later",
		local.verdict(), local.checkpoint(), node.verdict(), node.checkpoint())
	if len(locals) > 1 || len(nodes) > 1 {
		return undone(local.evidence), inFlux(difference)
	}
	b.cfg.Mismatched()
	b.cfg.Log.Error("evaluator mismatch: our VM and the node differ about a policy",
		"local", local.verdict(), "local_checkpoint", local.checkpoint(), "local_err", local.err,
		"node", node.verdict(), "node_checkpoint", node.checkpoint(), "node_err", node.err, "package", q.Package.Called)
	return undone(local.evidence), tryLater("evaluator_mismatch", "the key server's own evaluation of the policy and the full node's differ", difference)
}

// ask asks both at once.
func (b *Both) ask(ctx context.Context, q Query) (local, node *answer) {
	done := make(chan *answer, 1)
	go func() { done <- ask(ctx, b.cfg.Node, q) }()
	local = ask(ctx, b.cfg.Local, q)
	return local, <-done
}

// VerifyWallet implements [Evaluator].
func (b *Both) VerifyWallet(ctx context.Context, user sui.Address, message []byte, sig sui.Signature) error {
	return b.cfg.Node.VerifyWallet(ctx, user, message, sig)
}

// Ready demands both.
func (b *Both) Ready(ctx context.Context) error {
	if err := b.cfg.Node.Ready(ctx); err != nil {
		return err
	}
	return b.cfg.Local.Ready(ctx)
}

// Await waits until both have a checkpoint, or one after it.
func (b *Both) Await(ctx context.Context, sequence uint64) error {
	await(ctx, b.cfg.Node, sequence, b.cfg.Patience)
	await(ctx, b.cfg.Local, sequence, b.cfg.Patience)
	return ctx.Err()
}

// Nodes implements [Reporter].
func (b *Both) Nodes(ctx context.Context) []NodeStatus { return nodesOf(ctx, b.cfg.Node) }

// Following implements [Follower].
func (b *Both) Following() (uint64, time.Time, error) { return followingOf(b.cfg.Local) }
