package bindings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// emitCalls writes a type for each module of the package, and a method for each
// function that transactions can call.
func (m *model) emitCalls(p *pkg) (string, error) {
	var b strings.Builder
	var errs []error
	for _, mod := range p.modules {
		var methods strings.Builder
		name := exported(mod.name) + "Calls"
		for _, f := range mod.code.Functions {
			errs = append(errs, m.emitCall(&methods, name, mod, f))
		}
		if methods.Len() == 0 {
			continue
		}
		fmt.Fprintf(&b, "// %s calls floe_%s::%s.\n", name, p.name, mod.name)
		if mod.src.module != "" {
			comment(&b, "", "\n"+mod.src.module)
		}
		fmt.Fprintf(&b, "type %s struct{ calls }\n\n", name)
		fmt.Fprintf(&b, "// %s adds calls of floe_%s::%s to a transaction.\n", name, p.name, mod.name)
		fmt.Fprintf(&b, "func (p Packages) %s(b *sui.Builder) %s { return %s{calls{b, p.%s, %q}} }\n\n", name, name, name, exported(p.name), mod.name)
		b.WriteString(methods.String())
	}
	return imports(b.String()), errors.Join(errs...)
}

// A callArgument is what a function takes: in the declaration and in the call.
type callArgument struct{ declare, pass string }

func (m *model) emitCall(b *strings.Builder, receiver string, mod *module, f bytecode.FunctionDef) error {
	h := mod.code.FunctionHandles[f.Handle]
	name := mod.code.FunctionName(f)
	if f.Visibility != bytecode.Public && !f.Entry {
		return nil
	}
	var results []string
	for _, t := range mod.code.Signatures[h.Returns] {
		if t.IsRef() {
			return nil // transactions can't take references
		}
		r, err := m.argType(mod, t, name)
		if err != nil {
			return fmt.Errorf("result of %s::%s: %w", mod.name, name, err)
		}
		results = append(results, r)
	}
	args, err := m.arguments(mod, name, mod.code.Signatures[h.Params])
	if err != nil {
		return fmt.Errorf("%s::%s: %w", mod.name, name, err)
	}
	var declare, pass, types []string
	for _, t := range mod.src.typeNames[name] {
		t = "type" + strings.TrimPrefix(t, "phantom ")
		declare, types = append(declare, t+" sui.TypeTag"), append(types, t)
	}
	if len(types) != len(h.TypeParams) {
		return fmt.Errorf("%s::%s: %d type parameters in the source, %d in the bytecode: compile with: go run ./scripts/movec build", mod.name, name, len(types), len(h.TypeParams))
	}
	for _, a := range args {
		if a.declare != "" {
			declare = append(declare, a.declare)
		}
		pass = append(pass, a.pass)
	}
	typeList := "nil"
	if len(types) > 0 {
		typeList = "[]sui.TypeTag{" + strings.Join(types, ", ") + "}"
	}
	method := exported(name)
	doc := mod.src.docs["fun "+name]
	if doc == "" {
		doc = "has no description."
	}
	comment(b, "", method+": "+sentence(doc))
	call := fmt.Sprintf("c.call(%s)", strings.Join(append([]string{fmt.Sprintf("%q", name), typeList}, pass...), ", "))
	fmt.Fprintf(b, "func (c %s) %s(%s) %s {\n%s}\n\n", receiver, method, strings.Join(declare, ", "), resultList(results), body(call, results))
	return nil
}

// arguments are what the function takes. The clock is passed without asking,
// the context not at all.
func (m *model) arguments(mod *module, name string, params []bytecode.Token) ([]callArgument, error) {
	names := mod.src.params[name]
	if len(names) != len(params) {
		return nil, fmt.Errorf("%d parameters in the source, %d in the bytecode: compile with: go run ./scripts/movec build", len(names), len(params))
	}
	var out []callArgument
	used := map[string]bool{}
	for i, t := range params {
		if t.IsRef() {
			t = t.Args[0]
		}
		switch m.frameworkName(mod, t) {
		case "0x2::tx_context::TxContext":
			continue
		case "0x2::clock::Clock":
			out = append(out, callArgument{pass: "c.b.Clock()"})
			continue
		}
		goType, err := m.argType(mod, t, names[i])
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", names[i], err)
		}
		arg := parameter(names[i])
		if arg == "self" && t.Kind == bytecode.TokenDatatype {
			if ours, _, _ := m.name(mod, t.Index); ours != nil {
				arg = parameter(snake(ours.name))
			}
		}
		for used[arg] {
			arg += "Arg"
		}
		used[arg] = true
		pass := arg
		if goType != "sui.Arg" {
			pass += ".Arg"
		}
		out = append(out, callArgument{arg + " " + goType, pass})
	}
	return out, nil
}

func (m *model) frameworkName(mod *module, t bytecode.Token) string {
	if t.Kind != bytecode.TokenDatatype && t.Kind != bytecode.TokenDatatypeInst {
		return ""
	}
	_, name, _ := m.name(mod, t.Index)
	return name
}

// argType is the Go type of an argument or result. Those of a type parameter's
// type, and of types that Go doesn't know, are not typed.
func (m *model) argType(mod *module, t bytecode.Token, hint string) (string, error) {
	if t.Kind == bytecode.TokenTypeParam {
		return "sui.Arg", nil
	}
	if name := m.frameworkName(mod, t); name != "" && name != "0x1::option::Option" {
		g, known := framework[name]
		switch {
		case !known:
			return "sui.Arg", nil
		case !g.plain && g.name != exported(g.name):
			// A balance is a number as a field, and no number as an argument.
			_, last, _ := strings.Cut(name[len("0x2::"):], "::")
			return "Arg[" + last + "]", nil
		}
	}
	g, err := m.goType(mod, t, hint)
	if elem, is := strings.CutPrefix(g.name, "[]"); is {
		m.elements[elem] = true
	}
	return "Arg[" + g.name + "]", err
}

func resultList(results []string) string {
	if len(results) < 2 {
		return strings.Join(results, "")
	}
	return "(" + strings.Join(results, ", ") + ")"
}

func body(call string, results []string) string {
	if len(results) == 0 {
		return "\t" + call + "\n"
	}
	typed := func(t, value string) string {
		if t == "sui.Arg" {
			return value
		}
		return t + "{" + value + "}"
	}
	if len(results) == 1 {
		return "\treturn " + typed(results[0], call) + "\n"
	}
	var parts []string
	for i, t := range results {
		parts = append(parts, typed(t, fmt.Sprintf("r.At(%d)", i)))
	}
	return "\tr := " + call + "\n\treturn " + strings.Join(parts, ", ") + "\n"
}

// snake turns CamelCase into snake_case.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
