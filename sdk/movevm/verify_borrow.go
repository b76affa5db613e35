package movevm

import (
	"slices"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// Reference safety: no reference outlives what it points to, and what is
// borrowed mutably is not touched but through the newest borrow. The pass
// follows the borrow graph through the function, as Move's verifier does, after
// the types are known to be right. So it need not look at instructions that
// take and give values only: their operands are no references, whatever they
// are.
//
// The rules are those of Move's reference safety (the analysis over paths; Sui
// has another, over regular expressions, that accepts more and is not in use up
// to protocol 95).

// A borrowState is what is known at a point of the program.
type borrowState struct {
	locals []refID // noRef where a local holds no reference
	graph  *borrowGraph
}

// root is the reference from which all borrows of locals come.
func (s *borrowState) root() refID { return refID(len(s.locals)) }

func (s *borrowState) clone() *borrowState {
	return &borrowState{slices.Clone(s.locals), s.graph.clone()}
}

// A borrowPass checks the reference safety of one function.
type borrowPass struct {
	v *verifier

	entry map[int]*borrowState // at known block starts
	queue []int

	// within a block
	pc    int
	s     *borrowState
	stack []refID // noRef for values
}

// checkBorrows runs the pass. It charges v for the work.
func (v *verifier) checkBorrows() error {
	b := &borrowPass{v: v, entry: map[int]*borrowState{}}
	first := &borrowState{graph: &borrowGraph{steps: &v.r.steps}}
	for i, t := range v.f.locals {
		first.locals = append(first.locals, noRef)
		first.graph.refs = append(first.graph.refs, refNone)
		if t.IsRef() && i < len(v.f.params) {
			first.locals[i], first.graph.refs[i] = refID(i), refImm
			if t.Kind == bytecode.TokenMutRef {
				first.graph.refs[i] = refMut
			}
		}
	}
	first.graph.refs = append(first.graph.refs, refMut) // the root
	b.entry[0], b.queue = first, []int{0}
	for len(b.queue) > 0 {
		start := b.queue[len(b.queue)-1]
		b.queue = b.queue[:len(b.queue)-1]
		if err := b.block(start); err != nil {
			v.pc = b.pc
			return err
		}
	}
	return nil
}

// block follows one block and enters its successors.
func (b *borrowPass) block(start int) error {
	b.s, b.stack = b.entry[start].clone(), b.stack[:0]
	if err := b.v.charge(len(b.s.locals)); err != nil {
		return err
	}
	for b.pc = start; ; b.pc++ {
		in := b.v.f.def.Code[b.pc]
		if err := b.v.charge(1); err != nil {
			return err
		}
		if err := b.instruction(in); err != nil {
			return err
		}
		next, ends := b.v.successors(in)
		if !ends && !b.v.starts[b.pc+1] {
			continue
		}
		if !ends {
			next = append(next, b.pc+1)
		}
		b.canonical()
		for _, to := range next {
			b.enter(to)
		}
		return b.v.charge(len(next) * len(b.s.locals))
	}
}

// canonical names each reference by the local that holds it; the stack is empty.
func (b *borrowPass) canonical() {
	to := make([]refID, len(b.s.graph.refs))
	for i := range to {
		to[i] = noRef
	}
	to[b.s.root()] = b.s.root()
	for i, id := range b.s.locals {
		if id != noRef {
			to[id], b.s.locals[i] = refID(i), refID(i)
		}
	}
	b.s.graph.rename(to, len(b.s.locals))
}

// enter joins the state into that at the entry of a block, and queues the block
// if that changed.
func (b *borrowPass) enter(to int) {
	old, ok := b.entry[to]
	if !ok {
		b.entry[to] = b.s.clone()
		b.queue = append(b.queue, to)
		return
	}
	other, changed := b.s.graph, false
	for i, id := range b.s.locals {
		switch {
		case id == noRef && old.locals[i] != noRef: // moved out on this path: no longer to be used
			old.graph.release(refID(i))
			old.locals[i], changed = noRef, true
		case id != noRef && old.locals[i] == noRef:
			other = other.clone()
			other.release(refID(i))
		}
	}
	if old.graph.join(other) || changed {
		b.queue = append(b.queue, to)
	}
}

func (b *borrowPass) push(id refID) { b.stack = append(b.stack, id) }

func (b *borrowPass) pop() refID {
	id := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	return id
}

// release forgets a reference; values are nothing to forget.
func (b *borrowPass) release(id refID) {
	if id != noRef {
		b.s.graph.release(id)
	}
}

// conflict fails if the borrows of a reference, as borrowed finds them, are in
// the way.
func (b *borrowPass) conflict(id refID, label string, onlyMut bool, what string) error {
	if b.s.graph.borrowed(id, label, onlyMut) {
		return b.v.fail("reference safety: %s", what)
	}
	return nil
}

// unreadable fails if a mutable borrow of a mutable reference is in the way of
// reading it.
func (b *borrowPass) unreadable(id refID, label, what string) error {
	if !b.s.graph.isMut(id) {
		return nil
	}
	return b.conflict(id, label, true, what)
}

// borrow makes a reference to exactly what is at path in parent.
func (b *borrowPass) borrow(parent refID, path string, mut bool) refID {
	id := b.s.graph.add(mut)
	b.s.graph.strong(parent, path, id)
	return id
}

// derive turns a reference into one to a part of it, or a frozen one.
func (b *borrowPass) derive(from refID, path string, mut bool) {
	b.push(b.borrow(from, path, mut))
	b.release(from)
}
