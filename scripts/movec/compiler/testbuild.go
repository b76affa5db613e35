package compiler

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/movetest"
	"github.com/floe-data/floe/sdk/sui"
)

// CryptoTests is the folder of tests that Sui's runner can't judge, because its
// BLS12-381, Groth16 and Nitro natives are fake. Only other VMs run them.
const CryptoTests = "crypto_tests"

// A TestBuild is a package with its tests as ordinary code, and all that it
// links to, the framework included.
type TestBuild struct {
	Modules [][]byte
	Tests   []movetest.Test
}

// BuildTests compiles a package's tests for other VMs than the runner's. With
// crypto, the tests in CryptoTests are those to run.
func (c *Compiler) BuildTests(ctx context.Context, t Tree, name string, crypto bool) (*TestBuild, error) {
	u := &unit{addresses: map[string]string{}, files: map[string]string{}, sources: map[string]string{}}
	for _, dep := range append([]string{"framework"}, move.Dependencies(name)...) {
		if dep == name {
			continue
		}
		if err := u.add(t, dep, nil); err != nil {
			return nil, err
		}
	}
	folders := []string{"tests"}
	if crypto {
		folders = []string{"tests", CryptoTests}
	}
	if err := u.add(t, name, folders); err != nil {
		return nil, err
	}
	out, err := c.Build(ctx, Source{Files: u.manifest(), Quiet: true})
	if err != nil {
		return nil, err
	}
	b := &TestBuild{Modules: out.Modules}
	wanted := "tests/"
	if crypto {
		wanted = CryptoTests + "/"
	}
	for _, found := range u.tests {
		inFolder := strings.Contains(found.file, "/"+wanted)
		if inFolder || !crypto && strings.Contains(found.file, "/sources/") {
			test, err := u.resolve(found)
			if err != nil {
				return nil, fmt.Errorf("%s: test %s: %w", found.file, found.FullName(), err)
			}
			b.Tests = append(b.Tests, test)
		}
	}
	slices.SortFunc(b.Tests, func(a, b movetest.Test) int { return strings.Compare(a.Name, b.Name) })
	return b, nil
}

// A unit is one root package made of all packages that belong together.
type unit struct {
	addresses map[string]string // named address to number
	files     map[string]string // by path in the root package
	sources   map[string]string // blanked code by "address::module"
	tests     []foundTest
}

type foundTest struct {
	Test
	file string // path in the unit
	code string // blanked text of the file
}

var namedAddress = regexp.MustCompile(`(?m)^\s*(\w+)\s*=\s*"(0x[0-9a-fA-F]+)"`)

// add copies a package's files into the unit. tests are the folders of its
// tests; those of packages that it depends on stay out.
func (u *unit) add(t Tree, name string, tests []string) error {
	parts := map[string]string{path.Base(filepath.ToSlash(name)): name}
	if name == "framework" {
		parts = map[string]string{"std": "framework/move-stdlib", "sui": "framework/sui-framework"}
	}
	for _, prefix := range slices.Sorted(maps.Keys(parts)) {
		dir := filepath.Join(t.Dir, filepath.FromSlash(parts[prefix]))
		files, err := readFolders(dir, append([]string{"sources"}, tests...))
		if err != nil {
			return err
		}
		u.address(files["Move.toml"], prefix, t, tests == nil)
		for _, file := range slices.Sorted(maps.Keys(files)) {
			if !strings.HasSuffix(file, ".move") {
				continue
			}
			text, found, err := testCopy(files[file])
			if err != nil {
				return fmt.Errorf("%s/%s: %w", name, file, err)
			}
			at := path.Join("sources", prefix, file)
			u.files[at] = text
			code := blank(files[file])
			for _, m := range moduleDecl.FindAllStringSubmatch(code, -1) {
				u.sources[m[1]+"::"+m[2]] = files[file]
			}
			if tests == nil {
				continue
			}
			for _, test := range found {
				u.tests = append(u.tests, foundTest{test, prefix + "/" + file, code})
			}
		}
	}
	return nil
}

// address notes the named address that a package's manifest defines. A
// dependency has its placeholder, as in the bytecode of dependents.
func (u *unit) address(manifest, name string, t Tree, dependency bool) {
	if name == "std" || name == "sui" {
		u.addresses[name] = map[string]string{"std": "0x1", "sui": "0x2"}[name]
		return
	}
	_, section, _ := strings.Cut(manifest, "[addresses]")
	for _, m := range namedAddress.FindAllStringSubmatch(section, -1) {
		u.addresses[m[1]] = m[2]
		if placeholder, ok := t.Placeholders[name]; ok && dependency {
			u.addresses[m[1]] = fmt.Sprintf("0x%x", placeholder)
		}
	}
}

func (u *unit) manifest() map[string]string {
	text := "[package]\nname = \"tests\"\nedition = \"2024\"\nimplicit-dependencies = false\n[addresses]\n"
	for _, name := range slices.Sorted(maps.Keys(u.addresses)) {
		text += fmt.Sprintf("%s = %q\n", name, u.addresses[name])
	}
	files := maps.Clone(u.files)
	files["Move.toml"] = text
	return files
}

// resolve turns the words of a test's source into numbers.
func (u *unit) resolve(f foundTest) (movetest.Test, error) {
	address, err := u.number(f.Address)
	if err != nil {
		return movetest.Test{}, err
	}
	test := movetest.Test{Name: f.FullName(), Address: address, Module: f.Module, Function: f.Test.Name}
	if f.Expect == nil {
		return test, nil
	}
	want := &movetest.Failure{}
	test.Failure = want
	switch e := f.Expect; e.Kind {
	case "abort_code":
		err = u.abortCode(f, want)
	case "arithmetic_error":
		want.Status = movevm.StatusArithmetic
	case "vector_error":
		want.Status = movevm.StatusVector
		if e.Minor != "" {
			var code uint64
			if code, err = number(e.Minor); err == nil {
				want.Code = &code
			}
		}
	case "out_of_gas":
		want.Status = movevm.StatusOutOfGas
	case "":
	default:
		err = fmt.Errorf("expected_failure(%s) is not understood", e.Kind)
	}
	if err == nil && f.Expect.Location != "" {
		want.Address, want.Module, err = u.module(f, f.Expect.Location)
	}
	return test, err
}

// abortCode resolves a number or the path of a constant.
func (u *unit) abortCode(f foundTest, want *movetest.Failure) error {
	want.Status = movevm.StatusAborted
	if code, err := number(f.Expect.Path); err == nil {
		want.Code = &code
		return nil
	}
	modulePath, constant := "Self", f.Expect.Path
	if i := strings.LastIndex(f.Expect.Path, "::"); i >= 0 {
		modulePath, constant = f.Expect.Path[:i], f.Expect.Path[i+2:]
	}
	var err error
	if want.Address, want.Module, err = u.module(f, modulePath); err != nil {
		return err
	}
	source := u.sourceOf(want.Address, want.Module)
	decl := regexp.MustCompile(`((?:#\[[^\]]*\]\s*)*)\bconst\s+` + regexp.QuoteMeta(constant) + `\s*:\s*([\w<>]+)\s*=\s*([^;]*);`)
	m := decl.FindStringSubmatch(blank(source))
	if m == nil {
		return fmt.Errorf("module %s has no constant %s", want.Module, constant)
	}
	if strings.Contains(m[1], "#[error") {
		want.Constant = constant
		return nil
	}
	code, err := number(m[3])
	if err != nil {
		return fmt.Errorf("constant %s of module %s is not a plain number", constant, want.Module)
	}
	want.Code = &code
	return nil
}

func (u *unit) sourceOf(address sui.Address, module string) string {
	for name, source := range u.sources {
		prefix, m, _ := strings.Cut(name, "::")
		if a, err := u.number(prefix); err == nil && a == address && m == module {
			return source
		}
	}
	return ""
}

var useDecl = regexp.MustCompile(`\buse\s+(\w+)::(\w+)(?:\s+as\s+(\w+)|::\{([^}]*)\})?`)

// module resolves a module's path as a test's file sees it.
func (u *unit) module(f foundTest, text string) (sui.Address, string, error) {
	parts := strings.Split(text, "::")
	switch {
	case text == "Self":
		a, err := u.number(f.Address)
		return a, f.Module, err
	case len(parts) == 2:
		a, err := u.number(parts[0])
		return a, parts[1], err
	}
	for _, m := range useDecl.FindAllStringSubmatch(f.code, -1) {
		name := m[2]
		if m[3] != "" {
			name = m[3]
		}
		if at := strings.Index(m[4], "Self as "); at >= 0 {
			name = strings.Trim(strings.Split(m[4][at+len("Self as "):], ",")[0], " \n")
		}
		if name == text {
			a, err := u.number(m[1])
			return a, m[2], err
		}
	}
	if text == f.Module {
		a, err := u.number(f.Address)
		return a, f.Module, err
	}
	return sui.Address{}, "", fmt.Errorf("module %s is not imported", text)
}

// number is the address that a name or number in a source stands for.
func (u *unit) number(address string) (sui.Address, error) {
	if n, ok := u.addresses[address]; ok {
		address = n
	}
	return sui.ParseAddress(address)
}

// number reads a Move literal that fits in 64 bits.
func number(text string) (uint64, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "_", "")
	for _, suffix := range []string{"u8", "u16", "u32", "u64"} {
		text = strings.TrimSuffix(text, suffix)
	}
	if digits, hex := strings.CutPrefix(text, "0x"); hex {
		n, ok := new(big.Int).SetString(digits, 16)
		if !ok || !n.IsUint64() {
			return 0, fmt.Errorf("%q is not a number of 64 bits", text)
		}
		return n.Uint64(), nil
	}
	return strconv.ParseUint(text, 10, 64)
}
