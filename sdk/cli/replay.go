package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/sui"
)

// replayer is what receipts are replayed with.
type replayer struct {
	keys, evidence, server string
	all, onChain, manual   bool
	validators             string
	engine                 *evidence.Replayer
	chain                  *chainCheck // nil unless onChain
}

func (a *app) replay() *cobra.Command {
	var r replayer
	cmd := &cobra.Command{
		Use:   "replay RECEIPT… | --all [FOLDER]",
		Short: "Make a key server's decision again, and see whether it was right",
		Long: `replay runs the policy's own bytecode over the evidence of a decision, on this
machine, and compares what it says with the receipt. RECEIPT is SERVER/NUMBER, the
file of a kept receipt or its proof, a receipt itself (a JWT), or an evidence
file, which holds its receipt.

It checks, in this order: the key server's signature; the log, if the receipt's
proof is there; that opening, manifest, objects, package, request, policies,
checkpoint and time are those that the receipt names; and then what the bytecode
says. Somebody who altered the receipt, or the evidence, is found by one of these.

The evidence is that of --evidence, or stands beside the receipt, and then no
network is used; or else the key server is asked for it, which gives it to the
requester and to the owner of the policy.

The keys that receipts are verified with are those that this machine saw first, or
those of --keys: what each key server publishes at /.well-known/jwks.json, in files
named after the servers' objects. An auditor gets them from the servers, not from
who handed over the receipts. --all replays all receipts below
FOLDER, such as floe receipts list --save writes, or without FOLDER all that are
kept.

What a replay alone can't show is that the objects are the chain's. --on-chain asks
the network for each of them and for the checkpoint; with --validators, a file that
floe-oracle validators writes, the validators' signatures vouch for the checkpoint.
That no newer version was there at that checkpoint, no network can be asked.

"pruned" says that the key server removed the evidence because of its age, and
signed that: when, and of which receipts.

Exit code 0: the same. 1: it differs, was altered, or can't be replayed. With
--all, refusals that were not the policy's, or had nothing evaluated, or whose
evidence was pruned, are counted and no failure; a release that can't be replayed is.`,
		Example: `  floe replay keyserver-1/4
  floe replay 0x5e…-00000004.json --evidence 0x5e…-00000004.evidence --keys keyserver-1.jwks.json
  floe receipts list --policy 0x1f… --save audit && floe replay --all audit --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(args); err != nil {
				return &usageError{command: "floe replay", err: err}
			}
			if _, err := os.Stat(r.keys); r.keys != "" && err != nil {
				return fmt.Errorf("read keys: %w", err)
			}
			chosen, err := a.toReplay(args, r.all)
			if err != nil {
				return err
			}
			if r.onChain {
				check, done, err := a.openChainCheck(cmd.Context(), r.validators)
				if err != nil {
					return err
				}
				defer done()
				r.chain = check
			}
			r.engine = evidence.NewReplayer()
			r.engine.ManualClock = r.manual
			return a.replayAll(cmd.Context(), chosen, &r)
		},
	}
	cmd.Flags().StringVar(&r.evidence, "evidence", "", "evidence file of the RECEIPT; no network is used")
	cmd.Flags().StringVar(&r.server, "server", "", "address of the key server to ask for the evidence, if it is none of the network's")
	cmd.Flags().StringVar(&r.keys, "keys", "", "file with the key server's keys (JWKS), or a folder with one for each, SERVER.json")
	cmd.Flags().BoolVar(&r.all, "all", false, "replay all receipts of a folder, or all that are kept")
	cmd.Flags().BoolVar(&r.manual, "manual-clock", false, "the network is for development, and its clock is moved by hand: take the chain's time for the time of decisions")
	cmd.Flags().BoolVar(&r.onChain, "on-chain", false, "ask the network whether it has the checkpoint and the objects")
	cmd.Flags().StringVar(&r.validators, "validators", "", "with --on-chain: file with the network's validators of an epoch, who are trusted")
	return cmd
}

func (r *replayer) check(args []string) error {
	switch {
	case r.all && len(args) > 1:
		return errors.New("--all takes one FOLDER at most")
	case r.all && (r.evidence != "" || r.server != ""):
		return errors.New("--evidence and --server are for one RECEIPT")
	case !r.all && len(args) == 0:
		return errors.New("floe replay needs a RECEIPT, or --all")
	case r.evidence != "" && len(args) != 1:
		return errors.New("--evidence needs exactly one RECEIPT")
	case r.validators != "" && !r.onChain:
		return errors.New("--validators goes with --on-chain")
	case r.evidence != "" && r.server != "":
		return errors.New("--evidence and --server exclude each other")
	}
	return nil
}

// toReplay finds the receipts that are meant.
func (a *app) toReplay(args []string, all bool) ([]*keptReceipt, error) {
	if all && len(args) == 1 {
		return inFolder(args[0])
	}
	return a.choose(args)
}

// replayed is what floe replay --json prints for a receipt.
type replayed struct {
	Receipt  string           `json:"receipt"`
	Server   sui.Address      `json:"server"`
	Decision receipt.Decision `json:"decision,omitempty"`
	Reason   *receipt.Reason  `json:"reason,omitempty"`
	Time     time.Time        `json:"time,omitzero"`
	*evidence.Report
	Problem string `json:"problem,omitempty"`
}

// The results besides those of package evidence.
const (
	noEvidence evidence.Result = "no-evidence" // the receipt names none
	failed     evidence.Result = "failed"      // it could not be checked
)

// replaySummary counts results.
type replaySummary struct {
	Receipts   int `json:"receipts"`
	Same       int `json:"same"`
	Differs    int `json:"differs"`
	Own        int `json:"own_reason"`
	NoEvidence int `json:"no_evidence"`
	Pruned     int `json:"pruned"`
	Releases   int `json:"releases_without_evidence"` // none, or pruned
	Failed     int `json:"failed"`
}

func (s *replaySummary) add(r *replayed) {
	s.Receipts++
	switch r.Result {
	case evidence.Same:
		s.Same++
	case evidence.Own:
		s.Own++
	case noEvidence, pruned:
		if r.Result == pruned {
			s.Pruned++
		} else {
			s.NoEvidence++
		}
		if r.Decision == receipt.Release {
			s.Releases++
		}
	case failed:
		s.Failed++
	default:
		s.Differs++
	}
}

// wrong is how many receipts a run fails for.
func (s *replaySummary) wrong(all bool) int {
	if all {
		return s.Differs + s.Failed + s.Releases
	}
	return s.Receipts - s.Same
}

// progressEvery is after how many receipts of many a line says how far it is.
const progressEvery = 1000

// replayAll replays receipts on all cores and reports them in their order.
func (a *app) replayAll(ctx context.Context, chosen []*keptReceipt, r *replayer) error {
	results := make([]chan *replayed, len(chosen))
	for i := range results {
		results[i] = make(chan *replayed, 1)
	}
	next, workers := make(chan int), sync.WaitGroup{}
	for range min(runtime.GOMAXPROCS(0), max(len(chosen), 1)) {
		workers.Go(func() {
			for i := range next {
				results[i] <- a.replayOne(ctx, chosen[i], r)
			}
		})
	}
	go func() {
		defer close(next)
		for i := range chosen {
			if ctx.Err() != nil {
				return
			}
			next <- i
		}
	}()
	all, sum := []*replayed{}, replaySummary{}
	for i := range results {
		var one *replayed
		select {
		case one = <-results[i]:
		case <-ctx.Done():
			workers.Wait()
			return context.Cause(ctx)
		}
		sum.add(one)
		a.sayReplayed(one, r.all)
		if r.all && one.Result == evidence.Same {
			one.Checks = nil // all are right, and there are many
		}
		all = append(all, one)
		if n := i + 1; r.all && n%progressEvery == 0 {
			a.note("floe: replayed %d of %d", n, len(chosen))
		}
	}
	workers.Wait()
	wrong := sum.wrong(r.all)
	if a.json {
		a.print(map[string]any{"replays": all, "summary": sum, "ok": wrong == 0})
	} else if r.all {
		a.say("%s: %d the same, %d differ, %d refused for a reason of the server's own, %d without evidence or with it pruned (%d of them releases), %d could not be checked",
			count(sum.Receipts, "receipt"), sum.Same, sum.Differs, sum.Own, sum.NoEvidence+sum.Pruned, sum.Releases, sum.Failed)
	}
	if r.all && sum.Pruned > 0 {
		a.say("of %d the key server removed the evidence because of its age, and signed that", sum.Pruned)
	}
	if wrong > 0 {
		return &answeredError{fmt.Errorf("%d of %s do not replay to the same decision", wrong, count(sum.Receipts, "receipt"))}
	}
	return nil
}

// replayOne checks one receipt.
func (a *app) replayOne(ctx context.Context, k *keptReceipt, r *replayer) *replayed {
	out := &replayed{Server: k.Server, Report: &evidence.Report{Result: failed}}
	here, errHere := r.here(k)
	online := here == nil && errHere == nil
	var lost error
	if online && r.server == "" {
		lost = a.locate(ctx, k)
	}
	keys, err := a.keysForReplay(ctx, k, r, online)
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	rec, signature := checkSignature(k, keys)
	if rec != nil {
		out.Receipt, out.Decision, out.Reason, out.Time = rec.ID, rec.Decision, rec.Reason, time.UnixMilli(rec.TimeMS).UTC()
	}
	if n := len(signature); signature[n-1].Problem != "" {
		out.Result, out.Checks = evidence.Differs, signature
		return out
	}
	bundle, err := here, errHere
	if bundle == nil && err == nil {
		bundle, err = a.elsewhere(ctx, k, rec, r, lost)
	}
	var gone *remote.PrunedError
	if errors.As(err, &gone) {
		var said *receipt.Pruned
		if said, err = checkPruned(gone, k, keys, rec); err == nil {
			out.Result, out.Checks, out.Problem = pruned, signature, said.String()
			return out
		}
	}
	var report *evidence.Report
	if err == nil {
		report, err = evidence.Audit(rec, bundle, r.engine)
	}
	switch {
	case errors.Is(err, evidence.ErrNoEvidence):
		out.Result, out.Problem = noEvidence, err.Error()
	case err != nil:
		out.Problem = err.Error()
	default:
		out.Report = report
		r.compareWithChain(ctx, report, bundle)
	}
	out.Checks = append(signature, out.Checks...)
	return out
}

// compareWithChain adds a check to a report of which all others are right.
func (r *replayer) compareWithChain(ctx context.Context, report *evidence.Report, b *evidence.Bundle) {
	if r.chain == nil || report.Err() != nil {
		return
	}
	s := evidence.Step{Name: "chain", Text: "the network has the checkpoint and every object of the evidence"}
	m, err := evidence.ParseManifest(b.Manifest)
	if err == nil {
		err = r.chain.check(ctx, m)
	}
	if err != nil {
		s.Problem, report.Result = err.Error(), evidence.Differs
	}
	report.Checks = append(report.Checks, s)
}

// checkSignature verifies a receipt, and its place in the log if the proof is
// there.
func checkSignature(k *keptReceipt, keys *receipt.KeySet) (*receipt.Receipt, []evidence.Step) {
	steps := []evidence.Step{{Name: "signature", Text: "a key of server " + k.Server.String() + " signed the receipt"}}
	fail := func(err error) []evidence.Step {
		steps[len(steps)-1].Problem = err.Error()
		return steps
	}
	rec, err := receipt.Verify(k.JWT, keys, k.Server)
	if err != nil {
		return nil, fail(err)
	}
	if k.proof == nil {
		return rec, steps
	}
	steps = append(steps, evidence.Step{Name: "log", Text: "the receipt is in its server's log, at the place that its number says"})
	log, err := keys.Log(k.Server)
	if err != nil {
		return rec, fail(err)
	}
	p, err := logproof.ParseProof(k.proof)
	if err == nil {
		_, err = rec.CheckLogged(log, p)
	}
	if err != nil {
		return rec, fail(err)
	}
	return rec, steps
}

// keysForReplay returns the keys of a receipt's server: of --keys, those that
// were seen first, or, online, its own, which are kept.
func (a *app) keysForReplay(ctx context.Context, k *keptReceipt, r *replayer, online bool) (*receipt.KeySet, error) {
	keys, err := a.keysOf(k.Server, r.keys)
	if err == nil || r.keys != "" || !online || r.serverOf(k).URL == "" {
		return keys, err
	}
	_, jwks, err := r.serverOf(k).Keys(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.pin(k.Server, jwks); err != nil {
		return nil, fmt.Errorf("keep keys of %s: %w", k.Server, err)
	}
	return a.keysOf(k.Server, "")
}

func (r *replayer) serverOf(k *keptReceipt) *remote.Server {
	s := k.server()
	if r.server != "" {
		s.URL = r.server
	}
	return s
}

// here returns the evidence of a receipt that is on this machine; nil if there is
// none.
func (r *replayer) here(k *keptReceipt) (*evidence.Bundle, error) {
	switch {
	case r.evidence != "":
		return readEvidence(r.evidence)
	case k.evidence != nil:
		return k.evidence, nil
	}
	return k.keptEvidence()
}

// elsewhere asks the key server for the evidence. lost is why it could not be
// found.
func (a *app) elsewhere(ctx context.Context, k *keptReceipt, rec *receipt.Receipt, r *replayer, lost error) (*evidence.Bundle, error) {
	if rec.Evidence == nil {
		return nil, evidence.ErrNoEvidence
	}
	switch said, err := k.keptStatement(); {
	case err != nil:
		return nil, err
	case said != nil:
		return nil, said
	}
	s := r.serverOf(k)
	if s.URL == "" {
		return nil, fmt.Errorf("its evidence is not here: give a file with --evidence, or the key server's address with --server; %w", lost)
	}
	return a.fetchEvidence(ctx, s, rec.Sequence)
}

// sayReplayed reports a receipt: in a line, or with all checks.
func (a *app) sayReplayed(r *replayed, short bool) {
	name := first(r.Receipt, "receipt of "+r.Server.String())
	problem := r.Problem
	if err := r.Err(); err != nil {
		problem = err.Error()
	}
	if short {
		if r.Result != evidence.Same {
			a.say("%-11s %s: %s", r.Result, name, first(problem, r.ownReason()))
		}
		return
	}
	a.say("%s", name)
	for _, s := range r.Checks {
		if s.Problem != "" {
			a.say("  WRONG  %-10s  %s", s.Name, s.Problem)
		} else {
			a.say("  ok     %-10s  %s", s.Name, s.Text)
		}
	}
	switch r.Result {
	case evidence.Same:
		why := ""
		if r.Decision == receipt.Refuse {
			why = fmt.Sprintf(", because of %s", r.Policy.Code)
		}
		a.say("the same: the policy's code says %s%s, as the receipt does", r.Decision, why)
	case evidence.Own:
		a.say("not the policy's: the code says %q; %s", r.Outcome, r.ownReason())
	case noEvidence, failed:
		a.say("not replayed: %s", problem)
	case pruned:
		a.say("not replayed, the evidence was pruned: %s", problem)
	default:
		a.say("IT DIFFERS: %s", problem)
	}
}

func (r *replayed) ownReason() string {
	if r.Result != evidence.Own {
		return ""
	}
	return "the server refused with " + r.Reason.Code
}
