package movevm

import (
	"encoding/binary"
	"strings"
	"sync/atomic"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// An instance is a function with concrete type arguments, ready to run. Its
// code is in operations on registers, with everything that depends on types
// decided.
type instance struct {
	fn      *function
	targs   []*Type
	params  []*Type
	returns []*Type
	native  native // of native functions, which have none of what follows

	code         []instr
	nRegs, vRegs int      // registers of each bank; parameters are the first, in order
	need         []uint16 // per Move instruction, the operands that it and those up to the next jump may have on the stack
	tallest      uint16   // largest need
	sites        []*site
	consts       []value
	lists        [][]reg
	tables       [][]target
}

// A target is where a jump goes: an operation, and the offset of its Move
// instruction.
type target struct {
	d  uint32
	pc uint16
}

// A site is a call instruction: its target is resolved when it first runs,
// because instantiations may be without end.
type site struct {
	caller *module
	handle uint16
	targs  []*Type
	target atomic.Pointer[instance]

	args         []reg // in order
	argsN, argsV []uint16
	results      []reg
	below        uint16 // operands on the stack below the arguments
}

// resolve finds the target of a call.
func (s *site) resolve(src PackageSource) (*instance, error) {
	r := s.caller.link.loader.resolve(src)
	defer r.done()
	f, err := r.target(s.caller, s.handle)
	if err != nil {
		return nil, err
	}
	in, err := r.instance(f, s.targs)
	if err == nil {
		s.target.Store(in)
	}
	return in, err
}

// instance makes or finds the instance of a function. The abilities of targs
// have been checked.
func (r *resolver) instance(f *function, targs []*Type) (*instance, error) {
	var key strings.Builder
	for _, t := range targs {
		key.WriteString(t.key + ";")
	}
	if in, ok := f.instances[key.String()]; ok {
		return in, nil
	}
	in := &instance{fn: f, targs: targs}
	var err error
	if in.params, err = r.tokens(f.mod, f.params, targs); err != nil {
		return nil, err
	}
	if in.returns, err = r.tokens(f.mod, f.returns, targs); err != nil {
		return nil, err
	}
	if f.def.Native {
		if in.native, err = r.native(f); err != nil {
			return nil, err
		}
	} else if err = r.lower(in); err != nil {
		return nil, err
	}
	f.instances[key.String()] = in
	r.lowered += len(f.def.Code) + 16
	return in, nil
}

func (r *resolver) lower(in *instance) error {
	typed, err := r.typing(in.fn)
	if err != nil {
		return err
	}
	in.need = stackNeeds(in.fn.def.Code, typed.height)
	for _, n := range in.need {
		in.tallest = max(in.tallest, n)
	}
	l := &lowerer{r: r, in: in, m: in.fn.mod.code, code: in.fn.def.Code, typed: typed}
	l.placeLocals()
	return l.run()
}

// stackNeeds computes instance.need.
func stackNeeds(code []bytecode.Instruction, height []uint16) []uint16 {
	need := make([]uint16, len(code)+1)
	for pc := len(code) - 1; pc >= 0; pc-- {
		need[pc] = height[pc]
		switch code[pc].Op {
		case bytecode.OpBranch, bytecode.OpBrTrue, bytecode.OpBrFalse, bytecode.OpVariantSwitch, bytecode.OpRet, bytecode.OpAbort:
		default:
			need[pc] = max(need[pc], need[pc+1])
		}
	}
	return need
}

func choose(cond bool, yes, no op) op {
	if cond {
		return yes
	}
	return no
}

// shallow reports whether copying the Go value copies the Move value.
func shallow(t *Type) bool { return t.Kind != KindVector && t.Kind != KindDatatype }

// widths are the bits of the integer kinds.
var widths = [...]uint64{KindU8: 8, KindU16: 16, KindU32: 32, KindU64: 64, KindU128: 128, KindU256: 256}

// maxOf is the largest number of an integer kind of up to 64 bits.
func maxOf(k Kind) uint64 { return ^uint64(0) >> (64 - widths[k]) }

func bigLiteral(b []byte) value {
	var buf [32]byte
	copy(buf[:], b)
	var w [4]uint64
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(buf[8*i:])
	}
	return wide(w)
}
