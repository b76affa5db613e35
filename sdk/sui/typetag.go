package sui

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var kindNames = [...]string{
	KindBool: "bool", KindU8: "u8", KindU64: "u64", KindU128: "u128", KindAddress: "address", KindSigner: "signer",
	KindVector: "vector", KindStruct: "struct", KindU16: "u16", KindU32: "u32", KindU256: "u256",
}

// maxTypeText bounds the text of a type.
const maxTypeText = 16 << 10

// ParseTypeTag reads the text of a type such as
// "vector<0x2::coin::Coin<0x2::sui::SUI>>". Addresses may be short; an address
// without 0x needs all of its 64 digits, as Move's type_name prints it.
func ParseTypeTag(s string) (TypeTag, error) {
	if len(s) > maxTypeText {
		return TypeTag{}, fmt.Errorf("parse type: %d characters, more than %d", len(s), maxTypeText)
	}
	p := typeParser{rest: s}
	t, err := p.typeTag(maxTypeDepth)
	if err == nil && p.skipSpace() != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return TypeTag{}, fmt.Errorf("parse type %.200q: %w", s, err)
	}
	return t, nil
}

// ParseStructTag reads the text of a struct or enum type.
func ParseStructTag(s string) (StructTag, error) {
	t, err := ParseTypeTag(s)
	if err != nil {
		return StructTag{}, err
	}
	if t.Kind != KindStruct {
		return StructTag{}, fmt.Errorf("parse type %.200q: want address::module::Name", s)
	}
	return *t.Struct, nil
}

// MustTypeTag is [ParseTypeTag] for constants; it panics on an error.
func MustTypeTag(s string) TypeTag {
	t, err := ParseTypeTag(s)
	if err != nil {
		panic(err)
	}
	return t
}

// MustStructTag is [ParseStructTag] for constants; it panics on an error.
func MustStructTag(s string) StructTag {
	t, err := ParseStructTag(s)
	if err != nil {
		panic(err)
	}
	return t
}

type typeParser struct{ rest string }

func (p *typeParser) skipSpace() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

func (p *typeParser) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.skipSpace(), prefix)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *typeParser) word() string {
	i := 0
	for i < len(p.rest) && !strings.ContainsRune("<>,: ", rune(p.rest[i])) {
		i++
	}
	w := p.rest[:i]
	p.rest = p.rest[i:]
	return w
}

func (p *typeParser) typeTag(depth int) (TypeTag, error) {
	if depth == 0 {
		return TypeTag{}, ErrTypeTooDeep
	}
	p.skipSpace()
	word := p.word()
	if p.eat("::") {
		s, err := p.structTag(word, depth)
		return TypeTag{Kind: KindStruct, Struct: s}, err
	}
	if word == "vector" {
		if !p.eat("<") {
			return TypeTag{}, errors.New("vector needs an element type in <>")
		}
		elem, err := p.typeTag(depth - 1)
		if err == nil && !p.eat(">") {
			err = errors.New("missing > after an element type")
		}
		return TypeTag{Kind: KindVector, Elem: &elem}, err
	}
	for k, name := range kindNames {
		if name == word && TypeKind(k) != KindStruct {
			return TypeTag{Kind: TypeKind(k)}, nil
		}
	}
	return TypeTag{}, fmt.Errorf("unknown type %q", word)
}

func (p *typeParser) structTag(address string, depth int) (*StructTag, error) {
	digits, prefixed := strings.CutPrefix(address, "0x")
	if !prefixed && len(digits) != 64 {
		return nil, fmt.Errorf("address %q needs 0x", address)
	}
	a, err := parseHexAddress(digits)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	s := &StructTag{Address: a, Module: p.word()}
	if !p.eat("::") {
		return nil, errors.New("want address::module::Name")
	}
	s.Name = p.word()
	if !IsIdentifier(s.Module) || !IsIdentifier(s.Name) {
		return nil, fmt.Errorf("%w: %q::%q", ErrIdentifier, s.Module, s.Name)
	}
	if !p.eat("<") {
		return s, nil
	}
	for {
		t, err := p.typeTag(depth - 1)
		if err != nil {
			return nil, err
		}
		s.Params = append(s.Params, t)
		if p.eat(">") {
			return s, nil
		}
		if !p.eat(",") {
			return nil, errors.New("want , or > after a type parameter")
		}
	}
}

// The three forms in which types are printed.
type typeForm struct {
	address   func(Address) string
	separator string
}

var (
	canonicalForm = typeForm{Address.String, ", "}
	shortForm     = typeForm{Address.Short, ", "}
	typeNameForm  = typeForm{func(a Address) string { return hex.EncodeToString(a[:]) }, ","}
)

func (f typeForm) tag(b *strings.Builder, t *TypeTag) {
	switch t.Kind {
	case KindVector:
		b.WriteString("vector<")
		f.tag(b, t.Elem)
		b.WriteByte('>')
	case KindStruct:
		f.structTag(b, t.Struct)
	default:
		if int(t.Kind) < len(kindNames) {
			b.WriteString(kindNames[t.Kind])
		}
	}
}

func (f typeForm) structTag(b *strings.Builder, s *StructTag) {
	b.WriteString(f.address(s.Address) + "::" + s.Module + "::" + s.Name)
	for i := range s.Params {
		if i == 0 {
			b.WriteByte('<')
		} else {
			b.WriteString(f.separator)
		}
		f.tag(b, &s.Params[i])
	}
	if len(s.Params) > 0 {
		b.WriteByte('>')
	}
}

func (f typeForm) print(t *TypeTag) string {
	var b strings.Builder
	f.tag(&b, t)
	return b.String()
}

// String prints the canonical form of Sui's gRPC interface: full addresses,
// parameters separated by a comma and a space.
func (t TypeTag) String() string { return canonicalForm.print(&t) }

// Short prints addresses without leading zeros.
func (t TypeTag) Short() string { return shortForm.print(&t) }

// TypeName prints the form of Move's std::type_name: full addresses without
// 0x, no spaces.
func (t TypeTag) TypeName() string { return typeNameForm.print(&t) }

// String prints the canonical form; see [TypeTag.String].
func (s StructTag) String() string { return s.Tag().String() }

// Short prints addresses without leading zeros.
func (s StructTag) Short() string { return s.Tag().Short() }

// Tag returns the type as a TypeTag, which shares s's memory.
func (s StructTag) Tag() TypeTag { return TypeTag{Kind: KindStruct, Struct: &s} }

// Equal reports whether both are the same type.
func (t TypeTag) Equal(u TypeTag) bool {
	switch {
	case t.Kind != u.Kind:
		return false
	case t.Kind == KindVector:
		return t.Elem.Equal(*u.Elem)
	case t.Kind == KindStruct:
		return t.Struct.Equal(u.Struct)
	}
	return true
}

// Equal reports whether both are the same type.
func (s *StructTag) Equal(u *StructTag) bool {
	return s.Address == u.Address && s.Module == u.Module && s.Name == u.Name &&
		slices.EqualFunc(s.Params, u.Params, TypeTag.Equal)
}

// Vector returns the type vector<elem>.
func Vector(elem TypeTag) TypeTag { return TypeTag{Kind: KindVector, Elem: &elem} }

// MarshalText prints the canonical form for JSON and YAML.
func (t TypeTag) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what [ParseTypeTag] reads.
func (t *TypeTag) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTypeTag(string(b))
	return err
}

// MarshalText prints the canonical form for JSON and YAML.
func (s StructTag) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [ParseStructTag] reads.
func (s *StructTag) UnmarshalText(b []byte) (err error) {
	*s, err = ParseStructTag(string(b))
	return err
}
