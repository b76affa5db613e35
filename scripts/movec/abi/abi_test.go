package abi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
)

// liveSample is cut from @typemove/sui's 0x2.json and made small; each entry
// shows one form.
const liveSample = `[{"address":"0x2","module":{"name":"coin","datatypes":[
 {"name":"Coin","kind":1,"abilities":[3,4],"typeParameters":[{"constraints":[],"isPhantom":true}],
  "fields":[{"name":"id","position":0,"type":{"typeParameterInstantiation":[],"type":10,"typeName":"0x0000000000000000000000000000000000000000000000000000000000000002::object::UID"}},
            {"name":"balance","position":1,"type":{"type":10,"typeName":"0x0000000000000000000000000000000000000000000000000000000000000002::balance::Balance",
             "typeParameterInstantiation":[{"typeParameterInstantiation":[],"type":11,"typeParameter":0}]}}]},
 {"name":"Status","kind":2,"abilities":[3],"typeParameters":[],"fields":[],"variants":[{"fields":[],"name":"Reserved","position":0}]}],
 "functions":[
 {"name":"divide_into_n","visibility":2,"isEntry":false,"typeParameters":[{"constraints":[1,2]}],
  "parameters":[{"reference":2,"body":{"type":10,"typeName":"0x0000000000000000000000000000000000000000000000000000000000000002::coin::Coin","typeParameterInstantiation":[{"type":11,"typeParameter":0}]}},
                {"body":{"type":6}}],
  "returns":[{"body":{"type":9,"typeParameterInstantiation":[{"type":3}]}},{"reference":1,"body":{"type":1}}]},
 {"name":"hidden","visibility":1,"isEntry":true,"typeParameters":[],"parameters":[],"returns":[]}]}}]`

func TestLive(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"0x1.json": "[]", "0x2.json": liveSample} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	live, err := Live(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"0x2::coin::Coin":   "struct Coin<phantom T0> has store, key { id: 0x2::object::UID, balance: 0x2::balance::Balance<T0> }",
		"0x2::coin::Status": "enum Status has store { Reserved() }",
	} {
		if got := live.Datatypes[name]; got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	want := Function{Public: true, Text: "fun divide_into_n<T0: copy + drop>(&mut 0x2::coin::Coin<T0>, u64): (vector<u8>, &address)"}
	if got := live.Functions["0x2::coin::divide_into_n"]; got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := live.Functions["0x2::coin::hidden"]; got.Public || got.Text != "entry fun hidden()" {
		t.Errorf("got %+v", got)
	}
}

func TestLiveMissing(t *testing.T) {
	if _, err := Live(t.TempDir()); err == nil || !strings.Contains(err.Error(), "npm ci --prefix scripts/npm") {
		t.Errorf("got %v, want an error with the command that fetches it", err)
	}
}

// The texts are the compiler's documentation of the same functions.
func TestCompiled(t *testing.T) {
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	var modules [][]byte
	for _, m := range framework.Modules {
		modules = append(modules, m.Bytes)
	}
	got, err := Compiled(modules)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Function{
		"0x1::vector::index_of":          {Public: true, Text: "fun index_of<T0>(&vector<T0>, &T0): (bool, u64)"},
		"0x2::coin::burn":                {Public: true, Text: "entry fun burn<T0>(&mut 0x2::coin::TreasuryCap<T0>, 0x2::coin::Coin<T0>): u64"},
		"0x2::object::delete_impl":       {Native: true, Text: "fun delete_impl(address)"},
		"0x2::transfer::public_transfer": {Public: true, Text: "fun public_transfer<T0: store + key>(T0, address)"},
	} {
		if got.Functions[name] != want {
			t.Errorf("%s: got %+v, want %+v", name, got.Functions[name], want)
		}
	}
	const table = "struct Table<phantom T0: copy + drop + store, phantom T1: store> has store, key { id: 0x2::object::UID, size: u64 }"
	if got := got.Datatypes["0x2::table::Table"]; got != table {
		t.Errorf("got %s\nwant %s", got, table)
	}
}

func TestCompare(t *testing.T) {
	live := &Interface{
		Datatypes: map[string]string{"0x2::m::S": "struct S { }"},
		Functions: map[string]Function{
			"0x2::m::f": {Public: true, Text: "fun f()"},
			"0x2::m::g": {Public: false, Text: "fun g()"},
		},
	}
	for _, test := range []struct {
		name       string
		datatypes  map[string]string
		functions  map[string]Function
		allow      map[string]string
		difference string // of the only one, or ""
	}{
		{name: "equal", datatypes: live.Datatypes, functions: live.Functions},
		{name: "a subset", functions: map[string]Function{"0x2::m::f": {Public: true, Text: "fun f()"}}},
		{name: "a private helper", functions: map[string]Function{"0x2::m::mine": {Text: "fun mine()"}}},
		{name: "another type", datatypes: map[string]string{"0x2::m::S": "struct S { n: u8 }"}, difference: "types differ"},
		{name: "a type of ours", datatypes: map[string]string{"0x2::m::T": "struct T { }"}, difference: "no such type"},
		{name: "another signature", functions: map[string]Function{"0x2::m::f": {Public: true, Text: "fun f(u8)"}}, difference: "signatures differ"},
		{name: "a function of ours", functions: map[string]Function{"0x2::m::h": {Public: true, Text: "fun h()"}}, difference: "no such function"},
		{name: "a native of ours", functions: map[string]Function{"0x2::m::h": {Native: true, Text: "fun h()"}}, difference: "no such function"},
		{name: "more public", functions: map[string]Function{"0x2::m::g": {Public: true, Text: "fun g()"}}, difference: "not on mainnet"},
		{name: "allowed", functions: map[string]Function{"0x2::m::h": {Native: true}}, allow: map[string]string{"0x2::m::h": "because"}},
		{name: "allowed in vain", allow: map[string]string{"0x2::m::h": "because"}, difference: "take it off"},
	} {
		r := Compare(&Interface{Datatypes: test.datatypes, Functions: test.functions}, live, test.allow)
		got := strings.Join(r.Differences, "\n")
		if test.difference == "" && got != "" || !strings.Contains(got, test.difference) || len(r.Differences) > 1 {
			t.Errorf("%s: got %q, want %q", test.name, got, test.difference)
		}
	}
}
