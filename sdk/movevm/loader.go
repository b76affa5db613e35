package movevm

import (
	"encoding/hex"
	"fmt"
	"maps"
	"sync"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A loader caches what it has parsed, linked and instantiated. Everything that
// it hands out is immutable. One lock guards it all: after the first call of a
// function nothing here is on the way any more.
type loader struct {
	mu       sync.Mutex
	limit    int // of packages
	lowered  int // instructions of all instances
	test     bool
	pinned   map[sui.Address]*pack    // packages that a fresh start does not forget
	packages map[sui.Address]*pack    // by storage id
	links    map[sui.Address]*linkage // by storage id of the root package
	data     map[typeName]*datatype   // by defining id
	types    map[string]*Type         // by key
	simple   map[instanceOf]*Type     // of types, datatypes with at most one type argument
	named    map[typeName]*Type       // of types, those without type arguments
	request  resolver                 // of whoever holds the lock
}

// instanceOf names a datatype with its type argument, if any.
type instanceOf struct {
	data *datatype
	arg  *Type
}

// typeName names a datatype by its defining id.
type typeName struct {
	defining     sui.Address
	module, name string
}

func newLoader(limit int, test bool) *loader {
	l := &loader{limit: limit, test: test}
	l.reset()
	return l
}

// fork makes a loader of its own for a session, which knows the packages that l
// has parsed and those that pin adds. l never sees what the fork learns.
func (l *loader) fork(src PackageSource) *loader {
	f := newLoader(l.limit, l.test)
	f.pinned = map[sui.Address]*pack{}
	if _, ok := src.(PackageDigester); ok {
		return f // what others loaded may be something else
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(f.pinned, l.packages)
	f.reset()
	return f
}

// pin adds a package, under the lock.
func (l *loader) pin(k *pack) { l.pinned[k.storage], l.packages[k.storage] = k, k }

// unpin takes it away again.
func (l *loader) unpin(k *pack) {
	delete(l.pinned, k.storage)
	delete(l.packages, k.storage)
	delete(l.links, k.storage)
}

func (l *loader) reset() {
	l.packages = map[sui.Address]*pack{}
	maps.Copy(l.packages, l.pinned)
	l.links = map[sui.Address]*linkage{}
	l.data = map[typeName]*datatype{}
	l.types = map[string]*Type{}
	l.simple = map[instanceOf]*Type{}
	l.named = map[typeName]*Type{}
	l.lowered = 0
}

// A pack is a parsed package.
type pack struct {
	storage, original sui.Address
	digest            sui.Digest // of the content, if the source told one
	version           uint64
	modules           map[string]*bytecode.Module
	origins           map[[2]string]sui.Address // module and type to defining id
	linkage           map[sui.Address]sui.Address
	linked            []sui.Address // the storage ids in linkage
}

// parsePackage parses all modules of a package.
func parsePackage(p *sui.MovePackage) (*pack, error) {
	k := &pack{
		storage: p.ID, version: p.Version,
		modules: make(map[string]*bytecode.Module, len(p.Modules)),
		origins: make(map[[2]string]sui.Address, len(p.TypeOrigins)),
		linkage: make(map[sui.Address]sui.Address, len(p.Linkage)),
	}
	for i, m := range p.Modules {
		code, err := bytecode.Parse(m.Bytes)
		if err != nil {
			return nil, errorf(StatusDeserialize, "package %v module %s: %v", p.ID, m.Name, err)
		}
		if i > 0 && code.Address() != k.original || code.Name() != m.Name {
			return nil, errorf(StatusLinker, "package %v module %s: wrong name or address", p.ID, m.Name)
		}
		k.original = code.Address()
		k.modules[m.Name] = code
	}
	for _, o := range p.TypeOrigins {
		k.origins[[2]string{o.Module, o.Name}] = o.Package
	}
	for _, d := range p.Linkage {
		k.linkage[d.Original] = d.Upgraded
		k.linked = append(k.linked, d.Upgraded)
	}
	return k, nil
}

// A linkage is the set of packages that run together when the package root is
// called: its own linkage table decides for all of them.
type linkage struct {
	loader    *loader
	root      *pack
	modules   map[moduleName]*module
	functions map[functionName]*Function // of the root package, not generic
}

// functionName names a function of a package.
type functionName struct{ module, function string }

// moduleName names a module by the runtime id of its package.
type moduleName struct {
	original sui.Address
	name     string
}

// A module is a module within a linkage.
type module struct {
	link    *linkage
	pack    *pack
	name    string
	code    *bytecode.Module
	byName  map[string]uint16 // function definitions
	fns     []*function       // by definition index, made when first needed
	targets []*function       // by function handle, made when first needed
	consts  []Value           // constants, decoded when first needed
}

// A function is a function of a module, generic still.
type function struct {
	mod       *module
	index     uint16
	name      string
	def       *bytecode.FunctionDef
	handle    *bytecode.FunctionHandle
	params    bytecode.Signature
	returns   bytecode.Signature
	locals    []bytecode.Token // parameters first
	typing    *typing          // result of the static pass
	typingErr error
	instances map[string]*instance
}

// A resolver is a loader under its lock, with the source for what it lacks.
type resolver struct {
	*loader
	src     PackageSource
	digests PackageDigester // src, if it is one
	session *Session        // that asks, if one does
	budget  int             // types that it may still make
	steps   int             // of the static pass
}

// maxNewTypes bounds the types made for one request: nested generics can ask
// for exponentially many.
const maxNewTypes = 4096

// maxCached bounds the instructions of the instances in a cache, about 16 bytes
// each.
const maxCached = 16 << 20

// resolve locks the loader for a request. Call done at its end.
func (l *loader) resolve(src PackageSource) *resolver {
	l.mu.Lock()
	if len(l.packages)-len(l.pinned) > l.limit || len(l.types) > 64*l.limit || l.lowered > maxCached {
		l.reset()
	}
	digests, _ := src.(PackageDigester)
	l.request = resolver{loader: l, src: src, digests: digests, budget: maxNewTypes}
	return &l.request
}

func (r *resolver) done() {
	r.src, r.digests, r.session = nil, nil, nil
	r.mu.Unlock()
}

// pack finds a package by storage id.
func (r *resolver) pack(id sui.Address) (*pack, error) {
	if k, ok := r.packages[id]; ok {
		return k, nil
	}
	p, err := r.src.Package(id)
	if err != nil {
		return nil, errorf(StatusLinker, "read package %v: %v", id, err)
	}
	if p == nil {
		return nil, errorf(StatusLinker, "package %v does not exist", id)
	}
	if p.ID != id {
		return nil, errorf(StatusLinker, "package %v was found under id %v", p.ID, id)
	}
	k, err := parsePackage(p)
	if err != nil {
		return nil, err
	}
	if r.digests != nil {
		if k.digest, err = r.digests.PackageDigest(id); err != nil {
			return nil, errorf(StatusLinker, "read digest of package %v: %v", id, err)
		}
	}
	r.packages[id] = k
	return k, nil
}

// link finds the linkage of a root package by its storage id.
func (r *resolver) link(id sui.Address) (*linkage, error) {
	if l, ok := r.links[id]; ok {
		if r.session != nil && r.session.sound.has(l) {
			return l, nil
		}
		switch same, err := r.unchanged(l.root); {
		case err != nil:
			return nil, err
		case same:
			if r.session != nil {
				r.session.sound.add(l)
			}
			return l, nil
		}
		r.reset()
	}
	root, err := r.pack(id)
	if err != nil {
		return nil, err
	}
	l := &linkage{loader: r.loader, root: root, modules: map[moduleName]*module{}, functions: map[functionName]*Function{}}
	r.links[id] = l
	return l, nil
}

// unchanged reports whether a cached package and those that it links to are the
// source's. If they are not, nothing in the caches may be used: instances, types
// and signatures refer to each other.
func (r *resolver) unchanged(root *pack) (bool, error) {
	if r.digests == nil {
		return true, nil
	}
	same := func(k *pack) (bool, error) {
		if r.pinned[k.storage] == k {
			return true, nil // published by this session
		}
		d, err := r.digests.PackageDigest(k.storage)
		if err != nil {
			return false, errorf(StatusLinker, "read digest of package %v: %v", k.storage, err)
		}
		return d == k.digest, nil
	}
	for _, id := range root.linked {
		if k := r.packages[id]; k != nil {
			if ok, err := same(k); !ok || err != nil {
				return false, err
			}
		}
	}
	return same(root)
}

// packOf finds a package of a linkage by its runtime id.
func (r *resolver) packOf(l *linkage, original sui.Address) (*pack, error) {
	if original == l.root.original {
		return l.root, nil
	}
	storage, ok := l.root.linkage[original]
	if !ok {
		if !isSystem(original) {
			return nil, errorf(StatusLinker, "package %v is not in the linkage table of package %v", original, l.root.storage)
		}
		storage = original
	}
	k, err := r.pack(storage)
	if err != nil {
		return nil, err
	}
	if k.original != original {
		return nil, errorf(StatusLinker, "package %v is linked as %v but is a version of %v", storage, original, k.original)
	}
	return k, nil
}

// isSystem reports whether a package keeps its id when it is upgraded.
func isSystem(a sui.Address) bool {
	for _, b := range a[:30] {
		if b != 0 {
			return false
		}
	}
	return a[30] == 0 && (a[31] >= 1 && a[31] <= 3 || a[31] == 0xb)
}

// module finds a module of a linkage by the runtime id of its package.
func (r *resolver) module(l *linkage, original sui.Address, name string) (*module, error) {
	id := moduleName{original, name}
	if m, ok := l.modules[id]; ok {
		return m, nil
	}
	k, err := r.packOf(l, original)
	if err != nil {
		return nil, err
	}
	code, ok := k.modules[name]
	if !ok {
		return nil, errorf(StatusLinker, "package %v has no module %s", k.storage, name)
	}
	m := &module{
		link: l, pack: k, name: name, code: code,
		byName:  make(map[string]uint16, len(code.Functions)),
		fns:     make([]*function, len(code.Functions)),
		targets: make([]*function, len(code.FunctionHandles)),
		consts:  make([]Value, len(code.Constants)),
	}
	for i, f := range code.Functions {
		m.byName[code.FunctionName(f)] = uint16(i)
	}
	l.modules[id] = m
	return m, nil
}

// function makes the function of a definition.
func (m *module) function(index uint16) *function {
	if f := m.fns[index]; f != nil {
		return f
	}
	def := &m.code.Functions[index]
	h := &m.code.FunctionHandles[def.Handle]
	f := &function{
		mod: m, index: index, def: def, handle: h, name: m.code.Identifiers[h.Name],
		params: m.code.Signatures[h.Params], returns: m.code.Signatures[h.Returns],
		instances: map[string]*instance{},
	}
	f.locals = append(f.locals, f.params...)
	if !def.Native {
		f.locals = append(f.locals, m.code.Signatures[def.Locals]...)
	}
	m.fns[index] = f
	return f
}

// target resolves a function handle of m and checks that the function is what
// the handle says and may be called from here.
func (r *resolver) target(m *module, handle uint16) (*function, error) {
	if f := m.targets[handle]; f != nil {
		return f, nil
	}
	h := m.code.FunctionHandles[handle]
	addr, modName := m.code.ModuleID(h.Module)
	callee, err := r.module(m.link, addr, modName)
	if err != nil {
		return nil, err
	}
	name := m.code.Identifiers[h.Name]
	i, ok := callee.byName[name]
	if !ok {
		return nil, errorf(StatusLinker, "module %v::%s has no function %s", callee.pack.storage, modName, name)
	}
	f := callee.function(i)
	if err := mayCall(m, f); err != nil {
		return nil, err
	}
	if !sameSignature(m.code, m.code.Signatures[h.Params], callee.code, f.params) ||
		!sameSignature(m.code, m.code.Signatures[h.Returns], callee.code, f.returns) ||
		!sameConstraints(h.TypeParams, f.handle.TypeParams) {
		return nil, errorf(StatusLinker, "%v::%s::%s has another signature than its caller %s expects", addr, modName, name, m.name)
	}
	m.targets[handle] = f
	return f, nil
}

// mayCall checks the visibility of f for code in m.
func mayCall(m *module, f *function) error {
	callee := f.mod
	if callee == m || f.def.Visibility == bytecode.Public {
		return nil
	}
	if f.def.Visibility == bytecode.Friend {
		for _, h := range callee.code.Friends {
			if callee.code.Addresses[h.Address] == m.code.Address() && callee.code.Identifiers[h.Name] == m.name {
				return nil
			}
		}
	}
	return errorf(StatusLinker, "module %s may not call %s::%s", m.name, callee.name, f.name)
}

// sameConstraints allows a callee whose constraints have been relaxed by an
// upgrade.
func sameConstraints(caller, callee []Abilities) bool {
	if len(caller) != len(callee) {
		return false
	}
	for i := range caller {
		if !caller[i].Has(callee[i]) {
			return false
		}
	}
	return true
}

func sameSignature(am *bytecode.Module, a bytecode.Signature, bm *bytecode.Module, b bytecode.Signature) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameToken(am, a[i], bm, b[i]) {
			return false
		}
	}
	return true
}

// sameToken compares tokens of two modules by the names of datatypes.
func sameToken(am *bytecode.Module, a bytecode.Token, bm *bytecode.Module, b bytecode.Token) bool {
	if a.Kind != b.Kind || len(a.Args) != len(b.Args) {
		return false
	}
	switch a.Kind {
	case bytecode.TokenTypeParam:
		return a.Index == b.Index
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		if am != bm {
			aAddr, aMod := am.ModuleID(am.DatatypeHandles[a.Index].Module)
			bAddr, bMod := bm.ModuleID(bm.DatatypeHandles[b.Index].Module)
			if aAddr != bAddr || aMod != bMod || am.DatatypeName(a.Index) != bm.DatatypeName(b.Index) {
				return false
			}
		} else if a.Index != b.Index {
			return false
		}
	}
	for i := range a.Args {
		if !sameToken(am, a.Args[i], bm, b.Args[i]) {
			return false
		}
	}
	return true
}

func errorf(status Status, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

func hexOf(a sui.Address) string { return hex.EncodeToString(a[:]) }
