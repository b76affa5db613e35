package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) policyNew() *cobra.Command {
	var allow, delegates []string
	var delay, hold, payee string
	return a.command(verb{
		use:   "new",
		short: "Compose a policy of clauses, any of which lets a reader in",
		long: `new makes a policy of yours from clauses; publish data under it with
floe publish --policy. Each --allow is a clause, and any of them suffices.

` + dataset.ClauseHelp + `

Without --delay you can widen the policy at any time; with it, whatever lets in
somebody more, or for less, waits so long after it was proposed. The delay can
only be raised later, and who may --hold can't be changed ever.`,
		example: `  floe policy new --allow owner --allow members
  floe policy new --allow owner --allow "pays 5 SUI for 30d" --delay 7d
  floe policy new --allow 'members and purpose "research"' --hold "2 of 0xA 0xB 0xC"`,
		signs: true,
		flags: func(f *pflag.FlagSet) {
			f.StringArrayVar(&allow, "allow", nil, "a clause (repeatable)")
			f.StringVar(&delay, "delay", "0", "how long changes that widen the policy wait, such as 7d")
			f.StringVar(&hold, "hold", "", "who can put it under legal hold, such as \"2 of 0xA 0xB 0xC\"")
			f.StringArrayVar(&delegates, "delegate", nil, "address that may add and remove members (repeatable)")
			f.StringVar(&payee, "payee", "", "address that is paid for passes (default: yours)")
		},
		read: func([]string) (action, error) {
			n, err := newPolicy(allow, delegates, delay, hold, payee)
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				made, err := dataset.ComposePolicy(ctx, env, n)
				if err != nil {
					return nil, nil, err
				}
				p, err := dataset.Policy(ctx, env, made.PolicyID)
				if err != nil {
					return nil, nil, err
				}
				return fields{"policy_id": made.PolicyID, "cap_id": made.CapID, "owner": made.Owner, "sentences": p.Sentences()}, func() {
					a.explain(p)
					a.say("next     floe publish DIR --policy %s", made.PolicyID)
				}, nil
			}, err
		},
	})
}

func newPolicy(allow, delegates []string, delay, hold, payee string) (n contract.NewPolicy, err error) {
	if len(allow) == 0 {
		return n, errors.New("a policy with no clause would never let in anybody; give one, such as --allow owner")
	}
	if n.Clauses, n.Offers, err = dataset.ParseClauses(allow); err != nil {
		return n, err
	}
	if n.DelayMS, err = dataset.ParseSpan(delay); err != nil {
		return n, fmt.Errorf("--delay: %w", err)
	}
	if hold != "" {
		if n.HoldThreshold, n.Holders, err = dataset.ParseCouncil(strings.Fields(hold)); err != nil {
			return n, fmt.Errorf("--hold: %w", err)
		}
	}
	for _, s := range delegates {
		d, err := sui.ParseAddress(s)
		if err != nil {
			return n, fmt.Errorf("--delegate: %w", err)
		}
		n.Delegates = append(n.Delegates, d)
	}
	if payee != "" {
		to, err := sui.ParseAddress(payee)
		if err != nil {
			return n, fmt.Errorf("--payee: %w", err)
		}
		n.Payee = &to
	}
	return n, nil
}
