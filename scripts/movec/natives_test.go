package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/movec/abi"
	"github.com/floe-data/floe/sdk/movevm"
)

// Natives are linked by their names only, and read their arguments without a
// look at the types. So what our VM expects must be what is declared: on
// mainnet, in move/framework, and in its tests.
func TestNativesAreDeclaredAsTheVMExpects(t *testing.T) {
	w := openForTest(t)
	live, err := abi.Live(filepath.Join(w.root, filepath.FromSlash(abi.LiveDir)))
	if err != nil {
		t.Fatal(err)
	}
	build, err := w.compiler.BuildTests(t.Context(), w.tree, "framework", false)
	if err != nil {
		t.Fatal(err)
	}
	inTests, err := abi.Compiled(build.Modules)
	if err != nil {
		t.Fatal(err)
	}
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	var modules [][]byte
	for _, m := range framework.Modules {
		modules = append(modules, m.Bytes)
	}
	ours, err := abi.Compiled(modules)
	if err != nil {
		t.Fatal(err)
	}

	known := map[string]movevm.NativeFunction{}
	for _, n := range movevm.NativeFunctions() {
		known[n.Name] = n
		declared := live
		if n.Test || deliberate[n.Name] != "" {
			declared = inTests
		}
		f, ok := declared.Functions[n.Name]
		if !ok {
			t.Errorf("%s is declared nowhere", n.Name)
		} else if text := signature(n.Name, f); text != n.Signature {
			t.Errorf("the VM expects\n  %s\nand declared is\n  %s", n.Signature, text)
		}
	}
	for _, declared := range []*abi.Interface{ours, inTests} {
		for name, f := range declared.Functions {
			if !f.Native || strings.HasPrefix(name, "0x1::vector::") { // those are instructions
				continue
			}
			n, ok := known[name]
			switch {
			case !ok || n.Refused != "":
				t.Errorf("move/framework declares %s, which the VM does not have", name)
			case signature(name, f) != n.Signature:
				t.Errorf("the VM expects\n  %s\nand move/framework declares\n  %s", n.Signature, signature(name, f))
			case n.Test && declared == ours:
				t.Errorf("%s is for tests, and part of the framework", name)
			}
		}
	}
	if len(known) < 80 {
		t.Errorf("the VM has %d natives", len(known))
	}
}

// signature is a declaration with the full name, without "entry".
func signature(name string, f abi.Function) string {
	_, text, _ := strings.Cut(f.Text, "fun ")
	return name[:strings.LastIndex(name, "::")+2] + text
}
