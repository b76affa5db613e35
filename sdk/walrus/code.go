package walrus

import (
	"fmt"
	"math/bits"
	"sync"

	"github.com/klauspost/reedsolomon"
)

// A lineCode extends a line of k symbols to n symbols: the k symbols, then
// n-k recovery symbols, equal to those of reed-solomon-simd 3.1, which Walrus
// uses. That library picks one of two constructions over the same field. With
// ceil2 the next power of two:
//
//   - ceil2(k) ≥ ceil2(n-k), "high rate": recovery symbols sit at the points
//     0…, originals behind them. klauspost/reedsolomon offers exactly this.
//   - otherwise "low rate": with m = ceil2(k), originals sit at the points
//     0…k-1, the points k…m-1 are zero, recovery symbol j sits at m+j.
//
// The points are linear under XOR. So the low-rate recovery symbols from
// (q-1)·m on are what a high-rate code of parity m computes when the originals
// stand alone in its q-th chunk of m data shards, with zeros before them.
type lineCode struct {
	k, n   int
	high   bool
	m      int // ceil2(k); meaningful for low rate
	blocks []codeBlock
}

// A codeBlock computes the recovery symbols [first, first+want).
type codeBlock struct {
	first, want int
	zeros       int // zero data shards in front of the originals
	parity      int // parity shards of enc, ≥ want
	enc         reedsolomon.Encoder
}

// codes are the two codes of one number of shards.
type codes struct{ row, column *lineCode }

var codeCache sync.Map // n shards -> func() *codes

// codesFor returns the codes for p; they are built once and shared.
func codesFor(p Params) *codes {
	f, _ := codeCache.LoadOrStore(p.n, sync.OnceValue(func() *codes {
		return &codes{newLineCode(p.Columns(), p.n), newLineCode(p.Rows(), p.n)}
	}))
	return f.(func() *codes)()
}

// along returns the code that extends a sliver of the axis.
func (c *codes) along(a Axis) *lineCode {
	if a == Primary {
		return c.row
	}
	return c.column
}

func newLineCode(k, n int) *lineCode {
	r := n - k
	c := &lineCode{k: k, n: n, m: ceil2(k), high: ceil2(k) >= ceil2(r)}
	if c.high {
		c.blocks = []codeBlock{{want: r, parity: r, enc: leopard(k, r)}}
		return c
	}
	for first := 0; first < r; first += c.m {
		want := min(c.m, r-first)
		parity := max(want, c.m/2+1) // keeps ceil2(parity) = m
		if first == 0 {
			parity = c.m // this block also decodes, see decode.go
		}
		c.blocks = append(c.blocks, codeBlock{first, want, first, parity, leopard(first+k, parity)})
	}
	return c
}

// leopard returns the GF(2^16) code; its parameters come from Params and are
// always valid.
func leopard(data, parity int) reedsolomon.Encoder {
	enc, err := reedsolomon.New(data, parity, reedsolomon.WithLeopardGF16(true))
	if err != nil {
		panic(fmt.Sprintf("walrus: code %d+%d: %v", data, parity, err))
	}
	return enc
}

// extend computes shards[k:n] from shards[:k]. All have the same length, a
// multiple of 64. ws lends scratch memory.
func (c *lineCode) extend(shards [][]byte, ws *workspace) {
	size := len(shards[0])
	for _, b := range c.blocks {
		in := ws.list[:0]
		if b.zeros > 0 {
			zero := ws.zeros(size)
			for range b.zeros {
				in = append(in, zero)
			}
		}
		in = append(in, shards[:c.k]...)
		in = append(in, shards[c.k+b.first:c.k+b.first+b.want]...)
		for i := range b.parity - b.want {
			in = append(in, ws.spare(i, b.parity-b.want, size))
		}
		if err := b.enc.Encode(in); err != nil {
			panic(fmt.Sprintf("walrus: extend line: %v", err)) // sizes are ours
		}
		ws.list = in
	}
}

// A workspace is one worker's memory: shards of packed symbols, and scratch.
type workspace struct {
	list   [][]byte
	zero   []byte
	extra  []byte
	slab   []byte
	shards [][]byte
}

// lines returns n shards of size bytes.
func (w *workspace) lines(n, size int) [][]byte {
	if cap(w.slab) < n*size {
		w.slab = make([]byte, n*size)
	}
	w.shards = w.shards[:0]
	for i := range n {
		w.shards = append(w.shards, w.slab[i*size:(i+1)*size:(i+1)*size])
	}
	return w.shards
}

func (w *workspace) zeros(size int) []byte {
	if len(w.zero) < size {
		w.zero = make([]byte, size)
	}
	return w.zero[:size]
}

// spare returns the i-th of count scratch shards.
func (w *workspace) spare(i, count, size int) []byte {
	if len(w.extra) < count*size {
		w.extra = make([]byte, count*size)
	}
	return w.extra[i*size : (i+1)*size]
}

// ceil2 returns the least power of two ≥ v, for v ≥ 1.
func ceil2(v int) int { return 1 << bits.Len(uint(v-1)) }
