package movetest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// The cases of ../testdata/runner and what Sui's VM made of them: those that
// return, and those that end with a vector error or an arithmetic error.
func cases(t *testing.T) (modules [][]byte, golden map[string][3]string) {
	t.Helper()
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range framework.Modules {
		modules = append(modules, m.Bytes)
	}
	files, err := filepath.Glob("../testdata/runner/*.mv")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, raw)
	}
	text, err := os.ReadFile("../testdata/runner/golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	golden = map[string][3]string{}
	for line := range strings.Lines(string(text)) {
		if c := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(c) == 4 {
			golden[c[0]] = [3]string(c[1:])
		}
	}
	return modules, golden
}

// A test passes exactly when it ends as expected.
func TestRun(t *testing.T) {
	modules, golden := cases(t)
	statuses := map[string]movevm.Status{"arithmetic": movevm.StatusArithmetic, "vector": movevm.StatusVector}
	var tests []Test
	var want []bool
	add := func(name string, f *Failure, pass bool) {
		tests = append(tests, Test{Name: name, Module: "cases", Function: name, Failure: f})
		want = append(want, pass)
	}
	seen := map[string]int{}
	for i := range 2500 {
		name := "c" + strconv.Itoa(i)
		g, ok := golden[name]
		if !ok || seen[g[0]] == 30 {
			continue
		}
		seen[g[0]]++
		if g[0] == "value" {
			add(name, nil, true)
			add(name, &Failure{}, false)
			continue
		}
		status, known := statuses[g[0]]
		if !known || !strings.HasPrefix(g[2], "diff::") {
			continue
		}
		code, err := strconv.ParseUint(g[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		module := strings.TrimPrefix(g[2], "diff::")
		other := code + 1
		add(name, nil, false)
		add(name, &Failure{}, true)
		add(name, &Failure{Status: status, Code: &code, Module: module}, true)
		add(name, &Failure{Status: status, Code: &other, Module: module}, false)
		add(name, &Failure{Status: movevm.StatusAborted}, false)
		add(name, &Failure{Status: status, Module: "elsewhere"}, false)
		add(name, &Failure{Status: status, Module: module, Address: sui.Address{1}}, false)
		add(name, &Failure{Status: status, Constant: "ENone"}, false)
	}
	if seen["value"] == 0 || seen["arithmetic"] == 0 || seen["vector"] == 0 {
		t.Fatalf("cases: %v", seen)
	}
	results, err := Run(Config{}, modules, tests)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Passed != want[i] || r.Passed == (r.Reason != "") {
			t.Errorf("%s, expecting %+v: passed is %v: %s", r.Test.Name, r.Test.Failure, r.Passed, r.Reason)
		}
	}
}

// What can't be run never passes, whatever is expected.
func TestRunRefusesWhatCannotRun(t *testing.T) {
	modules, _ := cases(t)
	results, err := Run(Config{VM: movevm.Config{Fuel: 50}}, modules, []Test{
		{Name: "missing", Module: "cases", Function: "no_such", Failure: &Failure{}},
		{Name: "absent", Address: sui.Address{9}, Module: "cases", Function: "c0", Failure: &Failure{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Passed || !strings.Contains(r.Reason, "could not be run") {
			t.Errorf("%s: %+v", r.Test.Name, r)
		}
	}
	if _, err := Run(Config{}, [][]byte{{1, 2, 3}}, nil); err == nil {
		t.Error("noise is taken for a module")
	}
}
