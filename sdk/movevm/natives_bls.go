package movevm

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// The domain separation tags of BLS signatures on Sui (the basic scheme of the
// IETF draft), used for hashing to groups as well.
var (
	dstG1 = []byte("BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_")
	dstG2 = []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_")
)

var suiBLS = map[string]native{
	// bls12381_min_sig_verify(signature 48 B, public_key 96 B, msg &vector<u8>): bool
	"bls12381_min_sig_verify": func(c *nativeCall) {
		c.u.work(2*workPairing + workHashTo)
		c.retBool(verifyMinSig(c.inputRef(0), c.inputRef(1), c.inputRef(2)))
	},
	// bls12381_min_pk_verify(signature 96 B, public_key 48 B, msg &vector<u8>): bool
	"bls12381_min_pk_verify": func(c *nativeCall) {
		c.u.work(2*workPairing + workHashTo)
		c.retBool(verifyMinPK(c.inputRef(0), c.inputRef(1), c.inputRef(2)))
	},
}

// verifyMinSig checks e(sig, g2) = e(H(msg), pk). Anything malformed, a point
// outside of its subgroup and the identity as a key are false.
func verifyMinSig(sig, pk, msg []byte) bool {
	s, ok := parseG1(sig)
	if !ok {
		return false
	}
	k, ok := parseG2(pk)
	if !ok || k.IsInfinity() {
		return false
	}
	h, err := bls.HashToG1(msg, dstG1)
	if err != nil {
		return false
	}
	_, _, _, g2 := bls.Generators()
	s.Neg(&s)
	ok, err = bls.PairingCheck([]bls.G1Affine{s, h}, []bls.G2Affine{g2, k})
	return ok && err == nil
}

// verifyMinPK checks e(g1, sig) = e(pk, H(msg)).
func verifyMinPK(sig, pk, msg []byte) bool {
	s, ok := parseG2(sig)
	if !ok {
		return false
	}
	k, ok := parseG1(pk)
	if !ok || k.IsInfinity() {
		return false
	}
	h, err := bls.HashToG2(msg, dstG2)
	if err != nil {
		return false
	}
	_, _, g1, _ := bls.Generators()
	k.Neg(&k)
	ok, err = bls.PairingCheck([]bls.G1Affine{g1, k}, []bls.G2Affine{s, h})
	return ok && err == nil
}

// parseG1 reads a compressed point of the subgroup.
func parseG1(b []byte) (p bls.G1Affine, ok bool) {
	if len(b) != bls.SizeOfG1AffineCompressed || b[0]&0x80 == 0 {
		return p, false
	}
	_, err := p.SetBytes(b)
	return p, err == nil
}

// parseG2 reads a compressed point of the subgroup.
func parseG2(b []byte) (p bls.G2Affine, ok bool) {
	if len(b) != bls.SizeOfG2AffineCompressed || b[0]&0x80 == 0 {
		return p, false
	}
	_, err := p.SetBytes(b)
	return p, err == nil
}
