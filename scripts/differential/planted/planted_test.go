package main

import (
	"go/parser"
	"go/token"
	"os"
	"testing"
)

// Each fault can be planted in the VM as it is. That each is noticed takes
// minutes to show: go run ./scripts/differential/planted.
func TestFaultsFit(t *testing.T) {
	names := map[string]bool{}
	for _, f := range faults {
		if names[f.Name] {
			t.Errorf("%q is there twice", f.Name)
		}
		names[f.Name] = true
		source, err := os.ReadFile("../../../sdk/movevm/" + f.File)
		if err != nil {
			t.Fatal(err)
		}
		faulty, err := f.apply(string(source))
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), f.File, faulty, 0); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
