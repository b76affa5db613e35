package compiler

import (
	"context"
	"regexp"
	"strings"
)

// TestResult is one `#[test]` function's outcome.
type TestResult struct {
	Name    string // address::module::function, as written in the source
	Passed  bool
	Outcome string // the runner's word: PASS, FAIL or TIMEOUT
}

// TestReport is the outcome of a package's tests.
type TestReport struct {
	Passed  bool
	Results []TestResult
	// Text is the runner's whole output, with the reasons of failures.
	Text string
}

// Test compiles a package with its tests and runs them in Sui's Move VM. The
// package comment lists what that VM fakes. Move code that does not compile
// comes back as *CompileError; tests that fail are no error.
func (c *Compiler) Test(ctx context.Context, src Source) (*TestReport, error) {
	in, err := c.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	defer in.close(ctx)
	groups, err := in.resolve(ctx, src, []string{"test"})
	if err != nil {
		return nil, err
	}
	params, err := in.put(ctx, string(groups.RootFiles), string(groups.Dependencies), `{"ansiColor":false,"modes":[]}`)
	if err != nil {
		return nil, err
	}
	result, err := in.call(ctx, "test_with_options", params...)
	if err != nil {
		return nil, err
	}
	passed, text, err := in.result(ctx, result, "wasmtestresult_passed", "wasmtestresult_output")
	if err != nil {
		return nil, err
	}
	report := &TestReport{Passed: passed, Results: parseResults(text), Text: text}
	if !passed && len(report.Results) == 0 {
		return nil, &CompileError{Text: text}
	}
	return report, nil
}

var resultLine = regexp.MustCompile(`(?m)^\[ (PASS|FAIL|TIMEOUT) +\] (\S+)`)

func parseResults(text string) []TestResult {
	var out []TestResult
	for _, m := range resultLine.FindAllStringSubmatch(text, -1) {
		out = append(out, TestResult{Name: m[2], Passed: m[1] == "PASS", Outcome: m[1]})
	}
	return out
}

// Failures returns the part of the text that explains the failures, without
// the list of tests that passed.
func (r *TestReport) Failures() string {
	var keep []string
	for line := range strings.Lines(r.Text) {
		if !strings.HasPrefix(line, "[ PASS") {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "")
}
