package differential

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// What a case may use. Few generated programs need more, such as one that
// doubles a vector in a loop; the real VM has no bounds in its runner.
const (
	CaseFuel   = 5_000_000
	CaseMemory = 64 << 20
)

// A Comparer runs packages on both machines.
type Comparer struct {
	Compiler  *compiler.Compiler
	Framework string // the folder move/framework
}

// A Report is what came of comparing some modules.
type Report struct {
	Functions     int // in the modules that compiled
	Cases         int
	Controls      int            // tests with a wrong expectation, which the real VM refused
	TooLarge      int            // cases that our VM stopped because they use too much
	Outcomes      map[string]int // cases by what came of them on our VM
	Results       []Result       // what came of each
	Refused       []string       // modules that the compiler made no sound bytecode of
	Disagreements []Disagreement
	Bytecode      [][]byte
}

// A Result is what came of a case on our VM.
type Result struct {
	Module, Case string
	Outcome      Outcome
}

// A Disagreement is a case in which the machines differ.
type Disagreement struct {
	Module, Case string
	Ours         Outcome
	Real         string // the runner's report
}

// Compare compiles modules as one package and runs all their cases.
func (c *Comparer) Compare(ctx context.Context, modules []*Module) (*Report, error) {
	r := &Report{Outcomes: map[string]int{}}
	modules, err := c.build(ctx, modules, r)
	if err != nil || len(modules) == 0 {
		return r, err
	}
	vm, err := NewMachine(movevm.Config{Fuel: CaseFuel, MaxMemory: CaseMemory}, r.Bytecode)
	if err != nil {
		return nil, err
	}
	source := c.source(modules)
	ours := map[string]Outcome{}
	for _, m := range modules {
		tests, err := r.run(vm, m, ours)
		if err != nil {
			return nil, err
		}
		source.Files["tests/"+m.Name+".move"] = tests
	}
	real, err := c.Compiler.Test(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("run the cases on the real VM: %w", err)
	}
	return r, r.judge(real, ours)
}

func (c *Comparer) source(modules []*Module) compiler.Source {
	files := map[string]string{"Move.toml": manifest}
	for _, m := range modules {
		files["sources/"+m.Name+".move"] = m.Source()
	}
	return compiler.Source{Files: files, Quiet: true, Fetch: func(dep compiler.Dependency) (map[string]string, error) {
		if dep.From.Type != "git" {
			return nil, fmt.Errorf("generated packages depend on the framework only, not on %s", dep.Name)
		}
		return compiler.ReadPackage(filepath.Join(c.Framework, path.Base(dep.From.Subdir)), false)
	}}
}

// build compiles modules and returns those that compile. The compiler has bugs
// of its own: it crashes on some programs, and of some it makes bytecode that
// its verifier refuses. Modules with such a program are left out. An error in
// the source is an error: the generator is to blame.
func (c *Comparer) build(ctx context.Context, modules []*Module, r *Report) ([]*Module, error) {
	out, err := c.Compiler.Build(ctx, c.source(modules))
	if err == nil {
		r.Bytecode = out.Modules
		return modules, nil
	}
	if !isRefusal(err) {
		return nil, err
	}
	good, err := c.sound(ctx, modules, r)
	if err != nil || len(good) == 0 {
		return nil, err
	}
	if out, err = c.Compiler.Build(ctx, c.source(good)); err != nil {
		return nil, err
	}
	r.Bytecode = out.Modules
	return good, nil
}

// sound finds the modules that compile, of some that don't compile together, by
// halves.
func (c *Comparer) sound(ctx context.Context, modules []*Module, r *Report) (good []*Module, err error) {
	if len(modules) == 1 {
		r.Refused = append(r.Refused, modules[0].Name)
		return nil, nil
	}
	half := len(modules) / 2
	for _, part := range [][]*Module{modules[:half], modules[half:]} {
		_, err := c.Compiler.Build(ctx, c.source(part))
		if isRefusal(err) {
			part, err = c.sound(ctx, part, r)
		}
		if err != nil {
			return nil, err
		}
		good = append(good, part...)
	}
	return good, nil
}

// isRefusal tells the compiler's own failures from errors in the source.
func isRefusal(err error) bool {
	var source *compiler.CompileError
	return err != nil && (!errors.As(err, &source) || strings.Contains(err.Error(), "Bytecode Verification Failed"))
}

// run runs a module's cases on our VM and writes the tests that demand the same
// of the real one. A few more tests demand something else, and must fail: they
// show that the runner looks.
func (r *Report) run(vm *Machine, m *Module, ours map[string]Outcome) (tests string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "#[test_only]\nmodule diff::%s;\n", testModule(m.Name))
	controls := map[string]bool{}
	for _, f := range m.functions {
		r.Functions++
		for _, c := range f.cases {
			o, err := vm.Run(m.Name, c.Name)
			if err != nil {
				return "", err
			}
			if o.tooLarge() {
				r.TooLarge++
				continue
			}
			r.Cases++
			r.Outcomes[o.kind()]++
			r.Results = append(r.Results, Result{m.Name, c.Name, o})
			name := testModule(m.Name) + "::" + c.Name
			ours[name] = o
			b.WriteString(o.test(m.Name, c.Name, c.Name))
			if !controls[o.kind()] {
				controls[o.kind()] = true
				for i, wrong := range o.wrong() {
					r.Controls++
					b.WriteString(wrong.test(m.Name, c.Name, fmt.Sprintf("%s%d_%s", controlPrefix, i, c.Name)))
				}
			}
		}
	}
	return b.String(), nil
}

const controlPrefix = "wrong"

func testModule(module string) string { return "t_" + module }

// judge reads the runner's report.
func (r *Report) judge(real *compiler.TestReport, ours map[string]Outcome) error {
	seen := 0
	for _, t := range real.Results {
		name := strings.TrimPrefix(t.Name, "diff::")
		module, test, _ := strings.Cut(name, "::")
		if strings.HasPrefix(test, controlPrefix) {
			if t.Passed {
				return fmt.Errorf("the runner passed %s, which is wrong", t.Name)
			}
			seen++
			continue
		}
		o, ok := ours[name]
		if !ok {
			return fmt.Errorf("the runner reports a test %s, which is none of ours", t.Name)
		}
		seen++
		agrees := t.Passed
		if o.Clever != nil {
			agrees = !t.Passed && o.agrees(explain(real.Text, module, test))
		}
		if !agrees {
			r.Disagreements = append(r.Disagreements, Disagreement{strings.TrimPrefix(module, "t_"), test, o, explain(real.Text, module, test)})
		}
	}
	if seen != r.Cases+r.Controls {
		return fmt.Errorf("the runner ran %d tests of %d:\n%s", seen, r.Cases+r.Controls, real.Failures())
	}
	return nil
}

// explain cuts one failure out of the runner's text.
func explain(text, module, test string) string {
	_, text, _ = strings.Cut(text, "Failures in diff::"+module+":")
	_, text, ok := strings.Cut(text, "┌── "+test+" ")
	if !ok {
		return "failed"
	}
	text, _, _ = strings.Cut(text, "└──")
	return strings.TrimSpace(text)
}

// parsed parses the modules that were compared.
func (r *Report) parsed() ([]*bytecode.Module, error) {
	var out []*bytecode.Module
	for _, b := range r.Bytecode {
		m, err := bytecode.Parse(b)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
