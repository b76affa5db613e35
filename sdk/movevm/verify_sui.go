package movevm

import (
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// verifySui checks the rules that Sui adds to Move's: what objects look like,
// init and its one-time witness, entry functions, and the functions of
// sui::transfer and sui::event that only the module of a type may call for it.
// That objects are made with UIDs of their own is found by the static pass.
func verifySui(m *bytecode.Module) error {
	for _, check := range []func(*bytecode.Module) error{checkObjects, checkInit, checkEntries, checkCalls} {
		if err := check(m); err != nil {
			return errorf(StatusSuiVerification, "%v", err)
		}
	}
	return nil
}

// isType reports whether a token is the type of the Sui framework with that
// name.
func isType(m *bytecode.Module, t bytecode.Token, module, name string) bool {
	if t.Kind != bytecode.TokenDatatype && t.Kind != bytecode.TokenDatatypeInst {
		return false
	}
	addr, mod := m.ModuleID(m.DatatypeHandles[t.Index].Module)
	return addr == suiFramework && mod == module && m.DatatypeName(t.Index) == name
}

// checkObjects: a struct with key starts with id: UID; an enum is never an
// object.
func checkObjects(m *bytecode.Module) error {
	for _, s := range m.Structs {
		if !m.DatatypeHandles[s.Handle].Abilities.Has(Key) {
			continue
		}
		first := s.Fields[0]
		if m.Identifiers[first.Name] != "id" || !isType(m, first.Type, "object", "UID") {
			return errorf(StatusSuiVerification, "struct %s has key, so its first field must be id: UID", m.DatatypeName(s.Handle))
		}
	}
	for _, e := range m.Enums {
		if m.DatatypeHandles[e.Handle].Abilities.Has(Key) {
			return errorf(StatusSuiVerification, "enum %s has key", m.DatatypeName(e.Handle))
		}
	}
	return nil
}

// witness finds the struct that is a one-time witness by its shape.
func witness(m *bytecode.Module) (handle uint16, ok bool) {
	for _, s := range m.Structs {
		h := m.DatatypeHandles[s.Handle]
		if m.DatatypeName(s.Handle) == strings.ToUpper(m.Name()) && h.Abilities == Drop && len(h.TypeParams) == 0 &&
			len(s.Fields) == 1 && s.Fields[0].Type.Kind == bytecode.TokenBool {
			return s.Handle, true
		}
	}
	return 0, false
}

// checkInit: init is private, not entry, has no type parameters or returns and
// takes the one-time witness, if there is one, and the TxContext. A one-time
// witness is packed nowhere.
func checkInit(m *bytecode.Module) error {
	if m.Address() == suiFramework {
		return nil // sui::sui makes its witness by other means
	}
	w, hasWitness := witness(m)
	for _, f := range m.Functions {
		if hasWitness {
			for _, in := range f.Code {
				if in.Op == bytecode.OpPack && m.Structs[in.A].Handle == w {
					return errorf(StatusSuiVerification, "one-time witness %s is made in function %s", m.DatatypeName(w), m.FunctionName(f))
				}
			}
		}
		if m.FunctionName(f) != "init" {
			continue
		}
		h := m.FunctionHandles[f.Handle]
		params := m.Signatures[h.Params]
		if f.Visibility != bytecode.Private || f.Entry || len(h.TypeParams) > 0 || len(m.Signatures[h.Returns]) > 0 {
			return errorf(StatusSuiVerification, "init must be private, not entry, without type parameters and returns")
		}
		if n := len(params); n == 0 || !params[n-1].IsRef() || !isType(m, params[n-1].Args[0], "tx_context", "TxContext") {
			return errorf(StatusSuiVerification, "the last parameter of init must be a reference to the TxContext")
		}
		if len(params) > 2 || len(params) == 2 != hasWitness || hasWitness && (params[0].Kind != bytecode.TokenDatatype || params[0].Index != w) {
			return errorf(StatusSuiVerification, "init takes the module's one-time witness, if it has one, and the TxContext")
		}
	}
	return nil
}

// checkEntries: entry functions return only what can be dropped, and nobody
// writes the Clock or passes the Random on.
func checkEntries(m *bytecode.Module) error {
	for _, f := range m.Functions {
		h := m.FunctionHandles[f.Handle]
		name := m.FunctionName(f)
		for _, t := range m.Signatures[h.Params] {
			target := t
			if t.IsRef() {
				target = t.Args[0]
			}
			if (f.Entry || f.Visibility == bytecode.Public) && t.Kind != bytecode.TokenRef && m.Address() != suiFramework && isType(m, target, "clock", "Clock") {
				return errorf(StatusSuiVerification, "function %s takes the Clock, but not as &Clock", name)
			}
			if f.Visibility == bytecode.Public && m.Address() != suiFramework && (isType(m, target, "random", "Random") || isType(m, target, "random", "RandomGenerator")) {
				return errorf(StatusSuiVerification, "public function %s takes Random; only entry and private ones may", name)
			}
		}
		if !f.Entry {
			continue
		}
		for _, t := range m.Signatures[h.Returns] {
			if t.IsRef() || !tokenAbilities(m, t, h.TypeParams).Has(Drop) {
				return errorf(StatusSuiVerification, "entry function %s returns a value without drop", name)
			}
		}
	}
	return nil
}

// privateGenerics are the functions whose type argument must be a type of the
// calling module.
var privateGenerics = map[string][]string{
	"transfer": {"transfer", "freeze_object", "share_object", "receive", "party_transfer"},
	"event":    {"emit", "emit_authenticated"},
}

// checkCalls: init is called by nobody, and private generics only for own
// types.
func checkCalls(m *bytecode.Module) error {
	for _, f := range m.Functions {
		for _, in := range f.Code {
			switch in.Op {
			case bytecode.OpCall:
				h := m.FunctionHandles[in.A]
				if m.Identifiers[h.Name] == "init" && h.Module == m.Self {
					return errorf(StatusSuiVerification, "function %s calls init", m.FunctionName(f))
				}
			case bytecode.OpCallGeneric:
				inst := m.FunctionInsts[in.A]
				if err := checkPrivateGeneric(m, m.FunctionHandles[inst.Of], m.Signatures[inst.Args]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func checkPrivateGeneric(m *bytecode.Module, h bytecode.FunctionHandle, targs bytecode.Signature) error {
	addr, mod := m.ModuleID(h.Module)
	name := m.Identifiers[h.Name]
	if addr != suiFramework || m.Address() == suiFramework || !slices.Contains(privateGenerics[mod], name) {
		return nil
	}
	t := targs[0]
	own := t.Kind == bytecode.TokenDatatype || t.Kind == bytecode.TokenDatatypeInst
	if own = own && m.DatatypeHandles[t.Index].Module == m.Self; !own {
		return errorf(StatusSuiVerification, "sui::%s::%s may only be called for types of the calling module", mod, name)
	}
	return nil
}

// makesUID reports whether a function returns a UID that no object has yet.
func makesUID(m *bytecode.Module, h bytecode.FunctionHandle) bool {
	addr, mod := m.ModuleID(h.Module)
	if addr != suiFramework {
		return false
	}
	switch mod + "::" + m.Identifiers[h.Name] {
	case "object::new", "object::new_uid_from_hash", "derived_object::claim", "test_scenario::new_object":
		return true
	}
	return false
}
