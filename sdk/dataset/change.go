package dataset

import (
	"context"
	"slices"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A PolicyTx is a transaction about a policy while it is built: the calls that
// package contract generates take its fields.
type PolicyTx struct {
	*sui.Builder
	Packages contract.Packages
	Policy   *contract.Policy // as it is on chain

	Object  contract.Arg[contract.Policy]
	Version contract.Arg[contract.PackageVersion]
	Lineage contract.Arg[contract.Lineage]
	// Cap is the signer's capability for the policy, for ChangePolicy only.
	Cap contract.Arg[contract.PolicyCap]
}

// ChangePolicy sends what build puts into a transaction, for the holder of the
// policy's capability. id may also be that of a dataset under the policy.
func ChangePolicy(ctx context.Context, env *Env, id sui.Address, build func(*PolicyTx) error) (*suirpc.Executed, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, err
	}
	cap, err := policyCap(ctx, env, p.ID)
	if err != nil {
		return nil, err
	}
	return sendPolicyTx(ctx, env, p, func(t *PolicyTx) error {
		t.Cap = contract.Object[contract.PolicyCap](t.Builder, cap)
		return build(t)
	})
}

// AskPolicy is [ChangePolicy] for what needs no capability: buying, requesting,
// approving, voting.
func AskPolicy(ctx context.Context, env *Env, id sui.Address, build func(*PolicyTx) error) (*suirpc.Executed, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return nil, err
	}
	return sendPolicyTx(ctx, env, p, build)
}

func sendPolicyTx(ctx context.Context, env *Env, p *contract.Policy, build func(*PolicyTx) error) (*suirpc.Executed, error) {
	t := newPolicyTx(env, p)
	if err := build(t); err != nil {
		return nil, err
	}
	done, err := env.Chain.Send(ctx, env.Signer, t.Builder)
	if err != nil {
		return nil, contract.ExplainFor(err, contract.Situation{Requester: env.Signer.Address(), Policy: p})
	}
	return done, nil
}

func newPolicyTx(env *Env, p *contract.Policy) *PolicyTx {
	b := sui.NewBuilder()
	return &PolicyTx{Builder: b, Packages: Packages(env.Network), Policy: p,
		Object:  contract.Object[contract.Policy](b, p.ID),
		Version: contract.Object[contract.PackageVersion](b, env.Network.AccessVersion),
		Lineage: contract.Object[contract.Lineage](b, env.Network.CatalogLineage)}
}

// Grant lets member open the dataset from now on. The signer holds the policy's
// capability or is one of its delegates.
func Grant(ctx context.Context, env *Env, id, member sui.Address) (sui.Digest, error) {
	return changeMember(ctx, env, id, member, true)
}

// Revoke refuses member from now on. Keys that were released stay released.
func Revoke(ctx context.Context, env *Env, id, member sui.Address) (sui.Digest, error) {
	return changeMember(ctx, env, id, member, false)
}

func changeMember(ctx context.Context, env *Env, id, member sui.Address, grant bool) (sui.Digest, error) {
	p, err := findPolicy(ctx, env, id)
	if err != nil {
		return sui.Digest{}, err
	}
	cap, err := policyCap(ctx, env, p.ID)
	asDelegate := err != nil && slices.Contains(p.Delegates, env.Signer.Address())
	if err != nil && !asDelegate {
		return sui.Digest{}, err
	}
	done, err := sendPolicyTx(ctx, env, p, func(t *PolicyTx) error {
		calls, who := t.Packages.MembersCalls(t.Builder), contract.Pure(t.Builder, member)
		switch {
		case asDelegate && grant:
			calls.GrantAsDelegate(t.Object, who, t.Version)
		case asDelegate:
			calls.RevokeAsDelegate(t.Object, who, t.Version)
		case grant:
			calls.Grant(t.Object, contract.Object[contract.PolicyCap](t.Builder, cap), who, t.Version)
		default:
			calls.Revoke(t.Object, contract.Object[contract.PolicyCap](t.Builder, cap), who, t.Version)
		}
		return nil
	})
	if err != nil {
		return sui.Digest{}, err
	}
	return done.Digest, nil
}

// AddOffers adds the offers that rules ask passes of, numbered from 0, to the
// policy, and returns the rules with the numbers that the policy gives them.
func (t *PolicyTx) AddOffers(rules []contract.Rule, offers []contract.Offer) []contract.Rule {
	for i, o := range offers {
		contract.AddOffer(t.Builder, t.Packages, t.Object, t.Cap, o)
		o.ID, o.Open = t.Policy.Next+uint64(i), true
		t.Policy.Offers = append(t.Policy.Offers, o)
	}
	if len(offers) == 0 {
		return rules
	}
	rules = slices.Clone(rules)
	for i := range rules {
		if rules[i].Kind == contract.RulePass {
			rules[i].Offer += t.Policy.Next
		}
	}
	return rules
}
