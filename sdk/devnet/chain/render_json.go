package chain

import (
	"encoding/base64"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// Bounds of a JSON rendering; what exceeds them is shown without JSON.
const (
	maxJSONDepth  = 64
	maxJSONValues = 100_000
)

// json renders the BCS of a struct or enum as full nodes do: fields by name;
// u64 and larger as decimal strings; vector<u8> as base64; ids, addresses and
// strings as text; Option as its value or null; a Balance as its amount; enums
// with "@variant". It returns nil when the layout is not known or the bytes do
// not fit it.
func (t *types) json(v view, typ *sui.StructTag, contents []byte) *structpb.Value {
	j := &jsonReader{t: t, v: v, d: bcs.NewDecoder(contents), budget: maxJSONValues}
	out := j.datatype(typ, maxJSONDepth)
	if j.failed || j.d.Finish() != nil {
		return nil
	}
	return out
}

type jsonReader struct {
	t      *types
	v      view
	d      *bcs.Decoder
	budget int
	failed bool
}

func (j *jsonReader) fail() *structpb.Value {
	j.failed = true
	return nil
}

func (j *jsonReader) value(t *sui.TypeTag, depth int) *structpb.Value {
	j.budget--
	if depth == 0 || j.budget < 0 || j.failed || j.d.Err() != nil {
		return j.fail()
	}
	switch t.Kind {
	case sui.KindBool:
		return structpb.NewBoolValue(j.d.Bool())
	case sui.KindU8:
		return structpb.NewNumberValue(float64(j.d.U8()))
	case sui.KindU16:
		return structpb.NewNumberValue(float64(j.d.U16()))
	case sui.KindU32:
		return structpb.NewNumberValue(float64(j.d.U32()))
	case sui.KindU64:
		return j.number(8)
	case sui.KindU128:
		return j.number(16)
	case sui.KindU256:
		return j.number(32)
	case sui.KindAddress, sui.KindSigner:
		return j.address()
	case sui.KindVector:
		return j.vector(t.Elem, depth)
	case sui.KindStruct:
		return j.datatype(t.Struct, depth)
	}
	return j.fail()
}

// number reads a little-endian integer of size bytes.
func (j *jsonReader) number(size int) *structpb.Value {
	b := slices.Clone(j.d.Fixed(size))
	slices.Reverse(b)
	return structpb.NewStringValue(new(big.Int).SetBytes(b).String())
}

func (j *jsonReader) address() *structpb.Value {
	var a sui.Address
	a.UnmarshalBCS(j.d)
	return structpb.NewStringValue(a.String())
}

func (j *jsonReader) vector(elem *sui.TypeTag, depth int) *structpb.Value {
	if elem.Kind == sui.KindU8 {
		return structpb.NewStringValue(base64.StdEncoding.EncodeToString(j.d.Bytes()))
	}
	n := j.d.ULEB()
	list := &structpb.ListValue{}
	for i := uint64(0); i < n; i++ {
		item := j.value(elem, depth-1)
		if j.failed || j.d.Err() != nil {
			return j.fail()
		}
		list.Values = append(list.Values, item)
	}
	return structpb.NewListValue(list)
}

// special renders the types of the framework that have a short form.
func (j *jsonReader) special(t *sui.StructTag, depth int) (*structpb.Value, bool) {
	std, fw := t.Address == sui.MoveStdlib, t.Address == sui.Framework
	switch {
	case std && (t.Module == "string" || t.Module == "ascii") && t.Name == "String", fw && t.Module == "url" && t.Name == "Url":
		s := j.d.String()
		if !utf8.ValidString(s) {
			return j.fail(), true
		}
		return structpb.NewStringValue(s), true
	case fw && t.Module == "object" && (t.Name == "UID" || t.Name == "ID"):
		return j.address(), true
	case fw && t.Module == "balance" && t.Name == "Balance":
		return j.number(8), true
	case std && t.Module == "option" && t.Name == "Option" && len(t.Params) == 1:
		if !j.d.Option() {
			return structpb.NewNullValue(), true
		}
		return j.value(&t.Params[0], depth-1), true
	}
	return nil, false
}

func (j *jsonReader) datatype(t *sui.StructTag, depth int) *structpb.Value {
	if out, ok := j.special(t, depth); ok {
		return out
	}
	p, err := j.t.load(j.v, t.Address)
	if err != nil {
		return j.fail()
	}
	dt, err := p.datatype(t.Module, t.Name)
	if err != nil {
		return j.fail()
	}
	fields := dt.fields
	out := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	if dt.enum != nil {
		tag := j.d.Variant(len(dt.enum))
		if j.d.Err() != nil {
			return j.fail()
		}
		out.Fields["@variant"] = structpb.NewStringValue(dt.module.Identifiers[dt.enum[tag].Name])
		fields = dt.enum[tag].Fields
	}
	j.fields(dt, fields, t.Params, out, depth)
	return structpb.NewStructValue(out)
}

func (j *jsonReader) fields(dt *datatype, fields []bytecode.Field, args []sui.TypeTag, out *structpb.Struct, depth int) {
	for _, f := range fields {
		tag, err := j.t.concrete(j.v, dt.in, dt.module, f.Type, args)
		if err != nil {
			j.fail()
			return
		}
		out.Fields[dt.module.Identifiers[f.Name]] = j.value(&tag, depth-1)
		if j.failed {
			return
		}
	}
}

// primitiveText is a primitive as text: numbers and addresses without quotes.
func primitiveText(v *structpb.Value) string {
	switch k := v.GetKind().(type) {
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(k.BoolValue)
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(k.NumberValue, 'f', -1, 64)
	}
	return v.GetStringValue()
}

// size is the number of bytes that a value of type t takes at the start of b.
func (t *types) size(v view, typ *sui.TypeTag, b []byte) (int, bool) {
	j := &jsonReader{t: t, v: v, d: bcs.NewDecoder(b), budget: maxJSONValues}
	j.value(typ, maxJSONDepth)
	return j.d.Pos(), !j.failed && j.d.Err() == nil
}
