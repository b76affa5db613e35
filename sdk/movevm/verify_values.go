package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// vector checks the instructions on vectors.
func (v *verifier) vector(in bytecode.Instruction) error {
	elem := v.m.Signatures[in.A][0]
	if err := checkConstraints(v.m, elem, v.f.handle.TypeParams); err != nil {
		return err
	}
	vec := vectorOf(elem)
	v.note(elem)
	repeat := func() []bytecode.Token {
		list := make([]bytecode.Token, in.N)
		for i := range list {
			list[i] = elem
		}
		return list
	}
	switch in.Op {
	case bytecode.OpVecPack:
		if err := v.expect(repeat()...); err != nil {
			return err
		}
		return v.push(vec)
	case bytecode.OpVecUnpack:
		if err := v.expect(vec); err != nil {
			return err
		}
		if in.N > maxStackHeight {
			return v.fail("vector is unpacked to more values than the stack holds")
		}
		return v.push(repeat()...)
	case bytecode.OpVecLen:
		if err := v.vectorRef(vec, false); err != nil {
			return err
		}
		return v.push(tokU64)
	case bytecode.OpVecImmBorrow, bytecode.OpVecMutBorrow:
		mut := in.Op == bytecode.OpVecMutBorrow
		if err := v.expect(tokU64); err != nil {
			return err
		}
		if err := v.vectorRef(vec, mut); err != nil {
			return err
		}
		return v.push(refTo(elem, mut))
	case bytecode.OpVecPushBack:
		if err := v.expect(elem); err != nil {
			return err
		}
		return v.vectorRef(vec, true)
	case bytecode.OpVecPopBack:
		if err := v.vectorRef(vec, true); err != nil {
			return err
		}
		return v.push(elem)
	}
	if err := v.expect(tokU64, tokU64); err != nil { // swap
		return err
	}
	return v.vectorRef(vec, true)
}

// vectorRef pops a reference to a vector.
func (v *verifier) vectorRef(vec bytecode.Token, mut bool) error {
	t, err := v.pop()
	if err != nil {
		return err
	}
	if !t.IsRef() || mut && t.Kind != bytecode.TokenMutRef || !t.Args[0].Equal(vec) {
		return v.fail("operand is not a reference to the vector")
	}
	return nil
}

func (v *verifier) arithmetic(in bytecode.Instruction) error {
	if to, ok := castTargets[in.Op]; ok {
		t, err := v.pop()
		if err != nil {
			return err
		}
		if !t.IsInteger() {
			return v.fail("cast of a value that is no integer")
		}
		return v.push(to)
	}
	switch in.Op {
	case bytecode.OpNot:
		if err := v.expect(tokBool); err != nil {
			return err
		}
		return v.push(tokBool)
	case bytecode.OpOr, bytecode.OpAnd:
		if err := v.expect(tokBool, tokBool); err != nil {
			return err
		}
		return v.push(tokBool)
	case bytecode.OpShl, bytecode.OpShr:
		if err := v.expect(tokU8); err != nil {
			return err
		}
		t, err := v.pop()
		if err != nil {
			return err
		}
		if !t.IsInteger() {
			return v.fail("shift of a value that is no integer")
		}
		v.note(t)
		return v.push(t)
	}
	return v.binary(in)
}

var castTargets = map[bytecode.Opcode]bytecode.Token{
	bytecode.OpCastU8: tokU8, bytecode.OpCastU16: tokU16, bytecode.OpCastU32: tokU32,
	bytecode.OpCastU64: tokU64, bytecode.OpCastU128: tokU128, bytecode.OpCastU256: tokU256,
}

// binary checks operations on two values of one type.
func (v *verifier) binary(in bytecode.Instruction) error {
	t, err := v.pop()
	if err != nil {
		return err
	}
	if err := v.expect(t); err != nil {
		return err
	}
	v.note(t)
	switch in.Op {
	case bytecode.OpEq, bytecode.OpNeq:
		if err := v.need(t, Drop); err != nil {
			return err
		}
		return v.push(tokBool)
	case bytecode.OpLt, bytecode.OpGt, bytecode.OpLe, bytecode.OpGe:
		if !t.IsInteger() {
			return v.fail("comparison of values that are no integers")
		}
		return v.push(tokBool)
	case bytecode.OpAdd, bytecode.OpSub, bytecode.OpMul, bytecode.OpMod, bytecode.OpDiv,
		bytecode.OpBitOr, bytecode.OpBitAnd, bytecode.OpXor:
		if !t.IsInteger() {
			return v.fail("arithmetic on values that are no integers")
		}
		return v.push(t)
	}
	return v.fail("unknown %v", in.Op)
}
