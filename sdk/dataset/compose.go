package dataset

import (
	"context"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// ComposePolicy makes a policy of the signer, for Publish to put data under.
func ComposePolicy(ctx context.Context, env *Env, n contract.NewPolicy) (*contract.PolicyCreated, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	if len(n.Clauses) == 0 {
		return nil, fmt.Errorf("compose policy: it has no clause, so nobody could ever decrypt; give one")
	}
	b := sui.NewBuilder()
	contract.ComposePolicy(b, Packages(env.Network), n, env.Signer.Address())
	done, err := env.Chain.Send(ctx, env.Signer, b)
	if err != nil {
		return nil, contract.Explain(err)
	}
	created, err := firstEvent[contract.PolicyCreated](env, done)
	if err != nil {
		return nil, fmt.Errorf("compose policy: %w", err)
	}
	return created, nil
}

// Policy reads a policy by its id or that of a dataset under it.
func Policy(ctx context.Context, env *Env, id sui.Address) (*contract.Policy, error) {
	return findPolicy(ctx, env, id)
}

// A Proposed is a change that widens a policy: proposed, and applied already if
// the policy has no delay.
type Proposed struct {
	Policy      sui.Address     `json:"policy_id"`
	Number      uint64          `json:"proposal"`
	Change      contract.Change `json:"-"`
	Says        string          `json:"change"`
	ReadyAtMS   uint64          `json:"ready_at_ms"`
	Applied     bool            `json:"applied"`
	Transaction sui.Digest      `json:"transaction"`
}

// Propose proposes a change that widens a policy. offers are for the clause
// that it adds: they are made in the same transaction, and its rules number
// them from 0.
func Propose(ctx context.Context, env *Env, id sui.Address, c contract.Change, offers []contract.Offer) (*Proposed, error) {
	var p *contract.Policy
	done, err := ChangePolicy(ctx, env, id, func(t *PolicyTx) error {
		p = t.Policy
		c.Rules = t.AddOffers(c.Rules, offers)
		governance := t.Packages.GovernanceCalls(t.Builder)
		number := governance.Propose(t.Object, t.Cap, contract.MakeChange(t.Builder, t.Packages, c), t.Version)
		if p.DelayMS == 0 {
			governance.Apply(t.Object, t.Cap, number, t.Version)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e, err := firstEvent[contract.ChangeProposed](env, done)
	if err != nil {
		return nil, fmt.Errorf("propose change: %w", err)
	}
	return &Proposed{p.ID, e.Proposal, c, p.SayChange(c), e.ReadyAtMS, p.DelayMS == 0, done.Digest}, nil
}

// firstEvent finds the event of a type that a transaction must have left.
func firstEvent[T any](env *Env, done *suirpc.Executed) (*T, error) {
	if found := eventsOf[T](env, done.Events); len(found) > 0 {
		return found[0], nil
	}
	return nil, fmt.Errorf("transaction %s left no %T event; is the network file of another network?", done.Digest, *new(T))
}

// eventsOf finds the events of one type of our contracts.
func eventsOf[T any](env *Env, events []sui.Event) []*T {
	var out []*T
	for _, e := range events {
		if v, err := contract.DecodeEvent(e, Packages(env.Network)); err == nil {
			if v, ok := v.(*T); ok {
				out = append(out, v)
			}
		}
	}
	return out
}
