package policylint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// approvePrefix is how the names of the functions start that key servers ask.
const approvePrefix = "seal_approve"

func isApprove(name string) bool { return strings.HasPrefix(name, approvePrefix) }

// function is a function of the package with type arguments.
type function struct {
	*movevm.Function
	tags []sui.TypeTag // type arguments
	idle int           // how often it was tried in vain, or changed nothing
	does int           // how often it did something
}

func (f *function) name() string { return f.Module + "::" + f.Name }

// changes reports whether a call of the function can change anything: it gets
// something to write to, or to keep, or can make objects.
func (f *function) changes() bool {
	return f.TxContext == movevm.MutTxContext || slices.ContainsFunc(f.Params, func(t *movevm.Type) bool {
		return t.Kind == movevm.KindMutRef || t.Kind == movevm.KindDatatype && !t.Abilities.Has(movevm.Drop)
	})
}

// loadFunctions instantiates all functions that a transaction can call.
func (l *lint) loadFunctions() error {
	s := l.world.vm.NewSession(l.world, nil, movevm.TxContext{})
	args := l.typeArguments()
	for _, m := range l.modules {
		for _, def := range m.Functions {
			name := m.FunctionName(def)
			callable := def.Entry || def.Visibility == bytecode.Public
			if !callable || name == "init" {
				continue
			}
			params := m.FunctionHandles[def.Handle].TypeParams
			found := false
			use := args
			if !slices.ContainsFunc(params, func(a bytecode.Abilities) bool { return a != 0 }) {
				use = args[:1] // a name only, such as a coin's: SUI can be paid with
			}
			for _, tags := range combinations(use, len(params)) {
				fn, err := s.LoadFunction(l.pkg, m.Name(), name, tags)
				if err != nil {
					if len(params) == 0 {
						return fmt.Errorf("load %s::%s: %w", m.Name(), name, err)
					}
					continue
				}
				found = true
				f := &function{Function: fn, tags: tags}
				if isApprove(name) {
					if firstIsBytes(fn) {
						l.approve = append(l.approve, f)
					}
				} else {
					l.funcs = append(l.funcs, f)
				}
			}
			if !found && isApprove(name) {
				l.find(Finding{Code: TypeNotSupplied, Severity: Note, Function: m.Name() + "::" + name,
					Sentence: "It was not tried: none of the types at hand can be its type argument.",
					Remedy:   "Try it by hand with objects of the type that it is for."})
			}
		}
	}
	l.made = make([]int, len(l.approve))
	l.funcs = l.relevant()
	return nil
}

// relevant are the functions that have to do with the parameters of the
// seal_approve functions, over any number of steps.
func (l *lint) relevant() (out []*function) {
	types := map[string]bool{}
	note := func(t *movevm.Type) { // with what it is made of
		for t.IsRef() || t.Kind == movevm.KindVector {
			t = t.Elem
		}
		if l.isOurs(t) {
			types[t.String()] = true
		}
	}
	for _, f := range l.approve {
		for _, t := range append(f.Params, f.TypeArgs...) {
			note(t)
		}
	}
	for range 4 {
		out = nil
		for _, f := range l.funcs {
			all := slices.Concat(f.Params, f.Returns)
			ours := slices.ContainsFunc(all, func(t *movevm.Type) bool { return l.isOurs(t) })
			known := slices.ContainsFunc(all, func(t *movevm.Type) bool {
				for t.IsRef() || t.Kind == movevm.KindVector {
					t = t.Elem
				}
				return types[t.String()]
			})
			if !ours || known { // one without types of ours may share an object
				out = append(out, f)
			}
		}
		for _, f := range out {
			for _, t := range slices.Concat(f.Params, f.Returns) {
				note(t)
			}
		}
	}
	return out
}

func firstIsBytes(fn *movevm.Function) bool {
	return len(fn.Params) > 0 && fn.Params[0].Kind == movevm.KindVector && fn.Params[0].Elem.Kind == movevm.KindU8
}

// maxTypeArguments bounds how many types are tried as type arguments.
const maxTypeArguments = 6

// typeArguments are SUI, and types of the package: objects that can be stored,
// and witnesses.
func (l *lint) typeArguments() []sui.TypeTag {
	out := []sui.TypeTag{{Kind: sui.KindStruct, Struct: &sui.StructTag{Address: sui.Framework, Module: "sui", Name: "SUI"}}}
	for _, m := range l.modules {
		for _, def := range m.Structs {
			h := m.DatatypeHandles[def.Handle]
			storable := h.Abilities.Has(bytecode.Key | bytecode.Store)
			witness := h.Abilities.Has(bytecode.Drop) && !h.Abilities.Has(bytecode.Copy) && len(def.Fields) <= 1
			if (storable || witness) && len(h.TypeParams) == 0 && len(out) < maxTypeArguments {
				out = append(out, sui.TypeTag{Kind: sui.KindStruct, Struct: &sui.StructTag{
					Address: l.definingID(m.Name(), m.DatatypeName(def.Handle)), Module: m.Name(), Name: m.DatatypeName(def.Handle)}})
			}
		}
	}
	return out
}

// definingID is the package version that introduced a type.
func (l *lint) definingID(module, name string) sui.Address {
	p, err := l.world.Package(l.pkg)
	if err == nil {
		for _, o := range p.TypeOrigins {
			if o.Module == module && o.Name == name {
				return o.Package
			}
		}
	}
	return l.pkg
}

// combinations lists all ways to choose n types, for n up to 2.
func combinations(tags []sui.TypeTag, n int) [][]sui.TypeTag {
	switch n {
	case 0:
		return [][]sui.TypeTag{nil}
	case 1:
		var out [][]sui.TypeTag
		for _, t := range tags {
			out = append(out, []sui.TypeTag{t})
		}
		return out
	case 2:
		var out [][]sui.TypeTag
		for _, t := range tags {
			for _, u := range tags {
				out = append(out, []sui.TypeTag{t, u})
			}
		}
		return out
	}
	return nil
}

// isOurs reports whether a type is of the package that is tried.
func (l *lint) isOurs(t *movevm.Type) bool {
	if t.IsRef() {
		t = t.Elem
	}
	if t.Kind != movevm.KindDatatype {
		return false
	}
	st := t.StructTag()
	return l.definingID(st.Module, st.Name) == st.Address && st.Address != sui.Framework && st.Address != sui.MoveStdlib
}
