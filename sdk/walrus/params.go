package walrus

import (
	"errors"
	"fmt"
	"math/big"
)

// Limits of the encoding. The chain and the slivers carry symbol sizes and
// indices as u16; MaxShards is our own bound on the work that a decoded
// number may ask for (Walrus runs with 1000 shards; the code was compared
// with Walrus' own for 4 to 1154).
const (
	MinShards     = 4
	MaxShards     = 4096
	MaxSymbolSize = 65534
)

// EncodingRS2 is the encoding type of RedStuff with Reed-Solomon codes, the
// only one that Walrus still accepts.
const EncodingRS2 = 1

// ErrTooLarge means that a blob needs symbols above MaxSymbolSize.
var ErrTooLarge = errors.New("blob is too large for this number of shards")

// An Axis tells rows from columns.
type Axis uint8

// Primary slivers are rows of the matrix, secondary slivers its columns.
const (
	Primary Axis = iota
	Secondary
)

// String returns the axis as it stands in the nodes' URLs.
func (a Axis) String() string {
	if a == Primary {
		return "primary"
	}
	return "secondary"
}

// ParseAxis reads "primary" or "secondary".
func ParseAxis(s string) (Axis, error) {
	switch s {
	case "primary":
		return Primary, nil
	case "secondary":
		return Secondary, nil
	}
	return 0, fmt.Errorf("parse axis %q: want primary or secondary", s)
}

// Params are the dimensions of the matrix for a number of shards.
type Params struct {
	n int
}

// NewParams returns the dimensions for nShards shards.
func NewParams(nShards int) (Params, error) {
	if nShards < MinShards || nShards > MaxShards {
		return Params{}, fmt.Errorf("choose encoding for %d shards: want %d to %d", nShards, MinShards, MaxShards)
	}
	return Params{nShards}, nil
}

// N returns the number of shards.
func (p Params) N() int { return p.n }

// F returns how many shards may be faulty.
func (p Params) F() int { return (p.n - 1) / 3 }

// Rows returns P, the number of source rows: as many primary slivers restore
// the blob.
func (p Params) Rows() int { return p.n - 2*p.F() }

// Columns returns S, the number of source columns: as many secondary slivers
// restore the blob.
func (p Params) Columns() int { return p.n - p.F() }

// Quorum is the least weight w of a certificate: 3w ≥ 2n+1.
func (p Params) Quorum() int { return (2*p.n + 1 + 2) / 3 }

// MaxBlobSize returns the largest blob in bytes.
func (p Params) MaxBlobSize() uint64 {
	return uint64(p.Rows()) * uint64(p.Columns()) * MaxSymbolSize
}

// SymbolSize returns the size in bytes, always even, of the symbols of a blob
// of size bytes, or ErrTooLarge.
func (p Params) SymbolSize(size uint64) (int, error) {
	if size > p.MaxBlobSize() {
		return 0, fmt.Errorf("%w: %d bytes, at most %d with %d shards", ErrTooLarge, size, p.MaxBlobSize(), p.n)
	}
	cells := uint64(p.Rows()) * uint64(p.Columns())
	ss := (max(size, 1) + cells - 1) / cells
	return int(ss + ss%2), nil
}

// SliverSymbols returns how many symbols a sliver of the axis holds.
func (p Params) SliverSymbols(a Axis) int {
	if a == Primary {
		return p.Columns()
	}
	return p.Rows()
}

// needed returns how many slivers of the axis restore a blob.
func (p Params) needed(a Axis) int {
	if a == Primary {
		return p.Rows()
	}
	return p.Columns()
}

// SliverSize returns the bytes in a sliver of a blob of size bytes.
func (p Params) SliverSize(a Axis, size uint64) (int, error) {
	ss, err := p.SymbolSize(size)
	return ss * p.SliverSymbols(a), err
}

// EncodedLength returns the bytes for which storage is bought: all slivers
// and, per shard, the metadata. It equals redstuff::encoded_blob_length of
// Walrus' contracts.
func (p Params) EncodedLength(size uint64) (uint64, error) {
	ss, err := p.SymbolSize(size)
	if err != nil {
		return 0, err
	}
	n := uint64(p.n)
	return n * (uint64(p.Rows()+p.Columns())*uint64(ss) + 64*n + 32), nil
}

// SliverIndex returns the index, in its own axis, of a sliver of a pair.
// Secondary slivers run backwards. It is its own inverse.
func (p Params) SliverIndex(a Axis, pair int) int {
	if a == Primary {
		return pair
	}
	return p.n - 1 - pair
}

// PairIndex returns the pair that holds a sliver.
func (p Params) PairIndex(a Axis, sliver int) int { return p.SliverIndex(a, sliver) }

// Rotation returns how far the blob's pairs are turned against the shards.
func (p Params) Rotation(id BlobID) int {
	r := new(big.Int).SetBytes(id[:])
	return int(r.Mod(r, big.NewInt(int64(p.n))).Int64())
}

// ShardOfPair returns the shard on which a pair of the blob lives.
func (p Params) ShardOfPair(id BlobID, pair int) int {
	return (pair + p.Rotation(id)) % p.n
}

// PairOfShard returns the pair of the blob that a shard holds.
func (p Params) PairOfShard(id BlobID, shard int) int {
	return (p.n + shard - p.Rotation(id)) % p.n
}
