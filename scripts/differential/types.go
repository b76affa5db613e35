package differential

import (
	"fmt"
	"strings"
)

// kind is what a type is made of.
type kind uint8

const (
	boolKind kind = iota
	u8Kind
	u16Kind
	u32Kind
	u64Kind
	u128Kind
	u256Kind
	addressKind
	vectorKind
	optionKind
	stringKind
	mapKind  // sui::vec_map::VecMap
	dataKind // a struct or enum of the module
	paramKind
)

var kindNames = [...]string{
	boolKind: "bool", u8Kind: "u8", u16Kind: "u16", u32Kind: "u32", u64Kind: "u64", u128Kind: "u128", u256Kind: "u256",
	addressKind: "address", vectorKind: "vector", optionKind: "Option", stringKind: "String", mapKind: "VecMap",
}

// A typ is a Move type that can be copied, dropped and stored: the generator
// makes no other values, so that it need not track who owns what.
type typ struct {
	kind  kind
	args  []*typ
	data  *datatype // of dataKind
	index int       // of paramKind
}

func basic(k kind) *typ           { return &typ{kind: k} }
func vectorOf(t *typ) *typ        { return &typ{kind: vectorKind, args: []*typ{t}} }
func optionOf(t *typ) *typ        { return &typ{kind: optionKind, args: []*typ{t}} }
func (t *typ) isInt() bool        { return t.kind >= u8Kind && t.kind <= u256Kind }
func (t *typ) bits() int          { return 8 << (t.kind - u8Kind) }
func (t *typ) isVector() bool     { return t.kind == vectorKind }
func (t *typ) isBytes() bool      { return t.kind == vectorKind && t.args[0].kind == u8Kind }
func (t *typ) isStruct() bool     { return t.kind == dataKind && !t.data.enum }
func (t *typ) isEnum() bool       { return t.kind == dataKind && t.data.enum }
func (t *typ) equal(u *typ) bool  { return t.String() == u.String() }
func (t *typ) elem() *typ         { return t.args[0] }
func typeArgs(args []*typ) string { return list("<", args, ">") }

// String is the type in Move source.
func (t *typ) String() string {
	name := ""
	switch t.kind {
	case dataKind:
		name = t.data.name
	case paramKind:
		return fmt.Sprintf("T%d", t.index)
	default:
		name = kindNames[t.kind]
	}
	return name + typeArgs(t.args)
}

// subst replaces type parameters.
func (t *typ) subst(args []*typ) *typ {
	if t.kind == paramKind {
		return args[t.index]
	}
	if len(t.args) == 0 {
		return t
	}
	out := &typ{kind: t.kind, data: t.data}
	for _, a := range t.args {
		out.args = append(out.args, a.subst(args))
	}
	return out
}

// A datatype is a struct, which has one variant, or an enum.
type datatype struct {
	name     string
	params   int
	enum     bool
	variants []variant
}

type variant struct {
	name       string
	positional bool
	fields     []field
}

type field struct {
	name string // "0", "1", … of positional fields
	typ  *typ
}

// declaration is the datatype in Move source.
func (d *datatype) declaration() string {
	var b strings.Builder
	word := "struct"
	if d.enum {
		word = "enum"
	}
	params := ""
	if d.params > 0 {
		var names []string
		for i := range d.params {
			names = append(names, fmt.Sprintf("T%d", i))
		}
		params = "<" + strings.Join(names, ", ") + ">"
	}
	if !d.enum && d.variants[0].positional {
		fmt.Fprintf(&b, "public %s %s%s%s has copy, drop, store;\n", word, d.name, params, d.variants[0].body())
		return b.String()
	}
	fmt.Fprintf(&b, "public %s %s%s has copy, drop, store ", word, d.name, params)
	if !d.enum {
		return b.String() + d.variants[0].body() + "\n"
	}
	b.WriteString("{\n")
	for _, v := range d.variants {
		fmt.Fprintf(&b, "    %s%s,\n", v.name, v.body())
	}
	return b.String() + "}\n"
}

func (v variant) body() string {
	var parts []string
	for _, f := range v.fields {
		if v.positional {
			parts = append(parts, f.typ.String())
		} else {
			parts = append(parts, f.name+": "+f.typ.String())
		}
	}
	switch {
	case v.positional:
		return "(" + strings.Join(parts, ", ") + ")"
	case len(parts) == 0 && v.name != "":
		return ""
	}
	return " { " + strings.Join(parts, ", ") + " }"
}

// list joins the parts of a list that may be empty.
func list[T fmt.Stringer](open string, parts []T, end string) string {
	if len(parts) == 0 {
		return ""
	}
	var s []string
	for _, p := range parts {
		s = append(s, p.String())
	}
	return open + strings.Join(s, ", ") + end
}
