package movevm

import (
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Group types of sui::group_ops for BLS12-381.
const (
	groupScalar         = 0 // 32 bytes, big endian
	groupG1             = 1 // 48 bytes, compressed
	groupG2             = 2 // 96 bytes, compressed
	groupGT             = 3 // 576 bytes
	groupUncompressedG1 = 4 // 96 bytes
)

// Abort codes of sui::group_ops. A group that an operation does not know is
// invalid input, too; 0 belongs to features that are switched off.
const (
	groupInvalid = 1
	groupTooLong = 2
)

// Sui's limits on the lengths of sums.
const (
	maxMultiScalar = 32
	maxSum         = 1200
)

var suiGroupOps = map[string]native{
	// internal_validate(type u8, &bytes): bool
	"internal_validate": func(c *nativeCall) {
		c.u.work(workGroupMul)
		c.retBool(validElement(c.args[0].n, c.inputRef(1)))
	},
	// internal_add(type u8, &a, &b): bytes
	"internal_add": func(c *nativeCall) {
		c.u.work(workGroupAdd)
		a, b := c.element(1), c.element(2)
		c.retBytes(a.add(b).bytes())
	},
	"internal_sub": func(c *nativeCall) {
		c.u.work(workGroupAdd)
		a, b := c.element(1), c.element(2)
		c.retBytes(a.add(b.neg()).bytes())
	},
	// internal_mul(type u8, &scalar, &element): bytes
	"internal_mul": func(c *nativeCall) {
		c.u.work(workGroupMul)
		k := c.scalar(1)
		c.retBytes(c.element(2).mul(k).bytes())
	},
	// internal_div(type u8, &scalar, &element): bytes
	"internal_div": func(c *nativeCall) {
		c.u.work(workGroupMul)
		k := c.scalar(1)
		if k.IsZero() {
			abort(groupInvalid)
		}
		c.retBytes(c.element(2).mul(*k.Inverse(&k)).bytes())
	},
	// internal_hash_to(type u8, &msg): bytes
	"internal_hash_to": func(c *nativeCall) {
		c.u.work(workHashTo)
		c.retBytes(hashTo(c.args[0].n, c.inputRef(1)))
	},
	// internal_multi_scalar_mul(type u8, &scalars, &elements): bytes
	"internal_multi_scalar_mul": func(c *nativeCall) { c.multiScalarMul() },
	// internal_pairing(type u8 of the first, &g1, &g2): GT bytes
	"internal_pairing": func(c *nativeCall) {
		c.u.work(workPairing)
		if c.args[0].n != groupG1 {
			abort(groupInvalid)
		}
		p, ok1 := parseG1(c.inputRef(1))
		q, ok2 := parseG2(c.inputRef(2))
		if !ok1 || !ok2 {
			abort(groupInvalid)
		}
		gt, err := bls.Pair([]bls.G1Affine{p}, []bls.G2Affine{q})
		if err != nil {
			abort(groupInvalid)
		}
		c.retBytes(gtBytes(&gt))
	},
	// internal_convert(from u8, to u8, &element): bytes
	"internal_convert": func(c *nativeCall) {
		c.u.work(workGroupAdd)
		from, to, b := c.args[0].n, c.args[1].n, c.inputRef(2)
		switch {
		case from == groupG1 && to == groupUncompressedG1:
			e := parseElement(groupG1, b)
			raw := e.g1.RawBytes()
			c.retBytes(raw[:])
		case from == groupUncompressedG1 && to == groupG1:
			c.retBytes(element{group: groupG1, g1: parseUncompressed(b)}.bytes())
		default:
			abort(groupInvalid)
		}
	},
	// internal_sum(type u8, &vector<vector<u8>>): bytes
	"internal_sum": func(c *nativeCall) {
		if c.args[0].n != groupUncompressedG1 {
			abort(groupInvalid)
		}
		list := c.args[1].load().o.f
		if len(list) > maxSum {
			abort(groupTooLong)
		}
		c.u.work(workGroupAdd * (1 + len(list)))
		var sum bls.G1Affine
		for _, v := range list {
			p := parseUncompressed(bytesOf(v))
			sum.Add(&sum, &p)
		}
		raw := sum.RawBytes()
		c.retBytes(raw[:])
	},
}

// An element is a member of one of the groups. Bytes that come from a Move
// Element have been validated before; they are checked again all the same.
type element struct {
	group uint64
	k     fr.Element
	g1    bls.G1Affine
	g2    bls.G2Affine
	gt    bls.GT
}

func (c *nativeCall) element(i int) element { return parseElement(c.args[0].n, c.inputRef(i)) }

func (c *nativeCall) scalar(i int) fr.Element { return parseElement(groupScalar, c.inputRef(i)).k }

func validElement(group uint64, b []byte) bool {
	switch group {
	case groupScalar:
		var k fr.Element
		return len(b) == fr.Bytes && k.SetBytesCanonical(b) == nil
	case groupG1:
		_, ok := parseG1(b)
		return ok
	case groupG2:
		_, ok := parseG2(b)
		return ok
	}
	return false
}

func parseElement(group uint64, b []byte) element {
	e, ok := element{group: group}, false
	switch group {
	case groupScalar:
		ok = len(b) == fr.Bytes && e.k.SetBytesCanonical(b) == nil
	case groupG1:
		e.g1, ok = parseG1(b)
	case groupG2:
		e.g2, ok = parseG2(b)
	case groupGT:
		ok = setGT(&e.gt, b)
	default:
		abort(groupInvalid)
	}
	if !ok {
		abort(groupInvalid)
	}
	return e
}

func parseUncompressed(b []byte) (p bls.G1Affine) {
	if len(b) != bls.SizeOfG1AffineUncompressed || b[0]&0x80 != 0 {
		abort(groupInvalid)
	}
	if _, err := p.SetBytes(b); err != nil {
		abort(groupInvalid)
	}
	return p
}

func (e element) bytes() []byte {
	switch e.group {
	case groupScalar:
		b := e.k.Bytes()
		return b[:]
	case groupG1:
		b := e.g1.Bytes()
		return b[:]
	case groupG2:
		b := e.g2.Bytes()
		return b[:]
	}
	return gtBytes(&e.gt)
}

// add writes GT, which is multiplicative, additively as Move does.
func (e element) add(f element) element {
	e.k.Add(&e.k, &f.k)
	switch e.group {
	case groupG1:
		e.g1.Add(&e.g1, &f.g1)
	case groupG2:
		e.g2.Add(&e.g2, &f.g2)
	case groupGT:
		e.gt.Mul(&e.gt, &f.gt)
	}
	return e
}

func (e element) neg() element {
	e.k.Neg(&e.k)
	switch e.group {
	case groupG1:
		e.g1.Neg(&e.g1)
	case groupG2:
		e.g2.Neg(&e.g2)
	case groupGT:
		e.gt.Inverse(&e.gt)
	}
	return e
}

func (e element) mul(k fr.Element) element {
	n := k.BigInt(new(big.Int))
	e.k.Mul(&e.k, &k)
	switch e.group {
	case groupG1:
		e.g1.ScalarMultiplication(&e.g1, n)
	case groupG2:
		e.g2.ScalarMultiplication(&e.g2, n)
	case groupGT:
		e.gt.Exp(e.gt, n)
	}
	return e
}

func hashTo(group uint64, msg []byte) []byte {
	if len(msg) == 0 {
		abort(groupInvalid)
	}
	e, err := element{group: group}, error(nil)
	switch group {
	case groupG1:
		e.g1, err = bls.HashToG1(msg, dstG1)
	case groupG2:
		e.g2, err = bls.HashToG2(msg, dstG2)
	default:
		abort(groupInvalid)
	}
	if err != nil {
		abort(groupInvalid)
	}
	return e.bytes()
}

// multiScalarMul sums the products of concatenated scalars and elements.
func (c *nativeCall) multiScalarMul() {
	group, scalars, elements := c.args[0].n, c.inputRef(1), c.inputRef(2)
	size := map[uint64]int{groupG1: bls.SizeOfG1AffineCompressed, groupG2: bls.SizeOfG2AffineCompressed}[group]
	if size == 0 {
		abort(groupInvalid)
	}
	n := len(scalars) / fr.Bytes
	if n == 0 || len(scalars)%fr.Bytes != 0 || len(elements) != n*size {
		abort(groupInvalid)
	}
	if n > maxMultiScalar {
		abort(groupTooLong)
	}
	c.u.work(workGroupMul * n)
	sum := element{group: group}
	for i := range n {
		k := parseElement(groupScalar, scalars[i*fr.Bytes:][:fr.Bytes]).k
		sum = sum.add(parseElement(group, elements[i*size:][:size]).mul(k))
	}
	c.retBytes(sum.bytes())
}

// gtParts are the twelve coordinates of GT in the order of Sui's bytes: for
// fp2 coefficient i, fp6 j and fp k, fp6[j].fp2[i].fp[k].
func gtParts(z *bls.GT) [12]*fp.Element {
	return [12]*fp.Element{
		&z.C0.B0.A0, &z.C0.B0.A1, &z.C1.B0.A0, &z.C1.B0.A1,
		&z.C0.B1.A0, &z.C0.B1.A1, &z.C1.B1.A0, &z.C1.B1.A1,
		&z.C0.B2.A0, &z.C0.B2.A1, &z.C1.B2.A0, &z.C1.B2.A1,
	}
}

func gtBytes(z *bls.GT) []byte {
	out := make([]byte, 0, bls.SizeOfGT)
	for _, part := range gtParts(z) {
		b := part.Bytes()
		out = append(out, b[:]...)
	}
	return out
}

// setGT reads an element of GT: twelve canonical coordinates, in the subgroup.
func setGT(z *bls.GT, b []byte) bool {
	if len(b) != bls.SizeOfGT {
		return false
	}
	for i, part := range gtParts(z) {
		if part.SetBytesCanonical(b[i*fp.Bytes:][:fp.Bytes]) != nil {
			return false
		}
	}
	return z.IsInSubGroup()
}
