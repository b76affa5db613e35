package chain

import (
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A renderer turns what the ledger holds into the messages of sui.rpc.v2. It
// works for a mask: expensive fields that the mask does not select are left
// out, and callers prune the rest.
type renderer struct {
	v     view
	extra map[objectKey]*sui.Object // objects of a simulation, not in the ledger
	types *types
}

type objectKey struct {
	id      sui.Address
	version uint64
}

// objectAt returns an object of the ledger or of the simulation; nil when
// there is none.
func (r *renderer) objectAt(id sui.Address, version uint64) *sui.Object {
	if obj := r.extra[objectKey{id, version}]; obj != nil {
		return obj
	}
	obj, err := r.v.objectAt(id, version)
	if err != nil {
		return nil
	}
	return obj
}

// object renders one version of an object.
func (r *renderer) object(obj *sui.Object, m *mask) *pb.Object {
	id := obj.ID()
	out := &pb.Object{
		ObjectId:            ptr(id.String()),
		Version:             ptr(obj.Version()),
		Owner:               renderOwner(obj.Owner),
		PreviousTransaction: ptr(obj.PreviousTransaction.String()),
		StorageRebate:       ptr(obj.StorageRebate),
		ObjectType:          ptr(objectType(obj)),
	}
	if m.has("digest") {
		out.Digest = ptr(obj.Digest().String())
	}
	if m.has("bcs") {
		out.Bcs = renderBCS("Object", bcs.Marshal(obj))
	}
	if obj.Package != nil {
		if m.has("package") {
			out.Package = r.pkg(obj.Package, m.at("package"))
		}
		return out
	}
	out.HasPublicTransfer = ptr(obj.Move.HasPublicTransfer)
	if m.has("contents") {
		out.Contents = renderBCS(obj.Move.Type.String(), obj.Move.Contents)
	}
	if m.has("json") {
		out.Json = r.types.json(r.v, &obj.Move.Type, obj.Move.Contents)
	}
	if balance, ok := coinBalance(obj); ok {
		out.Balance = ptr(balance)
	}
	return out
}

// objectType is the type string of an object; that of packages is "package".
func objectType(obj *sui.Object) string {
	if obj.Package != nil {
		return "package"
	}
	return obj.Move.Type.String()
}

func renderOwner(o sui.Owner) *pb.Owner {
	switch o.Kind {
	case sui.OwnerAddress:
		return &pb.Owner{Kind: ptr(pb.Owner_ADDRESS), Address: ptr(o.Address.String())}
	case sui.OwnerObject:
		return &pb.Owner{Kind: ptr(pb.Owner_OBJECT), Address: ptr(o.Address.String())}
	case sui.OwnerShared:
		return &pb.Owner{Kind: ptr(pb.Owner_SHARED), Version: ptr(o.Version)}
	case sui.OwnerConsensusAddress:
		return &pb.Owner{Kind: ptr(pb.Owner_CONSENSUS_ADDRESS), Address: ptr(o.Address.String()), Version: ptr(o.Version)}
	}
	return &pb.Owner{Kind: ptr(pb.Owner_IMMUTABLE)}
}

func renderBCS(name string, value []byte) *pb.Bcs { return &pb.Bcs{Name: &name, Value: value} }

func renderRef(ref sui.ObjectRef) *pb.ObjectReference {
	return &pb.ObjectReference{ObjectId: ptr(ref.ID.String()), Version: ptr(ref.Version), Digest: ptr(ref.Digest.String())}
}

// ptr returns a pointer to v, as optional fields want it.
func ptr[T any](v T) *T { return &v }
