// Package movetest runs Move unit tests on package movevm: with natives that
// are real where Sui's runner has stubs (BLS12-381, Groth16, Nitro).
//
// It takes compiled modules in which the tests are ordinary functions, and a
// list of the tests with what they expect. scripts/movec makes both from a Move
// package; [Run] gives the verdicts.
package movetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A Test is a function without parameters to call.
type Test struct {
	Name     string // for reports
	Address  sui.Address
	Module   string
	Function string
	Failure  *Failure // that is expected; nil when the function must return
}

// A Failure describes the error that a test must end with. Its zero fields
// match anything.
type Failure struct {
	Status   movevm.Status
	Code     *uint64     // abort code or sub status
	Constant string      // name of an #[error] constant
	Address  sui.Address // runtime id of the package of Module
	Module   string      // where it must happen
}

// A Result is the verdict on a test.
type Result struct {
	Test   Test
	Passed bool
	Reason string // why it failed
	Err    error  // what the function ended with, also when that was expected
	Used   movevm.Used
}

// Config changes how tests run. The zero value is ready to use.
type Config struct {
	// VM configures the machine. Test is set, and a Fuel of 0 is left to it.
	VM movevm.Config
}

// Run runs each test in a session of its own, in the given order. An error
// means that the modules can't be used, not that a test failed.
func Run(cfg Config, modules [][]byte, tests []Test) ([]Result, error) {
	link, err := newLinked(modules)
	if err != nil {
		return nil, fmt.Errorf("load test modules: %w", err)
	}
	cfg.VM.Test = true
	vm := movevm.New(cfg.VM)
	var results []Result
	for _, t := range tests {
		results = append(results, link.run(vm, t))
	}
	return results, nil
}

// linked are packages that all link to each other.
type linked struct {
	packages map[sui.Address]*sui.MovePackage
	modules  map[moduleID]*bytecode.Module
}

type moduleID struct {
	address sui.Address
	name    string
}

func newLinked(modules [][]byte) (*linked, error) {
	l := &linked{map[sui.Address]*sui.MovePackage{}, map[moduleID]*bytecode.Module{}}
	for i, raw := range modules {
		m, err := bytecode.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("module %d: %w", i, err)
		}
		id := m.Address()
		p := l.packages[id]
		if p == nil {
			p = &sui.MovePackage{ID: id, Version: 1}
			l.packages[id] = p
		}
		p.Modules = append(p.Modules, sui.Module{Name: m.Name(), Bytes: raw})
		for _, handle := range datatypes(m) {
			p.TypeOrigins = append(p.TypeOrigins, sui.TypeOrigin{Module: m.Name(), Name: m.DatatypeName(handle), Package: id})
		}
		l.modules[moduleID{id, m.Name()}] = m
	}
	for id, p := range l.packages {
		for other := range l.packages {
			if other != id {
				p.Linkage = append(p.Linkage, sui.Linkage{Original: other, Upgraded: other, Version: 1})
			}
		}
		slices.SortFunc(p.Linkage, func(a, b sui.Linkage) int { return a.Original.Compare(b.Original) })
		slices.SortFunc(p.Modules, func(a, b sui.Module) int { return strings.Compare(a.Name, b.Name) })
	}
	return l, nil
}

func datatypes(m *bytecode.Module) (handles []uint16) {
	for _, s := range m.Structs {
		handles = append(handles, s.Handle)
	}
	for _, e := range m.Enums {
		handles = append(handles, e.Handle)
	}
	return handles
}

// Package implements movevm.PackageSource.
func (l *linked) Package(id sui.Address) (*sui.MovePackage, error) { return l.packages[id], nil }

func (l *linked) run(vm *movevm.VM, t Test) Result {
	r := Result{Test: t}
	s := vm.NewSession(l, nil, movevm.TxContext{})
	fn, err := s.LoadFunction(t.Address, t.Module, t.Function, nil)
	if err == nil {
		_, err = s.Call(fn, nil)
	} else {
		err = fmt.Errorf("load test: %w", err)
	}
	r.Err, r.Used = err, s.Used()
	switch {
	case err == nil && t.Failure == nil:
		r.Passed = true
	case err == nil:
		r.Reason = "it returned, and a failure was expected"
	case t.Failure == nil:
		r.Reason = "it failed: " + err.Error()
	default:
		r.Reason = l.compare(t.Failure, err)
		r.Passed = r.Reason == ""
	}
	return r
}

// compare says how an error differs from the expected one, "" if it does not.
// An error of the machine itself, as when a native is missing, is never
// expected.
func (l *linked) compare(want *Failure, err error) string {
	var got *movevm.Error
	if !errors.As(err, &got) || got.Status < 4000 || got.Status >= 5000 {
		return "it could not be run: " + err.Error()
	}
	switch {
	case want.Status != 0 && got.Status != want.Status:
		return fmt.Sprintf("status %d was expected: %v", want.Status, err)
	case want.Code != nil && got.Code != *want.Code:
		return fmt.Sprintf("code %d was expected: %v", *want.Code, err)
	case want.Module != "" && (got.Module != want.Module || got.Original != want.Address):
		return fmt.Sprintf("a failure in %s::%s was expected: %v", want.Address.Short(), want.Module, err)
	case want.Constant != "" && l.constant(got) != want.Constant:
		return fmt.Sprintf("%s was expected: %v", want.Constant, err)
	}
	return ""
}

// constant is the name of the #[error] constant in an abort code: bits 16 to 31
// are its place in the module's constant pool.
func (l *linked) constant(e *movevm.Error) string {
	m := l.modules[moduleID{e.Original, e.Module}]
	i := int(uint16(e.Code >> 16))
	if tag := e.Code >> 60; m == nil || tag != 0xc && tag != 0x8 || i >= len(m.Constants) {
		return ""
	}
	data := m.Constants[i].Data
	if len(data) == 0 || int(data[0]) != len(data)-1 { // identifiers have at most 127 bytes here
		return ""
	}
	return string(data[1:])
}
