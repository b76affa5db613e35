// Package scripts_test guards the shape of the repository.
package scripts_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/floe-data/floe"

// mayImport says what the Go code below each top folder may import of the
// others. Formats stand below daemons; daemons don't know each other.
var mayImport = map[string][]string{
	"move":       {},
	"migrations": {},
	"sdk":        {"move"},
	"indexer":    {"sdk", "migrations"},
	"oracle":     {"sdk"},
	"scripts":    {"move", "migrations", "sdk", "indexer", "oracle"},
}

// topLevel is all that the top folder holds besides dotfiles.
var topLevel = []string{
	"move", "indexer", "oracle", "sdk", "migrations", "scripts",
	"go.mod", "go.sum", "README.md", "LICENSE",
}

// TestLayers reads every Go file, tests included. It does not run `go list`:
// Go's test cache can't see what a program reads and would keep an old answer.
func TestLayers(t *testing.T) {
	for _, file := range goFiles(t, "..") {
		from, _, _ := strings.Cut(file, "/")
		for _, to := range ownImports(t, filepath.Join("..", file)) {
			if to != from && !slices.Contains(mayImport[from], to) {
				t.Errorf("%s imports %s/…: %s may import only %v of ours.\n"+
					"Move the shared code down into a package of sdk, or take an interface that the caller fills in.",
					file, to, from, mayImport[from])
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	gitignore, err := os.ReadFile("../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		ignored := strings.Contains(string(gitignore), "\n/"+name+"/\n")
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) && !ignored {
			t.Errorf("%s stands at the top level, which holds only %v and dotfiles; move it below one of them", name, topLevel)
		}
	}
}

// TestEveryPackageIsReached fails when a folder of Go code is in no layer.
func TestEveryPackageIsReached(t *testing.T) {
	for _, file := range goFiles(t, "..") {
		if from, _, found := strings.Cut(file, "/"); !found || mayImport[from] == nil {
			t.Errorf("%s is in no layer; the layers are in mayImport of this test", file)
		}
	}
}

// goFiles returns the slash-separated paths of all Go files below root.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(name, ".go") {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found %d Go files below %s: this test looks in the wrong place", len(files), root)
	}
	return files
}

// ownImports returns the top folders of our own packages that a file imports.
func ownImports(t *testing.T, path string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var tops []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(name, modulePath+"/"); ok {
			top, _, _ := strings.Cut(rest, "/")
			tops = append(tops, top)
		}
	}
	return tops
}
