package movevm

import (
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// Status is Move's major status code. The ranges decide how Sui reports it:
// 1000-1999 verification, 2000-2999 invariant violation, 3000-3999
// deserialization, 4000-4999 execution. Codes from 9000 are our own and belong
// to checks outside of the Move VM.
type Status uint32

// The statuses that this package returns.
const (
	StatusLinker       Status = 1020 // a package, module or handle does not resolve
	StatusVerification Status = 1000 // the code is not well typed or breaks a Sui rule

	StatusInvariant Status = 2000 // the VM or an unverified program broke a rule it relies on
	StatusStorage   Status = 2003 // the Host or PackageSource failed

	StatusDeserialize Status = 3000 // malformed module

	StatusOutOfGas          Status = 4002 // fuel
	StatusAborted           Status = 4016
	StatusArithmetic        Status = 4017
	StatusVector            Status = 4018 // Code 1 index, 2 pop, 3 unpack, 4 too long
	StatusExecutionStack    Status = 4020
	StatusCallStack         Status = 4021
	StatusTypeDepth         Status = 4024
	StatusValueDepth        Status = 4025
	StatusMemoryLimit       Status = 4028
	StatusVariantMismatch   Status = 4030
	StatusValueDeserialize  Status = 4034 // bytes do not decode as the type
	StatusTypeNotFound      Status = 9001 // type argument
	StatusTypeArity         Status = 9002 // wrong number of type arguments
	StatusConstraint        Status = 9003 // a type argument lacks an ability; Code is its index
	StatusFunctionNotFound  Status = 9004
	StatusArgument          Status = 9005 // Call: wrong number or type of arguments; Code is the index
	StatusNonZeroAddress    Status = 9006 // publish: self address is not 0x0
	StatusMissingDependency Status = 9007
	StatusDowngrade         Status = 9008
	StatusInvalidLinkage    Status = 9009
	StatusIncompatible      Status = 9010
	StatusUnknownPolicy     Status = 9011
	StatusSuiVerification   Status = 9012 // Sui's module rules: init, one-time witness, key, private generics, entry
	StatusLimit             Status = 9013 // a Sui limit on objects or events; MEMORY_LIMIT_EXCEEDED to clients
)

// An Error is why loading or running a program stopped. Location fields are
// zero when the error has no place in a program (Function then is "").
type Error struct {
	Status   Status
	Code     uint64      // abort code of StatusAborted, sub status of others
	Package  sui.Address // storage id of the package of the location
	Original sui.Address // runtime id of it
	Module   string
	Function string
	Index    uint16 // function definition index
	PC       uint16 // instruction offset in the function
	Message  string
}

func (e *Error) Error() string {
	msg := e.Message
	if e.Status == StatusAborted {
		msg = fmt.Sprintf("move abort %d", e.Code)
	}
	if e.Function == "" {
		return fmt.Sprintf("%s (status %d)", msg, e.Status)
	}
	return fmt.Sprintf("%s in %v::%s::%s at instruction %d (status %d)", msg, e.Package, e.Module, e.Function, e.PC, e.Status)
}
