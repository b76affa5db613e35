package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// walrusBindings are npm @mysten/walrus' bindings of Walrus' contracts, which
// are generated from their sources; the source map holds them whole.
const walrusBindings = "scripts/npm/node_modules/@mysten/walrus/dist/contracts/walrus"

var (
	bindingFields    = regexp.MustCompile(`(?s)export const (\w+) = new MoveStruct\(\{\s*name: [^\n]*,\s*fields: \{(.*?)\n\t\},`)
	bindingField     = regexp.MustCompile(`(?m)^\t\t(\w+): (.*),$`)
	bindingFunction  = regexp.MustCompile(`(?s)argumentsTypes = \[([^\]]*)\].*?function: '(\w+)'`)
	interfaceFields  = regexp.MustCompile(`(?ms)^public struct (\w+) has [^{]*\{(.*?)^\}`)
	interfaceField   = regexp.MustCompile(`(?m)^    (\w+): (.*),$`)
	interfaceMethods = regexp.MustCompile(`(?m)^public fun (\w+)\(([^)]*)\)`)
)

// bindingTypes says how the bindings write the types of the interface's fields.
var bindingTypes = map[string]string{
	"UID": "bcs.Address", "ID": "bcs.Address", "u8": "bcs.u8()", "u32": "bcs.u32()", "u64": "bcs.u64()", "u256": "bcs.u256()", "bool": "bcs.bool()",
	"Option<u32>": "bcs.option(bcs.u32())", "Option<ID>": "bcs.option(bcs.Address)", "Storage": "storage_resource.Storage",
}

// TestWalrusInterface compares move/walrus with Walrus' own bindings: structs
// field by field, and every function that the adapter can call.
func TestWalrusInterface(t *testing.T) {
	root, err := (&options{}).findRoot()
	if err != nil {
		t.Fatal(err)
	}
	fields, functions := 0, 0
	for _, module := range []string{"blob", "storage_resource", "system"} {
		theirs, ours := walrusModule(t, root, module), withoutTests(t, root, module)
		want := map[string]string{}
		for _, m := range bindingFields.FindAllStringSubmatch(theirs, -1) {
			want[m[1]] = m[2]
		}
		for _, m := range interfaceFields.FindAllStringSubmatch(ours, -1) {
			var got []string
			for _, f := range interfaceField.FindAllStringSubmatch(m[2], -1) {
				typ, known := bindingTypes[f[2]]
				if !known {
					t.Errorf("%s::%s.%s: type %s is not in bindingTypes", module, m[1], f[1], f[2])
				}
				got = append(got, f[1]+" "+typ)
			}
			var live []string
			for _, f := range bindingField.FindAllStringSubmatch(want[m[1]], -1) {
				live = append(live, f[1]+" "+f[2])
			}
			if fields += len(got); strings.Join(got, "\n") != strings.Join(live, "\n") {
				t.Errorf("%s::%s has fields\n%s\nand on Walrus\n%s", module, m[1], strings.Join(got, "\n"), strings.Join(live, "\n"))
			}
		}
		parameters := map[string]string{}
		for _, m := range bindingFunction.FindAllStringSubmatch(theirs, -1) {
			parameters[m[2]] = m[1]
		}
		for _, m := range interfaceMethods.FindAllStringSubmatch(ours, -1) {
			functions++
			// all take the object alone, which the bindings write as null
			if got, is := parameters[m[1]]; !is || got != "null" || strings.Contains(m[2], ",") || !strings.HasPrefix(m[2], "self: &") {
				t.Errorf("%s::%s(%s): on Walrus its parameters are [%s]", module, m[1], m[2], got)
			}
		}
	}
	if fields != 16 || functions != 9 {
		t.Errorf("compared %d fields and %d functions, not 16 and 9", fields, functions)
	}
}

func walrusModule(t *testing.T, root, module string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(walrusBindings), module+".mjs.map"))
	if err != nil {
		t.Fatal(err)
	}
	var sources struct {
		SourcesContent []string `json:"sourcesContent"`
	}
	if err := json.Unmarshal(raw, &sources); err != nil || len(sources.SourcesContent) != 1 {
		t.Fatalf("%s: %d sources: %v", module, len(sources.SourcesContent), err)
	}
	return sources.SourcesContent[0]
}

func withoutTests(t *testing.T, root, module string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "move", "walrus", "sources", module+".move"))
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(raw), "// === Test-Only Helpers ===")
	return text
}
