package movevm

import (
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// verifyPackage checks a package before it may be published: every datatype
// and function, the modules' use of each other and of their dependencies, and
// Sui's rules.
func (r *resolver) verifyPackage(k *pack) error {
	l, err := r.link(k.storage)
	if err != nil {
		return err
	}
	if err := checkModuleCycles(k); err != nil {
		return err
	}
	for name := range k.modules {
		m, err := r.module(l, k.original, name)
		if err != nil {
			return err
		}
		if err := r.verifyModule(m); err != nil {
			e := asError(err)
			if e.Module == "" {
				e.Message = "module " + name + ": " + e.Message
			}
			return e
		}
	}
	return nil
}

func (r *resolver) verifyModule(m *module) error {
	if err := r.checkHandles(m); err != nil {
		return err
	}
	if err := checkLimits(m.code); err != nil {
		return err
	}
	if err := r.checkInstantiations(m.code); err != nil {
		return err
	}
	if err := checkDatatypes(m.code); err != nil {
		return err
	}
	for i := range m.consts {
		if _, err := r.constant(m, uint16(i)); err != nil {
			return err
		}
	}
	backEdges := 0
	for i := range m.fns {
		f := m.function(uint16(i))
		if f.def.Native {
			if !isSystem(m.pack.original) {
				return errorf(StatusLinker, "function %s is native, which only the framework may have", f.name)
			}
			continue
		}
		typed, err := r.typing(f)
		if err != nil {
			return err
		}
		if backEdges += typed.backEdges; backEdges > maxBackEdges {
			return errorf(StatusVerification, "module has more than %d jumps back", maxBackEdges)
		}
		if typed.reusedUID && !isSystem(m.pack.original) {
			return errorf(StatusSuiVerification, "function %s makes an object with a UID that was not made for it by object::new", f.name)
		}
	}
	return verifySui(m.code)
}

// checkHandles compares the datatype handles with the definitions that they
// name. Function handles are compared where they are called.
func (r *resolver) checkHandles(m *module) error {
	for i, h := range m.code.DatatypeHandles {
		addr, modName := m.code.ModuleID(h.Module)
		name := m.code.DatatypeName(uint16(i))
		k, err := r.packOf(m.link, addr)
		if err != nil {
			return err
		}
		d, err := r.datatypeIn(k, modName, name)
		if err != nil {
			return err
		}
		if d.abilities != h.Abilities || !sameTypeParams(d.params, h.TypeParams) {
			return errorf(StatusLinker, "type %v::%s::%s is not what the module expects", addr, modName, name)
		}
	}
	return nil
}

// sameTypeParams allows a handle with stronger constraints than the definition
// and with parameters that it does not know to be phantom.
func sameTypeParams(def, handle []bytecode.TypeParam) bool {
	if len(def) != len(handle) {
		return false
	}
	for i := range def {
		if !handle[i].Constraints.Has(def[i].Constraints) || handle[i].Phantom && !def[i].Phantom {
			return false
		}
	}
	return true
}

// checkDatatypes checks the fields of all datatypes: constraints, abilities,
// phantom parameters and that no type contains itself.
func checkDatatypes(m *bytecode.Module) error {
	uses := map[uint16][]bytecode.Token{} // fields by datatype handle
	check := func(handle uint16, fields []bytecode.Field) error {
		for _, f := range fields {
			uses[handle] = append(uses[handle], f.Type)
			if err := checkField(m, m.DatatypeHandles[handle], f.Type); err != nil {
				return errorf(StatusVerification, "type %s field %s: %v", m.DatatypeName(handle), m.Identifiers[f.Name], err)
			}
		}
		return nil
	}
	for _, s := range m.Structs {
		if err := check(s.Handle, s.Fields); err != nil {
			return err
		}
	}
	for _, e := range m.Enums {
		for _, v := range e.Variants {
			if err := check(e.Handle, v.Fields); err != nil {
				return err
			}
		}
	}
	return checkRecursion(m, uses)
}

func checkField(m *bytecode.Module, h bytecode.DatatypeHandle, t bytecode.Token) error {
	constraints := make([]Abilities, len(h.TypeParams))
	all := make([]Abilities, len(h.TypeParams))
	for i, p := range h.TypeParams {
		constraints[i], all[i] = p.Constraints, bytecode.AllAbilities
	}
	if err := checkConstraints(m, t, constraints); err != nil {
		return err
	}
	need := h.Abilities
	if need.Has(Key) { // what stands in an object must be storable
		need = need&^Key | Store
	}
	if !tokenAbilities(m, t, all).Has(need) {
		return errorf(StatusVerification, "its type lacks an ability")
	}
	return checkPhantom(m, h, t, false)
}

// checkPhantom checks that phantom parameters stand only where another phantom
// parameter takes them.
func checkPhantom(m *bytecode.Module, h bytecode.DatatypeHandle, t bytecode.Token, allowed bool) error {
	if t.Kind == bytecode.TokenTypeParam && h.TypeParams[t.Index].Phantom && !allowed {
		return errorf(StatusVerification, "phantom type parameter is used")
	}
	for i, a := range t.Args {
		inner := t.Kind == bytecode.TokenDatatypeInst && m.DatatypeHandles[t.Index].TypeParams[i].Phantom
		if err := checkPhantom(m, h, a, inner); err != nil {
			return err
		}
	}
	return nil
}

// checkRecursion walks the module's own datatypes depth first.
func checkRecursion(m *bytecode.Module, uses map[uint16][]bytecode.Token) error {
	const entered, done = 1, 2
	state := map[uint16]int{}
	var visit func(handle uint16) error
	var visitToken func(t bytecode.Token) error
	visitToken = func(t bytecode.Token) error {
		if t.Kind == bytecode.TokenDatatype || t.Kind == bytecode.TokenDatatypeInst {
			if err := visit(t.Index); err != nil {
				return err
			}
		}
		for _, a := range t.Args {
			if err := visitToken(a); err != nil {
				return err
			}
		}
		return nil
	}
	visit = func(handle uint16) error {
		switch state[handle] {
		case entered:
			return errorf(StatusVerification, "type %s contains itself", m.DatatypeName(handle))
		case done:
			return nil
		}
		state[handle] = entered
		for _, t := range uses[handle] {
			if err := visitToken(t); err != nil {
				return err
			}
		}
		state[handle] = done
		return nil
	}
	for handle := range uses {
		if err := visit(handle); err != nil {
			return err
		}
	}
	return nil
}

// checkModuleCycles checks that modules of a package use each other in one
// direction.
func checkModuleCycles(k *pack) error {
	const entered, done = 1, 2
	state := map[string]int{}
	var visit func(name string) error
	visit = func(name string) error {
		m := k.modules[name]
		if m == nil || state[name] == done {
			return nil
		}
		if state[name] == entered {
			return errorf(StatusVerification, "module %s uses itself through other modules", name)
		}
		state[name] = entered
		for i := range m.ModuleHandles {
			if uint16(i) == m.Self {
				continue
			}
			if addr, dep := m.ModuleID(uint16(i)); addr == k.original {
				if err := visit(dep); err != nil {
					return err
				}
			}
		}
		state[name] = done
		return nil
	}
	for name := range k.modules {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}
