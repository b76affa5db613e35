package main

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// openOnce shares one loaded compiler among all tests: loading takes longer
// than all the rest.
var openOnce = sync.OnceValues(func() (*workspace, error) {
	opt := options{wasm: os.Getenv("FLOE_MOVEC_WASM"), cache: os.Getenv("FLOE_MOVEC_CACHE")}
	return opt.open(context.Background())
})

func openForTest(t *testing.T) *workspace {
	t.Helper()
	w, err := openOnce()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestMove runs the Move unit tests of every package in both engines: Sui's own
// VM and ours. They must have the same tests and come to the same verdicts, but
// for those that only ours can judge.
func TestMove(t *testing.T) {
	for _, name := range move.Packages() {
		t.Run(name, func(t *testing.T) {
			w := openForTest(t)
			byTest := map[string]map[string]verdict{}
			for _, engine := range []string{engineSui, engineFloe} {
				verdicts, err := w.verdicts(t.Context(), name, engine)
				if err != nil {
					t.Fatal(err)
				}
				if len(verdicts) == 0 {
					t.Fatalf("move/%s has no tests for %s", name, engine)
				}
				for _, v := range verdicts {
					if byTest[v.Test] == nil {
						byTest[v.Test] = map[string]verdict{}
					}
					byTest[v.Test][engine] = v
				}
			}
			for _, test := range slices.Sorted(maps.Keys(byTest)) {
				t.Run(strings.ReplaceAll(test, "::", "/"), func(t *testing.T) {
					inBoth(t, byTest[test])
				})
			}
		})
	}
}

func inBoth(t *testing.T, verdicts map[string]verdict) {
	ours, ok := verdicts[engineFloe]
	if !ok {
		t.Fatal("our engine does not know the test")
	}
	if _, known := verdicts[engineSui]; known == ours.Crypto {
		t.Errorf("in Sui's engine: %v; a test of crypto_tests: %v", known, ours.Crypto)
	}
	for engine, v := range verdicts {
		t.Run(engine, func(t *testing.T) {
			if !v.Passed {
				t.Error(v.Reason)
			}
		})
	}
}

// The canary: what Sui's runner says of these tests is wrong, because its
// natives are stand-ins. Should it get them right one day, move the tests to
// tests/, so that both engines run them.
func TestCanaryRunnerCryptoIsFake(t *testing.T) {
	w := openForTest(t)
	src, err := w.tree.CryptoPackage("storage")
	if err != nil {
		t.Fatal(err)
	}
	report, err := w.compiler.Test(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]bool{}
	for _, v := range suiVerdicts(report) {
		if strings.HasPrefix(v.Test, "floe_storage::signature_tests::") && !v.Passed {
			wrong[v.Test] = true
		}
	}
	for _, test := range []string{"signature_of_another_message_is_refused", "proof_of_another_member_is_refused", "proof_for_another_sender_is_refused"} {
		if !wrong["floe_storage::signature_tests::"+test] {
			t.Errorf("the runner refuses what %s tests: its BLS12-381 may be real now", test)
		}
	}
	if src, err = w.tree.CryptoPackage("framework"); err != nil {
		t.Fatal(err)
	}
	for module, text := range src.Files {
		if strings.HasSuffix(module, "/groth16_tests.move") && text != "" {
			if report, err := w.compiler.Test(t.Context(), src); err == nil && report.Passed {
				t.Error("the runner passes Groth16 and Nitro tests: its natives may be real now")
			}
			return
		}
	}
	t.Error("there are no Groth16 tests to show it with")
}

// TestBytecodeIsWhatTheCompilerMakes compiles everything again, without a
// warning: a matching source digest shows only that somebody wrote it down.
func TestBytecodeIsWhatTheCompilerMakes(t *testing.T) {
	for _, name := range move.Packages() {
		t.Run(name, func(t *testing.T) {
			w := openForTest(t)
			src, err := w.tree.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			out, err := w.compiler.Build(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			if out.Warnings != "" {
				t.Errorf("the compiler warns:\n%s", out.Warnings)
			}
			have, err := move.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			const remedy = "run `go run ./scripts/movec build` and commit move/bytecode"
			if len(have.Modules) != len(out.Modules) {
				t.Fatalf("move/bytecode/%s has %d modules, the compiler makes %d; %s", name, len(have.Modules), len(out.Modules), remedy)
			}
			for i, m := range have.Modules {
				if !bytes.Equal(m.Bytes, out.Modules[i]) {
					t.Errorf("move/bytecode/%s: module %s differs from what the compiler makes; %s", name, m.Name, remedy)
				}
				parsed, err := bytecode.Parse(out.Modules[i])
				if err != nil {
					t.Fatal(err)
				}
				if parsed.Name() != m.Name {
					t.Errorf("module %d is called %s in the manifest and %s in its bytecode", i, m.Name, parsed.Name())
				}
			}
		})
	}
}

const labManifest = "[package]\nname = \"lab\"\nedition = \"2024\"\n[addresses]\nlab = \"0x0\"\n"

// lab returns a package of one module that uses our framework.
func lab(t *testing.T, w *workspace, module string) compiler.Source {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sources"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"Move.toml": labManifest, "sources/lab.move": module} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rel, err := filepath.Rel(w.tree.Dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	src, err := w.tree.Package(rel)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestCompileErrorNamesThePlace(t *testing.T) {
	w := openForTest(t)
	_, err := w.compiler.Build(t.Context(), lab(t, w, "module lab::m;\npublic fun f(): u64 {\n    missing\n}\n"))
	var compileError *compiler.CompileError
	if !errors.As(err, &compileError) {
		t.Fatalf("got %v, want a CompileError", err)
	}
	if text := err.Error(); !strings.Contains(text, "sources/lab.move:3:5") || !strings.Contains(text, "missing") {
		t.Errorf("the error does not name the place:\n%s", text)
	}
}

// The Sui verifier runs too, after Move's own.
func TestVerifierErrorIsACompileError(t *testing.T) {
	w := openForTest(t)
	_, err := w.compiler.Build(t.Context(), lab(t, w, "module lab::m;\npublic struct S has key { n: u64 }\n"))
	var compileError *compiler.CompileError
	if !errors.As(err, &compileError) {
		t.Fatalf("got %v, want a CompileError", err)
	}
}

func TestFailedMoveTestIsReported(t *testing.T) {
	w := openForTest(t)
	report, err := w.compiler.Test(t.Context(), lab(t, w, `module lab::m;
#[test] fun good() {}
#[test] fun bad() { assert!(1 == 2, 7); }
`))
	if err != nil {
		t.Fatal(err)
	}
	if report.Passed || len(report.Results) != 2 {
		t.Fatalf("got %+v, want two results, not all passed", report)
	}
	for _, r := range report.Results {
		if want := r.Name == "lab::m::good"; r.Passed != want {
			t.Errorf("%s: passed is %v", r.Name, r.Passed)
		}
	}
	if text := report.Failures(); !strings.Contains(text, "bad") || strings.Contains(text, "PASS") {
		t.Errorf("the failures are not explained:\n%s", text)
	}
}

func TestDependencyFromTheNetworkIsRefused(t *testing.T) {
	w := openForTest(t)
	src := lab(t, w, "module lab::m;\n")
	src.Files["Move.toml"] += "[dependencies]\nother = { git = \"https://example.org/other.git\", rev = \"main\" }\n"
	_, err := w.compiler.Build(t.Context(), src)
	if err == nil || !strings.Contains(err.Error(), "offline") {
		t.Errorf("got %v, want an error that says packages are compiled offline", err)
	}
}

func TestMissingCompilerNamesTheCommand(t *testing.T) {
	_, err := compiler.Open(t.Context(), compiler.Config{WASM: filepath.Join(t.TempDir(), "none.wasm")})
	if !errors.Is(err, compiler.ErrNoWASM) || !strings.Contains(err.Error(), "npm ci --prefix scripts/npm") {
		t.Errorf("got %v, want ErrNoWASM with the command that fetches it", err)
	}
}

func TestPackagesFrom(t *testing.T) {
	if got, err := packagesFrom([]string{"move/storage/", "access"}); err != nil || len(got) != 2 || got[0] != "storage" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := packagesFrom([]string{"storag"}); !errors.Is(err, move.ErrUnknownPackage) || !strings.Contains(err.Error(), "storage") {
		t.Errorf("got %v, want an error that lists the packages", err)
	}
}

func TestCheckDependencies(t *testing.T) {
	storage, _ := move.Placeholder("storage")
	access, _ := move.Placeholder("access")
	id := func(addr [32]byte) string { return "0x" + hexOf(addr) }
	base := []string{id([32]byte{31: 1}), id([32]byte{31: 2})}
	for _, test := range []struct {
		name string
		ids  []string
		want string
	}{
		{"as listed", append(base[:2:2], id(storage)), ""},
		{"one missing", base, "not linked"},
		{"one too many", append(base[:2:2], id(storage), id(access)), "does not list"},
		{"without an address", append(base[:2:2], id(storage), id([32]byte{})), "does not list"},
	} {
		err := checkDependencies("catalog", &compiler.Output{Dependencies: test.ids})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// TestFrameworkEqualsMainnet is `movec check`.
func TestFrameworkEqualsMainnet(t *testing.T) {
	report, err := check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range report.Differences {
		t.Error(text)
	}
	if report.Functions < 300 || report.Datatypes < 30 {
		t.Errorf("compared only %d functions and %d types", report.Functions, report.Datatypes)
	}
}

// TestForeignDecoderReadsOurBytecode gives the modules to the binary format's
// own implementation, which npm @mysten/move-bytecode-template carries.
func TestForeignDecoderReadsOurBytecode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not in PATH; install Node 20 or newer, or run the tests by ./scripts/test, which brings it")
	}
	files, err := filepath.Glob("../../move/bytecode/*/*.mv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bytecode found: %v", err)
	}
	roundTrip := func(files ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), node, append([]string{"../npm/roundtrip.mjs"}, files...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := roundTrip(files...); err != nil {
		t.Errorf("%v\n%s(if a package is missing: npm ci --prefix scripts/npm)", err, out)
	}
	broken := filepath.Join(t.TempDir(), "broken.mv")
	if err := os.WriteFile(broken, []byte("not a module"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := roundTrip(broken); err == nil || !strings.Contains(out, broken) {
		t.Errorf("the decoder took what is no module: %s", out)
	}
}
