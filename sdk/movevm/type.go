package movevm

import (
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A Kind is the shape of a Type.
type Kind uint8

// The kinds of types. The unsigned integers are in order of their width.
const (
	KindBool Kind = iota
	KindU8
	KindU16
	KindU32
	KindU64
	KindU128
	KindU256
	KindAddress
	KindSigner
	KindVector
	KindDatatype // struct or enum
	KindRef      // &T
	KindMutRef   // &mut T
)

// small reports whether values of the kind are numbers of up to 64 bits.
func (k Kind) small() bool { return k <= KindU64 }

// Abilities is the bit set of a type's abilities.
type Abilities = bytecode.Abilities

// The abilities of Move.
const (
	Copy  = bytecode.Copy
	Drop  = bytecode.Drop
	Store = bytecode.Store
	Key   = bytecode.Key
)

// A Type is a concrete type, complete with the types of its fields. Datatypes
// are named by their defining ids. Types are immutable and shared; compare
// them with [Type.Equal].
type Type struct {
	Kind      Kind
	Abilities Abilities
	Elem      *Type // of vectors and references

	data *datatype // of KindDatatype
	args []*Type
	// fields holds the field types of each variant; a struct has one variant.
	fields [][]*Type
	depth  int    // nesting of values: 1 for primitives
	layout int    // parts of its description for BCS, at most maxLayout+1: itself, variants and those of all fields
	nodes  int    // size of the type's name
	key    string // canonical text with defining ids; unique
}

// datatype is a struct or enum before its type arguments are known.
type datatype struct {
	defining  sui.Address // package version that introduced it
	original  sui.Address // runtime id of the package
	module    string
	name      string
	abilities Abilities
	params    []bytecode.TypeParam
	enum      bool
	variants  []variantDef
	home      *module // where the field tokens resolve
}

type variantDef struct {
	name   string
	names  []string // of fields
	fields []bytecode.Token
}

// Equal reports whether two types are the same.
func (t *Type) Equal(u *Type) bool { return t == u || t.key == u.key }

// String is the type in Sui's canonical long form, for example
// 0x<64 hex>::coin::Coin<0x<64 hex>::sui::SUI>. References start with & or &mut.
func (t *Type) String() string { return t.key }

// IsRef reports whether t is &T or &mut T.
func (t *Type) IsRef() bool { return t.Kind == KindRef || t.Kind == KindMutRef }

// IsEnum reports whether t is an enum.
func (t *Type) IsEnum() bool { return t.data != nil && t.data.enum }

// Is reports whether t is the struct or enum address::module::name, whatever
// its type arguments. address is the defining id.
func (t *Type) Is(address sui.Address, module, name string) bool {
	return t.data != nil && t.data.defining == address && t.data.module == module && t.data.name == name
}

// TypeArgs are the type arguments of a datatype.
func (t *Type) TypeArgs() []*Type { return t.args }

// Fields are the names and types of the fields of a struct; nil for others.
func (t *Type) Fields() (names []string, types []*Type) {
	if t.data == nil || t.data.enum {
		return nil, nil
	}
	return t.data.variants[0].names, t.fields[0]
}

// Variants are the types of the fields of each variant of an enum, by tag; nil
// for other types.
func (t *Type) Variants() [][]*Type {
	if !t.IsEnum() {
		return nil
	}
	return t.fields
}

// Tag is the type with defining ids. A reference has the tag of its target.
func (t *Type) Tag() sui.TypeTag {
	switch t.Kind {
	case KindVector:
		elem := t.Elem.Tag()
		return sui.TypeTag{Kind: sui.KindVector, Elem: &elem}
	case KindRef, KindMutRef:
		return t.Elem.Tag()
	case KindDatatype:
		st := t.StructTag()
		return sui.TypeTag{Kind: sui.KindStruct, Struct: &st}
	}
	return sui.TypeTag{Kind: tagKinds[t.Kind]}
}

// StructTag is the tag of a struct or enum; it is empty for other types.
func (t *Type) StructTag() sui.StructTag {
	if t.data == nil {
		return sui.StructTag{}
	}
	st := sui.StructTag{Address: t.data.defining, Module: t.data.module, Name: t.data.name}
	for _, a := range t.args {
		st.Params = append(st.Params, a.Tag())
	}
	return st
}

var tagKinds = [...]sui.TypeKind{
	KindBool: sui.KindBool, KindU8: sui.KindU8, KindU16: sui.KindU16, KindU32: sui.KindU32, KindU64: sui.KindU64,
	KindU128: sui.KindU128, KindU256: sui.KindU256, KindAddress: sui.KindAddress, KindSigner: sui.KindSigner,
}

var primitiveNames = [...]string{
	KindBool: "bool", KindU8: "u8", KindU16: "u16", KindU32: "u32", KindU64: "u64",
	KindU128: "u128", KindU256: "u256", KindAddress: "address", KindSigner: "signer",
}

// primitives are the types without parts, by kind.
var primitives = func() (list [KindSigner + 1]*Type) {
	for k := KindBool; k <= KindSigner; k++ {
		abilities := Copy | Drop | Store
		if k == KindSigner {
			abilities = Drop
		}
		list[k] = &Type{Kind: k, Abilities: abilities, depth: 1, layout: 1, nodes: 1, key: primitiveNames[k]}
	}
	return list
}()

var tokenPrimitives = map[bytecode.TokenKind]*Type{
	bytecode.TokenBool: primitives[KindBool], bytecode.TokenU8: primitives[KindU8], bytecode.TokenU16: primitives[KindU16],
	bytecode.TokenU32: primitives[KindU32], bytecode.TokenU64: primitives[KindU64], bytecode.TokenU128: primitives[KindU128],
	bytecode.TokenU256: primitives[KindU256], bytecode.TokenAddress: primitives[KindAddress], bytecode.TokenSigner: primitives[KindSigner],
}

// typeName is the text of std::type_name: no 0x, no spaces, addresses by
// defining or original ids.
func (t *Type) typeName(original bool) string {
	switch t.Kind {
	case KindVector:
		return "vector<" + t.Elem.typeName(original) + ">"
	case KindDatatype:
		addr := t.data.defining
		if original {
			addr = t.data.original
		}
		var sb strings.Builder
		sb.WriteString(hexOf(addr) + "::" + t.data.module + "::" + t.data.name)
		for i, a := range t.args {
			sb.WriteString([]string{"<", ","}[min(i, 1)] + a.typeName(original))
		}
		if len(t.args) > 0 {
			sb.WriteByte('>')
		}
		return sb.String()
	}
	return t.key
}

// hasAbilities is the set that a datatype has with given arguments: each
// declared ability, if all arguments that are not phantom allow it.
func hasAbilities(declared Abilities, params []bytecode.TypeParam, arg func(i int) Abilities) Abilities {
	out := declared
	for i, p := range params {
		if p.Phantom {
			continue
		}
		a := arg(i)
		for _, ab := range []struct{ has, needs Abilities }{{Copy, Copy}, {Drop, Drop}, {Store, Store}, {Key, Store}} {
			if !a.Has(ab.needs) {
				out &^= ab.has
			}
		}
	}
	return out
}
