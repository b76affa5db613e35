package movevm

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A child is an object owned by an object: a dynamic field, or the value of a
// dynamic object field. It was read from storage, or added by the transaction.
type child struct {
	id      sui.Address
	parent  sui.Address
	typ     *Type
	cell    object // the value, at index 0: references point here
	present bool   // false after it was removed

	before     *sui.Object // as stored, nil for a new child
	beforeType *Type
}

// Abort codes of sui::dynamic_field.
const (
	fieldMissing = 1
	fieldType    = 2
)

// findChild looks up a child in the transaction, then in storage. It returns
// nil when the parent has no such child.
func (s *Session) findChild(parent, id sui.Address) *child {
	if c, ok := s.objects.children[id]; ok {
		if !c.present || c.parent != parent {
			return nil
		}
		return c
	}
	version, stored := s.objects.roots.get(parent)
	if !stored || s.host == nil {
		return nil // a parent made by this transaction has no stored children
	}
	obj, err := s.host.ChildObject(parent, id, version)
	if err != nil {
		throw(StatusStorage, 0, "read child object: "+err.Error())
	}
	if obj == nil {
		return nil
	}
	return s.addStored(parent, id, version, obj)
}

// addStored takes a child that the host returned.
func (s *Session) addStored(parent, id sui.Address, root uint64, obj *sui.Object) *child {
	if obj.Move == nil || obj.Move.Version > root || obj.Owner.Kind != sui.OwnerObject || obj.Owner.Address != parent {
		throw(StatusStorage, 0, "host returned an object that is not the child")
	}
	t, v := s.stored(obj.Move)
	s.addRoots(t, v, root)
	c := &child{id: id, parent: parent, typ: t, present: true, before: obj, beforeType: t}
	c.cell.f = []value{v}
	s.keepChild(c)
	return c
}

// stored decodes an object read during execution.
func (s *Session) stored(m *sui.MoveObject) (*Type, value) {
	t, err := s.loadStruct(m.Type)
	if err != nil {
		throw(StatusStorage, 0, "load type of stored object: "+err.Error())
	}
	v, err := s.usage.decode(t, m.Contents)
	if err != nil {
		throw(StatusStorage, 0, "decode stored object: "+err.Error())
	}
	return t, v
}

func (s *Session) keepChild(c *child) {
	if len(s.objects.children) >= maxChildren {
		throw(StatusLimit, 0, "transaction uses too many dynamic fields")
	}
	if s.objects.children == nil {
		s.objects.children = map[sui.Address]*child{}
	}
	s.objects.children[c.id] = c
}

// addChild makes an object a child of parent.
func (s *Session) addChild(parent sui.Address, t *Type, v value) {
	id := objectID(v)
	c := s.findChild(parent, id)
	if c != nil {
		throw(StatusInvariant, 0, "child object exists already")
	}
	if c = s.objects.children[id]; c == nil {
		c = &child{id: id}
		s.keepChild(c)
	} else if c.present {
		throw(StatusInvariant, 0, "child object has another parent")
	}
	c.parent, c.typ, c.present = parent, t, true
	c.cell = object{f: []value{v}}
}

// takeChild finds a child of a type and aborts as sui::dynamic_field does when
// there is none.
func (s *Session) takeChild(parent, id sui.Address, t *Type) *child {
	c := s.findChild(parent, id)
	if c == nil {
		throw(StatusAborted, fieldMissing, "")
	}
	if !c.typ.Equal(t) {
		throw(StatusAborted, fieldType, "")
	}
	return c
}

// fieldID is the id of a dynamic field: the hash of 0xf0, the parent, the
// length of the key, the key and its type.
func fieldID(parent sui.Address, key []byte, t *Type) sui.Address {
	b := append([]byte{0xf0}, parent[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(key)))
	b = append(b, key...)
	e := bcs.NewEncoder()
	appendTag(e, t)
	return blake2b.Sum256(append(b, e.Data()...))
}

// appendTag writes the BCS of a type's tag.
func appendTag(e *bcs.Encoder, t *Type) {
	switch t.Kind {
	case KindVector:
		e.ULEB(uint64(sui.KindVector))
		appendTag(e, t.Elem)
	case KindDatatype:
		e.ULEB(uint64(sui.KindStruct))
		e.Fixed(t.data.defining[:])
		e.String(t.data.module)
		e.String(t.data.name)
		e.ULEB(uint64(len(t.args)))
		for _, a := range t.args {
			appendTag(e, a)
		}
	default:
		e.ULEB(uint64(tagKinds[t.Kind]))
	}
}

// receive takes an object that was sent to the id parent.
func (s *Session) receive(parent, id sui.Address, version uint64, t *Type) value {
	if v, ok := s.receiveTicket(parent, id, version, t); ok {
		return v
	}
	if s.host == nil {
		throw(StatusAborted, transferCannotReceive, "")
	}
	for _, r := range s.objects.received {
		if r.ID == id {
			throw(StatusAborted, transferCannotReceive, "")
		}
	}
	obj, err := s.host.ReceiveObject(parent, id, version)
	if err != nil {
		throw(StatusStorage, 0, "read received object: "+err.Error())
	}
	if obj == nil || obj.Move == nil || obj.Move.Version != version {
		throw(StatusAborted, transferCannotReceive, "")
	}
	got, v := s.stored(obj.Move)
	if !got.Equal(t) {
		throw(StatusAborted, transferReceiveType, "")
	}
	s.objects.received = append(s.objects.received, sui.ObjectRef{ID: id, Version: version})
	s.objects.inputs.set(id, obj.Owner)
	s.addRoots(t, v, version)
	return v
}
