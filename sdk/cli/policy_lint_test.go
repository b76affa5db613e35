package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/policylint"
)

// floe runs the program and returns what it printed and its exit code.
func floe(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e, Getenv: func(name string) string {
		return map[string]string{"FLOE_HOME": t.TempDir()}[name]
	}})
	return o.String(), e.String(), code
}

// A package with a planted bug is reported, and its example repeats from the
// line that the report prints.
func TestPolicyLint(t *testing.T) {
	const bad, good = "../policylint/testdata/planted/reversed_prefix", "../policylint/testdata/patterns/account"
	out, _, code := floe(t, "policy", "lint", bad, "--json")
	var r policylint.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 3 || len(r.Findings) != 1 || r.Findings[0].Code != policylint.ShortID {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	text, errs, code := floe(t, "policy", "lint", bad)
	if code != 3 || !strings.Contains(errs, "1 finding in "+bad) || !strings.Contains(text, "remedy") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}
	var shown []string
	for _, line := range strings.Split(text, "\n") {
		if _, after, ok := strings.Cut(line, "shown by  floe "); ok {
			shown = strings.Fields(strings.ReplaceAll(after, "''", "0x"))
		}
	}
	if out, errs, code := floe(t, shown...); code != 0 || !strings.Contains(out, "grants it") {
		t.Errorf("%v: exit %d: %s%s", shown, code, out, errs)
	}
	x := r.Findings[0].Example
	out, errs, code = floe(t, "policy", "probe", bad, x.Function, "--state", fmt.Sprint(x.State), "--as", x.As.String(), "--with", x.Objects[0].String(), "--id", "c0ffee", "--json")
	if code != 3 || !strings.Contains(out, `"granted":false`) || !strings.Contains(errs, "MoveAbort") {
		t.Errorf("another identity: exit %d: %s%s", code, out, errs)
	}
	if out, errs, code = floe(t, "policy", "lint", good); code != 0 || !strings.Contains(out, "0 findings") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

func TestPolicyLintRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"no .mv files":       {"policy", "lint", t.TempDir()},
		"needs a package on": {"policy", "lint", "../policylint/testdata/patterns/account", "--object", "0x1"},
		"--now":              {"policy", "lint", "../policylint/testdata/patterns/account", "--now", "noon"},
		"there are states":   {"policy", "probe", "../policylint/testdata/patterns/account", "account::seal_approve", "--state", "9999", "--as", "0x1"},
		"no function":        {"policy", "probe", "../policylint/testdata/patterns/account", "account::nothing", "--as", "0x1"},
		"--as":               {"policy", "probe", "../policylint/testdata/patterns/account", "account::seal_approve", "--as", "me"},
	} {
		if _, errs, code := floe(t, args...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d: %s, want %q", args, code, errs, want)
		}
	}
}
