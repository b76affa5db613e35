package bindings

import (
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// A goType is a Move type in Go. Name is empty if a value of it can't be
// decoded: it is then only passed from call to call.
type goType struct {
	name   string
	read   string // expression that reads one from d; empty if there is none
	reader string // the same as a function of the decoder
	min    int    // length of the shortest BCS
	plain  bool   // may be given to a call as BCS, without an object or a call that makes it
}

func plain(name, method string, min int) goType {
	return goType{name, "d." + method + "()", "(*bcs.Decoder)." + method, min, true}
}

func byFunction(name, function string, min int, isPlain bool) goType {
	return goType{name, function + "(d)", function, min, isPlain}
}

var primitives = map[bytecode.TokenKind]goType{
	bytecode.TokenBool:    plain("bool", "Bool", 1),
	bytecode.TokenU8:      plain("uint8", "U8", 1),
	bytecode.TokenU16:     plain("uint16", "U16", 2),
	bytecode.TokenU32:     plain("uint32", "U32", 4),
	bytecode.TokenU64:     plain("uint64", "U64", 8),
	bytecode.TokenAddress: byFunction("sui.Address", "address", 32, true),
}

// framework are the types of the framework, and of packages of others, that our
// contracts use. Those
// without a way to read them are handles, which only calls pass around.
var framework = map[string]goType{
	"0x1::string::String":                              plain("string", "String", 1),
	"0x1::ascii::String":                               plain("string", "String", 1),
	"0x1::type_name::TypeName":                         {"string", "d.String()", "(*bcs.Decoder).String", 1, false},
	"0x2::object::ID":                                  byFunction("sui.Address", "address", 32, true),
	"0x2::object::UID":                                 byFunction("sui.Address", "address", 32, false),
	"0x2::table::Table":                                byFunction("Table", "value[Table]", 40, false),
	"0x2::object_table::ObjectTable":                   byFunction("Table", "value[Table]", 40, false),
	"0x2::bag::Bag":                                    byFunction("Table", "value[Table]", 40, false),
	"0x2::balance::Balance":                            {"uint64", "d.U64()", "(*bcs.Decoder).U64", 8, false},
	"0x2::group_ops::Element":                          {"[]byte", "d.Bytes()", "(*bcs.Decoder).Bytes", 1, false},
	"0x2::package::UpgradeCap":                         byFunction("UpgradeCap", "value[UpgradeCap]", 73, false),
	"0x2::package::UpgradeTicket":                      {name: "UpgradeTicket"},
	"0x2::package::UpgradeReceipt":                     {name: "UpgradeReceipt"},
	"0x2::nitro_attestation::NitroAttestationDocument": {name: "NitroDocument"},
	"0x2::coin::Coin":                                  {name: "Coin"},
	"walrus::blob::Blob":                               {name: "WalrusBlob"},
	"walrus::system::System":                           {name: "WalrusSystem"},
}

// goType finds the Go type of a token. The hint is the name of the field,
// parameter or function: it tells what a u256 is.
func (m *model) goType(mod *module, t bytecode.Token, hint string) (goType, error) {
	if g, is := primitives[t.Kind]; is {
		return g, nil
	}
	switch t.Kind {
	case bytecode.TokenU256:
		return wide(hint), nil
	case bytecode.TokenVector:
		return m.vector(mod, t.Args[0], hint)
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		return m.datatypeOf(mod, t, hint)
	}
	return goType{}, fmt.Errorf("type %#02x has no Go type", uint8(t.Kind))
}

// wide says what a u256 stands for.
func wide(hint string) goType {
	name := "[32]byte"
	switch {
	case strings.Contains(hint, "blob_id"):
		name = "walrus.BlobID"
	case strings.Contains(hint, "root_hash"):
		name = "walrus.Hash"
	}
	return byFunction(name, "fixed["+name+"]", 32, true)
}

func (m *model) vector(mod *module, elem bytecode.Token, hint string) (goType, error) {
	if elem.Kind == bytecode.TokenU8 {
		return plain("[]byte", "Bytes", 1), nil
	}
	e, err := m.goType(mod, elem, hint)
	if err != nil {
		return e, err
	}
	return wrap("[]"+e.name, fmt.Sprintf("vector(d, %d, %s)", e.min, e.reader), e), nil
}

// wrap makes the type of a container of e.
func wrap(name, read string, e goType) goType {
	if e.read == "" {
		return goType{name: name}
	}
	return goType{name, read, fmt.Sprintf("func(d *bcs.Decoder) %s { return %s }", name, read), 1, e.plain}
}

func (m *model) datatypeOf(mod *module, t bytecode.Token, hint string) (goType, error) {
	ours, name, err := m.name(mod, t.Index)
	if err != nil {
		return goType{}, err
	}
	if ours != nil {
		min, err := m.minimum(ours)
		return byFunction(ours.goName, "value["+ours.goName+"]", min, false), err
	}
	switch name {
	case "0x1::option::Option":
		return m.option(mod, t.Args[0], hint)
	case "0x2::vec_set::VecSet":
		return m.vector(mod, t.Args[0], hint)
	case "0x2::vec_map::VecMap":
		return m.vecMap(mod, t.Args, hint)
	}
	g, known := framework[name]
	if !known {
		return g, fmt.Errorf("type %s of the framework has no Go type: add it to framework in scripts/gen/bindings", name)
	}
	return g, nil
}

func (m *model) option(mod *module, elem bytecode.Token, hint string) (goType, error) {
	e, err := m.goType(mod, elem, hint)
	if err != nil {
		return e, err
	}
	return wrap("*"+e.name, fmt.Sprintf("option(d, %s)", e.reader), e), nil
}

func (m *model) vecMap(mod *module, args []bytecode.Token, hint string) (goType, error) {
	k, err := m.goType(mod, args[0], hint)
	if err != nil {
		return k, err
	}
	v, err := m.goType(mod, args[1], hint)
	if err != nil {
		return v, err
	}
	name := fmt.Sprintf("[]Entry[%s, %s]", k.name, v.name)
	read := fmt.Sprintf("vector(d, %d, entry(%s, %s))", k.min+v.min, k.reader, v.reader)
	g := wrap(name, read, v)
	g.plain = false
	return g, nil
}

// minimum is the length of the shortest BCS of a type.
func (m *model) minimum(t *datatype) (int, error) {
	switch {
	case t.min > 0:
		return t.min, nil
	case t.min < 0:
		return 0, fmt.Errorf("%s contains itself", t.id())
	}
	t.min = -1
	sum := func(fields []field) (n int, err error) {
		for _, f := range fields {
			g, err := m.goType(t.home, f.token, f.name)
			if err != nil {
				return 0, fmt.Errorf("%s.%s: %w", t.id(), f.name, err)
			}
			n += g.min
		}
		return n, nil
	}
	n, err := sum(t.fields)
	for i, v := range t.variants {
		var k int
		if k, err = sum(v.fields); err != nil {
			break
		}
		if i == 0 || 1+k < n {
			n = 1 + k
		}
	}
	t.min = max(n, 1)
	return t.min, err
}
