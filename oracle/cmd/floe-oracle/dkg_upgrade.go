package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/ceremony"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// voting is what upgrade is asked to do.
type voting struct {
	*steps
	approve, reject, reset, apply bool
	digest                        string
}

func newUpgrade(s *steps) *cobra.Command {
	v := &voting{steps: s}
	cmd := &cobra.Command{
		Use:   "upgrade --node URL --committee ID [--signer FILE --approve|--reject|--reset|--apply]",
		Short: "Vote about upgrades of the committee's contract",
		Long: `Without an action, shows which code the committee's contract has, whether it is the
code of this program, and how members voted. With --approve, votes for the upgrade
to the code of this program, with --reject against the proposed one; the last vote of
a member counts. When as many as the threshold approve, a member upgrades with
--apply; when as many reject, a member drops the proposal with --reset.

The first vote proposes. A rotation drops the votes.`,
		Example: "  floe-oracle " + s.verb + " upgrade --node NODE --committee ID\n  floe-oracle " + s.verb + " upgrade --node NODE --committee ID --signer sui.keystore --approve",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node", "committee"); err != nil {
				return err
			}
			out, err := v.run(cmd)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), s.json, out)
		},
	}
	s.flags(cmd.Flags(), "node", "signer")
	f := cmd.Flags()
	f.BoolVar(&v.approve, "approve", false, "vote for an upgrade")
	f.BoolVar(&v.reject, "reject", false, "vote against the proposed upgrade")
	f.BoolVar(&v.reset, "reset", false, "drop the proposed upgrade, if enough members rejected it")
	f.BoolVar(&v.apply, "apply", false, "upgrade, if enough members approved")
	f.StringVar(&v.digest, "digest", "", "digest of other code to vote about, 64 hex digits (default: the code of this program)")
	cmd.MarkFlagsMutuallyExclusive("approve", "reject", "reset", "apply")
	return cmd
}

func (v *voting) run(cmd *cobra.Command) (*votes, error) {
	ctx := cmd.Context()
	client, state, err := v.connect(ctx, ceremony.Load)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if state.Upgrades == nil || state.KeyServer == nil {
		return nil, fmt.Errorf("committee %s has no key yet, and does not vote until then", state.ID)
	}
	to, err := deploy.PrepareCommitteeUpgrade(ctx, client, state.Package.Latest)
	if err != nil {
		return nil, err
	}
	did := ""
	if v.approve || v.reject || v.reset || v.apply {
		if err := required(cmd, "signer"); err != nil {
			return nil, err
		}
		if did, err = v.act(ctx, client, state, to); err != nil {
			return nil, err
		}
		if state, err = ceremony.Load(ctx, client, state.ID); err != nil {
			return nil, err
		}
	}
	known := deploy.CheckCommittee(ctx, client, state.Package.Latest)
	if known != nil && !errors.Is(known, deploy.ErrOtherCode) {
		return nil, known
	}
	return v.votes(state, to, known == nil, did), nil
}

// act sends the vote, or what is to be done with votes.
func (v *voting) act(ctx context.Context, client *suirpc.Client, state *ceremony.State, to *deploy.CommitteeUpgrade) (did string, err error) {
	signer, _, err := v.account(state)
	if err != nil {
		return "", err
	}
	digest, err := v.target(state, to)
	if err != nil {
		return "", err
	}
	p, b := packages(state), sui.NewBuilder()
	calls, self := p.SealCommitteeCalls(b), contract.Object[contract.KeyCommittee](b, state.ID)
	switch {
	case v.approve:
		calls.ApproveDigestForUpgrade(self, contract.Pure(b, digest))
		did = "approved"
	case v.reject:
		calls.RejectDigestForUpgrade(self, contract.Pure(b, digest))
		did = "rejected"
	case v.reset:
		calls.ResetProposal(self)
		did = "dropped the proposal"
	case string(digest) != string(to.Digest[:]):
		return "", fmt.Errorf("the code of this program has digest %x, and members voted about %x: upgrade with the program that has that code", to.Digest[:], digest)
	default:
		to.Apply(b, p, state.ID)
		did = "upgraded"
	}
	if _, err := client.Send(ctx, signer, b); err != nil {
		return "", fmt.Errorf("vote about upgrade: %w", contract.Explain(err))
	}
	return did, nil
}

// target is the digest that a vote is about: as given, else of this program's
// code; against what is proposed.
func (v *voting) target(state *ceremony.State, to *deploy.CommitteeUpgrade) ([]byte, error) {
	proposal := state.Upgrades.UpgradeProposal
	switch {
	case v.digest != "":
		b, err := hex.DecodeString(strings.TrimPrefix(v.digest, "0x"))
		if err != nil || len(b) != len(to.Digest) {
			return nil, usageError{errors.New("flag --digest: want 64 hex digits")}
		}
		return b, nil
	case proposal != nil && !v.approve:
		return proposal.Digest.Bytes, nil
	case proposal == nil && !v.approve:
		return nil, errors.New("no upgrade is proposed: the first vote, with --approve, proposes")
	}
	return to.Digest[:], nil
}

// votes is what upgrade tells.
type votes struct {
	Committee sui.Address `json:"committee"`
	Package   sui.Address `json:"package"` // newest version
	Version   uint64      `json:"version"`
	Known     bool        `json:"contract_known"` // it has the code of this program
	Digest    string      `json:"digest"`         // of an upgrade to the code of this program
	Proposed  string      `json:"proposed,omitempty"`
	Approved  []int       `json:"approved,omitempty"` // parties
	Rejected  []int       `json:"rejected,omitempty"`
	Needed    int         `json:"needed"`
	Did       string      `json:"did,omitempty"`
}

func (v *voting) votes(state *ceremony.State, to *deploy.CommitteeUpgrade, known bool, did string) *votes {
	out := &votes{Committee: state.ID, Package: state.Package.Latest, Version: state.Upgrades.Cap.Version, Known: known,
		Digest: fmt.Sprintf("%x", to.Digest[:]), Needed: state.Threshold, Did: did}
	p := state.Upgrades.UpgradeProposal
	if p == nil {
		return out
	}
	out.Proposed = fmt.Sprintf("%x", p.Digest.Bytes)
	for party, m := range state.Members {
		for _, vote := range p.Votes {
			switch {
			case vote.Key != m.Address:
			case vote.Value.Kind == contract.UpgradeVoteApprove:
				out.Approved = append(out.Approved, party)
			default:
				out.Rejected = append(out.Rejected, party)
			}
		}
	}
	return out
}

func (v *votes) tell(w io.Writer) {
	if v.Did != "" {
		fmt.Fprintln(w, v.Did)
	}
	what := "the code of this program"
	if !v.Known {
		what = "other code than this program's"
	}
	fmt.Fprintf(w, "contract  %s, version %d: %s\nupgrade   to this program's code has digest %s\n", v.Package, v.Version, what, v.Digest)
	if v.Proposed == "" {
		fmt.Fprintln(w, "proposed  nothing")
		return
	}
	fmt.Fprintf(w, "proposed  %s; approved by parties %v, rejected by %v, %d are needed\n", v.Proposed, v.Approved, v.Rejected, v.Needed)
}
