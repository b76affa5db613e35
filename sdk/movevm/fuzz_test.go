package movevm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/movevm/bytecode/mutate"
	"github.com/floe-data/floe/sdk/sui"
)

// FuzzRun takes a module, changes it as a script says and calls each of its
// functions with arguments that follow from a seed: see arena.check for what
// must hold then.
func FuzzRun(f *testing.F) {
	modules := runnableModules(f)
	for i, b := range modules {
		f.Add(b, []byte{}, uint64(i))
		f.Add(b, []byte{3, 0, 1, 0, 9, 1}, uint64(i))
	}
	a := newArena(f)
	f.Fuzz(func(t *testing.T, module, changes []byte, seed uint64) { a.check(t, module, changes, seed) })
}

// TestMutations is FuzzRun with random scripts.
func TestMutations(t *testing.T) {
	a := newArena(t)
	rnd := rand.New(rand.NewPCG(7, 11))
	modules := runnableModules(t)
	for i := range 1000 {
		changes := make([]byte, rnd.IntN(8))
		for k := range changes {
			changes[k] = byte(rnd.Uint32())
		}
		a.check(t, modules[i%len(modules)], changes, uint64(i))
	}
	t.Logf("%d functions ran, %d modules of 1000 could be published", a.ran, a.published)
	if a.ran < 5000 || a.published < 100 {
		t.Error("too few mutants got as far as that")
	}
}

// runnableModules are small modules of testdata that need the framework only.
func runnableModules(t testing.TB) (modules [][]byte) {
	t.Helper()
	files, _ := filepath.Glob("testdata/*/*.mv")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 6000 {
			modules = append(modules, b)
		}
	}
	if len(modules) < 6 {
		t.Fatalf("only %d modules in testdata", len(modules))
	}
	return modules
}

// What a mutant may use, and what its host may allocate on top: the loader, the
// machine's frames and the overhead of small values.
const (
	arenaFuel   = 20_000
	arenaMemory = 256 << 10
	arenaHeap   = 64 << 20
)

// An arena runs modules that nobody verified. The framework is parsed once.
type arena struct {
	vm             *VM
	l              *ledger
	modules        map[string][]byte // of testdata, by name
	ran, published int
}

func newArena(t testing.TB) *arena {
	a := &arena{vm: New(Config{Fuel: arenaFuel, MaxMemory: arenaMemory}), l: newLedger(t), modules: map[string][]byte{}}
	for _, b := range runnableModules(t) {
		a.modules[mustName(t, b)] = b
	}
	r := a.vm.shared.resolve(a.l.packages)
	defer r.done()
	for id := range a.l.packages {
		if _, err := r.pack(id); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// check runs a mutant. What must hold of any bytes: each function is refused
// with an *Error or runs within the bounds of its session; what it returns is of
// the type that it declares, so that it survives BCS; and it does the same when
// it runs again. Of a module that may be published, all functions load, and no
// error that tells of bad code or of a broken machine comes from it at run time.
func (a *arena) check(t testing.TB, module, changes []byte, seed uint64) {
	m, err := bytecode.Parse(module)
	if err != nil {
		return
	}
	mutate.Apply(m, changes)
	pkg := a.pack(m)
	k, err := parsePackage(pkg)
	if err != nil {
		return
	}
	before := allocated()
	publisher := a.session(nil)
	err = publisher.AddPackage(pkg)
	mustBeError(t, err)
	sound := err == nil
	if sound {
		a.published++
	}
	m, loader := k.modules[m.Name()], a.vm.shared.fork(a.l.packages)
	loader.pin(k)
	for _, def := range m.Functions {
		first := a.call(t, loader, m, def, seed, sound)
		if again := a.call(t, loader, m, def, seed, sound); again != first {
			t.Fatalf("%s does not do the same twice:\n%s\n%s", m.FunctionName(def), first, again)
		}
	}
	if grew := allocated() - before; grew > arenaHeap+uint64(len(m.Functions))*8*arenaMemory {
		t.Fatalf("allocated %d MiB in %d functions", grew>>20, len(m.Functions))
	}
}

// pack makes a package of a module, which links to the framework, and of the
// modules of testdata that it uses.
func (a *arena) pack(m *bytecode.Module) *sui.MovePackage {
	if isSystem(m.Address()) {
		m.Readdress(map[sui.Address]sui.Address{m.Address(): {31: 0xf0}})
	}
	pkg := &sui.MovePackage{ID: m.Address(), Version: 1}
	for dep := range a.l.packages {
		pkg.Linkage = append(pkg.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
	}
	pkg.Modules = append(pkg.Modules, sui.Module{Name: m.Name(), Bytes: m.Serialize()})
	for i := range m.ModuleHandles {
		if id, name := m.ModuleID(uint16(i)); id == pkg.ID && name != m.Name() && a.modules[name] != nil {
			pkg.Modules = append(pkg.Modules, sui.Module{Name: name, Bytes: a.modules[name]})
		}
	}
	return pkg
}

func (a *arena) session(loader *loader) *Session {
	s := a.vm.NewSession(a.l.packages, a.l, TxContext{})
	if loader != nil {
		s.loader = loader
	}
	return s
}

// call runs a function and describes what came of it.
func (a *arena) call(t testing.TB, loader *loader, m *bytecode.Module, def bytecode.FunctionDef, seed uint64, sound bool) string {
	t.Helper()
	s, rnd := a.session(loader), rand.New(rand.NewPCG(seed, 1))
	var targs []sui.TypeTag
	for range m.FunctionHandles[def.Handle].TypeParams {
		targs = append(targs, u64Tag)
	}
	fn, err := s.LoadFunction(m.Address(), m.Name(), m.FunctionName(def), targs)
	if err != nil {
		mustBeError(t, err)
		if e := asError(err); sound && e.Status != StatusConstraint && e.Status != StatusTypeDepth {
			t.Fatalf("%s is in a package that may be published but does not load: %v", m.FunctionName(def), err)
		}
		return err.Error()
	}
	args := make([]Value, len(fn.Params))
	for i, p := range fn.Params {
		args[i] = randomArg(p, rnd)
	}
	out, err := s.Call(fn, args)
	a.ran++
	mustBeError(t, err)
	if used := s.Used(); used.Fuel > 2*arenaFuel || used.Memory > 2*arenaMemory {
		t.Fatalf("%s used %+v", fn.Name, used)
	}
	if err != nil {
		if e := asError(err); !mayEnd(e, sound, m) {
			t.Fatalf("%s: %v", fn.Name, err)
		}
		return fmt.Sprint(err, s.Used())
	}
	text := fmt.Sprint(s.Used())
	for _, v := range out {
		text += fmt.Sprintf(" %x", roundTrip(t, s, v))
	}
	return text
}

// mayEnd tells whether a call may end with an error.
func mayEnd(e *Error, sound bool, m *bytecode.Module) bool {
	if !sound {
		return true
	}
	if e.Original != m.Address() {
		return e.Status != StatusInvariant
	}
	return e.Status >= 4000 && e.Status < 5000
}

// roundTrip encodes a value and demands that it decodes to the same.
func roundTrip(t testing.TB, s *Session, v Value) []byte {
	t.Helper()
	v, err := s.Deref(v)
	if err != nil {
		mustBeError(t, err)
		return nil // the memory is used up
	}
	b, err := s.Encode(v)
	if err != nil {
		t.Fatalf("encode a returned value: %v", err)
	}
	inner, err := unmetered().decode(v.typ, b)
	if err != nil {
		t.Fatalf("a returned value does not decode as %v: %v\n%x", v.typ, err, b)
	}
	if !unmetered().equal(inner, v.v, 0) {
		t.Fatalf("a returned value of type %v decodes to another: %x", v.typ, b)
	}
	return b
}

func mustBeError(t testing.TB, err error) {
	t.Helper()
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error is %T: %v", err, err)
	}
}

// allocated counts the bytes that this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// randomArg is an argument of a type.
func randomArg(t *Type, rnd *rand.Rand) Value {
	if t.IsRef() {
		return NewCell(Value{t.Elem, randomValue(t.Elem, rnd)}).Ref(t)
	}
	return Value{t, randomValue(t, rnd)}
}

func randomValue(t *Type, rnd *rand.Rand) value {
	switch t.Kind {
	case KindBool:
		return number(rnd.Uint64N(2))
	case KindVector:
		o := &object{}
		for range rnd.IntN(4) {
			if t.Elem.Kind == KindU8 {
				o.b = append(o.b, byte(rnd.Uint32()))
			} else {
				o.f = append(o.f, randomValue(t.Elem, rnd))
			}
		}
		return value{o: o}
	case KindDatatype:
		tag := rnd.IntN(len(t.fields))
		if len(t.fields[tag]) == 0 {
			return number(uint64(tag))
		}
		o := record(len(t.fields[tag]))
		for i, f := range t.fields[tag] {
			o.f[i] = randomValue(f, rnd)
		}
		return value{n: uint64(tag), o: o}
	}
	bits := 256
	if t.Kind <= KindU256 {
		bits = int(widths[t.Kind])
	}
	return randomNumber(bits, rnd)
}

// randomNumber is often small or near the top.
func randomNumber(bits int, rnd *rand.Rand) value {
	var w [4]uint64
	switch rnd.IntN(3) {
	case 0:
		w[0] = rnd.Uint64N(4)
	case 1:
		w = [4]uint64{^rnd.Uint64N(3), ^uint64(0), ^uint64(0), ^uint64(0)}
	default:
		w = [4]uint64{rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64()}
	}
	for i := range w {
		if low := bits - 64*i; low <= 0 {
			w[i] = 0
		} else if low < 64 {
			w[i] &= 1<<low - 1
		}
	}
	return wide(w)
}
