package cli

import (
	"context"
	"fmt"

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

func (a *app) policyBind() *cobra.Command {
	return a.command(verb{
		use: "bind DATASET VERSION", short: "Stop all keys when a version, or one that it was made from, is revoked or on hold", signs: true,
		long:    "Every clause demands from now on that the version (or a dataset's latest one) lives, with\nall its ancestors: a withdrawn consent then stops new keys in the same transaction.",
		example: "  floe policy bind 0x1f… 0x1f…",
		read: func(args []string) (action, error) {
			target, err := readAddress(args[1], "version")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				version, err := dataset.VersionID(ctx, env, target)
				if err != nil {
					return nil, nil, err
				}
				act, err := a.changes(args[0], policyChange{past: "bound", detail: "to version " + version.String(), build: func(t *dataset.PolicyTx) error {
					lineage := contract.Object[contract.Lineage](t.Builder, env.Network.CatalogLineage)
					t.Packages.ClausesCalls(t.Builder).Bind(t.Object, t.Cap, lineage, contract.Pure(t.Builder, version), t.Version)
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
