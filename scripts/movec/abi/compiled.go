package abi

import (
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// Compiled reads what modules declare.
func Compiled(modules [][]byte) (*Interface, error) {
	out := newInterface()
	for i, code := range modules {
		m, err := bytecode.Parse(code)
		if err != nil {
			return nil, fmt.Errorf("read module %d: %w", i, err)
		}
		module{m}.declare(out)
	}
	return out, nil
}

type module struct{ *bytecode.Module }

func (m module) declare(out *Interface) {
	prefix := shortAddress(m.Address().String()) + "::" + m.Name() + "::"
	for _, s := range m.Structs {
		h := m.DatatypeHandles[s.Handle]
		name := m.Identifiers[h.Name]
		out.Datatypes[prefix+name] = structText(name, m.datatypeParams(h), abilities(h.Abilities), m.fields(s.Fields))
	}
	for _, e := range m.Enums {
		h := m.DatatypeHandles[e.Handle]
		name := m.Identifiers[h.Name]
		var variants []string
		for _, v := range e.Variants {
			variants = append(variants, m.Identifiers[v.Name]+"("+strings.Join(m.fields(v.Fields), ", ")+")")
		}
		out.Datatypes[prefix+name] = enumText(name, m.datatypeParams(h), abilities(h.Abilities), variants)
	}
	for _, f := range m.Functions {
		h := m.FunctionHandles[f.Handle]
		name := m.Identifiers[h.Name]
		var params []string
		for i, constraints := range h.TypeParams {
			params = append(params, typeParameter(i, false, abilities(constraints)))
		}
		out.Functions[prefix+name] = Function{
			Public: f.Visibility == bytecode.Public,
			Native: f.Native,
			Text: functionText(f.Entry, name, typeParameters(params),
				m.types(m.Signatures[h.Params]), m.types(m.Signatures[h.Returns])),
		}
	}
}

func (m module) datatypeParams(h bytecode.DatatypeHandle) string {
	var out []string
	for i, p := range h.TypeParams {
		out = append(out, typeParameter(i, p.Phantom, abilities(p.Constraints)))
	}
	return typeParameters(out)
}

func (m module) fields(fields []bytecode.Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, m.Identifiers[f.Name]+": "+m.typeText(f.Type))
	}
	return out
}

func (m module) types(tokens []bytecode.Token) []string {
	var out []string
	for _, t := range tokens {
		out = append(out, m.typeText(t))
	}
	return out
}

var primitives = map[bytecode.TokenKind]string{
	bytecode.TokenAddress: "address", bytecode.TokenBool: "bool", bytecode.TokenSigner: "signer",
	bytecode.TokenU8: "u8", bytecode.TokenU16: "u16", bytecode.TokenU32: "u32",
	bytecode.TokenU64: "u64", bytecode.TokenU128: "u128", bytecode.TokenU256: "u256",
}

func (m module) typeText(t bytecode.Token) string {
	switch t.Kind {
	case bytecode.TokenRef:
		return "&" + m.typeText(t.Args[0])
	case bytecode.TokenMutRef:
		return "&mut " + m.typeText(t.Args[0])
	case bytecode.TokenVector:
		return "vector" + typeParameters(m.types(t.Args))
	case bytecode.TokenTypeParam:
		return fmt.Sprintf("T%d", t.Index)
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		h := m.DatatypeHandles[t.Index]
		address, name := m.ModuleID(h.Module)
		return shortAddress(address.String()) + "::" + name + "::" + m.Identifiers[h.Name] + typeParameters(m.types(t.Args))
	}
	return primitives[t.Kind]
}

func abilities(set bytecode.Abilities) []string {
	var out []string
	for i, name := range abilityNames {
		if set.Has(1 << i) {
			out = append(out, name)
		}
	}
	return out
}
