package movevm

import (
	"fmt"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// Sui's limits on a module that is published (protocol version 95, mainnet),
// besides those of the format. Those on functions are in verify_flow.go.
const (
	maxTypeParameters  = 32 // of functions and datatypes
	maxParameters      = 128
	maxWeightedNodes   = 256 // of a type, where a datatype or type parameter counts as 4
	maxDatatypes       = 200
	maxFunctions       = 1000
	maxFieldsPerStruct = 32 // and of an enum, over all variants
	maxEnumVariants    = 127
	nodeWeight         = 4
)

// checkLimits checks the sizes of a module, and that nothing is in a table
// twice that Parse does not look at.
func checkLimits(m *bytecode.Module) error {
	for _, check := range []func(*bytecode.Module) error{
		checkTables, checkSignatureSizes, checkDatatypeSizes, checkUnique, checkFriends,
	} {
		if err := check(m); err != nil {
			return errorf(StatusVerification, "%v", err)
		}
	}
	return nil
}

// checkTables checks the number of entries of each table.
func checkTables(m *bytecode.Module) error {
	for _, t := range []struct {
		name       string
		n, largest int
	}{
		{"module handles", len(m.ModuleHandles), 100},
		{"datatype handles", len(m.DatatypeHandles), 300},
		{"function handles", len(m.FunctionHandles), 1500},
		{"function instantiations", len(m.FunctionInsts), 750},
		{"signatures", len(m.Signatures), 1000},
		{"constants", len(m.Constants), 4000},
		{"identifiers", len(m.Identifiers), 10000},
		{"addresses", len(m.Addresses), 100},
		{"structs", len(m.Structs), 200},
		{"struct instantiations", len(m.StructInsts), 100},
		{"functions", len(m.Functions), maxFunctions},
		{"field handles", len(m.FieldHandles), 500},
		{"field instantiations", len(m.FieldInsts), 250},
		{"friends", len(m.Friends), 100},
		{"datatypes", len(m.Structs) + len(m.Enums), maxDatatypes},
	} {
		if t.n > t.largest {
			return fmt.Errorf("module has %d %s, at most %d are allowed", t.n, t.name, t.largest)
		}
	}
	return nil
}

// checkSignatureSizes checks parameters, type parameters and the sizes of types.
func checkSignatureSizes(m *bytecode.Module) error {
	for _, h := range m.FunctionHandles {
		if n := len(h.TypeParams); n > maxTypeParameters {
			return fmt.Errorf("function %s has %d type parameters, at most %d are allowed", m.Identifiers[h.Name], n, maxTypeParameters)
		}
		if n := len(m.Signatures[h.Params]); n > maxParameters {
			return fmt.Errorf("function %s has %d parameters, at most %d are allowed", m.Identifiers[h.Name], n, maxParameters)
		}
	}
	for _, h := range m.DatatypeHandles {
		if n := len(h.TypeParams); n > maxTypeParameters {
			return fmt.Errorf("type %s has %d type parameters, at most %d are allowed", m.Identifiers[h.Name], n, maxTypeParameters)
		}
	}
	for _, sig := range m.Signatures {
		for _, t := range sig {
			if err := checkTypeSize(t); err != nil {
				return err
			}
		}
	}
	for _, c := range m.Constants {
		if err := checkTypeSize(c.Type); err != nil {
			return err
		}
	}
	return nil
}

func checkTypeSize(t bytecode.Token) error {
	if n := weightedSize(t); n > maxWeightedNodes {
		return fmt.Errorf("type has the size %d, at most %d is allowed", n, maxWeightedNodes)
	}
	return nil
}

// weightedSize is the number of parts of a type, of which some count more.
func weightedSize(t bytecode.Token) int {
	n := 1
	switch t.Kind {
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst, bytecode.TokenTypeParam:
		n = nodeWeight
	}
	for _, a := range t.Args {
		n += weightedSize(a)
	}
	return n
}

// checkDatatypeSizes checks fields and variants.
func checkDatatypeSizes(m *bytecode.Module) error {
	check := func(handle uint16, fields []bytecode.Field) error {
		if n := len(fields); n > maxFieldsPerStruct {
			return fmt.Errorf("type %s has %d fields, at most %d are allowed", m.DatatypeName(handle), n, maxFieldsPerStruct)
		}
		for _, f := range fields {
			if err := checkTypeSize(f.Type); err != nil {
				return err
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
		if n := len(e.Variants); n > maxEnumVariants {
			return fmt.Errorf("enum %s has %d variants, at most %d are allowed", m.DatatypeName(e.Handle), n, maxEnumVariants)
		}
		var fields []bytecode.Field
		for _, v := range e.Variants {
			fields = append(fields, v.Fields...)
		}
		if err := check(e.Handle, fields); err != nil {
			return err
		}
	}
	return nil
}

// checkUnique checks the tables in which Parse allows repetition.
func checkUnique(m *bytecode.Module) error {
	for _, err := range []error{
		unique("address", m.Addresses), unique("friend", m.Friends), unique("field handle", m.FieldHandles),
		unique("function instantiation", m.FunctionInsts), unique("struct instantiation", m.StructInsts),
		unique("field instantiation", m.FieldInsts), unique("enum instantiation", m.EnumInsts),
	} {
		if err != nil {
			return err
		}
	}
	var constants, signatures []string
	for _, c := range m.Constants {
		constants = append(constants, string(append(appendToken(nil, c.Type), c.Data...)))
	}
	for _, s := range m.Signatures {
		var b []byte
		for _, t := range s {
			b = appendToken(b, t)
		}
		signatures = append(signatures, string(b))
	}
	if err := unique("constant", constants); err != nil {
		return err
	}
	return unique("signature", signatures)
}

// appendToken appends what tells a type from all others of the module.
func appendToken(b []byte, t bytecode.Token) []byte {
	b = append(b, byte(t.Kind), byte(t.Index>>8), byte(t.Index), byte(len(t.Args)))
	for _, a := range t.Args {
		b = appendToken(b, a)
	}
	return b
}

func unique[T comparable](what string, list []T) error {
	seen := make(map[T]bool, len(list))
	for i, x := range list {
		if seen[x] {
			return fmt.Errorf("%s %d appears twice", what, i)
		}
		seen[x] = true
	}
	return nil
}

// checkFriends: friends are other modules of the package.
func checkFriends(m *bytecode.Module) error {
	for _, f := range m.Friends {
		if m.Addresses[f.Address] != m.Address() {
			return fmt.Errorf("friend %s is in another package", m.Identifiers[f.Name])
		}
		if f == m.ModuleHandles[m.Self] {
			return fmt.Errorf("module is its own friend")
		}
	}
	return nil
}
