package scripts_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadmeCommands checks every go command that a README names: its packages
// exist, and each of its patterns matches a test, fuzz target or benchmark
// there. That they pass is shown by running them, as all tests are.
func TestReadmeCommands(t *testing.T) {
	checked := 0
	for _, file := range readmes(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands(string(b)) {
			if err := checkCommand("..", c); err != nil {
				t.Errorf("%s: %s: %v", file, c, err)
			}
			checked++
		}
		for _, row := range rowsWithoutCommand(string(b)) {
			t.Errorf("%s: no command proves the row %s", file, row)
		}
	}
	if checked < 30 {
		t.Errorf("only %d commands were found: this test looks in the wrong place", checked)
	}
}

// Commands that have rotted are noticed.
func TestReadmeCommandsRot(t *testing.T) {
	text := "`go test ./sdk/bcs` and `go test -run 'TestULEB\\|TestGone' ./sdk/bcs`\n```\n$ go test -fuzz FuzzGone ./sdk/bcs  # why\n```\n" +
		"| what | command |\n|---|---|\n| a | `go test ./sdk/bcs` |\n| b | by eye |\n"
	want := []string{"go test ./sdk/bcs", "go test -run 'TestULEB|TestGone' ./sdk/bcs", "go test -fuzz FuzzGone ./sdk/bcs  # why", "go test ./sdk/bcs"}
	got := commands(text)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if rows := rowsWithoutCommand(text); len(rows) != 1 {
		t.Errorf("rows without a command: %q", rows)
	}
	for command, good := range map[string]bool{
		"go test ./sdk/bcs": true, "go test ./sdk/... -count=1": true, "go test -run '^$' -bench . ./sdk/movevm": true,
		"go test -run 'TestULEB|TestDecoder/padded' ./sdk/bcs": true, "go run ./scripts/movec check": true, "go test -fuzz FuzzDecoder -fuzztime 1m ./sdk/bcs": true,
		"go test ./sdk/gone": false, "go test -run TestGone ./sdk/bcs": false, "go test -run 'TestULEB|TestGone' ./sdk/bcs": false,
		"go test -run TestULEB ./sdk/bcs ./sdk/gone": false, "go run ./sdk/bcs": false, "go run ./scripts/gone": false, "go test ./sdk/gone/...": false,
		"go test -fuzz FuzzGone ./sdk/bcs": false, "go test -fuzz Fuzz ./sdk/sui": false, "go -C scripts/gone run .": false, "go test -run TestULEB": false,
	} {
		if err := checkCommand("..", command); (err == nil) != good {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func readmes(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != ".." && (name == "node_modules" || strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(name, ".md") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var (
	codeSpan    = regexp.MustCompile("`(go (?:test|run|-C) [^`\n]+)`")
	commandLine = regexp.MustCompile(`(?m)^\$? ?(go (?:test|run|-C) .+)$`)
)

// commands finds the go commands of a text: in `code` and in blocks.
func commands(text string) (list []string) {
	for i, part := range strings.Split(text, "```") {
		re := codeSpan
		if i%2 == 1 {
			re = commandLine
		}
		for _, found := range re.FindAllStringSubmatch(part, -1) {
			list = append(list, strings.ReplaceAll(found[1], `\|`, "|"))
		}
	}
	return list
}

// rowsWithoutCommand finds the rows of tables with a last column "command" that
// name none.
func rowsWithoutCommand(text string) (rows []string) {
	inTable := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case strings.HasSuffix(line, "| command |"):
			inTable = true
		case inTable && !strings.HasPrefix(line, "|---") && len(commands(line)) == 0:
			rows = append(rows, line)
		}
	}
	return rows
}

// checkCommand checks a go command without running it.
func checkCommand(root, command string) error {
	args := words(command)
	if args[1] == "-C" && len(args) > 3 {
		root, args = filepath.Join(root, args[2]), append(args[:1], args[3:]...)
	}
	if args[1] == "run" {
		return checkMain(filepath.Join(root, args[2]))
	}
	if args[1] != "test" {
		return errors.New("it is neither go test nor go run")
	}
	var packages []string
	patterns := map[string]string{} // by flag
	for i := 2; i < len(args); i++ {
		name, value, found := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch {
		case strings.HasPrefix(args[i], "./"):
			packages = append(packages, args[i])
			continue
		case !strings.HasPrefix(args[i], "-"):
			return fmt.Errorf("what is %q?", args[i])
		case !found && slices.Contains([]string{"run", "bench", "fuzz", "fuzztime", "benchtime", "timeout", "count"}, name) && i+1 < len(args):
			i++
			value = args[i]
		}
		patterns[name] = value
	}
	var functions []string
	for _, p := range packages {
		more, err := testFunctions(root, p)
		if err != nil {
			return err
		}
		functions = append(functions, more...)
	}
	if len(packages) == 0 {
		return errors.New("it names no package")
	}
	for flag, kinds := range map[string]string{"run": "Test|Fuzz|Example", "bench": "Benchmark", "fuzz": "Fuzz"} {
		if err := checkPattern(patterns[flag], kinds, functions, flag == "fuzz"); err != nil {
			return err
		}
	}
	return nil
}

// checkPattern demands that each alternative of a pattern matches a function of
// some kinds, or that the pattern matches exactly one.
func checkPattern(pattern, kinds string, functions []string, one bool) error {
	if pattern == "" || pattern == "^$" {
		return nil
	}
	kind := regexp.MustCompile("^(" + kinds + ")")
	for _, alternative := range strings.Split(pattern, "|") {
		alternative, _, _ = strings.Cut(alternative, "/")
		re, err := regexp.Compile(alternative)
		if err != nil {
			return err
		}
		n := 0
		for _, f := range functions {
			if kind.MatchString(f) && re.MatchString(f) {
				n++
			}
		}
		if n == 0 || one && n > 1 {
			return fmt.Errorf("%q matches %d functions", alternative, n)
		}
	}
	return nil
}

// words splits a command like a shell, up to a comment.
func words(command string) (list []string) {
	command, _, _ = strings.Cut(command, " #")
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(`)

// testFunctions are the tests of a package, or of all below a folder.
func testFunctions(root, pkg string) (names []string, err error) {
	dir, all := strings.CutSuffix(pkg, "/...")
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if all && err == nil {
		err = filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				files = append(files, path)
			}
			return err
		})
	}
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there is no package %s: %w", pkg, err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, found := range testFunction.FindAllSubmatch(b, -1) {
			names = append(names, string(found[1]))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("package %s has no tests", pkg)
	}
	return names, nil
}

// checkMain demands a program.
func checkMain(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if regexp.MustCompile(`(?m)^package main$`).Match(b) {
			return nil
		}
	}
	return fmt.Errorf("there is no program in %s", dir)
}
