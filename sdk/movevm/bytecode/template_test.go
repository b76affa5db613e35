package bytecode

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// npm @mysten/move-bytecode-template 0.4.1 is Sui's own deserializer as WASM.
// testdata/template.tsv holds, for compiled modules of ../testdata, the SHA-256
// of the JSON that its deserialize gives, with keys sorted and no spaces
// (Python: json.dumps(x, sort_keys=True, separators=(',', ':'))).
func TestTemplate(t *testing.T) {
	golden, err := os.ReadFile("testdata/template.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(golden)), "\n") {
		name, want, _ := strings.Cut(line, "\t")
		sum := sha256.Sum256(canonical(t, filepath.Join("../testdata", name)))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: the parsed module differs from what Sui's deserializer sees", name)
		}
	}
}

// canonical renders a compiled module as the template package does.
func canonical(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	out, err := json.Marshal(render(m))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type object = map[string]any

func render(m *Module) object {
	return object{
		"version": m.Version, "self_module_handle_idx": m.Self,
		"module_handles": renderList(m.ModuleHandles, renderModuleHandle), "friend_decls": renderList(m.Friends, renderModuleHandle),
		"datatype_handles": renderList(m.DatatypeHandles, func(h DatatypeHandle) any {
			return object{"module": h.Module, "name": h.Name, "abilities": h.Abilities, "type_parameters": renderList(h.TypeParams, func(p TypeParam) any {
				return object{"constraints": p.Constraints, "is_phantom": p.Phantom}
			})}
		}),
		"function_handles": renderList(m.FunctionHandles, func(h FunctionHandle) any {
			return object{"module": h.Module, "name": h.Name, "parameters": h.Params, "return_": h.Returns, "type_parameters": renderList(h.TypeParams, same)}
		}),
		"field_handles":                 renderList(m.FieldHandles, func(h FieldHandle) any { return object{"owner": h.Struct, "field": h.Field} }),
		"struct_def_instantiations":     renderList(m.StructInsts, inst("def")),
		"enum_def_instantiations":       renderList(m.EnumInsts, inst("def")),
		"function_instantiations":       renderList(m.FunctionInsts, inst("handle")),
		"field_instantiations":          renderList(m.FieldInsts, inst("handle")),
		"variant_handles":               renderList(m.VariantHandles, renderVariant),
		"variant_instantiation_handles": renderList(m.VariantInsts, renderVariant),
		"signatures":                    renderList(m.Signatures, func(s Signature) any { return renderList(s, renderToken) }),
		"identifiers":                   renderList(m.Identifiers, func(s string) any { return s }),
		"address_identifiers":           renderAddresses(m),
		"constant_pool": renderList(m.Constants, func(c Constant) any {
			return object{"type_": renderToken(c.Type), "data": renderBytes(c.Data)}
		}),
		"metadata": renderList(m.Metadata, func(e Metadata) any { return object{"key": renderBytes(e.Key), "value": renderBytes(e.Value)} }),
		"struct_defs": renderList(m.Structs, func(s StructDef) any {
			return object{"struct_handle": s.Handle, "field_information": object{"Declared": renderFields(s.Fields)}}
		}),
		"enum_defs": renderList(m.Enums, func(e EnumDef) any {
			return object{"enum_handle": e.Handle, "variants": renderList(e.Variants, func(v Variant) any {
				return object{"variant_name": v.Name, "fields": renderFields(v.Fields)}
			})}
		}),
		"function_defs": renderList(m.Functions, renderFunction),
	}
}

func renderList[T any](list []T, f func(T) any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func same(a Abilities) any                  { return a }
func renderModuleHandle(h ModuleHandle) any { return object{"address": h.Address, "name": h.Name} }
func renderVariant(h VariantHandle) any     { return object{"enum_def": h.Enum, "variant": h.Tag} }

func inst(of string) func(Instantiation) any {
	return func(i Instantiation) any { return object{of: i.Of, "type_parameters": i.Args} }
}

func renderAddresses(m *Module) []any {
	out := make([]any, len(m.Addresses))
	for i, a := range m.Addresses {
		out[i] = hex.EncodeToString(a[:])
	}
	return out
}

func renderBytes(b []byte) []any {
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = c
	}
	return out
}

func renderFields(fields []Field) any {
	return renderList(fields, func(f Field) any { return object{"name": f.Name, "signature": renderToken(f.Type)} })
}

func renderToken(t Token) any {
	names := map[TokenKind]string{
		TokenBool: "Bool", TokenU8: "U8", TokenU16: "U16", TokenU32: "U32", TokenU64: "U64", TokenU128: "U128", TokenU256: "U256",
		TokenAddress: "Address", TokenSigner: "Signer",
	}
	switch t.Kind {
	case TokenRef:
		return object{"Reference": renderToken(t.Args[0])}
	case TokenMutRef:
		return object{"MutableReference": renderToken(t.Args[0])}
	case TokenVector:
		return object{"Vector": renderToken(t.Args[0])}
	case TokenTypeParam:
		return object{"TypeParameter": t.Index}
	case TokenDatatype:
		return object{"Datatype": t.Index}
	case TokenDatatypeInst:
		return object{"DatatypeInstantiation": []any{t.Index, renderList(t.Args, renderToken)}}
	}
	return names[t.Kind]
}

func renderFunction(f FunctionDef) any {
	out := object{
		"function": f.Handle, "visibility": map[Visibility]string{Private: "Private", Public: "Public", Friend: "Friend"}[f.Visibility],
		"is_entry": f.Entry, "acquires_global_resources": []any{},
	}
	if !f.Native {
		out["code"] = object{
			"locals": f.Locals, "code": renderList(f.Code, renderInstruction),
			"jump_tables": renderList(f.JumpTables, func(t JumpTable) any {
				return object{"head_enum": t.Enum, "jump_table": object{"Full": t.Offsets}}
			}),
		}
	}
	return out
}

func renderInstruction(in Instruction) any {
	name := in.Op.String()
	switch operands[in.Op] {
	case operandNone:
		return name
	case operandLit1, operandLit2, operandLit4:
		return object{name: in.N}
	case operandLit8:
		return object{name: fmt.Sprint(in.N)}
	case operandBig16:
		return object{name: decimal(in.Big)}
	case operandBig32:
		return object{name: renderBytes(in.Big)}
	case operandIndexLit8:
		return object{name: []any{in.A, fmt.Sprint(in.N)}}
	}
	return object{name: in.A}
}

// decimal writes a little-endian number.
func decimal(b []byte) string {
	be := slices.Clone(b)
	slices.Reverse(be)
	return new(big.Int).SetBytes(be).String()
}
