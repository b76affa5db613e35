// Package move holds Floe's contracts, compiled: the law that everything else
// obeys.
//
// [Package] returns a contract's bytecode, which `go run ./scripts/movec build`
// writes to the bytecode folder and this package embeds, so that programs can
// publish and run the contracts with no compiler at hand. A test compares the
// bytecode's [SourceDigest] with the sources.
package move

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed bytecode
var embedded embed.FS

// CompilerVersion is the release of Sui whose Move compiler makes the
// bytecode. It enters every source digest.
const CompilerVersion = "1.71.1"

// ErrUnknownPackage says that there is no package of that name; see Packages.
var ErrUnknownPackage = errors.New("unknown Move package")

// Module is one compiled module.
type Module struct {
	Name  string
	Bytes []byte
}

// Bytecode is a compiled package.
type Bytecode struct {
	Name string
	// Modules stand in dependency order. Those of the framework have the self
	// addresses 0x1 and 0x2; all others have 0x0, ready to publish.
	Modules []Module
	// Dependencies names the packages of ours that the modules link to, each
	// under its Placeholder. 0x1 and 0x2 come on top: all packages use them.
	Dependencies []string
	// Digest is Sui's package digest as the compiler gave it, with placeholder
	// addresses for the dependencies, in hex.
	Digest string
	// SourceDigest is the SourceDigest of what it was compiled from.
	SourceDigest string
}

// definition says what a package is made of and how others link to it.
type definition struct {
	name string
	// placeholder is the address that dependents carry for it until they are
	// published, when the publisher replaces it by the package's real id. The
	// compiler needs one: without it, it writes 0x0 and nothing can be told
	// apart. Empty for the framework, whose addresses are fixed.
	placeholder  string
	dependencies []string
	// isInterface marks a package of others that ours is compiled against. It
	// has no bytecode here: who publishes gives the real package's address.
	isInterface bool
}

// definitions stand in the order in which packages are built and published.
var definitions = []definition{
	{name: "framework"},
	{name: "storage", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0001"},
	{name: "catalog", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0002", dependencies: []string{"storage"}},
	{name: "access", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0003", dependencies: []string{"storage", "catalog"}},
	{name: "key_server", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0004"},
	{name: "walrus", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0005", isInterface: true},
	{name: "walrus_adapter", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0006", dependencies: []string{"storage", "walrus"}},
	{name: "committee", placeholder: "0x00000000000000000000000000000000000000000000000000000000f10e0007", dependencies: []string{"key_server"}},
}

// Packages returns the names of all packages, each after those it depends on.
func Packages() []string { return names(false) }

// Interfaces returns the names of packages of others that ours are compiled
// against. They have a Placeholder and no bytecode.
func Interfaces() []string { return names(true) }

func names(interfaces bool) []string {
	var out []string
	for _, d := range definitions {
		if d.isInterface == interfaces {
			out = append(out, d.name)
		}
	}
	return out
}

// Dependencies returns the names of our own packages that a package links to.
func Dependencies(name string) []string {
	d, _ := find(name)
	return d.dependencies
}

// Placeholder returns the address that a package has in the bytecode of
// packages that depend on it. Publishing replaces it by the real package id.
// It returns false for the framework and for unknown names.
func Placeholder(name string) ([32]byte, bool) {
	var addr [32]byte
	d, err := find(name)
	if err != nil || d.placeholder == "" {
		return addr, false
	}
	b, err := hex.DecodeString(strings.TrimPrefix(d.placeholder, "0x"))
	if err != nil || len(b) != len(addr) {
		panic("move: bad placeholder address of " + name)
	}
	return [32]byte(b), true
}

func find(name string) (definition, error) {
	for _, d := range definitions {
		if d.name == name {
			return d, nil
		}
	}
	return definition{}, fmt.Errorf("%w %q: there are %s", ErrUnknownPackage, name, strings.Join(Packages(), ", "))
}

// Manifest is what stands beside a package's modules, as manifest.json.
type Manifest struct {
	Package      string   `json:"package"`
	Modules      []string `json:"modules"` // file names in dependency order
	Dependencies []string `json:"dependencies"`
	Digest       string   `json:"digest"`
	SourceDigest string   `json:"source_digest"`
	Compiler     string   `json:"compiler"`
}

// Package returns the compiled package of that name.
func Package(name string) (*Bytecode, error) {
	if d, err := find(name); err != nil || d.isInterface {
		return nil, fmt.Errorf("%w %q: there are %s", ErrUnknownPackage, name, strings.Join(Packages(), ", "))
	}
	return load(embedded, path.Join("bytecode", name))
}

func load(files fs.FS, dir string) (*Bytecode, error) {
	text, err := fs.ReadFile(files, path.Join(dir, "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("load Move package: %w; compile it with `go run ./scripts/movec build`", err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("load Move package: read %s/manifest.json: %w", dir, err)
	}
	out := &Bytecode{Name: m.Package, Dependencies: m.Dependencies, Digest: m.Digest, SourceDigest: m.SourceDigest}
	for _, file := range m.Modules {
		code, err := fs.ReadFile(files, path.Join(dir, file))
		if err != nil {
			return nil, fmt.Errorf("load Move package %s: %w", m.Package, err)
		}
		out.Modules = append(out.Modules, Module{Name: moduleName(file), Bytes: code})
	}
	return out, nil
}

// ModuleFile returns the file name of a module: its place in the dependency
// order and its name. Two framework modules may share a name (std::bcs and
// sui::bcs), never a place.
func ModuleFile(index int, name string) string { return fmt.Sprintf("%02d_%s.mv", index, name) }

func moduleName(file string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(file, ".mv"), "_")
	return name
}

// SourceDigest returns the SHA-256, in hex, over everything that decides a
// package's bytecode: the compiler's version, and the manifest and sources of
// the package, of its dependencies and of the framework. Tests are left out.
// The file system is the `move` folder.
func SourceDigest(files fs.FS, name string) (string, error) {
	d, err := find(name)
	if err != nil {
		return "", err
	}
	dirs := []string{"framework/move-stdlib", "framework/sui-framework"}
	for _, part := range append(slices.Clone(d.dependencies), name) {
		if part != "framework" {
			dirs = append(dirs, part)
		}
	}
	h := sha256.New()
	fmt.Fprintf(h, "floe move sources v1\n%s\n", CompilerVersion)
	for _, dir := range dirs {
		paths, err := sourceFiles(files, dir)
		if err != nil {
			return "", fmt.Errorf("digest sources of %s: %w", name, err)
		}
		for _, file := range paths {
			text, err := fs.ReadFile(files, file)
			if err != nil {
				return "", fmt.Errorf("digest sources of %s: %w", name, err)
			}
			fmt.Fprintf(h, "%s\n%x\n", file, sha256.Sum256(text))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sourceFiles lists a package's manifest and sources, sorted by path.
func sourceFiles(files fs.FS, dir string) ([]string, error) {
	paths := []string{path.Join(dir, "Move.toml")}
	err := fs.WalkDir(files, path.Join(dir, "sources"), func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(file, ".move") {
			paths = append(paths, file)
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}
