package cli

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) income() *cobra.Command {
	cmd := a.command(verb{
		use:   "income [DATASET]",
		short: "Say what datasets earned, from the chain's events alone",
		long: `income reads all events from the first checkpoint on and keeps the books: what was
paid, what is kept back, refunded, credited along the lineage and claimed. If they
don't add up to the last unit it says at which event. It believes the node that
it reads from.`,
		example: "  floe income\n  floe income 0x1f… --json",
		read: func(args []string) (action, error) {
			var only sui.Address
			var err error
			if len(args) == 1 {
				only, err = readAddress(args[0], "dataset id")
			}
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				books, err := dataset.Books(ctx, env)
				if err != nil {
					return nil, nil, err
				}
				income := []contract.Income{}
				for _, in := range books.Income() {
					if only.IsZero() || in.Dataset == only {
						income = append(income, in)
					}
				}
				treasuries := books.Treasuries()
				return fields{"income": income, "treasuries": treasuries, "kept_back": books.KeptBack()}, func() {
					a.sayIncome(income)
					if only.IsZero() {
						a.sayTreasuries(treasuries)
					}
				}, nil
			}, err
		},
	})
	cmd.AddCommand(a.incomeClaim(), a.incomeSettle())
	return cmd
}

func (a *app) sayIncome(income []contract.Income) {
	if len(income) == 0 {
		a.say("nothing was earned")
	}
	for _, in := range income {
		amount := func(n uint64) string { return contract.Offer{CoinType: in.CoinType, Price: n}.Cost() }
		name := "dataset " + in.Dataset.String()
		if in.Dataset.IsZero() {
			name = "policies that guard no dataset"
		}
		a.say("%s", name)
		if in.PassCount > 0 {
			a.say("  %s paid for passes, to the payees of its policies: %d sold", amount(in.Passes), in.PassCount)
		}
		if in.SaleCount > 0 || in.Earned > 0 {
			a.say("  %s earned: its part of its own sales, %d for %s, and of sales of what was made from it", amount(in.Earned), in.SaleCount, amount(in.Sales))
		}
		if in.KeptBack > 0 {
			a.say("  %s kept back until the refund window is over", amount(in.KeptBack))
		}
		if in.Refunded > 0 {
			a.say("  %s given back to buyers", amount(in.Refunded))
		}
	}
}

func (a *app) sayTreasuries(all []contract.TreasuryAccount) {
	for _, t := range all {
		amount := func(n uint64) string { return contract.Offer{CoinType: t.CoinType, Price: n}.Cost() }
		a.say("treasury %s", t.Treasury)
		a.say("  in %s = refunded %s + claimed %s + kept back %s + due %s", amount(t.In), amount(t.Refunded), amount(t.Claimed), amount(t.KeptBack), amount(t.Due))
		for _, who := range slices.SortedFunc(maps.Keys(t.DueTo), sui.Address.Compare) {
			a.say("  due to %s: %s", who, amount(t.DueTo[who]))
		}
	}
}

func (a *app) incomeClaim() *cobra.Command {
	return a.command(verb{
		use:     "claim TREASURY",
		short:   "Take out what is credited to you",
		long:    "TREASURY is one that floe income lists with something due to you.",
		example: "  floe income claim 0x7e…",
		signs:   true,
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "treasury")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				claimed, digest, err := dataset.ClaimIncome(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return fields{"treasury_id": id, "amount": claimed.Amount, "payee": claimed.Payee, "transaction": digest}, func() {
					a.say("claimed  %d of the coin's smallest unit (transaction %s)", claimed.Amount, digest)
				}, nil
			}, err
		},
	})
}

func (a *app) incomeSettle() *cobra.Command {
	return a.command(verb{
		use:     "settle",
		short:   "Have payments paid out whose refund window is over",
		long:    "Anybody may. What belongs to a version that is revoked or on hold stays where it is.",
		example: "  floe income settle",
		signs:   true,
		read: func([]string) (action, error) {
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				settled, err := dataset.SettleSales(ctx, env)
				if err != nil {
					return nil, nil, err
				}
				return fields{"settled": settled}, func() {
					for _, s := range settled {
						a.say("settled  sale %s: %d of the coin's smallest unit", s.Sale, s.Amount)
					}
					if len(settled) == 0 {
						a.say("no payment's refund window is over")
					}
				}, nil
			}, nil
		},
	})
}
