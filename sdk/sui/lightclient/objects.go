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
// one object that it modified.
type Proof struct {
	Path  walrus.MerkleProof
	Index uint64 // among the modified objects
	Root  [32]byte
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
	return &Proof{Path: path, Index: uint64(i), Root: o.Root()}, nil
}

// An AbsenceProof shows, to who trusts a checkpoint's summary, that the
// checkpoint did not modify an object: the two neighbours between which it would
// stand are next to each other. The object may exist all the same.
type AbsenceProof struct {
	Index       uint64     // where the object would stand
	Left, Right *Neighbour // at Index-1 and Index; nil before the first and after the last
	Root        [32]byte
}

// A Neighbour is an object that a checkpoint modified, with its path.
type Neighbour struct {
	Ref  sui.ObjectRef
	Path walrus.MerkleProof
}

// ProveAbsence makes the proof that the checkpoint did not modify an object.
func (o *Objects) ProveAbsence(id sui.Address) (*AbsenceProof, error) {
	i, ok := o.search(id)
	if ok {
		return nil, fmt.Errorf("prove absence of object %s: the checkpoint modified it", id)
	}
	p := &AbsenceProof{Index: uint64(i), Root: o.Root()}
	for _, side := range []struct {
		at int
		to **Neighbour
	}{{i - 1, &p.Left}, {i, &p.Right}} {
		if side.at < 0 || side.at >= len(o.refs) {
			continue
		}
		path, err := walrus.NewMerkleProof(o.leaves, side.at)
		if err != nil {
			return nil, fmt.Errorf("prove absence of object %s: %w", id, err)
		}
		*side.to = &Neighbour{o.refs[side.at], path}
	}
	return p, nil
}

// ErrBadProof says that objects are not those that a summary commits to.
var ErrBadProof = errors.New("objects do not fit the checkpoint")

// Verify checks that the checkpoint of a summary, which must have been verified,
// left an object as ref says.
func (p *Proof) Verify(s *sui.CheckpointSummary, ref *sui.ObjectRef) error {
	if err := underRoot(ref, p.Path, p.Index, p.Root); err != nil {
		return err
	}
	return checkCommitment(s, p.Root)
}

// Verify checks that the checkpoint of a summary, which must have been verified,
// did not modify an object.
func (p *AbsenceProof) Verify(s *sui.CheckpointSummary, id sui.Address) error {
	if err := p.flank(id); err != nil {
		return fmt.Errorf("%w: absence of object %s: %w", ErrBadProof, id, err)
	}
	return checkCommitment(s, p.Root)
}

// flank checks that the neighbours stand right before and after the place of id.
func (p *AbsenceProof) flank(id sui.Address) error {
	switch {
	case (p.Left == nil) != (p.Index == 0):
		return fmt.Errorf("at index %d a neighbour to the left is missing or too many", p.Index)
	case p.Left != nil && p.Left.Ref.ID.Compare(id) >= 0, p.Right != nil && p.Right.Ref.ID.Compare(id) <= 0:
		return errors.New("a neighbour stands on the wrong side")
	case p.Left == nil && p.Right == nil && p.Root != [32]byte{}:
		return errors.New("the checkpoint modified objects, but there is no neighbour")
	case p.Left != nil && p.Right == nil && !p.Left.Path.RightMost(p.Index-1):
		return errors.New("the neighbour to the left is not the last object")
	}
	if p.Left != nil {
		if err := underRoot(&p.Left.Ref, p.Left.Path, p.Index-1, p.Root); err != nil {
			return err
		}
	}
	if p.Right != nil {
		return underRoot(&p.Right.Ref, p.Right.Path, p.Index, p.Root)
	}
	return nil
}

// underRoot checks that an object stands at an index of the tree with a root.
func underRoot(ref *sui.ObjectRef, path walrus.MerkleProof, index uint64, root [32]byte) error {
	if got, ok := path.Root(bcs.Marshal(ref), index); !ok || got != root {
		return fmt.Errorf("%w: object %s is not at index %d under the root", ErrBadProof, ref.ID, index)
	}
	return nil
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
