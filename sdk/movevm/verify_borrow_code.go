package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// instruction follows one instruction.
func (b *borrowPass) instruction(in bytecode.Instruction) error {
	switch in.Op {
	case bytecode.OpPop, bytecode.OpVariantSwitch:
		b.release(b.pop())
		return nil
	case bytecode.OpCopyLoc, bytecode.OpMoveLoc, bytecode.OpStLoc:
		return b.local(in.Op, int(in.A))
	case bytecode.OpMutBorrowLoc, bytecode.OpImmBorrowLoc:
		return b.borrowLoc(int(in.A), in.Op == bytecode.OpMutBorrowLoc)
	case bytecode.OpEq, bytecode.OpNeq:
		return b.compare()
	case bytecode.OpReadRef:
		return b.read()
	case bytecode.OpWriteRef:
		id := b.pop()
		b.pop()
		return b.use(id, "a reference is written through while it is borrowed")
	case bytecode.OpFreezeRef:
		id := b.pop()
		if err := b.conflict(id, "", true, "a reference is frozen while it is borrowed mutably"); err != nil {
			return err
		}
		b.derive(id, "", false)
		return nil
	case bytecode.OpMutBorrowField, bytecode.OpImmBorrowField, bytecode.OpMutBorrowFieldGeneric, bytecode.OpImmBorrowFieldGeneric:
		return b.borrowField(in)
	case bytecode.OpUnpackVariantImmRef, bytecode.OpUnpackVariantMutRef, bytecode.OpUnpackVariantGenericImmRef, bytecode.OpUnpackVariantGenericMutRef:
		return b.unpackVariant(in)
	case bytecode.OpVecLen, bytecode.OpVecImmBorrow, bytecode.OpVecMutBorrow, bytecode.OpVecPushBack, bytecode.OpVecPopBack, bytecode.OpVecSwap:
		return b.vector(in.Op)
	case bytecode.OpCall:
		return b.call(b.v.m.FunctionHandles[in.A])
	case bytecode.OpCallGeneric:
		return b.call(b.v.m.FunctionHandles[b.v.m.FunctionInsts[in.A].Of])
	case bytecode.OpRet:
		return b.ret()
	}
	return b.values()
}

// values follows an instruction on values alone. The operands that it popped are
// no references, nor are those that it pushed in their places.
func (b *borrowPass) values() error {
	height := int(b.v.out.height[b.pc])
	for len(b.stack) < height {
		b.push(noRef)
	}
	b.stack = b.stack[:height]
	return nil
}

func (b *borrowPass) local(op bytecode.Opcode, local int) error {
	id, root := b.s.locals[local], b.s.root()
	switch {
	case op == bytecode.OpStLoc:
		b.s.locals[local] = b.pop()
		if id != noRef {
			b.release(id)
			return nil
		}
		return b.conflict(root, localLabel(local), false, "a local is overwritten while it is borrowed")
	case op == bytecode.OpMoveLoc:
		b.s.locals[local] = noRef
		b.push(id)
		if id != noRef {
			return nil
		}
		return b.conflict(root, localLabel(local), false, "a local is moved while it is borrowed")
	case id == noRef:
		b.push(noRef)
		return b.localReadable(local, "a local is copied while it is borrowed mutably")
	}
	b.push(b.borrow(id, "", b.s.graph.isMut(id)))
	return nil
}

// localReadable fails if a local is borrowed mutably, or if any might be: then
// the edges from the root were too many to be told apart.
func (b *borrowPass) localReadable(local int, what string) error {
	if b.s.graph.borrowedWhole(b.s.root()) {
		return b.v.fail("reference safety: too many borrows of locals")
	}
	return b.conflict(b.s.root(), localLabel(local), true, what)
}

func (b *borrowPass) borrowLoc(local int, mut bool) error {
	if !mut {
		if err := b.localReadable(local, "a local is borrowed while it is borrowed mutably"); err != nil {
			return err
		}
	} else if b.s.graph.borrowedWhole(b.s.root()) {
		return b.v.fail("reference safety: too many borrows of locals")
	}
	b.push(b.borrow(b.s.root(), localLabel(local), mut))
	return nil
}

func (b *borrowPass) compare() error {
	r, l := b.pop(), b.pop()
	b.push(noRef)
	for _, id := range []refID{r, l} {
		if id == noRef {
			continue
		}
		if err := b.unreadable(id, "", "a reference is compared while it is borrowed mutably"); err != nil {
			return err
		}
	}
	b.release(r)
	b.release(l)
	return nil
}

func (b *borrowPass) read() error {
	id := b.pop()
	b.push(noRef)
	if err := b.unreadable(id, "", "a reference is read while it is borrowed mutably"); err != nil {
		return err
	}
	b.release(id)
	return nil
}

// use ends a mutable reference that nothing may borrow from.
func (b *borrowPass) use(id refID, what string) error {
	if err := b.conflict(id, "", false, what); err != nil {
		return err
	}
	b.release(id)
	return nil
}

func (b *borrowPass) borrowField(in bytecode.Instruction) error {
	m, handle := b.v.m, in.A
	if in.Op == bytecode.OpMutBorrowFieldGeneric || in.Op == bytecode.OpImmBorrowFieldGeneric {
		handle = m.FieldInsts[in.A].Of
	}
	mut := in.Op == bytecode.OpMutBorrowField || in.Op == bytecode.OpMutBorrowFieldGeneric
	path := fieldLabel(m.FieldHandles[handle].Struct, m.FieldHandles[handle].Field)
	id := b.pop()
	if err := b.partBorrowable(id, path, mut); err != nil {
		return err
	}
	b.derive(id, path, mut)
	return nil
}

// partBorrowable fails if a part of a reference can't be borrowed. Borrows of
// the same field are no obstacle to a mutable one: they come to borrow from it.
func (b *borrowPass) partBorrowable(id refID, path string, mut bool) error {
	if !mut {
		return b.unreadable(id, path, "a field is borrowed while it is borrowed mutably")
	}
	if b.s.graph.borrowedWhole(id) {
		return b.v.fail("reference safety: a field is borrowed mutably while the whole is borrowed")
	}
	return nil
}

func (b *borrowPass) unpackVariant(in bytecode.Instruction) error {
	enum, tag, _ := b.v.enumOf(in)
	mut := in.Op == bytecode.OpUnpackVariantMutRef || in.Op == bytecode.OpUnpackVariantGenericMutRef
	id := b.pop()
	if err := b.partBorrowable(id, "", mut); err != nil {
		return err
	}
	for i := range b.v.m.Enums[enum].Variants[tag].Fields {
		b.push(b.borrow(id, variantLabel(enum, tag, i), mut))
	}
	b.release(id)
	return nil
}

func (b *borrowPass) vector(op bytecode.Opcode) error {
	switch op {
	case bytecode.OpVecImmBorrow, bytecode.OpVecMutBorrow, bytecode.OpVecPushBack:
		b.pop()
	case bytecode.OpVecSwap:
		b.pop()
		b.pop()
	}
	id := b.pop()
	if op != bytecode.OpVecLen && op != bytecode.OpVecImmBorrow {
		if err := b.conflict(id, "", false, "a vector is changed, or an element borrowed mutably, while it is borrowed"); err != nil {
			return err
		}
	}
	switch op {
	case bytecode.OpVecLen, bytecode.OpVecPopBack:
		b.push(noRef)
	case bytecode.OpVecImmBorrow, bytecode.OpVecMutBorrow:
		elem := b.s.graph.add(op == bytecode.OpVecMutBorrow)
		b.s.graph.weak(id, elem)
		b.push(elem)
	}
	b.release(id)
	return nil
}

// call: mutable references are given away only if nothing borrows from them;
// what comes back may borrow from any that suits.
func (b *borrowPass) call(h bytecode.FunctionHandle) error {
	n := len(b.stack) - len(b.v.m.Signatures[h.Params])
	args := append([]refID(nil), b.stack[n:]...)
	b.stack = b.stack[:n]
	for _, id := range args {
		if id != noRef && b.s.graph.isMut(id) {
			if err := b.conflict(id, "", false, "a mutable reference is passed on while it is borrowed"); err != nil {
				return err
			}
		}
	}
	for _, t := range b.v.m.Signatures[h.Returns] {
		if !t.IsRef() {
			b.push(noRef)
			continue
		}
		mut := t.Kind == bytecode.TokenMutRef
		id := b.s.graph.add(mut)
		b.push(id)
		for _, parent := range args {
			if parent != noRef && (!mut || b.s.graph.isMut(parent)) {
				b.s.graph.weak(parent, id)
			}
		}
	}
	for _, id := range args {
		b.release(id)
	}
	return nil
}

func (b *borrowPass) ret() error {
	for i, id := range b.s.locals {
		b.release(id)
		b.s.locals[i] = noRef
	}
	if err := b.conflict(b.s.root(), "", false, "a reference to a local is returned"); err != nil {
		return err
	}
	for _, id := range b.stack {
		if id != noRef && b.s.graph.isMut(id) {
			if err := b.conflict(id, "", false, "a mutable reference is returned while it is borrowed"); err != nil {
				return err
			}
		}
	}
	for len(b.stack) > 0 {
		b.release(b.pop())
	}
	return nil
}
