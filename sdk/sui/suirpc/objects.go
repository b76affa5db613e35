package suirpc

import (
	"context"
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// maxBatch is how many objects full nodes give in one BatchGetObjects.
const maxBatch = 50

// pageSize is the largest page of a list call.
const pageSize = 1000

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

// ChainID returns the digest of the genesis checkpoint, which names the
// network.
func (c *Client) ChainID(ctx context.Context) (sui.Digest, error) {
	info, err := c.ServiceInfo(ctx)
	return info.ChainID, err
}

// ServiceInfo is what a node says about itself.
type ServiceInfo struct {
	ChainID sui.Digest
	Chain   string // "mainnet", "testnet", or what the operator chose
	Epoch   uint64
	Tip     uint64 // highest checkpoint
	Lowest  uint64 // lowest checkpoint still served
}

// ServiceInfo asks the node which chain it serves and how far it is.
func (c *Client) ServiceInfo(ctx context.Context) (ServiceInfo, error) {
	res, err := read(ctx, c, "get service info", c.ledger.GetServiceInfo, &pb.GetServiceInfoRequest{})
	if err != nil {
		return ServiceInfo{}, err
	}
	id, err := sui.ParseDigest(res.GetChainId())
	if err != nil {
		return ServiceInfo{}, fmt.Errorf("get service info: chain id of %s: %w", c.url, err)
	}
	return ServiceInfo{ChainID: id, Chain: res.GetChain(), Epoch: res.GetEpoch(),
		Tip: res.GetCheckpointHeight(), Lowest: res.GetLowestAvailableCheckpoint()}, nil
}

// ReferenceGasPrice returns the price of one gas unit in this epoch, in MIST.
func (c *Client) ReferenceGasPrice(ctx context.Context) (uint64, error) {
	res, err := read(ctx, c, "get epoch", c.ledger.GetEpoch, &pb.GetEpochRequest{ReadMask: mask("reference_gas_price")})
	if err != nil {
		return 0, err
	}
	if res.GetEpoch().ReferenceGasPrice == nil {
		return 0, fmt.Errorf("get epoch: %s gives no reference gas price", c.url)
	}
	return res.GetEpoch().GetReferenceGasPrice(), nil
}

// EpochInfo is what holds during one epoch.
type EpochInfo struct {
	Epoch             uint64
	StartMS           uint64
	ReferenceGasPrice uint64 // MIST per unit
	ProtocolVersion   uint64
}

// Epoch returns what the node says of an epoch, [ErrNotFound] (wrapped) when it
// has not begun there.
func (c *Client) Epoch(ctx context.Context, epoch uint64) (EpochInfo, error) {
	what := fmt.Sprintf("get epoch %d", epoch)
	res, err := read(ctx, c, what, c.ledger.GetEpoch, &pb.GetEpochRequest{Epoch: &epoch,
		ReadMask: mask("epoch", "start", "reference_gas_price", "protocol_config.protocol_version")})
	if err != nil {
		return EpochInfo{}, err
	}
	e := res.GetEpoch()
	if e.Epoch == nil || e.GetEpoch() != epoch || e.Start == nil || e.ReferenceGasPrice == nil || e.GetProtocolConfig().ProtocolVersion == nil {
		return EpochInfo{}, invalid(what, fmt.Errorf("node %s gives no number, start, gas price or protocol version of the epoch", c.url))
	}
	return EpochInfo{Epoch: epoch, StartMS: uint64(e.GetStart().AsTime().UnixMilli()),
		ReferenceGasPrice: e.GetReferenceGasPrice(), ProtocolVersion: e.GetProtocolConfig().GetProtocolVersion()}, nil
}

// Object returns the latest version of a live object or package. An object
// that is absent, deleted or wrapped gives [ErrNotFound].
func (c *Client) Object(ctx context.Context, id sui.Address) (*sui.Object, error) {
	return c.object(ctx, id, nil)
}

// ObjectVersion returns one version of an object, also of one that is gone,
// as long as the node keeps it.
func (c *Client) ObjectVersion(ctx context.Context, id sui.Address, version uint64) (*sui.Object, error) {
	return c.object(ctx, id, &version)
}

func (c *Client) object(ctx context.Context, id sui.Address, version *uint64) (*sui.Object, error) {
	what := "get object " + id.String()
	text := id.String()
	res, err := read(ctx, c, what, c.ledger.GetObject, &pb.GetObjectRequest{
		ObjectId: &text, Version: version, ReadMask: mask("bcs")})
	if err != nil {
		return nil, err
	}
	obj, err := decodeObject(res.GetObject())
	if err != nil {
		return nil, invalid(what, err)
	}
	if obj.ID() != id {
		return nil, invalid(what, fmt.Errorf("node %s answers with another object", c.url))
	}
	if version != nil && obj.Version() != *version {
		return nil, invalid(what, fmt.Errorf("node %s answers with version %d, want %d", c.url, obj.Version(), *version))
	}
	return obj, nil
}

// Objects returns the latest versions of many objects, in the order of ids;
// an entry is nil where the object does not exist.
func (c *Client) Objects(ctx context.Context, ids []sui.Address) ([]*sui.Object, error) {
	return c.batches(ctx, len(ids), func(i int) *pb.GetObjectRequest {
		text := ids[i].String()
		return &pb.GetObjectRequest{ObjectId: &text}
	})
}

// ObjectVersions returns certain versions of many objects, in the order of refs,
// with the digests in them; an entry is nil where the node does not have it.
func (c *Client) ObjectVersions(ctx context.Context, refs []sui.ObjectRef) ([]*sui.Object, error) {
	out, err := c.batches(ctx, len(refs), func(i int) *pb.GetObjectRequest {
		text := refs[i].ID.String()
		return &pb.GetObjectRequest{ObjectId: &text, Version: &refs[i].Version}
	})
	if err != nil {
		return nil, err
	}
	for i, o := range out {
		if o != nil && o.Ref() != refs[i] {
			return nil, invalid("get object "+refs[i].ID.String(), fmt.Errorf("node %s answers with another version or content", c.url))
		}
	}
	return out, nil
}

// batches asks for n objects, as many at once as nodes allow.
func (c *Client) batches(ctx context.Context, n int, request func(i int) *pb.GetObjectRequest) ([]*sui.Object, error) {
	out := make([]*sui.Object, 0, n)
	for len(out) < n {
		req := &pb.BatchGetObjectsRequest{ReadMask: mask("bcs")}
		for i := len(out); i < n && len(req.Requests) < maxBatch; i++ {
			req.Requests = append(req.Requests, request(i))
		}
		part, err := c.batch(ctx, req)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

func (c *Client) batch(ctx context.Context, req *pb.BatchGetObjectsRequest) ([]*sui.Object, error) {
	res, err := read(ctx, c, "get objects", c.ledger.BatchGetObjects, req)
	if err != nil {
		return nil, err
	}
	if len(res.GetObjects()) != len(req.Requests) {
		return nil, fmt.Errorf("get objects: node %s gives %d answers to %d questions", c.url, len(res.GetObjects()), len(req.Requests))
	}
	out := make([]*sui.Object, len(req.Requests))
	for i, r := range res.GetObjects() {
		what := "get object " + req.Requests[i].GetObjectId()
		if e := r.GetError(); e != nil {
			if codes.Code(e.GetCode()) == codes.NotFound {
				continue
			}
			return nil, fmt.Errorf("%s: %s", what, e.GetMessage())
		}
		if out[i], err = decodeObject(r.GetObject()); err != nil {
			return nil, invalid(what, err)
		}
		if out[i].ID().String() != req.Requests[i].GetObjectId() {
			return nil, invalid(what, fmt.Errorf("node %s answers with another object", c.url))
		}
	}
	return out, nil
}

// OwnedObjects returns all objects that an address owns; typ, when not nil,
// keeps those of one type (a type without its parameters keeps all
// instantiations).
func (c *Client) OwnedObjects(ctx context.Context, owner sui.Address, typ *sui.StructTag) ([]*sui.Object, error) {
	text, size := owner.String(), uint32(pageSize)
	req := &pb.ListOwnedObjectsRequest{Owner: &text, PageSize: &size, ReadMask: mask("bcs")}
	if typ != nil {
		t := typ.String()
		req.ObjectType = &t
	}
	what := "list objects of " + text
	var out []*sui.Object
	for {
		res, err := read(ctx, c, what, c.state.ListOwnedObjects, req)
		if err != nil {
			return nil, err
		}
		for _, o := range res.GetObjects() {
			obj, err := decodeObject(o)
			if err != nil {
				return nil, invalid(what, err)
			}
			out = append(out, obj)
		}
		if req.PageToken = res.GetNextPageToken(); len(req.PageToken) == 0 {
			return out, nil
		}
	}
}

// A DynamicField is one entry of a table, bag or other parent of fields.
type DynamicField struct {
	ID        sui.Address // of the Field object
	KeyType   sui.TypeTag
	Key       []byte // BCS of the key
	ValueType string
	Value     []byte       // BCS of the value; nil for a dynamic object field
	Child     *sui.Address // the value's object, for a dynamic object field
}

// DynamicFields lists all dynamic fields of a parent object.
func (c *Client) DynamicFields(ctx context.Context, parent sui.Address) ([]DynamicField, error) {
	text, size := parent.String(), uint32(pageSize)
	req := &pb.ListDynamicFieldsRequest{Parent: &text, PageSize: &size,
		ReadMask: mask("kind", "field_id", "name", "value", "value_type", "child_id")}
	what := "list dynamic fields of " + text
	var out []DynamicField
	for {
		res, err := read(ctx, c, what, c.state.ListDynamicFields, req)
		if err != nil {
			return nil, err
		}
		for _, f := range res.GetDynamicFields() {
			field, err := decodeField(f)
			if err != nil {
				return nil, invalid(what, err)
			}
			out = append(out, field)
		}
		if req.PageToken = res.GetNextPageToken(); len(req.PageToken) == 0 {
			return out, nil
		}
	}
}

func decodeField(f *pb.DynamicField) (DynamicField, error) {
	id, err := sui.ParseAddress(f.GetFieldId())
	if err != nil {
		return DynamicField{}, fmt.Errorf("field id: %w", err)
	}
	keyType, err := sui.ParseTypeTag(f.GetName().GetName())
	if err != nil {
		return DynamicField{}, fmt.Errorf("key type of field %s: %w", id, err)
	}
	out := DynamicField{ID: id, KeyType: keyType, Key: f.GetName().GetValue(), ValueType: f.GetValueType()}
	if f.ChildId == nil {
		out.Value = f.GetValue().GetValue()
		return out, nil
	}
	child, err := sui.ParseAddress(f.GetChildId())
	if err != nil {
		return DynamicField{}, fmt.Errorf("child of field %s: %w", id, err)
	}
	out.Child = &child
	return out, nil
}

// DynamicField returns the Field object of parent under one key. For a
// dynamic object field wrap the key type as 0x2::dynamic_object_field::Wrapper
// and follow the id in the value.
func (c *Client) DynamicField(ctx context.Context, parent sui.Address, keyType sui.TypeTag, keyBCS []byte) (*sui.Object, error) {
	return c.Object(ctx, sui.DynamicFieldID(parent, keyType, keyBCS))
}

// Balance returns the sum of an address's coins of one type.
func (c *Client) Balance(ctx context.Context, owner sui.Address, coinType sui.TypeTag) (uint64, error) {
	o, t := owner.String(), coinType.String()
	res, err := read(ctx, c, "get balance of "+o, c.state.GetBalance, &pb.GetBalanceRequest{Owner: &o, CoinType: &t})
	if err != nil {
		return 0, err
	}
	return res.GetBalance().GetBalance(), nil
}

// Package returns one package version by its storage id.
func (c *Client) Package(ctx context.Context, id sui.Address) (*sui.MovePackage, error) {
	obj, err := c.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	if obj.Package == nil {
		return nil, fmt.Errorf("get package %s: it is an object of type %s, not a package", id, obj.Move.Type)
	}
	return obj.Package, nil
}

func decodeObject(o *pb.Object) (*sui.Object, error) {
	b := o.GetBcs().GetValue()
	if len(b) == 0 {
		return nil, fmt.Errorf("node gives no BCS of the object")
	}
	var obj sui.Object
	if err := bcs.Unmarshal(b, &obj); err != nil {
		return nil, err
	}
	if obj.Package == nil && (obj.Move == nil || len(obj.Move.Contents) < len(sui.Address{})) {
		return nil, fmt.Errorf("object is shorter than its id")
	}
	return &obj, nil
}
