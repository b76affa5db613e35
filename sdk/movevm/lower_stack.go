package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// Lowering turns Move's stack code into operations on registers. It keeps the
// stack of a block in its head: an entry that came from a local or a literal
// stays there until an operation uses it, and only what an operation made sits
// in a temporary register. That works because the stack is empty at block
// borders. What must not change:
//
//   - An entry that names a local is moved to its temporary before the local is
//     overwritten. Locals that are borrowed mutably anywhere in the function can
//     change by other ways; those are never named, but copied at once.
//   - Operations that can fail or charge stay in order; each keeps the offset of
//     its Move instruction.
//   - Fuel is charged by Move instructions, whatever became of them.

// A lowerer translates the code of one instance.
type lowerer struct {
	r     *resolver
	in    *instance
	m     *bytecode.Module
	code  []bytecode.Instruction
	typed *typing

	// By local.
	kinds    []Kind
	regs     []reg
	borrowed []bool // by &mut

	nLocals, vLocals int
	stack            []entry
	defs             []def // what the last operation makes
	pc               int
	at               []int // by offset: the first operation, of jump targets
	isTarget         []bool
	elided           []bool // offsets that another instruction stands for
}

// An entry is an operand that Move would have on its stack.
type entry struct {
	kind Kind
	in   place
	reg  reg    // of inLocal and inRef
	n    uint64 // of inLiteral
}

type place uint8

const (
	inTemp place = iota // in the temporary of its height
	inLocal
	inLiteral
	inRef // a reference to a local; made when something needs it as a value
)

// A def is a register that the last operation writes, and where it says so.
type def struct {
	temp reg
	c    *uint16
	list *reg
}

// placeLocals assigns registers. Parameters come first in both banks, because
// callers put them there.
func (l *lowerer) placeLocals() {
	f := l.in.fn
	l.kinds, l.regs = make([]Kind, len(f.locals)), make([]reg, len(f.locals))
	l.borrowed = make([]bool, len(f.locals))
	inValues := make([]bool, len(f.locals)) // a reference needs a container
	for _, in := range l.code {
		switch in.Op {
		case bytecode.OpMutBorrowLoc:
			l.borrowed[in.A], inValues[in.A] = true, true
		case bytecode.OpImmBorrowLoc:
			inValues[in.A] = true
		}
	}
	for i, t := range f.locals {
		l.kinds[i] = l.kindOf(t, l.in.targs)
		if i < len(f.params) {
			l.regs[i] = l.newLocal(!l.kinds[i].small())
		}
	}
	for i := range f.locals {
		switch small := l.kinds[i].small(); {
		case i >= len(f.params):
			l.regs[i] = l.newLocal(!small || inValues[i])
		case small && inValues[i]:
			from := l.regs[i]
			l.regs[i] = l.newLocal(true)
			l.emit(instr{op: opToV, a: from.index(), c: l.regs[i].index()})
		}
	}
	l.in.nRegs, l.in.vRegs = l.nLocals, l.vLocals
}

func (l *lowerer) newLocal(value bool) reg {
	if value {
		l.vLocals++
		return reg(l.vLocals-1) | inV
	}
	l.nLocals++
	return reg(l.nLocals - 1)
}

func (r reg) index() uint16 { return uint16(r &^ inV) }

// kindOf is the kind of a token under type arguments.
func (l *lowerer) kindOf(t bytecode.Token, targs []*Type) Kind {
	switch t.Kind {
	case bytecode.TokenTypeParam:
		return targs[t.Index].Kind
	case bytecode.TokenVector:
		return KindVector
	case bytecode.TokenRef:
		return KindRef
	case bytecode.TokenMutRef:
		return KindMutRef
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		return KindDatatype
	}
	return tokenPrimitives[t.Kind].Kind
}

// emit appends an operation for the current Move instruction.
func (l *lowerer) emit(in instr) *instr {
	in.pc = uint16(l.pc)
	return l.append(in)
}

func (l *lowerer) append(in instr) *instr {
	l.in.code = append(l.in.code, in)
	l.defs = l.defs[:0]
	return &l.in.code[len(l.in.code)-1]
}

// temp is the temporary register of an operand at a height of the stack. A
// stack that is taller than Move allows never comes to run.
func (l *lowerer) temp(k Kind, height int) reg {
	height = min(height, maxStackHeight)
	if k.small() {
		l.in.nRegs = max(l.in.nRegs, l.nLocals+height+1)
		return reg(l.nLocals + height)
	}
	l.in.vRegs = max(l.in.vRegs, l.vLocals+height+1)
	return reg(l.vLocals+height) | inV
}

// push makes an entry for what the operation in writes to its register c.
func (l *lowerer) push(k Kind, in *instr) {
	t := l.temp(k, len(l.stack))
	in.c = t.index()
	l.defs = append(l.defs, def{temp: t, c: &in.c})
	l.stack = append(l.stack, entry{kind: k})
}

// pushList makes entries for what an operation writes to a list of registers.
func (l *lowerer) pushList(kinds []Kind) []reg {
	list := make([]reg, len(kinds))
	for i, k := range kinds {
		list[i] = l.temp(k, len(l.stack))
		l.defs = append(l.defs, def{temp: list[i], list: &list[i]})
		l.stack = append(l.stack, entry{kind: k})
	}
	return list
}

func (l *lowerer) pop() (e entry, height int) {
	height = len(l.stack) - 1
	e = l.stack[height]
	l.stack = l.stack[:height]
	return e, height
}

// use gives the register of an operand that was popped; literals are loaded and
// references to locals are made.
func (l *lowerer) use(e entry, height int) reg {
	switch e.in {
	case inLocal:
		return e.reg
	case inLiteral:
		t := l.temp(e.kind, height)
		l.emit(instr{op: opLoad, c: t.index(), n: e.n})
		return t
	case inRef:
		t := l.temp(e.kind, height)
		l.emit(instr{op: opBorrowLoc, a: e.reg.index(), c: t.index()})
		return t
	}
	return l.temp(e.kind, height)
}

func (l *lowerer) popReg() reg { return l.use(l.pop()) }

// popList pops n operands; the last is the top.
func (l *lowerer) popList(n int) []reg {
	list := make([]reg, n)
	first := len(l.stack) - n
	for i := range list {
		list[i] = l.use(l.stack[first+i], first+i)
	}
	l.stack = l.stack[:first]
	return list
}

func (l *lowerer) list(list []reg) uint32 {
	l.in.lists = append(l.in.lists, list)
	return uint32(len(l.in.lists) - 1)
}

// take removes the last operation if all that it does is to make the operand e
// and it is one of ops.
func (l *lowerer) take(e entry, height int, ops ...op) (instr, bool) {
	if e.in != inTemp || len(l.defs) != 1 || l.defs[0].temp != l.temp(e.kind, height) {
		return instr{}, false
	}
	last := l.in.code[len(l.in.code)-1]
	for _, o := range ops {
		if last.op == o {
			l.in.code = l.in.code[:len(l.in.code)-1]
			l.defs = l.defs[:0]
			return last, true
		}
	}
	return instr{}, false
}

// copyLoc is CopyLoc and MoveLoc.
func (l *lowerer) copyLoc(local uint16, copies bool) {
	k, r := l.kinds[local], l.regs[local]
	switch {
	case k.small() && r&inV != 0:
		l.push(k, l.emit(instr{op: opToN, a: r.index()}))
	case copies && (k == KindVector || k == KindDatatype):
		l.push(k, l.emit(instr{op: opCopyDeep, a: r.index()}))
	case l.borrowed[local]:
		l.push(k, l.emit(instr{op: opMoveV, a: r.index()}))
	default:
		l.stack = append(l.stack, entry{kind: k, in: inLocal, reg: r})
	}
}

// storeLoc is StLoc.
func (l *lowerer) storeLoc(local uint16) {
	e, height := l.pop()
	to := l.regs[local]
	free := l.freeLocal(to)
	switch {
	case e.in == inLiteral && to&inV == 0:
		l.emit(instr{op: opLoad, c: to.index(), n: e.n})
	case e.in == inRef:
		l.emit(instr{op: opBorrowLoc, a: e.reg.index(), c: to.index()})
	case e.in == inTemp && free && l.redirect(l.temp(e.kind, height), to):
	case e.kind.small() && to&inV != 0:
		l.emit(instr{op: opToV, a: l.use(e, height).index(), c: to.index()})
	default:
		l.emit(instr{op: choose(to&inV != 0, opMoveV, opMove), a: l.use(e, height).index(), c: to.index()})
	}
}

// freeLocal moves entries that name a local to their temporaries. It reports
// whether there were none.
func (l *lowerer) freeLocal(r reg) bool {
	free := true
	for i := range l.stack {
		if e := &l.stack[i]; e.in == inLocal && e.reg == r {
			t := l.temp(e.kind, i)
			l.emit(instr{op: choose(r&inV != 0, opMoveV, opMove), a: r.index(), c: t.index()})
			e.in, free = inTemp, false
		}
	}
	return free
}

// redirect lets the last operation write to a local what it would write to a
// temporary.
func (l *lowerer) redirect(temp, local reg) bool {
	found := -1
	for i, d := range l.defs {
		if d.temp == local {
			return false // written already; the order of writes counts
		}
		if d.temp == temp {
			found = i
		}
	}
	if found < 0 || temp&inV != local&inV {
		return false
	}
	d := &l.defs[found]
	if d.list != nil {
		*d.list = local
	} else {
		*d.c = local.index()
	}
	d.temp = local
	return true
}
