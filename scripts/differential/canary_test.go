package differential

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm"
)

// Vectors. The signature is of a Walrus confirmation, from the tests of Walrus'
// contracts; the double of the generator of G1 is in every description of the
// curve's serialization; the Poseidon hash of 1 is of circomlib, as in the tests
// of sui::poseidon.
const (
	walrusKey       = "a72841987e4f219d54f2b6a9eac5fe6e78704644753c3579e776a3691bc123743f8c63770ed0f72a71e9e964dbf58f43"
	walrusSignature = "99c43ae152f3a090e35298c95afd2e686517a17dc4bbee35d3ab6e0aa0872624c1707e15ca534cf9413d61a89218e92208807c67b27230c8ae4fd4660d0feab4d56514a320a0c81e929c09a94e973eced440a1dcd4c5c6efcf2bc61e9fd44324"
	walrusMessage   = "01000305000000bc0a00000000000000000000000000000000000000000000000000000000000000"
	twiceG1         = "a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e"
	poseidonOfOne   = "18586133768512220936620570745912940619677854269274689475585506675881198879027"
)

// fakes are natives that the runner fakes. Each case is true of Sui: it gives
// true, or aborts where the real native does.
var fakes = []struct {
	name, body string
	want       Outcome
}{
	{"bls12381_min_pk_verify accepts a signature of something else",
		`std::bcs::to_bytes(&!sui::bls12381::bls12381_min_pk_verify(&x"` + walrusSignature + `", &x"` + walrusKey + `", &b"something else"))`, Outcome{Value: []byte{1}}},
	{"bls12381_min_sig_verify accepts garbage",
		`std::bcs::to_bytes(&!sui::bls12381::bls12381_min_sig_verify(&x"` + walrusKey + `", &x"` + walrusSignature + `", &b"something else"))`, Outcome{Value: []byte{1}}},
	{"G1 + G1 is not 2·G1",
		`std::bcs::to_bytes(&(sui::group_ops::bytes(&sui::bls12381::g1_add(&sui::bls12381::g1_generator(), &sui::bls12381::g1_generator())) == &x"` + twiceG1 + `"))`, Outcome{Value: []byte{1}}},
	{"what is no point of G1 is taken",
		`sui::bls12381::g1_from_bytes(&x"` + strings.Repeat("07", 48) + `"); x""`, Outcome{Status: movevm.StatusAborted, Code: 1, Module: "sui::group_ops"}},
	{"a Groth16 key that is none is taken",
		`sui::groth16::prepare_verifying_key(&sui::groth16::bn254(), &x"0102"); x""`, Outcome{Status: movevm.StatusAborted, Code: 0, Module: "sui::groth16"}},
	{"Poseidon gives another hash",
		`std::bcs::to_bytes(&(sui::poseidon::poseidon_bn254(&vector[1]) == ` + poseidonOfOne + `u256))`, Outcome{Value: []byte{1}}},
}

// TestRunnerFakesCrypto is a canary: the natives that package compiler calls
// fake are fake in the runner and right in our VM. When one turns out right in
// the runner as well, this fails: then take it off the list, and compare it like
// all others.
func TestRunnerFakesCrypto(t *testing.T) {
	c := comparer(t)
	for _, fake := range fakes {
		t.Run(fake.name, func(t *testing.T) {
			t.Parallel()
			m := Written("canary", "module diff::canary;\npublic fun c(): vector<u8> { "+fake.body+" }\n")
			out, err := c.Compiler.Build(t.Context(), c.source([]*Module{m}))
			if err != nil {
				t.Fatal(err)
			}
			vm, err := NewMachine(movevm.Config{}, out.Modules)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := vm.Run("canary", "c"); err != nil || got.String() != fake.want.String() {
				t.Fatalf("our VM gives %v, %v; want %v", got, err, fake.want)
			}
			src := c.source([]*Module{m})
			src.Files["tests/canary.move"] = "#[test_only]\nmodule diff::t_canary;\n" + fake.want.test("canary", "c", "c")
			report, err := c.Compiler.Test(t.Context(), src)
			if err != nil {
				t.Logf("the runner crashes: %.200v", err)
				return
			}
			if report.Passed {
				t.Error("the runner is right: it no longer fakes this native")
			}
		})
	}
}

// fakedModules are the modules of the framework with natives that the runner
// fakes, and faked finds their natives.
var (
	fakedModules = []string{"bls12381", "group_ops", "groth16", "poseidon", "nitro_attestation"}
	faked        = regexp.MustCompile(`(?:public(?:\(package\))? )?native fun [^;{]*;`)
)

// blindBody is what stands in for a faked native: it takes everything, and
// computes nothing.
func blindBody(signature string) string {
	switch {
	case strings.HasSuffix(signature, ": bool"):
		return "true"
	case strings.HasSuffix(signature, ": vector<u8>"):
		return `x""`
	}
	return "abort 0xfa4e"
}

// blind replaces the faked natives of a package.
func blind(files map[string]string) (n int) {
	for path, text := range files {
		for _, name := range fakedModules {
			if strings.HasSuffix(path, "/"+name+".move") {
				files[path] = faked.ReplaceAllStringFunc(text, func(native string) string {
					n++
					native = strings.Replace(strings.TrimSuffix(native, ";"), "native ", "", 1)
					return "#[allow(unused)]\n" + native + " { " + blindBody(native) + " }"
				})
			}
		}
	}
	return n
}

// TestNoMoveTestRestsOnAFake runs the Move tests of all our packages on the
// runner with the faked natives replaced by ones that take any signature and
// point and compute nothing. All must still pass: no test there rests on a
// refusal or a value of a fake. (That good signatures pass and bad ones don't is
// tested on our VM, with the published bytecode, in sdk/contract.)
func TestNoMoveTestRestsOnAFake(t *testing.T) {
	c := comparer(t)
	tree := compiler.NewTree("../../move")
	for _, name := range move.Packages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := tree.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			replaced := blind(src.Files)
			if fetch := src.Fetch; fetch != nil {
				src.Fetch = func(dep compiler.Dependency) (map[string]string, error) {
					files, err := fetch(dep)
					replaced += blind(files)
					return files, err
				}
			}
			report, err := c.Compiler.Test(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			if replaced < 12 {
				t.Fatalf("only %d natives were found", replaced)
			}
			for _, r := range report.Results {
				if !r.Passed {
					t.Errorf("%s rests on a native that the runner fakes:\n%s", r.Name, failure(report.Text, r.Name))
				}
			}
			if len(report.Results) == 0 {
				t.Error("the package has no tests")
			}
		})
	}
}

func failure(text, test string) string {
	i := strings.LastIndex(test, "::")
	_, text, _ = strings.Cut(text, fmt.Sprintf("Failures in %s:", test[:i]))
	_, text, _ = strings.Cut(text, "┌── "+test[i+2:]+" ")
	text, _, _ = strings.Cut(text, "└──")
	return text
}
