package bytecode

import "fmt"

// A checker walks a module and keeps the first thing that is out of bounds.
type checker struct {
	m    *Module
	sigs []sigInfo // of m.Signatures
	err  error
}

// sigInfo is what users of a signature must know about it: how many type
// parameters it needs, and whether references stand in it.
type sigInfo struct {
	typeParams int
	refs       bool
}

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *checker) index(i uint16, n int, what string) bool {
	if int(i) >= n {
		c.fail("%s %d is out of range (there are %d)", what, i, n)
	}
	return c.err == nil
}

// checkBounds checks that every index is in range, every instantiation has as
// many type arguments as its generic has parameters, references stand only
// where they may, definitions belong to this module and nothing is defined
// twice. Types of operands are the verifier's matter.
func (m *Module) checkBounds() error {
	c := &checker{m: m}
	if !c.index(m.Self, len(m.ModuleHandles), "own module handle") {
		return c.err
	}
	c.moduleHandles(m.ModuleHandles)
	c.moduleHandles(m.Friends)
	c.handles()
	c.signatures()
	if c.err == nil {
		c.functionHandles()
	}
	if c.err == nil {
		c.structs()
		c.enums()
		c.insts()
	}
	if c.err == nil {
		c.functions()
	}
	if c.err == nil {
		c.duplicates()
	}
	return c.err
}

func (c *checker) moduleHandles(list []ModuleHandle) {
	for _, h := range list {
		c.index(h.Address, len(c.m.Addresses), "address")
		c.index(h.Name, len(c.m.Identifiers), "identifier")
	}
}

func (c *checker) handles() {
	m := c.m
	for _, h := range m.DatatypeHandles {
		c.index(h.Module, len(m.ModuleHandles), "module handle")
		c.index(h.Name, len(m.Identifiers), "identifier")
	}
	for _, h := range m.FunctionHandles {
		c.index(h.Module, len(m.ModuleHandles), "module handle")
		c.index(h.Name, len(m.Identifiers), "identifier")
	}
}

// signatures checks each signature once, so that its users need only compare
// numbers.
func (c *checker) signatures() {
	c.sigs = make([]sigInfo, len(c.m.Signatures))
	for i, sig := range c.m.Signatures {
		info := &c.sigs[i]
		for _, t := range sig {
			if c.err != nil {
				return
			}
			if t.IsRef() {
				t, info.refs = t.Args[0], true
			}
			c.token(t, maxIndex+1)
			info.typeParams = max(info.typeParams, typeParamsOf(t))
		}
	}
}

// typeParamsOf is 1 more than the highest type parameter in a token.
func typeParamsOf(t Token) int {
	n := 0
	if t.Kind == TokenTypeParam {
		n = int(t.Index) + 1
	}
	for _, a := range t.Args {
		n = max(n, typeParamsOf(a))
	}
	return n
}

func (c *checker) functionHandles() {
	for _, h := range c.m.FunctionHandles {
		c.signature(h.Params, len(h.TypeParams), true)
		c.signature(h.Returns, len(h.TypeParams), true)
	}
}

// signature checks that a signature suits a place with so many type
// parameters.
func (c *checker) signature(i uint16, typeParams int, refs bool) {
	if !c.index(i, len(c.sigs), "signature") {
		return
	}
	if c.sigs[i].typeParams > typeParams {
		c.fail("signature uses type parameter %d of %d", c.sigs[i].typeParams-1, typeParams)
	}
	if c.sigs[i].refs && !refs {
		c.fail("reference as a type argument")
	}
}

// token checks a type that is not a reference and holds none.
func (c *checker) token(t Token, typeParams int) {
	switch t.Kind {
	case TokenRef, TokenMutRef:
		c.fail("reference inside of a type")
	case TokenTypeParam:
		c.index(t.Index, typeParams, "type parameter")
	case TokenDatatype, TokenDatatypeInst:
		if c.index(t.Index, len(c.m.DatatypeHandles), "datatype handle") {
			if want := len(c.m.DatatypeHandles[t.Index].TypeParams); want != len(t.Args) {
				c.fail("%s has %d type arguments, want %d", c.m.DatatypeName(t.Index), len(t.Args), want)
			}
		}
	}
	for _, a := range t.Args {
		if c.err == nil {
			c.token(a, typeParams)
		}
	}
}

// own checks that a datatype handle belongs to this module.
func (c *checker) own(handle uint16) (typeParams int) {
	if !c.index(handle, len(c.m.DatatypeHandles), "datatype handle") {
		return 0
	}
	h := c.m.DatatypeHandles[handle]
	if h.Module != c.m.Self {
		c.fail("definition of a datatype of another module")
	}
	return len(h.TypeParams)
}

func (c *checker) fields(fields []Field, typeParams int) {
	seen := make(map[uint16]bool, len(fields))
	for _, f := range fields {
		c.index(f.Name, len(c.m.Identifiers), "identifier")
		c.token(f.Type, typeParams)
		if seen[f.Name] {
			c.fail("field is declared twice")
		}
		seen[f.Name] = true
	}
}

func (c *checker) structs() {
	for _, s := range c.m.Structs {
		n := c.own(s.Handle)
		if s.Native || len(s.Fields) == 0 {
			c.fail("struct without fields")
		}
		c.fields(s.Fields, n)
	}
	for _, h := range c.m.FieldHandles {
		if c.index(h.Struct, len(c.m.Structs), "struct") {
			c.index(h.Field, len(c.m.Structs[h.Struct].Fields), "field")
		}
	}
}

func (c *checker) enums() {
	for _, e := range c.m.Enums {
		n := c.own(e.Handle)
		names := map[uint16]bool{}
		for _, v := range e.Variants {
			c.index(v.Name, len(c.m.Identifiers), "identifier")
			c.fields(v.Fields, n)
			if names[v.Name] {
				c.fail("variant is declared twice")
			}
			names[v.Name] = true
		}
	}
	for _, h := range c.m.VariantHandles {
		c.variant(h, h.Enum)
	}
	for _, h := range c.m.VariantInsts {
		if c.index(h.Enum, len(c.m.EnumInsts), "enum instantiation") {
			c.variant(h, c.m.EnumInsts[h.Enum].Of)
		}
	}
}

func (c *checker) variant(h VariantHandle, enum uint16) {
	if c.index(enum, len(c.m.Enums), "enum") {
		c.index(h.Tag, len(c.m.Enums[enum].Variants), "variant")
	}
}

func (c *checker) insts() {
	m := c.m
	c.instList(m.FunctionInsts, len(m.FunctionHandles), func(i uint16) int { return len(m.FunctionHandles[i].TypeParams) })
	c.instList(m.StructInsts, len(m.Structs), func(i uint16) int { return len(m.DatatypeHandles[m.Structs[i].Handle].TypeParams) })
	c.instList(m.EnumInsts, len(m.Enums), func(i uint16) int { return len(m.DatatypeHandles[m.Enums[i].Handle].TypeParams) })
	c.instList(m.FieldInsts, len(m.FieldHandles), func(i uint16) int {
		return len(m.DatatypeHandles[m.Structs[m.FieldHandles[i].Struct].Handle].TypeParams)
	})
}

func (c *checker) instList(list []Instantiation, n int, arity func(uint16) int) {
	for _, in := range list {
		c.index(in.Of, n, "generic")
		c.signature(in.Args, maxIndex+1, false)
		if c.err != nil {
			return
		}
		if got := len(c.m.Signatures[in.Args]); got != arity(in.Of) {
			c.fail("instantiation has %d type arguments, want %d", got, arity(in.Of))
		}
	}
}

// duplicates checks that handles and definitions are unique.
func (c *checker) duplicates() {
	m := c.m
	unique(c, m.Identifiers, "identifier")
	unique(c, m.ModuleHandles, "module handle")
	type name struct{ module, name uint16 }
	datatypes := make([]name, 0, len(m.DatatypeHandles))
	for _, h := range m.DatatypeHandles {
		datatypes = append(datatypes, name{h.Module, h.Name})
	}
	unique(c, datatypes, "datatype handle")
	functions := make([]name, 0, len(m.FunctionHandles))
	for _, h := range m.FunctionHandles {
		functions = append(functions, name{h.Module, h.Name})
	}
	unique(c, functions, "function handle")
	var defs []uint16
	for _, s := range m.Structs {
		defs = append(defs, s.Handle)
	}
	for _, e := range m.Enums {
		defs = append(defs, e.Handle)
	}
	defined := unique(c, defs, "datatype definition")
	var fns []uint16
	for _, f := range m.Functions {
		fns = append(fns, f.Handle)
	}
	implemented := unique(c, fns, "function definition")
	for i, h := range m.DatatypeHandles {
		if h.Module == m.Self && !defined[uint16(i)] {
			c.fail("own datatype %s is not defined", m.DatatypeName(uint16(i)))
		}
	}
	for i, h := range m.FunctionHandles {
		if h.Module == m.Self && !implemented[uint16(i)] {
			c.fail("own function %s is not defined", m.Identifiers[h.Name])
		}
	}
}

func unique[T comparable](c *checker, list []T, what string) (seen map[T]bool) {
	seen = make(map[T]bool, len(list))
	for _, v := range list {
		if seen[v] {
			c.fail("%s appears twice", what)
		}
		seen[v] = true
	}
	return seen
}
