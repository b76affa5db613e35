package movevm

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// LoadFunction links the package with storage id pkg by its own linkage table
// and instantiates one of its functions. Errors: *Error with status
// StatusFunctionNotFound, StatusTypeArity, StatusConstraint or
// StatusTypeNotFound; StatusLinker for a package that is missing; or the
// deserializer's and verifier's.
func (s *Session) LoadFunction(pkg sui.Address, module, name string, typeArgs []sui.TypeTag) (fn *Function, err error) {
	defer recoverFault(&err)
	r := s.resolve()
	defer r.done()
	l, err := r.link(pkg)
	if err != nil {
		return nil, err
	}
	if fn, ok := l.functions[functionName{module, name}]; ok && len(typeArgs) == 0 {
		return fn, nil
	}
	if l.root.modules[module] == nil {
		return nil, errorf(StatusFunctionNotFound, "package %v has no module %s", pkg, module)
	}
	m, err := r.module(l, l.root.original, module)
	if err != nil {
		return nil, err
	}
	i, ok := m.byName[name]
	if !ok {
		return nil, errorf(StatusFunctionNotFound, "module %v::%s has no function %s", pkg, module, name)
	}
	f := m.function(i)
	targs, err := r.typeArgs(f, typeArgs)
	if err != nil {
		return nil, err
	}
	in, err := r.instance(f, targs)
	if err != nil {
		return nil, err
	}
	fn = describe(pkg, in)
	if len(targs) == 0 {
		l.functions[functionName{module, name}] = fn
	}
	return fn, nil
}

// typeArgs resolves and checks the type arguments of a call from outside.
func (r *resolver) typeArgs(f *function, tags []sui.TypeTag) ([]*Type, error) {
	params := f.handle.TypeParams
	if len(tags) != len(params) {
		return nil, errorf(StatusTypeArity, "function %s has %d type parameters, got %d", f.name, len(params), len(tags))
	}
	targs := make([]*Type, len(tags))
	for i, tag := range tags {
		t, err := r.tag(tag, true, 0)
		if err != nil {
			e := asError(err)
			e.Code = uint64(i)
			return nil, e
		}
		if !t.Abilities.Has(params[i]) {
			e := errorf(StatusConstraint, "type argument %d of %s, %v, lacks an ability", i, f.name, t)
			e.Code = uint64(i)
			return nil, e
		}
		targs[i] = t
	}
	return targs, nil
}

func describe(pkg sui.Address, in *instance) *Function {
	f := in.fn
	fn := &Function{
		Package: pkg, Original: f.mod.pack.original, Module: f.mod.name, Name: f.name, Index: f.index,
		Visibility: f.def.Visibility, Entry: f.def.Entry,
		TypeArgs: in.targs, Params: in.params, Returns: in.returns, instance: in,
	}
	if n := len(fn.Params); n > 0 && isTxContext(fn.Params[n-1]) {
		fn.TxContext = ImmTxContext
		if fn.Params[n-1].Kind == KindMutRef {
			fn.TxContext = MutTxContext
		}
		fn.Params = fn.Params[:n-1]
	}
	return fn
}

func isTxContext(t *Type) bool {
	return t.IsRef() && t.Elem.Is(suiFramework, "tx_context", "TxContext")
}

// The framework's packages.
var (
	stdFramework = sui.Address{31: 1}
	suiFramework = sui.Address{31: 2}
)

// Call runs a function. args match fn.Params: plain values are moved in (the
// caller must not use them again; see [Value.Copy]), references come from
// [Cell.Ref] and let the program read and write the caller's cell in place.
// Events name fn's package and module. Errors are *Error; after one the session
// is only good for reading what it used.
func (s *Session) Call(fn *Function, args []Value) (returns []Value, err error) {
	if len(args) != len(fn.Params) {
		return nil, errorf(StatusArgument, "function %s takes %d arguments, got %d", fn.Name, len(fn.Params), len(args))
	}
	in := s.args[:0]
	defer clear(s.args[:])
	for i, a := range args {
		if a.typ == nil || !suits(a.typ, fn.Params[i]) {
			e := errorf(StatusArgument, "argument %d of %s: want %v, got %v", i, fn.Name, fn.Params[i], a.typ)
			e.Code = uint64(i)
			return nil, e
		}
		in = append(in, a.v)
	}
	if fn.TxContext != NoTxContext {
		ctx := fn.instance.params[len(fn.instance.params)-1].Elem
		cell := s.usage.slab.record(1)
		cell.f[0] = s.txContext(ctx)
		in = append(in, value{o: cell})
	}
	s.current = fn
	defer s.machine.recover(&err)
	for i, v := range s.machine.enter(fn.instance, in) {
		returns = append(returns, Value{fn.Returns[i], v})
	}
	return returns, nil
}

// suits reports whether a value of type a may be passed as a p: &mut T serves
// as &T.
func suits(a, p *Type) bool {
	return a.Equal(p) || a.Kind == KindMutRef && p.Kind == KindRef && a.Elem.Equal(p.Elem)
}

// txContext makes the TxContext struct, whose fields natives no longer read.
func (s *Session) txContext(t *Type) value {
	names, types := t.Fields()
	slab := &s.usage.slab
	o := slab.record(len(types))
	for i, name := range names {
		switch name {
		case "sender":
			o.f[i] = slab.wide(addressLimbs(s.tx.Sender[:]))
		case "tx_hash":
			o.f[i] = value{o: slab.bytes(s.tx.Digest[:])}
		case "epoch":
			o.f[i] = number(s.tx.Epoch)
		case "epoch_timestamp_ms":
			o.f[i] = number(s.tx.EpochTimestampMS)
		case "ids_created":
			o.f[i] = number(s.objects.idsCreated)
		}
	}
	return value{o: o}
}

// enter runs an instance from outside.
func (m *machine) enter(in *instance, args []value) []value {
	m.frames, m.depth = framePool.Get().(*frames), 0
	if in.native != nil {
		return append([]value(nil), m.runNative(in, args)...)
	}
	fr := m.push(in, 0)
	numbers, values := 0, 0
	for i, p := range in.params {
		if p.Kind.small() {
			fr.n[numbers] = args[i].n
			numbers++
		} else {
			fr.v[values] = args[i]
			values++
		}
	}
	return m.run()
}

// recover ends a call: it turns a panic into an error with its place, and
// charges for the instructions since the last jump.
func (m *machine) recover(err *error) {
	x := recover()
	if x != nil {
		e := faultError(x)
		if in, pc, ok := m.place(); ok && e.Function == "" {
			e.Package, e.Original = in.fn.mod.pack.storage, in.fn.mod.pack.original
			e.Module, e.Function, e.Index, e.PC = in.fn.mod.name, in.fn.name, in.fn.index, uint16(pc)
		}
		*err = e
	}
	m.frames.release()
	m.frames, m.depth, m.native.in = nil, 0, nil
}

// place is where the machine stopped: in a native function, or at the running
// instruction of the innermost frame.
func (m *machine) place() (in *instance, pc int, ok bool) {
	if m.native.in != nil {
		return m.native.in, 0, true
	}
	if m.depth == 0 {
		return nil, 0, false
	}
	fr := m.frames.list[m.depth-1]
	if fr.pc < 0 {
		return fr.in, 0, true
	}
	pc = int(fr.in.code[fr.pc].pc)
	if ran := pc + 1 - m.start; ran > 0 {
		m.usage.instructions += uint64(ran)
		m.usage.fuel += uint64(ran)
	}
	return fr.in, pc, true
}

// faultError makes an error of a panic value. Panics of the Go run time come
// from programs that the static pass should have stopped; they must not take
// the host down.
func faultError(x any) *Error {
	switch x := x.(type) {
	case fault:
		return x.err
	case runtime.Error:
		return errorf(StatusInvariant, "interpreter fault: %v", x)
	}
	panic(x)
}

// recoverFault is machine.recover for work outside of a call.
func recoverFault(err *error) {
	if x := recover(); x != nil {
		*err = faultError(x)
	}
}

func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		c := *e
		return &c
	}
	return errorf(StatusInvariant, "%v", err)
}

// Vector makes a vector of elements, which are moved in.
func (s *Session) Vector(elem *Type, elements []Value) (v Value, err error) {
	defer recoverFault(&err)
	r := s.resolve()
	defer r.done()
	t, err := r.vector(elem)
	if err != nil {
		return Value{}, err
	}
	list := make([]value, len(elements))
	for i, e := range elements {
		if e.typ == nil || !e.typ.Equal(elem) {
			return Value{}, fmt.Errorf("make vector: element %d is %v, not %v", i, e.typ, elem)
		}
		list[i] = e.v
	}
	s.usage.alloc(sizeObject + sizeValue*len(list))
	if elem.Kind != KindU8 {
		return Value{t, structValue(list...)}, nil
	}
	b := make([]byte, len(list))
	for i, e := range list {
		b[i] = byte(e.n)
	}
	return Value{t, bytesValue(b)}, nil
}

// Deref copies the target of a reference out, as simulation does with returned
// references. Other values come back as they are.
func (s *Session) Deref(v Value) (out Value, err error) {
	defer recoverFault(&err)
	if v.typ == nil || !v.typ.IsRef() {
		return v, nil
	}
	return Value{v.typ.Elem, s.usage.copyValue(v.v.load(), 0)}, nil
}

// Visibility of a function.
type Visibility = bytecode.Visibility

// The visibilities. Friend is also public(package).
const (
	Private = bytecode.Private
	Public  = bytecode.Public
	Friend  = bytecode.Friend
)
