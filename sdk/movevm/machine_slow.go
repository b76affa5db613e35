package movevm

// slow executes the operations that are not worth a place in the loop.
func (m *machine) slow(in *instr, fr *frame) {
	n, v := fr.n, fr.v
	switch in.op {
	case opFault:
		throw(StatusValueDepth, 0, "value nests deeper than 128")
	case opAbort:
		throw(StatusAborted, n[in.a], "")
	case opCastWide:
		n[in.c] = castWide(in.n, v[in.a])
	case opCast128:
		v[in.c] = cast128(v[in.a])
	case opWide:
		v[in.c] = m.wide(in, v[in.a], v[in.b])
	case opWideShift:
		v[in.c] = shift(in, v[in.a], n[in.b])
	case opWideLess:
		n[in.c] = bit(less256(v[in.a].limbs(), v[in.b].limbs())) ^ in.n
	case opEqual:
		n[in.c] = bit(m.usage.equal(v[in.a], v[in.b], 0)) ^ in.n
	case opEqualRef:
		n[in.c] = bit(m.usage.equal(v[in.a].load(), v[in.b].load(), 0)) ^ in.n
	case opUnpackVariant:
		fr.unpackVariant(in, v[in.a])
	case opUnpackVariantRef:
		fr.unpackVariantRef(in, *v[in.a].target())
	default:
		m.vector(in, fr)
	}
}

// vector executes the vector operations that are left.
func (m *machine) vector(in *instr, fr *frame) {
	n, v := fr.n, fr.v
	switch in.op {
	case opVecPack, opVecPackBytes:
		v[in.c] = m.vecPack(fr, in)
		return
	case opVecUnpack, opVecUnpackBytes:
		fr.vecUnpack(in, v[in.a].o)
		return
	}
	o := in.vector(v)
	switch in.op {
	case opVecLenBytes:
		n[in.c] = uint64(len(o.b))
	case opVecBorrowBytes:
		checkIndex(n[in.b], len(o.b))
		v[in.c] = value{n: n[in.b], o: o}
	case opVecPushBytes:
		m.vecPushByte(o, byte(n[in.b]))
	case opVecPopBytes:
		n[in.c] = uint64(vecPopByte(o))
	case opVecSwap, opVecSwapBytes:
		vecSwap(in, o, n[in.b], n[in.c])
	case opVecSetV:
		checkIndex(n[in.c], len(o.f))
		o.f[n[in.c]] = v[in.b]
	case opVecSetBytes:
		checkIndex(n[in.c], len(o.b))
		o.b[n[in.c]] = byte(n[in.b])
	default:
		throw(StatusInvariant, 0, "unknown operation")
	}
}

// bytesOf is the content of a vector<u8>, which the caller must not change.
func bytesOf(v value) []byte { return v.o.b }
