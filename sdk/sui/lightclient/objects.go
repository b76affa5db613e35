package lightclient

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// commitmentArtifacts is the variant of CheckpointCommitment that holds the
// digest of the checkpoint's artifacts.
const commitmentArtifacts = 1

// Modified lists the objects that a transaction wrote, deleted or wrapped; the
// digest of those that are gone is sui.DigestDeleted or sui.DigestWrapped.
func Modified(e *sui.TransactionEffects) (out []sui.ObjectRef) {
	for i := range e.Changed {
		c := &e.Changed[i]
		ref := sui.ObjectRef{ID: c.ID, Version: e.LamportVersion, Digest: c.OutputDigest}
		switch {
		case c.Output == sui.StateExist:
		case c.Output == sui.StatePackageWrite:
			ref.Version = c.OutputVersion
		case c.Output == sui.StateNotExist && c.Operation == sui.IDDeleted:
			ref.Digest = sui.DigestDeleted
		case c.Output == sui.StateNotExist && c.Operation == sui.IDNone && c.Input == sui.StateExist:
			ref.Digest = sui.DigestWrapped
		default: // made and gone in one transaction, or added to an accumulator
			continue
		}
		out = append(out, ref)
	}
	return out
}

// Objects are the objects that a checkpoint modified, each as the checkpoint
// left it: the leaves of a Merkle tree, ascending by id, whose root the summary
// commits to.
type Objects struct {
	refs   []sui.ObjectRef
	leaves [][]byte
}

// NewObjects makes the tree over objects, one reference each.
func NewObjects(refs []sui.ObjectRef) *Objects {
	o := &Objects{refs: slices.SortedFunc(slices.Values(refs), func(a, b sui.ObjectRef) int { return a.ID.Compare(b.ID) })}
	for i := range o.refs {
		o.leaves = append(o.leaves, bcs.Marshal(&o.refs[i]))
	}
	return o
}

// Root is the root of the tree.
func (o *Objects) Root() [32]byte { return walrus.MerkleRoot(o.leaves) }

// Commitment is the BCS of the summary's commitment to the tree.
func (o *Objects) Commitment() []byte { return commitment(o.Root()) }

// commitment is variant and digest; the digest is that of a list of artifact
// digests, of which there is one.
func commitment(root [32]byte) []byte {
	digest := blake2b.Sum256(append([]byte{1, 32}, root[:]...))
	return append([]byte{commitmentArtifacts, 32}, digest[:]...)
}

// Find returns what the checkpoint left of an object; ok is false when it did
// not modify it.
func (o *Objects) Find(id sui.Address) (ref sui.ObjectRef, ok bool) {
	i, ok := o.search(id)
	if !ok {
		return ref, false
	}
	return o.refs[i], true
}

func (o *Objects) search(id sui.Address) (int, bool) {
	return slices.BinarySearchFunc(o.refs, id, func(r sui.ObjectRef, id sui.Address) int { return r.ID.Compare(id) })
}

// A Proof shows, to who trusts a checkpoint's summary, how the checkpoint left
// one object.
type Proof struct {
	Path         walrus.MerkleProof
	Index, Count int
	Root         [32]byte
}

// Prove makes the proof for an object that the checkpoint modified.
func (o *Objects) Prove(id sui.Address) (*Proof, error) {
	i, ok := o.search(id)
	if !ok {
		return nil, fmt.Errorf("prove object %s: the checkpoint did not modify it", id)
	}
	path, err := walrus.NewMerkleProof(o.leaves, i)
	if err != nil {
		return nil, fmt.Errorf("prove object %s: %w", id, err)
	}
	return &Proof{Path: path, Index: i, Count: len(o.leaves), Root: o.Root()}, nil
}

// ErrBadProof says that objects are not those that a summary commits to.
var ErrBadProof = errors.New("objects do not fit the checkpoint")

// Verify checks that the checkpoint of a summary, which must have been verified,
// left an object as ref says.
func (p *Proof) Verify(s *sui.CheckpointSummary, ref *sui.ObjectRef) error {
	if !p.Path.Verify(p.Root, bcs.Marshal(ref), p.Index, p.Count) {
		return fmt.Errorf("%w: object %s is not under the root", ErrBadProof, ref.ID)
	}
	return checkCommitment(s, p.Root)
}

// checkCommitment checks that a summary commits to a root.
func checkCommitment(s *sui.CheckpointSummary, root [32]byte) error {
	for _, raw := range s.Commitments {
		if len(raw) > 0 && raw[0] == commitmentArtifacts {
			if !bytes.Equal(raw, commitment(root)) {
				return fmt.Errorf("%w: checkpoint %d commits to others", ErrBadProof, s.Sequence)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: checkpoint %d commits to no objects", ErrBadProof, s.Sequence)
}
