package evidence

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// What a key server puts before and around the policy calls. An auditor has to
// find the same.
const (
	// GasBudget is what the evaluation of a policy may use, in MIST, as in
	// Seal.
	GasBudget = 500_000_000
	// StalenessModule and StalenessFunction are the first command, of Seal's
	// Move package or Floe's key_server; it aborts with StalenessCode when
	// the chain's clock is too old.
	StalenessModule   = "time"
	StalenessFunction = "check_staleness"
	StalenessCode     = 93492
)

// Codes of reasons for which no policy is to blame.
const (
	CodeStale    = "chain_stale"
	CodeNotFound = "function_not_found"
	CodeFailed   = "policy_failed"
	CodeAliases  = "address_has_aliases"
	CodeInvalid  = "invalid_parameter"
)

// A Question is what a transaction asks of a policy.
type Question struct {
	Requester        sui.Address
	Package          sui.Address // first version: the namespace of the keys
	Called           sui.Address
	Calls            []seal.ApprovalCall // commands 1 and on; command 0 is the staleness check
	AllowedStaleness time.Duration
	Objects          []*sui.Object // that the policy is given
}

// Explain gives the reason for which a question is refused, if its evaluation
// failed like that. It follows from the arguments alone. It is false when the
// staleness check failed in a way of its own, which is no answer.
func (q *Question) Explain(f *sui.ExecutionFailure) (seal.Reason, bool) {
	if f.Command != nil && *f.Command == 0 {
		if f.Kind != sui.FailMoveAbort || f.Code != StalenessCode {
			return seal.Reason{}, false
		}
		return seal.Reason{
			Code: CodeStale, Rule: fmt.Sprintf("the full node's clock is more than %v behind the key server's", q.AllowedStaleness),
			Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
		}, true
	}
	call := seal.ApprovalCall{Module: "?", Function: "?"}
	if f.Command != nil && *f.Command-1 < uint64(len(q.Calls)) {
		call = q.Calls[*f.Command-1]
	}
	place := call.Module + "::" + call.Function
	switch f.Kind {
	case sui.FailMoveAbort:
		return q.explainAbort(f, place), true
	case sui.FailFunctionNotFound:
		return seal.Reason{
			Code: CodeNotFound, Rule: "The seal_approve function was not found on the module",
			Remedy: fmt.Sprintf("check that package %s has a function %s", q.Called, place),
		}, true
	}
	return seal.Reason{
		Code: CodeFailed, Rule: fmt.Sprintf("%s failed: %s", place, f.Kind),
		Remedy: "check the arguments of the policy call, and that the objects that it takes are yours or shared",
	}, true
}

// explainAbort says which rule of the policy failed and what would help. It
// knows the codes of Floe's own policies; place names the call for others.
func (q *Question) explainAbort(f *sui.ExecutionFailure, place string) seal.Reason {
	if p := q.floePolicy(); p != nil {
		if a, ok := contract.FindAbort(f, contract.Packages{}); ok && a.Package == contract.Access {
			return seal.Reason{
				Code:   fmt.Sprintf("floe_%s::%s::%s", a.Package, a.Module, a.Name),
				Rule:   a.Text,
				Remedy: a.Remedy(contract.Situation{Requester: q.Requester, Policy: p, NowMS: q.clock()}),
			}
		}
	}
	if f.Location != nil {
		place = f.Location.Module
		if f.Location.FunctionName != nil {
			place += "::" + *f.Location.FunctionName
		}
	}
	return seal.Reason{
		Code: fmt.Sprintf("%s:%d", place, f.Code), Rule: fmt.Sprintf("%s aborted with code %d", place, f.Code),
		Remedy: fmt.Sprintf("see the documentation of policy package %s, or ask the owner of the data for access", q.Package),
	}
}

// clock is the chain's time in Unix milliseconds, if the policy is given the
// clock, or else 0.
func (q *Question) clock() uint64 {
	for _, o := range q.Objects {
		if o.ID() == sui.ClockID {
			return clockTime(o)
		}
	}
	return 0
}

// clockTime is the time that the Clock shows, in Unix milliseconds; 0 for what is
// no Clock.
func clockTime(clock *sui.Object) uint64 {
	if clock.Move == nil || len(clock.Move.Contents) != 40 { // UID, timestamp_ms
		return 0
	}
	return binary.LittleEndian.Uint64(clock.Move.Contents[32:])
}

// floePolicy returns the Policy among the inputs whose type the called package
// defines in the way that Floe's access package does, nil for other packages.
func (q *Question) floePolicy() *contract.Policy {
	for _, o := range q.Objects {
		if p, err := contract.ParsePolicy(o); err == nil && p.Package == q.Package {
			return p
		}
	}
	return nil
}

// ExplainAliases is the reason for which a user with address aliases is refused:
// other keys may sign for the address, and its own may be no longer allowed to.
// The rule stands in a receipt, which everybody may read, and so does not name
// the address.
func ExplainAliases() seal.Reason {
	return seal.Reason{
		Code: CodeAliases, Rule: "the address that asks has aliases (0x2::address_alias), so its own key does not prove who asks",
		Remedy: "ask with an address that has no aliases",
	}
}

// ExplainInvalid is the reason for which a request is refused that can't be run.
// What is wrong with it may name who asks, and objects that show who that is: it
// is for the requester, and stands in the remedy, which no receipt holds.
func ExplainInvalid(what string) seal.Reason {
	return seal.Reason{
		Code: CodeInvalid, Rule: "the request cannot be run over the objects that it names",
		Remedy: what + "; if an object of the request was created just now, try again in some seconds",
	}
}
