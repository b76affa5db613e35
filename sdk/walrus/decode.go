package walrus

import (
	"errors"
	"fmt"
	"sort"
)

// Errors of decoding.
var (
	// ErrNotEnoughSlivers means that more slivers of the axis are needed.
	ErrNotEnoughSlivers = errors.New("not enough slivers")
	// ErrInconsistent means that the blob's creator encoded it wrongly: its
	// slivers match its metadata, yet do not form one blob. It has no content.
	ErrInconsistent = errors.New("blob is encoded inconsistently by its creator and has no content")
)

// decodeBatchBytes is the shard length per call of the decoder, which has a
// fixed cost of about a millisecond.
const decodeBatchBytes = 32 << 10

// Decode restores a blob from slivers of one axis: at least [Params.Rows]
// distinct primary or [Params.Columns] distinct secondary ones. Each must have
// passed [Metadata.VerifySliver]. Follow it with [Metadata.CheckSystematic] or
// [Metadata.CheckBlob]: slivers that are right one by one need not form a blob.
func Decode(m *Metadata, slivers []*Sliver) ([]byte, error) {
	p, err := m.Params()
	if err != nil {
		return nil, err
	}
	ss, err := p.SymbolSize(m.Size)
	if err != nil {
		return nil, err
	}
	if len(slivers) == 0 {
		return nil, fmt.Errorf("decode blob: %w: have none", ErrNotEnoughSlivers)
	}
	axis := slivers[0].Axis
	known := make(map[int]*Sliver, len(slivers))
	for _, s := range slivers {
		if s.Axis != axis {
			return nil, errors.New("decode blob: primary and secondary slivers are mixed, pass one axis")
		}
		if s.Index < 0 || s.Index >= p.n || s.SymbolSize != ss || len(s.Data) != ss*p.SliverSymbols(axis) {
			return nil, fmt.Errorf("decode blob: %w: %s sliver %d has a wrong shape", ErrBadSliver, axis, s.Index)
		}
		known[s.Index] = s
	}
	if need := p.needed(axis); len(known) < need {
		return nil, fmt.Errorf("decode blob: %w: have %d distinct %s ones, need %d", ErrNotEnoughSlivers, len(known), axis, need)
	}
	d := &decoder{p: p, ss: ss, axis: axis, known: known, out: make([]byte, p.Rows()*p.Columns()*ss)}
	d.copyKnown()
	d.restoreMissing()
	return d.out[:m.Size], nil
}

// CheckSystematic is Walrus' default consistency check of a decoded blob: its
// source rows must have the hashes of the metadata. It errs with
// ErrInconsistent.
func (m *Metadata) CheckSystematic(data []byte) error {
	p, err := m.Params()
	if err != nil {
		return err
	}
	ss, err := p.SymbolSize(m.Size)
	if err != nil {
		return err
	}
	if uint64(len(data)) != m.Size {
		return fmt.Errorf("check blob: %d bytes, metadata says %d", len(data), m.Size)
	}
	rowSize := p.Columns() * ss
	bad := make([]bool, p.Rows())
	parallel(p.Rows(), func(_ *worker, r int) {
		row := make([]byte, rowSize)
		if r*rowSize < len(data) {
			copy(row, data[r*rowSize:])
		}
		s := &Sliver{Axis: Primary, Index: r, SymbolSize: ss, Data: row}
		bad[r] = sliverRoot(p, s) != m.Pairs[r].Primary
	})
	for r, b := range bad {
		if b {
			return fmt.Errorf("check row %d of the decoded blob: %w", r, ErrInconsistent)
		}
	}
	return nil
}

// CheckBlob is Walrus' strict consistency check: it encodes the decoded blob
// again and compares the blob id. It errs with ErrInconsistent.
func (m *Metadata) CheckBlob(data []byte) error {
	got, err := ComputeBlobID(len(m.Pairs), data)
	if err != nil {
		return err
	}
	if want := m.BlobID(); got != want {
		return fmt.Errorf("check blob %s: its content has the id %s: %w", want, got, ErrInconsistent)
	}
	return nil
}

// decoder is the state of one Decode.
type decoder struct {
	p     Params
	ss    int
	axis  Axis
	known map[int]*Sliver
	out   []byte // P×S symbols, row-major
}

// place returns where symbol pos of the line with the given index stands in
// out, and the distance to the line's next symbol.
func (d *decoder) place(index, pos int) (at []byte, stride int) {
	if d.axis == Primary {
		return d.out[(index*d.p.Columns()+pos)*d.ss:], d.ss
	}
	return d.out[(pos*d.p.Columns()+index)*d.ss:], d.p.Columns() * d.ss
}

// copyKnown writes the source lines that need no decoding.
func (d *decoder) copyKnown() {
	for index, s := range d.known {
		if index >= d.p.needed(d.axis) {
			continue
		}
		for pos := range d.p.SliverSymbols(d.axis) {
			at, _ := d.place(index, pos)
			copy(at[:d.ss], s.Data[pos*d.ss:])
		}
	}
}

// restoreMissing computes the source lines that are not known. The lines of
// one axis are extended by the code of the other.
func (d *decoder) restoreMissing() {
	code := codesFor(d.p).along(1 - d.axis)
	known := make([]int, 0, len(d.known))
	for i := range d.known {
		known = append(known, i)
	}
	sort.Ints(known)
	if known[code.k-1] == code.k-1 {
		return // all source lines are there
	}
	restore := code.restorer(known)
	symbols := d.p.SliverSymbols(d.axis)
	batch := max(1, min(decodeBatchBytes/d.ss, (symbols+workers()-1)/workers()))
	parallel((symbols+batch-1)/batch, func(w *worker, i int) {
		pos := i * batch
		count := min(batch, symbols-pos)
		shards := w.lines(code.n, packedSize(d.ss, count))
		for i := range shards {
			if s := d.known[i]; s != nil {
				pack(shards[i], s.Data[pos*d.ss:], d.ss, d.ss, count)
			} else {
				shards[i] = shards[i][:0]
			}
		}
		restore(shards)
		for i := range code.k {
			if d.known[i] == nil {
				at, stride := d.place(i, pos)
				unpack(at, shards[i], stride, d.ss, count)
			}
		}
	})
}
