package seal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// maxCommands is the most policy calls of one request.
const maxCommands = 100

// approvePrefix is how the names of policy functions begin.
const approvePrefix = "seal_approve"

// An Approval is a program that consists of nothing but policy calls, as a key
// request carries it.
type Approval struct {
	Program sui.ProgrammableTransaction
	Package sui.Address // as called: any version of the policy package
	Calls   []ApprovalCall
}

// An ApprovalCall asks the policy about one inner identity.
type ApprovalCall struct {
	Module, Function string
	ID               []byte
}

// Bytes returns the BCS of the program, as a key request carries it.
func (a *Approval) Bytes() []byte { return bcs.Marshal(&a.Program) }

// NewApproval takes the policy calls that b holds, such as those that
// contract.SealApprove adds. Objects must be given with what the policy needs
// of them: a shared object with its initial version.
func NewApproval(b *sui.Builder) (*Approval, error) {
	if err := b.Err(); err != nil {
		return nil, fmt.Errorf("build approval: %w", err)
	}
	if n := len(b.Unresolved()); n > 0 {
		return nil, fmt.Errorf("build approval: %d objects are not resolved: give shared objects with their initial version", n)
	}
	program := b.Programmable()
	a, err := ParseApproval(bcs.Marshal(&program))
	if err != nil {
		return nil, fmt.Errorf("build approval: %w", err)
	}
	return a, nil
}

// ParseApproval reads a program and demands what Seal's key servers demand of
// it, in their order and words.
func ParseApproval(ptb []byte) (*Approval, error) {
	a := new(Approval)
	if err := bcs.Unmarshal(ptb, &a.Program); err != nil {
		return nil, errors.New("Invalid BCS")
	}
	if len(a.Program.Commands) > maxCommands {
		return nil, fmt.Errorf("Too many commands in PTB (more than %d)", maxCommands)
	}
	if len(a.Program.Inputs) == 0 || len(a.Program.Commands) == 0 {
		return nil, errors.New("Empty PTB input or command")
	}
	first := a.Program.Commands[0].MoveCall
	if first == nil {
		return nil, errors.New("Invalid first command")
	}
	a.Package = first.Package
	for i := range a.Program.Commands {
		call, err := a.parseCall(a.Program.Commands[i].MoveCall)
		if err != nil {
			return nil, err
		}
		a.Calls = append(a.Calls, call)
	}
	return a, nil
}

func (a *Approval) parseCall(c *sui.MoveCall) (call ApprovalCall, err error) {
	if c == nil {
		return call, errors.New("Non MoveCall command")
	}
	for _, arg := range c.Arguments {
		if arg.Kind != sui.ArgInput {
			return call, errors.New("Only pure inputs are allowed")
		}
	}
	if len(c.Arguments) == 0 {
		return call, errors.New("Empty args")
	}
	at := int(c.Arguments[0].Index)
	if at >= len(a.Program.Inputs) || a.Program.Inputs[at].Kind != sui.InputPure {
		return call, errors.New("Invalid first parameter for seal_approve")
	}
	d := bcs.NewDecoder(a.Program.Inputs[at].Pure)
	call = ApprovalCall{Module: c.Module, Function: c.Function, ID: d.Bytes()}
	if d.Finish() != nil {
		return call, errors.New("Invalid BCS for first parameter for seal_approve")
	}
	if !strings.HasPrefix(c.Function, approvePrefix) || c.Package != a.Package {
		return call, errors.New("Invalid function or package id")
	}
	return call, nil
}
