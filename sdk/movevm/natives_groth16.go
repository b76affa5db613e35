package movevm

import "encoding/binary"

// Abort codes of sui::groth16.
const (
	groth16Key     = 0
	groth16Curve   = 1
	groth16TooMany = 2
)

// maxPublicInputs is Sui's limit on the public inputs of a proof, 32 bytes each.
const maxPublicInputs = 8

var suiGroth16 = map[string]native{
	// The parts of a prepared key are the points for the inputs, e(alpha,
	// beta), -gamma and -delta.
	"prepare_verifying_key_internal": func(c *nativeCall) {
		curve := c.groth16Curve()
		key := c.inputRef(1)
		c.u.work(2*workPairing + workGroupMul*(4+len(key)/32))
		parts, ok := curve.prepare(key)
		if !ok {
			abort(groth16Key)
		}
		out := record(len(parts))
		for i, p := range parts {
			c.u.alloc(sizeObject + len(p))
			out.f[i] = bytesValue(p)
		}
		c.ret(value{o: out})
	},
	// Anything malformed makes a proof false, not an abort.
	"verify_groth16_proof_internal": func(c *nativeCall) {
		curve := c.groth16Curve()
		key := [4][]byte{c.inputRef(1), c.inputRef(2), c.inputRef(3), c.inputRef(4)}
		inputs, proof := c.inputRef(5), c.inputRef(6)
		if len(inputs) > 32*maxPublicInputs {
			abort(groth16TooMany)
		}
		c.u.work(4*workPairing + workGroupMul*(8+len(inputs)/32+len(key[0])/32))
		c.retBool(len(inputs)%32 == 0 && curve.verify(key, inputs, proof))
	},
}

// A groth16Verifier knows one curve. Keys, points and scalars come in the
// compressed form of arkworks; scalars are little endian.
type groth16Verifier interface {
	prepare(verifyingKey []byte) (parts [4][]byte, ok bool)
	verify(preparedKey [4][]byte, inputs, proof []byte) bool
}

func (c *nativeCall) groth16Curve() groth16Verifier {
	switch c.args[0].n {
	case 0:
		return groth16BLS12381{}
	case 1:
		return groth16BN254{}
	}
	abort(groth16Curve)
	return nil
}

// splitKey cuts a verifying key of arkworks: alpha (G1), beta, gamma and delta
// (G2), a count as u64 little endian, and that many points of G1. rest is what
// follows them.
func splitKey(b []byte, g1, g2 int) (alpha, beta, gamma, delta, points, rest []byte, ok bool) {
	head := g1 + 3*g2
	if len(b) < head+8 {
		return
	}
	n := binary.LittleEndian.Uint64(b[head:])
	tail := b[head+8:]
	if n > uint64(len(tail)/g1) {
		return
	}
	size := int(n) * g1
	return b[:g1], b[g1 : g1+g2], b[g1+g2 : g1+2*g2], b[g1+2*g2 : head], tail[:size], tail[size:], true
}

// reversed turns the bytes of a number around.
func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, x := range b {
		out[len(b)-1-i] = x
	}
	return out
}
