package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) policy() *cobra.Command {
	return group("policy", "Show and change who may open a dataset",
		a.policyNew(), a.policyShow(), a.policyExplain(), a.policyTest(), a.policyRequest(), a.policyLint(), a.policyProbe(),
		a.policyMember("grant", "Let an address open a dataset", "granted", dataset.Grant),
		a.policyMember("revoke", "Stop releasing keys to an address", "revoked", dataset.Revoke),
		a.policyTighten(), a.policyRemoveClause(), a.policyBind(), a.policyPayee(), a.policyOffer(), a.policyDelegate(),
		a.policyPropose(), a.policyApply(), a.policyCancel(), a.policyRaiseDelay(), a.policyFreeze(),
		a.policySteward(), a.policyHold())
}

func (a *app) policyShow() *cobra.Command {
	return a.command(verb{
		use:     "show DATASET",
		short:   "Say in plain sentences who may open a dataset",
		long:    "show reads the policy of a dataset's latest version from the chain. DATASET may also be a policy's id.",
		example: "  floe policy show 0x1f…\n  floe policy show 0x1f… --json",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				p, err := dataset.ShowPolicy(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return p, func() { a.sayPolicy(p) }, nil
			}, err
		},
	})
}

func (a *app) sayPolicy(p *dataset.PolicyState) {
	a.say("policy %s", p.ID)
	if !p.Simple {
		a.sayComposed(p)
		return
	}
	a.say("Its owner %s may open it%s.", p.Owner, window(p))
	switch len(p.Members) {
	case 0:
		a.say("Nobody else may.")
	case 1:
		a.say("So may this address, and nobody else:")
	default:
		a.say("So may these %d addresses, and nobody else:", len(p.Members))
	}
	for _, m := range p.Members {
		a.say("  %s  since %s", m.Address, m.Since.Format("2006-01-02 15:04:05 UTC"))
	}
	a.say("The owner can add and remove addresses at any time. A key once released can't be taken back.")
}

func (a *app) sayComposed(p *dataset.PolicyState) {
	for _, s := range p.Sentences {
		a.say("%s", s)
	}
	for _, m := range p.Members {
		a.say("  member %s  since %s", m.Address, m.Since.Format("2006-01-02 15:04:05 UTC"))
	}
	if p.Open != nil {
		a.say("Now its clauses %v could let somebody in, of %d.", p.Open, p.Clauses)
	} else {
		a.say("Now nobody could be let in.")
	}
	a.say("What it can't enforce: floe policy explain %s", p.ID)
}

func window(p *dataset.PolicyState) string {
	const layout = "2006-01-02 15:04 UTC"
	s := ""
	if p.NotBefore != nil {
		s += ", not before " + p.NotBefore.Format(layout)
	}
	if p.NotAfter != nil {
		s += ", not after " + p.NotAfter.Format(layout)
	}
	return s
}

func (a *app) policyExplain() *cobra.Command {
	return a.command(verb{
		use:     "explain DATASET",
		short:   "Say in plain sentences what a policy does, and what it can't enforce",
		long:    "explain reads a policy from the chain. DATASET may also be a policy's id. The numbers\nof clauses and offers are those that other commands take.",
		example: "  floe policy explain 0x1f…",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				p, err := dataset.Policy(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return explanation(p), func() { a.explain(p) }, nil
			}, err
		},
	})
}

func explanation(p *contract.Policy) fields {
	type clause struct {
		Number     uint64 `json:"number"`
		Conditions string `json:"conditions"`
		Sentence   string `json:"sentence"`
	}
	clauses := []clause{}
	for _, c := range p.Clauses {
		clauses = append(clauses, clause{c.ID, dataset.FormatClause(c.Rules), p.SayClause(c.Rules)})
	}
	return fields{"policy_id": p.ID, "sentences": p.Sentences(), "clauses": clauses, "limits": p.Limits()}
}

func (a *app) explain(p *contract.Policy) {
	a.say("policy %s", p.ID)
	for _, s := range p.Sentences() {
		a.say("%s", s)
	}
	for _, c := range p.Clauses {
		a.say("clause %d  %s", c.ID, dataset.FormatClause(c.Rules))
	}
	for _, o := range p.Offers {
		if o.Open {
			a.say("offer %d   %s%s; floe pass buy %s %d", o.ID, o.Cost(), o.Extent(), p.ID, o.ID)
		}
	}
	a.say("What it can't enforce:")
	for _, s := range p.Limits() {
		a.say("  - %s", s)
	}
}

func (a *app) policyMember(name, short, past string, change func(context.Context, *dataset.Env, sui.Address, sui.Address) (sui.Digest, error)) *cobra.Command {
	return a.command(verb{
		use:     name + " DATASET ADDRESS",
		short:   short,
		long:    "It takes effect with the transaction. DATASET may also be a policy's id.",
		example: "  floe policy " + name + " 0x1f… 0xfriend…",
		signs:   true,
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			if err != nil {
				return nil, err
			}
			member, err := readAddress(args[1], "address")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				start := time.Now()
				digest, err := change(ctx, env, id, member)
				if err != nil {
					return nil, nil, err
				}
				return fields{"dataset_id": id, "address": member, "change": past, "transaction": digest}, func() {
					a.say("%s    %s in %.1f s (transaction %s)", past, member, time.Since(start).Seconds(), digest)
				}, nil
			}, err
		},
	})
}
