package movevm

import "sync"

// Limits of Move on one execution.
const (
	maxCallDepth   = 1025 // the running function and 1024 that wait for it
	maxStackHeight = 1024
	maxVectorLen   = 256 * 1024
)

// A machine runs functions for one session.
type machine struct {
	s      *Session
	usage  *usage
	frames *frames // nil between calls
	depth  int     // live frames
	start  int     // offset in the running function from which no fuel has been charged yet
	native nativeCall

	lowered int // instructions of the call targets that were resolved
}

// maxLowered bounds the call targets that one session resolves for the first
// time. Programs that ask for instantiations without end would cost the host
// far more than their fuel; no sensible program comes near it.
const maxLowered = 4 << 20

// frames are the memory of a machine. It is reused, so that calls allocate
// nothing once it has grown.
type frames struct {
	list []*frame // by depth; they never move
	args []value  // of a native call
}

// A frame is a call in progress.
type frame struct {
	in   *instance
	pc   int  // of the running instruction; -1 before the first
	base int  // operands on the stack of Move below this frame's
	tall bool // the operands of this frame may not all fit on that stack
	n    []uint64
	v    []value
	loc  *object // v as the container of borrowed locals, made when first needed
}

// natives is room for the arguments of a native.
func (f *frames) natives(n int) []value {
	if n > len(f.args) {
		f.args = make([]value, n)
	}
	return f.args[:n]
}

var framePool = sync.Pool{New: func() any { return &frames{args: make([]value, 16)} }}

// release makes frames fit for another session. References to locals that a
// program kept, against the borrow rules, are cut off.
func (f *frames) release() {
	for _, fr := range f.list {
		if fr.in == nil {
			break // neither this one nor deeper ones were used
		}
		fr.in = nil
		clear(fr.v)
		if fr.loc != nil {
			fr.loc.f, fr.loc = nil, nil
		}
	}
	clear(f.args)
	if len(f.list) <= 64 { // few programs nest deeper; their memory is left to the collector
		framePool.Put(f)
	}
}

// push makes the frame of a call; its parameters are still to be set.
func (m *machine) push(in *instance, base int) *frame {
	if m.depth == maxCallDepth {
		throw(StatusCallStack, 0, "calls are nested too deep")
	}
	if m.depth == len(m.frames.list) {
		m.frames.list = append(m.frames.list, &frame{n: make([]uint64, 16), v: make([]value, 16)})
	}
	fr := m.frames.list[m.depth]
	if len(fr.n) < in.nRegs {
		fr.n = make([]uint64, in.nRegs)
	}
	if len(fr.v) < in.vRegs {
		fr.v = make([]value, in.vRegs)
		if fr.loc != nil {
			fr.loc.f = fr.v
		}
	}
	fr.in, fr.pc, fr.base, fr.tall = in, -1, base, base+int(in.tallest) > maxStackHeight
	m.depth++
	m.start = 0
	if fr.tall {
		checkStack(base, in.need[0])
	}
	return fr
}

// locals is the container of the frame's borrowed locals.
func (fr *frame) locals(u *usage) *object {
	if fr.loc == nil {
		fr.loc = u.slab.object()
		fr.loc.f = fr.v
	}
	return fr.loc
}

// run executes until the first frame has returned, and gives its returns.
// Faults leave by panic; the frames stay for Call to find the place.
func (m *machine) run() []value {
	u := m.usage
	fr := m.frames.list[m.depth-1]
	code, n, v := fr.in.code, fr.n, fr.v
	pc := 0
	for {
		in := &code[pc]
		fr.pc = pc
		pc++
		switch in.op {
		case opLoad:
			n[in.c] = in.n
		case opMove:
			n[in.c] = n[in.a]
		case opMoveV:
			v[in.c] = v[in.a]
		case opCopyDeep:
			v[in.c] = u.copyValue(v[in.a], 0)
		case opConst:
			v[in.c] = fr.in.consts[in.d]
		case opConstDeep:
			v[in.c] = u.copyValue(fr.in.consts[in.d], 0)
		case opToN:
			n[in.c] = v[in.a].n
		case opToV:
			v[in.c] = number(n[in.a])

		case opAdd:
			n[in.c] = add(n[in.a], n[in.b])
		case opAddI:
			n[in.c] = add(n[in.a], in.n)
		case opAddSmall:
			n[in.c] = upTo(in.n, n[in.a]+n[in.b])
		case opAddSmallI:
			n[in.c] = upTo(uint64(in.d), n[in.a]+in.n)
		case opSub:
			n[in.c] = sub(n[in.a], n[in.b])
		case opSubI:
			n[in.c] = sub(n[in.a], in.n)
		case opMul:
			n[in.c] = mul(n[in.a], n[in.b])
		case opMulI:
			n[in.c] = mul(n[in.a], in.n)
		case opMulSmall:
			n[in.c] = upTo(in.n, n[in.a]*n[in.b])
		case opDiv:
			n[in.c] = n[in.a] / nonzero(n[in.b])
		case opDivI:
			n[in.c] = n[in.a] / nonzero(in.n)
		case opMod:
			n[in.c] = n[in.a] % nonzero(n[in.b])
		case opModI:
			n[in.c] = n[in.a] % nonzero(in.n)
		case opBitOr:
			n[in.c] = n[in.a] | n[in.b]
		case opBitOrI:
			n[in.c] = n[in.a] | in.n
		case opBitAnd:
			n[in.c] = n[in.a] & n[in.b]
		case opBitAndI:
			n[in.c] = n[in.a] & in.n
		case opXor:
			n[in.c] = n[in.a] ^ n[in.b]
		case opXorI:
			n[in.c] = n[in.a] ^ in.n
		case opShl:
			n[in.c] = n[in.a] << below(uint64(in.d), n[in.b]) & in.n
		case opShlI:
			n[in.c] = n[in.a] << in.b & in.n
		case opShr:
			n[in.c] = n[in.a] >> below(uint64(in.d), n[in.b])
		case opShrI:
			n[in.c] = n[in.a] >> in.b
		case opLt:
			n[in.c] = bit(n[in.a] < n[in.b])
		case opLe:
			n[in.c] = bit(n[in.a] <= n[in.b])
		case opEq:
			n[in.c] = bit(n[in.a] == n[in.b])
		case opNe:
			n[in.c] = bit(n[in.a] != n[in.b])
		case opLtI:
			n[in.c] = bit(n[in.a] < in.n)
		case opLeI:
			n[in.c] = bit(n[in.a] <= in.n)
		case opGtI:
			n[in.c] = bit(n[in.a] > in.n)
		case opGeI:
			n[in.c] = bit(n[in.a] >= in.n)
		case opEqI:
			n[in.c] = bit(n[in.a] == in.n)
		case opNeI:
			n[in.c] = bit(n[in.a] != in.n)
		case opCast:
			n[in.c] = upTo(in.n, n[in.a])

		case opBranch:
			goto jump
		case opBrTrue:
			if n[in.a] != 0 {
				goto jump
			}
			goto pass
		case opBrFalse:
			if n[in.a] == 0 {
				goto jump
			}
			goto pass
		case opBrLt:
			if n[in.a] < n[in.b] {
				goto jump
			}
			goto pass
		case opBrLe:
			if n[in.a] <= n[in.b] {
				goto jump
			}
			goto pass
		case opBrEq:
			if n[in.a] == n[in.b] {
				goto jump
			}
			goto pass
		case opBrNe:
			if n[in.a] != n[in.b] {
				goto jump
			}
			goto pass
		case opBrLtI:
			if n[in.a] < in.n {
				goto jump
			}
			goto pass
		case opBrLeI:
			if n[in.a] <= in.n {
				goto jump
			}
			goto pass
		case opBrGtI:
			if n[in.a] > in.n {
				goto jump
			}
			goto pass
		case opBrGeI:
			if n[in.a] >= in.n {
				goto jump
			}
			goto pass
		case opBrEqI:
			if n[in.a] == in.n {
				goto jump
			}
			goto pass
		case opBrNeI:
			if n[in.a] != in.n {
				goto jump
			}
			goto pass
		case opSwitch:
			to := fr.in.tables[in.d][v[in.a].target().n]
			u.step(int(in.pc) + 1 - m.start)
			pc, m.start = int(to.d), int(to.pc)
			checkStack(fr.base, fr.in.need[to.pc])
		case opCall:
			u.step(int(in.pc) + 1 - m.start)
			m.start = int(in.pc) + 1
			site := fr.in.sites[in.d]
			target := site.target.Load()
			if target == nil {
				target = m.resolve(site)
			}
			if target.native != nil {
				m.callNative(target, site, in, fr)
				continue
			}
			next := m.push(target, fr.base+int(site.below))
			for i, r := range site.argsN {
				next.n[i] = n[r]
			}
			for i, r := range site.argsV {
				next.v[i] = v[r]
			}
			fr = next
			code, n, v = target.code, fr.n, fr.v
			pc = 0
		case opRet, opRetN, opRetV:
			u.step(int(in.pc) + 1 - m.start)
			if m.depth == 1 {
				return fr.returns(in)
			}
			m.depth--
			to := m.frames.list[m.depth-1]
			call := &to.in.code[to.pc]
			switch in.op {
			case opRetN:
				to.n[call.c] = n[in.a]
			case opRetV:
				to.v[call.c] = v[in.a]
			default:
				fr.giveBack(in, to, to.in.sites[call.d].results)
			}
			fr = to
			code, n, v = fr.in.code, fr.n, fr.v
			pc, m.start = fr.pc+1, int(call.pc)+1

		case opBorrowLoc:
			v[in.c] = value{n: uint64(in.a), o: fr.locals(u)}
		case opBorrowField:
			v[in.c] = value{n: uint64(in.b), o: v[in.a].target().o}
		case opBorrowLocField:
			v[in.c] = value{n: uint64(in.b), o: v[in.a].o}
		case opRead:
			n[in.c] = v[in.a].target().n
		case opReadByte:
			n[in.c] = v[in.a].load().n
		case opReadV:
			v[in.c] = *v[in.a].target()
		case opReadDeep:
			v[in.c] = u.copyValue(*v[in.a].target(), 0)
		case opWrite:
			v[in.a].target().n = n[in.b]
		case opWriteByte:
			v[in.a].store(number(n[in.b]))
		case opWriteV:
			*v[in.a].target() = v[in.b]
		case opGetField:
			n[in.c] = v[in.a].target().o.f[in.b].n
		case opGetFieldV:
			v[in.c] = v[in.a].target().o.f[in.b]
		case opSetField:
			v[in.a].target().o.f[in.c].n = n[in.b]
		case opSetFieldV:
			v[in.a].target().o.f[in.c] = v[in.b]
		case opGetLocField:
			n[in.c] = v[in.a].o.f[in.b].n
		case opGetLocFieldV:
			v[in.c] = v[in.a].o.f[in.b]
		case opSetLocField:
			v[in.a].o.f[in.c].n = n[in.b]
		case opSetLocFieldV:
			v[in.a].o.f[in.c] = v[in.b]

		case opVecLen:
			n[in.c] = uint64(len(in.vector(v).f))
		case opVecBorrow:
			o := in.vector(v)
			checkIndex(n[in.b], len(o.f))
			v[in.c] = value{n: n[in.b], o: o}
		case opVecGet:
			f := in.vector(v).f
			checkIndex(n[in.b], len(f))
			n[in.c] = f[n[in.b]].n
		case opVecGetV:
			f := in.vector(v).f
			checkIndex(n[in.b], len(f))
			v[in.c] = f[n[in.b]]
		case opVecSet:
			f := in.vector(v).f
			checkIndex(n[in.c], len(f))
			f[n[in.c]].n = n[in.b]
		case opVecGetBytes:
			b := in.vector(v).b
			checkIndex(n[in.b], len(b))
			n[in.c] = uint64(b[n[in.b]])
		case opVecPush:
			m.vecPush(in.vector(v), number(n[in.b]))
		case opVecPushV:
			m.vecPush(in.vector(v), v[in.b])
		case opVecPop:
			n[in.c] = vecPop(in.vector(v)).n
		case opVecPopV:
			v[in.c] = vecPop(in.vector(v))
		case opPack:
			v[in.c] = m.pack(fr, in)
		case opUnpack:
			fr.unpack(in, v[in.a].o.f)
		default:
			m.slow(in, fr)
		}
		continue

	jump: // taken; fuel is charged for the instructions that led to it
		if fr.tall {
			checkStack(fr.base, fr.in.need[in.to])
		}
		u.step(int(in.pc) + 1 - m.start)
		pc, m.start = int(in.d), int(in.to)
		continue

	pass: // not taken
		m.start += int(in.c)
		if fr.tall {
			checkStack(fr.base, fr.in.need[in.pc+1])
		}
	}
}

// checkStack checks that the operands up to the next jump fit.
func checkStack(base int, need uint16) {
	if base+int(need) > maxStackHeight {
		throw(StatusExecutionStack, 0, "operand stack is full")
	}
}

// resolve finds the target of a call that runs for the first time.
func (m *machine) resolve(s *site) *instance {
	in, err := s.resolve(m.s.src)
	if err != nil {
		panic(fault{asError(err)})
	}
	if m.lowered += len(in.fn.def.Code); m.lowered > maxLowered {
		throw(StatusTypeDepth, 0, "program has too many instantiations of generic functions")
	}
	return in
}
