package sui

import (
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
)

// MarshalBCS appends the 32 bytes.
func (a Address) MarshalBCS(e *bcs.Encoder) { e.Fixed(a[:]) }

// UnmarshalBCS reads 32 bytes.
func (a *Address) UnmarshalBCS(d *bcs.Decoder) { d.Into(a[:]) }

// MarshalBCS appends the length 32 and the bytes.
func (x Digest) MarshalBCS(e *bcs.Encoder) { e.Bytes(x[:]) }

// UnmarshalBCS reads the length, which must be 32, and the bytes.
func (x *Digest) UnmarshalBCS(d *bcs.Decoder) {
	if n := d.ULEB(); d.Err() == nil && n != uint64(len(x)) {
		d.Fail(fmt.Errorf("digest of %d bytes, want 32", n))
	}
	d.Into(x[:])
}

// MarshalBCS appends id, version and digest.
func (r ObjectRef) MarshalBCS(e *bcs.Encoder) {
	e.Value(r.ID)
	e.U64(r.Version)
	e.Value(r.Digest)
}

// UnmarshalBCS reads id, version and digest.
func (r *ObjectRef) UnmarshalBCS(d *bcs.Decoder) {
	d.Value(&r.ID)
	r.Version = d.U64()
	d.Value(&r.Digest)
}

const objectRefSize = 32 + 8 + 33

// MarshalBCS appends the variant and what belongs to it.
func (t TypeTag) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(t.Kind))
	switch t.Kind {
	case KindVector:
		t.Elem.MarshalBCS(e)
	case KindStruct:
		t.Struct.MarshalBCS(e)
	}
}

// UnmarshalBCS reads a type tag; nesting is bounded.
func (t *TypeTag) UnmarshalBCS(d *bcs.Decoder) { t.decode(d, maxTypeDepth) }

func (t *TypeTag) decode(d *bcs.Decoder, depth int) {
	*t = TypeTag{Kind: TypeKind(d.Variant(int(KindU256) + 1))}
	if d.Err() != nil {
		return
	}
	if depth == 0 {
		d.Fail(ErrTypeTooDeep)
		return
	}
	switch t.Kind {
	case KindVector:
		t.Elem = new(TypeTag)
		t.Elem.decode(d, depth-1)
	case KindStruct:
		t.Struct = new(StructTag)
		t.Struct.decode(d, depth-1)
	}
}

// MarshalBCS appends address, module, name and type parameters.
func (s StructTag) MarshalBCS(e *bcs.Encoder) {
	e.Value(s.Address)
	e.String(s.Module)
	e.String(s.Name)
	encodeSlice(e, s.Params)
}

// UnmarshalBCS reads a struct tag; nesting is bounded.
func (s *StructTag) UnmarshalBCS(d *bcs.Decoder) { s.decode(d, maxTypeDepth) }

func (s *StructTag) decode(d *bcs.Decoder, depth int) {
	d.Value(&s.Address)
	s.Module = decodeIdentifier(d)
	s.Name = decodeIdentifier(d)
	s.Params = nil
	for n := d.Length(1); n > 0 && d.Err() == nil; n-- {
		var t TypeTag
		t.decode(d, depth)
		s.Params = append(s.Params, t)
	}
}

// MarshalBCS appends the variant and its address or version.
func (o Owner) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(o.Kind))
	switch o.Kind {
	case OwnerAddress, OwnerObject:
		e.Value(o.Address)
	case OwnerShared:
		e.U64(o.Version)
	case OwnerConsensusAddress:
		e.U64(o.Version)
		e.Value(o.Address)
	}
}

// UnmarshalBCS reads an owner.
func (o *Owner) UnmarshalBCS(d *bcs.Decoder) {
	*o = Owner{Kind: OwnerKind(d.Variant(int(OwnerConsensusAddress) + 1))}
	switch o.Kind {
	case OwnerAddress, OwnerObject:
		d.Value(&o.Address)
	case OwnerShared:
		o.Version = d.U64()
	case OwnerConsensusAddress:
		o.Version = d.U64()
		d.Value(&o.Address)
	}
}
