package movevm

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An upgraded package: types keep the id that introduced them, a dependent runs
// the version that its own linkage table names.
func TestUpgrade(t *testing.T) {
	l := newLedger(t)
	v1 := l.publishFile(alice, "up/v1.mv")
	user1 := l.publishFile(alice, "up/user.mv", v1)
	fw := []*sui.MovePackage{l.packages[stdFramework], l.packages[suiFramework]}
	v2 := l.add(alice, [][]byte{read(t, "up/v2.mv")}, fw, l.packages[v1])
	if p := l.packages[v2]; p.Version != 2 || v2 == v1 {
		t.Errorf("version %d of %v", p.Version, v2)
	}
	m := mustParse(t, read(t, "up/user.mv"))
	m.Readdress(map[sui.Address]sui.Address{{30: 0xaa, 31: 0xaa}: v1})
	user2 := l.add(alice, [][]byte{m.Serialize()}, append(fw, l.packages[v2]), nil)

	for _, tt := range []struct {
		pkg           sui.Address
		version, kept uint64
	}{{user1, 1, 21}, {user2, 2, 42}} {
		x := l.begin(alice)
		if n, _ := x.must(tt.pkg, "user", "version")[0].U64At(); n != tt.version {
			t.Errorf("package %v runs version %d, want %d", tt.pkg, n, tt.version)
		}
		k := x.must(tt.pkg, "user", "keep", u64le(21))[0]
		if _, types := k.Type().Fields(); !types[0].Is(v1, "up", "A") {
			t.Errorf("field has type %v, want package %v", types[0], v1)
		}
		if n, _ := x.must(tt.pkg, "user", "value", k)[0].U64At(); n != tt.kept {
			t.Errorf("value is %d, want %d", n, tt.kept)
		}
	}

	x := l.begin(alice)
	a := x.must(v1, "up", "make", u64le(3))[0] // a value of version 1 is one of version 2
	b := x.must(v2, "up", "wrap", a)[0]
	if !b.Type().Is(v2, "up", "B") {
		t.Errorf("new type is %v, want package %v", b.Type(), v2)
	}
	want := hexOf(v2) + "::up::B" + hexOf(v1) + "::up::B"
	if names, err := x.s.Encode(x.must(v2, "up", "names")[0]); err != nil || string(names[2:]) != want {
		t.Errorf("type names are %q, want %q", names, want)
	}
	tag := func(pkg sui.Address) sui.TypeTag {
		return sui.TypeTag{Kind: sui.KindStruct, Struct: &sui.StructTag{Address: pkg, Module: "up", Name: "A"}}
	}
	if _, err := x.s.LoadType(tag(v2)); err == nil {
		t.Error("a type is found under a package that did not introduce it")
	}
	if typ, err := x.s.LoadTypeIn(tag(v2)); err != nil || !typ.Equal(a.Type()) {
		t.Errorf("LoadTypeIn: %v, %v", typ, err)
	}
}

// edit makes a package of a changed module of testdata.
func edit(t *testing.T, file string, f func(m *bytecode.Module)) *sui.MovePackage {
	t.Helper()
	m := mustParse(t, read(t, file))
	f(m)
	return &sui.MovePackage{ID: sui.Address{31: 0x77}, Version: 1, Modules: []sui.Module{{Name: m.Name(), Bytes: m.Serialize()}}}
}

func definition(t *testing.T, m *bytecode.Module, name string) *bytecode.FunctionDef {
	t.Helper()
	i, ok := m.Function(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return &m.Functions[i]
}

// The rules are those of Sui's documentation on package upgrades.
func TestCheckUpgrade(t *testing.T) {
	v1 := edit(t, "up/v1.mv", func(*bytecode.Module) {})
	same := v1
	v2 := edit(t, "up/v2.mv", func(*bytecode.Module) {})
	v1With := func(f func(m *bytecode.Module)) *sui.MovePackage { return edit(t, "up/v1.mv", f) }
	tests := []struct {
		name   string
		next   *sui.MovePackage
		policy UpgradePolicy
		want   Status // 0 for allowed
	}{
		{"the same", same, PolicyDepOnly, 0},
		{"compatible", v2, PolicyCompatible, 0},
		{"changed code", v2, PolicyAdditive, StatusIncompatible},
		{"changed code", v2, PolicyDepOnly, StatusIncompatible},
		{"unknown policy", same, 7, StatusUnknownPolicy},
		{"private body", v1With(func(m *bytecode.Module) { definition(t, m, "hidden").Code[0].N = 6 }), PolicyCompatible, 0},
		{"private body", v1With(func(m *bytecode.Module) { definition(t, m, "hidden").Code[0].N = 6 }), PolicyAdditive, StatusIncompatible},
		{"public function private", v1With(func(m *bytecode.Module) { definition(t, m, "make").Visibility = bytecode.Private }), PolicyCompatible, StatusIncompatible},
		{"entry gone", v1With(func(m *bytecode.Module) { definition(t, m, "only_entry").Entry = false }), PolicyCompatible, 0},
		{"constraint added", v1With(func(m *bytecode.Module) {
			m.FunctionHandles[definition(t, m, "pick").Handle].TypeParams[0] |= bytecode.Store
		}), PolicyCompatible, StatusIncompatible},
		{"return changed", v1With(func(m *bytecode.Module) {
			m.FunctionHandles[definition(t, m, "version").Handle].Returns = m.FunctionHandles[definition(t, m, "e").Handle].Returns
		}), PolicyCompatible, StatusIncompatible},
		{"ability gone", v1With(func(m *bytecode.Module) { m.DatatypeHandles[m.Structs[0].Handle].Abilities &^= bytecode.Store }), PolicyCompatible, StatusIncompatible},
		{"field type", v1With(func(m *bytecode.Module) { m.Structs[0].Fields[0].Type.Kind = bytecode.TokenU8 }), PolicyCompatible, StatusIncompatible},
		{"variant gone", v1With(func(m *bytecode.Module) { m.Enums[0].Variants = m.Enums[0].Variants[:1] }), PolicyCompatible, StatusDeserialize},
		{"module gone", edit(t, "objs/objs.mv", func(*bytecode.Module) {}), PolicyCompatible, StatusIncompatible},
	}
	for _, tt := range tests {
		err := CheckUpgrade(v1, tt.next, tt.policy)
		var e *Error
		if tt.want == 0 && err != nil || tt.want != 0 && (!errors.As(err, &e) || e.Status != tt.want) {
			t.Errorf("%s under policy %d: %v, want status %d", tt.name, tt.policy, err, tt.want)
		}
	}
}

func TestBuildPackageErrors(t *testing.T) {
	l := newLedger(t)
	v1 := l.publishFile(alice, "up/v1.mv")
	fw := []*sui.MovePackage{l.packages[stdFramework], l.packages[suiFramework]}
	v2 := l.add(alice, [][]byte{read(t, "up/v2.mv")}, fw, l.packages[v1])
	m := mustParse(t, read(t, "up/user.mv"))
	m.Readdress(map[sui.Address]sui.Address{{30: 0xaa, 31: 0xaa}: v1})
	linked := m.Serialize()
	needsV2 := &sui.MovePackage{ID: sui.Address{9}, Version: 1, Modules: l.packages[v1].Modules, Linkage: []sui.Linkage{{Original: v1, Upgraded: v2, Version: 2}}}
	needsV2.Modules = []sui.Module{{Name: "basic", Bytes: read(t, "basic/basic.mv")}}
	tests := []struct {
		name    string
		modules [][]byte
		deps    []*sui.MovePackage
		prev    *sui.MovePackage
		want    Status
	}{
		{"no modules", nil, fw, nil, StatusDeserialize},
		{"garbage", [][]byte{{1, 2, 3}}, fw, nil, StatusDeserialize},
		{"published before", [][]byte{l.packages[v1].Modules[0].Bytes}, fw, nil, StatusNonZeroAddress},
		{"twice", [][]byte{read(t, "up/v1.mv"), read(t, "up/v1.mv")}, fw, nil, StatusVerification},
		{"missing dependency", [][]byte{linked}, fw, nil, StatusMissingDependency},
		{"two versions", [][]byte{linked}, append(fw[:2:2], l.packages[v1], l.packages[v2]), nil, StatusInvalidLinkage},
		{"downgrade", [][]byte{linked}, append(fw[:2:2], l.packages[v1], needsV2), nil, StatusDowngrade},
		{"missing transitive", [][]byte{read(t, "up/v1.mv")}, append(fw[:2:2], needsV2), nil, StatusMissingDependency},
		{"type gone", [][]byte{read(t, "up/v1.mv")}, fw, l.packages[v2], StatusIncompatible},
	}
	for _, tt := range tests {
		var e *Error
		_, err := BuildPackage(NewPackage{ID: sui.Address{1}, Modules: tt.modules, Dependencies: tt.deps, Previous: tt.prev})
		if !errors.As(err, &e) || e.Status != tt.want {
			t.Errorf("%s: %v, want status %d", tt.name, err, tt.want)
		}
	}
}

// Modules that the compiler would never write.
func TestVerifyErrors(t *testing.T) {
	l := newLedger(t)
	objs := func(f func(m *bytecode.Module)) *sui.MovePackage { return edit(t, "objs/objs.mv", f) }
	own := func(m *bytecode.Module, name string) int {
		for i, s := range m.Structs {
			if m.DatatypeName(s.Handle) == name {
				return i
			}
		}
		t.Fatalf("no struct %s", name)
		return 0
	}
	tests := []struct {
		name string
		pkg  *sui.MovePackage
		want Status
	}{
		{"nothing wrong", objs(func(*bytecode.Module) {}), 0},
		{"public init", objs(func(m *bytecode.Module) { definition(t, m, "init").Visibility = bytecode.Public }), StatusSuiVerification},
		{"entry init", objs(func(m *bytecode.Module) { definition(t, m, "init").Entry = true }), StatusSuiVerification},
		{"witness with copy", objs(func(m *bytecode.Module) {
			m.DatatypeHandles[m.Structs[own(m, "OBJS")].Handle].Abilities |= bytecode.Copy
		}), StatusSuiVerification},
		{"object without id", objs(func(m *bytecode.Module) {
			s := &m.Structs[own(m, "O")]
			s.Fields[0].Name, s.Fields[1].Name = s.Fields[1].Name, s.Fields[0].Name
		}), StatusSuiVerification},
		{"entry returns an object", objs(func(m *bytecode.Module) { definition(t, m, "new").Entry = true }), StatusSuiVerification},
		{"foreign type transferred", objs(func(m *bytecode.Module) { retarget(t, m, "give", "public_transfer", "transfer") }), StatusLinker},
		{"object made again with its UID", objs(func(m *bytecode.Module) {
			f, o := definition(t, m, "share"), uint16(own(m, "O"))
			f.Code = slices.Insert(f.Code, 1, bytecode.Instruction{Op: bytecode.OpUnpack, A: o}, bytecode.Instruction{Op: bytecode.OpPack, A: o})
		}), StatusSuiVerification},
		{"native", objs(func(m *bytecode.Module) {
			f := definition(t, m, "bump")
			f.Native, f.Code, f.JumpTables = true, nil, nil
		}), StatusLinker},
		{"field with too few abilities", objs(func(m *bytecode.Module) {
			m.DatatypeHandles[m.Structs[own(m, "Holder")].Handle].Abilities |= bytecode.Drop
		}), StatusVerification},
		{"type contains itself", objs(func(m *bytecode.Module) {
			m.Structs[own(m, "Inner")].Fields[0].Type = bytecode.Token{Kind: bytecode.TokenDatatype, Index: m.Structs[own(m, "Inner")].Handle}
		}), StatusVerification},
		{"value dropped", objs(func(m *bytecode.Module) {
			code := definition(t, m, "destroy").Code
			code[0] = bytecode.Instruction{Op: bytecode.OpRet}
		}), StatusVerification},
		{"runs off the end", objs(func(m *bytecode.Module) {
			f := definition(t, m, "bump")
			f.Code = f.Code[:len(f.Code)-1]
		}), StatusVerification},
		{"local read twice", objs(func(m *bytecode.Module) {
			for i, in := range definition(t, m, "destroy").Code {
				if in.Op == bytecode.OpMoveLoc {
					definition(t, m, "destroy").Code[i].Op = bytecode.OpCopyLoc
				}
			}
		}), StatusVerification},
	}
	for _, tt := range tests {
		for _, dep := range []sui.Address{stdFramework, suiFramework} {
			tt.pkg.Linkage = append(tt.pkg.Linkage, sui.Linkage{Original: dep, Upgraded: dep, Version: 1})
		}
		m := mustParse(t, tt.pkg.Modules[0].Bytes)
		m.Readdress(map[sui.Address]sui.Address{{}: tt.pkg.ID})
		tt.pkg.Modules[0].Bytes = m.Serialize()
		err := l.begin(alice).s.AddPackage(tt.pkg)
		var e *Error
		if tt.want == 0 && err != nil || tt.want != 0 && (!errors.As(err, &e) || e.Status != tt.want) {
			t.Errorf("%s: %v, want status %d", tt.name, err, tt.want)
		}
	}
}

// retarget renames the function that a function handle calls.
func retarget(t *testing.T, m *bytecode.Module, in, from, to string) {
	t.Helper()
	for i, h := range m.FunctionHandles {
		if m.Identifiers[h.Name] == from {
			m.Identifiers = append(m.Identifiers, to+"_impl")
			m.FunctionHandles[i].Name = uint16(len(m.Identifiers) - 1)
			return
		}
	}
	t.Fatalf("%s does not call %s", in, from)
}

// The digest that npm @zktx.io/sui-move-builder gave for testdata/objs with the
// dependencies 0x1 and 0x2.
func TestPackageDigest(t *testing.T) {
	want := unhex(t, "3f951000725869ca4129097574c03f64474bb0692f1675745360742c9f81518e")
	got := PackageDigest([][]byte{read(t, "objs/objs.mv")}, []sui.Address{stdFramework, suiFramework})
	if !bytes.Equal(got[:], want) {
		t.Errorf("digest %x, want %x", got, want)
	}
}
