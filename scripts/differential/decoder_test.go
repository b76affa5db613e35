package differential

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// A verdict is what the foreign decoder, npm @mysten/move-bytecode-template,
// makes of a module: Sui's own deserializer and bounds checker.
type verdict struct {
	Module *foreignModule
	Error  string
}

func decodeForeign(t *testing.T, modules [][]byte) []verdict {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not in PATH; install Node 20 or newer, or run the tests by ./scripts/test, which brings it")
	}
	var in bytes.Buffer
	for _, m := range modules {
		in.WriteString(base64.StdEncoding.EncodeToString(m) + "\n")
	}
	cmd := exec.CommandContext(t.Context(), node, "../npm/deserialize.mjs")
	cmd.Stdin = &in
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s(if a package is missing: npm ci --prefix scripts/npm)", err, stderr.String())
	}
	var list []verdict
	for line := range bytes.Lines(out) {
		var v verdict
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
		list = append(list, v)
	}
	if len(list) != len(modules) {
		t.Fatalf("%d answers for %d modules", len(list), len(modules))
	}
	return list
}

// heldModules are all modules in the repository, and some generated ones.
func heldModules(t *testing.T) (names []string, modules [][]byte) {
	t.Helper()
	for _, pattern := range []string{"../../move/bytecode/*/*.mv", "../../sdk/movevm/testdata/*/*.mv"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no modules match %s: %v", pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			names, modules = append(names, file), append(modules, b)
		}
	}
	for i, b := range generatedModules(t, 1, 6) {
		names, modules = append(names, fmt.Sprintf("generated module %d", i)), append(modules, b)
	}
	return names, modules
}

// generatedModules compiles n modules from a seed.
func generatedModules(t testing.TB, seed uint64, n int) [][]byte {
	t.Helper()
	c := comparer(t)
	var list []*Module
	for i := range n {
		list = append(list, Generate(seed+uint64(i), fmt.Sprintf("m%d", i), 12, 2))
	}
	r := &Report{}
	if _, err := c.build(context.Background(), list, r); err != nil {
		t.Fatal(err)
	}
	if len(r.Bytecode) == 0 {
		t.Fatal("the compiler refused all modules")
	}
	return r.Bytecode
}

func TestDecoderSeesWhatTheForeignOneSees(t *testing.T) {
	names, modules := heldModules(t)
	for i, v := range decodeForeign(t, modules) {
		ours, err := bytecode.Parse(modules[i])
		if err != nil || v.Error != "" {
			t.Errorf("%s: ours says %v, the foreign decoder %q", names[i], err, v.Error)
			continue
		}
		for _, d := range v.Module.differences(ours) {
			t.Errorf("%s: %s", names[i], d)
		}
	}
	t.Logf("%d modules", len(modules))
}

// strict are the checks that we make when we load a module and Sui makes a
// little later, in the passes of its verifier that stand beside them: the
// foreign decoder, which is Sui's deserializer and bounds checker, accepts what
// they refuse. On a chain no module passes one without the other.
var strict = map[string]string{
	"# appears twice":                            "DuplicationChecker",
	"field is declared twice":                    "DuplicationChecker",
	"variant is declared twice":                  "DuplicationChecker",
	"struct without fields":                      "DuplicationChecker: ZERO_SIZED_STRUCT",
	"own # is not defined":                       "DuplicationChecker: UNIMPLEMENTED_HANDLE",
	"definition of # of another module":          "DuplicationChecker: INVALID_MODULE_HANDLE",
	"reference as a type argument":               "SignatureChecker",
	"reference inside of a type":                 "SignatureChecker",
	"call of a generic function without":         "InstructionConsistency: GENERIC_MEMBER_OPCODE_MISMATCH",
	"instruction does not suit a datatype":       "InstructionConsistency: GENERIC_MEMBER_OPCODE_MISMATCH",
	"without type arguments":                     "InstructionConsistency: GENERIC_MEMBER_OPCODE_MISMATCH",
	"vector instruction for # elements":          "InstructionConsistency: TOO_MANY_VECTOR_ELEMENTS",
	"vector instruction with # element types":    "SignatureChecker",
	"function acquires global storage":           "Sui's global_storage_access_verifier",
	"instantiation has # type arguments, want #": "SignatureChecker: NUMBER_OF_TYPE_ARGUMENTS_MISMATCH",
	"constant of a type that constants can't":    "constants::verify_module: INVALID_CONSTANT_TYPE",
	"jump table has # branches, its enum #":      "ControlFlowVerifier: INVALID_ENUM_SWITCH",
	"function without code":                      "ControlFlowVerifier: EMPTY_CODE_UNIT",
}

// stricter finds the check that a refusal comes from.
func stricter(refusal error) (pass string, ok bool) {
	for pattern, pass := range strict {
		at, rest := 0, refusal.Error()
		for _, part := range strings.Split(pattern, "#") {
			if at = strings.Index(rest, part); at < 0 {
				break
			}
			rest = rest[at+len(part):]
		}
		if at >= 0 {
			return pass, true
		}
	}
	return "", false
}

// TestMutantsAreJudgedAlike changes one byte of a module: both decoders must
// refuse it, or both see the same in it.
func TestMutantsAreJudgedAlike(t *testing.T) {
	_, modules := heldModules(t)
	r := rand.New(rand.NewPCG(1, 2))
	var mutants [][]byte
	const count = 600
	for range count {
		m := bytes.Clone(modules[r.IntN(len(modules))])
		m[r.IntN(len(m))] ^= byte(1 << r.IntN(8))
		mutants = append(mutants, m)
	}
	reasons := map[string]int{}
	accepted := 0
	for i, v := range decodeForeign(t, mutants) {
		ours, err := bytecode.Parse(mutants[i])
		switch {
		case err == nil && v.Error == "":
			accepted++
			for _, d := range v.Module.differences(ours) {
				t.Errorf("mutant %d: %s", i, d)
			}
		case err == nil:
			t.Errorf("mutant %d: ours accepts it, the foreign decoder says %q", i, v.Error)
		case v.Error == "":
			pass, ok := stricter(err)
			if !ok {
				t.Errorf("mutant %d: the foreign decoder accepts it, ours says: %v", i, err)
			}
			reasons[pass]++
		}
	}
	t.Logf("%d mutants, both accept %d", count, accepted)
	for pass, n := range reasons {
		t.Logf("%4d × refused by ours at once, by Sui in %s", n, pass)
	}
}

// TestDecoderFindings keeps what TestMutantsAreJudgedAlike found: modules that
// the decoders judged differently once.
func TestDecoderFindings(t *testing.T) {
	good, err := os.ReadFile("../../sdk/movevm/testdata/basic/vector.mv")
	if err != nil {
		t.Fatal(err)
	}
	withCode, err := os.ReadFile("../../sdk/movevm/testdata/basic/basic.mv")
	if err != nil {
		t.Fatal(err)
	}
	version := func(n, flavor byte) []byte {
		b := bytes.Clone(good)
		b[4], b[7] = n, flavor
		return b
	}
	// code replaces the first instruction of the first function.
	code := func(in bytecode.Instruction) []byte {
		m, err := bytecode.Parse(withCode)
		if err != nil {
			t.Fatal(err)
		}
		m.Functions[0].Code[0] = in
		return m.Serialize()
	}
	tests := []struct {
		name   string
		module []byte
		valid  bool
	}{
		{"001 a global storage instruction for a struct that is not there", code(bytecode.Instruction{Op: bytecode.OpMoveFromDeprecated, A: 99}), false},
		{"002 a generic one for an instantiation that is not there", code(bytecode.Instruction{Op: bytecode.OpExistsGenericDeprecated, A: 99}), false},
		{"003 version 6 with the flavor of version 7", version(6, 5), true},
		{"004 version 6 with no known flavor", version(6, 0x80), true},
		{"005 version 7 with no flavor", version(7, 0), false},
	}
	var modules [][]byte
	for _, test := range tests {
		modules = append(modules, test.module)
	}
	for i, v := range decodeForeign(t, modules) {
		_, err := bytecode.Parse(modules[i])
		if (err == nil) != tests[i].valid || (v.Error == "") != tests[i].valid {
			t.Errorf("%s: ours says %v, the foreign decoder %q", tests[i].name, err, v.Error)
		}
	}
}
