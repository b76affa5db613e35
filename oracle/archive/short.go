package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/sui"
)

// A shortForm is a manifest as the journal keeps it. Two things would be stored
// again and again otherwise: which objects were read, the same list for every
// request until one of them changes, is stored once by its digest; and the
// Clock, another object at every checkpoint, is four fields in place of an
// object of its own.
type shortForm struct {
	list  sui.Digest // of the references but the Clock's
	clock *clock     // nil if it was not read, or is not as expected
	rest  evidence.Manifest
}

const shortVersion = 1

// clock is what the Clock object has that is not always the same.
type clock struct {
	version, timestampMS uint64
	previous             sui.Digest
}

// refs is a list of object references.
type refs []sui.ObjectRef

// MarshalBCS appends the references.
func (r refs) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(len(r)))
	for _, o := range r {
		e.Value(o)
	}
}

// UnmarshalBCS reads the references.
func (r *refs) UnmarshalBCS(d *bcs.Decoder) {
	*r = nil
	for n := d.Length(73); n > 0 && d.Err() == nil; n-- {
		var o sui.ObjectRef
		d.Value(&o)
		*r = append(*r, o)
	}
}

// shorten returns the short form of a manifest and what has to be stored for it.
func shorten(ev *evidence.Evidence) ([]byte, []item, error) {
	if len(ev.Content) != len(ev.Objects) {
		return nil, nil, fmt.Errorf("%d objects with %d contents", len(ev.Objects), len(ev.Content))
	}
	s, list, size := shortForm{rest: ev.Manifest}, make(refs, 0, len(ev.Objects)), 0
	items := make([]item, 0, len(ev.Objects)+1)
	for i, ref := range ev.Objects {
		o := ev.Content[i]
		if c := clockOf(o, ref); c != nil {
			s.clock = c
			continue
		}
		list = append(list, ref)
		items = append(items, item{anObject, ref.Digest, o})
		size += sizeOf(o)
	}
	if size > maxEvidence {
		return nil, nil, fmt.Errorf("its objects have %d bytes, more than %d", size, maxEvidence)
	}
	s.list, s.rest.Objects = aList.digest(bcs.Marshal(list)), nil
	return bcs.Marshal(&s), append(items, item{aList, s.list, list}), nil
}

// sizeOf is about the size of an object.
func sizeOf(o *sui.Object) (n int) {
	if o.Move != nil {
		return len(o.Move.Contents)
	}
	for _, m := range o.Package.Modules {
		n += len(m.Bytes)
	}
	return n
}

// clockOf returns what is particular of the Clock; nil if o is another object,
// or can't be made again from that.
func clockOf(o *sui.Object, ref sui.ObjectRef) *clock {
	if ref.ID != sui.ClockID || o.Move == nil || len(o.Move.Contents) != 40 {
		return nil
	}
	c := &clock{o.Move.Version, binary.LittleEndian.Uint64(o.Move.Contents[32:]), o.PreviousTransaction}
	if c.object().Digest() != ref.Digest {
		return nil
	}
	return c
}

// object makes the Clock again.
func (c *clock) object() *sui.Object {
	id := sui.ClockID
	return &sui.Object{Owner: sui.SharedOwner(1), PreviousTransaction: c.previous, Move: &sui.MoveObject{
		Type:    sui.StructTag{Address: sui.Framework, Module: "clock", Name: "Clock"},
		Version: c.version, Contents: binary.LittleEndian.AppendUint64(bytes.Clone(id[:]), c.timestampMS),
	}}
}

// MarshalBCS appends version, digest of the list, the Clock if any, and the
// manifest without its objects.
func (s *shortForm) MarshalBCS(e *bcs.Encoder) {
	e.U8(shortVersion)
	e.Fixed(s.list[:])
	e.Bool(s.clock != nil)
	if c := s.clock; c != nil {
		e.U64(c.version)
		e.U64(c.timestampMS)
		e.Fixed(c.previous[:])
	}
	e.Value(&s.rest)
}

// UnmarshalBCS reads a short form.
func (s *shortForm) UnmarshalBCS(d *bcs.Decoder) {
	if v := d.U8(); v != shortVersion {
		d.Fail(fmt.Errorf("version %d is not supported, want %d", v, shortVersion))
		return
	}
	d.Into(s.list[:])
	if d.Option() {
		s.clock = &clock{version: d.U64(), timestampMS: d.U64()}
		d.Into(s.clock.previous[:])
	}
	d.Value(&s.rest)
	if len(s.rest.Objects) > 0 {
		d.Fail(errors.New("a short form that lists objects"))
	}
}

// Recall makes the evidence of a short form again. The error is ErrUnknown or
// ErrDamaged (wrapped) if something of it is not there any more.
func (a *Archive) Recall(b []byte) (*evidence.Evidence, error) {
	ev, err := a.recall(b)
	if err != nil {
		return nil, fmt.Errorf("recall evidence: %w", err)
	}
	return ev, nil
}

func (a *Archive) recall(b []byte) (*evidence.Evidence, error) {
	m, clock, err := a.manifest(b)
	if err != nil {
		return nil, err
	}
	ev := &evidence.Evidence{Manifest: *m}
	for _, ref := range m.Objects {
		if clock != nil && ref.ID == clock.ID() {
			ev.Content = append(ev.Content, clock)
			continue
		}
		raw, err := a.get(anObject, ref.Digest)
		if err != nil {
			return nil, err
		}
		o := new(sui.Object)
		if err := bcs.Unmarshal(raw, o); err != nil {
			return nil, fmt.Errorf("%w: object %s: %w", ErrDamaged, ref.ID, err)
		}
		ev.Content = append(ev.Content, o)
	}
	return ev, nil
}

// RecallSize returns how many bytes Recall reads; what is not there counts nothing.
func (a *Archive) RecallSize(b []byte) (size int64, err error) {
	s, list, err := a.listOf(b)
	if err != nil {
		return 0, fmt.Errorf("recall evidence: %w", err)
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	size = int64(a.index[s.list].size)
	for _, ref := range list {
		size += int64(a.index[ref.Digest].size)
	}
	return size, nil
}

// Manifest makes the manifest of a short form again, and demands that all of its
// objects are there. It does not read them: see Check.
func (a *Archive) Manifest(b []byte) (*evidence.Manifest, error) {
	m, clock, err := a.manifest(b)
	if err != nil {
		return nil, fmt.Errorf("recall manifest: %w", err)
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, ref := range m.Objects {
		if clock != nil && ref.ID == clock.ID() {
			continue
		}
		if at, ok := a.index[ref.Digest]; !ok || at.kind != anObject {
			return nil, fmt.Errorf("recall manifest: object %s: %w", ref.ID, ErrUnknown)
		}
	}
	return m, nil
}

// manifest also returns the Clock, if the short form has it.
func (a *Archive) manifest(b []byte) (*evidence.Manifest, *sui.Object, error) {
	s, list, err := a.listOf(b)
	if err != nil {
		return nil, nil, err
	}
	var clock *sui.Object
	if s.clock != nil {
		clock = s.clock.object()
		list = append(list, clock.Ref())
	}
	slices.SortFunc(list, func(a, b sui.ObjectRef) int { return a.ID.Compare(b.ID) })
	m := s.rest
	m.Objects = list
	return &m, clock, nil
}

// listOf reads a short form and the list of objects that it names.
func (a *Archive) listOf(b []byte) (s shortForm, list refs, err error) {
	if err := bcs.Unmarshal(b, &s); err != nil {
		return s, nil, err
	}
	raw, err := a.get(aList, s.list)
	if err != nil {
		return s, nil, err
	}
	if err := bcs.Unmarshal(raw, &list); err != nil {
		return s, nil, fmt.Errorf("%w: list of objects: %w", ErrDamaged, err)
	}
	return s, list, nil
}
