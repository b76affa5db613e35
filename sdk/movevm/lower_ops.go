package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// forms are the operations of a Move instruction on integers of up to 64 bits:
// on two registers, and on a register and a literal at the right. A form that
// does not exist is opFault.
type forms struct {
	rr, ri     op
	narrow     op // for u8 to u32, where that differs
	narrowI    op
	commutes   bool
	comparison bool
	flipped    bool // rr takes its operands the other way round
}

var integerOps = map[bytecode.Opcode]forms{
	bytecode.OpAdd:    {rr: opAdd, ri: opAddI, narrow: opAddSmall, narrowI: opAddSmallI, commutes: true},
	bytecode.OpSub:    {rr: opSub, ri: opSubI},
	bytecode.OpMul:    {rr: opMul, ri: opMulI, narrow: opMulSmall, commutes: true},
	bytecode.OpDiv:    {rr: opDiv, ri: opDivI},
	bytecode.OpMod:    {rr: opMod, ri: opModI},
	bytecode.OpBitOr:  {rr: opBitOr, ri: opBitOrI, commutes: true},
	bytecode.OpBitAnd: {rr: opBitAnd, ri: opBitAndI, commutes: true},
	bytecode.OpXor:    {rr: opXor, ri: opXorI, commutes: true},
	bytecode.OpOr:     {rr: opBitOr, ri: opBitOrI, commutes: true},
	bytecode.OpAnd:    {rr: opBitAnd, ri: opBitAndI, commutes: true},
	bytecode.OpShl:    {rr: opShl, ri: opShlI},
	bytecode.OpShr:    {rr: opShr, ri: opShrI},
	bytecode.OpLt:     {rr: opLt, ri: opLtI, comparison: true},
	bytecode.OpGt:     {rr: opLt, ri: opGtI, comparison: true, flipped: true},
	bytecode.OpLe:     {rr: opLe, ri: opLeI, comparison: true},
	bytecode.OpGe:     {rr: opLe, ri: opGeI, comparison: true, flipped: true},
	bytecode.OpEq:     {rr: opEq, ri: opEqI, comparison: true, commutes: true},
	bytecode.OpNeq:    {rr: opNe, ri: opNeI, comparison: true, commutes: true},
}

// compute translates arithmetic, logic and comparisons. It reports false for
// other instructions.
func (l *lowerer) compute(o bytecode.Opcode) bool {
	if o == bytecode.OpNot {
		l.not()
		return true
	}
	f, ok := integerOps[o]
	if !ok {
		return false
	}
	right, rh := l.pop()
	left, lh := l.pop()
	if !left.kind.small() {
		l.computeWide(o, f, left, lh, right, rh)
		return true
	}
	if left.in == inLiteral && right.in != inLiteral && f.commutes {
		left, lh, right, rh = right, rh, left, lh
	}
	result := left.kind
	if f.comparison {
		result = KindBool
	}
	if right.in == inLiteral {
		if in, ok := withLiteral(o, f, left.kind, right.n); ok {
			in.a = l.use(left, lh).index()
			l.push(result, l.emit(in))
			return true
		}
	}
	in := withRegisters(o, f, left.kind)
	in.a, in.b = l.use(left, lh).index(), l.use(right, rh).index()
	if f.flipped {
		in.a, in.b = in.b, in.a
	}
	l.push(result, l.emit(in))
	return true
}

// withRegisters is the form of an instruction for two registers.
func withRegisters(o bytecode.Opcode, f forms, k Kind) instr {
	in := instr{op: f.rr}
	switch {
	case f.narrow != opFault && k != KindU64:
		in.op, in.n = f.narrow, maxOf(k)
	case o == bytecode.OpShl || o == bytecode.OpShr:
		in.d, in.n = uint32(widths[k]), maxOf(k)
	}
	return in
}

// withLiteral is the form of an instruction for a literal at the right.
func withLiteral(o bytecode.Opcode, f forms, k Kind, n uint64) (instr, bool) {
	in := instr{op: f.ri, n: n}
	switch {
	case o == bytecode.OpShl || o == bytecode.OpShr:
		if n >= widths[k] {
			return in, false
		}
		in.b, in.n = uint16(n), maxOf(k)
	case f.narrow != opFault && k != KindU64:
		if f.narrowI == opFault {
			return in, false
		}
		in.op, in.d = f.narrowI, uint32(maxOf(k))
	}
	return in, true
}

// computeWide translates the same for u128 and u256, and equality of anything.
func (l *lowerer) computeWide(o bytecode.Opcode, f forms, left entry, lh int, right entry, rh int) {
	a, b := l.use(left, lh).index(), l.use(right, rh).index()
	in := instr{op: opWide, a: a, b: b, d: uint32(o)}
	switch o {
	case bytecode.OpEq, bytecode.OpNeq:
		in = instr{op: opEqual, a: a, b: b}
		if left.kind == KindRef || left.kind == KindMutRef {
			in.op = opEqualRef
		}
		in.n = bit(o == bytecode.OpNeq)
	case bytecode.OpLt, bytecode.OpGe:
		in = instr{op: opWideLess, a: a, b: b, n: bit(o == bytecode.OpGe)}
	case bytecode.OpGt, bytecode.OpLe:
		in = instr{op: opWideLess, a: b, b: a, n: bit(o == bytecode.OpLe)}
	case bytecode.OpShl, bytecode.OpShr:
		in.op, in.n = opWideShift, widths[left.kind]
	default:
		in.n = widths[left.kind]
	}
	if f.comparison {
		l.push(KindBool, l.emit(in))
		return
	}
	l.push(left.kind, l.emit(in))
}

// opposite is the comparison that holds when another does not. Those of two
// registers that are not here change places of their operands, too.
var opposite = map[op]op{
	opLt: opLe, opLe: opLt, opEq: opNe, opNe: opEq,
	opLtI: opGeI, opGeI: opLtI, opLeI: opGtI, opGtI: opLeI, opEqI: opNeI, opNeI: opEqI,
}

// comparisons are the operations that a jump can absorb.
var comparisons = []op{opLt, opLe, opEq, opNe, opLtI, opLeI, opGtI, opGeI, opEqI, opNeI}

func negate(in instr) instr {
	if in.op == opLt || in.op == opLe {
		in.a, in.b = in.b, in.a
	}
	in.op = opposite[in.op]
	return in
}

func (l *lowerer) not() {
	e, height := l.pop()
	if cmp, ok := l.take(e, height, comparisons...); ok {
		l.push(KindBool, l.emit(negate(cmp)))
		return
	}
	l.push(KindBool, l.emit(instr{op: opXorI, a: l.use(e, height).index(), n: 1}))
}

// jumps maps comparisons to the jumps that absorb them.
var jumps = map[op]op{
	opLt: opBrLt, opLe: opBrLe, opEq: opBrEq, opNe: opBrNe,
	opLtI: opBrLtI, opLeI: opBrLeI, opGtI: opBrGtI, opGeI: opBrGeI, opEqI: opBrEqI, opNeI: opBrNeI,
}

// branch translates BrTrue and BrFalse. Where one only jumps over a Branch, as
// compiled conditions do, it becomes the opposite jump to where that goes.
func (l *lowerer) branch(in bytecode.Instruction) {
	e, height := l.pop()
	onTrue := in.Op == bytecode.OpBrTrue
	out := instr{to: in.A}
	if next := l.pc + 1; int(in.A) == next+1 && l.code[next].Op == bytecode.OpBranch && !l.isTarget[next] {
		onTrue = !onTrue
		out.to, out.c = l.code[next].A, 1
		l.elided[next] = true
		defer func() { l.pc = next - 1 }()
		l.pc = next
	}
	if cmp, ok := l.take(e, height, comparisons...); ok {
		if !onTrue {
			cmp = negate(cmp)
		}
		out.op, out.a, out.b, out.n = jumps[cmp.op], cmp.a, cmp.b, cmp.n
		l.emit(out)
		return
	}
	out.op = choose(onTrue, opBrTrue, opBrFalse)
	out.a = l.use(e, height).index()
	l.emit(out)
}

// casts are the targets of the casts.
var casts = map[bytecode.Opcode]Kind{
	bytecode.OpCastU8: KindU8, bytecode.OpCastU16: KindU16, bytecode.OpCastU32: KindU32,
	bytecode.OpCastU64: KindU64, bytecode.OpCastU128: KindU128, bytecode.OpCastU256: KindU256,
}

// cast translates a cast. One to a type that is at least as wide is free within
// a bank.
func (l *lowerer) cast(to Kind) {
	e, height := l.pop()
	from := e.kind
	free := widths[to] >= widths[from] || e.in == inLiteral && to.small() && e.n <= maxOf(to)
	switch {
	case from.small() && to.small() && free, !from.small() && !to.small() && free:
		e.kind = to
		l.stack = append(l.stack, e)
	case from.small() && to.small():
		l.push(to, l.emit(instr{op: opCast, a: l.use(e, height).index(), n: maxOf(to)}))
	case from.small():
		l.push(to, l.emit(instr{op: opToV, a: l.use(e, height).index()}))
	case to.small():
		l.push(to, l.emit(instr{op: opCastWide, a: l.use(e, height).index(), n: maxOf(to)}))
	default:
		l.push(to, l.emit(instr{op: opCast128, a: l.use(e, height).index()}))
	}
}

func (l *lowerer) borrowField(field uint16) {
	e, height := l.pop()
	if e.in == inRef {
		l.push(KindRef, l.emit(instr{op: opBorrowLocField, a: e.reg.index(), b: field}))
		return
	}
	l.push(KindRef, l.emit(instr{op: opBorrowField, a: l.use(e, height).index(), b: field}))
}

// An access is what reads and writes through a reference become when they take
// the borrow before them in.
type access struct{ read, readV, write, writeV op }

var accesses = map[op]access{
	opBorrowField:    {opGetField, opGetFieldV, opSetField, opSetFieldV},
	opBorrowLocField: {opGetLocField, opGetLocFieldV, opSetLocField, opSetLocFieldV},
	opVecBorrow:      {opVecGet, opVecGetV, opVecSet, opVecSetV},
	opVecBorrowBytes: {opVecGetBytes, opFault, opVecSetBytes, opFault},
}

var borrows = []op{opBorrowField, opBorrowLocField, opVecBorrow, opVecBorrowBytes}

// readRef translates ReadRef of a t.
func (l *lowerer) readRef(t *Type) {
	e, height := l.pop()
	switch {
	case e.in == inRef && !shallow(t):
		l.push(t.Kind, l.emit(instr{op: opCopyDeep, a: e.reg.index()}))
		return
	case e.in == inRef:
		l.push(t.Kind, l.emit(instr{op: choose(t.Kind.small(), opToN, opMoveV), a: e.reg.index()}))
		return
	case !shallow(t):
		l.push(t.Kind, l.emit(instr{op: opReadDeep, a: l.use(e, height).index()}))
		return
	}
	if in, ok := l.take(e, height, borrows...); ok {
		in.op = choose(t.Kind.small(), accesses[in.op].read, accesses[in.op].readV)
		l.push(t.Kind, l.append(in))
		return
	}
	in := instr{op: opReadV, a: l.use(e, height).index()}
	switch {
	case t.Kind == KindU8:
		in.op = opReadByte
	case t.Kind.small():
		in.op = opRead
	}
	l.push(t.Kind, l.emit(in))
}

// writeRef translates WriteRef of a t.
func (l *lowerer) writeRef(t *Type) {
	ref, rh := l.pop()
	in, fused := l.take(ref, rh, borrows...)
	val, vh := l.pop()
	b := l.use(val, vh).index()
	switch {
	case ref.in == inRef:
		in = instr{op: choose(t.Kind.small(), opToV, opMoveV), pc: uint16(l.pc), a: b, c: ref.reg.index()}
	case !fused:
		in = instr{op: opWriteV, pc: uint16(l.pc), a: l.use(ref, rh).index(), b: b}
		if t.Kind == KindU8 {
			in.op = opWriteByte
		} else if t.Kind.small() {
			in.op = opWrite
		}
	default: // the field or index of the borrow, in b, makes way for the value
		in.c, in.b = in.b, b
		in.op = choose(t.Kind.small(), accesses[in.op].write, accesses[in.op].writeV)
	}
	l.append(in)
}

// vector translates the vector instructions; t is the type of the elements.
func (l *lowerer) vector(in bytecode.Instruction, t *Type) error {
	isByte := t.Kind == KindU8
	form := func(n, v, bytes op) op {
		if isByte {
			return bytes
		}
		return choose(t.Kind.small(), n, v)
	}
	switch in.Op {
	case bytecode.OpVecPack:
		list := l.popList(int(in.N))
		if t.depth >= maxValueDepth {
			l.emit(instr{op: opFault})
		}
		l.push(KindVector, l.emit(instr{op: choose(isByte, opVecPackBytes, opVecPack), d: l.list(list)}))
	case bytecode.OpVecUnpack:
		a, kinds := l.popReg(), make([]Kind, in.N)
		for i := range kinds {
			kinds[i] = t.Kind
		}
		out := l.emit(instr{op: choose(isByte, opVecUnpackBytes, opVecUnpack), a: a.index(), n: in.N})
		out.d = l.list(l.pushList(kinds))
	case bytecode.OpVecLen:
		l.push(KindU64, l.vectorOp(choose(isByte, opVecLenBytes, opVecLen), 1))
	case bytecode.OpVecImmBorrow, bytecode.OpVecMutBorrow:
		l.push(KindRef, l.vectorOp(choose(isByte, opVecBorrowBytes, opVecBorrow), 2))
	case bytecode.OpVecPushBack:
		l.vectorOp(form(opVecPush, opVecPushV, opVecPushBytes), 2)
	case bytecode.OpVecPopBack:
		l.push(t.Kind, l.vectorOp(form(opVecPop, opVecPopV, opVecPopBytes), 1))
	case bytecode.OpVecSwap:
		l.vectorOp(choose(isByte, opVecSwapBytes, opVecSwap), 3)
	default:
		return errorf(StatusInvariant, "module %s: %v can't be translated", l.m.Name(), in.Op)
	}
	return nil
}

// vectorOp emits an operation on a reference to a vector and n-1 other operands.
// If the vector is a local, it names that.
func (l *lowerer) vectorOp(o op, n int) *instr {
	in := instr{op: o}
	first := len(l.stack) - n
	if ref := l.stack[first]; ref.in == inRef {
		l.stack[first].in = inTemp // popList is to leave it alone
		in.a, in.d = ref.reg.index(), 1
	}
	regs := append(l.popList(n), 0, 0)
	if in.d == 0 {
		in.a = regs[0].index()
	}
	in.b, in.c = regs[1].index(), regs[2].index()
	return l.emit(in)
}
