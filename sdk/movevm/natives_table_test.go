package movevm

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// declared is a native function as a module of the framework would declare it.
func declared(address sui.Address, in, name string, a arity) *function {
	return &function{
		mod: &module{pack: &pack{original: address}, name: in}, name: name,
		handle: &bytecode.FunctionHandle{TypeParams: make([]Abilities, a.typeParams)},
		params: make(bytecode.Signature, a.params), returns: make(bytecode.Signature, a.returns),
	}
}

func TestNativesAreLinkedByShape(t *testing.T) {
	for _, tt := range []struct {
		address      sui.Address
		module, name string
		shape        arity
		test         bool
		want         string // of the error, "" for none
	}{
		{suiFramework, "event", "emit", arity{1, 1, 0}, false, ""},
		{suiFramework, "event", "emit", arity{0, 1, 0}, false, "is declared with 0 type parameters, 1 parameters and 0 returns; it has 0x2::event::emit<"},
		{suiFramework, "event", "emit", arity{1, 2, 0}, false, "is declared with"},
		{suiFramework, "event", "emit", arity{1, 1, 1}, false, "is declared with"},
		{stdFramework, "event", "emit", arity{1, 1, 0}, false, "is not known"},
		{suiFramework, "groth16", "verify_groth16_proof_internal", arity{0, 7, 1}, false, ""},
		{suiFramework, "config", "read_setting_impl", arity{4, 3, 1}, false, ""},
		{suiFramework, "accumulator", "emit_deposit_event", arity{1, 3, 0}, false, "is not implemented: "},
		{suiFramework, "vdf", "vdf_verify_internal", arity{0, 4, 1}, true, "is not implemented: "},
		{suiFramework, "zklogin_verified_id", "check_zklogin_id_internal", arity{0, 6, 1}, false, "is not implemented: "},
		{suiFramework, "tx_context", "replace", arity{0, 9, 0}, false, "is for unit tests only"},
		{suiFramework, "tx_context", "replace", arity{0, 9, 0}, true, ""},
		{suiFramework, "test_scenario", "end_transaction", arity{0, 0, 1}, false, "is for unit tests only"},
	} {
		r := &resolver{loader: newLoader(1, tt.test)}
		fn, err := r.native(declared(tt.address, tt.module, tt.name, tt.shape))
		if tt.want == "" {
			if err != nil || fn == nil {
				t.Errorf("%s::%s %v: %v", tt.module, tt.name, tt.shape, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Status != StatusLinker || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s::%s %v: %v, want %q", tt.module, tt.name, tt.shape, err, tt.want)
		}
	}
}

// Every native has a function or a reason why not.
func TestNativeTableIsComplete(t *testing.T) {
	for name, n := range natives {
		if (n.fn == nil) != (n.refused != "") {
			t.Errorf("%v: function %t, refused %q", name, n.fn != nil, n.refused)
		}
	}
}

// The table of refused natives in README.md is that of the code.
func TestRefusedNativesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| native | why |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := map[string]bool{}
	for line := range strings.Lines(table) {
		rows[strings.TrimSpace(line)] = true
	}
	refused := 0
	for name, n := range natives {
		if n.refused == "" {
			continue
		}
		refused++
		if row := fmt.Sprintf("| `%s::%s::%s` | %s |", name.address.Short(), name.module, name.function, n.refused); !rows[row] {
			t.Errorf("README.md lacks %s", row)
		}
	}
	if len(rows) != refused {
		t.Errorf("README.md has %d rows, the code refuses %d natives", len(rows), refused)
	}
}
