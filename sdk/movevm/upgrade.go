package movevm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// UpgradePolicy is the policy of an UpgradeCap.
type UpgradePolicy uint8

// The upgrade policies.
const (
	PolicyCompatible UpgradePolicy = 0   // types and public functions stay
	PolicyAdditive   UpgradePolicy = 128 // all that there is stays as it is; new things may come
	PolicyDepOnly    UpgradePolicy = 192 // only dependencies change
)

// CheckUpgrade reports whether next may replace prev under a policy. Errors:
// *Error with StatusIncompatible or StatusUnknownPolicy.
func CheckUpgrade(prev, next *sui.MovePackage, policy UpgradePolicy) error {
	if policy != PolicyCompatible && policy != PolicyAdditive && policy != PolicyDepOnly {
		return errorf(StatusUnknownPolicy, "upgrade policy %d is unknown", policy)
	}
	before, err := parsePackage(prev)
	if err != nil {
		return err
	}
	after, err := parsePackage(next)
	if err != nil {
		return err
	}
	for name, old := range before.modules {
		m := after.modules[name]
		if m == nil {
			return errorf(StatusIncompatible, "module %s is gone", name)
		}
		if err := checkModuleUpgrade(old, m, policy); err != nil {
			return errorf(StatusIncompatible, "module %s: %v", name, err)
		}
	}
	if policy == PolicyDepOnly && len(before.modules) != len(after.modules) {
		return errorf(StatusIncompatible, "modules were added under a policy that allows none")
	}
	return nil
}

func checkModuleUpgrade(old, next *bytecode.Module, policy UpgradePolicy) error {
	oldTypes, newTypes := datatypeShapes(old), datatypeShapes(next)
	for name, shape := range oldTypes {
		if newTypes[name] != shape {
			return fmt.Errorf("type %s is changed or gone", name)
		}
	}
	for i := range old.Functions {
		f := &old.Functions[i]
		j, ok := next.Function(old.FunctionName(*f))
		if policy == PolicyCompatible {
			if f.Visibility == bytecode.Public && (!ok || !compatibleFunction(old, f, next, &next.Functions[j])) {
				return fmt.Errorf("public function %s is changed or gone", old.FunctionName(*f))
			}
			continue
		}
		if !ok || functionShape(old, f) != functionShape(next, &next.Functions[j]) {
			return fmt.Errorf("function %s is changed or gone", old.FunctionName(*f))
		}
	}
	if policy == PolicyDepOnly && (len(oldTypes) != len(newTypes) || len(old.Functions) != len(next.Functions)) {
		return fmt.Errorf("definitions were added under a policy that allows none")
	}
	return nil
}

// compatibleFunction: still public, with the same parameters and returns;
// constraints of type parameters may only shrink, and entry may go.
func compatibleFunction(old *bytecode.Module, f *bytecode.FunctionDef, next *bytecode.Module, g *bytecode.FunctionDef) bool {
	fh, gh := old.FunctionHandles[f.Handle], next.FunctionHandles[g.Handle]
	return g.Visibility == bytecode.Public && sameConstraints(fh.TypeParams, gh.TypeParams) &&
		sameSignature(old, old.Signatures[fh.Params], next, next.Signatures[gh.Params]) &&
		sameSignature(old, old.Signatures[fh.Returns], next, next.Signatures[gh.Returns])
}

// datatypeShapes writes each datatype of a module in full, with names instead
// of indices, so that definitions of two modules can be compared.
func datatypeShapes(m *bytecode.Module) map[string]string {
	shapes := map[string]string{}
	head := func(kind string, handle uint16) string {
		h := m.DatatypeHandles[handle]
		return fmt.Sprint(kind, h.Abilities, h.TypeParams)
	}
	for _, s := range m.Structs {
		shapes[m.DatatypeName(s.Handle)] = head("struct", s.Handle) + fieldShapes(m, s.Fields)
	}
	for _, e := range m.Enums {
		shape := head("enum", e.Handle)
		for _, v := range e.Variants {
			shape += m.Identifiers[v.Name] + fieldShapes(m, v.Fields)
		}
		shapes[m.DatatypeName(e.Handle)] = shape
	}
	return shapes
}

func fieldShapes(m *bytecode.Module, fields []bytecode.Field) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, m.Identifiers[f.Name]+":"+tokenShape(m, f.Type))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func tokenShape(m *bytecode.Module, t bytecode.Token) string {
	s := fmt.Sprint(uint8(t.Kind))
	switch t.Kind {
	case bytecode.TokenTypeParam:
		s += fmt.Sprint("#", t.Index)
	case bytecode.TokenDatatype, bytecode.TokenDatatypeInst:
		addr, mod := m.ModuleID(m.DatatypeHandles[t.Index].Module)
		s += hexOf(addr) + "::" + mod + "::" + m.DatatypeName(t.Index)
	}
	return s + signatureShape(m, t.Args)
}

func signatureShape(m *bytecode.Module, sig bytecode.Signature) string {
	var parts []string
	for _, t := range sig {
		parts = append(parts, tokenShape(m, t))
	}
	return "<" + strings.Join(parts, ",") + ">"
}

// functionShape writes a function in full, its code included.
func functionShape(m *bytecode.Module, f *bytecode.FunctionDef) string {
	var sb strings.Builder
	h := m.FunctionHandles[f.Handle]
	fmt.Fprint(&sb, f.Visibility, f.Entry, f.Native, h.TypeParams,
		signatureShape(m, m.Signatures[h.Params]), signatureShape(m, m.Signatures[h.Returns]))
	if f.Native {
		return sb.String()
	}
	sb.WriteString(signatureShape(m, m.Signatures[f.Locals]))
	for _, in := range f.Code {
		fmt.Fprintf(&sb, "\n%v %s", in.Op, operandShape(m, f, in))
	}
	return sb.String()
}

// operandShape writes the operand of an instruction by name.
func operandShape(m *bytecode.Module, f *bytecode.FunctionDef, in bytecode.Instruction) string {
	inst := func(i bytecode.Instantiation, of string) string { return of + signatureShape(m, m.Signatures[i.Args]) }
	switch in.Op {
	case bytecode.OpLdConst:
		c := m.Constants[in.A]
		return fmt.Sprintf("%s %x", tokenShape(m, c.Type), c.Data)
	case bytecode.OpCall:
		return functionID(m, in.A)
	case bytecode.OpCallGeneric:
		i := m.FunctionInsts[in.A]
		return inst(i, functionID(m, i.Of))
	case bytecode.OpPack, bytecode.OpUnpack:
		return m.DatatypeName(m.Structs[in.A].Handle)
	case bytecode.OpPackGeneric, bytecode.OpUnpackGeneric:
		i := m.StructInsts[in.A]
		return inst(i, m.DatatypeName(m.Structs[i.Of].Handle))
	case bytecode.OpMutBorrowField, bytecode.OpImmBorrowField:
		return fieldRef(m, in.A)
	case bytecode.OpMutBorrowFieldGeneric, bytecode.OpImmBorrowFieldGeneric:
		i := m.FieldInsts[in.A]
		return inst(i, fieldRef(m, i.Of))
	case bytecode.OpPackVariant, bytecode.OpUnpackVariant, bytecode.OpUnpackVariantImmRef, bytecode.OpUnpackVariantMutRef:
		v := m.VariantHandles[in.A]
		return fmt.Sprint(m.DatatypeName(m.Enums[v.Enum].Handle), v.Tag)
	case bytecode.OpPackVariantGeneric, bytecode.OpUnpackVariantGeneric, bytecode.OpUnpackVariantGenericImmRef, bytecode.OpUnpackVariantGenericMutRef:
		v := m.VariantInsts[in.A]
		i := m.EnumInsts[v.Enum]
		return inst(i, fmt.Sprint(m.DatatypeName(m.Enums[i.Of].Handle), v.Tag))
	case bytecode.OpVariantSwitch:
		t := f.JumpTables[in.A]
		return fmt.Sprint(m.DatatypeName(m.Enums[t.Enum].Handle), t.Offsets)
	}
	if in.Op >= bytecode.OpVecPack && in.Op <= bytecode.OpVecSwap {
		return fmt.Sprint(signatureShape(m, m.Signatures[in.A]), in.N)
	}
	return fmt.Sprintf("%d %d %x", in.A, in.N, slices.Clone(in.Big))
}

func functionID(m *bytecode.Module, handle uint16) string {
	h := m.FunctionHandles[handle]
	addr, mod := m.ModuleID(h.Module)
	return hexOf(addr) + "::" + mod + "::" + m.Identifiers[h.Name]
}

func fieldRef(m *bytecode.Module, handle uint16) string {
	h := m.FieldHandles[handle]
	return fmt.Sprint(m.DatatypeName(m.Structs[h.Struct].Handle), ".", h.Field)
}
