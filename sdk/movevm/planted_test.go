package movevm

import (
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// Types of the planted functions.
var (
	tS      = bytecode.Token{Kind: bytecode.TokenDatatype, Index: 0} // struct S has copy, drop { a: u64, b: u64 }
	tT      = bytecode.Token{Kind: bytecode.TokenDatatype, Index: 1} // struct T { s: S, n: u64 }
	tE      = bytecode.Token{Kind: bytecode.TokenDatatype, Index: 2} // enum E has copy, drop { A { x: u64, y: u64 }, B }
	tVec    = vectorOf(tokU64)
	refS    = refTo(tS, false)
	mutS    = refTo(tS, true)
	mutT    = refTo(tT, true)
	refU64  = refTo(tokU64, false)
	mutU64  = refTo(tokU64, true)
	mutVec  = refTo(tVec, true)
	mutE    = refTo(tE, true)
	nothing = bytecode.Signature{}
)

// Field and function handles of the module around a planted function.
const (
	fieldSa, fieldSb, fieldTs = 0, 1, 2
	sigVec                    = 1 // the signature <u64>, for vector instructions

	fnChoose = 1 // (&mut S, &mut S): &mut S
	fnPeek   = 2 // (&S): &u64
	fnInto   = 3 // (&mut S): &mut u64
)

// plant makes a module with one function besides its helpers.
func plant(params, returns, locals []bytecode.Token, code ...bytecode.Instruction) *bytecode.Module {
	m := &bytecode.Module{
		Version:       7,
		ModuleHandles: []bytecode.ModuleHandle{{}},
		Identifiers:   []string{"planted", "S", "T", "E", "a", "b", "s", "n", "A", "B", "x", "y", "f", "choose", "peek", "into"},
		Addresses:     []sui.Address{{}},
		DatatypeHandles: []bytecode.DatatypeHandle{
			{Name: 1, Abilities: Copy | Drop}, {Name: 2}, {Name: 3, Abilities: Copy | Drop},
		},
		Structs: []bytecode.StructDef{
			{Handle: 0, Fields: []bytecode.Field{{Name: 4, Type: tokU64}, {Name: 5, Type: tokU64}}},
			{Handle: 1, Fields: []bytecode.Field{{Name: 6, Type: tS}, {Name: 7, Type: tokU64}}},
		},
		Enums: []bytecode.EnumDef{{Handle: 2, Variants: []bytecode.Variant{
			{Name: 8, Fields: []bytecode.Field{{Name: 10, Type: tokU64}, {Name: 11, Type: tokU64}}}, {Name: 9},
		}}},
		FieldHandles:   []bytecode.FieldHandle{{Struct: 0, Field: 0}, {Struct: 0, Field: 1}, {Struct: 1, Field: 0}},
		VariantHandles: []bytecode.VariantHandle{{Enum: 0, Tag: 0}},
		Signatures:     []bytecode.Signature{nothing, {tokU64}},
	}
	add := func(name uint16, params, returns, locals []bytecode.Token, code ...bytecode.Instruction) {
		sig := func(s []bytecode.Token) uint16 {
			for i, known := range m.Signatures {
				if len(known) == len(s) && equalTokens(known, s) {
					return uint16(i)
				}
			}
			m.Signatures = append(m.Signatures, s)
			return uint16(len(m.Signatures) - 1)
		}
		m.FunctionHandles = append(m.FunctionHandles, bytecode.FunctionHandle{Name: name, Params: sig(params), Returns: sig(returns)})
		m.Functions = append(m.Functions, bytecode.FunctionDef{Handle: uint16(len(m.FunctionHandles) - 1), Locals: sig(locals), Code: code})
	}
	add(12, params, returns, locals, code...)
	add(13, []bytecode.Token{mutS, mutS}, []bytecode.Token{mutS}, nil, do(bytecode.OpMoveLoc, 0), do(bytecode.OpRet))
	add(14, []bytecode.Token{refS}, []bytecode.Token{refU64}, nil, do(bytecode.OpMoveLoc, 0), do(bytecode.OpImmBorrowField, fieldSa), do(bytecode.OpRet))
	add(15, []bytecode.Token{mutS}, []bytecode.Token{mutU64}, nil, do(bytecode.OpMoveLoc, 0), do(bytecode.OpMutBorrowField, fieldSa), do(bytecode.OpRet))
	return m
}

func equalTokens(a, b []bytecode.Token) bool {
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// do is an instruction with its index, if it has one.
func do(op bytecode.Opcode, a ...uint16) bytecode.Instruction {
	in := bytecode.Instruction{Op: op}
	if len(a) > 0 {
		in.A = a[0]
	}
	return in
}

// num pushes a u64.
func num(n uint64) bytecode.Instruction { return bytecode.Instruction{Op: bytecode.OpLdU64, N: n} }

// verifyPlanted checks a module as if it were published; it goes through the
// serializer first.
func verifyPlanted(t *testing.T, m *bytecode.Module) error {
	t.Helper()
	raw := m.Serialize()
	if _, err := bytecode.Parse(raw); err != nil {
		t.Fatalf("the planted module does not parse: %v", err)
	}
	pkg, err := BuildPackage(NewPackage{ID: sui.Address{31: 0xf0}, Modules: [][]byte{raw}})
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{}).NewSession(packages{pkg.ID: pkg}, nil, TxContext{}).AddPackage(pkg)
}

const (
	copyLoc   = bytecode.OpCopyLoc
	moveLoc   = bytecode.OpMoveLoc
	stLoc     = bytecode.OpStLoc
	mutLoc    = bytecode.OpMutBorrowLoc
	immLoc    = bytecode.OpImmBorrowLoc
	mutField  = bytecode.OpMutBorrowField
	immField  = bytecode.OpImmBorrowField
	readRef   = bytecode.OpReadRef
	writeRef  = bytecode.OpWriteRef
	freezeRef = bytecode.OpFreezeRef
	call      = bytecode.OpCall
	pop       = bytecode.OpPop
	ret       = bytecode.OpRet
)

// Functions that break one rule of reference or locals safety each, beside the
// nearest function that breaks none. The rules, and the names in brackets, are
// those of Move's verifier (status codes of move-core-types). Code that breaks
// them can't be had from the Move compiler, which has the same checker, so it
// is assembled here.
func TestPlantedReferences(t *testing.T) {
	tests := []struct {
		name                    string
		params, returns, locals []bytecode.Token
		code                    []bytecode.Instruction
		want                    string // part of the error; "" when the function is sound
	}{
		{"reference to a local returned [UNSAFE_RET_LOCAL_OR_RESOURCE_STILL_BORROWED]", []bytecode.Token{tokU64}, []bytecode.Token{refU64}, nil,
			[]bytecode.Instruction{do(immLoc, 0), do(ret)}, "a reference to a local is returned"},
		{"reference to a parameter's target returned", []bytecode.Token{refS}, []bytecode.Token{refU64}, nil,
			[]bytecode.Instruction{do(moveLoc, 0), do(immField, fieldSa), do(ret)}, ""},
		{"reference to a local returned by way of a call", []bytecode.Token{tS}, []bytecode.Token{refU64}, nil,
			[]bytecode.Instruction{do(immLoc, 0), do(call, fnPeek), do(ret)}, "a reference to a local is returned"},
		{"borrowed mutable reference returned [RET_BORROWED_MUTABLE_REFERENCE_ERROR]", []bytecode.Token{mutS}, []bytecode.Token{mutU64, mutS}, nil,
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(moveLoc, 0), do(ret)}, "a mutable reference is returned while it is borrowed"},
		{"two fields returned", []bytecode.Token{mutS}, []bytecode.Token{mutU64, mutU64}, nil,
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(moveLoc, 0), do(mutField, fieldSb), do(ret)}, ""},

		{"local moved while borrowed [MOVELOC_EXISTS_BORROW_ERROR]", []bytecode.Token{tS}, nil, []bytecode.Token{refS},
			[]bytecode.Instruction{do(immLoc, 0), do(stLoc, 1), do(moveLoc, 0), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "a local is moved while it is borrowed"},
		{"local moved after its borrow", []bytecode.Token{tS}, nil, []bytecode.Token{refS},
			[]bytecode.Instruction{do(immLoc, 0), do(stLoc, 1), do(moveLoc, 1), do(pop), do(moveLoc, 0), do(pop), do(ret)}, ""},
		{"local overwritten while borrowed [STLOC_UNSAFE_TO_DESTROY_ERROR]", []bytecode.Token{tokU64}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(immLoc, 0), do(stLoc, 1), num(1), do(stLoc, 0), do(moveLoc, 1), do(pop), do(ret)}, "a local is overwritten while it is borrowed"},
		{"local copied while borrowed mutably [COPYLOC_EXISTS_BORROW_ERROR]", []bytecode.Token{tokU64}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(mutLoc, 0), do(stLoc, 1), do(copyLoc, 0), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "a local is copied while it is borrowed mutably"},
		{"local copied while borrowed", []bytecode.Token{tokU64}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(immLoc, 0), do(stLoc, 1), do(copyLoc, 0), do(pop), do(moveLoc, 1), do(pop), do(ret)}, ""},
		{"local borrowed while borrowed mutably [BORROWLOC_EXISTS_BORROW_ERROR]", []bytecode.Token{tokU64}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(mutLoc, 0), do(stLoc, 1), do(immLoc, 0), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "a local is borrowed while it is borrowed mutably"},
		{"older mutable borrow of a local written [WRITEREF_EXISTS_BORROW_ERROR]", []bytecode.Token{tokU64}, nil, []bytecode.Token{mutU64, mutU64},
			[]bytecode.Instruction{do(mutLoc, 0), do(stLoc, 1), do(copyLoc, 1), do(stLoc, 2), num(1), do(moveLoc, 1), do(writeRef), do(moveLoc, 2), do(pop), do(ret)}, "written through while it is borrowed"},
		{"newest mutable borrow of a local written", []bytecode.Token{tokU64}, nil, []bytecode.Token{mutU64, mutU64},
			[]bytecode.Instruction{do(mutLoc, 0), do(stLoc, 1), do(copyLoc, 1), do(stLoc, 2), num(1), do(moveLoc, 2), do(writeRef), do(moveLoc, 1), do(pop), do(ret)}, ""},

		{"struct written while a field is borrowed [WRITEREF_EXISTS_BORROW_ERROR]", []bytecode.Token{mutS, tS}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(immField, fieldSa), do(stLoc, 2), do(copyLoc, 1), do(copyLoc, 0), do(writeRef), do(moveLoc, 2), do(pop), do(ret)}, "written through while it is borrowed"},
		{"one field written while another is borrowed", []bytecode.Token{mutS}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(immField, fieldSa), do(stLoc, 1), num(1), do(moveLoc, 0), do(mutField, fieldSb), do(writeRef), do(moveLoc, 1), do(pop), do(ret)}, ""},
		{"reference read while a field is borrowed mutably [READREF_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutS}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(stLoc, 1), do(moveLoc, 0), do(readRef), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "read while it is borrowed mutably"},
		{"reference compared while a field is borrowed mutably", []bytecode.Token{mutS, mutS}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(stLoc, 2), do(moveLoc, 0), do(moveLoc, 1), do(bytecode.OpEq), do(pop), do(moveLoc, 2), do(pop), do(ret)}, "compared while it is borrowed mutably"},
		{"reference frozen while a field is borrowed mutably [FREEZEREF_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutS}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(stLoc, 1), do(moveLoc, 0), do(freezeRef), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "frozen while it is borrowed mutably"},
		{"reference frozen while a field is borrowed", []bytecode.Token{mutS}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(immField, fieldSa), do(stLoc, 1), do(moveLoc, 0), do(freezeRef), do(pop), do(moveLoc, 1), do(pop), do(ret)}, ""},
		{"field borrowed while it is borrowed mutably [FIELD_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutS}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(mutField, fieldSa), do(stLoc, 1), do(copyLoc, 0), do(immField, fieldSa), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "a field is borrowed while it is borrowed mutably"},
		{"field borrowed mutably while the whole is [FIELD_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutS}, nil, []bytecode.Token{mutS},
			[]bytecode.Instruction{do(copyLoc, 0), do(stLoc, 1), do(moveLoc, 0), do(mutField, fieldSa), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "while the whole is borrowed"},
		{"inner field borrowed mutably, then the inner struct written through the older reference", []bytecode.Token{mutT, tS}, nil, []bytecode.Token{mutS, mutU64},
			[]bytecode.Instruction{do(moveLoc, 0), do(mutField, fieldTs), do(stLoc, 2), do(copyLoc, 2), do(mutField, fieldSa), do(stLoc, 3), do(moveLoc, 1), do(moveLoc, 2), do(writeRef), do(moveLoc, 3), do(pop), do(ret)}, "written through while it is borrowed"},

		{"borrowed mutable reference passed on [CALL_BORROWED_MUTABLE_REFERENCE_ERROR]", []bytecode.Token{mutS}, []bytecode.Token{mutS}, nil,
			[]bytecode.Instruction{do(copyLoc, 0), do(copyLoc, 0), do(call, fnChoose), do(ret)}, "passed on while it is borrowed"},
		{"two references passed on", []bytecode.Token{mutS, mutS}, []bytecode.Token{mutS}, nil,
			[]bytecode.Instruction{do(moveLoc, 0), do(moveLoc, 1), do(call, fnChoose), do(ret)}, ""},
		{"argument written while what came back borrows from it", []bytecode.Token{mutS, tS}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(call, fnInto), do(stLoc, 2), do(moveLoc, 1), do(moveLoc, 0), do(writeRef), do(moveLoc, 2), do(pop), do(ret)}, "written through while it is borrowed"},

		{"vector changed while an element is borrowed [VEC_UPDATE_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutVec}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), num(0), do(bytecode.OpVecImmBorrow, sigVec), do(stLoc, 1), do(moveLoc, 0), num(7), do(bytecode.OpVecPushBack, sigVec), do(moveLoc, 1), do(pop), do(ret)}, "a vector is changed"},
		{"vector popped while an element is borrowed", []bytecode.Token{mutVec}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), num(0), do(bytecode.OpVecImmBorrow, sigVec), do(stLoc, 1), do(moveLoc, 0), do(bytecode.OpVecPopBack, sigVec), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "a vector is changed"},
		{"two elements borrowed mutably [VEC_BORROW_ELEMENT_EXISTS_MUTABLE_BORROW_ERROR]", []bytecode.Token{mutVec}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), num(0), do(bytecode.OpVecMutBorrow, sigVec), do(stLoc, 1), do(moveLoc, 0), num(1), do(bytecode.OpVecMutBorrow, sigVec), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "an element borrowed mutably"},
		{"two elements borrowed", []bytecode.Token{mutVec}, nil, []bytecode.Token{refU64},
			[]bytecode.Instruction{do(copyLoc, 0), num(0), do(bytecode.OpVecImmBorrow, sigVec), do(stLoc, 1), do(moveLoc, 0), num(1), do(bytecode.OpVecImmBorrow, sigVec), do(pop), do(moveLoc, 1), do(pop), do(ret)}, ""},

		{"enum written while a field of a variant is borrowed", []bytecode.Token{mutE, tE}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(bytecode.OpUnpackVariantMutRef, 0), do(pop), do(stLoc, 2), do(moveLoc, 1), do(moveLoc, 0), do(writeRef), do(moveLoc, 2), do(pop), do(ret)}, "written through while it is borrowed"},
		{"variant unpacked twice by & while a field is borrowed mutably", []bytecode.Token{mutE}, nil, []bytecode.Token{mutU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(bytecode.OpUnpackVariantMutRef, 0), do(pop), do(stLoc, 1), do(moveLoc, 0), do(freezeRef), do(bytecode.OpUnpackVariantImmRef, 0), do(pop), do(pop), do(moveLoc, 1), do(pop), do(ret)}, "frozen while it is borrowed mutably"},

		{"borrow on one path only", []bytecode.Token{tokU64, tokBool}, nil, []bytecode.Token{mutU64, tokU64},
			[]bytecode.Instruction{ // if (p) r = &mut n else r = &mut m; n moved; *r = 1
				num(5), do(stLoc, 3), do(moveLoc, 1), do(bytecode.OpBrFalse, 7), do(mutLoc, 0), do(stLoc, 2), do(bytecode.OpBranch, 9),
				do(mutLoc, 3), do(stLoc, 2),
				do(moveLoc, 0), do(pop), num(1), do(moveLoc, 2), do(writeRef), do(ret)}, "a local is moved while it is borrowed"},
		{"borrow that a loop carries back", []bytecode.Token{tokU64, tokBool}, nil, []bytecode.Token{mutU64, tokU64},
			[]bytecode.Instruction{ // r = &mut m; loop { n = 1; r = &mut n; if (!p) break }
				num(5), do(stLoc, 3), do(mutLoc, 3), do(stLoc, 2), do(bytecode.OpBranch, 5),
				num(1), do(stLoc, 0), do(mutLoc, 0), do(stLoc, 2), do(copyLoc, 1), do(bytecode.OpBrTrue, 5),
				do(moveLoc, 2), do(pop), do(ret)}, "a local is overwritten while it is borrowed"},

		{"local read before it is set [COPYLOC_UNAVAILABLE_ERROR]", nil, nil, []bytecode.Token{tokU64},
			[]bytecode.Instruction{do(copyLoc, 0), do(pop), do(ret)}, "may have no value"},
		{"local moved twice [MOVELOC_UNAVAILABLE_ERROR]", []bytecode.Token{tS}, nil, nil,
			[]bytecode.Instruction{do(moveLoc, 0), do(pop), do(moveLoc, 0), do(pop), do(ret)}, "may have no value"},
		{"moved local borrowed [BORROWLOC_UNAVAILABLE_ERROR]", []bytecode.Token{tS}, nil, nil,
			[]bytecode.Instruction{do(moveLoc, 0), do(pop), do(immLoc, 0), do(pop), do(ret)}, "may have no value"},
		{"local set on one path only", []bytecode.Token{tokBool}, nil, []bytecode.Token{tokU64},
			[]bytecode.Instruction{do(moveLoc, 0), do(bytecode.OpBrTrue, 4), num(1), do(stLoc, 1), do(moveLoc, 1), do(pop), do(ret)}, "may have no value"},
		{"value without drop left in a local [UNSAFE_RET_UNUSED_VALUES_WITHOUT_DROP]", []bytecode.Token{tT}, nil, nil,
			[]bytecode.Instruction{do(ret)}, "is not consumed"},
		{"value without drop overwritten [STLOC_UNSAFE_TO_DESTROY_ERROR]", []bytecode.Token{tT, tT}, nil, nil,
			[]bytecode.Instruction{do(moveLoc, 1), do(stLoc, 0), do(bytecode.OpLdTrue), do(pop), num(1), do(bytecode.OpAbort)}, "lacks an ability"},
	}
	for _, tt := range tests {
		err := verifyPlanted(t, plant(tt.params, tt.returns, tt.locals, tt.code...))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

// A function whose references all borrow from each other, over and over, is
// given up within the bound on work.
func TestBorrowsAreBounded(t *testing.T) {
	const n = 120
	refs := make([]bytecode.Token, n)
	for i := range refs {
		refs[i] = refU64
	}
	var code []bytecode.Instruction
	all := func(op bytecode.Opcode) {
		for i := range n {
			if op == stLoc {
				i = n - 1 - i
			}
			code = append(code, do(op, uint16(i)))
		}
	}
	for range 8 { // f calls itself: what it returns borrows from all that it takes
		all(copyLoc)
		code = append(code, do(call, 0))
		all(stLoc)
	}
	code = append(code, do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 0))
	all(moveLoc)
	code = append(code, do(ret))
	err := verifyPlanted(t, plant(refs, refs, nil, code...))
	if err == nil || !strings.Contains(err.Error(), "too complex") {
		t.Errorf("%v, want that it is too complex", err)
	}
}
