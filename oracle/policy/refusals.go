package policy

import (
	"errors"
	"fmt"
	"regexp"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// refusal explains an evaluation that failed.
func (r *rules) refusal(q Query, f *sui.ExecutionFailure, objects []*sui.Object) error {
	question := evidence.Question{Requester: q.User, Package: q.Package.First, Called: q.Package.Called, Calls: q.Approval.Calls,
		AllowedStaleness: r.allowedStaleness, Objects: objects}
	reason, ok := question.Explain(f)
	switch {
	case !ok:
		return nodeFailure(fmt.Errorf("staleness check failed with %s: is the staleness package right?", f.Kind))
	case reason.Code == evidence.CodeStale:
		return &Refusal{Kind: Unknown, Reason: reason}
	case reason.Code == evidence.CodeNotFound:
		return &Refusal{Kind: InvalidPTB, Reason: reason}
	}
	return &Refusal{Kind: NoAccess, Reason: reason}
}

func noPackage(id sui.Address, what string) error {
	return &Refusal{Kind: InvalidPackage, Reason: seal.Reason{
		Code: "package_not_found", Rule: fmt.Sprintf("package %s %s", id, what),
		Remedy: "check the package id and that the key server is on the same network",
	}}
}

// nodeFailure refuses because the chain could not be read. The cause, which is for the
// log, does not name the objects of the request: which pass or list of aliases was
// looked for tells who asked.
func nodeFailure(err error) error {
	return lookUpFailure(quiet{err})
}

// A quiet error leaves out addresses and ids.
type quiet struct{ error }

var longHex = regexp.MustCompile(`0x[0-9a-fA-F]{32,64}`)

func (q quiet) Error() string { return longHex.ReplaceAllString(q.error.Error(), "0x…") }

func (q quiet) Unwrap() error { return q.error }

// lookUpFailure is nodeFailure of what is nobody's: a package.
func lookUpFailure(err error) error {
	code := "chain_unavailable"
	if errors.Is(err, mirror.ErrBehind) {
		code = "chain_behind"
	}
	return &Refusal{Kind: Unknown, Cause: err, Reason: seal.Reason{
		Code: code, Rule: "the key server could not read the chain, so it cannot know whether access is allowed",
		Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
	}}
}

// simulationFailure explains that the node did not simulate. What it says is
// wrong with the request is the requester's, all else is the node's: so Seal's
// key server has it, too.
func simulationFailure(err error) error {
	switch status.Code(unwrapStatus(err)) {
	case codes.InvalidArgument, codes.NotFound:
		return badParameter(err.Error())
	}
	if errors.Is(err, suirpc.ErrNotFound) {
		return badParameter(err.Error())
	}
	return nodeFailure(err)
}

// unwrapStatus returns the gRPC error in err, for status.Code.
func unwrapStatus(err error) error {
	var s interface{ GRPCStatus() *status.Status }
	if errors.As(err, &s) {
		return s.(error)
	}
	return err
}

func badParameter(what string) error {
	return &Refusal{Kind: InvalidParameter, Reason: evidence.ExplainInvalid(what)}
}
