package compiler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// Source is a package to compile.
type Source struct {
	// Files are the package's own files by slash-separated path: "Move.toml",
	// "sources/….move", "tests/….move".
	Files map[string]string
	// Fetch returns the files of a dependency, in the same form. It must leave
	// tests/ out: the runner would compile them too. Nil means none is needed.
	Fetch func(Dependency) (map[string]string, error)
	// Quiet leaves warnings and the linter out of Build, which halves its time.
	Quiet bool
}

// Dependency is what the compiler asks for while it resolves a package.
type Dependency struct {
	// Name is the dependency's name in the manifest that wants it.
	Name string `json:"dependencyName"`
	// Parent is the name of the package that wants it.
	Parent string `json:"parentPackageName"`
	// From says where the manifest says that it is.
	From Location `json:"source"`
}

// Location is where a dependency lives. The framework, which every package
// depends on without saying so, comes as Type "git" with a Subdir that ends in
// move-stdlib or sui-framework.
type Location struct {
	Type   string `json:"type"` // "git", "local" or "root"
	Git    string `json:"git,omitempty"`
	Rev    string `json:"rev,omitempty"`
	Subdir string `json:"subdir,omitempty"`
	Local  string `json:"local,omitempty"` // relative to the root package
}

// without returns the source minus the files below a folder.
func (s Source) without(folder string) Source {
	files := maps.Clone(s.Files)
	maps.DeleteFunc(files, func(path, _ string) bool { return strings.HasPrefix(path, folder) })
	return Source{Files: files, Fetch: s.Fetch, Quiet: s.Quiet}
}

// packageGroups is the answer of the compiler's resolver, in the form that
// compile and test_with_options take.
type packageGroups struct {
	Status       string          `json:"status"`
	Error        string          `json:"error"`
	RootFiles    json.RawMessage `json:"rootFiles"`
	Dependencies json.RawMessage `json:"dependencies"`
	Requests     []Dependency    `json:"requests"`
}

type fetchedPackage struct {
	Source    Location          `json:"source"`
	Requested Location          `json:"requestedSource"`
	Files     map[string]string `json:"files"`
}

// maxResolveRounds bounds the question-and-answer game below; each round goes
// one level deeper into the dependency graph.
const maxResolveRounds = 64

// resolve lets the compiler read the manifests. It asks for the dependencies
// that it misses until it has all.
func (in *instance) resolve(ctx context.Context, src Source, modes []string) (*packageGroups, error) {
	if src.Files["Move.toml"] == "" {
		return nil, errors.New("resolve package: no Move.toml")
	}
	var fetched []fetchedPackage
	seen := map[Location]bool{}
	for range maxResolveRounds {
		groups, err := in.resolveOnce(ctx, src.Files, fetched, modes)
		if err != nil {
			return nil, err
		}
		switch groups.Status {
		case "ok":
			return groups, nil
		case "needFetch":
			more, err := fetchAll(src, groups.Requests, seen)
			if err != nil {
				return nil, err
			}
			fetched = append(fetched, more...)
		default:
			return nil, &CompileError{Text: "resolve package: " + groups.Error}
		}
	}
	return nil, errors.New("resolve package: the dependency graph is too deep")
}

func (in *instance) resolveOnce(ctx context.Context, files map[string]string, fetched []fetchedPackage, modes []string) (*packageGroups, error) {
	if fetched == nil {
		fetched = []fetchedPackage{}
	}
	if modes == nil {
		modes = []string{}
	}
	request, err := json.Marshal(map[string]any{
		"environment": environment,
		// Which commit the implicit framework would come from on GitHub. We
		// serve our own instead, so it is only a label.
		"frameworkRev": "floe",
		"root":         map[string]any{"source": Location{Type: "root"}, "files": files},
		"packages":     fetched,
		"modes":        modes,
	})
	if err != nil {
		return nil, fmt.Errorf("resolve package: %w", err)
	}
	answer, err := in.callString(ctx, "manifest_graph_resolve_package_groups", string(request))
	if err != nil {
		return nil, err
	}
	var groups packageGroups
	if err := json.Unmarshal([]byte(answer), &groups); err != nil {
		return nil, fmt.Errorf("resolve package: read answer: %w", err)
	}
	return &groups, nil
}

func fetchAll(src Source, requests []Dependency, seen map[Location]bool) ([]fetchedPackage, error) {
	var out []fetchedPackage
	for _, dep := range requests {
		if seen[dep.From] {
			continue
		}
		seen[dep.From] = true
		if src.Fetch == nil {
			return nil, fmt.Errorf("resolve package: dependency %s of %s is not available", dep.Name, dep.Parent)
		}
		files, err := src.Fetch(dep)
		if err != nil {
			return nil, fmt.Errorf("resolve dependency %s of %s: %w", dep.Name, dep.Parent, err)
		}
		out = append(out, fetchedPackage{Source: dep.From, Requested: dep.From, Files: files})
	}
	if len(out) == 0 {
		return nil, errors.New("resolve package: the compiler asks for the same dependencies again")
	}
	return out, nil
}
