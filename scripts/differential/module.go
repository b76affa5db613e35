// Package differential compares sdk/movevm with Sui's own Move VM on generated
// programs.
//
// [Generate] writes Move 2024 modules from a seed: functions over every kind of
// type, with statements, references and calls, and cases that call them with
// constant arguments. A case returns the BCS bytes of all that its function
// gave and changed. [Comparer.Compare] compiles them, runs each case on our VM
// and turns what came of it into a Move unit test, which passes on the real VM
// only if it gives the same: the same bytes, or an abort or error with the same
// code in the same module. Other tests, with wrong expectations, must fail.
//
//	go test ./scripts/differential                                        2,000 functions
//	FLOE_DIFF_FUNCTIONS=20000 FLOE_DIFF_SEED=9 go test -timeout 60m ./scripts/differential
//
// A disagreement is printed with its seed and a smaller program that shows it.
//
// The real VM is the one that package compiler runs, Sui's in WebAssembly. Where
// it is not a validator's, generated programs keep away: it is a 32-bit program,
// to which an index above 2^32 is an internal error and not one out of range; it
// has no limit on the length of vectors; and natives that it fakes are not called
// (TestRunnerFakesCrypto and TestNoMoveTestRestsOnAFake watch over these).
// What the compiler never writes (Nop, BrTrue, And, Or) is not compared either.
//
// Tests of this package also hold our bytecode decoder against another one, field
// by field and on mutants, and fuzz the VM with mutants of generated modules.
package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Module is a generated Move module.
type Module struct {
	Name      string
	written   string // the source, if it was not generated
	datatypes []*datatype
	constants []constant
	functions []*function
}

type constant struct {
	name, value string
	typ         *typ
}

// A function of a module and the cases that call it.
type function struct {
	name       string
	typeParams int
	params     []param
	recursive  bool // params[0] counts down
	result     *typ
	body       []*node
	last       string // the expression that it ends with
	risk       int    // chance in 1000 that an operation which can fail is not guarded
	cost       int    // statements that a call runs at most
	cases      []Case
	border     func() []string // makes arguments for a case; nil means any
}

type param struct {
	name string
	typ  *typ
	ref  refKind
}

func (f *function) writes() bool {
	for _, p := range f.params {
		if p.ref == byMutRef {
			return true
		}
	}
	return false
}

// A Case is a call of a function with arguments.
type Case struct {
	Name string // of the function without parameters that makes the call
	text string
}

// A generator writes one module.
type generator struct {
	r     *rand.Rand
	m     *Module
	names int

	// of the function being written
	fn      *function
	scope   []*variable
	out     *[]*node // where statements go
	labels  []string // of the loops around
	repeats int      // how often the code being written runs at most
	cost    int
	risk    int // chance in 1000 that an operation which can fail is not guarded
	units   int // counts the functions of one operation
}

// maxRecursion bounds the depth of recursive functions.
const maxRecursion = 6

// The shape of a package. Each costs two starts of the compiler, so it is large;
// six of them make 2,000 functions with some to spare, for modules that the
// compiler refuses.
const (
	ModulesPerPackage  = 14
	functionsPerModule = 25
	casesPerFunction   = 2
)

// Package generates the modules of a package from seed to seed+ModulesPerPackage-1.
func Package(seed uint64) (modules []*Module) {
	for i := range uint64(ModulesPerPackage) {
		modules = append(modules, Generate(seed+i, fmt.Sprintf("m%d", seed+i), functionsPerModule, casesPerFunction))
	}
	return modules
}

// Generate writes a module of functions, each with some cases. The same seed
// gives the same module.
func Generate(seed uint64, name string, functions, cases int) *Module {
	g := &generator{r: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), m: &Module{Name: name}, units: int(seed%uint64(len(operations))) * 7}
	for range 3 + g.r.IntN(4) {
		g.datatype()
	}
	for range 6 {
		t := g.constantType()
		g.m.constants = append(g.m.constants, constant{fmt.Sprintf("C%d", len(g.m.constants)), g.constantValue(t), t})
	}
	for range functions {
		if g.chance(300) {
			g.unit(cases)
		} else {
			g.function(cases)
		}
	}
	return g.m
}

func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) chance(perMille int) bool { return g.r.IntN(1000) < perMille }
func (g *generator) risky() bool              { return g.chance(g.risk) }

func pick[T any](g *generator, options ...T) T { return options[g.r.IntN(len(options))] }

// typ is a random type of about n parts.
func (g *generator) typ(n int) *typ {
	if n > 1 && g.chance(500) {
		switch g.r.IntN(7) {
		case 0, 1:
			return vectorOf(g.typ(n - 1))
		case 2:
			return optionOf(g.typ(n - 1))
		case 3:
			return g.mapType()
		default:
			if d := g.anyDatatype(func(*datatype) bool { return true }); d != nil {
				return g.instance(d, min(n-1, pick(g, 1, 1, 2)))
			}
		}
	}
	if g.fn != nil && g.fn.typeParams > 0 && g.chance(250) {
		return &typ{kind: paramKind, index: g.r.IntN(g.fn.typeParams)}
	}
	switch g.r.IntN(10) {
	case 0:
		return basic(addressKind)
	case 1:
		return basic(stringKind)
	case 2, 3:
		return basic(boolKind)
	}
	return basic(u8Kind + kind(g.r.IntN(6)))
}

func (g *generator) mapType() *typ {
	return &typ{kind: mapKind, args: []*typ{basic(pick(g, u8Kind, u64Kind, addressKind, boolKind)), g.typ(1)}}
}

func (g *generator) instance(d *datatype, n int) *typ {
	t := &typ{kind: dataKind, data: d}
	for range d.params {
		t.args = append(t.args, g.typ(n))
	}
	return t
}

func (g *generator) anyDatatype(want func(*datatype) bool) *datatype {
	var fit []*datatype
	for _, d := range g.m.datatypes {
		if want(d) {
			fit = append(fit, d)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[g.r.IntN(len(fit))]
}

// enum is an instance of one of the module's enums.
func (g *generator) enum() (*typ, bool) {
	d := g.anyDatatype(func(d *datatype) bool { return d.enum })
	if d == nil {
		return nil, false
	}
	return g.instance(d, 1), true
}

// datatype adds a struct or enum, whose fields may be of those before it.
func (g *generator) datatype() {
	n := len(g.m.datatypes)
	d := &datatype{name: fmt.Sprintf("S%d", n), params: pick(g, 0, 0, 1, 2)}
	variants := 1
	if g.chance(500) || n == 0 {
		d.name, d.enum, variants = fmt.Sprintf("E%d", n), true, 1+g.r.IntN(4)
	}
	g.fn = &function{typeParams: d.params}
	for i := range variants {
		v := variant{positional: g.chance(300)}
		if d.enum {
			v.name = fmt.Sprintf("V%d", i)
		}
		count := g.r.IntN(3)
		if v.positional {
			count++
		}
		for k := range count {
			name := fmt.Sprintf("f%d", k)
			if v.positional {
				name = fmt.Sprint(k)
			}
			v.fields = append(v.fields, field{name, g.typ(2)})
		}
		d.variants = append(d.variants, v)
	}
	g.fn = nil
	// Move wants each type parameter to be used.
	last := &d.variants[len(d.variants)-1]
	for i := range d.params {
		name := fmt.Sprintf("p%d", i)
		if last.positional {
			name = fmt.Sprint(len(last.fields))
		}
		last.fields = append(last.fields, field{name, &typ{kind: paramKind, index: i}})
	}
	g.m.datatypes = append(g.m.datatypes, d)
}

func (g *generator) constantType() *typ {
	t := basic(pick(g, boolKind, u8Kind, u16Kind, u32Kind, u64Kind, u128Kind, u256Kind, addressKind))
	if g.chance(300) {
		t = vectorOf(t)
	}
	if g.chance(150) {
		t = vectorOf(t)
	}
	return t
}

func (g *generator) constantValue(t *typ) string {
	if t.isVector() && !t.isBytes() {
		return g.vectorLiteral(t, g.constantValue)
	}
	return g.literal(t)
}

// function adds a function and its cases.
func (g *generator) function(cases int) {
	f := &function{name: fmt.Sprintf("f%d", len(g.m.functions)), typeParams: pick(g, 0, 0, 0, 1, 2), recursive: g.chance(120)}
	g.fn, g.scope, g.labels, g.repeats, g.cost = f, nil, nil, 1, 1
	f.risk = pick(g, 0, 20, 60, 150, 400)
	g.risk = f.risk
	g.params()
	f.result = g.typ(pick(g, 1, 2, 4))
	g.out = &f.body
	if f.recursive {
		g.repeats = maxRecursion
		g.emit("if (n == 0) return %s;", g.expr(f.result, 2))
		g.statements(1+g.r.IntN(2), 1)
		g.recurse()
	}
	g.statements(1+g.r.IntN(pick(g, 2, 2, 5)), pick(g, 1, 2))
	g.record()
	f.last = g.returns(exprDepth)
	f.cost = g.cost
	g.addFunction(f, cases)
}

func (g *generator) addFunction(f *function, cases int) {
	g.fn = nil
	g.m.functions = append(g.m.functions, f)
	for i := range cases {
		f.cases = append(f.cases, g.testCase(f, i))
	}
}

// trace is the parameter to which some functions write the values of their
// variables at the end. What is never looked at could be wrong unseen.
const trace = "a9"

func (g *generator) record() {
	params := g.fn.params
	if params[len(params)-1].name != trace {
		return
	}
	for _, v := range g.scope {
		if v.name != trace && !v.pin {
			g.emit("%s.append(std::bcs::to_bytes(%s));", trace, place{root: v, typ: v.typ}.borrow(byRef))
		}
	}
}

// returns writes what the function returns.
func (g *generator) returns(d int) string { return g.expr(g.fn.result, d) }

func (g *generator) params() {
	f := g.fn
	add := func(p param, v *variable) {
		f.params = append(f.params, p)
		g.scope = append(g.scope, v)
	}
	if f.recursive {
		add(param{name: "n", typ: basic(u64Kind)}, &variable{name: "n", typ: basic(u64Kind)})
	}
	for i := range f.typeParams {
		t := &typ{kind: paramKind, index: i}
		name := fmt.Sprintf("t%d", i)
		add(param{name: name, typ: t}, &variable{name: name, typ: t, pin: true})
	}
	for i := range 1 + g.r.IntN(3) {
		p := param{name: fmt.Sprintf("a%d", i), typ: g.typ(pick(g, 1, 2, 3)), ref: pick(g, byValue, byValue, byRef, byMutRef)}
		add(p, &variable{name: p.name, typ: p.typ, ref: p.ref, mut: p.ref == byValue})
	}
	if g.chance(500) {
		p := param{name: trace, typ: vectorOf(basic(u8Kind)), ref: byMutRef}
		add(p, &variable{name: p.name, typ: p.typ, ref: p.ref, lock: hidden}) // read again, it would grow without end
	}
}

// recurse calls the function itself, one level down.
func (g *generator) recurse() {
	f := g.fn
	args := "n - 1"
	var locked []*variable
	for i, p := range f.params[1:] {
		args += ", "
		v := g.scope[i+1]
		switch {
		case p.ref != byValue:
			args += v.name
			if p.ref == byMutRef && v.lock == free {
				v.lock = hidden
				locked = append(locked, v)
			}
		case v.pin:
			args += v.name
		default:
			args += g.expr(p.typ, 2)
		}
	}
	for _, v := range locked {
		v.lock = free
	}
	var own []*typ
	for i := range f.typeParams {
		own = append(own, &typ{kind: paramKind, index: i})
	}
	v := g.declare(f.result, byValue, true)
	g.emit("let mut %s: %v = %s%s(%s);", v.name, f.result, f.name, typeArgs(own), args)
}

// testCase calls the function with constants and returns all that came of it.
func (g *generator) testCase(f *function, i int) Case {
	g.scope = nil
	g.risk = f.risk
	var targs []*typ
	for range f.typeParams {
		targs = append(targs, g.typ(3))
	}
	var lets, args, after, border []string
	if f.border != nil {
		border = f.border()
	}
	for k, p := range f.params {
		name := fmt.Sprintf("a%d", k)
		t := p.typ.subst(targs)
		value := g.literal(t)
		if f.recursive && k == 0 {
			value = fmt.Sprint(g.r.IntN(maxRecursion))
		}
		if border != nil {
			value = border[k]
		}
		mut := ""
		if p.ref == byMutRef {
			mut = "mut "
			after = append(after, fmt.Sprintf("    out.append(std::bcs::to_bytes(&%s));\n", name))
		}
		lets = append(lets, fmt.Sprintf("    let %s%s: %v = %s;\n", mut, name, t, value))
		args = append(args, refPrefix[p.ref]+name)
	}
	c := Case{Name: fmt.Sprintf("%s_%d", strings.Replace(f.name, "f", "c", 1), i)}
	c.text = fmt.Sprintf("public fun %s(): vector<u8> {\n%s    let r: %v = %s%s(%s);\n    let mut out = std::bcs::to_bytes(&r);\n%s    out\n}\n",
		c.Name, strings.Join(lets, ""), f.result.subst(targs), f.name, typeArgs(targs), strings.Join(args, ", "), strings.Join(after, ""))
	return c
}
