package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) receipts() *cobra.Command {
	cmd := &cobra.Command{Use: "receipts", Short: "List, prove and verify the receipts of key requests"}
	cmd.AddCommand(a.receiptsList(), a.receiptsProve(), a.receiptsVerify(), a.receiptsAccuse())
	return cmd
}

func (a *app) receiptsProve() *cobra.Command {
	var out string
	var reveal, withEvidence bool
	cmd := &cobra.Command{
		Use:   "prove [RECEIPT…]",
		Short: "Fetch the proofs that receipts are in their servers' logs",
		Long: `prove fetches, checks and keeps the proof that each receipt is in the public log
of its key server: a tlog-proof file, which floe receipts verify checks without
a network. RECEIPT is SERVER/NUMBER, a file, or a receipt itself (a JWT), such as
another client got; without one, all receipts that are kept and have no proof yet.

The keys of a server are kept when they are first seen; later ones must match.
A proof holds its receipt, which does not say who asked. --reveal adds that.
--evidence also fetches and keeps what the decision was made from, after logging
in with the wallet, so that floe replay can make it again without a network.`,
		Example: "  floe receipts prove\n  floe receipts prove keyserver-1/4 -o for-the-auditor.tlog-proof",
		RunE: func(cmd *cobra.Command, args []string) error {
			if (out != "" || reveal) && len(args) != 1 {
				return &usageError{command: "floe receipts prove", err: errors.New("-o and --reveal need exactly one RECEIPT")}
			}
			chosen, err := a.choose(args)
			if err != nil {
				return err
			}
			if err := a.prove(cmd.Context(), chosen, len(args) > 0, out, reveal); err != nil || !withEvidence {
				return err
			}
			return a.saveEvidence(cmd.Context(), chosen)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write the proof to")
	cmd.Flags().BoolVar(&reveal, "reveal", false, "let the proof show who asked")
	cmd.Flags().BoolVar(&withEvidence, "evidence", false, "fetch and keep the evidence of the decisions too")
	return cmd
}

// proven is what floe receipts prove --json prints for a receipt.
type proven struct {
	Receipt string `json:"receipt"`
	Server  string `json:"server"`
	File    string `json:"file"`
	LogSize uint64 `json:"log_size"`
}

// unproven is what it prints for one that could not be.
type unproven struct {
	Receipt string `json:"receipt"`
	Problem string `json:"problem"`
}

func (a *app) prove(ctx context.Context, chosen []*keptReceipt, again bool, out string, reveal bool) error {
	done, failed := []proven{}, []unproven{}
	for _, k := range chosen {
		if k.proof != nil && !again {
			continue
		}
		p, err := a.proveOne(ctx, k, out, reveal)
		var usage *usageError
		if errors.As(err, &usage) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed = append(failed, unproven{k.label(), err.Error()})
			a.say("NOT PROVEN  %s: %v", k.label(), err)
			continue
		}
		done = append(done, *p)
		a.say("proven  %s: in the log of %s at size %d\n        %s", p.Receipt, p.Server, p.LogSize, p.File)
	}
	if len(done)+len(failed) == 0 {
		a.say("every receipt that is kept has its proof")
	}
	if a.json {
		a.print(map[string]any{"proven": done, "failed": failed, "ok": len(failed) == 0})
	}
	if len(failed) > 0 {
		return &answeredError{fmt.Errorf("%d of %s could not be proven", len(failed), count(len(done)+len(failed), "receipt"))}
	}
	return nil
}

func (a *app) proveOne(ctx context.Context, k *keptReceipt, out string, reveal bool) (*proven, error) {
	if out == "" && k.path == "" {
		return nil, &usageError{command: "floe receipts prove", err: errors.New("name the file to write with -o")}
	}
	if err := a.locate(ctx, k); err != nil {
		return nil, fmt.Errorf("find key server: %w", err)
	}
	server := &remote.Server{ID: k.Server, Name: k.Name, URL: k.URL, HTTP: &http.Client{Timeout: 20 * time.Second}}
	keys, jwks, err := server.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.pin(k.Server, jwks); err != nil {
		return nil, fmt.Errorf("keep keys of %s: %w", k.Name, err)
	}
	if keys, err = a.keysOf(k.Server, ""); err != nil {
		return nil, err
	}
	r, err := receipt.Verify(k.JWT, keys, k.Server)
	if err != nil {
		return nil, fmt.Errorf("%w; the keys of %s that were seen first are in %s: remove the file only if you know that they were changed", err, k.Name, a.pinPath(k.Server))
	}
	log, err := keys.Log(k.Server)
	if err != nil {
		return nil, err
	}
	p, err := awaitProof(ctx, server, r)
	if err != nil {
		return nil, err
	}
	c, err := r.CheckLogged(log, p)
	if err != nil {
		return nil, err
	}
	show := *k
	if !reveal {
		show.Opening = nil
	}
	if p.Extra, err = json.Marshal(show); err != nil {
		return nil, err
	}
	if out == "" {
		out = k.proofPath()
	}
	if err := durable.WriteFile(out, p.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("write proof: %w", err)
	}
	return &proven{Receipt: r.ID, Server: k.Name, File: out, LogSize: c.Size}, nil
}

// logPatience is for how long after the promised time a receipt is waited for.
const logPatience = 10 * time.Second

// awaitProof waits for a receipt to be in the log, until the promised time and
// some seconds.
func awaitProof(ctx context.Context, server *remote.Server, r *receipt.Receipt) (*logproof.Proof, error) {
	promised := time.UnixMilli(r.LogByMS)
	for {
		p, err := server.Proof(ctx, r.Sequence)
		if errors.Is(err, remote.ErrDenied) {
			return nil, fmt.Errorf("%w, though it signed it: its receipts were lost or put aside, or are not shown to you; keep the receipt, it proves that", err)
		}
		if !errors.Is(err, remote.ErrNotLogged) {
			return p, err
		}
		if late := time.Since(promised); late > logPatience {
			return nil, fmt.Errorf("%w, though it was promised to be by %s; keep the receipt, it proves the promise", err, promised.UTC().Format(time.RFC3339))
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (a *app) receiptsVerify() *cobra.Command {
	var v verifier
	cmd := &cobra.Command{
		Use:   "verify [RECEIPT…]",
		Short: "Check receipts and their proofs, without a network",
		Long: `verify checks for each receipt: the signature of its key server, the proof that
it is in the server's log, and the log's signature of the checkpoint. RECEIPT is
a .tlog-proof file, a kept receipt's file, or SERVER/NUMBER; without one, all
that are kept. It asks nobody. Exit code 1 if anything does not verify.

The keys are those that floe receipts prove saw first, or those of --keys, a
server's JWKS. --witnesses gives a policy file, whose witnesses must have
cosigned, so that the log is the same for everybody. --anchored asks the network
after all: the receipt must be in the log's head that is anchored on chain.`,
		Example: "  floe receipts verify\n  floe receipts verify keyserver-1/4 --anchored\n  floe receipts verify proof.tlog-proof --keys alice.jwks.json --witnesses witnesses.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd.Context(), args, &v)
		},
	}
	cmd.Flags().StringVar(&v.keys, "keys", "", "file with the key server's keys (JWKS)")
	cmd.Flags().StringVar(&v.policy, "witnesses", "", "witness policy file")
	cmd.Flags().BoolVar(&v.anchored, "anchored", false, "compare with the log's head on chain; needs the network")
	return cmd
}

// verifier is what receipts are verified by.
type verifier struct {
	keys, policy string
	anchored     bool
	witnesses    *logproof.WitnessPolicy
	env          *dataset.Env // nil unless anchored
}

// verifiedReceipt is what floe receipts verify --json prints for a receipt.
type verifiedReceipt struct {
	Receipt     string                 `json:"receipt"`
	Server      sui.Address            `json:"server"`
	Decision    receipt.Decision       `json:"decision,omitempty"`
	Reason      string                 `json:"reason,omitempty"`
	Time        time.Time              `json:"time,omitzero"`
	KeyID       string                 `json:"key_id,omitempty"`
	Requester   *sui.Address           `json:"requester,omitempty"`
	LogSize     uint64                 `json:"log_size,omitempty"`
	LogRoot     string                 `json:"log_root,omitempty"`
	Cosignature []logproof.Cosignature `json:"cosignatures,omitempty"`
	Anchored    *anchoredHead          `json:"anchored,omitempty"`
	Verified    bool                   `json:"verified"`
	Problem     string                 `json:"problem,omitempty"`
}

func (a *app) verify(ctx context.Context, args []string, v *verifier) error {
	if v.policy != "" {
		b, err := os.ReadFile(v.policy)
		if err == nil {
			v.witnesses, err = logproof.ParseWitnessPolicy(b)
		}
		if err != nil {
			return fmt.Errorf("read witness policy %s: %w", v.policy, err)
		}
	}
	chosen, err := a.choose(args)
	if err != nil {
		return err
	}
	if v.anchored {
		env, closeEnv, err := a.reader(ctx)
		if err != nil {
			return err
		}
		defer closeEnv()
		v.env = env
	}
	all, bad := []verifiedReceipt{}, 0
	for _, k := range chosen {
		one := verifiedReceipt{Server: k.Server}
		if err := a.verifyOne(ctx, k, v, &one); err != nil {
			one.Problem = err.Error()
			bad++
		}
		one.Verified = one.Problem == ""
		all = append(all, one)
		a.sayVerified(&one)
	}
	if a.json {
		a.print(map[string]any{"receipts": all, "ok": bad == 0})
	}
	if bad > 0 {
		return &answeredError{fmt.Errorf("%d of %d receipts do not verify", bad, len(all))}
	}
	return nil
}

func (a *app) verifyOne(ctx context.Context, k *keptReceipt, v *verifier, out *verifiedReceipt) error {
	keys, err := a.keysOf(k.Server, v.keys)
	if err != nil {
		return err
	}
	r, err := receipt.Verify(k.JWT, keys, k.Server)
	if err != nil {
		return err
	}
	out.Receipt, out.Decision, out.Time, out.KeyID = r.ID, r.Decision, time.UnixMilli(r.TimeMS).UTC(), r.KeyID
	if r.Reason != nil {
		out.Reason = r.Reason.Code
	}
	if k.Opening != nil {
		if len(k.Opening.Salt) != 32 {
			return fmt.Errorf("the opening has a salt of %d bytes, want 32", len(k.Opening.Salt))
		}
		o := receipt.Opening{Salt: [32]byte(k.Opening.Salt), Requester: k.Opening.Requester}
		if err := o.Check(&r.Claims); err != nil {
			return err
		}
		out.Requester = &o.Requester
	}
	if k.proof == nil {
		return errors.New("there is no proof that it is in the log; fetch it with: floe receipts prove")
	}
	log, err := keys.Log(k.Server)
	if err != nil {
		return err
	}
	p, err := logproof.ParseProof(k.proof)
	if err != nil {
		return err
	}
	c, err := r.CheckLogged(log, p)
	if err != nil {
		return err
	}
	out.LogSize, out.LogRoot = c.Size, c.Root.String()
	if out.Cosignature, err = v.witnesses.Check(c); err != nil || v.env == nil {
		return err
	}
	out.Anchored, err = a.checkAnchored(ctx, v.env, k, r, keys, c)
	return err
}

func (a *app) sayVerified(v *verifiedReceipt) {
	if !v.Verified {
		a.say("NOT VERIFIED  %s: %s", first(v.Receipt, "receipt of "+v.Server.String()), v.Problem)
		return
	}
	a.say("verified  %s: %s at %s, in the log at size %d", v.Receipt, v.Decision, v.Time.Format(time.RFC3339), v.LogSize)
	for _, c := range v.Cosignature {
		a.say("          cosigned by %s at %s", c.Witness, c.Time.Format(time.RFC3339))
	}
	if v.Anchored != nil {
		a.say("          anchored on chain at size %d at %s", v.Anchored.Size, v.Anchored.Time.Format(time.RFC3339))
	}
}
