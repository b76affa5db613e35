package walrus

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"golang.org/x/crypto/blake2b"
)

// A Hash is a BLAKE2b-256 digest, or 32 zero bytes for the empty node that
// fills up an odd level of a Merkle tree.
type Hash [32]byte

// MerkleRoot returns the root over leaves; 32 zero bytes without leaves.
func MerkleRoot(leaves [][]byte) Hash {
	level := make([]Hash, len(leaves), len(leaves)+1)
	var h hasher
	for i, l := range leaves {
		level[i] = h.leaf(l)
	}
	return h.root(level)
}

// A MerkleProof is the path of siblings from a leaf to the root.
type MerkleProof []Hash

// NewMerkleProof returns the proof for leaves[index].
func NewMerkleProof(leaves [][]byte, index int) (MerkleProof, error) {
	if index < 0 || index >= len(leaves) {
		return nil, fmt.Errorf("prove leaf %d: tree has %d", index, len(leaves))
	}
	var h hasher
	level := make([]Hash, len(leaves), len(leaves)+1)
	for i, l := range leaves {
		level[i] = h.leaf(l)
	}
	var proof MerkleProof
	for len(level) > 1 {
		if len(level)%2 == 1 {
			level = append(level, Hash{})
		}
		proof = append(proof, level[index^1])
		level = h.parents(level)
		index /= 2
	}
	return proof, nil
}

// Verify reports whether leaf stands at index of the tree of count leaves
// with the given root.
func (p MerkleProof) Verify(root Hash, leaf []byte, index, count int) bool {
	if index < 0 || index >= count {
		return false
	}
	var h hasher
	node := h.leaf(leaf)
	for _, sibling := range p {
		if count == 1 {
			return false
		}
		if index%2 == 0 {
			node = h.inner(&node, &sibling)
		} else {
			node = h.inner(&sibling, &node)
		}
		index, count = index/2, (count+1)/2
	}
	return count == 1 && node == root
}

// Root returns the root of the tree in which leaf stands at index, whatever the
// number of leaves; ok is false when the path is too short or long for that.
// The index counts for as much as the root: a tree that is known to be whole has
// one path to each place.
func (p MerkleProof) Root(leaf []byte, index uint64) (root Hash, ok bool) {
	if len(p) > 63 || index>>len(p) != 0 {
		return Hash{}, false
	}
	var h hasher
	node := h.leaf(leaf)
	for i := range p {
		if index%2 == 0 {
			node = h.inner(&node, &p[i])
		} else {
			node = h.inner(&p[i], &node)
		}
		index /= 2
	}
	return node, true
}

// RightMost reports whether no leaf can stand after that at index: all that is
// to the right of its path are empty nodes.
func (p MerkleProof) RightMost(index uint64) bool {
	for i := range p {
		if index%2 == 0 && p[i] != (Hash{}) {
			return false
		}
		index /= 2
	}
	return true
}

// MarshalBCS writes vector<MerkleNode>.
func (p MerkleProof) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(len(p)))
	for _, n := range p {
		n.MarshalBCS(e)
	}
}

// UnmarshalBCS reads vector<MerkleNode>.
func (p *MerkleProof) UnmarshalBCS(d *bcs.Decoder) {
	n := d.Length(1)
	if n > 16 { // deeper than the tree of 65536 symbols
		d.Fail(errors.New("Merkle proof is too long"))
		return
	}
	*p = nil
	for range n {
		var h Hash
		h.UnmarshalBCS(d)
		*p = append(*p, h)
	}
}

// MarshalBCS writes the enum MerkleNode { Empty, Digest([u8; 32]) }.
func (h Hash) MarshalBCS(e *bcs.Encoder) {
	if h == (Hash{}) {
		e.U8(0)
		return
	}
	e.U8(1)
	e.Fixed(h[:])
}

// UnmarshalBCS reads what MarshalBCS writes, and refuses a digest of zeros.
func (h *Hash) UnmarshalBCS(d *bcs.Decoder) {
	*h = Hash{}
	if d.Variant(2) == 0 {
		return
	}
	d.Into(h[:])
	if d.Err() == nil && *h == (Hash{}) {
		d.Fail(errors.New("Merkle digest of zeros stands for the empty node"))
	}
}

// A hasher hashes nodes through one buffer. Not for concurrent use.
type hasher struct{ buf []byte }

// leaf returns BLAKE2b-256(0x00 ‖ data).
func (h *hasher) leaf(data []byte) Hash {
	h.buf = append(append(h.buf[:0], 0), data...)
	return blake2b.Sum256(h.buf)
}

// inner returns BLAKE2b-256(0x01 ‖ left ‖ right).
func (h *hasher) inner(left, right *Hash) Hash {
	var b [65]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return blake2b.Sum256(b[:])
}

// parents hashes an even level in place and returns the next.
func (h *hasher) parents(level []Hash) []Hash {
	for i := 0; i < len(level); i += 2 {
		level[i/2] = h.inner(&level[i], &level[i+1])
	}
	return level[:len(level)/2]
}

// root returns the root over leaf nodes, and overwrites them.
func (h *hasher) root(level []Hash) Hash {
	if len(level) == 0 {
		return Hash{}
	}
	for len(level) > 1 {
		if len(level)%2 == 1 {
			level = append(level, Hash{})
		}
		level = h.parents(level)
	}
	return level[0]
}
