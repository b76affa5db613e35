package movevm

import (
	"bytes"
	"slices"

	"github.com/floe-data/floe/sdk/sui"
)

// Used is what a session has consumed.
type Used struct {
	Instructions uint64
	Fuel         uint64 // instructions and the work of natives
	Memory       uint64 // bytes allocated for values, not less what was freed
}

// Used reports the resources used so far, also after an error.
func (s *Session) Used() Used {
	return Used{s.usage.instructions, s.usage.fuel, s.usage.memory}
}

// Results is what a session did to the chain's state.
type Results struct {
	Created   []sui.Address // ids made and still alive, in order
	Deleted   []sui.Address // ids of objects that existed before and were deleted, in order
	Transfers []ObjectWrite // objects that got an owner, in order of their first transfer; the last owner counts
	Events    []sui.Event   // in order
	Streamed  []StreamedEvent
	Children  []Child // dynamic fields and objects loaded, added or removed; by id
	Received  []sui.ObjectRef
}

// A StreamedEvent is an event, by its index, that was emitted to a stream of
// authenticated events.
type StreamedEvent struct {
	Event  int
	Stream sui.Address
}

// ObjectWrite is an object at the end of a session. Owner.Version of shared
// objects is 0 when they are new and the one they had otherwise.
type ObjectWrite struct {
	ID                sui.Address
	Owner             sui.Owner
	Type              sui.StructTag
	HasPublicTransfer bool
	Contents          []byte
}

// Child is a dynamic field (or dynamic object) that the session touched.
type Child struct {
	ID     sui.Address
	Before *sui.Object  // as stored; nil when it was not read from storage as a child
	After  *ObjectWrite // where it is now; nil when it was removed (then it is transferred, deleted, wrapped or a child elsewhere)
	// Changed reports whether type, contents or parent differ from Before.
	Changed bool
}

// Finish collects the results. The caller's remaining values (input objects it
// still holds) are its own to encode.
func (s *Session) Finish() (r *Results, err error) {
	defer recoverFault(&err)
	o := &s.objects
	r = &Results{Created: o.created.list(), Deleted: o.deleted.list(), Events: s.events.list, Streamed: s.events.streamed, Received: o.received}
	for _, id := range o.transferOrder {
		t := o.transfers[id]
		r.Transfers = append(r.Transfers, s.write(id, t.owner, t.typ, t.val))
	}
	for _, c := range o.children {
		if child, ok := s.childResult(c); ok {
			r.Children = append(r.Children, child)
		}
	}
	slices.SortFunc(r.Children, func(a, b Child) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return r, nil
}

// write encodes an object.
func (s *Session) write(id sui.Address, owner sui.Owner, t *Type, v value) ObjectWrite {
	return ObjectWrite{
		ID: id, Owner: owner, Type: t.StructTag(), HasPublicTransfer: t.Abilities.Has(Store),
		Contents: unmetered().encode(t, v),
	}
}

// childResult describes a child at the end; ok is false for one that was never
// stored and is gone.
func (s *Session) childResult(c *child) (out Child, ok bool) {
	if !c.present {
		return Child{ID: c.id, Before: c.before, Changed: true}, c.before != nil
	}
	owner := sui.Owner{Kind: sui.OwnerObject, Address: c.parent}
	w := s.write(c.id, owner, c.typ, c.cell.f[0])
	out = Child{ID: c.id, Before: c.before, After: &w, Changed: true}
	if b := c.before; b != nil && b.Owner == owner && bytes.Equal(b.Move.Contents, w.Contents) && c.beforeType.Equal(c.typ) {
		out.Changed = false
	}
	return out, true
}
