package bytecode

// A StructDef is a struct of the module.
type StructDef struct {
	Handle uint16 // into DatatypeHandles
	Native bool   // declared without fields; Sui has none
	Fields []Field
}

// A Field is a named field of a struct or variant. Name is an index into
// Identifiers.
type Field struct {
	Name uint16
	Type Token
}

// An EnumDef is an enum of the module. The tag of a variant is its position.
type EnumDef struct {
	Handle   uint16 // into DatatypeHandles
	Variants []Variant
}

// A Variant is one of the shapes of an enum.
type Variant struct {
	Name   uint16 // into Identifiers
	Fields []Field
}

const (
	flagNative   = 1
	flagDeclared = 2
)

func readStructs(m *Module, r *reader) {
	for r.more() {
		s := StructDef{Handle: r.index("datatype handle")}
		switch flag := r.u8(); flag {
		case flagNative:
			s.Native = true
		case flagDeclared:
			s.Fields = readFields(r)
		default:
			r.fail("unknown struct flag %d", flag)
		}
		m.Structs = append(m.Structs, s)
	}
}

func writeStructs(m *Module, w *writer) {
	for _, s := range m.Structs {
		w.index(s.Handle)
		if s.Native {
			w.u8(flagNative)
			continue
		}
		w.u8(flagDeclared)
		writeFields(s.Fields, w)
	}
}

func readFields(r *reader) []Field {
	var fields []Field
	for range r.count(maxFields, "field count") {
		fields = append(fields, Field{Name: r.index("identifier index"), Type: readToken(r)})
	}
	return fields
}

func writeFields(fields []Field, w *writer) {
	w.uleb(uint64(len(fields)))
	for _, f := range fields {
		w.index(f.Name)
		writeToken(f.Type, w)
	}
}

func readEnums(m *Module, r *reader) {
	for r.more() {
		e := EnumDef{Handle: r.index("datatype handle")}
		if flag := r.u8(); flag != flagDeclared {
			r.fail("unknown enum flag %d", flag)
		}
		n := r.count(maxVariants, "variant count")
		if n == 0 {
			r.fail("enum without variants")
		}
		for range n {
			e.Variants = append(e.Variants, Variant{Name: r.index("identifier index"), Fields: readFields(r)})
		}
		m.Enums = append(m.Enums, e)
	}
}

func writeEnums(m *Module, w *writer) {
	for _, e := range m.Enums {
		w.index(e.Handle)
		w.u8(flagDeclared)
		w.uleb(uint64(len(e.Variants)))
		for _, v := range e.Variants {
			w.index(v.Name)
			writeFields(v.Fields, w)
		}
	}
}
