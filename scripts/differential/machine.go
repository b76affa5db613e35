package differential

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// generatedID, stdID and suiID are the packages of the machine.
var (
	generatedID = sui.Address{30: 0xd1, 31: 0xff}
	stdID       = sui.Address{31: 1}
	suiID       = sui.Address{31: 2}
)

var packageNames = map[sui.Address]string{generatedID: "diff", stdID: "std", suiID: "sui"}

// A Machine runs a generated package on our VM.
type Machine struct {
	vm       *movevm.VM
	packages map[sui.Address]*sui.MovePackage
	modules  map[string]*bytecode.Module // by full name, as std::vector
}

// NewMachine links compiled modules with the framework.
func NewMachine(cfg movevm.Config, modules [][]byte) (*Machine, error) {
	m := &Machine{vm: movevm.New(cfg), packages: map[sui.Address]*sui.MovePackage{}, modules: map[string]*bytecode.Module{}}
	for id := range packageNames {
		p := &sui.MovePackage{ID: id, Version: 1}
		for dep := range packageNames {
			if dep != id && dep != generatedID {
				p.Linkage = append(p.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
			}
		}
		m.packages[id] = p
	}
	framework, err := move.Package("framework")
	if err != nil {
		return nil, err
	}
	for _, f := range framework.Modules {
		modules = append(modules, f.Bytes)
	}
	for _, b := range modules {
		parsed, err := bytecode.Parse(b)
		if err != nil {
			return nil, err
		}
		p := m.packages[parsed.Address()]
		if p == nil {
			return nil, fmt.Errorf("module %s has the address %v", parsed.Name(), parsed.Address())
		}
		p.Modules = append(p.Modules, sui.Module{Name: parsed.Name(), Bytes: b})
		m.modules[packageNames[p.ID]+"::"+parsed.Name()] = parsed
	}
	return m, nil
}

// Package finds a package for the VM.
func (m *Machine) Package(id sui.Address) (*sui.MovePackage, error) {
	if p := m.packages[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %v", id)
}

// An Outcome is what came of a case.
type Outcome struct {
	Value  []byte        // what the case returned, if Status is 0
	Status movevm.Status // of the error
	Code   uint64        // of the abort, or the error's sub status
	Module string        // where the error is, as std::vector
	Clever *Clever       // what Code says, if it is a clever error's
}

// Clever is what the compiler packs into the code of an assert without a code,
// or with an #[error] constant.
type Clever struct {
	Line     uint16
	Constant string // "" without one
}

// cleverCode unpacks an abort code. Layout, from the top: 4 bits of version
// 0xC, 4 bits reserved, 8 bits of a number, 16 bits of line, of the index of the
// constant that holds the name, and of the one that holds the value; all ones
// stand for none.
func cleverCode(code uint64, m *bytecode.Module) *Clever {
	if code>>60 != 0xc {
		return nil
	}
	c := &Clever{Line: uint16(code >> 32)}
	if name := int(uint16(code >> 16)); name < len(m.Constants) {
		bare, err := trimLength(m.Constants[name].Data)
		if err != nil {
			return nil
		}
		c.Constant = string(bare)
	}
	return c
}

// Run runs a case. The error is about machinery, not about the program.
func (m *Machine) Run(module, name string) (Outcome, error) {
	s := m.vm.NewSession(m, nil, movevm.TxContext{})
	f, err := s.LoadFunction(generatedID, module, name, nil)
	if err != nil {
		return Outcome{}, fmt.Errorf("load %s::%s: %w", module, name, err)
	}
	out, err := s.Call(f, nil)
	var e *movevm.Error
	if errors.As(err, &e) {
		o := Outcome{Status: e.Status, Code: e.Code, Module: packageNames[e.Original] + "::" + e.Module}
		if where := m.modules[o.Module]; where != nil && e.Status == movevm.StatusAborted {
			o.Clever = cleverCode(e.Code, where)
		}
		return o, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	encoded, err := s.Encode(out[0])
	if err != nil {
		return Outcome{}, err
	}
	// The result is a vector<u8>: take its length off.
	bare, err := trimLength(encoded)
	return Outcome{Value: bare}, err
}

func trimLength(b []byte) ([]byte, error) {
	for i, c := range b {
		if c < 0x80 {
			return b[i+1:], nil
		}
	}
	return nil, errors.New("bytes without a length")
}

func (o Outcome) String() string {
	if o.Status == 0 {
		return fmt.Sprintf("value %x", o.Value)
	}
	return fmt.Sprintf("status %d, code %d, in %s", o.Status, o.Code, o.Module)
}

// tooLarge tells that the case was stopped by a bound that the runner lacks.
func (o Outcome) tooLarge() bool {
	return o.Status == movevm.StatusOutOfGas || o.Status == movevm.StatusMemoryLimit || o.Status == movevm.StatusVector && o.Code == 4
}

// expectation is the attribute of a Move unit test that passes only if the
// call ends with this error.
func (o Outcome) expectation() string {
	switch o.Status {
	case movevm.StatusAborted:
		return fmt.Sprintf(", expected_failure(abort_code = %d, location = %s)", o.Code, o.Module)
	case movevm.StatusArithmetic:
		return fmt.Sprintf(", expected_failure(arithmetic_error, location = %s)", o.Module)
	case movevm.StatusVector:
		return fmt.Sprintf(", expected_failure(vector_error, minor_status = %d, location = %s)", o.Code, o.Module)
	}
	return fmt.Sprintf(", expected_failure(major_status = %d, location = %s)", o.Status, o.Module)
}

// test is the Move unit test that demands the outcome of a case. For a clever
// error the runner has no expectation that looks at all of it: the test has none
// and fails, and agrees reads why.
func (o Outcome) test(module, target, name string) string {
	expr := fmt.Sprintf("diff::%s::%s()", module, target)
	if o.Status == 0 {
		return fmt.Sprintf("#[test] fun %s() { assert!(%s == x\"%x\", 0) }\n", name, expr, o.Value)
	}
	if o.Clever != nil {
		return fmt.Sprintf("#[test] fun %s() { %s; }\n", name, expr)
	}
	return fmt.Sprintf("#[test%s] fun %s() { %s; }\n", o.expectation(), name, expr)
}

// agrees reads the runner's report on a test that failed with a clever error.
func (o Outcome) agrees(report string) bool {
	report = strings.Join(strings.Fields(report), " ")
	constant := ""
	if o.Clever.Constant != "" {
		constant = " with error constant '" + o.Clever.Constant + "'"
	}
	return strings.Contains(report, "it aborted"+constant+" originating in the module "+o.Module+" rooted here") &&
		strings.Contains(report, fmt.Sprintf(".move:%d:", o.Clever.Line))
}

// wrong are outcomes that differ from this one.
func (o Outcome) wrong() []Outcome {
	if o.Status == 0 {
		return []Outcome{{Value: append(bytes.Clone(o.Value), 0)}, {Status: movevm.StatusArithmetic, Module: "std::vector"}}
	}
	if o.Clever != nil {
		return []Outcome{{Status: movevm.StatusArithmetic, Module: o.Module}}
	}
	code, module := o, o
	code.Code++
	module.Module = "std::ascii"
	if o.Status != movevm.StatusAborted && o.Status != movevm.StatusVector { // their expectations say no code
		code.Status = movevm.StatusVector
	}
	return []Outcome{code, module, {}}
}

// kind is a word for reports.
func (o Outcome) kind() string {
	switch o.Status {
	case 0:
		return "value"
	case movevm.StatusAborted:
		if o.Clever != nil {
			return "clever abort"
		}
		return "abort"
	case movevm.StatusArithmetic:
		return "arithmetic error"
	case movevm.StatusVector:
		return "vector error"
	}
	return fmt.Sprintf("status %d", o.Status)
}
