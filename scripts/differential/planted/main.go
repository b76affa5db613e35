// Planted makes the VM wrong in one way after the other, and shows that the
// generated programs of package differential notice each.
//
// It compares the machines once, keeps the programs with what the real VM said
// of them, and runs those on builds of our VM with a fault in them (by go build's
// -overlay: nothing in the tree changes). See faults.go for the list; a fault
// that no program notices is a gap in the generator.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/floe-data/floe/scripts/differential"
	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm"
)

const usage = `usage: go run ./scripts/differential/planted [flags]     (at the top of the repository)

Plants faults in the Move VM, one at a time, and runs the generated programs of
scripts/differential on each. Exits with 1 if a fault is not noticed.

  go run ./scripts/differential/planted
  go run ./scripts/differential/planted --only shift --functions 400 --json

It needs the Move compiler (npm ci --prefix scripts/npm) and takes some minutes.
`

type config struct {
	functions int
	seed      uint64
	only      string
	json      bool
	replay    string
}

func main() {
	var c config
	flag.IntVar(&c.functions, "functions", 2000, "generate `N` functions")
	flag.Uint64Var(&c.seed, "seed", 1, "generate from seed `N`")
	flag.StringVar(&c.only, "only", "", "plant only faults with this `text` in their names")
	flag.BoolVar(&c.json, "json", false, "print JSON")
	flag.StringVar(&c.replay, "replay", "", "run the programs in this `file` on the VM as it is, and print how many end otherwise; used on the faulty builds")
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage, "\nflags:\n"); flag.PrintDefaults() }
	flag.Parse()
	missed, err := run(context.Background(), c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(2)
	}
	if missed > 0 {
		os.Exit(1)
	}
}

// run plants the faults and counts those that nothing notices.
func run(ctx context.Context, c config) (missed int, err error) {
	if c.replay != "" {
		d, err := replay(c.replay)
		return 0, errors.Join(err, json.NewEncoder(os.Stdout).Encode(d))
	}
	dir, err := os.MkdirTemp("", "planted")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	programs := filepath.Join(dir, "programs.json")
	cases, err := record(ctx, c, programs)
	if err != nil {
		return 0, err
	}
	if d, err := replay(programs); err != nil || d.Differ > 0 {
		return 0, fmt.Errorf("with no fault planted, %d cases differ (%s): %w", d.Differ, d.First, err)
	}
	verdicts := plantAll(ctx, dir, programs, c.only)
	var failed error
	for _, v := range verdicts {
		if v.err != nil {
			failed = errors.Join(failed, fmt.Errorf("plant %q: %w", v.Name, v.err))
		} else if v.Differ == 0 {
			missed++
		}
	}
	return missed, errors.Join(failed, report(c, cases, verdicts))
}

// A program is a package with what the real VM said of its cases.
type program struct {
	Bytecode [][]byte
	Results  []differential.Result
}

// record compares the machines on generated packages and writes them down.
func record(ctx context.Context, c config, file string) (cases int, err error) {
	comp, err := compiler.Open(ctx, compiler.Config{WASM: compiler.WASMPath, CacheDir: os.Getenv("FLOE_MOVEC_CACHE")})
	if err != nil {
		return 0, err
	}
	defer comp.Close(ctx)
	comparer := &differential.Comparer{Compiler: comp, Framework: "move/framework"}
	var list []program
	for seed := c.seed; ; seed += differential.ModulesPerPackage {
		r, err := comparer.Compare(ctx, differential.Package(seed))
		if err != nil {
			return 0, err
		}
		if len(r.Disagreements) > 0 {
			return 0, fmt.Errorf("the machines differ with no fault planted: run go test -run TestGenerated ./scripts/differential")
		}
		list = append(list, program{r.Bytecode, r.Results})
		cases += len(r.Results)
		if c.functions -= r.Functions; c.functions <= 0 {
			break
		}
	}
	b, err := json.Marshal(list)
	if err != nil {
		return 0, err
	}
	return cases, os.WriteFile(file, b, 0o600)
}

// replay runs recorded programs on the VM as it is.
func replay(file string) (d difference, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	var list []program
	if err := json.Unmarshal(b, &list); err != nil {
		return d, err
	}
	for _, p := range list {
		vm, err := differential.NewMachine(movevm.Config{Fuel: differential.CaseFuel, MaxMemory: differential.CaseMemory}, p.Bytecode)
		if err != nil {
			return d, err
		}
		for _, want := range p.Results {
			if got, err := vm.Run(want.Module, want.Case); err != nil || !reflect.DeepEqual(got, want.Outcome) {
				if d.Differ++; d.Differ == 1 {
					d.First = fmt.Sprintf("%s::%s gives %.100s instead of %.100s", want.Module, want.Case, choose(err, got), want.Outcome)
				}
			}
		}
	}
	return d, nil
}

func choose(err error, o differential.Outcome) string {
	if err != nil {
		return err.Error()
	}
	return o.String()
}

// difference is what a replay found.
type difference struct {
	Differ int    `json:"differ"` // cases
	First  string `json:"first,omitempty"`
}

type verdict struct {
	Fault
	difference
	err error
}

// plantAll builds and runs the VM with each fault, some side by side.
func plantAll(ctx context.Context, dir, programs, only string) []verdict {
	var list []verdict
	for _, f := range faults {
		if strings.Contains(f.Name, only) {
			list = append(list, verdict{Fault: f})
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(1, runtime.NumCPU()/2))
	for i := range list {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			v := &list[i]
			v.difference, v.err = plant(ctx, filepath.Join(dir, fmt.Sprint(i)), programs, v.Fault)
		})
	}
	wg.Wait()
	return list
}

// plant builds this program with a fault in the VM and lets it replay.
func plant(ctx context.Context, prefix, programs string, f Fault) (d difference, err error) {
	source, err := filepath.Abs(filepath.Join("sdk/movevm", f.File))
	if err != nil {
		return d, err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return d, err
	}
	faulty, err := f.apply(string(text))
	if err != nil {
		return d, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: prefix + ".go"}})
	if err != nil {
		return d, err
	}
	if err := errors.Join(os.WriteFile(prefix+".go", []byte(faulty), 0o600), os.WriteFile(prefix+".json", overlay, 0o600)); err != nil {
		return d, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-overlay", prefix+".json", "-o", prefix+".bin", "./scripts/differential/planted")
	if out, err := build.CombinedOutput(); err != nil {
		return d, fmt.Errorf("%w\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, prefix+".bin", "--replay", programs).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return difference{1, "the VM crashes: " + firstLine(exit.Stderr)}, nil
	}
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(out, &d)
}

// apply changes a source.
func (f Fault) apply(source string) (string, error) {
	if n := strings.Count(source, f.Old); n != 1 {
		return "", fmt.Errorf("%q stands %d times in sdk/movevm/%s, not once: bring faults.go up to date", f.Old, n, f.File)
	}
	return strings.Replace(source, f.Old, f.New, 1), nil
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

func report(c config, cases int, list []verdict) error {
	if c.json {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"cases": cases, "faults": list})
	}
	found := 0
	for _, v := range list {
		word := "MISSED"
		if v.Differ > 0 {
			found, word = found+1, fmt.Sprintf("%5d", v.Differ)
		}
		fmt.Printf("%6s  %s (%s)\n", word, v.Name, v.File)
	}
	fmt.Printf("%d of %d faults are noticed; the numbers are of the cases, of %d, that end otherwise\n", found, len(list), cases)
	return nil
}
