package movevm

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/sui"
)

// Sui's limits on the objects of one transaction (protocol 95).
const (
	maxNewIDs      = 2048
	maxDeletedIDs  = 2048
	maxTransfers   = 2048
	maxChildren    = 1000
	maxObjectBytes = 256 * 1000
)

// objects is the object runtime: what a transaction knows about ids and
// owners. Every object that exists is in exactly one place: a value of the
// program or the caller, a transfer, or a child.
type objects struct {
	idsCreated uint64
	inputs     few[sui.Owner]
	roots      few[uint64] // version of the input object in which a UID lives
	created    idSet
	deleted    idSet

	transfers     map[sui.Address]transfer
	transferOrder []sui.Address
	received      []sui.ObjectRef
	children      map[sui.Address]*child
}

// transfer is the last owner that an object got.
type transfer struct {
	owner sui.Owner
	typ   *Type
	val   value
}

// An idSet is a set that remembers the order of insertion. The zero value is
// empty.
type idSet struct {
	in    map[sui.Address]bool
	order []sui.Address
}

func (s *idSet) remove(id sui.Address) { delete(s.in, id) }

func (s *idSet) add(id sui.Address) {
	if s.in == nil {
		s.in = map[sui.Address]bool{}
	}
	s.in[id] = true
	s.order = append(s.order, id)
}

// list is the content in order of first insertion.
func (s *idSet) list() []sui.Address {
	if len(s.in) == 0 {
		return nil
	}
	var out []sui.Address
	seen := map[sui.Address]bool{}
	for _, id := range s.order {
		if s.in[id] && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Input decodes an object of the transaction and registers its id, owner and
// version, and the ids wrapped in it. Call it once for each input object that
// is not a package, before any call.
func (s *Session) Input(obj *sui.Object) (v Value, err error) {
	defer recoverFault(&err)
	if obj.Move == nil {
		return Value{}, errorf(StatusInvariant, "input is a package, not an object")
	}
	t, err := s.loadStruct(obj.Move.Type)
	if err != nil {
		return Value{}, err
	}
	if v, err = s.Decode(t, obj.Move.Contents); err != nil {
		return Value{}, err
	}
	id, err := v.ID()
	if err != nil {
		return Value{}, err
	}
	s.objects.inputs.set(id, obj.Owner)
	s.addRoots(t, v.v, obj.Move.Version)
	return v, nil
}

// addRoots notes the version of the root for each UID in a value.
func (s *Session) addRoots(t *Type, v value, version uint64) {
	s.usage.work(1)
	switch {
	case t.Is(suiFramework, "object", "UID"):
		s.objects.roots.set(v.o.f[0].load0().address(), version)
	case t.Kind == KindVector && t.Elem.depth > 2:
		for _, e := range v.o.f {
			s.addRoots(t.Elem, e, version)
		}
	case t.Kind == KindDatatype:
		for i, f := range t.fields[v.n] {
			if f.depth > 2 {
				s.addRoots(f, v.o.f[i], version)
			}
		}
	}
}

// load0 is the first field of a struct.
func (v value) load0() value { return v.o.f[0] }

// deriveID is the n-th fresh id of a transaction: the hash of 0xf1, its digest
// and n.
func deriveID(digest []byte, n uint64) sui.Address {
	b := append([]byte{0xf1}, digest...)
	return blake2b.Sum256(binary.LittleEndian.AppendUint64(b, n))
}

// FreshID derives the next id of the transaction. For objects use NewObjectID.
func (s *Session) FreshID() sui.Address {
	id := deriveID(s.tx.Digest[:], s.objects.idsCreated)
	s.objects.idsCreated++
	return id
}

// NewObjectID is FreshID for an object that the caller makes: a split coin, an
// UpgradeCap.
func (s *Session) NewObjectID() (id sui.Address, err error) {
	defer recoverFault(&err)
	id = s.FreshID()
	s.objects.newID(id)
	return id, nil
}

// DeleteObjectID records that the caller destroyed an object: a merged coin.
func (s *Session) DeleteObjectID(id sui.Address) (err error) {
	defer recoverFault(&err)
	s.objects.deleteID(id)
	return nil
}

// newID records an id that came into being. One that was deleted before in the
// transaction is back.
func (o *objects) newID(id sui.Address) {
	if o.deleted.in[id] {
		o.deleted.remove(id)
		return
	}
	if len(o.created.in) >= maxNewIDs {
		throw(StatusLimit, 0, "transaction creates too many objects")
	}
	o.created.add(id)
}

// deleteID records an id that is gone. One made in the same transaction leaves
// no trace.
func (o *objects) deleteID(id sui.Address) {
	if o.created.in[id] {
		o.created.remove(id)
		return
	}
	if len(o.deleted.in) >= maxDeletedIDs {
		throw(StatusLimit, 0, "transaction deletes too many objects")
	}
	o.deleted.add(id)
}

// Transfer gives an object to an owner, as sui::transfer does. Owner versions
// are ignored. Sharing an object that is neither new nor shared before is an
// error.
func (s *Session) Transfer(v Value, to sui.Owner) (err error) {
	defer recoverFault(&err)
	if v.typ == nil || !v.typ.Abilities.Has(Key) {
		return errorf(StatusArgument, "only objects can be transferred, not %v", v.typ)
	}
	if !s.objects.transfer(v.typ, v.v, to) && to.Kind == sui.OwnerShared {
		return errorf(StatusAborted, "only new objects can be shared")
	}
	return nil
}

// SharedOrDeleted reports whether the session has by now shared or deleted an
// object.
func (s *Session) SharedOrDeleted(id sui.Address) bool {
	t, transferred := s.objects.transfers[id]
	return s.objects.deleted.in[id] || transferred && t.owner.Kind == sui.OwnerShared
}

// transfer records the owner of an object. kept is false when an input gets
// another owner or the object was a child; new objects and unchanged owners are
// kept.
func (o *objects) transfer(t *Type, v value, to sui.Owner) (kept bool) {
	id := objectID(v)
	to.Version = 0
	kept = o.created.in[id]
	if before, ok := o.inputs.get(id); ok {
		shared := before.Kind == sui.OwnerShared && to.Kind == sui.OwnerShared
		if kept = shared || before.Kind == to.Kind && before.Address == to.Address; kept {
			to.Version = before.Version
		}
	}
	if _, again := o.transfers[id]; !again {
		if len(o.transfers) >= maxTransfers {
			throw(StatusLimit, 0, "transaction transfers too many objects")
		}
		if o.transfers == nil {
			o.transfers = map[sui.Address]transfer{}
		}
		o.transferOrder = append(o.transferOrder, id)
	}
	o.transfers[id] = transfer{to, t, v}
	return kept
}

// objectID is the id of a value with key: bytes of the ID of its UID.
func objectID(v value) sui.Address { return v.load0().load0().load0().address() }
