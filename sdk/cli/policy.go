package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) policy() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Show and change who may open a dataset"}
	cmd.AddCommand(a.policyNew(), a.policyShow(), a.policyExplain(), a.policyTest(), a.policyLint(), a.policyProbe(), a.policyPropose(), a.policyFreeze(), a.policyBuy(),
		a.policyNumbered("apply", "Apply a proposed change whose delay is over", "applied", dataset.ApplyProposal),
		a.policyNumbered("cancel", "Drop a proposed change", "cancelled", dataset.CancelProposal),
		a.policyChange("grant", "Let an address open a dataset", "granted", dataset.Grant),
		a.policyChange("revoke", "Stop releasing keys to an address", "revoked", dataset.Revoke))
	return cmd
}

func (a *app) policyShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show DATASET",
		Short:   "Say in plain sentences who may open a dataset",
		Long:    "show reads the policy of a dataset's latest version from the chain. DATASET may also be a policy's id.",
		Example: "  floe policy show 0x1f…\n  floe policy show 0x1f… --json",
		Args:    exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			env, closeEnv, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			p, err := dataset.ShowPolicy(cmd.Context(), env, id)
			if err != nil {
				return err
			}
			if a.json {
				a.print(p)
				return nil
			}
			a.sayPolicy(p)
			return nil
		},
	}
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

func (a *app) policyChange(verb, short, past string, change func(context.Context, *dataset.Env, sui.Address, sui.Address) (sui.Digest, error)) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " DATASET ADDRESS",
		Short:   short,
		Long:    short + ". It takes effect with the transaction. DATASET may also be a policy's id.",
		Example: "  floe policy " + verb + " 0x1f… 0xfriend…",
		Args:    exactArgs("DATASET", "ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			member, err := address(args[1], "address")
			if err != nil {
				return err
			}
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			start := time.Now()
			digest, err := change(cmd.Context(), env, id, member)
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"dataset_id": id, "address": member, "change": past, "transaction": digest})
				return nil
			}
			a.say("%s    %s in %.1f s (transaction %s)", past, member, time.Since(start).Seconds(), digest)
			return nil
		},
	}
}
