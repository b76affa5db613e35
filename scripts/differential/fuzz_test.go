package differential

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/movevm/bytecode/mutate"
	"github.com/floe-data/floe/sdk/sui"
)

// Bounds of a mutant's run, and what may come on top of them: time for a slow
// machine, and memory for the loader and for what the machine itself needs.
const (
	mutantFuel   = 200_000
	mutantMemory = 4 << 20
	mutantTime   = 20 * time.Second
	mutantHeap   = 96 << 20
)

// FuzzMutants changes generated modules and runs all their functions with random
// arguments. Whatever a module holds, it is refused or runs within its bounds:
// no panic, no hang, no memory beyond what it may have.
func FuzzMutants(f *testing.F) {
	modules := generatedModules(f, 1000, 6)
	for i := range modules {
		f.Add(uint8(i), []byte{}, uint64(i))
		f.Add(uint8(i), []byte{3, 0, 1, 0, 9, 1}, uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint8, change []byte, seed uint64) {
		runMutant(t, modules[int(which)%len(modules)], change, seed)
	})
}

// TestMutants is FuzzMutants with random changes, for some hundred mutants.
func TestMutants(t *testing.T) {
	modules := generatedModules(t, 1000, 6)
	r := rand.New(rand.NewPCG(3, 4))
	ran := 0
	for i := range 300 {
		change := make([]byte, r.IntN(30))
		for k := range change {
			change[k] = byte(r.Uint32())
		}
		ran += runMutant(t, modules[i%len(modules)], change, uint64(i))
	}
	if ran < 300 {
		t.Errorf("only %d functions of mutants ran", ran)
	}
}

func runMutant(t *testing.T, original []byte, change []byte, seed uint64) (ran int) {
	m, err := bytecode.Parse(original)
	if err != nil {
		t.Fatal(err)
	}
	mutate.Apply(m, change)
	b := m.Serialize()
	if m, err = bytecode.Parse(b); err != nil {
		return 0
	}
	start, heap := time.Now(), allocated()
	machine, err := NewMachine(movevm.Config{Fuel: mutantFuel, MaxMemory: mutantMemory}, [][]byte{b})
	if err != nil {
		return 0
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, def := range m.Functions {
		if runFunction(t, machine, m, def, r) {
			ran++
		}
	}
	if took := time.Since(start); took > mutantTime {
		t.Errorf("took %v", took)
	}
	if grew := allocated() - heap; grew > mutantHeap+uint64(len(m.Functions))*4*mutantMemory {
		t.Errorf("allocated %d MiB in %d functions", grew>>20, len(m.Functions))
	}
	return ran
}

func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

// runFunction calls a function with random arguments and reports whether it
// came to a call.
func runFunction(t *testing.T, machine *Machine, m *bytecode.Module, def bytecode.FunctionDef, r *rand.Rand) bool {
	s := machine.vm.NewSession(machine, nil, movevm.TxContext{})
	var targs []sui.TypeTag
	for range m.FunctionHandles[def.Handle].TypeParams {
		targs = append(targs, sui.TypeTag{Kind: []sui.TypeKind{sui.KindU8, sui.KindU64, sui.KindBool, sui.KindAddress, sui.KindU256}[r.IntN(5)]})
	}
	f, err := s.LoadFunction(generatedID, m.Name(), m.FunctionName(def), targs)
	if err != nil {
		mustBeError(t, err)
		return false
	}
	var args []movevm.Value
	for _, p := range f.Params {
		v, ok := argument(s, p, r)
		if !ok {
			return false
		}
		args = append(args, v)
	}
	out, err := s.Call(f, args)
	if err != nil {
		mustBeError(t, err)
	}
	for _, v := range out {
		if v, err = s.Deref(v); err == nil {
			_, err = s.Encode(v)
		}
		if err != nil {
			mustBeError(t, err)
		}
	}
	if used := s.Used(); used.Memory > 2*mutantMemory || used.Fuel > 2*mutantFuel {
		t.Errorf("%s used %+v", f.Name, used)
	}
	return true
}

func mustBeError(t *testing.T, err error) {
	t.Helper()
	var e *movevm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is a %T: %v", err, err)
	}
}

// argument makes a value of a type, or a reference to one.
func argument(s *movevm.Session, t *movevm.Type, r *rand.Rand) (movevm.Value, bool) {
	if t.IsRef() {
		v, ok := argument(s, t.Elem, r)
		if !ok {
			return v, false
		}
		return movevm.NewCell(v).Ref(t), true
	}
	if v, err := s.Decode(t, encoding(t, r, nil)); err == nil {
		return v, true
	}
	// An enum is in it, whose fields the API does not tell: try zeros.
	for n := range 200 {
		if v, err := s.Decode(t, make([]byte, n)); err == nil {
			return v, true
		}
	}
	return movevm.Value{}, false
}

// encoding is the BCS of a random value of a type without enums.
func encoding(t *movevm.Type, r *rand.Rand, b []byte) []byte {
	switch t.Kind {
	case movevm.KindBool:
		return append(b, byte(r.IntN(2)))
	case movevm.KindVector:
		n := r.IntN(4)
		b = append(b, byte(n))
		for range n {
			b = encoding(t.Elem, r, b)
		}
		return b
	case movevm.KindDatatype:
		_, fields := t.Fields()
		for _, f := range fields {
			b = encoding(f, r, b)
		}
		return b
	}
	size := 32
	if t.Kind <= movevm.KindU256 {
		size = 1 << (t.Kind - movevm.KindU8)
	}
	small := r.IntN(2) == 0
	for i := range size {
		c := byte(r.Uint32())
		if small && i > 0 {
			c = 0
		}
		b = append(b, c)
	}
	return b
}
