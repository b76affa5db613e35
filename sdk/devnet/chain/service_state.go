package chain

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	defaultOwnedMask = "object_id,version,object_type"
	defaultFieldMask = "parent,field_id"

	defaultPageSize = 50
	maxPageSize     = 1000
)

func (c *Chain) registerState(mux *http.ServeMux, opts connect.HandlerOption) {
	unary(mux, opts, "StateService/ListOwnedObjects", c.listOwnedObjects)
	unary(mux, opts, "StateService/ListDynamicFields", c.listDynamicFields)
	unary(mux, opts, "StateService/GetBalance", c.getBalance)
	unary(mux, opts, "StateService/ListBalances", c.listBalances)
	unary(mux, opts, "StateService/GetCoinInfo", c.getCoinInfo)
}

// pageSize is the number of items of a page; too large a wish is cut down.
func pageSize(asked *uint32) int {
	if asked == nil || *asked == 0 {
		return defaultPageSize
	}
	return int(min(*asked, maxPageSize))
}

func (c *Chain) listOwnedObjects(_ context.Context, req *pb.ListOwnedObjectsRequest) (*pb.ListOwnedObjectsResponse, error) {
	m, err := parseMask(req.ReadMask, defaultOwnedMask, &pb.Object{})
	if err != nil {
		return nil, err
	}
	owner, err := parseAddress("owner", req.GetOwner())
	if err != nil {
		return nil, invalid("%v", err)
	}
	filter, err := parseTypeFilter(req.GetObjectType())
	if err != nil {
		return nil, invalid("invalid object_type: %v", err)
	}
	prefix := key(owner[:], []byte(filter))
	if req.PageToken != nil && !bytes.HasPrefix(req.PageToken, prefix) {
		return nil, invalid("page_token is not of this query: send the token of the last page with the same owner and object_type")
	}
	size := pageSize(req.PageSize)
	out := &pb.ListOwnedObjectsResponse{}
	err = c.reading(func(r *renderer) (err error) {
		var last []byte
		r.v.scan(bucketOwned, prefix, req.PageToken, func(k, version []byte) bool {
			typ, _, id, ok := splitOwnedKey(k)
			if !ok || !typeMatches(typ, filter) {
				return true
			}
			if len(out.Objects) == size {
				out.NextPageToken = last
				return false
			}
			var obj *sui.Object
			if obj, err = r.v.objectAt(id, fromBE(version)); err != nil {
				return false
			}
			item := r.object(obj, m)
			m.prune(item)
			out.Objects = append(out.Objects, item)
			last = bytes.Clone(k)
			return true
		})
		return err
	})
	return out, err
}

// parseTypeFilter brings a type filter into the form of type strings: an
// address, address::module, a type without its parameters, or a full type.
func parseTypeFilter(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if strings.Count(s, "::") >= 2 {
		t, err := sui.ParseStructTag(s)
		if err != nil {
			return "", err
		}
		return t.String(), nil
	}
	address, module, found := strings.Cut(s, "::")
	a, err := sui.ParseAddress(address)
	if err != nil {
		return "", err
	}
	if found && !sui.IsIdentifier(module) {
		return "", invalid("%q is not a module name", clip(module))
	}
	if found {
		return a.String() + "::" + module, nil
	}
	return a.String(), nil
}

// typeMatches reports whether a type that begins with filter is what it asks
// for, and not just a longer name.
func typeMatches(typ, filter string) bool {
	rest := typ[len(filter):]
	return filter == "" || rest == "" || strings.HasPrefix(rest, "::") || rest[0] == '<'
}

func (c *Chain) listDynamicFields(_ context.Context, req *pb.ListDynamicFieldsRequest) (*pb.ListDynamicFieldsResponse, error) {
	m, err := parseMask(req.ReadMask, defaultFieldMask, &pb.DynamicField{})
	if err != nil {
		return nil, err
	}
	parent, err := parseAddress("parent", req.GetParent())
	if err != nil {
		return nil, invalid("%v", err)
	}
	if req.PageToken != nil && !bytes.HasPrefix(req.PageToken, parent[:]) {
		return nil, invalid("page_token is not of this query: send the token of the last page with the same parent")
	}
	size := pageSize(req.PageSize)
	out := &pb.ListDynamicFieldsResponse{}
	err = c.reading(func(r *renderer) (err error) {
		var last []byte
		r.v.scan(bucketChildren, parent[:], req.PageToken, func(k, version []byte) bool {
			var obj *sui.Object
			if obj, err = r.v.objectAt(sui.Address(k[32:64]), fromBE(version)); err != nil {
				return false
			}
			if !isField(&obj.Move.Type) {
				return true // the value object of a dynamic object field hangs on its field
			}
			if len(out.DynamicFields) == size {
				out.NextPageToken = last
				return false
			}
			item := r.dynamicField(obj, m)
			m.prune(item)
			out.DynamicFields = append(out.DynamicFields, item)
			last = bytes.Clone(k)
			return true
		})
		return err
	})
	return out, err
}

// isField reports whether t is 0x2::dynamic_field::Field<K, V>.
func isField(t *sui.StructTag) bool {
	return t.Address == sui.Framework && t.Module == "dynamic_field" && t.Name == "Field" && len(t.Params) == 2
}

// isWrapper reports whether t is 0x2::dynamic_object_field::Wrapper<N>.
func isWrapper(t *sui.TypeTag) bool {
	s := t.Struct
	return s != nil && s.Address == sui.Framework && s.Module == "dynamic_object_field" && s.Name == "Wrapper" && len(s.Params) == 1
}

// dynamicField renders a Field object: its contents are id, name, value. The
// value of a dynamic object field is the id of the child object.
func (r *renderer) dynamicField(obj *sui.Object, m *mask) *pb.DynamicField {
	name, value := obj.Move.Type.Params[0], obj.Move.Type.Params[1]
	out := &pb.DynamicField{
		Kind: ptr(pb.DynamicField_FIELD), Parent: ptr(obj.Owner.Address.String()), FieldId: ptr(obj.ID().String()),
		ValueType: ptr(value.String()),
	}
	if m.has("field_object") {
		out.FieldObject = r.object(obj, m.at("field_object"))
	}
	nameBytes, valueBytes, ok := r.splitField(obj)
	if !ok {
		return out
	}
	out.Value = renderBCS(value.String(), valueBytes)
	if isWrapper(&name) {
		out.Kind = ptr(pb.DynamicField_OBJECT)
		name = name.Struct.Params[0]
		if len(valueBytes) == 32 {
			r.childObject(sui.Address(valueBytes), out, m)
		}
	}
	out.Name = renderBCS(name.String(), nameBytes)
	return out
}

// childObject adds the object of a dynamic object field.
func (r *renderer) childObject(id sui.Address, out *pb.DynamicField, m *mask) {
	out.ChildId = ptr(id.String())
	if !m.has("value_type") && !m.has("child_object") {
		return
	}
	child, err := r.v.object(id)
	if err != nil {
		return
	}
	out.ValueType = ptr(objectType(child))
	if m.has("child_object") {
		out.ChildObject = r.object(child, m.at("child_object"))
	}
}

// splitField cuts the contents of a Field object into name and value; how long
// the name is follows from its type.
func (r *renderer) splitField(obj *sui.Object) (name, value []byte, ok bool) {
	contents := obj.Move.Contents
	n, ok := r.types.size(r.v, &obj.Move.Type.Params[0], contents[32:])
	if !ok {
		return nil, nil, false
	}
	return contents[32 : 32+n], contents[32+n:], true
}

func (c *Chain) getBalance(_ context.Context, req *pb.GetBalanceRequest) (*pb.GetBalanceResponse, error) {
	owner, err := parseAddress("owner", req.GetOwner())
	if err != nil {
		return nil, invalid("%v", err)
	}
	coin, err := sui.ParseStructTag(req.GetCoinType())
	if err != nil {
		return nil, invalid("invalid coin_type: %v", err)
	}
	var total uint64
	err = c.ledger.read(func(v view) error {
		prefix := key(owner[:], []byte(coinTypeOf(coin.Tag())), []byte{0})
		v.scan(bucketOwned, prefix, nil, func(k, _ []byte) bool {
			total += ^binary.BigEndian.Uint64(k[len(k)-40:])
			return true
		})
		return nil
	})
	return &pb.GetBalanceResponse{Balance: renderBalance(coin.String(), total)}, err
}

// coinTypeOf is the type string of 0x2::coin::Coin<t>.
func coinTypeOf(t sui.TypeTag) string {
	return sui.StructTag{Address: sui.Framework, Module: "coin", Name: "Coin", Params: []sui.TypeTag{t}}.String()
}

// renderBalance renders the sum of an owner's coins. This network has no
// address balances, so coins are all of it.
func renderBalance(coinType string, total uint64) *pb.Balance {
	out := &pb.Balance{CoinType: &coinType, Balance: &total}
	setNewVarint(out, "address_balance", 0)
	setNewVarint(out, "coin_balance", total)
	return out
}

func (c *Chain) listBalances(_ context.Context, req *pb.ListBalancesRequest) (*pb.ListBalancesResponse, error) {
	owner, err := parseAddress("owner", req.GetOwner())
	if err != nil {
		return nil, invalid("%v", err)
	}
	size := pageSize(req.PageSize)
	out := &pb.ListBalancesResponse{}
	after := string(req.PageToken)
	err = c.ledger.read(func(v view) error {
		coins := sui.Framework.String() + "::coin::Coin<"
		v.scan(bucketOwned, key(owner[:], []byte(coins)), nil, func(k, _ []byte) bool {
			typ, balance, _, ok := splitOwnedKey(k)
			if !ok {
				return true
			}
			typ = typ[len(coins) : len(typ)-1]
			if req.PageToken != nil && typ <= after {
				return true
			}
			n := len(out.Balances)
			switch {
			case n > 0 && *out.Balances[n-1].CoinType == typ:
				out.Balances[n-1] = renderBalance(typ, *out.Balances[n-1].Balance+balance)
			case n == size:
				out.NextPageToken = []byte(*out.Balances[n-1].CoinType)
				return false
			default:
				out.Balances = append(out.Balances, renderBalance(typ, balance))
			}
			return true
		})
		return nil
	})
	return out, err
}

func (c *Chain) getCoinInfo(_ context.Context, req *pb.GetCoinInfoRequest) (*pb.GetCoinInfoResponse, error) {
	coin, err := sui.ParseStructTag(req.GetCoinType())
	if err != nil {
		return nil, invalid("invalid coin_type: %v", err)
	}
	if coin.String() != sui.SUIType().String() {
		return c.publishedCoinInfo(&coin)
	}
	return &pb.GetCoinInfoResponse{
		CoinType: ptr(coin.String()),
		Metadata: &pb.CoinMetadata{
			Decimals: ptr(uint32(9)), Name: ptr("Sui"), Symbol: ptr("SUI"), Description: ptr(""),
		},
		Treasury: &pb.CoinTreasury{TotalSupply: ptr(uint64(totalSupply)), SupplyState: ptr(pb.CoinTreasury_FIXED)},
	}, nil
}

// publishedCoinInfo tells about a coin that a package made with
// coin::create_currency, from its CoinMetadata and TreasuryCap.
func (c *Chain) publishedCoinInfo(coin *sui.StructTag) (*pb.GetCoinInfoResponse, error) {
	out := &pb.GetCoinInfoResponse{CoinType: ptr(coin.String())}
	err := c.ledger.read(func(v view) error {
		if obj := v.coinInfo(coin, "CoinMetadata"); obj != nil {
			m, err := parseCoinMetadata(obj.Move.Contents)
			if err != nil {
				return err
			}
			m.Id = ptr(obj.ID().String())
			out.Metadata = m
		}
		if obj := v.coinInfo(coin, "TreasuryCap"); obj != nil && len(obj.Move.Contents) == 40 {
			out.Treasury = &pb.CoinTreasury{
				Id:          ptr(obj.ID().String()),
				TotalSupply: ptr(binary.LittleEndian.Uint64(obj.Move.Contents[32:])),
				SupplyState: ptr(pb.CoinTreasury_SUPPLY_STATE_UNKNOWN),
			}
		}
		return nil
	})
	if err == nil && out.Metadata == nil && out.Treasury == nil {
		err = notFound("coin info of %s not found", coin)
	}
	return out, err
}

// parseCoinMetadata reads 0x2::coin::CoinMetadata: id, decimals, name, symbol,
// description, and the optional URL of an icon.
func parseCoinMetadata(contents []byte) (*pb.CoinMetadata, error) {
	d := bcs.NewDecoder(contents)
	d.Fixed(32)
	m := &pb.CoinMetadata{Decimals: ptr(uint32(d.U8()))}
	m.Name, m.Symbol, m.Description = ptr(string(d.Bytes())), ptr(string(d.Bytes())), ptr(string(d.Bytes()))
	if d.Option() {
		m.IconUrl = ptr(string(d.Bytes()))
	}
	if err := d.Err(); err != nil {
		return nil, fmt.Errorf("read coin metadata: %w", err)
	}
	return m, nil
}
