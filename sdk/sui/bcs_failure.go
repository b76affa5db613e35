package sui

import "github.com/floe-data/floe/sdk/bcs"

func (f *ExecutionFailure) encode(e *bcs.Encoder) {
	e.ULEB(uint64(f.Kind))
	switch f.Kind {
	case FailMovePrimitiveRuntime:
		e.Bool(f.Location != nil)
		if f.Location != nil {
			f.Location.encode(e)
		}
	case FailMoveAbort:
		f.Location.encode(e)
		e.U64(f.Code)
	case FailCommandArgument:
		e.U16(f.Arg)
		f.ArgError.encode(e)
	case FailTypeArgument:
		e.U16(f.Arg)
		e.ULEB(uint64(f.TypeArg))
	case FailUnusedValueWithoutDrop:
		e.U16(f.Arg)
		e.U16(f.Sub)
	case FailInvalidPublicFunctionReturnType:
		e.U16(f.Arg)
	case FailPackageUpgrade:
		f.Upgrade.encode(e)
	default:
		e.Fixed(f.Raw)
	}
}

func (f *ExecutionFailure) decode(d *bcs.Decoder) {
	f.Kind = FailureKind(d.Variant(len(failureNames)))
	switch f.Kind {
	case FailMovePrimitiveRuntime:
		if d.Option() {
			f.Location = decodeLocation(d)
		}
	case FailMoveAbort:
		f.Location = decodeLocation(d)
		f.Code = d.U64()
	case FailCommandArgument:
		f.Arg = d.U16()
		f.ArgError = decodeArgumentError(d)
	case FailTypeArgument:
		f.Arg = d.U16()
		f.TypeArg = uint8(d.Variant(2))
	case FailUnusedValueWithoutDrop:
		f.Arg, f.Sub = d.U16(), d.U16()
	case FailInvalidPublicFunctionReturnType:
		f.Arg = d.U16()
	case FailPackageUpgrade:
		f.Upgrade = decodeUpgradeFailure(d)
	default:
		start := d.Pos()
		skipFailurePayload(d, f.Kind)
		if raw := d.Since(start); len(raw) > 0 {
			f.Raw = copyBytes(raw)
		}
	}
}

// skipFailurePayload reads what follows the index of the kinds that are kept
// as bytes.
func skipFailurePayload(d *bcs.Decoder, k FailureKind) {
	switch k {
	case FailMoveObjectTooBig, FailMovePackageTooBig, FailEffectsTooLarge, FailWrittenObjectsTooLarge,
		FailMoveVectorElemTooBig, FailMoveRawValueTooBig:
		d.Fixed(16)
	case FailCircularObjectOwnership, FailNonExclusiveWriteModified:
		d.Fixed(32)
	case FailSharedObjectCongestion:
		d.Fixed(32 * d.Length(32))
	case FailAddressDeniedForCoin:
		d.Fixed(32)
		decodeString(d)
	case FailCoinTypeGlobalPause:
		decodeString(d)
	}
}

func (l *MoveLocation) encode(e *bcs.Encoder) {
	e.Value(l.Package)
	e.String(l.Module)
	e.U16(l.Function)
	e.U16(l.Instruction)
	e.Bool(l.FunctionName != nil)
	if l.FunctionName != nil {
		e.String(*l.FunctionName)
	}
}

func decodeLocation(d *bcs.Decoder) *MoveLocation {
	l := new(MoveLocation)
	d.Value(&l.Package)
	l.Module = decodeIdentifier(d)
	l.Function, l.Instruction = d.U16(), d.U16()
	if d.Option() {
		name := decodeString(d)
		l.FunctionName = &name
	}
	return l
}

func (a *ArgumentError) encode(e *bcs.Encoder) {
	e.ULEB(uint64(a.Kind))
	switch a.Kind {
	case ArgIndexOutOfBounds, ArgInvalidResultArity:
		e.U16(a.A)
	case ArgSecondaryIndexOutOfBounds:
		e.U16(a.A)
		e.U16(a.B)
	}
}

func decodeArgumentError(d *bcs.Decoder) *ArgumentError {
	a := &ArgumentError{Kind: uint8(d.Variant(int(argumentErrors)))}
	switch a.Kind {
	case ArgIndexOutOfBounds, ArgInvalidResultArity:
		a.A = d.U16()
	case ArgSecondaryIndexOutOfBounds:
		a.A, a.B = d.U16(), d.U16()
	}
	return a
}

func (u *UpgradeFailure) encode(e *bcs.Encoder) {
	e.ULEB(uint64(u.Kind))
	switch u.Kind {
	case UpgradeUnableToFetchPackage, UpgradeNotAPackage:
		e.Value(u.Package)
	case UpgradeDigestDoesNotMatch:
		e.Bytes(u.Digest)
	case UpgradeUnknownPolicy:
		e.U8(u.Policy)
	case UpgradePackageIDDoesNotMatch:
		e.Value(u.Package)
		e.Value(u.Ticket)
	}
}

func decodeUpgradeFailure(d *bcs.Decoder) *UpgradeFailure {
	u := &UpgradeFailure{Kind: uint8(d.Variant(int(upgradeErrors)))}
	switch u.Kind {
	case UpgradeUnableToFetchPackage, UpgradeNotAPackage:
		d.Value(&u.Package)
	case UpgradeDigestDoesNotMatch:
		u.Digest = d.Bytes()
	case UpgradeUnknownPolicy:
		u.Policy = d.U8()
	case UpgradePackageIDDoesNotMatch:
		d.Value(&u.Package)
		d.Value(&u.Ticket)
	}
	return u
}
