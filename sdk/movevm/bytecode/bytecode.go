// Package bytecode reads, checks and writes compiled Move modules: the binary
// format versions 6 and 7 with Sui's flavour.
//
// [Parse] turns bytes into a [Module] whose every index is in range, so that
// users of a parsed module may follow indices without looking. [Module.Serialize]
// is its inverse: modules written by the Move compiler come out byte for byte.
// [Module.Readdress] changes the addresses that a module and its dependencies
// have.
//
// The format is a header, tables of kinds 0x01 to 0x14, and the index of the
// module's own handle. There is one file here for each group of tables.
// Source of the layouts: the binary format of the Move language as Sui 1.71
// writes it (move-binary-format).
package bytecode

import (
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// A Module is a parsed module. Fields named after a table hold it; an index
// into a table is a uint16.
type Module struct {
	Version uint32 // 6 or 7
	Self    uint16 // into ModuleHandles

	ModuleHandles   []ModuleHandle
	DatatypeHandles []DatatypeHandle
	FunctionHandles []FunctionHandle
	FunctionInsts   []Instantiation // of FunctionHandles
	Signatures      []Signature
	Constants       []Constant
	Identifiers     []string
	Addresses       []sui.Address
	Structs         []StructDef
	StructInsts     []Instantiation // of Structs
	Functions       []FunctionDef
	FieldHandles    []FieldHandle
	FieldInsts      []Instantiation // of FieldHandles
	Friends         []ModuleHandle
	Metadata        []Metadata
	Enums           []EnumDef
	EnumInsts       []Instantiation // of Enums
	VariantHandles  []VariantHandle
	VariantInsts    []VariantHandle // Enum is an index of EnumInsts
}

// Parse reads a module and checks all its indices ([Module.checkBounds]).
func Parse(b []byte) (*Module, error) {
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("parse module: %w", err)
	}
	if err := m.checkBounds(); err != nil {
		return nil, fmt.Errorf("check module bounds: %w", err)
	}
	return m, nil
}

// Name is the module's own name.
func (m *Module) Name() string { return m.Identifiers[m.ModuleHandles[m.Self].Name] }

// Address is the module's own address: 0x0 before it is published, then the
// original id of its package.
func (m *Module) Address() sui.Address { return m.Addresses[m.ModuleHandles[m.Self].Address] }

// ModuleID resolves a module handle.
func (m *Module) ModuleID(handle uint16) (sui.Address, string) {
	h := m.ModuleHandles[handle]
	return m.Addresses[h.Address], m.Identifiers[h.Name]
}

// Function finds a function definition by name.
func (m *Module) Function(name string) (index uint16, ok bool) {
	for i, f := range m.Functions {
		if m.FunctionName(f) == name {
			return uint16(i), true
		}
	}
	return 0, false
}

// FunctionName is the name of one of the module's functions.
func (m *Module) FunctionName(f FunctionDef) string {
	return m.Identifiers[m.FunctionHandles[f.Handle].Name]
}

// DatatypeName is the name of the datatype of a handle.
func (m *Module) DatatypeName(handle uint16) string {
	return m.Identifiers[m.DatatypeHandles[handle].Name]
}

// Dependencies are the addresses of the other packages whose modules this one
// names, each once, in order of appearance.
func (m *Module) Dependencies() []sui.Address {
	var out []sui.Address
	seen := map[sui.Address]bool{m.Address(): true}
	for i := range m.ModuleHandles {
		if a, _ := m.ModuleID(uint16(i)); !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

// Readdress replaces addresses of modules (its own and those of its
// dependencies): an address pool entry that names a package moves; constants
// of type address don't.
func (m *Module) Readdress(to map[sui.Address]sui.Address) {
	for i, a := range m.Addresses {
		if b, ok := to[a]; ok {
			m.Addresses[i] = b
		}
	}
}
