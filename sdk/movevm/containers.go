package movevm

// What Move does with structs, enums and vectors.

// Sub statuses of StatusVector.
const (
	vectorIndex  = 1
	vectorPop    = 2
	vectorUnpack = 3
	vectorLong   = 4
)

// target is the place that a reference names, which is not a byte of a
// vector<u8>.
func (v value) target() *value { return &v.o.f[v.n] }

// vector is the vector that an operation is about: a local, or what a reference
// names.
func (in *instr) vector(v []value) *object {
	if in.d != 0 {
		return v[in.a].o
	}
	return v[in.a].target().o
}

func (fr *frame) get(r reg) value {
	if r&inV != 0 {
		return fr.v[r&^inV]
	}
	return number(fr.n[r])
}

func (fr *frame) set(r reg, v value) {
	if r&inV != 0 {
		fr.v[r&^inV] = v
		return
	}
	fr.n[r] = v.n
}

// pack makes the struct of Pack or the enum of PackVariant. One without fields
// needs no object.
func (m *machine) pack(fr *frame, in *instr) value {
	list := fr.in.lists[in.d]
	if len(list) == 0 {
		return value{n: in.n}
	}
	m.usage.alloc(sizeObject + sizeValue*len(list))
	o := m.usage.slab.record(len(list))
	for i, r := range list {
		o.f[i] = fr.get(r)
	}
	return value{n: in.n, o: o}
}

// unpack takes a struct, a variant or a vector apart.
func (fr *frame) unpack(in *instr, fields []value) {
	for i, r := range fr.in.lists[in.d] {
		fr.set(r, fields[i])
	}
}

// unpackVariant is UnpackVariant.
func (fr *frame) unpackVariant(in *instr, v value) {
	checkTag(v, in.n)
	if v.o != nil {
		fr.unpack(in, v.o.f)
	}
}

// unpackVariantRef is UnpackVariantImmRef and UnpackVariantMutRef.
func (fr *frame) unpackVariantRef(in *instr, v value) {
	checkTag(v, in.n)
	for i, r := range fr.in.lists[in.d] {
		fr.set(r, value{n: uint64(i), o: v.o})
	}
}

func checkTag(v value, tag uint64) {
	if v.n != tag {
		throw(StatusVariantMismatch, 0, "enum holds another variant")
	}
}

// returns are the results of the outermost frame.
func (fr *frame) returns(in *instr) []value {
	switch in.op {
	case opRetN:
		return []value{number(fr.n[in.a])}
	case opRetV:
		return []value{fr.v[in.a]}
	}
	var out []value
	for _, r := range fr.in.lists[in.d] {
		out = append(out, fr.get(r))
	}
	return out
}

// giveBack moves results to the frame of the caller.
func (fr *frame) giveBack(in *instr, to *frame, results []reg) {
	for i, r := range fr.in.lists[in.d] {
		to.set(results[i], fr.get(r))
	}
}

// vecPack makes a vector of registers.
func (m *machine) vecPack(fr *frame, in *instr) value {
	list := fr.in.lists[in.d]
	m.usage.alloc(sizeObject + sizeValue*len(list))
	if in.op == opVecPackBytes {
		b := make([]byte, len(list))
		for i, r := range list {
			b[i] = byte(fr.n[r])
		}
		return bytesValue(b)
	}
	o := m.usage.slab.record(len(list))
	for i, r := range list {
		o.f[i] = fr.get(r)
	}
	return value{o: o}
}

// vecUnpack is VecUnpack.
func (fr *frame) vecUnpack(in *instr, o *object) {
	if have := uint64(max(len(o.f), len(o.b))); have != in.n {
		throw(StatusVector, vectorUnpack, "vector has another length")
	}
	if in.op == opVecUnpack {
		fr.unpack(in, o.f)
		return
	}
	for i, r := range fr.in.lists[in.d] {
		fr.n[r] = uint64(o.b[i])
	}
}

func checkIndex(i uint64, n int) {
	if i >= uint64(n) {
		throwIndex()
	}
}

func throwIndex() { throw(StatusVector, vectorIndex, "index is out of range") }

// vecPush is VecPushBack.
func (m *machine) vecPush(o *object, v value) {
	if len(o.f) == cap(o.f) {
		m.vecGrow(o)
	}
	if len(o.f) >= maxVectorLen {
		throwLong()
	}
	o.f = append(o.f, v)
}

// vecGrow charges for the room that append is about to make.
func (m *machine) vecGrow(o *object) {
	if len(o.f) < maxVectorLen {
		m.usage.alloc(sizeValue * (len(o.f) + 4))
	}
}

func throwLong() { throw(StatusVector, vectorLong, "vector is too long") }

func (m *machine) vecPushByte(o *object, c byte) {
	if len(o.b) >= maxVectorLen {
		throwLong()
	}
	if len(o.b) == cap(o.b) {
		m.usage.alloc(len(o.b) + 8)
	}
	o.b = append(o.b, c)
}

// vecPop is VecPopBack.
func vecPop(o *object) value {
	last := len(o.f) - 1
	if last < 0 {
		throwEmpty()
	}
	v := o.f[last]
	o.f[last] = value{}
	o.f = o.f[:last]
	return v
}

func throwEmpty() { throw(StatusVector, vectorPop, "vector is empty") }

func vecPopByte(o *object) byte {
	last := len(o.b) - 1
	if last < 0 {
		throwEmpty()
	}
	c := o.b[last]
	o.b = o.b[:last]
	return c
}

// vecSwap is VecSwap.
func vecSwap(in *instr, o *object, i, j uint64) {
	if in.op == opVecSwapBytes {
		checkIndex(max(i, j), len(o.b))
		o.b[i], o.b[j] = o.b[j], o.b[i]
		return
	}
	checkIndex(max(i, j), len(o.f))
	o.f[i], o.f[j] = o.f[j], o.f[i]
}
