package compiler

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/floe-data/floe/move"
)

// environment is the network whose rules the compiler applies. It selects the
// sections of manifests; nothing is fetched from it.
const environment = "mainnet"

// mainnetChainID is the first 4 bytes of mainnet's genesis checkpoint digest,
// which a Published.toml section names.
const mainnetChainID = "35834a8a"

// Tree reads packages from a `move` folder: the contracts, and the framework
// that stands in for 0x1 and 0x2.
type Tree struct {
	// Dir is the `move` folder of the repository.
	Dir string
	// Placeholders are the addresses that packages have in the bytecode of
	// packages that depend on them, by folder name. Without one, the compiler
	// would quietly write 0x0.
	Placeholders map[string][32]byte
}

// NewTree returns the tree of a `move` folder with the placeholders that
// package move defines.
func NewTree(dir string) Tree {
	t := Tree{Dir: dir, Placeholders: map[string][32]byte{}}
	for _, name := range append(move.Packages(), move.Interfaces()...) {
		if addr, ok := move.Placeholder(name); ok {
			t.Placeholders[name] = addr
		}
	}
	return t
}

// Package returns the source of the package in a folder below Dir.
func (t Tree) Package(name string) (Source, error) {
	if name == "framework" {
		return t.framework()
	}
	dir := filepath.Join(t.Dir, filepath.FromSlash(name))
	files, err := ReadPackage(dir, true)
	if err != nil {
		return Source{}, err
	}
	// The addresses of real networks must not enter the bytecode.
	delete(files, "Published.toml")
	delete(files, "Move.lock")
	return Source{Files: files, Fetch: func(dep Dependency) (map[string]string, error) {
		return t.fetch(dir, dep)
	}}, nil
}

// Loose returns a package that is not in the tree: its files, linked to the
// framework.
func (t Tree) Loose(files map[string]string) Source {
	return Source{Files: files, Fetch: func(dep Dependency) (map[string]string, error) { return t.fetch(t.Dir, dep) }}
}

// HasCryptoTests reports whether a package has tests that Sui's runner can't
// judge.
func (t Tree) HasCryptoTests(name string) bool {
	_, err := os.Stat(filepath.Join(t.cryptoDir(name), CryptoTests))
	return err == nil
}

func (t Tree) cryptoDir(name string) string {
	if name == "framework" {
		return filepath.Join(t.Dir, "framework", "sui-framework")
	}
	return filepath.Join(t.Dir, filepath.FromSlash(name))
}

// CryptoPackage is Package with the CryptoTests among the tests. Sui's runner
// judges them wrongly; it is for showing that.
func (t Tree) CryptoPackage(name string) (Source, error) {
	src, err := t.Package(name)
	if err != nil {
		return Source{}, err
	}
	files, err := readFolders(t.cryptoDir(name), []string{CryptoTests})
	if err != nil {
		return Source{}, err
	}
	for file, text := range files {
		if rest, ok := strings.CutPrefix(file, CryptoTests+"/"); ok {
			src.Files["tests/"+CryptoTests+"/"+rest] = text
		}
	}
	return src, nil
}

// framework returns 0x1 and 0x2 as one root package with both addresses fixed.
// Built on its own, each would get the address 0x0.
func (t Tree) framework() (Source, error) {
	files := map[string]string{"Move.toml": `[package]
name = "framework"
edition = "2024"
implicit-dependencies = false
[addresses]
std = "0x1"
sui = "0x2"
`}
	for name, prefix := range map[string]string{"move-stdlib": "std", "sui-framework": "sui"} {
		part, err := ReadPackage(filepath.Join(t.Dir, "framework", name), true)
		if err != nil {
			return Source{}, err
		}
		for file, text := range part {
			if folder, rest, ok := strings.Cut(file, "/"); ok {
				files[path.Join(folder, prefix, rest)] = text
			}
		}
	}
	return Source{Files: files}, nil
}

// fetch serves a dependency: our framework for the implicit one, and sibling
// packages under their placeholder addresses.
func (t Tree) fetch(root string, dep Dependency) (map[string]string, error) {
	switch dep.From.Type {
	case "git":
		name := path.Base(dep.From.Subdir)
		if name != "move-stdlib" && name != "sui-framework" {
			return nil, fmt.Errorf("%s is on the network, and packages are compiled offline; bring it into the repository", dep.From.Git)
		}
		return ReadPackage(filepath.Join(t.Dir, "framework", name), false)
	case "local":
		dir := filepath.Join(root, filepath.FromSlash(dep.From.Local))
		files, err := ReadPackage(dir, false)
		if err != nil {
			return nil, err
		}
		delete(files, "Move.lock")
		if addr, ok := t.Placeholders[filepath.Base(dir)]; ok {
			files["Published.toml"] = fmt.Sprintf("[published.%s]\nchain-id = %q\npublished-at = \"0x%x\"\noriginal-id = \"0x%x\"\nversion = 1\n",
				environment, mainnetChainID, addr, addr)
		}
		return files, nil
	}
	return nil, fmt.Errorf("dependency source %q is not supported", dep.From.Type)
}

// ReadPackage reads a package's manifest, sources and, when asked, tests.
func ReadPackage(dir string, tests bool) (map[string]string, error) {
	folders := []string{"sources"}
	if tests {
		folders = append(folders, "tests")
	}
	return readFolders(dir, folders)
}

// readFolders reads a package's manifests and the Move files of some folders.
func readFolders(dir string, folders []string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if top, _, _ := strings.Cut(rel, "/"); rel != "." && !slices.Contains(folders, top) {
				return fs.SkipDir
			}
			return nil
		}
		if rel != "Move.toml" && rel != "Move.lock" && rel != "Published.toml" && !strings.HasSuffix(rel, ".move") {
			return nil
		}
		text, err := os.ReadFile(file)
		files[rel] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	if _, ok := files["Move.toml"]; !ok {
		return nil, fmt.Errorf("read package: %s has no Move.toml", dir)
	}
	return files, nil
}
