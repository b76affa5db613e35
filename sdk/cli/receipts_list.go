package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) receiptsList() *cobra.Command {
	var policy, save string
	var audit bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List your receipts, or all receipts of a policy that you own",
		Long: `list shows the receipts that requests from this machine got, as your address.

With --policy, the owner of a policy (or of the dataset under it) gets all
receipts about it from every key server, and from every member of a committee,
after logging in with the wallet: who asked, when, and what was decided. Checked
are signatures, openings, that each is in its server's log, and that none is
missing: the policy's receipts are numbered without a gap, and each names the
one before it. --audit also reads each server's whole log, so that a server can't
hide the last ones, or file one as if it were another policy's. --save writes them
into a folder, each with its proof and evidence, for floe replay --all. Exit code 1
if a check fails, or a server can't be asked.`,
		Example: "  floe receipts list\n  floe receipts list --policy 0x1f… --audit --json\n  floe receipts list --policy 0x1f… --save audit",
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if policy != "" {
				return a.listPolicy(cmd.Context(), policy, audit, save)
			}
			if save != "" {
				return &usageError{command: "floe receipts list", err: errors.New("--save goes with --policy; your own receipts are kept already, and floe receipts prove --evidence adds their evidence")}
			}
			return a.listKept()
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "list all receipts of this policy, or of this dataset's")
	cmd.Flags().BoolVar(&audit, "audit", false, "with --policy: read each key server's whole log too")
	cmd.Flags().StringVar(&save, "save", "", "with --policy: folder to write receipts, proofs and evidence to")
	return cmd
}

// listedReceipt is a receipt in a list.
type listedReceipt struct {
	Server     sui.Address          `json:"server"`
	Name       string               `json:"name,omitempty"`
	Sequence   uint64               `json:"seq"`
	Time       time.Time            `json:"time"`
	Decision   receipt.Decision     `json:"decision"`
	Reason     string               `json:"reason,omitempty"`
	Requester  *sui.Address         `json:"requester,omitempty"`
	Dataset    *sui.Address         `json:"dataset,omitempty"`
	PolicySeq  uint64               `json:"policy_seq,omitempty"`
	Proven     bool                 `json:"in_log"`
	LogSize    uint64               `json:"log_size,omitempty"`
	JWT        string               `json:"receipt"`
	RawOpening *seal.ReceiptOpening `json:"receipt_opening,omitempty"`
}

func listed(r *receipt.Receipt) listedReceipt {
	l := listedReceipt{Sequence: r.Sequence, Time: time.UnixMilli(r.TimeMS).UTC(), Decision: r.Decision, JWT: r.Raw}
	if r.Reason != nil {
		l.Reason = r.Reason.Code
	}
	return l
}

func (a *app) listKept() error {
	k, err := a.signer()
	if err != nil {
		return err
	}
	all, err := a.kept(k.Address())
	if err != nil {
		return err
	}
	out := []listedReceipt{}
	for _, k := range all {
		r, err := receipt.Parse(k.JWT)
		if err != nil {
			return fmt.Errorf("read receipt %s: %w", k.path, err)
		}
		l := listed(r)
		l.Server, l.Name, l.Dataset, l.Proven, l.RawOpening = k.Server, k.Name, k.Dataset, k.proof != nil, k.Opening
		if k.Opening != nil {
			l.Requester = &k.Opening.Requester
		}
		out = append(out, l)
		proof := "no proof yet"
		if l.Proven {
			proof = "proven"
		}
		a.say("%-24s %s  %-8s %-40s %s", fmt.Sprintf("%s/%d", first(k.Name, k.Server.String()), r.Sequence), l.Time.Format(time.RFC3339), l.Decision, l.Reason, proof)
	}
	if a.json {
		a.print(map[string]any{"address": k.Address(), "receipts": out})
	} else if len(out) == 0 {
		a.say("no receipts are kept for %s", k.Address())
	}
	return nil
}

// serverReceipts is what one key server has about a policy.
type serverReceipts struct {
	Server   sui.Address     `json:"server"`
	Name     string          `json:"name"`
	Receipts []listedReceipt `json:"receipts"`
	Complete bool            `json:"complete"` // none is missing, and all are in the log
	Audited  bool            `json:"audited"`  // the whole log was read
	LogSize  uint64          `json:"log_size,omitempty"`
	Problem  string          `json:"problem,omitempty"`
}

func (a *app) listPolicy(ctx context.Context, arg string, audit bool, save string) error {
	id, err := address(arg, "policy id")
	if err != nil {
		return err
	}
	env, closeEnv, err := a.env(ctx)
	if err != nil {
		return err
	}
	defer closeEnv()
	p, err := dataset.ShowPolicy(ctx, env, id)
	if err != nil {
		return err
	}
	servers, err := dataset.ReceiptServers(ctx, env)
	if err != nil {
		return err
	}
	all, bad := []*serverReceipts{}, 0
	for _, ks := range servers {
		s := a.policyAt(ctx, env, ks, p.ID, audit, save)
		all = append(all, s)
		if s.Problem != "" {
			bad++
		}
		a.sayPolicyReceipts(s)
	}
	if a.json {
		a.print(map[string]any{"policy": p.ID, "key_servers": all, "ok": bad == 0})
	}
	if bad > 0 {
		return &answeredError{fmt.Errorf("the receipts of %d of %d key servers are not complete", bad, len(all))}
	}
	return nil
}

// policyAt gets and checks the receipts of one server, and saves them in a folder
// if one is given.
func (a *app) policyAt(ctx context.Context, env *dataset.Env, ks dataset.ReceiptServer, policy sui.Address, audit bool, save string) *serverReceipts {
	out := &serverReceipts{Server: ks.ID, Name: ks.Name, Receipts: []listedReceipt{}}
	err := func() error {
		server := &remote.Server{ID: ks.ID, Name: ks.Name, URL: ks.URL, HTTP: &http.Client{Timeout: time.Minute}}
		_, jwks, err := server.Keys(ctx)
		if err != nil {
			return err
		}
		if err := a.pin(ks.ID, jwks); err != nil {
			return fmt.Errorf("keep keys of %s: %w", ks.Name, err)
		}
		keys, err := a.keysOf(ks.ID, "")
		if err != nil {
			return err
		}
		var whole []*receipt.Receipt // before the policy's own, which then has all of them
		if audit {
			if whole, _, err = server.Audit(ctx, keys); err != nil {
				return err
			}
			if err := remote.CheckFiled(whole, policy, env.Network.Packages["access"].Original); err != nil {
				return err
			}
		}
		owned, err := patiently(ctx, server, env.Signer, keys, policy)
		for _, o := range owned {
			out.add(&o)
		}
		if err != nil {
			return err
		}
		if err := checkLogged(owned, time.Now()); err != nil {
			return err
		}
		out.Audited = audit
		if err := remote.CheckGiven(owned, whole, policy); err != nil || save == "" {
			return err
		}
		return a.saveOwned(ctx, save, server, env.Signer, owned)
	}()
	if err != nil {
		out.Problem = err.Error()
	}
	out.Complete = err == nil
	return out
}

// patiently asks again for some seconds while the newest receipts are not in
// the log yet.
func patiently(ctx context.Context, server *remote.Server, signer sui.Signer, keys *receipt.KeySet, policy sui.Address) ([]remote.Owned, error) {
	for {
		owned, err := server.Policy(ctx, signer, keys, policy)
		young := time.Now().Add(-logPatience).UnixMilli()
		if err != nil || !slices.ContainsFunc(owned, func(o remote.Owned) bool { return o.Proof == nil && o.LogByMS > young }) {
			return owned, err
		}
		select {
		case <-ctx.Done():
			return owned, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *serverReceipts) add(o *remote.Owned) {
	l := listed(o.Receipt)
	l.Server, l.Name, l.PolicySeq, l.Proven = s.Server, s.Name, o.PolicySequence, o.Proof != nil
	if o.Opening != nil {
		l.Requester = &o.Opening.Requester
		l.RawOpening = rawOpening(o.Opening)
	}
	if o.Checkpoint != nil {
		l.LogSize = o.Checkpoint.Size
		s.LogSize = max(s.LogSize, o.Checkpoint.Size)
	}
	s.Receipts = append(s.Receipts, l)
}

// checkLogged finds receipts that are not in the log though they were promised
// to be.
func checkLogged(owned []remote.Owned, now time.Time) error {
	for _, o := range owned {
		if o.Proof == nil && now.UnixMilli() > o.LogByMS {
			return fmt.Errorf("receipt %d is not in the log, where it was promised to be by %s", o.Sequence, time.UnixMilli(o.LogByMS).UTC().Format(time.RFC3339))
		}
	}
	return nil
}

func (a *app) sayPolicyReceipts(s *serverReceipts) {
	a.say("%s", s.Name)
	for _, l := range s.Receipts {
		who := "somebody"
		if l.Requester != nil {
			who = l.Requester.String()
		}
		a.say("  %4d  %s  %-8s %s %s", l.PolicySeq, l.Time.Format(time.RFC3339), l.Decision, who, l.Reason)
	}
	switch {
	case s.Problem != "":
		a.say("  NOT COMPLETE: %s", s.Problem)
	case s.Audited:
		a.say("  complete: %s without a gap, in the log at size %d, and no other in the whole log", count(len(s.Receipts), "receipt"), s.LogSize)
	default:
		a.say("  complete: %s without a gap, in the log at size %d", count(len(s.Receipts), "receipt"), s.LogSize)
	}
}
