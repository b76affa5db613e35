package execution

import (
	"fmt"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// A Snapshot is a State of objects that somebody read at one checkpoint: what a
// key server needs to evaluate a policy by itself, and an auditor to repeat the
// decision. It does not take what it lacks for what does not exist: a
// transaction that asks for an object of which the snapshot knows nothing has
// no result but a [*MissingError]. Read that object, add it, and evaluate again.
//
// Packages are told apart by their content. Whoever filled another snapshot of
// the same engine can't have a say in what this one runs.
//
// Make one with the packages that are always the same, and derive from it one
// for each checkpoint, and perhaps from that for a question, with
// [Snapshot.With]: digests are computed once, when an object is added. A snapshot
// that others were derived from must not be changed any more; then it may be used
// by any number of goroutines.
type Snapshot struct {
	base    *Snapshot
	objects map[sui.Address]Known
	look    func(sui.Address) (Known, error) // for what is missing, or nil
}

// Known is what is known of an id: the object and its digest, or, when Object is
// nil, that there is none.
type Known struct {
	Object *sui.Object
	Digest sui.Digest
}

// Know computes the digest of an object; nil is for what does not exist.
func Know(o *sui.Object) Known {
	if o == nil {
		return Known{}
	}
	return Known{o, o.Digest()}
}

var (
	_ State                  = (*Snapshot)(nil)
	_ packageDigests         = (*Snapshot)(nil)
	_ objectDigests          = (*Snapshot)(nil)
	_ movevm.PackageDigester = digestingHost{}
)

// NewSnapshot holds the newest versions of live objects and packages, which
// must not be changed any more.
func NewSnapshot(objects ...*sui.Object) *Snapshot { return (*Snapshot)(nil).With(objects...) }

// LazySnapshot asks look, which must answer for one checkpoint, for each object
// when it is read for the first time, and keeps the answer. It is for one
// evaluation at a time.
func LazySnapshot(look func(id sui.Address) (Known, error)) *Snapshot {
	return &Snapshot{objects: make(map[sui.Address]Known, 16), look: look}
}

// With derives a snapshot that holds more objects.
func (s *Snapshot) With(objects ...*sui.Object) *Snapshot {
	out := &Snapshot{base: s, objects: make(map[sui.Address]Known, len(objects))}
	for _, o := range objects {
		out.Add(o)
	}
	return out
}

// Add puts one more object into the snapshot.
func (s *Snapshot) Add(o *sui.Object) { s.objects[o.ID()] = Know(o) }

// AddAbsent notes that there is no object of that id at the checkpoint.
func (s *Snapshot) AddAbsent(id sui.Address) { s.objects[id] = Known{} }

func (s *Snapshot) find(id sui.Address) (Known, error) {
	for at := s; at != nil; at = at.base {
		if k, ok := at.objects[id]; ok {
			return k, nil
		}
		if at.look != nil {
			k, err := at.look(id)
			if err == nil {
				at.objects[id] = k
			}
			return k, err
		}
	}
	return Known{}, &MissingError{id}
}

// A MissingError says that a snapshot does not know whether an object exists.
type MissingError struct{ ID sui.Address }

func (e *MissingError) Error() string {
	return fmt.Sprintf("object %s is not in the snapshot: read it at the snapshot's checkpoint and add it", e.ID)
}

// Object implements [State].
func (s *Snapshot) Object(id sui.Address) (*sui.Object, error) {
	k, err := s.find(id)
	if err == nil && k.Object == nil {
		err = fmt.Errorf("object %s: %w", id, ErrNotFound)
	}
	return k.Object, err
}

// ObjectAt implements [State]: there is one version of each object.
func (s *Snapshot) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	o, err := s.Object(id)
	if err == nil && o.Version() != version {
		return nil, fmt.Errorf("object %s has version %d in the snapshot, not %d: %w", id, o.Version(), version, ErrNotFound)
	}
	return o, err
}

// ChildObject implements [State].
func (s *Snapshot) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o, err := s.Object(child)
	if err != nil {
		return nil, err
	}
	if o.Owner != sui.ObjectOwner(parent) {
		return nil, fmt.Errorf("child %s of %s: %w", child, parent, ErrNotFound)
	}
	if o.Version() > maxVersion {
		return nil, fmt.Errorf("child %s has version %d, its root %d: the snapshot mixes checkpoints; read it again at one", child, o.Version(), maxVersion)
	}
	return o, nil
}

// PackageDigest identifies the content of a package.
func (s *Snapshot) PackageDigest(id sui.Address) (sui.Digest, error) {
	k, err := s.find(id)
	return k.Digest, err
}

// ObjectDigest returns the digest of an object that Object returned.
func (s *Snapshot) ObjectDigest(o *sui.Object) sui.Digest {
	if k, err := s.find(o.ID()); err == nil && k.Object == o {
		return k.Digest
	}
	return o.Digest()
}

// objectDigests is a State that knows the digests of its objects.
type objectDigests interface {
	ObjectDigest(o *sui.Object) sui.Digest
}

// refOf names an object that a state has.
func refOf(st State, o *sui.Object) sui.ObjectRef {
	if d, ok := st.(objectDigests); ok {
		return sui.ObjectRef{ID: o.ID(), Version: o.Version(), Digest: d.ObjectDigest(o)}
	}
	return o.Ref()
}

// packageDigests is a State that tells packages apart by their content.
type packageDigests interface {
	PackageDigest(id sui.Address) (sui.Digest, error)
}

// digestingHost is the host over such a State.
type digestingHost struct {
	*host
	digests packageDigests
}

func (h digestingHost) PackageDigest(id sui.Address) (sui.Digest, error) {
	d, err := h.digests.PackageDigest(id)
	if err != nil {
		h.note(err)
	}
	return d, err
}

// Evaluate asks a question: it simulates a transaction, with all checks, over a
// snapshot. An empty gas payment is allowed. The answer is in the status of the
// effects; what was read is in Effects.UnchangedConsensus, Inputs and Loaded.
//
// The error is a [*MissingError] if the snapshot lacks something, or an
// [*InputError] if the transaction can't be run at all. Both are no answer: a
// key server refuses.
func (e *Engine) Evaluate(s *Snapshot, env Env, tx *sui.TransactionData) (*Result, error) {
	return e.Execute(s, env, tx, Options{Simulate: true})
}
