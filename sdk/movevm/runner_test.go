package movevm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// testdata/runner holds functions of generated Move code and what the real Move
// VM (Sui 1.71.1's unit-test runner) made of each: the value that it returned,
// or the error. See testdata/runner/README.md.
func TestRunner(t *testing.T) {
	golden, err := os.ReadFile("testdata/runner/golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger(t)
	pkg := sui.Address{31: 0xd1}
	l.packages[pkg] = runnerPackage(t, pkg)
	count := 0
	for _, line := range strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n") {
		cols := strings.Split(line, "\t")
		if _, ok := notTheChain[cols[0]]; ok {
			continue
		}
		s := l.vm.NewSession(l.packages, l, TxContext{})
		got := outcome(t, s, pkg, cols[0])
		if want := strings.Join(cols[1:], "\t"); got != want {
			t.Errorf("%s: got %q, the real VM %q", cols[0], got, want)
		}
		count++
	}
	if count < 2000 {
		t.Errorf("%d cases, want 2000", count)
	}
}

// notTheChain are cases where the runner's WASM build differs from a validator:
// it has the crate k256 in the place of libsecp256k1.
var notTheChain = map[string]string{
	"c2114": "libsecp256k1 recovers the key of a signature with a high s",
	"c2117": "libsecp256k1 recovers the key of a signature with a high s",
	"c2115": "libsecp256k1 knows no public key that starts with 5",
	"c2118": "libsecp256k1 knows no public key that starts with 5",
}

func runnerPackage(t *testing.T, id sui.Address) *sui.MovePackage {
	t.Helper()
	p := &sui.MovePackage{ID: id, Version: 1}
	for _, dep := range []sui.Address{stdFramework, suiFramework} {
		p.Linkage = append(p.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
	}
	files, _ := filepath.Glob("testdata/runner/*.mv")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m := mustParse(t, b)
		m.Readdress(map[sui.Address]sui.Address{{}: id})
		p.Modules = append(p.Modules, sui.Module{Name: m.Name(), Bytes: m.Serialize()})
	}
	return p
}

// outcome runs a function that gives a u64 and describes what came of it as
// golden.tsv does.
func outcome(t *testing.T, s *Session, pkg sui.Address, name string) string {
	t.Helper()
	fn, err := s.LoadFunction(pkg, "cases", name, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Call(fn, nil)
	var e *Error
	if err == nil {
		n, err := out[0].U64At()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("value\t%d\t", n)
	}
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	module := map[sui.Address]string{stdFramework: "std", suiFramework: "sui", pkg: "diff"}[e.Original] + "::" + e.Module
	switch e.Status {
	case StatusAborted:
		return fmt.Sprintf("abort\t%d\t%s", e.Code, module)
	case StatusArithmetic:
		return "arithmetic\t0\t" + module
	case StatusVector:
		return fmt.Sprintf("vector\t%d\t%s", e.Code, module)
	}
	return "status\t" + strconv.Itoa(int(e.Status)) + "\t" + module
}
