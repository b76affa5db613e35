package differential

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

// open shares one loaded compiler among all tests: loading takes longer than
// most of them.
var open = sync.OnceValues(func() (*compiler.Compiler, error) {
	wasm := os.Getenv("FLOE_MOVEC_WASM")
	if wasm == "" {
		wasm = "../../" + compiler.WASMPath
	}
	return compiler.Open(context.Background(), compiler.Config{WASM: wasm, CacheDir: os.Getenv("FLOE_MOVEC_CACHE")})
})

func comparer(t testing.TB) *Comparer {
	t.Helper()
	c, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return &Comparer{Compiler: c, Framework: "../../move/framework"}
}

// number reads a number from the environment.
func number(t testing.TB, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// unused are instructions that the compiler does not write: it makes branches of
// && and ||.
var unused = map[bytecode.Opcode]bool{bytecode.OpNop: true, bytecode.OpBrTrue: true, bytecode.OpAnd: true, bytecode.OpOr: true}

// TestGenerated compares the machines on generated functions: 2,000, or
// FLOE_DIFF_FUNCTIONS, from the seed 1, or FLOE_DIFF_SEED.
func TestGenerated(t *testing.T) {
	c := comparer(t)
	functions := int(number(t, "FLOE_DIFF_FUNCTIONS", 2000))
	if testing.Short() {
		functions = min(functions, 200)
	}
	seed := number(t, "FLOE_DIFF_SEED", 1)
	total := &totals{outcomes: map[string]int{}, opcodes: map[bytecode.Opcode]bool{}}
	t.Run("packages", func(t *testing.T) {
		const perPackage = ModulesPerPackage * functionsPerModule
		some := functions + functions/20 // for modules that the compiler refuses
		for i := range (some + perPackage - 1) / perPackage {
			first := seed + uint64(i*ModulesPerPackage)
			t.Run(fmt.Sprintf("seed=%d", first), func(t *testing.T) {
				t.Parallel()
				comparePackage(t, c, first, total)
			})
		}
	})
	t.Logf("%d functions, %d cases, %d controls, %d modules refused by the compiler, %d cases too large", total.functions, total.cases, total.controls, total.refused, total.tooLarge)
	if total.tooLarge > total.cases/100 {
		t.Errorf("%d cases of %d were stopped by our VM and not compared", total.tooLarge, total.cases)
	}
	for _, kind := range slices.Sorted(maps.Keys(total.outcomes)) {
		t.Logf("%6d × %s", total.outcomes[kind], kind)
	}
	if total.functions < functions {
		t.Errorf("only %d of %d functions were compared", total.functions, functions)
	}
	if functions < 2000 {
		return
	}
	for _, kind := range []string{"value", "abort", "clever abort", "arithmetic error", "vector error"} {
		if total.outcomes[kind] == 0 {
			t.Errorf("no case ended with: %s", kind)
		}
	}
	for op := bytecode.OpPop; op <= bytecode.OpVariantSwitch; op++ {
		if !total.opcodes[op] && !op.Deprecated() && !unused[op] {
			t.Errorf("no generated program has %v", op)
		}
	}
}

// totals sum up over packages.
type totals struct {
	mu                                            sync.Mutex
	functions, cases, controls, refused, tooLarge int
	outcomes                                      map[string]int
	opcodes                                       map[bytecode.Opcode]bool
}

// minimise makes the module of a disagreement smaller while the machines still
// differ on the case.
func minimise(t *testing.T, c *Comparer, seed uint64, d Disagreement) string {
	modules := Package(seed)
	m := modules[slices.IndexFunc(modules, func(m *Module) bool { return m.Name == d.Module })]
	const tries = 150
	deadline := time.Now().Add(time.Minute)
	m.Shrink(tries, func(m *Module) bool {
		if time.Now().After(deadline) {
			return false
		}
		r, err := c.Compare(t.Context(), []*Module{m})
		return err == nil && slices.ContainsFunc(r.Disagreements, func(e Disagreement) bool { return e.Case == d.Case })
	})
	return m.Source()
}

func comparePackage(t *testing.T, c *Comparer, seed uint64, total *totals) {
	r, err := c.Compare(t.Context(), Package(seed))
	if err != nil {
		text := err.Error()
		t.Fatal(text[:min(len(text), 4000)])
	}
	for i, d := range r.Disagreements {
		t.Errorf("module %s, case %s: ours gives %v; the real VM:\n%s", d.Module, d.Case, d.Ours, d.Real)
		if i == 0 {
			t.Logf("to see it again: FLOE_DIFF_SEED=%d FLOE_DIFF_FUNCTIONS=1; made smaller:\n%s", seed, minimise(t, c, seed, d))
		}
	}
	parsed, err := r.parsed()
	if err != nil {
		t.Fatal(err)
	}
	total.mu.Lock()
	defer total.mu.Unlock()
	total.functions += r.Functions
	total.cases += r.Cases
	total.controls += r.Controls
	total.refused += len(r.Refused)
	total.tooLarge += r.TooLarge
	for kind, n := range r.Outcomes {
		total.outcomes[kind] += n
	}
	for _, m := range parsed {
		for _, f := range m.Functions {
			for _, in := range f.Code {
				total.opcodes[in.Op] = true
			}
		}
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	a, b := Generate(7, "m", 30, 3).Source(), Generate(7, "m", 30, 3).Source()
	if a != b || a == Generate(8, "m", 30, 3).Source() {
		t.Error("the source does not follow from the seed alone")
	}
	if !strings.Contains(a, "public fun c29_1()") {
		t.Error("the module lacks cases")
	}
}
