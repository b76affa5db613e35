package movevm

import (
	"math/big"
	"slices"

	"github.com/iden3/go-iden3-crypto/poseidon"
)

// Abort codes of sui::poseidon.
const (
	poseidonNonCanonical = 0
	poseidonTooMany      = 2
)

const maxPoseidonInputs = 16

var suiPoseidon = map[string]native{
	// the elements of BN254's scalar field are 32 bytes each, little endian
	"poseidon_bn254_internal": func(c *nativeCall) {
		list := c.args[0].load().o.f
		if len(list) > maxPoseidonInputs {
			abort(poseidonTooMany)
		}
		c.u.work(workPoseidon * (1 + len(list)))
		var in []*big.Int
		for _, v := range list {
			b := slices.Clone(bytesOf(v))
			if len(b) != 32 {
				abort(poseidonNonCanonical)
			}
			slices.Reverse(b)
			in = append(in, new(big.Int).SetBytes(b))
		}
		h, err := poseidon.Hash(in) // refuses no inputs, and those that are not below the field's order
		if err != nil {
			abort(poseidonNonCanonical)
		}
		out := h.FillBytes(make([]byte, 32))
		slices.Reverse(out)
		c.retBytes(out)
	},
}
