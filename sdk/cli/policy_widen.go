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
