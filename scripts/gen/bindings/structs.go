package bindings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// emitTypes writes a package's types with their decoders.
func (m *model) emitTypes(p *pkg) (string, error) {
	var b strings.Builder
	var errs []error
	for _, mod := range p.modules {
		for _, t := range mod.types {
			if t.isShape() {
				continue // its layout is only known where it is used, and Move code alone uses it
			}
			if len(t.variants) > 0 {
				errs = append(errs, m.emitEnum(&b, t))
			} else {
				errs = append(errs, m.emitStruct(&b, t))
			}
			if t.key {
				emitParse(&b, t)
			}
			if t.key || m.elements[t.goName] {
				emitTag(&b, t)
			}
		}
	}
	return imports(b.String()), errors.Join(errs...)
}

// isShape reports whether a field has the type of a type parameter.
func (t *datatype) isShape() bool {
	return slices.ContainsFunc(t.fields, func(f field) bool { return f.token.Kind == bytecode.TokenTypeParam })
}

// introduce writes the comment above a type.
func introduce(b *strings.Builder, t *datatype) {
	doc := t.doc
	if doc == "" {
		doc = "has no description."
	}
	comment(b, "", t.goName+": "+sentence(doc)+fmt.Sprintf("\n\nIn Move: floe_%s::%s::%s.", t.pkg, t.module, t.name))
}

// A member is a field in Go.
type member struct {
	name, doc string
	typ       goType
	embedded  bool
}

func (m *model) member(t *datatype, f field) (member, error) {
	g, err := m.goType(t.home, f.token, f.name)
	if err == nil && g.read == "" {
		err = fmt.Errorf("a %s can't be decoded", g.name)
	}
	if err != nil {
		return member{}, fmt.Errorf("%s.%s: %w", t.id(), f.name, err)
	}
	name, special := fieldNames[t.id()+"."+f.name]
	switch {
	case special && name == "":
		return member{g.name, f.doc, g, true}, nil
	case !special && g.name == "bool":
		name = exported(strings.TrimPrefix(f.name, "is_"))
	case !special:
		name = exported(f.name)
	}
	return member{name, f.doc, g, false}, nil
}

func (m *model) emitStruct(b *strings.Builder, t *datatype) error {
	introduce(b, t)
	fmt.Fprintf(b, "type %s struct {\n", t.goName)
	var reads strings.Builder
	for i, f := range t.fields {
		if t.key && i == 0 {
			b.WriteString("\tIdentity\n")
			reads.WriteString("\tv.ID = address(d)\n")
			continue
		}
		mem, err := m.member(t, f)
		if err != nil {
			return err
		}
		mem.declare(b)
		mem.decode(&reads, "\t")
	}
	b.WriteString("}\n\n")
	fmt.Fprintf(b, "// UnmarshalBCS reads the fields in Move's order.\nfunc (v *%s) UnmarshalBCS(d *bcs.Decoder) {\n%s}\n\n", t.goName, reads.String())
	return nil
}

func (f member) declare(b *strings.Builder) {
	if f.doc != "" {
		comment(b, "\t", f.doc)
	}
	if f.embedded {
		fmt.Fprintf(b, "\t%s\n", f.typ.name)
		return
	}
	fmt.Fprintf(b, "\t%s %s\n", f.name, f.typ.name)
}

func (f member) decode(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%sv.%s = %s\n", indent, f.name, f.typ.read)
}

// emitEnum writes an enum as one struct with the fields of all variants, and a
// kind that says which of them mean something.
func (m *model) emitEnum(b *strings.Builder, t *datatype) error {
	kind := t.goName + "Kind"
	fmt.Fprintf(b, "// %s says which variant a [%s] is; the numbers are Move's.\ntype %s int\n\n", kind, t.goName, kind)
	fmt.Fprintf(b, "// The variants of %s.\nconst (\n", t.goName)
	for i, v := range t.variants {
		if v.doc != "" {
			comment(b, "\t", v.doc)
		}
		fmt.Fprintf(b, "\t%s%s", t.goName, v.name)
		if i == 0 {
			fmt.Fprintf(b, " %s = iota", kind)
		}
		b.WriteString("\n")
	}
	b.WriteString(")\n\n")
	var cases strings.Builder
	var members []member
	uses := map[string][]string{}
	for _, v := range t.variants {
		if len(v.fields) > 0 {
			fmt.Fprintf(&cases, "\tcase %s%s:\n", t.goName, v.name)
		}
		for _, f := range v.fields {
			mem, err := m.member(t, f)
			if err != nil {
				return err
			}
			if uses[mem.name] == nil {
				members = append(members, mem)
			}
			for _, other := range members {
				if other.name == mem.name && other.typ.name != mem.typ.name {
					return fmt.Errorf("%s.%s has two types: give one another name in fieldNames", t.id(), mem.name)
				}
			}
			uses[mem.name] = append(uses[mem.name], t.goName+v.name)
			mem.decode(&cases, "\t\t")
		}
	}
	introduce(b, t)
	fmt.Fprintf(b, "type %s struct {\n\tKind %s\n", t.goName, kind)
	for _, mem := range members {
		mem.doc = "For " + strings.Join(uses[mem.name], ", ") + "."
		mem.declare(b)
	}
	fmt.Fprintf(b, "}\n\n// UnmarshalBCS reads the variant and its fields.\nfunc (v *%s) UnmarshalBCS(d *bcs.Decoder) {\n", t.goName)
	fmt.Fprintf(b, "\tv.Kind = %s(d.Variant(%d))\n", kind, len(t.variants))
	if cases.Len() > 0 {
		fmt.Fprintf(b, "\tswitch v.Kind {\n%s\t}\n", cases.String())
	}
	b.WriteString("}\n\n")
	return nil
}

// emitParse writes how to read an object.
func emitParse(b *strings.Builder, t *datatype) {
	fmt.Fprintf(b, "// Parse%s reads a %s object.\n", t.name, t.goName)
	fmt.Fprintf(b, "func Parse%s(o *sui.Object) (*%s, error) {\n\tv := new(%s)\n", t.name, t.goName, t.goName)
	fmt.Fprintf(b, "\tif err := parse(o, %q, %q, %d, &v.Identity, v); err != nil {\n\t\treturn nil, err\n\t}\n\treturn v, nil\n}\n\n", t.module, t.name, t.typeParams)
}

// emitTag writes the type's name on a network.
func emitTag(b *strings.Builder, t *datatype) {
	name, params, args := t.goName, "", ""
	if t.key {
		name = t.name
	}
	if t.typeParams > 0 {
		params, args = "params ...sui.TypeTag", ", params..."
	}
	fmt.Fprintf(b, "// %sType names the type on a network.\n", name)
	fmt.Fprintf(b, "func (p Packages) %sType(%s) *sui.StructTag {\n\treturn p.%s.typ(%q, %q%s)\n}\n\n", name, params, exported(t.pkg), t.module, t.name, args)
}

// emitEvents writes the table of the events' decoders.
func (m *model) emitEvents() string {
	var b strings.Builder
	b.WriteString("// events makes a value for each event, by package, module and name.\nvar events = map[string]map[string]func() bcs.Unmarshaler{\n")
	for _, p := range m.packages {
		fmt.Fprintf(&b, "\t%s: {\n", exported(p.name))
		for _, mod := range p.modules {
			for _, t := range mod.types {
				if t.event {
					fmt.Fprintf(&b, "\t\t%q: func() bcs.Unmarshaler { return new(%s) },\n", mod.name+"::"+t.name, t.goName)
				}
			}
		}
		b.WriteString("\t},\n")
	}
	b.WriteString("}\n")
	return imports(b.String())
}

// emitAborts writes the table of abort codes, and a variable for each.
func (m *model) emitAborts() string {
	var vars, table strings.Builder
	for _, p := range m.packages {
		for _, mod := range p.modules {
			if len(mod.src.errors) == 0 {
				continue
			}
			fmt.Fprintf(&vars, "// Abort codes of floe_%s::%s, for errors.Is.\nvar (\n", p.name, mod.name)
			for _, e := range mod.src.errors {
				doc := mod.src.docs["const "+e.name]
				name := exported(mod.name) + e.name
				if doc != "" {
					comment(&vars, "\t", doc)
				}
				fmt.Fprintf(&vars, "\t%s error = AbortCode{%s, %q, %s}\n", name, exported(p.name), mod.name, e.code)
				fmt.Fprintf(&table, "\t{Package: %s, Module: %q, Code: %s, Name: %q, Doc: %q},\n",
					exported(p.name), mod.name, e.code, e.name, strings.ReplaceAll(doc, "\n", " "))
			}
			vars.WriteString(")\n\n")
		}
	}
	return vars.String() + "// documented are all abort codes, each module in the order of its constants.\nvar documented = []Abort{\n" + table.String() + "}\n"
}
