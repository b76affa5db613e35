package movevm

import (
	"crypto/sha512"

	"github.com/gtank/ristretto255"
)

// Abort codes of sui::ecvrf.
const (
	ecvrfHash      = 1
	ecvrfPublicKey = 2
	ecvrfProof     = 3
)

// Sui's suite of the ECVRF of RFC 9381 (draft 15): ristretto255 with SHA-512.
// fastcrypto chose the suite string; the RFC has none for this group.
var (
	ecvrfSuite = []byte("sui_vrf")
	ecvrfDST   = []byte("ECVRF_ristretto255_XMD:SHA-512_R255MAP_RO_sui_vrf")
)

var suiECVRF = map[string]native{
	"ecvrf_verify": func(c *nativeCall) {
		c.u.work(4 * workSignature)
		hash, alpha, key, proof := c.inputRef(0), c.inputRef(1), c.inputRef(2), c.inputRef(3)
		if len(hash) != sha512.Size {
			abort(ecvrfHash)
		}
		pk := ristretto255.NewElement()
		if len(key) != 32 || pk.Decode(key) != nil {
			abort(ecvrfPublicKey)
		}
		p, ok := parseECVRFProof(proof)
		if !ok {
			abort(ecvrfProof)
		}
		c.retBool(p.verify(pk, alpha) && string(p.hash()) == string(hash))
	},
}

// A vrfProof is gamma (32 bytes), challenge (16) and response (32).
type vrfProof struct {
	gamma     *ristretto255.Element
	challenge []byte
	c, s      *ristretto255.Scalar
}

func parseECVRFProof(b []byte) (p vrfProof, ok bool) {
	if len(b) != 80 {
		return p, false
	}
	p = vrfProof{ristretto255.NewElement(), b[32:48], ristretto255.NewScalar(), ristretto255.NewScalar()}
	var c [32]byte
	copy(c[:], p.challenge)
	return p, p.gamma.Decode(b[:32]) == nil && p.c.Decode(c[:]) == nil && p.s.Decode(b[48:]) == nil
}

// verify follows section 5.3 of the RFC: U = s·B - c·Y, V = s·H - c·Γ, and c
// must be the hash of all points.
func (p vrfProof) verify(pk *ristretto255.Element, alpha []byte) bool {
	if pk.Equal(ristretto255.NewElement()) == 1 {
		return false
	}
	h := ristretto255.NewElement().FromUniformBytes(expandXMD512(append(pk.Encode(nil), alpha...), ecvrfDST))
	minusC := ristretto255.NewScalar().Negate(p.c)
	u := ristretto255.NewElement().VarTimeDoubleScalarBaseMult(minusC, pk, p.s)
	v := ristretto255.NewElement().VarTimeMultiScalarMult([]*ristretto255.Scalar{p.s, minusC}, []*ristretto255.Element{h, p.gamma})
	d := sha512.New()
	d.Write(ecvrfSuite)
	d.Write([]byte{2})
	for _, e := range []*ristretto255.Element{pk, h, p.gamma, u, v} {
		d.Write(e.Encode(nil))
	}
	d.Write([]byte{0})
	return string(d.Sum(nil)[:16]) == string(p.challenge)
}

// hash is the output of the function, section 5.2.
func (p vrfProof) hash() []byte {
	d := sha512.New()
	d.Write(ecvrfSuite)
	d.Write([]byte{3})
	d.Write(p.gamma.Encode(nil))
	d.Write([]byte{0})
	return d.Sum(nil)
}

// expandXMD512 is expand_message_xmd of RFC 9380 with SHA-512 for 64 bytes,
// which need one block.
func expandXMD512(msg, dst []byte) []byte {
	suffix := append(append([]byte{}, dst...), byte(len(dst)))
	d := sha512.New()
	d.Write(make([]byte, sha512.BlockSize))
	d.Write(msg)
	d.Write([]byte{0, sha512.Size, 0})
	d.Write(suffix)
	b0 := d.Sum(nil)
	d.Reset()
	d.Write(b0)
	d.Write([]byte{1})
	d.Write(suffix)
	return d.Sum(nil)
}
