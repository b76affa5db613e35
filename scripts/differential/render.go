package differential

import (
	"fmt"
	"regexp"
	"strings"
)

// address is where the generated package is: not 0x0, so that type names and
// locations are the same on both machines.
const address = "0xd1ff"

const manifest = "[package]\nname = \"differential\"\nedition = \"2024\"\n[addresses]\ndiff = \"" + address + "\"\n"

// prelude is at the top of every module.
const prelude = `
#[allow(all, lint(all))]
module diff::%s;
use std::string::String;
use sui::vec_map::{Self, VecMap};
use sui::address;
use std::u8;
use std::u16;
use std::u32;
use std::u64;
use std::u128;
use std::u256;

const EBroken: u64 = 77;
#[error]
const EClever: vector<u8> = b"as told";

fun id<T>(x: T): T { x }
fun choose<T>(c: bool, a: &mut T, b: &mut T): &mut T { if (c) a else b }
fun at<T>(v: &mut vector<T>, i: u64): &mut T { &mut v[i] }
`

// caseName finds the cases of a module that was written by hand.
var caseName = regexp.MustCompile(`public fun (c\w*)\(\): vector<u8>`)

// Written is a module of the package diff that was written by hand. Its cases are
// the public functions without parameters whose names start with c and that
// return a vector<u8>.
func Written(name, source string) *Module {
	f := &function{}
	for _, found := range caseName.FindAllStringSubmatch(source, -1) {
		f.cases = append(f.cases, Case{Name: found[1]})
	}
	return &Module{Name: name, written: source, functions: []*function{f}}
}

// Source is the module in Move.
func (m *Module) Source() string {
	if m.written != "" {
		return m.written
	}
	var b strings.Builder
	fmt.Fprintf(&b, prelude, m.Name)
	for _, d := range m.datatypes {
		b.WriteString(d.declaration())
		for i := range d.variants[0].fields {
			b.WriteString(accessorSource(d, i))
		}
	}
	for _, c := range m.constants {
		fmt.Fprintf(&b, "const %s: %v = %s;\n", c.name, c.typ, c.value)
	}
	for _, f := range m.functions {
		b.WriteString(f.source())
		for _, c := range f.cases {
			b.WriteString(c.text)
		}
	}
	return b.String()
}

// accessorName is the function that lends a field of a struct.
func accessorName(d *datatype, field int) string {
	return fmt.Sprintf("%s_at_%d", strings.ToLower(d.name), field)
}

func accessorSource(d *datatype, i int) string {
	if d.enum {
		return ""
	}
	var params []*typ
	for k := range d.params {
		params = append(params, &typ{kind: paramKind, index: k})
	}
	f := d.variants[0].fields[i]
	return fmt.Sprintf("fun %s%s(x: &mut %s%s): &mut %v { &mut x.%s }\n",
		accessorName(d, i), typeArgs(params), d.name, typeArgs(params), f.typ, f.name)
}

func (f *function) source() string {
	var params, types []string
	for _, p := range f.params {
		mut := ""
		if p.ref == byValue && p.name[0] == 'a' {
			mut = "mut "
		}
		params = append(params, mut+p.name+": "+refPrefix[p.ref]+p.typ.String())
	}
	for i := range f.typeParams {
		types = append(types, fmt.Sprintf("T%d: copy + drop + store", i))
	}
	generics := ""
	if len(types) > 0 {
		generics = "<" + strings.Join(types, ", ") + ">"
	}
	return fmt.Sprintf("public fun %s%s(%s): %v {\n%s    %s\n}\n", f.name, generics, strings.Join(params, ", "), f.result, render(f.body, "    "), f.last)
}

func render(nodes []*node, indent string) string {
	var b strings.Builder
	for _, n := range nodes {
		for i, p := range n.parts {
			b.WriteString(indent + p + "\n")
			if i < len(n.blocks) {
				b.WriteString(render(n.blocks[i], indent+"    "))
			}
		}
	}
	return b.String()
}
