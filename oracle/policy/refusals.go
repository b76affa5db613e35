package policy

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/oracle/mirror"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// refusal explains an evaluation that failed.
func (r *rules) refusal(q Query, f *sui.ExecutionFailure, objects []*sui.Object) error {
	if f.Command != nil && *f.Command == 0 {
		if f.Kind == sui.FailMoveAbort && f.Code == stalenessCode {
			return &Refusal{Kind: Unknown, Reason: seal.Reason{
				Code: "chain_stale", Rule: fmt.Sprintf("the full node's clock is more than %v behind the key server's", r.allowedStaleness),
				Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
			}}
		}
		return nodeFailure(fmt.Errorf("staleness check failed with %s: is the staleness package right?", f.Kind))
	}
	call := seal.ApprovalCall{Module: "?", Function: "?"}
	if f.Command != nil && *f.Command-1 < uint64(len(q.Approval.Calls)) {
		call = q.Approval.Calls[*f.Command-1]
	}
	place := call.Module + "::" + call.Function
	switch f.Kind {
	case sui.FailMoveAbort:
		return &Refusal{Kind: NoAccess, Reason: explainAbort(q, f, objects, place)}
	case sui.FailFunctionNotFound:
		return &Refusal{Kind: InvalidPTB, Reason: seal.Reason{
			Code: "function_not_found", Rule: "The seal_approve function was not found on the module",
			Remedy: fmt.Sprintf("check that package %s has a function %s", q.Package.Called, place),
		}}
	}
	return &Refusal{Kind: NoAccess, Reason: seal.Reason{
		Code: "policy_failed", Rule: fmt.Sprintf("%s failed: %s", place, f.Kind),
		Remedy: "check the arguments of the policy call, and that the objects that it takes are yours or shared",
	}}
}

func noPackage(id sui.Address, what string) error {
	return &Refusal{Kind: InvalidPackage, Reason: seal.Reason{
		Code: "package_not_found", Rule: fmt.Sprintf("package %s %s", id, what),
		Remedy: "check the package id and that the key server is on the same network",
	}}
}

func nodeFailure(err error) error {
	code := "chain_unavailable"
	if errors.Is(err, mirror.ErrBehind) {
		code = "chain_behind"
	}
	return &Refusal{Kind: Unknown, Cause: err, Reason: seal.Reason{
		Code: code, Rule: "the key server could not read the chain, so it cannot know whether access is allowed",
		Remedy: "try again in some seconds; if it stays, tell the operator of the key server",
	}}
}

func simulationFailure(err error) error {
	switch status.Code(unwrapStatus(err)) {
	case codes.InvalidArgument, codes.NotFound:
		return badParameter(err.Error())
	}
	if errors.Is(err, suirpc.ErrNotFound) || errors.Is(err, suirpc.ErrRejected) {
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
	return &Refusal{Kind: InvalidParameter, Reason: seal.Reason{
		Code: "invalid_parameter", Rule: what,
		Remedy: "if an object of the request was created just now, try again in some seconds",
	}}
}
