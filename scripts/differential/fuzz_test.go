package differential

import (
	"errors"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
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
	mutantFuel   = 50_000
	mutantMemory = 4 << 20
	mutantTime   = 20 * time.Second
	mutantHeap   = 96 << 20
)

// FuzzMutants changes generated modules and runs all their functions with random
// arguments. Whatever a module holds, it is refused or runs within its bounds:
// no panic, no hang, no memory beyond what it may have. If it could be published,
// all its functions load, and none ends in an error that tells of bad code or of
// a broken machine.
func FuzzMutants(f *testing.F) {
	modules := generatedModules(f, 1000, 6)
	for i := range modules {
		f.Add(uint8(i), []byte{}, uint64(i))
		f.Add(uint8(i), []byte{3, 0, 1, 0, 9, 1}, uint64(i))
	}
	w := &mutantWorld{}
	f.Fuzz(func(t *testing.T, which uint8, change []byte, seed uint64) {
		w.run(t, modules[int(which)%len(modules)], change, seed)
	})
}

// TestMutants is FuzzMutants with random changes, for some hundred mutants.
func TestMutants(t *testing.T) {
	modules := generatedModules(t, 1000, 6)
	r := rand.New(rand.NewPCG(3, 4))
	w := &mutantWorld{}
	for i := range 600 {
		change := make([]byte, r.IntN(8))
		for k := range change {
			change[k] = byte(r.Uint32())
		}
		w.run(t, modules[i%len(modules)], change, uint64(i))
	}
	t.Logf("%d functions ran, %d modules of 600 could be published", w.ran, w.published)
	if w.ran < 5000 || w.published < 40 {
		t.Error("too few mutants got as far as that")
	}
}

// A mutantWorld runs mutants, each as a package of its own, on one VM: parsing
// the framework takes longer than most of them.
type mutantWorld struct {
	*Machine
	mutant         *sui.MovePackage
	left           int // mutants until a fresh VM
	ran, published int
}

func (w *mutantWorld) Package(id sui.Address) (*sui.MovePackage, error) {
	if id == w.mutant.ID {
		return w.mutant, nil
	}
	return w.Machine.Package(id)
}

func (w *mutantWorld) run(t *testing.T, original []byte, change []byte, seed uint64) {
	if w.left--; w.left < 0 {
		machine, err := NewMachine(movevm.Config{Fuel: mutantFuel, MaxMemory: mutantMemory}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Machine, w.left = machine, 500
	}
	m, err := bytecode.Parse(original)
	if err != nil {
		t.Fatal(err)
	}
	mutate.Apply(m, change)
	id := sui.Address{28: 0xd1, 29: 0xff, 30: byte(w.left >> 8), 31: byte(w.left)}
	m.Readdress(map[sui.Address]sui.Address{generatedID: id})
	w.mutant = &sui.MovePackage{ID: id, Version: 1, Linkage: w.packages[generatedID].Linkage, Modules: []sui.Module{{Name: m.Name(), Bytes: m.Serialize()}}}
	if m, err = bytecode.Parse(w.mutant.Modules[0].Bytes); err != nil {
		return
	}
	start, heap := time.Now(), allocated()
	err = w.vm.NewSession(w, nil, movevm.TxContext{}).AddPackage(w.mutant)
	mustBeError(t, err)
	sound := err == nil
	if sound {
		w.published++
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, def := range m.Functions {
		w.call(t, m, def, r, sound)
	}
	if took := time.Since(start); took > mutantTime {
		t.Errorf("took %v", took)
	}
	if grew := allocated() - heap; grew > mutantHeap+uint64(len(m.Functions))*4*mutantMemory {
		t.Errorf("allocated %d MiB in %d functions", grew>>20, len(m.Functions))
	}
}

// allocated counts the bytes that this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// call calls a function with random arguments.
func (w *mutantWorld) call(t *testing.T, m *bytecode.Module, def bytecode.FunctionDef, r *rand.Rand, sound bool) {
	s := w.vm.NewSession(w, nil, movevm.TxContext{})
	var targs []sui.TypeTag
	for range m.FunctionHandles[def.Handle].TypeParams {
		targs = append(targs, sui.TypeTag{Kind: []sui.TypeKind{sui.KindU8, sui.KindU64, sui.KindBool, sui.KindAddress, sui.KindU256}[r.IntN(5)]})
	}
	f, err := s.LoadFunction(m.Address(), m.Name(), m.FunctionName(def), targs)
	if err != nil {
		mustBeFit(t, err, sound, movevm.StatusConstraint, movevm.StatusTypeDepth)
		return
	}
	var args []movevm.Value
	for _, p := range f.Params {
		v, ok := argument(s, p, r)
		if !ok {
			return
		}
		args = append(args, v)
	}
	out, err := s.Call(f, args)
	w.ran++
	mustBeFit(t, err, sound)
	for _, v := range out {
		if v, err = s.Deref(v); err == nil {
			_, err = s.Encode(v)
		}
		mustBeFit(t, err, sound)
	}
	if used := s.Used(); used.Memory > 2*mutantMemory || used.Fuel > 2*mutantFuel {
		t.Errorf("%s used %+v", f.Name, used)
	}
}

// mustBeFit demands that an error is the VM's and, of a package that could be
// published, that it is one of execution or among others.
func mustBeFit(t *testing.T, err error, sound bool, others ...movevm.Status) {
	t.Helper()
	mustBeError(t, err)
	var e *movevm.Error
	if sound && errors.As(err, &e) && (e.Status < 4000 || e.Status >= 5000) && !slices.Contains(others, e.Status) {
		t.Fatalf("of a package that may be published: %v", err)
	}
}

func mustBeError(t *testing.T, err error) {
	t.Helper()
	var e *movevm.Error
	if err != nil && !errors.As(err, &e) {
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
