package bytecode

// Abilities is the set of abilities of a type, or those that a type parameter
// demands.
type Abilities uint8

// The abilities of Move.
const (
	Copy Abilities = 1 << iota
	Drop
	Store
	Key

	AllAbilities = Copy | Drop | Store | Key
)

// Has reports whether all of b are in a.
func (a Abilities) Has(b Abilities) bool { return a&b == b }

// ModuleHandle names a module: indices into Addresses and Identifiers.
type ModuleHandle struct{ Address, Name uint16 }

// DatatypeHandle names a struct or enum, of this module or another.
type DatatypeHandle struct {
	Module     uint16 // into ModuleHandles
	Name       uint16 // into Identifiers
	Abilities  Abilities
	TypeParams []TypeParam
}

// TypeParam is a type parameter of a datatype.
type TypeParam struct {
	Constraints Abilities
	Phantom     bool
}

// FunctionHandle names a function, of this module or another.
type FunctionHandle struct {
	Module     uint16 // into ModuleHandles
	Name       uint16 // into Identifiers
	Params     uint16 // into Signatures
	Returns    uint16 // into Signatures
	TypeParams []Abilities
}

// Instantiation gives type arguments to a generic function, struct, field or
// enum: Of is an index into the table of those, Args into Signatures.
type Instantiation struct{ Of, Args uint16 }

// FieldHandle names a field: indices into Structs and its fields.
type FieldHandle struct{ Struct, Field uint16 }

// VariantHandle names a variant of an enum: an index into Enums (or EnumInsts)
// and the variant's tag.
type VariantHandle struct{ Enum, Tag uint16 }

func (r *reader) abilities() Abilities {
	return Abilities(r.uleb(uint64(AllAbilities), "abilities"))
}

func readModuleHandles(m *Module, r *reader) {
	for r.more() {
		m.ModuleHandles = append(m.ModuleHandles, readModuleHandle(r))
	}
}

func readFriends(m *Module, r *reader) {
	for r.more() {
		m.Friends = append(m.Friends, readModuleHandle(r))
	}
}

func readModuleHandle(r *reader) ModuleHandle {
	return ModuleHandle{Address: r.index("address index"), Name: r.index("identifier index")}
}

func writeModuleHandles(m *Module, w *writer) { writeModuleHandleList(m.ModuleHandles, w) }
func writeFriends(m *Module, w *writer)       { writeModuleHandleList(m.Friends, w) }

func writeModuleHandleList(list []ModuleHandle, w *writer) {
	for _, h := range list {
		w.index(h.Address)
		w.index(h.Name)
	}
}

func readDatatypeHandles(m *Module, r *reader) {
	for r.more() {
		h := DatatypeHandle{Module: r.index("module handle"), Name: r.index("identifier index"), Abilities: r.abilities()}
		for range r.count(maxTypeParams, "type parameter count") {
			h.TypeParams = append(h.TypeParams, TypeParam{r.abilities(), r.uleb(1, "phantom flag") == 1})
		}
		m.DatatypeHandles = append(m.DatatypeHandles, h)
	}
}

func writeDatatypeHandles(m *Module, w *writer) {
	for _, h := range m.DatatypeHandles {
		w.index(h.Module)
		w.index(h.Name)
		w.uleb(uint64(h.Abilities))
		w.uleb(uint64(len(h.TypeParams)))
		for _, p := range h.TypeParams {
			w.uleb(uint64(p.Constraints))
			if p.Phantom {
				w.u8(1)
			} else {
				w.u8(0)
			}
		}
	}
}

func readFunctionHandles(m *Module, r *reader) {
	for r.more() {
		h := FunctionHandle{
			Module: r.index("module handle"), Name: r.index("identifier index"),
			Params: r.index("signature index"), Returns: r.index("signature index"),
		}
		for range r.count(maxTypeParams, "type parameter count") {
			h.TypeParams = append(h.TypeParams, r.abilities())
		}
		m.FunctionHandles = append(m.FunctionHandles, h)
	}
}

func writeFunctionHandles(m *Module, w *writer) {
	for _, h := range m.FunctionHandles {
		w.index(h.Module)
		w.index(h.Name)
		w.index(h.Params)
		w.index(h.Returns)
		w.uleb(uint64(len(h.TypeParams)))
		for _, a := range h.TypeParams {
			w.uleb(uint64(a))
		}
	}
}

func readInsts(list *[]Instantiation, r *reader) {
	for r.more() {
		*list = append(*list, Instantiation{Of: r.index("generic index"), Args: r.index("signature index")})
	}
}

func writeInsts(list []Instantiation, w *writer) {
	for _, i := range list {
		w.index(i.Of)
		w.index(i.Args)
	}
}

func readFunctionInsts(m *Module, r *reader)  { readInsts(&m.FunctionInsts, r) }
func writeFunctionInsts(m *Module, w *writer) { writeInsts(m.FunctionInsts, w) }
func readStructInsts(m *Module, r *reader)    { readInsts(&m.StructInsts, r) }
func writeStructInsts(m *Module, w *writer)   { writeInsts(m.StructInsts, w) }
func readFieldInsts(m *Module, r *reader)     { readInsts(&m.FieldInsts, r) }
func writeFieldInsts(m *Module, w *writer)    { writeInsts(m.FieldInsts, w) }
func readEnumInsts(m *Module, r *reader)      { readInsts(&m.EnumInsts, r) }
func writeEnumInsts(m *Module, w *writer)     { writeInsts(m.EnumInsts, w) }

func readFieldHandles(m *Module, r *reader) {
	for r.more() {
		m.FieldHandles = append(m.FieldHandles, FieldHandle{r.index("struct index"), uint16(r.uleb(maxFields, "field index"))})
	}
}

func writeFieldHandles(m *Module, w *writer) {
	for _, h := range m.FieldHandles {
		w.index(h.Struct)
		w.index(h.Field)
	}
}

func readVariantList(list *[]VariantHandle, r *reader) {
	for r.more() {
		*list = append(*list, VariantHandle{r.index("enum index"), uint16(r.uleb(maxVariants-1, "variant tag"))})
	}
}

func writeVariantList(list []VariantHandle, w *writer) {
	for _, h := range list {
		w.index(h.Enum)
		w.index(h.Tag)
	}
}

func readVariantHandles(m *Module, r *reader)  { readVariantList(&m.VariantHandles, r) }
func writeVariantHandles(m *Module, w *writer) { writeVariantList(m.VariantHandles, w) }
func readVariantInsts(m *Module, r *reader)    { readVariantList(&m.VariantInsts, r) }
func writeVariantInsts(m *Module, w *writer)   { writeVariantList(m.VariantInsts, w) }
