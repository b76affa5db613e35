package contract

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// These tests read the Move sources, so that the Go side cannot drift from
// them.

const moveDir = "../../move"

var packageNames = []string{Storage, Catalog, Access, KeyServer, WalrusAdapter, Committee}

// A source is one Move module.
type source struct{ pkg, module, text string }

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	for _, pkg := range packageNames {
		files, err := filepath.Glob(filepath.Join(moveDir, pkg, "sources", "*.move"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources of %s: %v", pkg, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text, _, _ := strings.Cut(string(b), "// === Test-Only Helpers ===")
			m := regexp.MustCompile(`(?m)^module floe_(\w+)::(\w+);$`).FindStringSubmatch(text)
			if m == nil || m[1] != pkg || m[2] != strings.TrimSuffix(filepath.Base(f), ".move") {
				t.Fatalf("%s: module header %q does not fit the path", f, m)
			}
			out = append(out, source{pkg, m[2], text})
		}
	}
	return out
}

// errorConstant finds error constants, errorName counts them however written.
var (
	errorConstant = regexp.MustCompile(`(?m)^const (E[A-Z][a-z]\w*): u64 = ([0-9_]+);$`)
	errorName     = regexp.MustCompile(`(?m)^\s*const E[A-Z][a-z]`)
)

// TestAborts compares the table with the error constants.
func TestAborts(t *testing.T) {
	type key struct {
		pkg, module, name string
		code              uint64
	}
	inSources := map[key]bool{}
	for _, s := range sources(t) {
		n := len(errorName.FindAllString(s.text, -1))
		found := errorConstant.FindAllStringSubmatch(s.text, -1)
		if len(found) != n {
			t.Errorf("%s::%s: %d error constants, %d of them readable", s.pkg, s.module, n, len(found))
		}
		for _, m := range found {
			code, err := strconv.ParseUint(strings.ReplaceAll(m[2], "_", ""), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			inSources[key{s.pkg, s.module, m[1], code}] = true
		}
	}
	if len(inSources) < 40 {
		t.Fatalf("only %d error constants found", len(inSources))
	}
	seen := map[string]bool{}
	for _, a := range aborts {
		k := key{a.Package, a.Module, a.Name, a.Code}
		if !inSources[k] {
			t.Errorf("the table has %+v, the Move sources have not", k)
		}
		delete(inSources, k)
		if id := a.Module + strconv.FormatUint(a.Code, 10); seen[id] {
			t.Errorf("%s code %d is not unique among our modules", a.Module, a.Code)
		} else {
			seen[id] = true
		}
		if a.Text == "" || a.Remedy(Situation{}) == "" {
			t.Errorf("%s::%s says nothing", a.Module, a.Name)
		}
	}
	for k := range inSources {
		t.Errorf("the Move sources have %+v, the table has not", k)
	}
}

// TestEveryAbortIsReached demands for each error constant a test that names it:
// of Move, as the abort code that it expects, or of the VM tests in Go.
func TestEveryAbortIsReached(t *testing.T) {
	read := func(pattern string) string {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no tests as %s: %v", pattern, err)
		}
		var all strings.Builder
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
		return all.String()
	}
	inMove := read(filepath.Join(moveDir, "*", "tests", "*.move")) + read(filepath.Join(moveDir, "*", "crypto_tests", "*.move"))
	inGo := read("*_test.go")
	for _, s := range sources(t) {
		for _, m := range errorConstant.FindAllStringSubmatch(s.text, -1) {
			move := regexp.MustCompile(`abort_code = (\w+::)*` + s.module + "::" + m[1] + `\b`)
			if !move.MatchString(inMove) && !strings.Contains(inGo, strconv.Quote(s.module)+", "+strconv.Quote(m[1])) {
				t.Errorf("no test reaches %s::%s::%s", s.pkg, s.module, m[1])
			}
		}
	}
}

// parameterCount returns how many parameters a callable function of ours has,
// the TxContext not counted.
func parameterCount(t *testing.T, pkg, module, function string) int {
	t.Helper()
	re := regexp.MustCompile(`(?ms)^(?:public|entry) fun ` + function + `(?:<[^>]*>)?\(([^)]*)\)`)
	for _, s := range sources(t) {
		if s.pkg != pkg || s.module != module {
			continue
		}
		m := re.FindStringSubmatch(s.text)
		if m == nil {
			t.Fatalf("%s::%s has no callable function %s", pkg, module, function)
		}
		n := 0
		for _, param := range strings.Split(m[1], ",") {
			if p := strings.TrimSpace(param); p != "" && !strings.HasSuffix(p, "TxContext") {
				n++
			}
		}
		return n
	}
	t.Fatalf("%s has no module %s", pkg, module)
	return 0
}
