package movevm

import (
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// Limits of Sui on types.
const (
	maxTypeNodes  = 128
	maxLayout     = 512 // parts of a type's description that std::bcs takes
	maxValueDepth = 128
)

// tag resolves a type tag. With anyVersion, a struct may be named by the id of
// any package version that has it, not just the one that introduced it.
func (r *resolver) tag(t sui.TypeTag, anyVersion bool, depth int) (*Type, error) {
	if depth > maxTypeNodes {
		return nil, errorf(StatusTypeNotFound, "type is nested too deep")
	}
	switch t.Kind {
	case sui.KindVector:
		if t.Elem == nil {
			return nil, errorf(StatusTypeNotFound, "vector type without an element type")
		}
		elem, err := r.tag(*t.Elem, anyVersion, depth+1)
		if err != nil {
			return nil, err
		}
		return r.vector(elem)
	case sui.KindStruct:
		if t.Struct == nil {
			return nil, errorf(StatusTypeNotFound, "struct type without a name")
		}
		return r.structTag(*t.Struct, anyVersion, depth)
	}
	for k, kind := range tagKinds {
		if kind == t.Kind {
			return primitives[k], nil
		}
	}
	return nil, errorf(StatusTypeNotFound, "unknown kind of type %d", t.Kind)
}

func (r *resolver) structTag(t sui.StructTag, anyVersion bool, depth int) (*Type, error) {
	l, err := r.link(t.Address)
	if err != nil {
		return nil, errorf(StatusTypeNotFound, "%v", err)
	}
	name := typeName{t.Address, t.Module, t.Name}
	if known, ok := r.named[name]; ok && len(t.Params) == 0 {
		return known, nil
	}
	d, err := r.datatypeIn(l.root, t.Module, t.Name)
	if err != nil {
		return nil, errorf(StatusTypeNotFound, "%v", err)
	}
	if d.defining != t.Address && !anyVersion {
		return nil, errorf(StatusTypeNotFound, "type %s::%s is defined by package %v, not %v", t.Module, t.Name, d.defining, t.Address)
	}
	var args []*Type
	if len(t.Params) > 0 {
		args = make([]*Type, len(t.Params))
	}
	for i, p := range t.Params {
		if args[i], err = r.tag(p, anyVersion, depth+1); err != nil {
			return nil, err
		}
	}
	if len(args) != len(d.params) {
		return nil, errorf(StatusTypeArity, "type %s::%s has %d type parameters, got %d", t.Module, t.Name, len(d.params), len(args))
	}
	for i, p := range d.params {
		if !args[i].Abilities.Has(p.Constraints) {
			e := errorf(StatusConstraint, "type argument %v of %s::%s lacks an ability", args[i], t.Module, t.Name)
			e.Code = uint64(i)
			return nil, e
		}
	}
	out, err := r.datatype(d, args)
	if err == nil && len(args) == 0 && d.defining == t.Address {
		r.named[name] = out
	}
	return out, err
}

// token resolves a token of a module under type arguments.
func (r *resolver) token(m *module, t bytecode.Token, targs []*Type) (*Type, error) {
	switch t.Kind {
	case bytecode.TokenTypeParam:
		if int(t.Index) >= len(targs) {
			return nil, errorf(StatusInvariant, "type parameter %d of %d", t.Index, len(targs))
		}
		return targs[t.Index], nil
	case bytecode.TokenVector, bytecode.TokenRef, bytecode.TokenMutRef:
		elem, err := r.token(m, t.Args[0], targs)
		if err != nil {
			return nil, err
		}
		if t.Kind == bytecode.TokenVector {
			return r.vector(elem)
		}
		return r.reference(t.Kind == bytecode.TokenMutRef, elem), nil
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		return r.tokenDatatype(m, t, targs)
	}
	return tokenPrimitives[t.Kind], nil
}

// constant decodes a constant of a module. Each is decoded once: code may load
// a long one in every instruction.
func (r *resolver) constant(m *module, i uint16) (Value, error) {
	if m.consts[i].typ != nil {
		return m.consts[i], nil
	}
	c := m.code.Constants[i]
	t, err := r.token(m, c.Type, nil)
	if err != nil {
		return Value{}, err
	}
	v, err := unmetered().decode(t, c.Data)
	if err != nil {
		return Value{}, errorf(StatusVerification, "module %s constant %d: %v", m.name, i, err)
	}
	m.consts[i] = Value{t, v}
	return m.consts[i], nil
}

func (r *resolver) tokenDatatype(m *module, t bytecode.Token, targs []*Type) (*Type, error) {
	h := m.code.DatatypeHandles[t.Index]
	addr, modName := m.code.ModuleID(h.Module)
	k, err := r.packOf(m.link, addr)
	if err != nil {
		return nil, err
	}
	d, err := r.datatypeIn(k, modName, m.code.Identifiers[h.Name])
	if err != nil {
		return nil, err
	}
	if len(d.params) != len(t.Args) {
		return nil, errorf(StatusLinker, "%s::%s has %d type parameters, got %d", modName, d.name, len(d.params), len(t.Args))
	}
	var args []*Type
	for _, a := range t.Args {
		at, err := r.token(m, a, targs)
		if err != nil {
			return nil, err
		}
		args = append(args, at)
	}
	return r.datatype(d, args)
}

func (r *resolver) tokens(m *module, list []bytecode.Token, targs []*Type) ([]*Type, error) {
	out := make([]*Type, len(list))
	for i, t := range list {
		var err error
		if out[i], err = r.token(m, t, targs); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *resolver) vector(elem *Type) (*Type, error) {
	key := "vector<" + elem.key + ">"
	if t, ok := r.types[key]; ok {
		return t, nil
	}
	t := &Type{
		Kind: KindVector, Elem: elem, Abilities: elem.Abilities & (Copy | Drop | Store),
		depth: elem.depth + 1, layout: min(elem.layout, maxLayout) + 1, nodes: elem.nodes + 1, key: key,
	}
	return t, r.intern(t)
}

func (r *resolver) reference(mut bool, elem *Type) *Type {
	key, kind := "&"+elem.key, KindRef
	if mut {
		key, kind = "&mut "+elem.key, KindMutRef
	}
	t, ok := r.types[key]
	if !ok {
		t = &Type{Kind: kind, Elem: elem, Abilities: Copy | Drop, depth: 1, nodes: elem.nodes + 1, key: key}
		r.types[key] = t
	}
	return t
}

// intern keeps a new type, if the limits allow it.
func (r *resolver) intern(t *Type) error {
	if t.nodes > maxTypeNodes {
		return errorf(StatusTypeDepth, "type has more than %d parts", maxTypeNodes)
	}
	if r.budget--; r.budget < 0 {
		return errorf(StatusTypeDepth, "too many types")
	}
	r.types[t.key] = t
	return nil
}

// datatype instantiates a datatype with all its field types.
func (r *resolver) datatype(d *datatype, args []*Type) (*Type, error) {
	if len(args) > 1 {
		return r.newDatatype(d, args)
	}
	id := instanceOf{data: d}
	if len(args) == 1 {
		id.arg = args[0]
	}
	if t, ok := r.simple[id]; ok {
		return t, nil
	}
	t, err := r.newDatatype(d, args)
	if err == nil {
		r.simple[id] = t
	}
	return t, err
}

// newDatatype is datatype for those that are not in simple.
func (r *resolver) newDatatype(d *datatype, args []*Type) (*Type, error) {
	var sb strings.Builder
	sb.WriteString("0x" + hexOf(d.defining) + "::" + d.module + "::" + d.name)
	nodes := 1
	for i, a := range args {
		sb.WriteString([]string{"<", ", "}[min(i, 1)] + a.key)
		nodes += a.nodes
	}
	if len(args) > 0 {
		sb.WriteByte('>')
	}
	key := sb.String()
	if t, ok := r.types[key]; ok {
		if t.fields == nil {
			return nil, errorf(StatusLinker, "type %s contains itself", key)
		}
		return t, nil
	}
	t := &Type{Kind: KindDatatype, data: d, args: args, nodes: nodes, depth: 1, layout: 1, key: key}
	t.Abilities = hasAbilities(d.abilities, d.params, func(i int) Abilities { return args[i].Abilities })
	if err := r.intern(t); err != nil {
		return nil, err
	}
	if err := r.fill(t); err != nil {
		delete(r.types, key)
		return nil, err
	}
	return t, nil
}

// fill resolves the field types.
func (r *resolver) fill(t *Type) error {
	fields := make([][]*Type, len(t.data.variants))
	for i, v := range t.data.variants {
		list, err := r.tokens(t.data.home, v.fields, t.args)
		if err != nil {
			return err
		}
		for _, f := range list {
			t.depth = max(t.depth, f.depth+1)
			t.layout = min(t.layout+f.layout, maxLayout+1)
		}
		if t.data.enum {
			t.layout = min(t.layout+1, maxLayout+1)
		}
		fields[i] = list
	}
	t.fields = fields
	return nil
}

// datatypeIn finds a datatype of a package version and returns it as its
// defining package has it.
func (r *resolver) datatypeIn(k *pack, modName, name string) (*datatype, error) {
	defining, ok := k.origins[[2]string{modName, name}]
	if !ok {
		defining = k.storage
	}
	id := typeName{defining, modName, name}
	if d, ok := r.data[id]; ok {
		return d, nil
	}
	l, err := r.link(defining)
	if err != nil {
		return nil, err
	}
	if l.root.original != k.original {
		return nil, errorf(StatusLinker, "package %v gives %v as the origin of %s::%s, which is another package", k.storage, defining, modName, name)
	}
	m, err := r.module(l, l.root.original, modName)
	if err != nil {
		return nil, err
	}
	d := m.datatype(name)
	if d == nil {
		return nil, errorf(StatusLinker, "package %v has no type %s::%s", defining, modName, name)
	}
	d.defining = defining
	r.data[id] = d
	return d, nil
}

// datatype reads the definition of a datatype; nil when there is none.
func (m *module) datatype(name string) *datatype {
	c := m.code
	base := func(handle uint16) *datatype {
		h := c.DatatypeHandles[handle]
		return &datatype{original: m.pack.original, module: m.name, name: name, abilities: h.Abilities, params: h.TypeParams, home: m}
	}
	for _, s := range c.Structs {
		if c.DatatypeName(s.Handle) == name {
			d := base(s.Handle)
			d.variants = []variantDef{variantOf(c, "", s.Fields)}
			return d
		}
	}
	for _, e := range c.Enums {
		if c.DatatypeName(e.Handle) == name {
			d := base(e.Handle)
			d.enum = true
			for _, v := range e.Variants {
				d.variants = append(d.variants, variantOf(c, c.Identifiers[v.Name], v.Fields))
			}
			return d
		}
	}
	return nil
}

func variantOf(c *bytecode.Module, name string, fields []bytecode.Field) variantDef {
	v := variantDef{name: name}
	for _, f := range fields {
		v.names = append(v.names, c.Identifiers[f.Name])
		v.fields = append(v.fields, f.Type)
	}
	return v
}
