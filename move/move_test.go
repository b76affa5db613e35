package move_test

import (
	"os"
	"testing"

	"github.com/floe-data/floe/move"
)

// TestBytecodeIsFresh fails when someone changed Move sources and did not
// compile them.
func TestBytecodeIsFresh(t *testing.T) {
	for _, name := range move.Packages() {
		t.Run(name, func(t *testing.T) {
			want, err := move.SourceDigest(os.DirFS("."), name)
			if err != nil {
				t.Fatal(err)
			}
			code, err := move.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			if code.SourceDigest != want {
				t.Errorf("move/bytecode/%s was compiled from other sources than those here; run `go run ./scripts/movec build` and commit move/bytecode", name)
			}
			if len(code.Modules) == 0 {
				t.Errorf("%s has no modules", name)
			}
		})
	}
}

func TestUnknownPackage(t *testing.T) {
	if _, err := move.Package("../storage"); err == nil {
		t.Error("Package accepted a name that is not a package")
	}
	if _, ok := move.Placeholder("framework"); ok {
		t.Error("the framework has fixed addresses and no placeholder")
	}
}

// TestPlaceholdersDiffer guards what relinking relies on: an address in the
// bytecode names exactly one package.
func TestPlaceholdersDiffer(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, name := range move.Packages() {
		addr, ok := move.Placeholder(name)
		if !ok {
			continue
		}
		if other := seen[addr]; other != "" {
			t.Errorf("%s and %s share the placeholder %x", name, other, addr)
		}
		seen[addr] = name
	}
}
