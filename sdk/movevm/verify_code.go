package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// Shorthands for tokens.
var (
	tokBool = bytecode.Token{Kind: bytecode.TokenBool}
	tokU8   = bytecode.Token{Kind: bytecode.TokenU8}
	tokU16  = bytecode.Token{Kind: bytecode.TokenU16}
	tokU32  = bytecode.Token{Kind: bytecode.TokenU32}
	tokU64  = bytecode.Token{Kind: bytecode.TokenU64}
	tokU128 = bytecode.Token{Kind: bytecode.TokenU128}
	tokU256 = bytecode.Token{Kind: bytecode.TokenU256}
)

func refTo(t bytecode.Token, mut bool) bytecode.Token {
	kind := bytecode.TokenRef
	if mut {
		kind = bytecode.TokenMutRef
	}
	return bytecode.Token{Kind: kind, Args: []bytecode.Token{t}}
}

func vectorOf(t bytecode.Token) bytecode.Token {
	return bytecode.Token{Kind: bytecode.TokenVector, Args: []bytecode.Token{t}}
}

// push charges for the size of what it pushes, which bounds the work on it.
func (v *verifier) push(list ...bytecode.Token) error {
	if v.pushed += len(list); v.pushed > maxPushes {
		return v.fail("block pushes more than %d values", maxPushes)
	}
	v.stack = append(v.stack, list...)
	n := 0
	for _, t := range list {
		v.fresh = append(v.fresh, false)
		n += t.Size()
	}
	return v.charge(n)
}

func (v *verifier) pop() (bytecode.Token, error) {
	if len(v.stack) == 0 {
		return bytecode.Token{}, v.fail("stack is empty")
	}
	last := len(v.stack) - 1
	t := v.stack[last]
	v.popped = v.fresh[last]
	v.stack, v.fresh = v.stack[:last], v.fresh[:last]
	return t, nil
}

// expect pops values of the given types; the last is on top.
func (v *verifier) expect(list ...bytecode.Token) error {
	for i := len(list) - 1; i >= 0; i-- {
		t, err := v.pop()
		if err != nil {
			return err
		}
		if !t.Equal(list[i]) {
			return v.fail("operand has the wrong type")
		}
	}
	return nil
}

// popRef pops a reference, notes its target as the operand and returns it.
func (v *verifier) popRef(mut bool) (target bytecode.Token, isMut bool, err error) {
	t, err := v.pop()
	if err != nil {
		return t, false, err
	}
	if !t.IsRef() || mut && t.Kind != bytecode.TokenMutRef {
		return t, false, v.fail("operand is not a reference of the right kind")
	}
	v.note(t.Args[0])
	return t.Args[0], t.Kind == bytecode.TokenMutRef, nil
}

func (v *verifier) note(t bytecode.Token) { v.out.operand[v.pc] = t }

func (v *verifier) need(t bytecode.Token, a Abilities) error {
	if !v.abilities(t).Has(a) {
		return v.fail("type lacks an ability (%b of %b)", a, v.abilities(t))
	}
	return nil
}

// instruction interprets one instruction over types.
func (v *verifier) instruction(in bytecode.Instruction) error {
	switch in.Op {
	case bytecode.OpPop:
		t, err := v.pop()
		if err != nil {
			return err
		}
		return v.need(t, Drop)
	case bytecode.OpRet:
		return v.ret()
	case bytecode.OpBrTrue, bytecode.OpBrFalse:
		return v.expect(tokBool)
	case bytecode.OpBranch, bytecode.OpNop:
		return nil
	case bytecode.OpAbort:
		if err := v.expect(tokU64); err != nil {
			return err
		}
		v.stack, v.fresh = v.stack[:0], v.fresh[:0] // what else is there is never dropped: the transaction ends
		return nil
	case bytecode.OpCopyLoc, bytecode.OpMoveLoc, bytecode.OpStLoc, bytecode.OpMutBorrowLoc, bytecode.OpImmBorrowLoc:
		return v.local(in)
	case bytecode.OpCall, bytecode.OpCallGeneric:
		return v.call(in)
	case bytecode.OpReadRef, bytecode.OpWriteRef, bytecode.OpFreezeRef:
		return v.reference(in)
	case bytecode.OpMutBorrowField, bytecode.OpImmBorrowField, bytecode.OpMutBorrowFieldGeneric, bytecode.OpImmBorrowFieldGeneric:
		return v.borrowField(in)
	case bytecode.OpPack, bytecode.OpPackGeneric, bytecode.OpUnpack, bytecode.OpUnpackGeneric:
		return v.packStruct(in)
	}
	switch {
	case in.Op >= bytecode.OpVecPack && in.Op <= bytecode.OpVecSwap:
		return v.vector(in)
	case in.Op >= bytecode.OpPackVariant && in.Op <= bytecode.OpUnpackVariantGenericMutRef:
		return v.variant(in)
	case in.Op == bytecode.OpVariantSwitch:
		return v.variantSwitch(in)
	case in.Op.Deprecated():
		return v.fail("%v belongs to global storage, which Sui does not have", in.Op)
	}
	if t, ok := v.literal(in); ok {
		return v.push(t)
	}
	return v.arithmetic(in)
}

func (v *verifier) literal(in bytecode.Instruction) (bytecode.Token, bool) {
	switch in.Op {
	case bytecode.OpLdTrue, bytecode.OpLdFalse:
		return tokBool, true
	case bytecode.OpLdU8:
		return tokU8, true
	case bytecode.OpLdU16:
		return tokU16, true
	case bytecode.OpLdU32:
		return tokU32, true
	case bytecode.OpLdU64:
		return tokU64, true
	case bytecode.OpLdU128:
		return tokU128, true
	case bytecode.OpLdU256:
		return tokU256, true
	case bytecode.OpLdConst:
		return v.m.Constants[in.A].Type, true
	}
	return bytecode.Token{}, false
}

func (v *verifier) ret() error {
	if err := v.expect(v.f.returns...); err != nil {
		return err
	}
	for i, s := range v.locals {
		if s != localUnset && !v.dead {
			if err := v.need(v.f.locals[i], Drop); err != nil {
				return v.fail("local %d is not consumed: %w", i, err)
			}
		}
	}
	return nil
}

func (v *verifier) local(in bytecode.Instruction) error {
	t, state := v.f.locals[in.A], &v.locals[in.A]
	if in.Op == bytecode.OpStLoc {
		if err := v.expect(t); err != nil {
			return err
		}
		if *state != localUnset && !v.dead {
			if err := v.need(t, Drop); err != nil {
				return err
			}
		}
		*state = localSet
		if v.popped {
			*state = localFresh
		}
		return nil
	}
	if *state != localSet && *state != localFresh && !v.dead {
		return v.fail("local %d may have no value", in.A)
	}
	switch in.Op {
	case bytecode.OpCopyLoc:
		if err := v.need(t, Copy); err != nil {
			return err
		}
		return v.push(t)
	case bytecode.OpMoveLoc:
		err := v.push(t)
		v.fresh[len(v.fresh)-1] = *state == localFresh
		*state = localUnset
		return err
	}
	if t.IsRef() {
		return v.fail("reference to a reference")
	}
	return v.push(refTo(t, in.Op == bytecode.OpMutBorrowLoc))
}

func (v *verifier) call(in bytecode.Instruction) error {
	handle, targs := in.A, bytecode.Signature(nil)
	if in.Op == bytecode.OpCallGeneric {
		inst := v.m.FunctionInsts[in.A]
		handle, targs = inst.Of, v.m.Signatures[inst.Args]
	}
	h := v.m.FunctionHandles[handle]
	for i, a := range targs {
		if !v.abilities(a).Has(h.TypeParams[i]) {
			return v.fail("type argument %d of %s lacks an ability", i, v.m.Identifiers[h.Name])
		}
		if err := checkConstraints(v.m, a, v.f.handle.TypeParams); err != nil {
			return err
		}
	}
	if _, err := v.r.target(v.f.mod, handle); err != nil {
		return err
	}
	params, err := v.subst(v.m.Signatures[h.Params], targs)
	if err != nil {
		return err
	}
	if err := v.expect(params...); err != nil {
		return v.fail("call of %s: %w", v.m.Identifiers[h.Name], err)
	}
	returns, err := v.subst(v.m.Signatures[h.Returns], targs)
	if err != nil {
		return err
	}
	err = v.push(returns...)
	if makesUID(v.m, h) {
		v.fresh[len(v.fresh)-1] = true
	}
	return err
}

// subst replaces type parameters in a list of types. It charges for the size
// of the result before making it.
func (v *verifier) subst(list []bytecode.Token, targs []bytecode.Token) ([]bytecode.Token, error) {
	if len(targs) == 0 {
		return list, nil
	}
	largest := 0
	for _, t := range targs {
		largest = max(largest, t.Size())
	}
	out := make([]bytecode.Token, len(list))
	for i, t := range list {
		if err := v.charge(t.Size() * largest); err != nil {
			return nil, err
		}
		out[i] = t.Subst(targs)
	}
	return out, nil
}

func (v *verifier) reference(in bytecode.Instruction) error {
	target, _, err := v.popRef(in.Op != bytecode.OpReadRef)
	if err != nil {
		return err
	}
	switch in.Op {
	case bytecode.OpReadRef:
		if err := v.need(target, Copy); err != nil {
			return err
		}
		return v.push(target)
	case bytecode.OpWriteRef:
		if err := v.need(target, Drop); err != nil {
			return err
		}
		return v.expect(target)
	}
	return v.push(refTo(target, false))
}

func (v *verifier) borrowField(in bytecode.Instruction) error {
	handle, targs := in.A, bytecode.Signature(nil)
	if in.Op == bytecode.OpMutBorrowFieldGeneric || in.Op == bytecode.OpImmBorrowFieldGeneric {
		inst := v.m.FieldInsts[in.A]
		handle, targs = inst.Of, v.m.Signatures[inst.Args]
	}
	mut := in.Op == bytecode.OpMutBorrowField || in.Op == bytecode.OpMutBorrowFieldGeneric
	target, _, err := v.popRef(mut)
	if err != nil {
		return err
	}
	fh := v.m.FieldHandles[handle]
	s := v.m.Structs[fh.Struct]
	if !target.Equal(datatypeToken(s.Handle, targs)) {
		return v.fail("field of another type")
	}
	field, err := v.subst([]bytecode.Token{s.Fields[fh.Field].Type}, targs)
	if err != nil {
		return err
	}
	return v.push(refTo(field[0], mut))
}

func datatypeToken(handle uint16, targs []bytecode.Token) bytecode.Token {
	if len(targs) == 0 {
		return bytecode.Token{Kind: bytecode.TokenDatatype, Index: handle}
	}
	return bytecode.Token{Kind: bytecode.TokenDatatypeInst, Index: handle, Args: targs}
}

func (v *verifier) packStruct(in bytecode.Instruction) error {
	def, targs := in.A, bytecode.Signature(nil)
	if in.Op == bytecode.OpPackGeneric || in.Op == bytecode.OpUnpackGeneric {
		inst := v.m.StructInsts[in.A]
		def, targs = inst.Of, v.m.Signatures[inst.Args]
	}
	s := v.m.Structs[def]
	t := datatypeToken(s.Handle, targs)
	return v.packFields(t, s.Fields, in.Op == bytecode.OpPack || in.Op == bytecode.OpPackGeneric)
}

// packFields checks a pack or unpack of a struct or variant.
func (v *verifier) packFields(t bytecode.Token, fields []bytecode.Field, pack bool) error {
	if err := checkConstraints(v.m, t, v.f.handle.TypeParams); err != nil {
		return err
	}
	v.note(t)
	types, err := v.fieldTypes(fields, t.Args)
	if err != nil {
		return err
	}
	if pack {
		if err := v.expect(types...); err != nil {
			return err
		}
		if v.abilities(t).Has(Key) && !v.popped && !v.dead { // popped last: the field id
			v.out.reusedUID = true
		}
		return v.push(t)
	}
	if err := v.expect(t); err != nil {
		return err
	}
	return v.push(types...)
}

func (v *verifier) fieldTypes(fields []bytecode.Field, targs []bytecode.Token) ([]bytecode.Token, error) {
	types := make([]bytecode.Token, len(fields))
	for i, f := range fields {
		types[i] = f.Type
	}
	return v.subst(types, targs)
}

func (v *verifier) variant(in bytecode.Instruction) error {
	enum, tag, targs := v.enumOf(in)
	e := v.m.Enums[enum]
	t, fields := datatypeToken(e.Handle, targs), e.Variants[tag].Fields
	switch in.Op {
	case bytecode.OpPackVariant, bytecode.OpPackVariantGeneric:
		return v.packFields(t, fields, true)
	case bytecode.OpUnpackVariant, bytecode.OpUnpackVariantGeneric:
		return v.packFields(t, fields, false)
	}
	mut := in.Op == bytecode.OpUnpackVariantMutRef || in.Op == bytecode.OpUnpackVariantGenericMutRef
	target, _, err := v.popRef(mut)
	if err != nil {
		return err
	}
	if !target.Equal(t) {
		return v.fail("variant of another type")
	}
	types, err := v.fieldTypes(fields, targs)
	for i, t := range types {
		types[i] = refTo(t, mut)
	}
	if err != nil {
		return err
	}
	return v.push(types...)
}

// enumOf resolves the operand of a variant instruction.
func (v *verifier) enumOf(in bytecode.Instruction) (enum, tag uint16, targs bytecode.Signature) {
	switch in.Op {
	case bytecode.OpPackVariant, bytecode.OpUnpackVariant, bytecode.OpUnpackVariantImmRef, bytecode.OpUnpackVariantMutRef:
		h := v.m.VariantHandles[in.A]
		return h.Enum, h.Tag, nil
	}
	h := v.m.VariantInsts[in.A]
	inst := v.m.EnumInsts[h.Enum]
	return inst.Of, h.Tag, v.m.Signatures[inst.Args]
}

func (v *verifier) variantSwitch(in bytecode.Instruction) error {
	target, _, err := v.popRef(false)
	if err != nil {
		return err
	}
	e := v.m.Enums[v.f.def.JumpTables[in.A].Enum]
	if (target.Kind != bytecode.TokenDatatype && target.Kind != bytecode.TokenDatatypeInst) || target.Index != e.Handle {
		return v.fail("switch over another type")
	}
	return nil
}
