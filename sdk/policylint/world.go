package policylint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// The people of the copy. Ada publishes the package; she and Ben play by the
// rules; Mallory does what a stranger can do; Sam does nothing at all.
var (
	ada     = person(0xad)
	ben     = person(0xbe)
	mallory = person(0x3a)
	sam     = person(0x5a)
)

// person makes an address without bytes that could be taken for a small number.
func person(b byte) (a sui.Address) {
	for i := range a {
		a[i] = b ^ byte(i*29+7)
	}
	return a
}

// world is a private copy of a chain: objects in memory over a state that is
// never changed.
type world struct {
	engine *execution.Engine
	vm     *movevm.VM
	base   execution.State
	live   map[sui.Address]*sui.Object // nil for one that is gone
	clock  *sui.Object
	names  map[sui.Address]string
	nonce  uint64
}

func newWorld(base execution.State, nowMS uint64) (*world, error) {
	w := &world{engine: execution.NewEngine(), vm: movevm.New(movevm.Config{}), base: base, live: map[sui.Address]*sui.Object{},
		names: map[sui.Address]string{ada: "the owner", ben: "a member", mallory: "an intruder", sam: "a stranger"}}
	clock, err := base.Object(sui.ClockID)
	if err != nil {
		return nil, fmt.Errorf("read clock: %w", err)
	}
	if clock.Move == nil || len(clock.Move.Contents) != 40 {
		return nil, errors.New("read clock: the object at 0x6 is not the clock")
	}
	w.clock = clock
	w.setTime(nowMS)
	return w, nil
}

func (w *world) setTime(ms uint64) {
	w.clock = w.clock.Clone()
	binary.LittleEndian.PutUint64(w.clock.Move.Contents[32:], ms)
}

func (w *world) nameOf(a sui.Address) string {
	if n := w.names[a]; n != "" {
		return n
	}
	return a.Short()
}

// Object implements execution.State.
func (w *world) Object(id sui.Address) (*sui.Object, error) {
	if id == sui.ClockID {
		return w.clock, nil
	}
	if o, ok := w.live[id]; ok {
		if o == nil {
			return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
		}
		return o, nil
	}
	return w.base.Object(id)
}

// ObjectAt implements execution.State.
func (w *world) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	if o, err := w.Object(id); err == nil && o.Version() == version {
		return o, nil
	}
	return w.base.ObjectAt(id, version)
}

// ChildObject implements execution.State.
func (w *world) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	if _, ok := w.live[child]; !ok {
		return w.base.ChildObject(parent, child, maxVersion)
	}
	o, err := w.Object(child)
	if err == nil && (o.Owner != sui.ObjectOwner(parent) || o.Version() > maxVersion) {
		return nil, fmt.Errorf("%s: %w", child, execution.ErrNotFound)
	}
	return o, err
}

// Package implements movevm.PackageSource.
func (w *world) Package(id sui.Address) (*sui.MovePackage, error) {
	o, err := w.Object(id)
	if err != nil {
		return nil, err
	}
	if o.Package == nil {
		return nil, fmt.Errorf("%s is not a package", id)
	}
	return o.Package, nil
}

const gasPrice = 1000

// execute runs a transaction without keeping what it does.
func (w *world) execute(who sui.Address, b *sui.Builder) (*execution.Result, error) {
	// Ids of new objects derive from the transaction's bytes: the budget makes
	// each one another.
	w.nonce++
	tx, err := b.Build(who, sui.GasData{Price: gasPrice, Budget: 20*sui.MistPerSUI + w.nonce})
	if err != nil {
		return nil, err
	}
	return w.engine.Execute(w, execution.Env{ReferenceGasPrice: gasPrice, ProtocolVersion: 95}, tx, execution.Options{Simulate: true})
}

// changes are the objects that a transaction wrote, but for the coin that pays,
// and those that stayed as they were.
func (w *world) changes(r *execution.Result) (written []*sui.Object, gone []sui.Address) {
	for _, o := range r.Written {
		if o.ID() == mockCoin {
			continue
		}
		before, err := w.Object(o.ID())
		if err == nil && before.Move != nil && o.Move != nil && before.Owner == o.Owner && slices.Equal(before.Move.Contents, o.Move.Contents) {
			continue
		}
		written = append(written, o)
	}
	for _, id := range r.Deleted {
		if id != mockCoin {
			gone = append(gone, id)
		}
	}
	return written, gone
}

// mockCoin pays for simulations, see package execution.
var mockCoin = func() (id sui.Address) {
	for i := range id {
		id[i] = 0xff
	}
	return id
}()

// apply keeps what a transaction did.
func (w *world) apply(r *execution.Result) {
	w.live = maps.Clone(w.live)
	for _, o := range r.Written {
		if o.ID() != mockCoin {
			w.live[o.ID()] = o
		}
	}
	for _, id := range r.Deleted {
		w.live[id] = nil
	}
}

// publish puts the package on a copy, or opens the state that has it.
func (l *lint) publish(t Target) error {
	if t.Live != nil {
		w, err := newWorld(t.Live, l.opt.NowMS)
		if err != nil {
			return err
		}
		l.world, l.pkg = w, t.Package
		for _, id := range t.Objects {
			o, err := t.Live.Object(id)
			if err != nil {
				return fmt.Errorf("read object %s: %w", id, err)
			}
			w.live[id] = o
		}
		l.keep(nil, "")
		return nil
	}
	base, err := genesis(t.Packages, l.opt.NowMS)
	if err != nil {
		return err
	}
	if l.world, err = newWorld(base, l.opt.NowMS); err != nil {
		return err
	}
	var modules [][]byte
	deps := []sui.Address{sui.MoveStdlib, sui.Framework}
	for _, p := range t.Packages {
		deps = append(deps, p.ID())
	}
	for _, m := range l.ordered() {
		m.Readdress(map[sui.Address]sui.Address{m.Address(): {}})
		modules = append(modules, m.Serialize())
	}
	b := sui.NewBuilder()
	b.Transfer(ada, b.Publish(modules, deps))
	r, err := l.world.execute(ada, b)
	if err != nil {
		return fmt.Errorf("publish on a copy: %w", err)
	}
	if f := r.Effects.Status.Failure; f != nil {
		return fmt.Errorf("publish on a copy: %w; does it need packages besides 0x1 and 0x2? Name the package on its network instead", f)
	}
	for _, o := range r.Written {
		if o.Package != nil {
			l.pkg = o.ID()
		}
	}
	l.world.apply(r)
	l.keep(nil, "publish the package")
	return nil
}

// ordered are the modules with those first that others need.
func (l *lint) ordered() (out []*bytecode.Module) {
	byName := map[string]*bytecode.Module{}
	for _, m := range l.modules {
		byName[m.Name()] = m
	}
	done := map[string]bool{}
	var visit func(m *bytecode.Module)
	visit = func(m *bytecode.Module) {
		if done[m.Name()] {
			return
		}
		done[m.Name()] = true
		for i := range m.ModuleHandles {
			if a, name := m.ModuleID(uint16(i)); a == m.Address() && byName[name] != nil {
				visit(byName[name])
			}
		}
		out = append(out, m)
	}
	for _, m := range l.modules {
		visit(m)
	}
	return out
}

// fixed is a state that stays.
type fixed map[sui.Address]*sui.Object

func genesis(packages []*sui.Object, nowMS uint64) (fixed, error) {
	framework, err := move.Package("framework")
	if err != nil {
		return nil, err
	}
	objects, err := execution.Genesis(framework, nowMS)
	if err != nil {
		return nil, err
	}
	s := fixed{}
	for _, o := range append(objects, packages...) {
		s[o.ID()] = o
	}
	return s, nil
}

// Object implements execution.State.
func (s fixed) Object(id sui.Address) (*sui.Object, error) {
	if o := s[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
}

// ObjectAt implements execution.State.
func (s fixed) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	if o := s[id]; o != nil && o.Version() == version {
		return o, nil
	}
	return nil, fmt.Errorf("%s: %w", id, execution.ErrNotFound)
}

// ChildObject implements execution.State.
func (s fixed) ChildObject(parent, child sui.Address, _ uint64) (*sui.Object, error) {
	if o := s[child]; o != nil && o.Owner == sui.ObjectOwner(parent) {
		return o, nil
	}
	return nil, fmt.Errorf("%s: %w", child, execution.ErrNotFound)
}
