package movevm

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// Any module that parses can be loaded and each of its functions called: what
// comes is a result or an *Error, within the session's bounds, never a panic.
func FuzzRun(f *testing.F) {
	for _, name := range []string{"testdata/basic/basic.mv", "testdata/runner/02.mv", "testdata/runner/01.mv"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	l := newLedger(f)
	f.Fuzz(func(t *testing.T, b []byte) { runAll(t, l, b) })
}

// Compiled modules with a few bytes changed: most that still parse are ill
// typed, some are well typed and break rules that are not checked (references).
func TestMutations(t *testing.T) {
	l := newLedger(t)
	rnd := rand.New(rand.NewPCG(7, 11))
	var seeds [][]byte
	for _, name := range []string{"basic/basic.mv", "runner/01.mv", "runner/02.mv"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	for range 400 {
		b := bytes.Clone(seeds[rnd.IntN(len(seeds))])
		for range 1 + rnd.IntN(3) {
			i := len(b)/3 + rnd.IntN(len(b)-len(b)/3)
			b[i] += byte(rnd.IntN(7) - 3)
		}
		runAll(t, l, b)
	}
}

// runAll loads a module, if it parses, calls each function with zeros and
// publishes it.
func runAll(t *testing.T, l *ledger, b []byte) {
	m, err := bytecode.Parse(b)
	if err != nil {
		return
	}
	id := sui.Address{31: 0xf0}
	m.Readdress(map[sui.Address]sui.Address{m.Address(): id})
	pkg := &sui.MovePackage{ID: id, Version: 1, Modules: []sui.Module{{Name: m.Name(), Bytes: m.Serialize()}}}
	for _, dep := range []sui.Address{stdFramework, suiFramework} {
		pkg.Linkage = append(pkg.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
	}
	src := packages{id: pkg, stdFramework: l.packages[stdFramework], suiFramework: l.packages[suiFramework]}
	vm := New(Config{Fuel: 50_000, MaxMemory: 1 << 20})
	for _, def := range m.Functions {
		callWithZeros(t, vm.NewSession(src, l, TxContext{}), id, m, def)
	}
	if err := vm.NewSession(src, l, TxContext{}).AddPackage(pkg); err != nil {
		mustBeError(t, err)
	}
}

func callWithZeros(t *testing.T, s *Session, id sui.Address, m *bytecode.Module, def bytecode.FunctionDef) {
	t.Helper()
	var targs []sui.TypeTag
	for range m.FunctionHandles[def.Handle].TypeParams {
		targs = append(targs, u64Tag)
	}
	fn, err := s.LoadFunction(id, m.Name(), m.FunctionName(def), targs)
	if err != nil {
		mustBeError(t, err)
		return
	}
	args := make([]Value, len(fn.Params))
	for i, p := range fn.Params {
		args[i] = zeroArg(p)
	}
	if _, err := s.Call(fn, args); err != nil {
		mustBeError(t, err)
	}
}

func mustBeError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T: %v", err, err)
	}
}

// zeroArg is an argument of a type, made of zeros.
func zeroArg(t *Type) Value {
	if t.IsRef() {
		return NewCell(Value{t.Elem, zeroValue(t.Elem)}).Ref(t)
	}
	return Value{t, zeroValue(t)}
}

func zeroValue(t *Type) value {
	switch t.Kind {
	case KindVector:
		return value{o: &object{}}
	case KindDatatype:
		o := record(len(t.fields[0]))
		for i, f := range t.fields[0] {
			o.f[i] = zeroValue(f)
		}
		return value{o: o}
	}
	return value{}
}
