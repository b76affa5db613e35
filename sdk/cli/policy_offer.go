package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
)

func (a *app) policyOfferAdd() *cobra.Command {
	var along string
	return a.command(verb{
		use: "add DATASET OFFER", short: "Offer passes for sale", signs: true,
		long: `An offer opens nothing unless a clause asks for its passes: propose one with
floe policy propose DATASET --allow "pass NUMBER". What is paid goes to the policy's
payee, or with --along to the payees of a version that the policy guards and of all
that it was made from, by the weights in the lineage.`,
		example: "  floe policy offer add 0x1f… '5 SUI for 30d'\n  floe policy offer add 0x1f… '1 SUI for 3 requests for 30d' --along 0x1f…",
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&along, "along", "", "version, or dataset, along whose lineage it is paid")
		},
		read: func(args []string) (action, error) {
			_, offers, err := readCondition("pays " + args[1])
			if err != nil || along == "" {
				return a.changes(args[0], policyChange{past: "offered", detail: args[1], build: func(t *dataset.PolicyTx) error {
					t.AddOffers(nil, offers)
					return nil
				}}, err)
			}
			version, err := readAddress(along, "--along")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				id, err := dataset.VersionID(ctx, env, version)
				if err != nil {
					return nil, nil, err
				}
				coin, err := offers[0].CoinTag()
				if err != nil {
					return nil, nil, err
				}
				if _, err := dataset.EnsureTreasury(ctx, env, coin); err != nil {
					return nil, nil, err
				}
				offers[0].Version = &id
				act, err := a.changes(args[0], policyChange{past: "offered", detail: args[1] + ", paid along the lineage of " + id.String(), build: func(t *dataset.PolicyTx) error {
					t.AddOffers(nil, offers)
					return nil
				}}, nil)
				if err != nil {
					return nil, nil, err
				}
				return act(ctx, env)
			}, err
		},
	})
}

func (a *app) policyOffer() *cobra.Command {
	raise := a.command(verb{
		use: "raise DATASET NUMBER PRICE", short: "Raise the price of an offer, at once", signs: true,
		long:    "A lower price must be proposed: floe policy propose DATASET --price \"NUMBER PRICE\".",
		example: "  floe policy offer raise 0x1f… 0 '6 SUI'",
		read: func(args []string) (action, error) {
			offer, err := readNumber(args[1], "offer")
			if err != nil {
				return nil, err
			}
			price, err := dataset.ParsePrice(args[2])
			return a.changes(args[0], policyChange{past: "raised", detail: fmt.Sprintf("offer %d to %s", offer, args[2]), build: func(t *dataset.PolicyTx) error {
				t.Packages.ShopCalls(t.Builder).RaisePrice(t.Object, t.Cap, contract.Pure(t.Builder, offer), contract.Pure(t.Builder, price), t.Version)
				return nil
			}}, err)
		},
	})
	withdraw := a.command(verb{
		use: "withdraw DATASET NUMBER", short: "Stop selling an offer's passes, at once and for ever", signs: true,
		long:    "Passes that were sold stay valid.",
		example: "  floe policy offer withdraw 0x1f… 0",
		read: func(args []string) (action, error) {
			offer, err := readNumber(args[1], "offer")
			return a.changes(args[0], policyChange{past: "withdrew", detail: fmt.Sprintf("offer %d", offer), build: func(t *dataset.PolicyTx) error {
				t.Packages.ShopCalls(t.Builder).CloseOffer(t.Object, t.Cap, contract.Pure(t.Builder, offer), t.Version)
				return nil
			}}, err)
		},
	})
	return group("offer", "What passes cost", a.policyOfferAdd(), raise, withdraw)
}
