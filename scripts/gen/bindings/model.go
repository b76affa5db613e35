package bindings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A model is all contracts.
type model struct {
	packages []*pkg
	types    map[string]*datatype // by pkg::module::Name
	elements map[string]bool      // Go names of types that calls take vectors of
}

type pkg struct {
	name    string
	modules []*module
}

type module struct {
	pkg, name string
	code      *bytecode.Module
	src       *source
	types     []*datatype
}

// A datatype is a struct, or an enum if it has variants.
type datatype struct {
	pkg, module, name string
	goName, doc       string
	key, event        bool
	typeParams        int
	fields            []field
	variants          []variant
	home              *module
	min               int // length of the shortest BCS; -1 while it is computed
}

type variant struct {
	name, doc string
	fields    []field
}

type field struct {
	name, doc string
	token     bytecode.Token
}

// load reads bytecode and sources below root.
func load(root string) (*model, error) {
	m := &model{types: map[string]*datatype{}, elements: map[string]bool{}}
	modules := map[string]string{}
	goNames := map[string]string{}
	for _, name := range packages {
		p := &pkg{name: name}
		files, err := moduleFiles(root, name)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			mod, err := loadModule(root, name, file)
			if err != nil {
				return nil, err
			}
			if other := modules[mod.name]; other != "" && mod.hasErrors() {
				return nil, fmt.Errorf("%s and %s both have a module %s: abort codes are told apart by the module's name", other, name, mod.name)
			}
			if mod.hasErrors() {
				modules[mod.name] = name
			}
			for _, t := range mod.types {
				id := name + "::" + mod.name + "::" + t.name
				if other := goNames[t.goName]; other != "" {
					return nil, fmt.Errorf("%s and %s are both %s in Go: give one another name in typeNames", other, id, t.goName)
				}
				goNames[t.goName], m.types[id] = id, t
			}
			p.modules = append(p.modules, mod)
		}
		m.packages = append(m.packages, p)
	}
	return m, m.checkNames()
}

// checkNames finds names that are given to what is not there any more.
func (m *model) checkNames() error {
	fields := map[string]bool{}
	for id, t := range m.types {
		all := t.fields
		for _, v := range t.variants {
			all = append(all, v.fields...)
		}
		for _, f := range all {
			fields[id+"."+f.name] = true
		}
	}
	for id := range typeNames {
		if m.types[id] == nil {
			return fmt.Errorf("typeNames names %s, which is not there: correct names.go", id)
		}
	}
	for id := range fieldNames {
		if !fields[id] {
			return fmt.Errorf("fieldNames names %s, which is not there: correct names.go", id)
		}
	}
	return nil
}

func (mod *module) hasErrors() bool { return len(mod.src.errors) > 0 }

func moduleFiles(root, name string) ([]string, error) {
	path := filepath.Join(root, "move", "bytecode", name, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w; compile with: go run ./scripts/movec build", err)
	}
	var manifest move.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return manifest.Modules, nil
}

func loadModule(root, name, file string) (*module, error) {
	raw, err := os.ReadFile(filepath.Join(root, "move", "bytecode", name, file))
	if err != nil {
		return nil, err
	}
	code, err := bytecode.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	text, err := os.ReadFile(filepath.Join(root, "move", name, "sources", code.Name()+".move"))
	if err != nil {
		return nil, err
	}
	mod := &module{pkg: name, name: code.Name(), code: code, src: readSource(string(text))}
	events := mod.emitted()
	for _, s := range code.Structs {
		t := mod.datatype(s.Handle)
		t.event = events[t.name]
		t.fields = mod.fieldsOf(t.name, s.Fields)
		mod.types = append(mod.types, t)
	}
	for _, e := range code.Enums {
		t := mod.datatype(e.Handle)
		for _, v := range e.Variants {
			name := code.Identifiers[v.Name]
			t.variants = append(t.variants, variant{name, mod.src.docs[t.name+"."+name], mod.fieldsOf(t.name+"."+name, v.Fields)})
		}
		mod.types = append(mod.types, t)
	}
	return mod, nil
}

func (mod *module) datatype(handle uint16) *datatype {
	h := mod.code.DatatypeHandles[handle]
	t := &datatype{pkg: mod.pkg, module: mod.name, name: mod.code.Identifiers[h.Name], home: mod}
	t.key, t.typeParams, t.doc = h.Abilities.Has(bytecode.Key), len(h.TypeParams), mod.src.docs[t.name]
	if t.goName = typeNames[t.id()]; t.goName == "" {
		t.goName = t.name
	}
	return t
}

func (t *datatype) id() string { return t.pkg + "::" + t.module + "::" + t.name }

func (mod *module) fieldsOf(prefix string, fields []bytecode.Field) []field {
	var out []field
	for _, f := range fields {
		name := mod.code.Identifiers[f.Name]
		out = append(out, field{name, mod.src.docs[prefix+"."+name], f.Type})
	}
	return out
}

// emitted returns the names of the module's types that it gives to
// sui::event::emit: the events.
func (mod *module) emitted() map[string]bool {
	out := map[string]bool{}
	for _, inst := range mod.code.FunctionInsts {
		h := mod.code.FunctionHandles[inst.Of]
		addr, module := mod.code.ModuleID(h.Module)
		if addr != sui.Framework || module != "event" || mod.code.Identifiers[h.Name] != "emit" {
			continue
		}
		for _, t := range mod.code.Signatures[inst.Args] {
			if t.Kind == bytecode.TokenDatatype {
				out[mod.code.DatatypeName(t.Index)] = true
			}
		}
	}
	return out
}

// name resolves a datatype handle: to a type of ours, or to the name of one of
// the framework's, such as 0x2::table::Table.
func (m *model) name(mod *module, handle uint16) (*datatype, string, error) {
	h := mod.code.DatatypeHandles[handle]
	addr, module := mod.code.ModuleID(h.Module)
	name := mod.code.Identifiers[h.Name]
	if addr == sui.Framework || addr == (sui.Address{31: 1}) {
		return nil, fmt.Sprintf("0x%d::%s::%s", addr[31], module, name), nil
	}
	for _, other := range move.Interfaces() {
		if placeholder, _ := move.Placeholder(other); addr == sui.Address(placeholder) {
			return nil, other + "::" + module + "::" + name, nil
		}
	}
	owner := mod.pkg
	for _, p := range packages {
		if placeholder, ok := move.Placeholder(p); ok && addr == sui.Address(placeholder) {
			owner = p
		}
	}
	t := m.types[owner+"::"+module+"::"+name]
	if t == nil {
		return nil, "", errors.New("unknown type " + owner + "::" + module + "::" + name)
	}
	return t, "", nil
}
