package suirpc

import (
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui"
)

// An ExecutionError is a transaction that failed. Abort is set when a Move
// function aborted; what its code means is the contract's business (package
// contract knows Floe's).
type ExecutionError struct {
	Digest    sui.Digest
	Simulated bool // found by the simulation: nothing was signed or spent
	Status    sui.ExecutionFailure
	Command   *uint64 // the command that failed, from 0; nil when none did
	Abort     *Abort
}

// An Abort is where and with which code Move code stopped.
type Abort struct {
	Package  sui.Address // as the chain reports it: the id that the code runs under
	Module   string
	Function string // empty when the chain does not say
	Code     uint64
	Clever   *Clever // nil when the code is a plain number
}

// Clever is what Move's compiler packs into the code of an assert! without a
// code, and of an #[error] constant, as the node reads it from the module. The
// texts are the module author's words: quote them, don't believe them.
type Clever struct {
	Line     uint64  // of the module's source; 0 when the node does not say
	Code     *uint64 // the constant's explicit code, if any
	Constant string  // its name; "" for an assert! without a code
	Value    string  // what it says; "" when that is no text
}

// Error names the place and the code.
func (e *ExecutionError) Error() string {
	verb := "failed on chain"
	if e.Simulated {
		verb = "would fail"
	}
	where := ""
	if e.Command != nil {
		where = fmt.Sprintf(" in command %d", *e.Command)
	}
	if e.Abort != nil {
		return fmt.Sprintf("transaction %s %s%s: %s aborts %s", e.Digest, verb, where, e.Abort.place(), e.Abort.why())
	}
	return fmt.Sprintf("transaction %s %s%s: %s", e.Digest, verb, where, e.Status.Kind)
}

// Unwrap returns the failure as the chain reported it, so that package contract
// can explain it.
func (e *ExecutionError) Unwrap() error { return &e.Status }

func (a *Abort) place() string {
	s := a.Package.String() + "::" + a.Module
	if a.Function != "" {
		s += "::" + a.Function
	}
	return s
}

// why is the code, or what a clever one stands for.
func (a *Abort) why() string {
	c := a.Clever
	switch {
	case c == nil:
		return fmt.Sprintf("with code %d", a.Code)
	case c.Constant == "":
		return fmt.Sprintf("at line %d", c.Line)
	case c.Value == "":
		return fmt.Sprintf("with %.128q at line %d", c.Constant, c.Line)
	}
	return fmt.Sprintf("with %.128q at line %d: %.512q", c.Constant, c.Line, c.Value)
}

// decodeClever reads what a node says of an abort code; nil when it is a plain
// number.
func decodeClever(s *pb.ExecutionStatus) *Clever {
	e := s.GetError().GetAbort().GetCleverError()
	if e == nil {
		return nil
	}
	return &Clever{Line: e.GetLineNumber(), Code: e.ErrorCode, Constant: e.GetConstantName(), Value: e.GetRendered()}
}

// Err returns nil when the transaction succeeded, else an *[ExecutionError].
func (ex *Executed) Err() error {
	if ex.Effects.Status.Failure == nil {
		return nil
	}
	return executionError(ex, ex.simulated)
}

func executionError(ex *Executed, simulated bool) *ExecutionError {
	f := ex.Effects.Status.Failure
	e := &ExecutionError{Digest: ex.Digest, Simulated: simulated, Status: *f, Command: f.Command}
	if f.Kind == sui.FailMoveAbort && f.Location != nil {
		e.Abort = &Abort{Package: f.Location.Package, Module: f.Location.Module, Code: f.Code, Clever: ex.clever}
		if f.Location.FunctionName != nil {
			e.Abort.Function = *f.Location.FunctionName
		}
	}
	return e
}

// An InsufficientGasError is a signer without enough SUI. Amounts are in
// MIST; Need is 0 when not even a simulation was possible.
type InsufficientGasError struct {
	Address    sui.Address
	URL        string
	Have, Need uint64
}

// Error says what to do.
func (e *InsufficientGasError) Error() string {
	need := ""
	if e.Need > 0 {
		need = fmt.Sprintf(" and needs %d", e.Need)
	}
	return fmt.Sprintf("no funds: %s has %d MIST for gas on %s%s; send SUI to this address, "+
		"on a devnet or testnet ask its faucet (https://faucet.sui.io for testnet)", e.Address, e.Have, e.URL, need)
}
