package evidence

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A Result is what came of an audit.
type Result string

// The results. Only Same confirms the receipt.
const (
	Same    Result = "same"    // the bytecode says what the receipt says
	Differs Result = "differs" // it says something else, or something was altered
	// Own: the evidence is right, but the server refused for a reason that is
	// not the policy's, such as a limit or a node that was down, which no
	// evidence shows.
	Own Result = "own-reason"
)

// A Report tells what an audit checked, in order, up to the first failure.
type Report struct {
	Result  Result `json:"result"`
	Checks  []Step `json:"checks"`
	Outcome string `json:"outcome,omitempty"` // of the bytecode
	// Policy is the reason for a refusal that the bytecode gives.
	Policy *receipt.Reason `json:"policy_reason,omitempty"`
}

// A Step is one check.
type Step struct {
	Name    string `json:"check"`
	Text    string `json:"text"`              // what holds if there is no problem
	Problem string `json:"problem,omitempty"` // why it does not
}

// Err returns the problem that was found.
func (r *Report) Err() error {
	if n := len(r.Checks); n > 0 && r.Checks[n-1].Problem != "" {
		return fmt.Errorf("%s: %s", r.Checks[n-1].Name, r.Checks[n-1].Problem)
	}
	return nil
}

// step does a check, unless one before failed.
func (r *Report) step(name, text string, check func() error) {
	if r.Err() != nil {
		return
	}
	s := Step{Name: name, Text: text}
	if err := check(); err != nil {
		s.Problem, r.Result = err.Error(), Differs
	}
	r.Checks = append(r.Checks, s)
}

// ErrNoEvidence says that a receipt does not commit to any evidence: nothing was
// evaluated, or only by a full node that the server believes.
var ErrNoEvidence = errors.New("the receipt names no evidence")

// Audit compares a receipt, whose signature is verified already, with a bundle,
// and makes the decision again. The error is ErrNoEvidence, or nil: what is wrong
// is in the report.
func Audit(r *receipt.Receipt, b *Bundle, replayer *Replayer) (*Report, error) {
	if r.Evidence == nil {
		return nil, ErrNoEvidence
	}
	a := &audit{receipt: r, bundle: b, manual: replayer.ManualClock, Report: Report{Result: Same}}
	a.step("receipt", "the evidence is of this receipt", a.ofReceipt)
	a.step("opening", "the opening is the receipt's", func() error { return b.Opening.Check(&r.Claims) })
	a.step("commitment", "the receipt commits to the manifest", a.commitment)
	a.step("objects", "every object has the digest that the manifest names", a.objects)
	a.step("inputs", "the receipt names the objects that the policy was given and that are nobody's", a.inputs)
	a.step("package", "the receipt names the package that was run", a.pkg)
	a.step("request", "the transaction asks what the receipt says, for its requester", a.asks)
	a.step("policies", "the receipt is filed under the policies that were asked", a.policies)
	a.step("checkpoint", "chain and checkpoint are the receipt's", a.checkpoint)
	a.step("time", a.timeText(), a.time)
	a.step("fresh", "the state was not older than the evaluation allowed", a.fresh)
	a.step("replay", "the bytecode, run again, comes to the manifest's outcome", func() (err error) {
		a.outcome, a.rejected, err = replayer.replay(a.manifest, SourceOf(a.evidence.Content))
		return err
	})
	a.step("decision", "the receipt says what the bytecode says", a.decision)
	if a.Result == Own {
		a.Checks[len(a.Checks)-1].Text = fmt.Sprintf("the server refused for a reason of its own, %s, that no evidence shows", r.Reason.Code)
	}
	return &a.Report, nil
}

// An audit has what its checks hand on.
type audit struct {
	Report
	receipt  *receipt.Receipt
	bundle   *Bundle
	manual   bool // as Replayer.ManualClock
	manifest *Manifest
	evidence Evidence // the manifest with its objects
	request  *request
	outcome  Outcome
	rejected *execution.InputError
}

func (a *audit) ofReceipt() error {
	if a.bundle.Receipt != a.receipt.Raw {
		return errors.New("the evidence is of another receipt")
	}
	return nil
}

func (a *audit) commitment() (err error) {
	if CommitTo(a.bundle.Manifest, a.bundle.Opening.Salt) != *a.receipt.Evidence {
		return errors.New("the receipt commits to another manifest")
	}
	a.manifest, err = ParseManifest(a.bundle.Manifest)
	return err
}

func (a *audit) objects() (err error) {
	a.evidence.Manifest = *a.manifest
	a.evidence.Content, err = a.bundle.contents(a.manifest)
	return err
}

func (a *audit) inputs() error {
	want := a.evidence.Inputs()
	for i, o := range a.receipt.Objects {
		if i >= len(want) || o != want[i] {
			return fmt.Errorf("the receipt names object %s version %d with digest %s, which is not what the policy was given, or is somebody's", o.ID, o.Version, o.Digest)
		}
	}
	if len(a.receipt.Objects) < len(want) {
		return fmt.Errorf("the receipt does not name object %s, which the policy was given", want[len(a.receipt.Objects)].ID)
	}
	return nil
}

func (a *audit) pkg() error {
	p := a.receipt.Package
	ref, ok := a.manifest.ref(p.Called)
	if !ok {
		return fmt.Errorf("package %s is not among the evidence", p.Called)
	}
	if ref.Version != p.Version || ref.Digest.String() != p.Digest {
		return fmt.Errorf("package %s that was run has version %d with digest %s, the receipt names version %d with digest %s",
			p.Called, ref.Version, ref.Digest, p.Version, p.Digest)
	}
	o := a.evidence.object(p.Called)
	if o.Package == nil {
		return fmt.Errorf("%s is no package", p.Called)
	}
	switch first, err := firstVersion(o.Package); {
	case err != nil:
		return err
	case first != p.ID:
		return fmt.Errorf("package %s is a version of %s, the receipt names %s", p.Called, first, p.ID)
	}
	return nil
}

func (a *audit) asks() (err error) {
	if a.request, err = parseRequest(a.manifest); err != nil {
		return err
	}
	if sender := a.manifest.Transaction.Sender; sender != a.bundle.Opening.Requester {
		return fmt.Errorf("the transaction was evaluated for %s, the receipt is for %s", sender, a.bundle.Opening.Requester)
	}
	if a.request.Package != a.receipt.Package.Called {
		return fmt.Errorf("the transaction calls package %s, the receipt names %s", a.request.Package, a.receipt.Package.Called)
	}
	if !slices.EqualFunc(a.receipt.Calls, a.request.Calls, receipt.Call.Names) {
		return errors.New("the transaction makes other policy calls than the receipt names")
	}
	return nil
}

func (a *audit) policies() error {
	same := func(l receipt.PolicyLink, id sui.Address) bool { return l.ID == id }
	for _, inputs := range a.request.inputs {
		asked := *a.request.Approval
		asked.Program.Inputs = inputs
		if slices.EqualFunc(a.receipt.Policies, receipt.PoliciesOf(&asked, a.receipt.Package.ID), same) {
			return nil
		}
	}
	return errors.New("the request asks other policies than the receipt is filed under")
}

func (a *audit) checkpoint() error {
	m, r := a.manifest, a.receipt
	digest := ""
	if m.CheckpointDigest != (sui.Digest{}) {
		digest = m.CheckpointDigest.String()
	}
	switch {
	case r.Chain != m.Chain.String():
		return fmt.Errorf("the evidence is of chain %s, the receipt of %s", m.Chain, r.Chain)
	case r.Checkpoint == nil || *r.Checkpoint != receipt.Checkpoint{Sequence: m.Checkpoint, Digest: digest}:
		return fmt.Errorf("the evidence is of checkpoint %d with digest %s, the receipt of another", m.Checkpoint, digest)
	}
	return nil
}

// decision compares the receipt with what the bytecode says.
func (a *audit) decision() error {
	a.Outcome = a.outcome.String()
	r := a.receipt
	if a.outcome.Verdict == Allowed {
		switch {
		case r.Decision == receipt.Release:
			return nil
		case policyCode(r.Reason.Code):
			return fmt.Errorf("the policy allows it, the receipt is a refusal because of the policy: %s", r.Reason.Code)
		}
		a.Result = Own
		return nil
	}
	why, ok := a.explain()
	if ok {
		a.Policy = &receipt.Reason{Code: why.Code, Rule: why.Rule}
	}
	switch {
	case r.Decision == receipt.Release:
		return fmt.Errorf("the policy refuses (%s), the receipt is a release", a.Outcome)
	case ok && *r.Reason == *a.Policy:
		return nil
	case ok && policyCode(r.Reason.Code):
		return fmt.Errorf("the policy refuses with %s (%s), the receipt says %s (%s)", why.Code, why.Rule, r.Reason.Code, r.Reason.Rule)
	}
	a.Result = Own
	return nil
}

// explain gives the reason that follows from the outcome.
func (a *audit) explain() (seal.Reason, bool) {
	switch a.outcome.Verdict {
	case Aliased:
		return ExplainAliases(), true
	case Rejected:
		return ExplainInvalid(a.rejected.Error()), true
	}
	q := Question{Requester: a.manifest.Transaction.Sender, Package: a.receipt.Package.ID, Called: a.receipt.Package.Called,
		Calls: a.request.Calls, AllowedStaleness: a.request.staleness, Objects: a.evidence.taken()}
	return q.Explain(a.outcome.Execution())
}

// policyCode tells whether a reason claims to follow from an evaluation. Others
// are of the server itself.
func policyCode(code string) bool {
	switch code {
	case CodeStale, CodeNotFound, CodeFailed, CodeAliases, CodeInvalid:
		return true
	}
	return code == "" || strings.Contains(code, "::")
}
