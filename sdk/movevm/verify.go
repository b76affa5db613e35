package movevm

import (
	"fmt"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// The static pass. For each function it infers the type of every operand and
// checks what the machine relies on: operand types and counts, an empty stack
// at block borders, locals that are initialised where they are read, abilities
// of what is copied, dropped or instantiated, signatures of callees, and that
// control never runs off the end; then reference safety (verify_borrow.go). It
// is Move's bytecode verifier but for the names of its errors.

// A typing is what the pass learned about a function.
type typing struct {
	// operand is, per instruction, the type that selects the machine's
	// operation: of the left operand, or of the target of a reference. Kind 0
	// where none is needed, or where the code can't be reached.
	operand []bytecode.Token
	reached []bool
	height  []uint16 // of the stack after each instruction, within the frame
	// reusedUID tells that the function packs an object with a UID that was not
	// made for it. Sui refuses to publish that.
	reusedUID bool
	backEdges int // of the flow of control
}

// typing runs the pass once per function.
func (r *resolver) typing(f *function) (*typing, error) {
	if f.typing == nil && f.typingErr == nil {
		v := &verifier{r: r, f: f, m: f.mod.code}
		f.typing, f.typingErr = v.run()
		if f.typingErr != nil {
			f.typingErr = v.located(f.typingErr)
		}
	}
	return f.typing, f.typingErr
}

// State of a local at a point of the program.
const (
	localUnset uint8 = iota // not initialised or moved out
	localSet
	localMaybe // depends on the path
	localFresh // set, to a UID that was made for a new object
)

// mergeLocal joins the states of a local on two paths.
func mergeLocal(a, b uint8) uint8 {
	switch {
	case a == b:
		return a
	case a == localSet && b == localFresh, a == localFresh && b == localSet:
		return localSet
	}
	return localMaybe
}

// maxVerifySteps bounds the work for one request, as a whole package is.
const maxVerifySteps = 8 << 20

// A verifier interprets one function over types.
type verifier struct {
	r *resolver
	f *function
	m *bytecode.Module

	out    *typing
	entry  map[int][]uint8 // states of the locals at known block starts
	starts []bool          // block starts
	queue  []int

	// within a block
	pc     int
	stack  []bytecode.Token
	fresh  []bool // for each operand, whether it is a UID made for a new object
	popped bool   // fresh of the operand popped last
	pushed int    // operands so far
	dead   bool   // control does not reach the block: locals are as anybody likes
	locals []uint8
}

func (v *verifier) run() (*typing, error) {
	code := v.f.def.Code
	v.out = &typing{operand: make([]bytecode.Token, len(code)), reached: make([]bool, len(code)), height: make([]uint16, len(code))}
	v.entry = map[int][]uint8{}
	if err := v.checkTypes(); err != nil {
		return nil, err
	}
	if err := v.findBlocks(); err != nil {
		return nil, err
	}
	if err := v.checkFlow(); err != nil {
		return nil, err
	}
	first := make([]uint8, len(v.f.locals))
	for i := range v.f.params {
		first[i] = localSet
	}
	v.enter(0, first)
	for len(v.queue) > 0 {
		start := v.queue[len(v.queue)-1]
		v.queue = v.queue[:len(v.queue)-1]
		if err := v.block(start); err != nil {
			return nil, err
		}
	}
	if err := v.deadBlocks(); err != nil {
		return nil, err
	}
	if err := v.checkBorrows(); err != nil {
		return nil, err
	}
	return v.out, nil
}

// deadBlocks checks the types and the stack of the blocks that control does not
// reach.
func (v *verifier) deadBlocks() error {
	v.dead = true
	for pc := range v.f.def.Code {
		if v.starts[pc] && !v.out.reached[pc] {
			v.entry[pc] = make([]uint8, len(v.f.locals))
			if err := v.block(pc); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifier) fail(format string, args ...any) error { return fmt.Errorf(format, args...) }

func (v *verifier) located(err error) error {
	if _, ok := err.(*Error); ok {
		return err
	}
	return &Error{
		Status: StatusVerification, Package: v.f.mod.pack.storage, Original: v.f.mod.pack.original,
		Module: v.f.mod.name, Function: v.f.name, Index: v.f.index, PC: uint16(v.pc), Message: err.Error(),
	}
}

// checkTypes checks the constraints of the types in the signature and locals.
func (v *verifier) checkTypes() error {
	for _, list := range [][]bytecode.Token{v.f.locals, v.f.returns} {
		for _, t := range list {
			if err := checkConstraints(v.m, t, v.f.handle.TypeParams); err != nil {
				return err
			}
		}
	}
	return nil
}

// findBlocks marks the instructions that start a block.
func (v *verifier) findBlocks() error {
	code := v.f.def.Code
	v.starts = make([]bool, len(code)+1)
	v.starts[0] = true
	for i, in := range code {
		switch in.Op {
		case bytecode.OpBrTrue, bytecode.OpBrFalse, bytecode.OpBranch:
			v.starts[in.A], v.starts[i+1] = true, true
		case bytecode.OpRet, bytecode.OpAbort:
			v.starts[i+1] = true
		case bytecode.OpVariantSwitch:
			v.starts[i+1] = true
			for _, o := range v.f.def.JumpTables[in.A].Offsets {
				v.starts[o] = true
			}
		}
	}
	switch code[len(code)-1].Op {
	case bytecode.OpRet, bytecode.OpAbort, bytecode.OpBranch, bytecode.OpVariantSwitch:
		return nil
	}
	return v.fail("control runs off the end of the function")
}

// enter merges locals into the entry state of a block and queues it if that
// changed.
func (v *verifier) enter(start int, locals []uint8) {
	old, ok := v.entry[start]
	if !ok {
		v.entry[start] = append([]uint8(nil), locals...)
		v.queue = append(v.queue, start)
		return
	}
	changed := false
	for i, s := range locals {
		if merged := mergeLocal(old[i], s); merged != old[i] {
			old[i] = merged
			changed = true
		}
	}
	if changed {
		v.queue = append(v.queue, start)
	}
}

// block interprets one block and enters its successors.
func (v *verifier) block(start int) error {
	v.locals = append(v.locals[:0], v.entry[start]...)
	v.stack, v.fresh, v.pushed = v.stack[:0], v.fresh[:0], 0
	for v.pc = start; ; v.pc++ {
		if err := v.charge(1); err != nil {
			return err
		}
		in := v.f.def.Code[v.pc]
		v.out.reached[v.pc] = !v.dead
		if err := v.instruction(in); err != nil {
			return err
		}
		if len(v.stack) > maxStackHeight {
			return v.fail("stack is too high")
		}
		v.out.height[v.pc] = uint16(len(v.stack))
		next, ends := v.successors(in)
		if !ends && !v.starts[v.pc+1] {
			continue
		}
		if len(v.stack) != 0 {
			return v.fail("stack is not empty at the end of a block")
		}
		if v.dead {
			return nil
		}
		for _, s := range next {
			v.enter(s, v.locals)
		}
		if !ends {
			v.enter(v.pc+1, v.locals)
		}
		return nil
	}
}

// charge counts work.
func (v *verifier) charge(n int) error {
	if v.r.steps += n; v.r.steps > maxVerifySteps {
		return v.fail("code is too complex to verify")
	}
	return nil
}

// successors are the targets of a jump; ends tells that control does not go on
// to the next instruction.
func (v *verifier) successors(in bytecode.Instruction) (next []int, ends bool) {
	switch in.Op {
	case bytecode.OpBrTrue, bytecode.OpBrFalse:
		return []int{int(in.A)}, false
	case bytecode.OpBranch:
		return []int{int(in.A)}, true
	case bytecode.OpRet, bytecode.OpAbort:
		return nil, true
	case bytecode.OpVariantSwitch:
		for _, o := range v.f.def.JumpTables[in.A].Offsets {
			next = append(next, int(o))
		}
		return next, true
	}
	return nil, false
}

// abilities of a token within the function.
func (v *verifier) abilities(t bytecode.Token) Abilities {
	return tokenAbilities(v.m, t, v.f.handle.TypeParams)
}

// tokenAbilities are the abilities of a token, where type parameters have those
// of their constraints.
func tokenAbilities(m *bytecode.Module, t bytecode.Token, params []Abilities) Abilities {
	switch t.Kind {
	case bytecode.TokenRef, bytecode.TokenMutRef:
		return Copy | Drop
	case bytecode.TokenSigner:
		return Drop
	case bytecode.TokenTypeParam:
		return params[t.Index]
	case bytecode.TokenVector:
		return tokenAbilities(m, t.Args[0], params) & (Copy | Drop | Store)
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		h := m.DatatypeHandles[t.Index]
		return hasAbilities(h.Abilities, h.TypeParams, func(i int) Abilities { return tokenAbilities(m, t.Args[i], params) })
	}
	return Copy | Drop | Store
}

// checkConstraints checks that the type arguments in a token have the abilities
// that their parameters demand.
func checkConstraints(m *bytecode.Module, t bytecode.Token, params []Abilities) error {
	if t.Kind == bytecode.TokenDatatypeInst {
		for i, p := range m.DatatypeHandles[t.Index].TypeParams {
			if !tokenAbilities(m, t.Args[i], params).Has(p.Constraints) {
				return fmt.Errorf("type argument %d of %s lacks an ability", i, m.DatatypeName(t.Index))
			}
		}
	}
	for _, a := range t.Args {
		if err := checkConstraints(m, a, params); err != nil {
			return err
		}
	}
	return nil
}
