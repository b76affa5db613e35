package movevm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/sui"
)

// A ledger is a chain for tests: objects in a map, one transaction at a time.
// It is only as exact as these tests need.
type ledger struct {
	t        testing.TB
	vm       *VM
	objects  map[sui.Address]*sui.Object
	packages packages
	ids      map[string]sui.Address // of published packages
	n        uint64                 // transactions so far; also the version they write
}

// newLedger has the framework and a Clock.
func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{t: t, vm: New(Config{}), objects: map[sui.Address]*sui.Object{}, packages: packages{}, ids: map[string]sui.Address{}}
	fw, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	std, fwk := &sui.MovePackage{ID: stdFramework, Version: 1}, &sui.MovePackage{ID: suiFramework, Version: 1}
	fwk.Linkage = []sui.Linkage{{Original: stdFramework, Upgraded: stdFramework, Version: 1}}
	for _, m := range fw.Modules {
		k := std
		if bytes.Contains(m.Bytes, suiFramework[:]) && selfAddress(t, m.Bytes) == suiFramework {
			k = fwk
		}
		k.Modules = append(k.Modules, sui.Module{Name: m.Name, Bytes: m.Bytes})
	}
	l.packages[stdFramework], l.packages[suiFramework] = std, fwk
	l.setClock(0)
	return l
}

func selfAddress(t testing.TB, b []byte) sui.Address {
	k, err := parsePackage(&sui.MovePackage{Modules: []sui.Module{{Name: mustName(t, b), Bytes: b}}})
	if err != nil {
		t.Fatal(err)
	}
	return k.original
}

func mustName(t testing.TB, b []byte) string {
	name, err := ModuleName(b)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

var clockID = sui.Address{31: 6}

func (l *ledger) setClock(ms uint64) {
	l.objects[clockID] = &sui.Object{
		Move: &sui.MoveObject{
			Type:     sui.StructTag{Address: suiFramework, Module: "clock", Name: "Clock"},
			Version:  1,
			Contents: binary.LittleEndian.AppendUint64(slices.Clone(clockID[:]), ms),
		},
		Owner: sui.Owner{Kind: sui.OwnerShared, Version: 1},
	}
}

func (l *ledger) ChildObject(parent, id sui.Address, maxVersion uint64) (*sui.Object, error) {
	o := l.objects[id]
	if o == nil || o.Owner.Kind != sui.OwnerObject || o.Owner.Address != parent {
		return nil, nil
	}
	if o.Move.Version > maxVersion {
		return nil, errors.New("child is newer than its root")
	}
	return o, nil
}

func (l *ledger) ReceiveObject(parent, id sui.Address, version uint64) (*sui.Object, error) {
	o := l.objects[id]
	if o == nil || o.Owner.Kind != sui.OwnerAddress || o.Owner.Address != parent || o.Move.Version != version {
		return nil, nil
	}
	return o, nil
}

// A txn is a transaction on a ledger.
type txn struct {
	l      *ledger
	s      *Session
	cells  map[sui.Address]*Cell
	inputs []sui.Address
	res    *Results
}

func (l *ledger) begin(sender sui.Address) *txn {
	l.n++
	var digest sui.Digest
	binary.LittleEndian.PutUint64(digest[:], l.n)
	s := l.vm.NewSession(l.packages, l, TxContext{Sender: sender, Digest: digest, Epoch: 7})
	return &txn{l: l, s: s, cells: map[sui.Address]*Cell{}}
}

// publish publishes one of our packages with its init functions.
func (l *ledger) publish(sender sui.Address, name string) sui.Address {
	l.t.Helper()
	code, err := move.Package(name)
	if err != nil {
		l.t.Fatal(err)
	}
	relink := map[sui.Address]sui.Address{}
	deps := []*sui.MovePackage{l.packages[stdFramework], l.packages[suiFramework]}
	for _, d := range code.Dependencies {
		placeholder, _ := move.Placeholder(d)
		relink[placeholder] = l.ids[d]
		deps = append(deps, l.packages[l.ids[d]])
	}
	var modules [][]byte
	for _, m := range code.Modules {
		mod := mustParse(l.t, m.Bytes)
		mod.Readdress(relink)
		modules = append(modules, mod.Serialize())
	}
	l.ids[name] = l.add(sender, modules, deps, nil)
	return l.ids[name]
}

// publishFile publishes a module of testdata that depends on the framework and
// the given packages.
func (l *ledger) publishFile(sender sui.Address, file string, deps ...sui.Address) sui.Address {
	l.t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		l.t.Fatal(err)
	}
	list := []*sui.MovePackage{l.packages[stdFramework], l.packages[suiFramework]}
	m := mustParse(l.t, b)
	for _, d := range deps {
		list = append(list, l.packages[d])
		m.Readdress(map[sui.Address]sui.Address{{30: 0xaa, 31: 0xaa}: d})
	}
	return l.add(sender, [][]byte{m.Serialize()}, list, nil)
}

// add publishes or upgrades a package.
func (l *ledger) add(sender sui.Address, modules [][]byte, deps []*sui.MovePackage, prev *sui.MovePackage) sui.Address {
	l.t.Helper()
	x := l.begin(sender)
	pkg, err := BuildPackage(NewPackage{ID: x.s.FreshID(), Modules: modules, Dependencies: deps, Previous: prev})
	if err != nil {
		l.t.Fatal(err)
	}
	if err := x.s.AddPackage(pkg); err != nil {
		l.t.Fatal(err)
	}
	for _, m := range modules {
		if prev != nil {
			break
		}
		if _, err := x.s.CallInit(pkg.ID, mustName(l.t, m)); err != nil {
			l.t.Fatal(err)
		}
	}
	x.commit()
	l.packages[pkg.ID] = pkg
	return pkg.ID
}

// call runs a function. An argument is an object id, BCS bytes, or a Value.
func (x *txn) call(pkg sui.Address, module, fn string, args ...any) ([]Value, error) {
	x.l.t.Helper()
	f, err := x.s.LoadFunction(pkg, module, fn, nil)
	if err != nil {
		x.l.t.Fatal(err)
	}
	in := make([]Value, len(args))
	for i, a := range args {
		typ := f.Params[i]
		switch a := a.(type) {
		case sui.Address:
			in[i] = x.object(a, typ)
		case []byte:
			if in[i], err = x.decode(typ, a); err != nil {
				x.l.t.Fatal(err)
			}
		case Value:
			if in[i] = a; typ.IsRef() {
				in[i] = NewCell(a).Ref(typ)
			}
		}
	}
	return x.s.Call(f, in)
}

// decode reads an argument; for a reference, its target.
func (x *txn) decode(typ *Type, b []byte) (Value, error) {
	if !typ.IsRef() {
		return x.s.Decode(typ, b)
	}
	v, err := x.s.Decode(typ.Elem, b)
	return NewCell(v).Ref(typ), err
}

func (x *txn) must(pkg sui.Address, module, fn string, args ...any) []Value {
	x.l.t.Helper()
	out, err := x.call(pkg, module, fn, args...)
	if err != nil {
		x.l.t.Fatalf("%s::%s: %v", module, fn, err)
	}
	return out
}

func (x *txn) object(id sui.Address, typ *Type) Value {
	c := x.cells[id]
	if c == nil {
		v, err := x.s.Input(x.l.objects[id])
		if err != nil {
			x.l.t.Fatal(err)
		}
		c = NewCell(v)
		x.cells[id] = c
	}
	if typ.IsRef() {
		return c.Ref(typ)
	}
	delete(x.cells, id)
	x.inputs = append(x.inputs, id)
	return c.Value()
}

// commit writes what the transaction did.
func (x *txn) commit() *Results {
	x.l.t.Helper()
	res, err := x.s.Finish()
	if err != nil {
		x.l.t.Fatal(err)
	}
	for id, c := range x.cells {
		b, err := x.s.Encode(c.Value())
		if err != nil {
			x.l.t.Fatal(err)
		}
		o := x.l.objects[id]
		if id != clockID {
			x.l.objects[id] = &sui.Object{Move: &sui.MoveObject{Type: o.Move.Type, Version: x.l.n, Contents: b}, Owner: o.Owner}
		}
	}
	for _, id := range append(x.inputs, res.Deleted...) {
		delete(x.l.objects, id)
	}
	for _, c := range res.Children {
		delete(x.l.objects, c.ID)
		if c.After != nil {
			x.write(*c.After)
		}
	}
	for _, w := range res.Transfers {
		x.write(w)
	}
	return res
}

func (x *txn) write(w ObjectWrite) {
	if w.Owner.Kind == sui.OwnerShared && w.Owner.Version == 0 {
		w.Owner.Version = x.l.n
	}
	x.l.objects[w.ID] = &sui.Object{Move: &sui.MoveObject{Type: w.Type, HasPublicTransfer: w.HasPublicTransfer, Version: x.l.n, Contents: w.Contents}, Owner: w.Owner}
}

// find returns the id of the only object of a type.
func (l *ledger) find(pkg sui.Address, module, name string) sui.Address {
	l.t.Helper()
	var found []sui.Address
	for id, o := range l.objects {
		if st := o.Move.Type; st.Address == pkg && st.Module == module && st.Name == name {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		l.t.Fatalf("%d objects of type %s::%s, want 1", len(found), module, name)
	}
	return found[0]
}
