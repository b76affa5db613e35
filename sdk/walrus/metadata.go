package walrus

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// Errors about metadata.
var (
	// ErrEncodingType means an encoding that Walrus has retired or not yet
	// invented.
	ErrEncodingType = errors.New("unsupported encoding type, only RS2 is accepted")
	// ErrMetadataMismatch means that metadata does not hash to the blob id.
	ErrMetadataMismatch = errors.New("metadata does not belong to the blob id")
)

// PairHashes are the Merkle roots over the extended row and the extended
// column of a sliver pair.
type PairHashes struct{ Primary, Secondary Hash }

// Metadata describes a blob so that each of its slivers can be verified. It is
// worth as much as its source until [Metadata.BlobID] has been compared.
type Metadata struct {
	Size  uint64       // of the unencoded blob, in bytes
	Pairs []PairHashes // by pair, one per shard
}

// Params returns the dimensions of the encoding.
func (m *Metadata) Params() (Params, error) { return NewParams(len(m.Pairs)) }

// RootHash returns the Merkle root over the pairs.
func (m *Metadata) RootHash() Hash {
	var h hasher
	level := make([]Hash, len(m.Pairs), len(m.Pairs)+1)
	for i, p := range m.Pairs {
		level[i] = h.leaf(append(p.Primary[:], p.Secondary[:]...))
	}
	return h.root(level)
}

// BlobID returns the id that the metadata hashes to.
func (m *Metadata) BlobID() BlobID { return DeriveBlobID(m.RootHash(), m.Size) }

// Verify checks that the metadata belongs to id and is usable: a known number
// of shards and a size that they can hold.
func (m *Metadata) Verify(id BlobID, nShards int) error {
	if len(m.Pairs) != nShards {
		return fmt.Errorf("verify metadata of blob %s: made for %d shards, committee has %d: %w", id, len(m.Pairs), nShards, ErrMetadataMismatch)
	}
	p, err := m.Params()
	if err != nil {
		return fmt.Errorf("verify metadata of blob %s: %w", id, err)
	}
	if _, err := p.SymbolSize(m.Size); err != nil {
		return fmt.Errorf("verify metadata of blob %s: %w", id, err)
	}
	if got := m.BlobID(); got != id {
		return fmt.Errorf("verify metadata: it is of blob %s, not %s: %w", got, id, ErrMetadataMismatch)
	}
	return nil
}

// MarshalBCS writes BlobMetadata::V1, the body of PUT metadata.
func (m *Metadata) MarshalBCS(e *bcs.Encoder) {
	e.U8(0)
	e.U8(EncodingRS2)
	e.U64(m.Size)
	e.ULEB(uint64(len(m.Pairs)))
	for _, p := range m.Pairs {
		p.Primary.MarshalBCS(e)
		p.Secondary.MarshalBCS(e)
	}
}

// UnmarshalBCS reads BlobMetadata::V1 of an RS2 blob of MinShards to MaxShards
// shards. An empty hash is refused: no sliver could match it.
func (m *Metadata) UnmarshalBCS(d *bcs.Decoder) {
	d.Variant(1)
	if t := d.Variant(2); d.Err() == nil && t != EncodingRS2 {
		d.Fail(ErrEncodingType)
	}
	m.Size = d.U64()
	n := d.Length(66)
	if d.Err() == nil && (n < MinShards || n > MaxShards) {
		d.Fail(fmt.Errorf("metadata of %d shards, want %d to %d", n, MinShards, MaxShards))
	}
	if d.Err() != nil {
		return
	}
	m.Pairs = make([]PairHashes, n)
	for i := range m.Pairs {
		m.Pairs[i].Primary.UnmarshalBCS(d)
		m.Pairs[i].Secondary.UnmarshalBCS(d)
		if d.Err() == nil && (m.Pairs[i].Primary == Hash{} || m.Pairs[i].Secondary == Hash{}) {
			d.Fail(errors.New("metadata with an empty sliver hash"))
		}
	}
}

// MaxMetadataSize returns the length in bytes of BlobMetadata for nShards.
func MaxMetadataSize(nShards int) int { return 1 + 1 + 8 + 2 + 66*nShards }

// MetadataWithID is the body of GET metadata.
type MetadataWithID struct {
	ID       BlobID
	Metadata Metadata
}

// MarshalBCS writes BlobMetadataWithId.
func (m *MetadataWithID) MarshalBCS(e *bcs.Encoder) {
	e.Fixed(m.ID[:])
	m.Metadata.MarshalBCS(e)
}

// UnmarshalBCS reads BlobMetadataWithId. It does not compare the id.
func (m *MetadataWithID) UnmarshalBCS(d *bcs.Decoder) {
	d.Into(m.ID[:])
	m.Metadata.UnmarshalBCS(d)
}
