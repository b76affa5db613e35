package execution

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A Failure is why a transaction failed: what the effects say, and what they
// leave out.
type Failure struct {
	sui.ExecutionFailure
	Message string       // detail of the Move VM, may be empty
	Clever  *CleverError // of an abort with an error constant
}

// Error describes the failure in one line.
func (f *Failure) Error() string {
	msg := f.ExecutionFailure.Error()
	if f.Clever != nil && f.Clever.Constant != "" {
		msg += ": " + f.Clever.Constant
		if f.Clever.Value != "" {
			msg += " (" + f.Clever.Value + ")"
		}
	}
	if f.Message != "" {
		msg += ": " + f.Message
	}
	return msg
}

// fail records why command i (-1: no command) failed. An error of the state is
// returned: then the transaction has no result.
func (r *run) fail(err error, i int) error {
	if r.host.err != nil {
		return fmt.Errorf("read state: %w", r.host.err)
	}
	f, ok := failureOf(err)
	if !ok {
		return fmt.Errorf("execute transaction: %w", err)
	}
	if i >= 0 {
		n := uint64(i)
		f.Command = &n
	}
	r.failure = f
	errors.As(err, &r.clever)
	return nil
}

// failureOf translates an error of a command into Sui's terms.
func failureOf(err error) (*sui.ExecutionFailure, bool) {
	var own *failed
	if errors.As(err, &own) {
		f := own.f
		return &f, true
	}
	var vm *movevm.Error
	if !errors.As(err, &vm) {
		return nil, false
	}
	f := &sui.ExecutionFailure{Kind: vmKinds[vm.Status], Location: location(vm)}
	switch {
	case vm.Status == movevm.StatusAborted:
		f.Kind, f.Code = sui.FailMoveAbort, vm.Code
	case f.Kind == sui.FailTypeArgument:
		f.Arg = uint16(vm.Code)
		if vm.Status == movevm.StatusConstraint {
			f.TypeArg = 1
		}
	case f.Kind == sui.FailPackageUpgrade:
		f.Upgrade = &sui.UpgradeFailure{Kind: sui.UpgradeIncompatible}
	case vm.Status == movevm.StatusOutOfGas:
		f.Kind = sui.FailInsufficientGas
	case f.Kind != 0:
	case vm.Status >= 4000 && vm.Status < 5000:
		f.Kind = sui.FailMovePrimitiveRuntime
	case vm.Status >= 2000 && vm.Status < 3000:
		f.Kind = sui.FailVMInvariantViolation
	default:
		f.Kind = sui.FailVMVerificationOrDeserialization
	}
	if f.Kind != sui.FailMoveAbort && f.Kind != sui.FailMovePrimitiveRuntime {
		f.Location = nil
	}
	return f, true
}

// vmKinds are the statuses with a meaning of their own.
var vmKinds = map[movevm.Status]sui.FailureKind{
	movevm.StatusFunctionNotFound:  sui.FailFunctionNotFound,
	movevm.StatusTypeArity:         sui.FailTypeArityMismatch,
	movevm.StatusTypeNotFound:      sui.FailTypeArgument,
	movevm.StatusConstraint:        sui.FailTypeArgument,
	movevm.StatusNonZeroAddress:    sui.FailPublishNonZeroAddress,
	movevm.StatusMissingDependency: sui.FailPublishUpgradeMissingDependency,
	movevm.StatusDowngrade:         sui.FailPublishUpgradeDependencyDowngrade,
	movevm.StatusInvalidLinkage:    sui.FailInvalidLinkage,
	movevm.StatusIncompatible:      sui.FailPackageUpgrade,
	movevm.StatusSuiVerification:   sui.FailSuiMoveVerification,
	movevm.StatusLimit:             sui.FailMovePrimitiveRuntime,
}

func location(vm *movevm.Error) *sui.MoveLocation {
	if vm.Function == "" {
		if vm.Status == movevm.StatusAborted {
			return &sui.MoveLocation{Package: vm.Package, Module: vm.Module}
		}
		return nil
	}
	name := vm.Function
	return &sui.MoveLocation{
		Package: vm.Package, Module: vm.Module, Function: vm.Index, Instruction: vm.PC, FunctionName: &name,
	}
}

// describe makes the failure of the result.
func (r *run) describe() *Failure {
	f := &Failure{ExecutionFailure: *r.failure}
	if r.clever != nil && r.clever.Status != movevm.StatusAborted {
		f.Message = r.clever.Message
	}
	if f.Kind != sui.FailMoveAbort {
		return f
	}
	if pkg, err := r.host.Package(f.Location.Package); err == nil {
		f.Clever = DecodeCleverError(pkg, f.Location.Module, f.Code)
	}
	return f
}

// A CleverError is what Move's compiler packs into the code of an assert
// without a code and of an abort with an #[error] constant.
type CleverError struct {
	Line     uint16 // of the source
	Code     *uint8 // explicit code of the constant, if any
	Constant string // name of the constant, "" if there is none
	Type     string // Move type of the constant
	Value    string // the constant, for a person to read
	Raw      []byte // its BCS
}

// none marks an absent index in a clever code.
const none = 0xffff

// DecodeCleverError reads an abort code of a module; nil when the code is a
// plain number.
func DecodeCleverError(pkg *sui.MovePackage, module string, code uint64) *CleverError {
	tag := code >> 60
	if tag != 0xc && tag != 0x8 {
		return nil
	}
	c := &CleverError{Line: uint16(code >> 32)}
	if n := uint8(code >> 48); tag == 0xc && n != 0xff {
		c.Code = &n
	}
	raw, ok := pkg.Module(module)
	if !ok {
		return nil
	}
	m, err := bytecode.Parse(raw)
	if err != nil {
		return nil
	}
	name, value := uint16(code>>16), uint16(code)
	if name != none {
		if int(name) >= len(m.Constants) {
			return nil
		}
		c.Constant = constantText(m.Constants[name].Data)
	}
	if value != none {
		if int(value) >= len(m.Constants) {
			return nil
		}
		c.setValue(m.Constants[value])
	}
	return c
}

// constantText reads a vector<u8> as text, "" when it is none.
func constantText(data []byte) string {
	d := bcs.NewDecoder(data)
	s := d.String()
	if d.Finish() != nil || !utf8.ValidString(s) {
		return ""
	}
	for _, c := range s {
		if !unicode.IsPrint(c) && c != '\n' {
			return ""
		}
	}
	return s
}

func (c *CleverError) setValue(k bytecode.Constant) {
	c.Raw = k.Data
	d := bcs.NewDecoder(k.Data)
	switch k.Type.Kind {
	case bytecode.TokenBool:
		c.Type, c.Value = "bool", strconv.FormatBool(d.Bool())
	case bytecode.TokenU8:
		c.Type, c.Value = "u8", strconv.FormatUint(uint64(d.U8()), 10)
	case bytecode.TokenU16:
		c.Type, c.Value = "u16", strconv.FormatUint(uint64(d.U16()), 10)
	case bytecode.TokenU32:
		c.Type, c.Value = "u32", strconv.FormatUint(uint64(d.U32()), 10)
	case bytecode.TokenU64:
		c.Type, c.Value = "u64", strconv.FormatUint(d.U64(), 10)
	case bytecode.TokenVector:
		c.Type = "vector"
		if k.Type.Args[0].Kind == bytecode.TokenU8 {
			c.Type, c.Value = "vector<u8>", constantText(k.Data)
		}
	default:
		c.Value = "0x" + hex.EncodeToString(k.Data)
	}
}
