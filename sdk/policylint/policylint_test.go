package policylint_test

import (
	"encoding/json"
	"errors"
	"github.com/floe-data/floe/move"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/policylint"
	"github.com/floe-data/floe/sdk/policylint/fixture"
)

// modules reads the compiled modules of a fixture.
func modules(t testing.TB, dir string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.mv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules in %s: run `go run ./scripts/movec fixtures`", dir)
	}
	var out [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func check(t testing.TB, modules [][]byte, seed uint64) *policylint.Report {
	t.Helper()
	r, err := policylint.Check(policylint.Target{Modules: modules}, policylint.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func codes(r *policylint.Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// planted says which findings each planted bug must give, and no others.
var planted = map[string]string{
	"no_binding":      "ANY_ID ID_UNREAD",
	"loose_binding":   "ANY_ID",
	"reversed_prefix": "SHORT_ID",
	"short_prefix":    "LOOSE_ID",
	"open_sender":     "OPEN_SENDER PARAMETER_UNREAD",
	"self_admission":  "SELF_ADMISSION",
	"other_cap":       "SELF_ADMISSION",
	"never":           "NOBODY",
	"foreign_list":    "FOREIGN_OBJECT",
	"early_lock":      "TIME_INVERTED",
	"late_lock":       "TIME_EDGE",
	"inverted_window": "TIME_INVERTED",
	"no_version":      "NO_VERSION",
	"unread_version":  "VERSION_UNREAD",
	"side_effects":    "SIDE_EFFECT",
	"unbound_nonce":   "UNBOUND_OBJECT",
	"endless_pass":    "NEVER_ENDS",
	"uncounted_pass":  "NOT_COUNTED",
	"wrong_signature": "BAD_SIGNATURE NOT_CALLABLE PUBLIC_APPROVE",
}

func folders(t *testing.T, set string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", set))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestFindsPlantedBugs(t *testing.T) {
	for _, name := range folders(t, "planted") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				r := check(t, modules(t, "planted/"+name), seed)
				if got := strings.Join(codes(r), " "); got != planted[name] {
					t.Errorf("seed %d: found %q, want %q\n%s", seed, got, planted[name], text(r))
				}
			}
		})
	}
}

func TestIsSilentOnPublishedPatterns(t *testing.T) {
	for _, name := range folders(t, "patterns") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(5) {
				r := check(t, modules(t, "patterns/"+name), seed)
				if len(r.Findings) > 0 {
					t.Errorf("seed %d: false alarm\n%s", seed, text(r))
				}
				for _, g := range r.Grants {
					if strings.Contains(g.Sentence[0], "Nothing") {
						t.Errorf("seed %d: %s was never granted, so silence says nothing", seed, g.Function)
					}
				}
			}
		})
	}
}

// TestExamplesRepeat asks again what every finding's example says, and the same
// for an identity that nobody made.
func TestExamplesRepeat(t *testing.T) {
	for _, name := range []string{"reversed_prefix", "foreign_list", "endless_pass", "inverted_window", "unbound_nonce"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, opt := policylint.Target{Modules: modules(t, "planted/"+name)}, policylint.Options{Seed: 7}
			x := *check(t, target.Modules, 7).Findings[0].Example
			a, err := policylint.Replay(target, opt, x)
			if err != nil || !a.Granted {
				t.Fatalf("%+v: %v %v", x, a, err)
			}
			x.ID = "c0ffee"
			if a, err = policylint.Replay(target, opt, x); err != nil || a.Granted || !strings.Contains(a.Why, "Abort") {
				t.Errorf("another identity: %v %v", a, err)
			}
		})
	}
}

func TestRefusesWhatIsNoPolicy(t *testing.T) {
	p, err := move.Package("storage")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := policylint.Check(policylint.Target{Modules: [][]byte{p.Modules[0].Bytes}}, policylint.Options{}); !errors.Is(err, policylint.ErrNoPolicy) {
		t.Errorf("got %v", err)
	}
	if _, err := policylint.Check(policylint.Target{Modules: [][]byte{{1, 2, 3}}}, policylint.Options{}); err == nil {
		t.Error("bytes that are no module are taken")
	}
}

func text(r *policylint.Report) string {
	b, _ := json.MarshalIndent(r, "", " ")
	return string(b)
}

func TestFixturesAreFresh(t *testing.T) {
	got, err := fixture.Digests(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join("testdata", fixture.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for dir, digest := range got {
		if want[dir] != digest {
			t.Errorf("%s was compiled from other sources than those here: run `go run ./scripts/movec fixtures` and commit the modules", dir)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d folders, %d in the manifest", len(got), len(want))
	}
}
