package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// run translates the code, then fills in where the jumps go.
func (l *lowerer) run() error {
	l.at, l.isTarget, l.elided = make([]int, len(l.code)), make([]bool, len(l.code)), make([]bool, len(l.code))
	l.findTargets()
	for pc, in := range l.code {
		if !l.typed.reached[pc] || l.elided[pc] {
			continue
		}
		if l.isTarget[pc] {
			l.at[pc] = len(l.in.code)
			l.defs = l.defs[:0]
		}
		l.pc = pc
		if err := l.instruction(in); err != nil {
			return err
		}
	}
	for i := range l.in.code {
		if in := &l.in.code[i]; in.op >= opBranch && in.op <= opBrNeI {
			in.d = uint32(l.at[in.to])
		}
	}
	for _, t := range l.in.fn.def.JumpTables {
		table := make([]target, len(t.Offsets))
		for i, o := range t.Offsets {
			table[i] = target{uint32(l.at[o]), o}
		}
		l.in.tables = append(l.in.tables, table)
	}
	return nil
}

func (l *lowerer) findTargets() {
	for pc, in := range l.code {
		if !l.typed.reached[pc] {
			continue
		}
		switch in.Op {
		case bytecode.OpBranch, bytecode.OpBrTrue, bytecode.OpBrFalse:
			l.isTarget[in.A] = true
		case bytecode.OpVariantSwitch:
			for _, o := range l.in.fn.def.JumpTables[in.A].Offsets {
				l.isTarget[o] = true
			}
		}
	}
}

func (l *lowerer) instruction(in bytecode.Instruction) error {
	switch in.Op {
	case bytecode.OpNop:
	case bytecode.OpPop:
		l.pop()
	case bytecode.OpFreezeRef:
		l.stack[len(l.stack)-1].kind = KindRef
	case bytecode.OpCopyLoc, bytecode.OpMoveLoc:
		l.copyLoc(in.A, in.Op == bytecode.OpCopyLoc)
	case bytecode.OpStLoc:
		l.storeLoc(in.A)
	case bytecode.OpMutBorrowLoc, bytecode.OpImmBorrowLoc:
		l.stack = append(l.stack, entry{kind: KindRef, in: inRef, reg: l.regs[in.A]})
	case bytecode.OpMutBorrowField, bytecode.OpImmBorrowField:
		l.borrowField(l.m.FieldHandles[in.A].Field)
	case bytecode.OpMutBorrowFieldGeneric, bytecode.OpImmBorrowFieldGeneric:
		l.borrowField(l.m.FieldHandles[l.m.FieldInsts[in.A].Of].Field)
	case bytecode.OpBranch:
		l.emit(instr{op: opBranch, to: in.A})
	case bytecode.OpBrTrue, bytecode.OpBrFalse:
		l.branch(in)
	case bytecode.OpVariantSwitch:
		l.emit(instr{op: opSwitch, a: l.popReg().index(), d: uint32(in.A)})
	case bytecode.OpRet:
		l.ret()
	case bytecode.OpAbort:
		l.emit(instr{op: opAbort, a: l.popReg().index()})
		l.stack = l.stack[:0]
	case bytecode.OpCall:
		return l.call(in.A, nil)
	case bytecode.OpCallGeneric:
		inst := l.m.FunctionInsts[in.A]
		return l.call(inst.Of, l.m.Signatures[inst.Args])
	default:
		if k, ok := literals[in.Op]; ok {
			l.literal(k, in)
			return nil
		}
		if k, ok := casts[in.Op]; ok {
			l.cast(k)
			return nil
		}
		if l.compute(in.Op) {
			return nil
		}
		return l.typedInstruction(in)
	}
	return nil
}

// typedInstruction translates what depends on a type that the static pass
// noted: the target of a reference, a packed type, or an element.
func (l *lowerer) typedInstruction(in bytecode.Instruction) error {
	if in.Op == bytecode.OpLdConst {
		return l.loadConst(in.A)
	}
	t, err := l.r.token(l.in.fn.mod, l.typed.operand[l.pc], l.in.targs)
	if err != nil {
		return err
	}
	switch in.Op {
	case bytecode.OpReadRef:
		l.readRef(t)
	case bytecode.OpWriteRef:
		l.writeRef(t)
	case bytecode.OpPack, bytecode.OpPackGeneric:
		l.pack(t, 0)
	case bytecode.OpPackVariant, bytecode.OpPackVariantGeneric:
		l.pack(t, l.tag(in))
	case bytecode.OpUnpack, bytecode.OpUnpackGeneric:
		l.unpack(opUnpack, t, 0)
	case bytecode.OpUnpackVariant, bytecode.OpUnpackVariantGeneric:
		l.unpack(opUnpackVariant, t, l.tag(in))
	case bytecode.OpUnpackVariantImmRef, bytecode.OpUnpackVariantMutRef, bytecode.OpUnpackVariantGenericImmRef, bytecode.OpUnpackVariantGenericMutRef:
		l.unpack(opUnpackVariantRef, t, l.tag(in))
	default:
		return l.vector(in, t)
	}
	return nil
}

// literals are the instructions that load a literal.
var literals = map[bytecode.Opcode]Kind{
	bytecode.OpLdU8: KindU8, bytecode.OpLdU16: KindU16, bytecode.OpLdU32: KindU32, bytecode.OpLdU64: KindU64,
	bytecode.OpLdTrue: KindBool, bytecode.OpLdFalse: KindBool, bytecode.OpLdU128: KindU128, bytecode.OpLdU256: KindU256,
}

func (l *lowerer) literal(k Kind, in bytecode.Instruction) {
	switch {
	case !k.small():
		l.constant(k, opConst, bigLiteral(in.Big))
	case in.Op == bytecode.OpLdTrue:
		l.stack = append(l.stack, entry{kind: k, in: inLiteral, n: 1})
	default:
		l.stack = append(l.stack, entry{kind: k, in: inLiteral, n: in.N})
	}
}

func (l *lowerer) constant(k Kind, o op, v value) {
	l.in.consts = append(l.in.consts, v)
	l.push(k, l.emit(instr{op: o, d: uint32(len(l.in.consts) - 1)}))
}

func (l *lowerer) loadConst(i uint16) error {
	c, err := l.r.constant(l.in.fn.mod, i)
	switch t := c.typ; {
	case err != nil:
		return err
	case t.Kind.small():
		l.stack = append(l.stack, entry{kind: t.Kind, in: inLiteral, n: c.v.n})
	default:
		l.constant(t.Kind, choose(shallow(t), opConst, opConstDeep), c.v)
	}
	return nil
}

// call translates Call and CallGeneric.
func (l *lowerer) call(handle uint16, args bytecode.Signature) error {
	targs, err := l.r.tokens(l.in.fn.mod, args, l.in.targs)
	if err != nil {
		return err
	}
	h := l.m.FunctionHandles[handle]
	s := &site{caller: l.in.fn.mod, handle: handle, targs: targs}
	s.args = l.popList(len(l.m.Signatures[h.Params]))
	for _, r := range s.args {
		if r&inV != 0 {
			s.argsV = append(s.argsV, r.index())
		} else {
			s.argsN = append(s.argsN, r.index())
		}
	}
	s.below = uint16(min(len(l.stack), maxStackHeight))
	var kinds []Kind
	for _, t := range l.m.Signatures[h.Returns] {
		kinds = append(kinds, l.kindOf(t, targs))
	}
	l.in.sites = append(l.in.sites, s)
	in := l.emit(instr{op: opCall, d: uint32(len(l.in.sites) - 1)})
	if len(kinds) == 1 {
		s.results = []reg{l.temp(kinds[0], len(l.stack))}
		l.push(kinds[0], in)
	} else {
		s.results = l.pushList(kinds)
	}
	return nil
}

func (l *lowerer) ret() {
	list := l.popList(len(l.stack))
	if len(list) != 1 {
		l.emit(instr{op: opRet, d: l.list(list)})
		return
	}
	l.emit(instr{op: choose(list[0]&inV != 0, opRetV, opRetN), a: list[0].index()})
}

func (l *lowerer) pack(t *Type, tag uint16) {
	fields := l.popList(len(t.fields[tag]))
	if t.depth > maxValueDepth {
		l.emit(instr{op: opFault})
	}
	l.push(t.Kind, l.emit(instr{op: opPack, d: l.list(fields), n: uint64(tag)}))
}

func (l *lowerer) unpack(o op, t *Type, tag uint16) {
	a := l.popReg()
	kinds := make([]Kind, len(t.fields[tag]))
	for i, f := range t.fields[tag] {
		if kinds[i] = f.Kind; o == opUnpackVariantRef {
			kinds[i] = KindRef
		}
	}
	in := l.emit(instr{op: o, a: a.index(), n: uint64(tag)})
	in.d = l.list(l.pushList(kinds))
}

// tag is the variant of a variant instruction.
func (l *lowerer) tag(in bytecode.Instruction) uint16 {
	switch in.Op {
	case bytecode.OpPackVariant, bytecode.OpUnpackVariant, bytecode.OpUnpackVariantImmRef, bytecode.OpUnpackVariantMutRef:
		return l.m.VariantHandles[in.A].Tag
	}
	return l.m.VariantInsts[in.A].Tag
}
