package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) pass() *cobra.Command {
	return group("pass", "Buy passes to policies, list them, and give them back", a.passBuy(), a.passList(), a.passRefund())
}

func (a *app) passBuy() *cobra.Command {
	var holder string
	return a.command(verb{
		use:     "buy DATASET OFFER",
		short:   "Buy a pass of a policy's offer, in SUI",
		long:    "OFFER is a number that floe policy explain shows. The pass is yours for ever and can't\nbe given away; --for buys it for somebody else.",
		example: "  floe pass buy 0x1f… 0\n  floe pass buy 0x1f… 0 --for 0xfriend…",
		signs:   true,
		flags:   func(f *pflag.FlagSet) { f.StringVar(&holder, "for", "", "address that gets the pass (default: yours)") },
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			if err != nil {
				return nil, err
			}
			var to sui.Address
			if holder != "" {
				if to, err = readAddress(holder, "--for"); err != nil {
					return nil, err
				}
			}
			offer, err := readNumber(args[1], "offer")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				if to.IsZero() {
					to = env.Signer.Address()
				}
				sold, digest, err := dataset.BuyPass(ctx, env, id, offer, to)
				if err != nil {
					return nil, nil, err
				}
				paid := contract.Offer{CoinType: sold.CoinType, Price: sold.Price}.Cost()
				return fields{"pass_id": sold.PassID, "policy_id": sold.PolicyID, "offer": offer, "holder": to, "price_mist": sold.Price, "transaction": digest}, func() {
					a.say("bought %s for %s (transaction %s)", passExtent(sold.ExpiresAtMS, sold.Uses), paid, digest)
					a.say("pass     %s", sold.PassID)
				}, nil
			}, err
		},
	})
}

func (a *app) passRefund() *cobra.Command {
	return a.command(verb{
		use:   "refund PASS",
		short: "Give a pass back for what was paid",
		long: `It is possible while the payment is kept back, as the version's terms say, and no
keys can be had, because the policy is under hold or the version or one that it was
made from is revoked or on hold. The money goes to who paid.`,
		example: "  floe pass refund 0x9a…",
		signs:   true,
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "pass id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				back, digest, err := dataset.RefundPass(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return fields{"pass_id": id, "sale_id": back.SaleID, "amount": back.Amount, "buyer": back.Buyer, "transaction": digest}, func() {
					a.say("refunded %d of the coin's smallest unit to %s (transaction %s)", back.Amount, back.Buyer, digest)
				}, nil
			}, err
		},
	})
}

func (a *app) passList() *cobra.Command {
	var of string
	return a.command(verb{
		use:     "list",
		short:   "List your passes",
		example: "  floe pass list\n  floe pass list --of 0xfriend… --json",
		signs:   false,
		flags:   func(f *pflag.FlagSet) { f.StringVar(&of, "of", "", "whose (default: yours)") },
		read: func([]string) (action, error) {
			who, err := a.whose(of)
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				passes, err := dataset.Passes(ctx, env, who)
				if err != nil {
					return nil, nil, err
				}
				return fields{"holder": who, "passes": passes}, func() {
					for _, p := range passes {
						a.say("%s  policy %s offer %d: %s", p.ID, p.Policy, p.Offer, passExtent(p.ExpiresAtMS, p.UsesLeft))
					}
					if len(passes) == 0 {
						a.say("%s has no passes", who)
					}
				}, nil
			}, err
		},
	})
}

// whose reads an address, or takes that of the signer.
func (a *app) whose(address string) (sui.Address, error) {
	if address != "" {
		return readAddress(address, "address")
	}
	k, err := a.signer()
	if err != nil {
		return sui.Address{}, err
	}
	return k.Address(), nil
}

// passExtent says what a pass is good for.
func passExtent(expires, uses *uint64) string {
	s := "a pass"
	if uses != nil {
		s += contract.Offer{Uses: uses}.Extent()
	}
	if expires != nil {
		s += " until " + time.UnixMilli(int64(*expires)).UTC().Format(time.RFC3339)
	}
	if uses == nil && expires == nil {
		s += " for ever"
	}
	return s
}

func (a *app) policyRequest() *cobra.Command {
	var pay consent
	return a.command(verb{
		use:   "request DATASET",
		short: "Make what a policy asks for: a key request, a pass, a declared purpose",
		long: `request does what floe open does before it asks for keys: it finds out what the
policy asks of you, tries it on this machine and carries it out. A key request is
valid for an hour. Exit code 3 says that nothing would let you in.`,
		example: "  floe policy request 0x1f… --purpose research\n  floe policy request 0x1f… --max-price \"5 SUI\" --json",
		signs:   true,
		flags:   pay.flags,
		read: func(args []string) (action, error) {
			if err := pay.read(); err != nil {
				return nil, err
			}
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				v, show, err := dataset.Prepare(ctx, env, id, dataset.OpenOptions{Purpose: pay.purpose, Agree: a.agree(pay)})
				if err != nil {
					return nil, nil, err
				}
				if !v.Allowed {
					return nil, nil, &deniedError{v}
				}
				return fields{"verdict": v, "pass_id": show.Pass, "request_id": show.Request, "holding": show.Holding}, func() {
					a.say("yes      %s would be let in now", v.As)
					for _, o := range []struct {
						name string
						id   sui.Address
					}{{"pass", show.Pass}, {"request", show.Request}, {"object", show.Holding}} {
						if !o.id.IsZero() {
							a.say("%-8s %s", o.name, o.id)
						}
					}
				}, nil
			}, err
		},
	})
}
