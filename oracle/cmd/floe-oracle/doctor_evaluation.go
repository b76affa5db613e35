package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// checkEvaluation tries each option of the section evaluation with each full node
// by itself, and then all of them together, as the server does.
func (d *doctor) checkEvaluation(ctx context.Context) {
	validators, err := readValidators(d.cfg.Evaluation.Validators)
	if err != nil {
		d.bad(fail, "validators", "make the file with floe-oracle validators, and give its path in evaluation.validators", "%v", err)
		return
	}
	able := 0
	for _, n := range d.nodes {
		verified := validators == nil || d.checkVerified(ctx, n, validators)
		if verified && d.tryEvaluation(ctx, n.name+": ", []*suirpc.Client{n.client}, 1, validators) {
			able++
		}
	}
	all := 1 + len(d.cfg.Evaluation.Nodes)
	if all == 1 {
		return
	}
	need := d.cfg.Evaluation.Quorum
	if need == 0 {
		need = policy.DefaultQuorum(all)
	}
	const remedy = "mend the nodes that are named above, or configure more of them in evaluation.nodes"
	switch {
	case able < need:
		d.bad(fail, "quorum", remedy, "%d of %d full nodes can evaluate, and %d have to agree", able, all, need)
		return
	case able == need && need < all:
		d.bad(warn, "quorum", remedy, "%d of %d full nodes can evaluate, and as many have to agree: none of them may fail", able, all)
	default:
		d.ok("quorum", "%d of %d full nodes can evaluate, and %d have to agree", able, all, need)
	}
	clients := make([]*suirpc.Client, len(d.nodes))
	for i, n := range d.nodes {
		clients[i] = n.client
	}
	d.tryEvaluation(ctx, "all together: ", clients, need, validators)
}

// checkVerified verifies the newest checkpoint of a node by the configured
// validators, and, with prove, tries whether it gives proofs of objects.
func (d *doctor) checkVerified(ctx context.Context, n fullNode, validators *lightclient.Committee) bool {
	ctx, cancel := context.WithTimeout(ctx, d.evaluationTime())
	defer cancel()
	light := lightclient.New(lightclient.Node(n.client.Conn()), *validators)
	c, err := light.Checkpoint(ctx, n.tip)
	switch {
	case errors.Is(err, lightclient.ErrBadSignature) || errors.Is(err, lightclient.ErrBadProof) || errors.Is(err, lightclient.ErrBadHandover):
		d.bad(fail, "validators", "if all nodes show this, the file is of another network: make it anew with floe-oracle validators; if not, do without this node", "%s: %v", n.name, err)
		return false
	case err != nil:
		d.bad(fail, "validators", "make the file of evaluation.validators anew, with floe-oracle validators, from several nodes that agree; if that does not help, the node keeps too little of the past", "%s: %v", n.name, err)
		return false
	}
	d.ok("validators", "%s: the validators of epoch %d signed checkpoint %d", n.name, c.Summary.Epoch, c.Summary.Sequence)
	if !d.cfg.Evaluation.Prove {
		return true
	}
	_, err = light.ObjectState(ctx, n.tip, sui.ClockID)
	switch {
	case unimplemented(err):
		d.bad(fail, "proofs", "configure a node that serves ProofService, or leave out evaluation.prove: then it is believed about objects that did not change since the start", "%s gives no proofs of objects", n.name)
	case err != nil:
		d.bad(fail, "proofs", "configure another node, or leave out evaluation.prove", "%s: %v", n.name, err)
	default:
		d.ok("proofs", "%s proves what a checkpoint did to an object", n.name)
	}
	return err == nil
}

// tryEvaluation evaluates a program that has nothing but the staleness check, by
// some of the nodes.
func (d *doctor) tryEvaluation(ctx context.Context, who string, nodes []*suirpc.Client, quorum int, validators *lightclient.Committee) bool {
	ctx, cancel := context.WithTimeout(ctx, d.evaluationTime())
	defer cancel()
	e, stop, err := d.cfg.evaluator(nodes, quorum, validators, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		d.bad(fail, "evaluation", "mend the section evaluation of the configuration", "%v", err)
		return false
	}
	defer stop()
	for e.Ready(ctx) != nil && ctx.Err() == nil { // its stream may have to begin
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	if _, err = e.Evaluate(ctx, policy.Query{User: sui.Address{1}, Approval: new(seal.Approval)}); err != nil {
		d.bad(fail, "evaluation", d.evaluationRemedy(), "%sno policy can be evaluated: %v", who, err)
		return false
	}
	d.ok("evaluation", "%spolicies can be evaluated, and %s has the staleness check", who, d.cfg.KeyServerPackage)
	return true
}

// evaluationRemedy is what to do if nodes answer, and nothing can be evaluated.
func (d *doctor) evaluationRemedy() string {
	const remedy = "check key_server_package, which has to have the function time::check_staleness, and the full nodes"
	if d.cfg.Evaluation.Prove {
		return remedy + "; evaluation.prove needs nodes that still have all transactions, and the proofs of their checkpoints"
	}
	return remedy
}
