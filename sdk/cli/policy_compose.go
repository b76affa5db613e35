package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) policyNew() *cobra.Command {
	var allow, delegates []string
	var delay, hold, payee string
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Compose a policy of clauses, any of which lets a reader in",
		Long: `new makes a policy of yours from clauses; publish data under it with
floe publish --policy. Each --allow is a clause, and any of them suffices.

` + dataset.ClauseHelp + `

Without --delay you can widen the policy at any time; with it, whatever lets in
somebody more, or for less, waits so long after it was proposed. The delay can
only be raised later, and who may --hold can't be changed ever.`,
		Example: `  floe policy new --allow owner --allow members
  floe policy new --allow owner --allow "pays 5 SUI for 30d" --delay 7d
  floe policy new --allow 'members and purpose "research"' --hold "2 of 0xA 0xB 0xC"`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := newPolicy(allow, delegates, delay, hold, payee)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			made, err := dataset.ComposePolicy(cmd.Context(), env, n)
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"policy_id": made.PolicyID, "cap_id": made.CapID, "owner": made.Owner})
				return nil
			}
			if err := a.explainPolicy(cmd.Context(), env, made.PolicyID); err != nil {
				return err
			}
			a.say("next     floe publish DIR --policy %s", made.PolicyID)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&allow, "allow", nil, "a clause (repeatable)")
	f.StringVar(&delay, "delay", "0", "how long changes that widen the policy wait, such as 7d")
	f.StringVar(&hold, "hold", "", "who can put it under legal hold, such as \"2 of 0xA 0xB 0xC\"")
	f.StringArrayVar(&delegates, "delegate", nil, "address that may add and remove members (repeatable)")
	f.StringVar(&payee, "payee", "", "address that is paid for passes (default: yours)")
	return cmd
}

func newPolicy(allow, delegates []string, delay, hold, payee string) (n contract.NewPolicy, err error) {
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

func (a *app) policyExplain() *cobra.Command {
	return &cobra.Command{
		Use:     "explain DATASET",
		Short:   "Say in plain sentences what a policy does, and what it can't enforce",
		Long:    "explain reads a policy from the chain. DATASET may also be a policy's id.",
		Example: "  floe policy explain 0x1f…",
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
			if !a.json {
				return a.explainPolicy(cmd.Context(), env, id)
			}
			p, err := dataset.Policy(cmd.Context(), env, id)
			if err != nil {
				return err
			}
			a.print(map[string]any{"policy_id": p.ID, "sentences": p.Sentences(), "limits": p.Limits()})
			return nil
		},
	}
}

func (a *app) explainPolicy(ctx context.Context, env *dataset.Env, id sui.Address) error {
	p, err := dataset.Policy(ctx, env, id)
	if err != nil {
		return err
	}
	a.say("policy %s", p.ID)
	for _, s := range p.Sentences() {
		a.say("%s", s)
	}
	for _, o := range p.Offers {
		if o.Open {
			a.say("offer %d   %s%s; floe policy buy %s %d", o.ID, o.Cost(), o.Extent(), p.ID, o.ID)
		}
	}
	a.say("What it can't enforce:")
	for _, s := range p.Limits() {
		a.say("  - %s", s)
	}
	return nil
}

func (a *app) policyTest() *cobra.Command {
	var as, at, pass, request, holding string
	cmd := &cobra.Command{
		Use:   "test DATASET --as ADDRESS",
		Short: "Try whether an address would be let in, now or at another time",
		Long: `test runs the contract's bytecode on this machine over the objects that the chain
has now, as key servers have their node do. Of the future it knows the time
alone: members, passes and clauses are those of today. Exit code 3 is a no.`,
		Example: `  floe policy test 0x1f… --as 0xfriend…
  floe policy test 0x1f… --as 0xfriend… --at 2027-01-31 --pass 0x9a…`,
		Args: exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			opt, err := tryOptions(as, at, pass, request, holding)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			env, closeEnv, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			v, err := dataset.TryPolicy(cmd.Context(), env, id, opt)
			if err != nil {
				return err
			}
			if a.json {
				a.print(v)
			} else if v.Allowed {
				a.say("yes      %s would be let in at %s", v.As, v.At.Format(time.RFC3339))
			}
			if !v.Allowed {
				return &deniedError{v}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&as, "as", "", "address to try (required)")
	f.StringVar(&at, "at", "", "moment to try, UTC (default: the chain's present)")
	f.StringVar(&pass, "pass", "", "id of a pass of theirs to show")
	f.StringVar(&request, "request", "", "id of a key request of theirs to show")
	f.StringVar(&holding, "holding", "", "id of an object of theirs to show")
	return cmd
}

func tryOptions(as, at, pass, request, holding string) (opt dataset.TryOptions, err error) {
	if as == "" {
		return opt, fmt.Errorf("say whom to try with --as ADDRESS")
	}
	if opt.As, err = sui.ParseAddress(as); err != nil {
		return opt, fmt.Errorf("--as: %w", err)
	}
	if at != "" {
		ms, err := dataset.ParseTime(at)
		if err != nil {
			return opt, fmt.Errorf("--at: %w", err)
		}
		opt.At = time.UnixMilli(int64(ms))
	}
	shown := 0
	for _, o := range []struct {
		flag, text string
		id         *sui.Address
	}{{"--pass", pass, &opt.Pass}, {"--request", request, &opt.Request}, {"--holding", holding, &opt.Holding}} {
		if o.text == "" {
			continue
		}
		shown++
		if *o.id, err = sui.ParseAddress(o.text); err != nil {
			return opt, fmt.Errorf("%s: %w", o.flag, err)
		}
	}
	if shown > 1 {
		return opt, fmt.Errorf("give one of --pass, --request and --holding; a key request combines what there is to show")
	}
	return opt, nil
}

// deniedError is the answer no: exit code 3.
type deniedError struct{ v *dataset.Verdict }

func (e *deniedError) Error() string {
	return fmt.Sprintf("no: at %s %s (%s)", e.v.At.Format(time.RFC3339), e.v.Reason, e.v.Code)
}
func (e *deniedError) Hint() string { return e.v.Remedy }

func (a *app) policyPropose() *cobra.Command {
	var allow, price, delegate, member string
	cmd := &cobra.Command{
		Use:   "propose DATASET",
		Short: "Announce a change that widens a policy",
		Long: `propose announces one change: another clause, a lower price, a delegate or a
member. It can be applied, with floe policy apply, when the policy's delay is
over; without a delay it acts at once.

` + dataset.ClauseHelp,
		Example: `  floe policy propose 0x1f… --allow "pays 3 SUI for 30d"
  floe policy propose 0x1f… --price "0 3 SUI"      # offer 0 for 3 SUI
  floe policy propose 0x1f… --member 0xfriend…`,
		Args: exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			c, offers, err := newChange(allow, price, delegate, member)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			p, err := dataset.Propose(cmd.Context(), env, id, c, offers)
			if err != nil {
				return err
			}
			switch {
			case a.json:
				a.print(p)
			case p.Applied:
				a.say("applied  %s (transaction %s)", p.Says, p.Transaction)
			default:
				a.say("proposed as number %d: %s", p.Number, p.Says)
				a.say("next     from %s on: floe policy apply %s %d", time.UnixMilli(int64(p.ReadyAtMS)).UTC().Format(time.RFC3339), p.Policy, p.Number)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&allow, "allow", "", "a clause to add")
	f.StringVar(&price, "price", "", "an offer's number and lower price, such as \"0 3 SUI\"")
	f.StringVar(&delegate, "delegate", "", "address that may add and remove members")
	f.StringVar(&member, "member", "", "address to put on the allow-list")
	return cmd
}

func newChange(allow, price, delegate, member string) (c contract.Change, offers []contract.Offer, err error) {
	given := 0
	for _, s := range []string{allow, price, delegate, member} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return c, nil, fmt.Errorf("give one of --allow, --price, --delegate and --member")
	}
	switch {
	case allow != "":
		clauses, offers, err := dataset.ParseClauses([]string{allow})
		if err != nil {
			return c, nil, err
		}
		return contract.Change{Kind: contract.ChangeAddClause, Rules: clauses[0]}, offers, nil
	case price != "":
		number, amount, _ := strings.Cut(strings.TrimSpace(price), " ")
		c.Kind = contract.ChangeLowerPrice
		if c.Offer, err = strconv.ParseUint(number, 10, 64); err == nil {
			c.Price, err = dataset.ParsePrice(amount)
		}
		if err != nil {
			return c, nil, fmt.Errorf("--price wants an offer's number and a price, such as \"0 3 SUI\": %w", err)
		}
		return c, nil, nil
	case delegate != "":
		c.Kind = contract.ChangeAddDelegate
		c.Who, err = sui.ParseAddress(delegate)
	default:
		c.Kind = contract.ChangeAddMember
		c.Who, err = sui.ParseAddress(member)
	}
	return c, nil, err
}

// policyNumbered makes a command that acts on a numbered thing of a policy.
func (a *app) policyNumbered(verb, short, past string, act func(context.Context, *dataset.Env, sui.Address, uint64) (sui.Digest, error)) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " DATASET NUMBER",
		Short:   short,
		Example: "  floe policy " + verb + " 0x1f… 3",
		Args:    exactArgs("DATASET", "NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			number, err := strconv.ParseUint(args[1], 10, 64)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: fmt.Errorf("parse number %q: %w", args[1], err)}
			}
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			digest, err := act(cmd.Context(), env, id, number)
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"dataset_id": id, "number": number, "change": past, "transaction": digest})
				return nil
			}
			a.say("%s  %d (transaction %s)", past, number, digest)
			return nil
		},
	}
}

func (a *app) policyFreeze() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{
		Use:     "freeze DATASET --for-ever",
		Short:   "Make a policy that nobody can ever widen again",
		Long:    "freeze ends new members, clauses, delegates and lower prices for ever, and drops what\nwas proposed. Narrowing stays possible. It can't be undone.",
		Example: "  floe policy freeze 0x1f… --for-ever",
		Args:    exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !sure {
				return &usageError{command: cmd.CommandPath(), err: fmt.Errorf("freezing can't be undone; say so with --for-ever")}
			}
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			digest, err := dataset.Freeze(cmd.Context(), env, id)
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"dataset_id": id, "change": "frozen", "transaction": digest})
				return nil
			}
			a.say("frozen   for ever (transaction %s)", digest)
			return nil
		},
	}
	cmd.Flags().BoolVar(&sure, "for-ever", false, "yes, for ever")
	return cmd
}

func (a *app) policyBuy() *cobra.Command {
	return a.policyNumbered("buy", "Buy a pass of a policy's offer, in SUI, for yourself", "bought",
		func(ctx context.Context, env *dataset.Env, id sui.Address, offer uint64) (sui.Digest, error) {
			sold, digest, err := dataset.BuyPass(ctx, env, id, offer)
			if err == nil && !a.json {
				a.say("pass     %s", sold.PassID)
			}
			return digest, err
		})
}
