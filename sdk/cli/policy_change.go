package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
)

// A policyChange is what a command does to a policy.
type policyChange struct {
	past   string // what is printed when it is done, such as "tightened"
	detail string // of what, such as "clause 2"
	build  func(*dataset.PolicyTx) error
	asks   bool // it needs no capability
}

// changes is the action that makes a change and says how the policy reads then.
func (a *app) changes(target string, c policyChange, err error) (action, error) {
	if err != nil {
		return nil, err
	}
	id, err := readAddress(target, "dataset id")
	return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
		send := dataset.ChangePolicy
		if c.asks {
			send = dataset.AskPolicy
		}
		done, err := send(ctx, env, id, c.build)
		if err != nil {
			return nil, nil, err
		}
		now, err := dataset.Policy(ctx, env, id)
		if err != nil {
			return nil, nil, err
		}
		return fields{"policy_id": now.ID, "change": c.past, "of": c.detail, "sentences": now.Sentences(), "transaction": done.Digest}, func() {
			a.say("%s %s (transaction %s)", c.past, c.detail, done.Digest)
			for _, s := range now.Sentences() {
				a.say("%s", s)
			}
		}, nil
	}, err
}

func (a *app) policyTighten() *cobra.Command {
	return a.command(verb{
		use:     "tighten DATASET CLAUSE CONDITION",
		short:   "Add a condition to a clause, at once",
		long:    "The number of the clause is shown by floe policy explain. Conditions are written as\nfloe policy new --help says.",
		example: "  floe policy tighten 0x1f… 2 'not-after 2027-12-31'\n  floe policy tighten 0x1f… 2 'pays 1 SUI for 30d'",
		signs:   true,
		read: func(args []string) (action, error) {
			clause, err := readNumber(args[1], "clause")
			if err != nil {
				return nil, err
			}
			rules, offers, err := readCondition(args[2])
			return a.changes(args[0], policyChange{past: "tightened", detail: fmt.Sprintf("clause %d", clause), build: func(t *dataset.PolicyTx) error {
				rules := t.AddOffers(rules, offers)
				t.Packages.ClausesCalls(t.Builder).Tighten(t.Object, t.Cap, contract.Pure(t.Builder, clause), contract.MakeRule(t.Builder, t.Packages, rules[0]), t.Version)
				return nil
			}}, err)
		},
	})
}

// readCondition reads exactly one condition.
func readCondition(text string) ([]contract.Rule, []contract.Offer, error) {
	clauses, offers, err := dataset.ParseClauses([]string{text})
	if err != nil {
		return nil, nil, err
	}
	if len(clauses[0]) != 1 {
		return nil, nil, fmt.Errorf("parse condition %q: give one condition, without \"and\"", text)
	}
	return clauses[0], offers, nil
}

func (a *app) policyRemoveClause() *cobra.Command {
	return a.command(verb{
		use: "remove-clause DATASET CLAUSE", short: "Take a way in from a policy, at once", signs: true,
		example: "  floe policy remove-clause 0x1f… 2",
		read: func(args []string) (action, error) {
			clause, err := readNumber(args[1], "clause")
			return a.changes(args[0], policyChange{past: "removed", detail: fmt.Sprintf("clause %d", clause), build: func(t *dataset.PolicyTx) error {
				t.Packages.ClausesCalls(t.Builder).Remove(t.Object, t.Cap, contract.Pure(t.Builder, clause), t.Version)
				return nil
			}}, err)
		},
	})
}

func (a *app) policyPayee() *cobra.Command {
	return a.command(verb{
		use: "payee DATASET ADDRESS", short: "Have another address paid for passes", signs: true,
		example: "  floe policy payee 0x1f… 0xtreasurer…",
		read: func(args []string) (action, error) {
			payee, err := readAddress(args[1], "address")
			return a.changes(args[0], policyChange{past: "changed", detail: "payee to " + payee.String(), build: func(t *dataset.PolicyTx) error {
				t.Packages.ShopCalls(t.Builder).SetPayee(t.Object, t.Cap, contract.Pure(t.Builder, payee), t.Version)
				return nil
			}}, err)
		},
	})
}

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

func (a *app) policyDelegate() *cobra.Command {
	return group("delegate", "Who may add and remove members beside the owner", a.command(verb{
		use: "remove DATASET ADDRESS", short: "Take from an address the right to add and remove members, at once", signs: true,
		long:    "Members that it added stay. A further delegate must be proposed:\nfloe policy propose DATASET --delegate ADDRESS.",
		example: "  floe policy delegate remove 0x1f… 0xhelper…",
		read: func(args []string) (action, error) {
			who, err := readAddress(args[1], "address")
			return a.changes(args[0], policyChange{past: "removed", detail: "delegate " + who.String(), build: func(t *dataset.PolicyTx) error {
				t.Packages.MembersCalls(t.Builder).RemoveDelegate(t.Object, t.Cap, contract.Pure(t.Builder, who), t.Version)
				return nil
			}}, err)
		},
	}))
}

func (a *app) policySteward() *cobra.Command {
	var span string
	approve := a.command(verb{
		use: "approve DATASET ADDRESS", short: "Approve a reader, as a steward of the policy", signs: true,
		long:    "The approval lasts for a time and can be withdrawn. What you look at before is up to\nyou: the contract only counts approvals.",
		example: "  floe policy steward approve 0x1f… 0xreader… --for 90d",
		flags:   func(f *pflag.FlagSet) { f.StringVar(&span, "for", "30d", "how long it lasts") },
		read: func(args []string) (action, error) {
			who, err := readAddress(args[1], "address")
			if err != nil {
				return nil, err
			}
			ms, err := dataset.ParseSpan(span)
			if err != nil {
				return nil, fmt.Errorf("--for: %w", err)
			}
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				now, err := dataset.ChainTime(ctx, env)
				if err != nil {
					return nil, nil, err
				}
				until := uint64(now.UnixMilli()) + ms
				done, err := dataset.AskPolicy(ctx, env, id, func(t *dataset.PolicyTx) error {
					t.Packages.StewardsCalls(t.Builder).Approve(t.Object, contract.Pure(t.Builder, who), contract.Pure(t.Builder, until), t.Version)
					return nil
				})
				if err != nil {
					return nil, nil, err
				}
				at := time.UnixMilli(int64(until)).UTC()
				return fields{"address": who, "change": "approved", "until": at, "transaction": done.Digest}, func() {
					a.say("approved %s until %s (transaction %s)", who, at.Format(time.RFC3339), done.Digest)
				}, nil
			}, err
		},
	})
	withdraw := a.command(verb{
		use: "withdraw DATASET ADDRESS", short: "Withdraw your approval of a reader, at once", signs: true,
		example: "  floe policy steward withdraw 0x1f… 0xreader…",
		read: func(args []string) (action, error) {
			who, err := readAddress(args[1], "address")
			return a.changes(args[0], policyChange{past: "withdrew", detail: "the approval of " + who.String(), asks: true, build: func(t *dataset.PolicyTx) error {
				t.Packages.StewardsCalls(t.Builder).Withdraw(t.Object, contract.Pure(t.Builder, who), t.Version)
				return nil
			}}, err)
		},
	})
	return group("steward", "Approve readers, as a steward", approve, withdraw)
}

func (a *app) policyHold() *cobra.Command {
	return group("hold", "The legal hold of a policy", a.command(verb{
		use: "vote DATASET CHOICE", short: "Vote to place a policy's legal hold, or to lift it", signs: true,
		long:    "CHOICE is place or lift. While the hold stands no key is released and no pass sold. Only\nthe addresses that were named when the policy was made can vote.",
		example: "  floe policy hold vote 0x1f… place\n  floe policy hold vote 0x1f… lift",
		read: func(args []string) (action, error) {
			if args[1] != "place" && args[1] != "lift" {
				return nil, fmt.Errorf("vote to place or to lift the hold, not to %q", args[1])
			}
			return a.changes(args[0], policyChange{past: "voted", detail: "to " + args[1] + " the hold", asks: true, build: func(t *dataset.PolicyTx) error {
				t.Packages.GovernanceCalls(t.Builder).VoteHold(t.Object, contract.Pure(t.Builder, args[1] == "place"), t.Version)
				return nil
			}}, nil)
		},
	}))
}

func (a *app) policyRaiseDelay() *cobra.Command {
	return a.command(verb{
		use: "raise-delay DATASET SPAN", short: "Have changes that widen the policy wait longer", signs: true,
		long:    "The delay can only grow.",
		example: "  floe policy raise-delay 0x1f… 14d",
		read: func(args []string) (action, error) {
			ms, err := dataset.ParseSpan(args[1])
			return a.changes(args[0], policyChange{past: "raised", detail: "the delay to " + contract.Span(ms), build: func(t *dataset.PolicyTx) error {
				t.Packages.GovernanceCalls(t.Builder).RaiseDelay(t.Object, t.Cap, contract.Pure(t.Builder, ms), t.Version)
				return nil
			}}, err)
		},
	})
}

func (a *app) policyFreeze() *cobra.Command {
	var sure bool
	return a.command(verb{
		use:     "freeze DATASET --for-ever",
		short:   "Make a policy that nobody can ever widen again",
		long:    "freeze ends new members, clauses, delegates and lower prices for ever, and drops what\nwas proposed. Narrowing stays possible. It can't be undone.",
		example: "  floe policy freeze 0x1f… --for-ever",
		signs:   true,
		flags:   func(f *pflag.FlagSet) { f.BoolVar(&sure, "for-ever", false, "yes, for ever") },
		read: func(args []string) (action, error) {
			if !sure {
				return nil, fmt.Errorf("freezing can't be undone; say so with --for-ever")
			}
			return a.changes(args[0], policyChange{past: "frozen", detail: "for ever", build: func(t *dataset.PolicyTx) error {
				t.Packages.GovernanceCalls(t.Builder).FreezeForEver(t.Object, t.Cap, t.Version)
				return nil
			}}, nil)
		},
	})
}

func (a *app) policyApply() *cobra.Command {
	return a.command(verb{
		use: "apply DATASET NUMBER", short: "Apply a proposed change whose delay is over", signs: true,
		example: "  floe policy apply 0x1f… 3",
		read: func(args []string) (action, error) {
			n, err := readNumber(args[1], "proposal")
			return a.changes(args[0], policyChange{past: "applied", detail: fmt.Sprintf("proposal %d", n), build: func(t *dataset.PolicyTx) error {
				t.Packages.GovernanceCalls(t.Builder).Apply(t.Object, t.Cap, contract.Pure(t.Builder, n), t.Version)
				return nil
			}}, err)
		},
	})
}

func (a *app) policyCancel() *cobra.Command {
	return a.command(verb{
		use: "cancel DATASET NUMBER", short: "Drop a proposed change", signs: true,
		example: "  floe policy cancel 0x1f… 3",
		read: func(args []string) (action, error) {
			n, err := readNumber(args[1], "proposal")
			return a.changes(args[0], policyChange{past: "cancelled", detail: fmt.Sprintf("proposal %d", n), build: func(t *dataset.PolicyTx) error {
				t.Packages.GovernanceCalls(t.Builder).Cancel(t.Object, t.Cap, contract.Pure(t.Builder, n), t.Version)
				return nil
			}}, err)
		},
	})
}

// widening are the flags of floe policy propose, of which one is given.
type widening struct{ allow, loosen, price, delegate, member string }

func (a *app) policyPropose() *cobra.Command {
	var w widening
	return a.command(verb{
		use:   "propose DATASET",
		short: "Announce a change that widens a policy",
		long: `propose announces one change: another clause, a condition less, a lower price, a
delegate or a member. It can be applied, with floe policy apply, when the policy's
delay is over; without a delay it acts at once.

` + dataset.ClauseHelp,
		example: `  floe policy propose 0x1f… --allow "pays 3 SUI for 30d"
  floe policy propose 0x1f… --loosen "2 not-after 2027-12-31"  # as floe policy explain writes clause 2
  floe policy propose 0x1f… --price "0 3 SUI"                  # offer 0 for 3 SUI
  floe policy propose 0x1f… --member 0xfriend…`,
		signs: true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&w.allow, "allow", "", "a clause to add")
			f.StringVar(&w.loosen, "loosen", "", "a clause's number and the condition to take from it")
			f.StringVar(&w.price, "price", "", "an offer's number and lower price, such as \"0 3 SUI\"")
			f.StringVar(&w.delegate, "delegate", "", "address that may add and remove members")
			f.StringVar(&w.member, "member", "", "address to put on the allow-list")
		},
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			if err != nil {
				return nil, err
			}
			c, offers, err := w.change()
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				p, err := dataset.Propose(ctx, env, id, c, offers)
				if err != nil {
					return nil, nil, err
				}
				return p, func() {
					if p.Applied {
						a.say("applied  %s (transaction %s)", p.Says, p.Transaction)
						return
					}
					a.say("proposed as number %d: %s", p.Number, p.Says)
					a.say("next     from %s on: floe policy apply %s %d", time.UnixMilli(int64(p.ReadyAtMS)).UTC().Format(time.RFC3339), p.Policy, p.Number)
				}, nil
			}, err
		},
	})
}

func (w widening) change() (c contract.Change, offers []contract.Offer, err error) {
	given := 0
	for _, s := range []string{w.allow, w.loosen, w.price, w.delegate, w.member} {
		if s != "" {
			given++
		}
	}
	switch {
	case given != 1:
		err = fmt.Errorf("give one of --allow, --loosen, --price, --delegate and --member")
	case w.allow != "":
		var clauses [][]contract.Rule
		if clauses, offers, err = dataset.ParseClauses([]string{w.allow}); err == nil {
			c = contract.Change{Kind: contract.ChangeAddClause, Rules: clauses[0]}
		}
	case w.loosen != "":
		c, err = readLoosen(w.loosen)
	case w.price != "":
		number, amount, _ := strings.Cut(strings.TrimSpace(w.price), " ")
		c.Kind = contract.ChangeLowerPrice
		if c.Offer, err = strconv.ParseUint(number, 10, 64); err == nil {
			c.Price, err = dataset.ParsePrice(amount)
		}
		if err != nil {
			err = fmt.Errorf("--price wants an offer's number and a price, such as \"0 3 SUI\": %w", err)
		}
	case w.delegate != "":
		c.Kind = contract.ChangeAddDelegate
		c.Who, err = readAddress(w.delegate, "--delegate")
	default:
		c.Kind = contract.ChangeAddMember
		c.Who, err = readAddress(w.member, "--member")
	}
	return c, offers, err
}

func readLoosen(text string) (contract.Change, error) {
	number, condition, _ := strings.Cut(strings.TrimSpace(text), " ")
	clause, err := readNumber(number, "--loosen")
	if err != nil {
		return contract.Change{}, fmt.Errorf("%w of a clause and its condition, such as \"2 not-after 2027-12-31\"", err)
	}
	rules, offers, err := readCondition(condition)
	if err != nil {
		return contract.Change{}, fmt.Errorf("--loosen: %w", err)
	}
	if len(offers) > 0 {
		return contract.Change{}, fmt.Errorf("--loosen: name the pass by its offer, as floe policy explain does: \"%d pass 0\"", clause)
	}
	return contract.Change{Kind: contract.ChangeLoosen, Clause: clause, Rule: rules[0]}, nil
}
