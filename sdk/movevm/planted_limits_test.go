package movevm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// repeat is a list of n equal things.
func repeat[T any](n int, x ...T) []T { return slices.Repeat(x, n) }

// body makes a module whose function is code alone.
func body(code ...bytecode.Instruction) *bytecode.Module { return plant(nil, nil, nil, code...) }

// with changes a sound module.
func with(change func(m *bytecode.Module)) *bytecode.Module {
	m := body(do(ret))
	change(m)
	return m
}

// blocks is a function of n basic blocks.
func blocks(n int) *bytecode.Module {
	var code []bytecode.Instruction
	for i := range n - 1 {
		code = append(code, do(bytecode.OpBranch, uint16(i+1)))
	}
	return body(append(code, do(ret))...)
}

// loops is a function of n loops, each in the one before: a head that may leave,
// and a jump back to it from behind the inner loop.
func loops(n int) *bytecode.Module {
	var code []bytecode.Instruction
	for range n {
		code = append(code, do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 0))
	}
	code = append(code, do(bytecode.OpNop))
	for i := range n { // from the innermost out
		head := uint16(2 * (n - 1 - i))
		code[head+1].A = uint16(2*n + 2 + i) // leaves to behind its jump back
		code = append(code, do(bytecode.OpBranch, head))
	}
	return body(append(code, do(ret))...)
}

// names are n identifiers and as many addresses that nothing uses.
func names(m *bytecode.Module, n int) {
	for i := range n {
		m.Identifiers = append(m.Identifiers, fmt.Sprintf("unused%d", i))
		m.Addresses = append(m.Addresses, sui.Address{0xee, byte(i >> 8), byte(i)})
	}
}

// sizedType is a type that counts n: vector<vector<…u64>>.
func sizedType(n int) bytecode.Token {
	t := tokU64
	for range n - 1 {
		t = vectorOf(t)
	}
	return t
}

// generic gives the planted function a type parameter and makes it call itself
// with the type argument t.
func generic(t bytecode.Token) *bytecode.Module {
	m := body(do(bytecode.OpCallGeneric, 0), do(ret))
	m.FunctionHandles[0].TypeParams = []Abilities{0}
	m.Signatures = append(m.Signatures, bytecode.Signature{t})
	m.FunctionInsts = []bytecode.Instantiation{{Of: 0, Args: uint16(len(m.Signatures) - 1)}}
	return m
}

// What is at a limit of Sui's (protocol version 95) passes, what is above it
// does not. The numbers are those of the protocol's configuration.
func TestPlantedLimits(t *testing.T) {
	param := bytecode.Token{Kind: bytecode.TokenTypeParam}
	fields := func(m *bytecode.Module, n int) {
		names(m, n)
		for i := range n {
			f := bytecode.Field{Name: uint16(len(m.Identifiers) - n + i), Type: tokU64}
			m.Structs[1].Fields = append(m.Structs[1].Fields, f)
		}
	}
	typeParams := func(n int) func(m *bytecode.Module) {
		return func(m *bytecode.Module) { m.FunctionHandles[1].TypeParams = repeat(n, Abilities(0)) }
	}
	tests := []struct {
		name string
		m    *bytecode.Module
		want string
	}{
		{"1024 blocks", blocks(1024), ""},
		{"1025 blocks", blocks(1025), "1025 basic blocks"},
		{"loops 5 deep", loops(5), ""},
		{"loops 6 deep", loops(6), "nested more than 5 deep"},
		{"loop with two entries", body(do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 3), do(bytecode.OpNop),
			do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 2), do(ret)), "entered elsewhere"},
		{"two blocks that jump to each other, both entered from outside", body(do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 4),
			do(bytecode.OpLdTrue), do(bytecode.OpBrFalse, 6), do(bytecode.OpLdTrue), do(bytecode.OpBrTrue, 2), do(ret)), "entered elsewhere"},
		{"10000 pushes in a block", body(append(repeat(10_000, num(1), do(pop)), do(ret))...), ""},
		{"10001 pushes in a block", body(append(repeat(10_001, num(1), do(pop)), do(ret))...), "more than 10000 values"},
		{"1024 operands", body(append(append(repeat(1024, num(1)), repeat(1024, do(pop))...), do(ret))...), ""},
		{"1025 operands", body(append(append(repeat(1025, num(1)), repeat(1025, do(pop))...), do(ret))...), "stack is too high"},
		{"end of the code reached", body(do(bytecode.OpNop)), "runs off the end"},
		{"operand left at the end of a block", body(num(1), do(bytecode.OpBranch, 2), do(pop), do(ret)), "not empty at the end"},
		{"ill-typed block that nothing reaches", body(do(ret), do(bytecode.OpLdTrue), num(1), do(bytecode.OpAdd), do(pop), do(ret)), "wrong type"},
		{"block that nothing reaches moves a local twice", plant([]bytecode.Token{tokU64}, nil, nil,
			do(ret), do(moveLoc, 0), do(pop), do(moveLoc, 0), do(pop), do(ret)), ""},

		{"128 parameters", plant(repeat(128, tokU64), nil, nil, do(ret)), ""},
		{"129 parameters", plant(repeat(129, tokU64), nil, nil, do(ret)), "129 parameters"},
		{"32 type parameters", with(typeParams(32)), ""},
		{"33 type parameters", with(typeParams(33)), "33 type parameters"},
		{"32 fields", with(func(m *bytecode.Module) { fields(m, 30) }), ""},
		{"33 fields", with(func(m *bytecode.Module) { fields(m, 31) }), "33 fields"},
		{"type of 256 parts", with(func(m *bytecode.Module) { m.Signatures = append(m.Signatures, bytecode.Signature{sizedType(256)}) }), ""},
		{"type of 257 parts", with(func(m *bytecode.Module) { // a datatype counts as 4
			t := tS
			for range 253 {
				t = vectorOf(t)
			}
			m.Signatures = append(m.Signatures, bytecode.Signature{t})
		}), "size 257"},
		{"100 addresses", with(func(m *bytecode.Module) { names(m, 99) }), ""},
		{"101 addresses", with(func(m *bytecode.Module) { names(m, 100) }), "101 addresses"},

		{"signature twice", with(func(m *bytecode.Module) { m.Signatures = append(m.Signatures, nothing) }), "signature"},
		{"constant twice", with(func(m *bytecode.Module) {
			m.Constants = repeat(2, bytecode.Constant{Type: tokBool, Data: []byte{1}})
		}), "constant 1 appears twice"},
		{"field handle twice", with(func(m *bytecode.Module) { m.FieldHandles = append(m.FieldHandles, m.FieldHandles[0]) }), "field handle 3 appears twice"},
		{"own friend", with(func(m *bytecode.Module) { m.Friends = []bytecode.ModuleHandle{{}} }), "own friend"},
		{"friend elsewhere", with(func(m *bytecode.Module) {
			names(m, 1)
			m.Friends = []bytecode.ModuleHandle{{Address: 1, Name: 1}}
		}), "another package"},
		{"generic function that calls itself", generic(param), ""},
		{"generic function that calls itself with a vector", generic(vectorOf(param)), "instances without end"},
		{"generic function that calls itself with another type", generic(tVec), ""},
	}
	for _, tt := range tests {
		err := verifyPlanted(t, tt.m)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}
