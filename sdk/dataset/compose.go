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
		return nil, fmt.Errorf("compose policy: it has no clause, so nobody could ever decrypt; give one, such as owner")
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
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, err
	}
	cap, err := policyCap(ctx, env, p.ID)
	if err != nil {
		return nil, err
	}
	b, packages := sui.NewBuilder(), Packages(env.Network)
	for i, o := range offers {
		contract.MakeOffer(b, packages, p.ID, cap, o)
		o.ID, o.Open = p.Next+uint64(i), true
		p.Offers = append(p.Offers, o)
	}
	if len(offers) > 0 {
		c.Rules = renumbered(c.Rules, p.Next)
	}
	number := contract.Propose(b, packages, p.ID, cap, env.Network.AccessVersion, c)
	if p.DelayMS == 0 {
		contract.Apply(b, packages, p.ID, cap, env.Network.AccessVersion, number)
	}
	done, err := env.Chain.Send(ctx, env.Signer, b)
	if err != nil {
		return nil, contract.Explain(err)
	}
	e, err := firstEvent[contract.ChangeProposed](env, done)
	if err != nil {
		return nil, fmt.Errorf("propose change: %w", err)
	}
	return &Proposed{p.ID, e.Proposal, c, p.SayChange(c), e.ReadyAtMS, p.DelayMS == 0, done.Digest}, nil
}

func renumbered(rules []contract.Rule, from uint64) []contract.Rule {
	out := append([]contract.Rule(nil), rules...)
	for i := range out {
		if out[i].Kind == contract.RulePass {
			out[i].Offer += from
		}
	}
	return out
}

// ApplyProposal applies a change whose delay is over.
func ApplyProposal(ctx context.Context, env *Env, id sui.Address, number uint64) (sui.Digest, error) {
	return changePolicy(ctx, env, id, func(b *sui.Builder, policy, cap sui.Address) {
		contract.Apply(b, Packages(env.Network), policy, cap, env.Network.AccessVersion, contract.Pure(b, number))
	})
}

// CancelProposal drops a proposed change.
func CancelProposal(ctx context.Context, env *Env, id sui.Address, number uint64) (sui.Digest, error) {
	return changePolicy(ctx, env, id, func(b *sui.Builder, policy, cap sui.Address) {
		contract.CancelProposal(b, Packages(env.Network), policy, cap, number)
	})
}

// Freeze ends all widening of a policy for ever.
func Freeze(ctx context.Context, env *Env, id sui.Address) (sui.Digest, error) {
	return changePolicy(ctx, env, id, func(b *sui.Builder, policy, cap sui.Address) {
		contract.Freeze(b, Packages(env.Network), policy, cap)
	})
}

// BuyPass buys a pass of a policy's offer for the signer, paid in SUI.
func BuyPass(ctx context.Context, env *Env, id sui.Address, offer uint64) (*contract.PassSold, sui.Digest, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	for _, o := range p.Offers {
		if o.ID != offer {
			continue
		}
		if t, err := o.CoinTag(); err != nil || !t.Equal(sui.SUIType()) {
			return nil, sui.Digest{}, fmt.Errorf("buy pass: offer %d is for %s, and floe pays in SUI only; call pass::buy with a coin of that type", offer, o.CoinType)
		}
		b := sui.NewBuilder()
		coin := b.SplitCoins(sui.GasCoin, b.Pure(o.Price)).At(0)
		contract.BuyPass(b, Packages(env.Network), p.ID, env.Network.AccessVersion, o, coin, env.Signer.Address())
		done, err := env.Chain.Send(ctx, env.Signer, b)
		if err != nil {
			return nil, sui.Digest{}, contract.ExplainFor(err, contract.Situation{Requester: env.Signer.Address(), Policy: p})
		}
		sold, err := firstEvent[contract.PassSold](env, done)
		return sold, done.Digest, err
	}
	return nil, sui.Digest{}, fmt.Errorf("buy pass: policy %s has no offer %d; see its offers with: floe policy show %s", p.ID, offer, p.ID)
}

// evidence finds what the signer owns that opens a policy which does not let in
// the bare address. The zero value is to show nothing.
func evidence(ctx context.Context, env *Env, policy sui.Address) (TryOptions, error) {
	plain := TryOptions{As: env.Signer.Address()}
	p, err := findPolicy(ctx, env, policy)
	if err != nil || p.Simple() {
		return plain, err
	}
	packages := Packages(env.Network)
	options := []TryOptions{plain}
	for _, kind := range []struct {
		typ  *sui.StructTag
		show func(o *TryOptions, id sui.Address)
	}{
		{packages.PassType(), func(o *TryOptions, id sui.Address) { o.Pass = id }},
		{packages.KeyRequestType(), func(o *TryOptions, id sui.Address) { o.Request = id }},
	} {
		owned, err := env.Chain.OwnedObjects(ctx, plain.As, kind.typ)
		if err != nil {
			return plain, fmt.Errorf("find passes and key requests: %w", err)
		}
		for _, o := range owned {
			opt := plain
			kind.show(&opt, o.ID())
			options = append(options, opt)
		}
	}
	for _, opt := range options {
		v, err := TryPolicy(ctx, env, p.ID, opt)
		if err != nil {
			return plain, err
		}
		if v.Allowed {
			return opt, nil
		}
	}
	return plain, nil
}

// firstEvent finds the event of a type that a transaction must have left.
func firstEvent[T any](env *Env, done *suirpc.Executed) (*T, error) {
	for _, e := range done.Events {
		v, err := contract.DecodeEvent(e, Packages(env.Network))
		if err != nil {
			continue
		}
		if v, ok := v.(*T); ok {
			return v, nil
		}
	}
	return nil, fmt.Errorf("transaction %s left no %T event; is the network file of another network?", done.Digest, *new(T))
}
