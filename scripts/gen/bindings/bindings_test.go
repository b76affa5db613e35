package bindings

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
)

const root = "../../.."

// TestGeneratedIsFresh fails when contracts changed and the Go side did not.
func TestGeneratedIsFresh(t *testing.T) {
	files, err := Generate(root)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := Stale(root, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stale {
		t.Errorf("%s does not fit the contracts; run `%s` and commit it", name, Command)
	}
}

// TestAllPackages fails when a contract gets no Go side by mistake.
func TestAllPackages(t *testing.T) {
	var want []string
	for _, name := range move.Packages() {
		if name != "framework" {
			want = append(want, name)
		}
	}
	if !reflect.DeepEqual(packages, want) {
		t.Errorf("Go is generated for %v, and there are %v", packages, want)
	}
}

// TestStale shows that a change of a generated file, one too few and one too
// many are found, and that Write mends them.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "move"), os.DirFS(filepath.Join(root, "move"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, Dir), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(want ...string) {
		t.Helper()
		got, err := Write(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("wrote %v, want %v", got, want)
		}
	}
	if got, err := Write(dir); err != nil || len(got) != 2*len(packages)+2 {
		t.Fatalf("wrote %v, %v", got, err)
	}
	write()
	changed, lost, old := filepath.Join(dir, Dir, "access_types_gen.go"), filepath.Join(dir, Dir, "aborts_gen.go"), filepath.Join(dir, Dir, "old_gen.go")
	for _, file := range []string{changed, old} {
		if err := os.WriteFile(file, []byte("package contract\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	write(Dir+"/aborts_gen.go", Dir+"/access_types_gen.go", Dir+"/old_gen.go")
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Error("a file that is no longer made is still there")
	}
	// An older source: what it says about a function does not fit the bytecode.
	pass := filepath.Join(dir, "move", "access", "sources", "pass.move")
	text, err := os.ReadFile(pass)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pass, []byte(strings.Replace(string(text), "    holder: address,\n    package_version", "    package_version", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir); err == nil || !strings.Contains(err.Error(), "pass::buy") || !strings.Contains(err.Error(), "movec build") {
		t.Errorf("got %v, want that pass::buy differs and what to do", err)
	}
}

func TestNamesOfWhatIsGone(t *testing.T) {
	m, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	delete(m.types, "catalog::lineage::Terms")
	if err := m.checkNames(); err == nil || !strings.Contains(err.Error(), "catalog::lineage::Terms") {
		t.Errorf("got %v", err)
	}
	rule := m.types["access::rule::Rule"]
	rule.variants = rule.variants[:1]
	delete(typeNames, "catalog::lineage::Terms")
	defer func() { typeNames["catalog::lineage::Terms"] = "LineageTerms" }()
	if err := m.checkNames(); err == nil || !strings.Contains(err.Error(), "access::rule::Rule.") {
		t.Errorf("got %v", err)
	}
}

const sample = `// SPDX-License-Identifier: Apache-2.0

/// What the module is for.
///
/// More of it.
module floe_access::sample;

use sui::clock::Clock;

/// Nothing there.
const EMissing: u64 = 0;
// A comment between.
/// Too
/// late.
#[allow(unused_const)]
const ETooLate: u64 = 1_000;
const MAX: u64 = 3;

/// A thing.
public struct Thing<phantom T> has key {
    id: UID,
    /// How many.
    count: u64,
}

public struct Bare has drop {}

/// A choice.
public enum Choice has copy, drop, store {
    /// None of it.
    None,
    /// At a time.
    At { at_ms: u64 },
    /// Much.
    Many {
        /// Which.
        ids: vector<ID>,
        last: u64,
    },
}

/// Makes one.
public fun make<T: key + store, W>(
    mut held: T,
    pairs: vector<VecMap<u8, Option<u64>>>,
    _: W,
    clock: &Clock,
): (u64, T) {
    abort 0
}

public(package) fun hidden(self: &Thing<u8>): u64 { self.count }
entry fun run() {}
`

func TestReadSource(t *testing.T) {
	s := readSource(sample)
	if want := "What the module is for.\n\nMore of it."; s.module != want {
		t.Errorf("module: %q", s.module)
	}
	if want := []errorConstant{{"EMissing", "0"}, {"ETooLate", "1000"}}; !reflect.DeepEqual(s.errors, want) {
		t.Errorf("errors: %v", s.errors)
	}
	for key, want := range map[string]string{
		"const EMissing": "Nothing there.", "const ETooLate": "Too\nlate.", "const MAX": "",
		"Thing": "A thing.", "Thing.id": "", "Thing.count": "How many.", "Bare": "",
		"Choice": "A choice.", "Choice.None": "None of it.", "Choice.At": "At a time.", "Choice.Many": "Much.", "Choice.Many.ids": "Which.", "Choice.Many.last": "",
		"fun make": "Makes one.", "fun hidden": "", "fun run": "",
	} {
		if got, there := s.docs[key]; !there || got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for name, want := range map[string][]string{"make": {"held", "pairs", "_", "clock"}, "hidden": {"self"}, "run": nil} {
		if got := s.params[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("parameters of %s: %q, want %q", name, got, want)
		}
	}
	if want := []string{"T", "W"}; !reflect.DeepEqual(s.typeNames["make"], want) {
		t.Errorf("type parameters: %q", s.typeNames["make"])
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{"not_before_ms": "NotBeforeMS", "blob_ids": "BlobIDs", "pk": "PublicKey", "n_shards": "NShards", "upgrade_v1_to_v2": "UpgradeV1ToV2"} {
		if got := exported(in); got != want {
			t.Errorf("exported(%s) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"not_before_ms": "notBeforeMS", "type": "typeArg", "_": "value", "_cap": "cap", "c": "cArg"} {
		if got := parameter(in); got != want {
			t.Errorf("parameter(%s) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"A policy.": "a policy.", "SHA-256 of it.": "SHA-256 of it.", "": ""} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzReadSource reads what no Move compiler would take. Names that are found
// are identifiers, and there is one parameter for each that is written.
func FuzzReadSource(f *testing.F) {
	f.Add(sample)
	f.Add("public fun f<")
	f.Add("fun f(a: vector<u8")
	f.Add("public enum E {\n    A {\n")
	f.Add("const ETooLate: u64 = _;\n")
	word := regexp.MustCompile(`^\w+$`)
	f.Fuzz(func(t *testing.T, text string) {
		s := readSource(text)
		for name, params := range s.params {
			for _, p := range params {
				if !word.MatchString(name) || !word.MatchString(p) {
					t.Errorf("function %q has a parameter %q", name, p)
				}
			}
		}
		for _, e := range s.errors {
			if _, err := strconv.ParseUint(e.code, 10, 64); !word.MatchString(e.name) || err != nil && len(e.code) < 20 {
				t.Errorf("error %q has code %q", e.name, e.code)
			}
		}
	})
}
