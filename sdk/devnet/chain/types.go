package chain

import (
	"fmt"
	"sync"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// types answers questions about the types and functions of published packages.
// Packages never change, so what has been parsed stays valid; the cache starts
// afresh when it is full. Safe for concurrent use.
type types struct {
	mu    sync.Mutex
	cache map[sui.Address]*loadedPackage
}

// A loadedPackage is a package with its modules parsed on demand.
type loadedPackage struct {
	pkg      *sui.MovePackage
	original sui.Address

	mu      sync.Mutex
	modules map[string]*bytecode.Module
}

const maxCachedPackages = 512

func newTypes() *types { return &types{cache: map[sui.Address]*loadedPackage{}} }

// load returns the package with a storage id, or errNotFound.
func (t *types) load(v view, id sui.Address) (*loadedPackage, error) {
	t.mu.Lock()
	p := t.cache[id]
	t.mu.Unlock()
	if p != nil {
		return p, nil
	}
	obj, err := v.object(id)
	if err != nil {
		return nil, err
	}
	if obj.Package == nil {
		return nil, fmt.Errorf("object %s is not a package: %w", id, errNotFound)
	}
	p = &loadedPackage{pkg: obj.Package, modules: map[string]*bytecode.Module{}}
	if p.original, err = originalID(obj.Package); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.cache) >= maxCachedPackages {
		clear(t.cache)
	}
	t.cache[id] = p
	return p, nil
}

// module parses a module of the package.
func (p *loadedPackage) module(name string) (*bytecode.Module, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.modules[name]; m != nil {
		return m, nil
	}
	raw, ok := p.pkg.Module(name)
	if !ok {
		return nil, fmt.Errorf("module %s of package %s: %w", clip(name), p.pkg.ID, errNotFound)
	}
	m, err := bytecode.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read module %s of package %s: %w", name, p.pkg.ID, err)
	}
	p.modules[name] = m
	return m, nil
}

// originalID is the runtime id of a package: the address in its modules.
func originalID(pkg *sui.MovePackage) (sui.Address, error) {
	if pkg.Version <= 1 || len(pkg.Modules) == 0 {
		return pkg.ID, nil
	}
	m, err := bytecode.Parse(pkg.Modules[0].Bytes)
	if err != nil {
		return sui.Address{}, fmt.Errorf("read package %s: %w", pkg.ID, err)
	}
	return m.Address(), nil
}

// definingID is the id of the package version that introduced a type.
func (p *loadedPackage) definingID(module, name string) (sui.Address, bool) {
	for _, o := range p.pkg.TypeOrigins {
		if o.Module == module && o.Name == name {
			return o.Package, true
		}
	}
	return sui.Address{}, false
}

// linked returns the package that p runs with for a runtime id.
func (t *types) linked(v view, p *loadedPackage, original sui.Address) (*loadedPackage, error) {
	if original == p.original {
		return p, nil
	}
	for _, l := range p.pkg.Linkage {
		if l.Original == original {
			return t.load(v, l.Upgraded)
		}
	}
	return nil, fmt.Errorf("package %s is not linked to %s: %w", p.pkg.ID, original, errNotFound)
}

// handle resolves a datatype handle of module m of package p to its defining
// id, module and name.
func (t *types) handle(v view, p *loadedPackage, m *bytecode.Module, handle uint16) (sui.StructTag, error) {
	address, module := m.ModuleID(m.DatatypeHandles[handle].Module)
	name := m.DatatypeName(handle)
	dep, err := t.linked(v, p, address)
	if err != nil {
		return sui.StructTag{}, err
	}
	id, ok := dep.definingID(module, name)
	if !ok {
		return sui.StructTag{}, fmt.Errorf("type %s::%s of package %s: %w", module, name, dep.pkg.ID, errNotFound)
	}
	return sui.StructTag{Address: id, Module: module, Name: name}, nil
}

// A datatype is a struct or enum of a parsed module.
type datatype struct {
	in     *loadedPackage
	module *bytecode.Module
	handle uint16
	fields []bytecode.Field   // of a struct
	enum   []bytecode.Variant // of an enum; nil for a struct
}

// datatype finds a struct or enum by module and name.
func (p *loadedPackage) datatype(module, name string) (*datatype, error) {
	m, err := p.module(module)
	if err != nil {
		return nil, err
	}
	for i := range m.Structs {
		if m.DatatypeName(m.Structs[i].Handle) == name {
			return &datatype{in: p, module: m, handle: m.Structs[i].Handle, fields: m.Structs[i].Fields}, nil
		}
	}
	for i := range m.Enums {
		if m.DatatypeName(m.Enums[i].Handle) == name {
			return &datatype{in: p, module: m, handle: m.Enums[i].Handle, enum: m.Enums[i].Variants}, nil
		}
	}
	return nil, fmt.Errorf("type %s::%s of package %s: %w", module, clip(name), p.pkg.ID, errNotFound)
}

var primitiveKinds = map[bytecode.TokenKind]sui.TypeKind{
	bytecode.TokenBool: sui.KindBool, bytecode.TokenU8: sui.KindU8, bytecode.TokenU16: sui.KindU16,
	bytecode.TokenU32: sui.KindU32, bytecode.TokenU64: sui.KindU64, bytecode.TokenU128: sui.KindU128,
	bytecode.TokenU256: sui.KindU256, bytecode.TokenAddress: sui.KindAddress, bytecode.TokenSigner: sui.KindSigner,
}

// concrete turns a type of module m into a type tag; args are the type
// arguments of the surrounding datatype.
func (t *types) concrete(v view, p *loadedPackage, m *bytecode.Module, tok bytecode.Token, args []sui.TypeTag) (sui.TypeTag, error) {
	if kind, ok := primitiveKinds[tok.Kind]; ok {
		return sui.TypeTag{Kind: kind}, nil
	}
	switch tok.Kind {
	case bytecode.TokenTypeParam:
		if int(tok.Index) < len(args) {
			return args[tok.Index], nil
		}
	case bytecode.TokenVector:
		elem, err := t.concrete(v, p, m, tok.Args[0], args)
		return sui.Vector(elem), err
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		tag, err := t.handle(v, p, m, tok.Index)
		if err != nil {
			return sui.TypeTag{}, err
		}
		for _, a := range tok.Args {
			arg, err := t.concrete(v, p, m, a, args)
			if err != nil {
				return sui.TypeTag{}, err
			}
			tag.Params = append(tag.Params, arg)
		}
		return tag.Tag(), nil
	}
	return sui.TypeTag{}, fmt.Errorf("type token %d has no concrete type", tok.Kind)
}
