package walrus

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// ErrBadSliver means that a sliver is not the one that the metadata promises.
var ErrBadSliver = errors.New("sliver does not match the blob's metadata")

// A Sliver is a row (primary) or a column (secondary) of the matrix.
type Sliver struct {
	Axis       Axis
	Index      int // in its own axis, not of its pair
	SymbolSize int // bytes
	Data       []byte
}

// MarshalBCS writes SliverData, the body of PUT and GET sliver. The axis is
// not part of it.
func (s *Sliver) MarshalBCS(e *bcs.Encoder) {
	e.Bytes(s.Data)
	e.U16(uint16(s.SymbolSize))
	e.U16(uint16(s.Index))
}

// UnmarshalBCS reads SliverData; s.Axis stays as it is.
func (s *Sliver) UnmarshalBCS(d *bcs.Decoder) {
	s.Data = d.Bytes()
	s.SymbolSize = int(d.U16())
	s.Index = int(d.U16())
	switch {
	case d.Err() != nil:
	case s.SymbolSize == 0 || s.SymbolSize%2 != 0:
		d.Fail(fmt.Errorf("sliver with symbols of %d bytes, want an even number from 2", s.SymbolSize))
	case len(s.Data) == 0 || len(s.Data)%s.SymbolSize != 0:
		d.Fail(fmt.Errorf("sliver of %d bytes is not made of symbols of %d bytes", len(s.Data), s.SymbolSize))
	}
}

// VerifySliver checks the sliver's shape, extends it to n symbols and compares
// their Merkle root with the hash of its pair. Errors wrap ErrBadSliver. It
// costs one Reed-Solomon line and 2n hashes.
func (m *Metadata) VerifySliver(s *Sliver) error {
	p, err := m.Params()
	if err != nil {
		return err
	}
	ss, err := p.SymbolSize(m.Size)
	if err != nil {
		return err
	}
	switch want := p.SliverSymbols(s.Axis) * ss; {
	case s.Index < 0 || s.Index >= p.n:
		return fmt.Errorf("%w: %s sliver %d of %d", ErrBadSliver, s.Axis, s.Index, p.n)
	case s.SymbolSize != ss:
		return fmt.Errorf("%w: symbols of %d bytes, want %d", ErrBadSliver, s.SymbolSize, ss)
	case len(s.Data) != want:
		return fmt.Errorf("%w: %d bytes, want %d", ErrBadSliver, len(s.Data), want)
	}
	if sliverRoot(p, s) != m.hashOf(p, s.Axis, s.Index) {
		return fmt.Errorf("%w: the hash of %s sliver %d differs, its data was changed", ErrBadSliver, s.Axis, s.Index)
	}
	return nil
}

// hashOf returns the hash that a sliver must have.
func (m *Metadata) hashOf(p Params, a Axis, sliver int) Hash {
	pair := m.Pairs[p.PairIndex(a, sliver)]
	if a == Primary {
		return pair.Primary
	}
	return pair.Secondary
}

// sliverRoot returns the Merkle root over the n symbols of the sliver's line.
func sliverRoot(p Params, s *Sliver) Hash {
	line := extendSliver(p, s)
	var h hasher
	level := make([]Hash, p.n, p.n+1)
	for i := range level {
		level[i] = h.leaf(line[i*s.SymbolSize : (i+1)*s.SymbolSize])
	}
	return h.root(level)
}

// extendSliver returns the n symbols of the sliver's line. The sliver's shape
// must have been checked.
func extendSliver(p Params, s *Sliver) []byte {
	code, ss := codesFor(p).along(s.Axis), s.SymbolSize
	var ws workspace
	shards := ws.lines(p.n, packedSize(ss, 1))
	for i := range code.k {
		pack(shards[i], s.Data[i*ss:], ss, ss, 1)
	}
	code.extend(shards, &ws)
	line := make([]byte, p.n*ss)
	copy(line, s.Data)
	for i := code.k; i < p.n; i++ {
		unpack(line[i*ss:], shards[i], ss, ss, 1)
	}
	return line
}
