package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
)

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
