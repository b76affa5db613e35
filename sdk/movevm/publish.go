package movevm

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// NewPackage describes a package to be published or upgraded.
type NewPackage struct {
	ID           sui.Address        // storage id of the new package: a fresh id
	Modules      [][]byte           // with self address 0x0, as the compiler writes them
	Dependencies []*sui.MovePackage // all, direct and transitive, at the versions to link
	Previous     *sui.MovePackage   // the version being upgraded; nil on publish
}

// BuildPackage parses the modules, patches their self address (the new id, or
// the original id on upgrade) and computes version, type origins and linkage.
// It does not check the code: see [Session.AddPackage]. Errors: *Error with
// StatusNonZeroAddress, StatusMissingDependency, StatusDowngrade,
// StatusInvalidLinkage, StatusIncompatible or the deserializer's.
func BuildPackage(p NewPackage) (*sui.MovePackage, error) {
	out := &sui.MovePackage{ID: p.ID, Version: 1}
	original := p.ID
	if p.Previous != nil {
		out.Version = p.Previous.Version + 1
		prev, err := parsePackage(p.Previous)
		if err != nil {
			return nil, err
		}
		original = prev.original
	}
	modules, err := parseNew(p.Modules)
	if err != nil {
		return nil, err
	}
	if out.Linkage, err = linkTable(modules, p.Dependencies); err != nil {
		return nil, err
	}
	if out.TypeOrigins, err = typeOrigins(modules, p.ID, p.Previous); err != nil {
		return nil, err
	}
	for _, m := range modules {
		m.Readdress(map[sui.Address]sui.Address{{}: original})
		out.Modules = append(out.Modules, sui.Module{Name: m.Name(), Bytes: m.Serialize()})
	}
	slices.SortFunc(out.Modules, func(a, b sui.Module) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// parseNew parses the modules of a package that is not published yet.
func parseNew(list [][]byte) ([]*bytecode.Module, error) {
	if len(list) == 0 {
		return nil, errorf(StatusDeserialize, "package has no modules")
	}
	var modules []*bytecode.Module
	seen := map[string]bool{}
	for i, b := range list {
		m, err := bytecode.Parse(b)
		if err != nil {
			return nil, errorf(StatusDeserialize, "module %d: %v", i, err)
		}
		if m.Address() != (sui.Address{}) {
			return nil, errorf(StatusNonZeroAddress, "module %s has address %v; modules to publish have 0x0", m.Name(), m.Address())
		}
		if len(m.Metadata) > 0 {
			return nil, errorf(StatusDeserialize, "module %s has metadata", m.Name())
		}
		if seen[m.Name()] {
			return nil, errorf(StatusVerification, "module %s appears twice", m.Name())
		}
		seen[m.Name()] = true
		modules = append(modules, m)
	}
	return modules, nil
}

// linkTable is the linkage table for modules over their dependencies: complete,
// one version of each package, none older than what a dependency asks for.
func linkTable(modules []*bytecode.Module, deps []*sui.MovePackage) ([]sui.Linkage, error) {
	table := map[sui.Address]sui.Linkage{}
	for _, d := range deps {
		k, err := parsePackage(d)
		if err != nil {
			return nil, err
		}
		if _, twice := table[k.original]; twice {
			return nil, errorf(StatusInvalidLinkage, "dependencies hold two versions of package %v", k.original)
		}
		table[k.original] = sui.Linkage{Original: k.original, Upgraded: d.ID, Version: d.Version}
	}
	for _, m := range modules {
		for _, id := range m.Dependencies() {
			if _, ok := table[id]; !ok {
				return nil, errorf(StatusMissingDependency, "module %s needs package %v, which is not among the dependencies", m.Name(), id)
			}
		}
	}
	for _, d := range deps {
		for _, need := range d.Linkage {
			switch have, ok := table[need.Original]; {
			case !ok:
				return nil, errorf(StatusMissingDependency, "dependency %v needs package %v, which is not among the dependencies", d.ID, need.Original)
			case have.Version < need.Version:
				return nil, errorf(StatusDowngrade, "dependency %v needs version %d of package %v, not %d", d.ID, need.Version, need.Original, have.Version)
			}
		}
	}
	list := make([]sui.Linkage, 0, len(table))
	for _, l := range table {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b sui.Linkage) int { return bytes.Compare(a.Original[:], b.Original[:]) })
	return list, nil
}

// typeOrigins lists the types of the modules with the package version that
// introduced each: structs then enums, in the order of the module list.
func typeOrigins(modules []*bytecode.Module, id sui.Address, prev *sui.MovePackage) ([]sui.TypeOrigin, error) {
	old := map[[2]string]sui.Address{}
	if prev != nil {
		for _, o := range prev.TypeOrigins {
			old[[2]string{o.Module, o.Name}] = o.Package
		}
	}
	var list []sui.TypeOrigin
	for _, m := range modules {
		for _, name := range datatypeNames(m) {
			o := sui.TypeOrigin{Module: m.Name(), Name: name, Package: id}
			key := [2]string{o.Module, o.Name}
			if p, ok := old[key]; ok {
				o.Package = p
				delete(old, key)
			}
			list = append(list, o)
		}
	}
	if len(old) > 0 {
		return nil, errorf(StatusIncompatible, "the new version lacks %d types of the version before", len(old))
	}
	return list, nil
}

func datatypeNames(m *bytecode.Module) []string {
	var names []string
	for _, s := range m.Structs {
		names = append(names, m.DatatypeName(s.Handle))
	}
	for _, e := range m.Enums {
		names = append(names, m.DatatypeName(e.Handle))
	}
	return names
}

// AddPackage deserializes, links and verifies a package and makes it callable
// in this session only, so that its init functions can run.
func (s *Session) AddPackage(pkg *sui.MovePackage) (err error) {
	defer recoverFault(&err)
	k, err := parsePackage(pkg)
	if err != nil {
		return err
	}
	l := s.loader
	if l == s.vm.shared {
		l = l.fork(s.src) // so that the shared caches never see what may not be committed
	}
	r := l.resolve(s.src)
	defer r.done()
	r.pin(k)
	if err := r.verifyPackage(k); err != nil {
		r.unpin(k)
		return err
	}
	s.loader = l
	return nil
}

// CallInit runs init of a module if it has one, with its one-time witness.
// found is false when there is none. Call it in the order of the published
// module list.
func (s *Session) CallInit(pkg sui.Address, module string) (found bool, err error) {
	fn, err := s.LoadFunction(pkg, module, "init", nil)
	if e, ok := err.(*Error); ok && e.Status == StatusFunctionNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var args []Value
	for _, p := range fn.Params { // only a one-time witness, which is BCS 01
		w, err := s.Decode(p, []byte{1})
		if err != nil {
			return true, err
		}
		args = append(args, w)
	}
	_, err = s.Call(fn, args)
	return true, err
}

// ModuleName reads the name of a serialized module.
func ModuleName(module []byte) (string, error) {
	m, err := bytecode.Parse(module)
	if err != nil {
		return "", err
	}
	return m.Name(), nil
}

// PackageDigest is the digest that an UpgradeTicket authorises: of the modules
// as published (self address 0x0) and the storage ids of the dependencies, all
// sorted as 32-byte strings.
func PackageDigest(modules [][]byte, dependencies []sui.Address) sui.Digest {
	var parts [][]byte
	for _, m := range modules {
		h := blake2b.Sum256(m)
		parts = append(parts, h[:])
	}
	for _, d := range dependencies {
		parts = append(parts, bytes.Clone(d[:]))
	}
	slices.SortFunc(parts, bytes.Compare)
	return blake2b.Sum256(bytes.Join(parts, nil))
}
