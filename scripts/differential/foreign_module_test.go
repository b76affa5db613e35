package differential

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// foreignModule is the JSON of the foreign decoder.
type foreignModule struct {
	Version         uint32                       `json:"version"`
	Self            uint16                       `json:"self_module_handle_idx"`
	ModuleHandles   []bytecode.ModuleHandle      `json:"module_handles"`
	DatatypeHandles []foreignDatatypeHandle      `json:"datatype_handles"`
	FunctionHandles []foreignFunctionHandle      `json:"function_handles"`
	FieldHandles    []foreignFieldHandle         `json:"field_handles"`
	Friends         []bytecode.ModuleHandle      `json:"friend_decls"`
	StructInsts     []foreignInst                `json:"struct_def_instantiations"`
	FunctionInsts   []foreignInst                `json:"function_instantiations"`
	FieldInsts      []foreignInst                `json:"field_instantiations"`
	Signatures      [][]foreignToken             `json:"signatures"`
	Identifiers     []string                     `json:"identifiers"`
	Addresses       []string                     `json:"address_identifiers"`
	Constants       []foreignConstant            `json:"constant_pool"`
	Metadata        []struct{ Key, Value []int } `json:"metadata"`
	Structs         []foreignStruct              `json:"struct_defs"`
	Functions       []foreignFunction            `json:"function_defs"`
	Enums           []foreignEnum                `json:"enum_defs"`
	EnumInsts       []foreignInst                `json:"enum_def_instantiations"`
	VariantHandles  []foreignVariantHandle       `json:"variant_handles"`
	VariantInsts    []foreignVariantHandle       `json:"variant_instantiation_handles"`
}

type foreignDatatypeHandle struct {
	Module, Name uint16
	Abilities    bytecode.Abilities
	TypeParams   []struct {
		Constraints bytecode.Abilities
		Phantom     bool `json:"is_phantom"`
	} `json:"type_parameters"`
}

type foreignFunctionHandle struct {
	Module, Name uint16
	Params       uint16        `json:"parameters"`
	Returns      uint16        `json:"return_"`
	TypeParams   []json.Number `json:"type_parameters"`
}

type foreignFieldHandle struct {
	Owner, Field uint16
}

type foreignInst struct {
	Def, Handle *uint16
	Args        uint16 `json:"type_parameters"`
}

type foreignVariantHandle struct {
	Enum uint16 `json:"enum_def"`
	Tag  uint16 `json:"variant"`
}

type foreignConstant struct {
	Type foreignToken `json:"type_"`
	Data []int        `json:"data"`
}

type foreignField struct {
	Name uint16
	Type foreignToken `json:"signature"`
}

type foreignStruct struct {
	Handle uint16          `json:"struct_handle"`
	Fields json.RawMessage `json:"field_information"` // "Native" or {"Declared": …}
}

type foreignEnum struct {
	Handle   uint16 `json:"enum_handle"`
	Variants []struct {
		Name   uint16 `json:"variant_name"`
		Fields []foreignField
	}
}

type foreignFunction struct {
	Handle     uint16 `json:"function"`
	Visibility string
	Entry      bool     `json:"is_entry"`
	Acquires   []uint16 `json:"acquires_global_resources"`
	Code       *struct {
		Locals     uint16
		Code       []foreignInstruction
		JumpTables []struct {
			Enum  uint16                  `json:"head_enum"`
			Table struct{ Full []uint16 } `json:"jump_table"`
		} `json:"jump_tables"`
	}
}

// foreignToken is a type: a name, or {constructor: arguments}.
type foreignToken struct{ bytecode.Token }

var plainTokens = map[string]bytecode.TokenKind{
	"Bool": bytecode.TokenBool, "U8": bytecode.TokenU8, "U16": bytecode.TokenU16, "U32": bytecode.TokenU32, "U64": bytecode.TokenU64,
	"U128": bytecode.TokenU128, "U256": bytecode.TokenU256, "Address": bytecode.TokenAddress, "Signer": bytecode.TokenSigner,
}

func (f *foreignToken) UnmarshalJSON(b []byte) error {
	var name string
	if json.Unmarshal(b, &name) == nil {
		k, ok := plainTokens[name]
		f.Kind = k
		if !ok {
			return fmt.Errorf("unknown type %s", name)
		}
		return nil
	}
	var x struct {
		Reference, MutableReference, Vector *foreignToken
		TypeParameter, Datatype             *uint16
		DatatypeInstantiation               []json.RawMessage
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	wrap := func(kind bytecode.TokenKind, t *foreignToken) { f.Kind, f.Args = kind, []bytecode.Token{t.Token} }
	switch {
	case x.Reference != nil:
		wrap(bytecode.TokenRef, x.Reference)
	case x.MutableReference != nil:
		wrap(bytecode.TokenMutRef, x.MutableReference)
	case x.Vector != nil:
		wrap(bytecode.TokenVector, x.Vector)
	case x.TypeParameter != nil:
		f.Kind, f.Index = bytecode.TokenTypeParam, *x.TypeParameter
	case x.Datatype != nil:
		f.Kind, f.Index = bytecode.TokenDatatype, *x.Datatype
	case len(x.DatatypeInstantiation) == 2:
		f.Kind = bytecode.TokenDatatypeInst
		var args []foreignToken
		if err := json.Unmarshal(x.DatatypeInstantiation[0], &f.Index); err != nil {
			return err
		}
		if err := json.Unmarshal(x.DatatypeInstantiation[1], &args); err != nil {
			return err
		}
		f.Args = tokens(args)
	default:
		return fmt.Errorf("unknown type %s", b)
	}
	return nil
}

func tokens(list []foreignToken) []bytecode.Token {
	return convert(list, func(f foreignToken) bytecode.Token { return f.Token })
}

// foreignInstruction is a name, or {name: operands}.
type foreignInstruction struct {
	name    string
	operand any // nil, json.Number, string or []any
}

func (f *foreignInstruction) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &f.name) == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var x map[string]any
	if err := d.Decode(&x); err != nil || len(x) != 1 {
		return fmt.Errorf("instruction %s: %v", b, err)
	}
	for name, operand := range x {
		f.name, f.operand = name, operand
	}
	return nil
}

// equal compares an instruction with ours, operands and all.
func (f foreignInstruction) equal(in bytecode.Instruction) bool {
	want := bytecode.Instruction{Op: in.Op}
	switch x := f.operand.(type) {
	case json.Number:
		n, _ := x.Int64()
		if f.name == "LdU8" || f.name == "LdU16" || f.name == "LdU32" {
			want.N = uint64(n)
		} else {
			want.A = uint16(n)
		}
	case string:
		n, _ := new(big.Int).SetString(x, 10)
		if f.name == "LdU64" {
			want.N = n.Uint64()
		} else {
			want.Big = n.FillBytes(make([]byte, 16))
			slices.Reverse(want.Big)
		}
	case []any:
		if len(x) == 2 {
			fmt.Sscan(fmt.Sprint(x[0]), &want.A)
			fmt.Sscan(fmt.Sprint(x[1]), &want.N)
			break
		}
		for _, c := range x {
			var n byte
			fmt.Sscan(fmt.Sprint(c), &n)
			want.Big = append(want.Big, n)
		}
	}
	return f.name == in.Op.String() && reflect.DeepEqual(want, in)
}

func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

func byteSlice(list []int) []byte { return convert(list, func(n int) byte { return byte(n) }) }

func fields(list []foreignField) []bytecode.Field {
	return convert(list, func(f foreignField) bytecode.Field { return bytecode.Field{Name: f.Name, Type: f.Type.Token} })
}

func insts(list []foreignInst) []bytecode.Instantiation {
	return convert(list, func(f foreignInst) bytecode.Instantiation {
		of := f.Def
		if of == nil {
			of = f.Handle
		}
		return bytecode.Instantiation{Of: *of, Args: f.Args}
	})
}

func variants(list []foreignVariantHandle) []bytecode.VariantHandle {
	return convert(list, func(f foreignVariantHandle) bytecode.VariantHandle { return bytecode.VariantHandle(f) })
}

// differences compares a module field by field with ours.
func (f *foreignModule) differences(ours *bytecode.Module) []string {
	theirs := f.module()
	var out []string
	a, b := reflect.ValueOf(*theirs), reflect.ValueOf(*ours)
	for i := range a.NumField() {
		x, y := a.Field(i), b.Field(i)
		name := a.Type().Field(i).Name
		if name == "Functions" {
			out = append(out, f.functionDifferences(ours)...)
			continue
		}
		if x.Kind() != reflect.Slice || x.Len() != y.Len() {
			if !reflect.DeepEqual(x.Interface(), y.Interface()) && (x.Kind() != reflect.Slice || x.Len()+y.Len() > 0) {
				out = append(out, fmt.Sprintf("%s: the foreign decoder has %v, ours %v", name, x, y))
			}
			continue
		}
		for k := range x.Len() {
			if !same(x.Index(k), y.Index(k)) {
				out = append(out, fmt.Sprintf("%s %d: the foreign decoder has %v, ours %v", name, k, x.Index(k), y.Index(k)))
			}
		}
	}
	return out
}

// same is reflect.DeepEqual that takes nil for an empty slice.
func same(x, y reflect.Value) bool {
	switch x.Kind() {
	case reflect.Slice:
		if x.Len() != y.Len() {
			return false
		}
		for i := range x.Len() {
			if !same(x.Index(i), y.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range x.NumField() {
			if !same(x.Field(i), y.Field(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}

// module converts all but the functions.
func (f *foreignModule) module() *bytecode.Module {
	m := &bytecode.Module{
		Version: f.Version, Self: f.Self, ModuleHandles: f.ModuleHandles, Friends: f.Friends, Identifiers: f.Identifiers,
		StructInsts: insts(f.StructInsts), FunctionInsts: insts(f.FunctionInsts), FieldInsts: insts(f.FieldInsts), EnumInsts: insts(f.EnumInsts),
		VariantHandles: variants(f.VariantHandles), VariantInsts: variants(f.VariantInsts),
		FieldHandles: convert(f.FieldHandles, func(h foreignFieldHandle) bytecode.FieldHandle {
			return bytecode.FieldHandle{Struct: h.Owner, Field: h.Field}
		}),
		Signatures: convert(f.Signatures, func(s []foreignToken) bytecode.Signature { return tokens(s) }),
		Constants: convert(f.Constants, func(c foreignConstant) bytecode.Constant {
			return bytecode.Constant{Type: c.Type.Token, Data: byteSlice(c.Data)}
		}),
		Metadata: convert(f.Metadata, func(d struct{ Key, Value []int }) bytecode.Metadata {
			return bytecode.Metadata{Key: byteSlice(d.Key), Value: byteSlice(d.Value)}
		}),
	}
	for _, a := range f.Addresses {
		var addr [32]byte
		hex.Decode(addr[:], []byte(a))
		m.Addresses = append(m.Addresses, addr)
	}
	for _, h := range f.DatatypeHandles {
		d := bytecode.DatatypeHandle{Module: h.Module, Name: h.Name, Abilities: h.Abilities}
		for _, p := range h.TypeParams {
			d.TypeParams = append(d.TypeParams, bytecode.TypeParam{Constraints: p.Constraints, Phantom: p.Phantom})
		}
		m.DatatypeHandles = append(m.DatatypeHandles, d)
	}
	for _, h := range f.FunctionHandles {
		d := bytecode.FunctionHandle{Module: h.Module, Name: h.Name, Params: h.Params, Returns: h.Returns}
		for _, p := range h.TypeParams {
			n, _ := p.Int64()
			d.TypeParams = append(d.TypeParams, bytecode.Abilities(n))
		}
		m.FunctionHandles = append(m.FunctionHandles, d)
	}
	for _, s := range f.Structs {
		var x struct{ Declared []foreignField }
		d := bytecode.StructDef{Handle: s.Handle, Native: json.Unmarshal(s.Fields, &x) != nil}
		d.Fields = fields(x.Declared)
		m.Structs = append(m.Structs, d)
	}
	for _, e := range f.Enums {
		d := bytecode.EnumDef{Handle: e.Handle}
		for _, v := range e.Variants {
			d.Variants = append(d.Variants, bytecode.Variant{Name: v.Name, Fields: fields(v.Fields)})
		}
		m.Enums = append(m.Enums, d)
	}
	return m
}

func (f *foreignModule) functionDifferences(ours *bytecode.Module) []string {
	if len(f.Functions) != len(ours.Functions) {
		return []string{fmt.Sprintf("the foreign decoder has %d functions, ours %d", len(f.Functions), len(ours.Functions))}
	}
	var out []string
	for i, x := range f.Functions {
		y := ours.Functions[i]
		visibility := map[string]bytecode.Visibility{"Private": bytecode.Private, "Public": bytecode.Public, "Friend": bytecode.Friend}
		v, known := visibility[x.Visibility]
		if !known || v != y.Visibility || x.Handle != y.Handle || x.Entry != y.Entry || !slices.Equal(x.Acquires, y.Acquires) || (x.Code == nil) != y.Native {
			out = append(out, fmt.Sprintf("function %d: the foreign decoder has %+v, ours %+v", i, x, y))
			continue
		}
		if x.Code == nil {
			continue
		}
		if x.Code.Locals != y.Locals || !slices.EqualFunc(x.Code.Code, y.Code, foreignInstruction.equal) {
			out = append(out, fmt.Sprintf("function %d: the code differs", i))
		}
		if len(x.Code.JumpTables) != len(y.JumpTables) {
			out = append(out, fmt.Sprintf("function %d: the jump tables differ", i))
			continue
		}
		for k, j := range x.Code.JumpTables {
			if j.Enum != y.JumpTables[k].Enum || !slices.Equal(j.Table.Full, y.JumpTables[k].Offsets) {
				out = append(out, fmt.Sprintf("function %d: jump table %d differs", i, k))
			}
		}
	}
	return out
}
