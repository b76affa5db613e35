package sui

import (
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
)

// The execution errors, in BCS order.
const (
	FailInsufficientGas FailureKind = iota
	FailInvalidGasObject
	FailInvariantViolation
	FailFeatureNotYetSupported
	FailMoveObjectTooBig
	FailMovePackageTooBig
	FailCircularObjectOwnership
	FailInsufficientCoinBalance
	FailCoinBalanceOverflow
	FailPublishNonZeroAddress
	FailSuiMoveVerification
	FailMovePrimitiveRuntime
	FailMoveAbort
	FailVMVerificationOrDeserialization
	FailVMInvariantViolation
	FailFunctionNotFound
	FailArityMismatch
	FailTypeArityMismatch
	FailNonEntryFunctionInvoked
	FailCommandArgument
	FailTypeArgument
	FailUnusedValueWithoutDrop
	FailInvalidPublicFunctionReturnType
	FailInvalidTransferObject
	FailEffectsTooLarge
	FailPublishUpgradeMissingDependency
	FailPublishUpgradeDependencyDowngrade
	FailPackageUpgrade
	FailWrittenObjectsTooLarge
	FailCertificateDenied
	FailSuiMoveVerificationTimedOut
	FailSharedObjectOperationNotAllowed
	FailInputObjectDeleted
	FailSharedObjectCongestion
	FailAddressDeniedForCoin
	FailCoinTypeGlobalPause
	FailRandomnessUnavailable
	FailMoveVectorElemTooBig
	FailMoveRawValueTooBig
	FailInvalidLinkage
	FailInsufficientBalanceForWithdraw
	FailNonExclusiveWriteModified
)

// failureNames are the names that Sui's clients show, by index.
var failureNames = [...]string{
	"InsufficientGas", "InvalidGasObject", "InvariantViolation", "FeatureNotYetSupported", "MoveObjectTooBig",
	"MovePackageTooBig", "CircularObjectOwnership", "InsufficientCoinBalance", "CoinBalanceOverflow",
	"PublishErrorNonZeroAddress", "SuiMoveVerificationError", "MovePrimitiveRuntimeError", "MoveAbort",
	"VMVerificationOrDeserializationError", "VMInvariantViolation", "FunctionNotFound", "ArityMismatch",
	"TypeArityMismatch", "NonEntryFunctionInvoked", "CommandArgumentError", "TypeArgumentError",
	"UnusedValueWithoutDrop", "InvalidPublicFunctionReturnType", "InvalidTransferObject", "EffectsTooLarge",
	"PublishUpgradeMissingDependency", "PublishUpgradeDependencyDowngrade", "PackageUpgradeError",
	"WrittenObjectsTooLarge", "CertificateDenied", "SuiMoveVerificationTimedout", "SharedObjectOperationNotAllowed",
	"InputObjectDeleted", "ExecutionCancelledDueToSharedObjectCongestion", "AddressDeniedForCoin",
	"CoinTypeGlobalPause", "ExecutionCancelledDueToRandomnessUnavailable", "MoveVectorElemTooBig",
	"MoveRawValueTooBig", "InvalidLinkage", "InsufficientBalanceForWithdraw", "NonExclusiveWriteInputObjectModified",
}

// String returns the name of the kind, for example "MoveAbort".
func (k FailureKind) String() string {
	if int(k) < len(failureNames) {
		return failureNames[k]
	}
	return fmt.Sprintf("FailureKind(%d)", uint8(k))
}

// The kinds of CommandArgumentError, in BCS order.
const (
	ArgTypeMismatch uint8 = iota
	ArgInvalidBCSBytes
	ArgInvalidUsageOfPureArg
	ArgInvalidArgumentToPrivateEntryFunction
	ArgIndexOutOfBounds
	ArgSecondaryIndexOutOfBounds
	ArgInvalidResultArity
	ArgInvalidGasCoinUsage
	ArgInvalidValueUsage
	ArgInvalidObjectByValue
	ArgInvalidObjectByMutRef
	ArgSharedObjectOperationNotAllowed
	ArgInvalidArgumentArity
	ArgInvalidTransferObject
	ArgInvalidMakeMoveVecNonObjectArgument
	ArgArgumentWithoutValue
	ArgCannotMoveBorrowedValue
	ArgCannotWriteToExtendedReference
	ArgInvalidReferenceArgument
	ArgInvalidTxContext
	argumentErrors
)

var argumentErrorNames = [argumentErrors]string{
	"TypeMismatch", "InvalidBCSBytes", "InvalidUsageOfPureArg", "InvalidArgumentToPrivateEntryFunction",
	"IndexOutOfBounds", "SecondaryIndexOutOfBounds", "InvalidResultArity", "InvalidGasCoinUsage",
	"InvalidValueUsage", "InvalidObjectByValue", "InvalidObjectByMutRef", "SharedObjectOperationNotAllowed",
	"InvalidArgumentArity", "InvalidTransferObject", "InvalidMakeMoveVecNonObjectArgument", "ArgumentWithoutValue",
	"CannotMoveBorrowedValue", "CannotWriteToExtendedReference", "InvalidReferenceArgument", "InvalidTxContext",
}

// The kinds of PackageUpgradeError, in BCS order.
const (
	UpgradeUnableToFetchPackage uint8 = iota
	UpgradeNotAPackage
	UpgradeIncompatible
	UpgradeDigestDoesNotMatch
	UpgradeUnknownPolicy
	UpgradePackageIDDoesNotMatch
	upgradeErrors
)

var upgradeErrorNames = [upgradeErrors]string{
	"UnableToFetchPackage", "NotAPackage", "IncompatibleUpgrade", "DigestDoesNotMatch", "UnknownUpgradePolicy",
	"PackageIDDoesNotMatch",
}

// Error describes the failure in one line, so that a failure can be returned
// as an error.
func (f *ExecutionFailure) Error() string {
	var b strings.Builder
	b.WriteString(f.Kind.String())
	switch {
	case f.Kind == FailMoveAbort && f.Location != nil:
		fmt.Fprintf(&b, " code %d in %s", f.Code, f.Location)
	case f.Location != nil:
		fmt.Fprintf(&b, " in %s", f.Location)
	case f.Kind == FailCommandArgument && f.ArgError != nil:
		fmt.Fprintf(&b, " argument %d: %s", f.Arg, f.ArgError)
	case f.Kind == FailTypeArgument:
		fmt.Fprintf(&b, " type argument %d: %s", f.Arg, [...]string{"TypeNotFound", "ConstraintNotSatisfied"}[f.TypeArg&1])
	case f.Kind == FailUnusedValueWithoutDrop:
		fmt.Fprintf(&b, " result %d.%d", f.Arg, f.Sub)
	case f.Upgrade != nil && int(f.Upgrade.Kind) < len(upgradeErrorNames):
		b.WriteString(": " + upgradeErrorNames[f.Upgrade.Kind])
	}
	if f.Command != nil {
		fmt.Fprintf(&b, " (command %d)", *f.Command)
	}
	return b.String()
}

// String names the error and its indices.
func (a *ArgumentError) String() string {
	if a.Kind >= argumentErrors {
		return fmt.Sprintf("ArgumentError(%d)", a.Kind)
	}
	switch a.Kind {
	case ArgIndexOutOfBounds, ArgInvalidResultArity:
		return fmt.Sprintf("%s %d", argumentErrorNames[a.Kind], a.A)
	case ArgSecondaryIndexOutOfBounds:
		return fmt.Sprintf("%s %d.%d", argumentErrorNames[a.Kind], a.A, a.B)
	}
	return argumentErrorNames[a.Kind]
}

// Name returns the name of the error without its indices.
func (a *ArgumentError) Name() string {
	if a.Kind < argumentErrors {
		return argumentErrorNames[a.Kind]
	}
	return ""
}

// String prints package::module::function and the instruction.
func (l *MoveLocation) String() string {
	fn := fmt.Sprintf("function %d", l.Function)
	if l.FunctionName != nil {
		fn = *l.FunctionName
	}
	return fmt.Sprintf("%s::%s::%s at instruction %d", l.Package, l.Module, fn, l.Instruction)
}

// MarshalBCS appends success or the failure.
func (s ExecutionStatus) MarshalBCS(e *bcs.Encoder) {
	if s.Failure == nil {
		e.ULEB(0)
		return
	}
	e.ULEB(1)
	s.Failure.encode(e)
	encodeOptionU64(e, s.Failure.Command)
}

// UnmarshalBCS reads a status.
func (s *ExecutionStatus) UnmarshalBCS(d *bcs.Decoder) {
	s.Failure = nil
	if d.Variant(2) == 1 {
		s.Failure = new(ExecutionFailure)
		s.Failure.decode(d)
		s.Failure.Command = decodeOptionU64(d)
	}
}
