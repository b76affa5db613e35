package walrus

import (
	"fmt"

	"github.com/klauspost/reedsolomon"
)

// restorer returns a function that computes the unknown originals of a line
// from the symbols whose sorted indices are known, at least k of them. The
// function takes n shards, with length 0 where unknown (their capacity is
// used), and is safe for concurrent use.
func (c *lineCode) restorer(known []int) func(shards [][]byte) {
	enc, total := c.blocks[0].enc, c.n
	if !c.high {
		total = c.k + c.m // what the first block covers, of n at most
	}
	if known[c.k-1] < total {
		return func(shards [][]byte) {
			in := make([][]byte, total)
			copy(in, shards)
			if err := enc.ReconstructData(in); err != nil {
				panic(fmt.Sprintf("walrus: restore line: %v", err)) // counts and sizes are ours
			}
			copy(shards[:c.k], in[:c.k])
		}
	}
	return newInterpolation(c, known[:c.k]).restore
}

// An interpolation restores originals of a low-rate code whose known symbols
// reach beyond its first block. The line is a polynomial of degree below m,
// known at k points and zero at m-k more; Lagrange's formula gives its value at
// every other point. Field elements are the points' indices in Leopard's
// basis, so that addition is XOR and GF16Mul multiplies.
type interpolation struct {
	known   []int
	missing []int
	factor  [][]uint16 // of known symbol i for missing original j
}

func newInterpolation(c *lineCode, known []int) *interpolation {
	in := &interpolation{known: known}
	have := make(map[int]bool, len(known))
	points := make([]uint16, 0, c.m)
	for _, i := range known {
		have[i] = true
		points = append(points, c.point(i))
	}
	for z := c.k; z < c.m; z++ {
		points = append(points, uint16(z))
	}
	for i := range c.k {
		if !have[i] {
			in.missing = append(in.missing, i)
		}
	}
	var gf reedsolomon.LowLevel
	at := make([]uint16, len(in.missing)) // product of the distances to all points
	for j, t := range in.missing {
		at[j] = 1
		for _, x := range points {
			at[j] = gf.GF16Mul(at[j], c.point(t)^x)
		}
	}
	for i, x := range points[:len(known)] {
		weight := uint16(1)
		for k, y := range points {
			if k != i {
				weight = gf.GF16Mul(weight, x^y)
			}
		}
		row := make([]uint16, len(in.missing))
		for j, t := range in.missing {
			row[j] = gf.GF16Mul(at[j], inverse16(gf.GF16Mul(weight, c.point(t)^x)))
		}
		in.factor = append(in.factor, row)
	}
	return in
}

// point returns the evaluation point of symbol i of a low-rate line.
func (c *lineCode) point(i int) uint16 {
	if i < c.k {
		return uint16(i)
	}
	return uint16(c.m + i - c.k)
}

// restore adds up the known symbols, eight originals at a time.
func (in *interpolation) restore(shards [][]byte) {
	var gf reedsolomon.LowLevel
	size := len(shards[in.known[0]])
	waste := make([]byte, size)
	for j := 0; j < len(in.missing); j += 8 {
		var outs [8][]byte
		for l := range outs {
			outs[l] = waste
			if j+l < len(in.missing) {
				t := in.missing[j+l]
				shards[t] = shards[t][:size]
				clear(shards[t])
				outs[l] = shards[t]
			}
		}
		for i, index := range in.known {
			var factors [8]uint16
			copy(factors[:], in.factor[i][j:])
			gf.GF16MulSliceXor8(&factors, shards[index], &outs)
		}
	}
}

// inverse16 returns a^(2^16-2), the inverse of a ≠ 0.
func inverse16(a uint16) uint16 {
	var gf reedsolomon.LowLevel
	r := uint16(1)
	for range 15 {
		a = gf.GF16Mul(a, a)
		r = gf.GF16Mul(r, a)
	}
	return r
}
