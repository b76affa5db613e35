package seal

import (
	"crypto/sha3"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/sui"
)

const (
	shareKeyTag   = "SUI-SEAL-IBE-BLS12381-H2-00"
	derivedKeyTag = "SUI-SEAL-IBE-BLS12381-H3-00"
)

// Purposes of a key derived from the shared secret.
const (
	purposeRandomness = 0
	purposeDEM        = 1
)

// shareKey is Seal's H2: the pad of one share. gid is H1 of the full id.
func shareKey(gt *bls12381.GT, nonce [96]byte, gid bls12381.G1Affine, server sui.Address, index uint8) [32]byte {
	h := sha3.New256()
	h.Write([]byte(shareKeyTag))
	h.Write(gtBytes(gt))
	h.Write(nonce[:])
	id := gid.Bytes()
	h.Write(id[:])
	h.Write(server[:])
	h.Write([]byte{index})
	return [32]byte(h.Sum(nil))
}

// gtBytes returns the 576 bytes of a pairing value in the order of blst: the
// six F_p^2 coefficients by power of v, each as c0 then c1, big-endian. gnark's
// own Bytes has another order.
func gtBytes(gt *bls12381.GT) []byte {
	out := make([]byte, 0, 576)
	for _, c := range []*bls12381.E2{
		&gt.C0.B0, &gt.C1.B0, &gt.C0.B1, &gt.C1.B1, &gt.C0.B2, &gt.C1.B2,
	} {
		a0, a1 := c.A0.Bytes(), c.A1.Bytes()
		out = append(append(out, a0[:]...), a1[:]...)
	}
	return out
}

// derivedKey is Seal's H3. It binds the base key to all encrypted shares and
// servers of the object, in their order, repeats included.
func derivedKey(base [32]byte, purpose, threshold uint8, shares [][32]byte, services []Service) [32]byte {
	h := sha3.New256()
	h.Write([]byte(derivedKeyTag))
	h.Write(base[:])
	h.Write([]byte{purpose, threshold})
	for _, s := range shares {
		h.Write(s[:])
	}
	for _, s := range services {
		h.Write(s.Server[:])
	}
	return [32]byte(h.Sum(nil))
}

func xor32(a, b [32]byte) (out [32]byte) {
	for i := range out {
		out[i] = a[i] ^ b[i]
	}
	return out
}
