package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// each calls f for every command of the program but help and completion.
func each(cmd *cobra.Command, f func(*cobra.Command)) {
	for _, sub := range cmd.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			f(sub)
			each(sub, f)
		}
	}
}

// Every command has help with examples that the program understands, and --json
// unless what it prints is for programs already.
func TestCommands(t *testing.T) {
	raw := map[string]string{
		"serve": "its address", "aggregate": "its address", "witness": "its key and address",
		"validators": "a file", "evidence": "a file", "config": "its help", "dkg": "its help", "rotate": "its help",
	}
	n := 0
	each(newRoot(), func(cmd *cobra.Command) {
		n++
		if cmd.Short == "" || cmd.Example == "" || cmd.Long == "" && !cmd.HasSubCommands() {
			t.Errorf("%s: want a short and a long description, and examples", cmd.CommandPath())
		}
		checkExamples(t, cmd)
		if json := cmd.Flags().Lookup("json"); (json == nil) != (raw[cmd.Name()] != "") {
			t.Errorf("%s: has --json: %v", cmd.CommandPath(), json != nil)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || strings.Contains(f.Usage, "secret") {
				t.Errorf("%s --%s: %q", cmd.CommandPath(), f.Name, f.Usage)
			}
		})
	})
	if n < 30 {
		t.Errorf("%d commands looked at", n)
	}
}

// checkExamples demands that the lines which call this program name a command of
// it, with flags that the command has.
func checkExamples(t *testing.T, cmd *cobra.Command) {
	t.Helper()
	calls := 0
	for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", " ")) {
		line, _, _ = strings.Cut(line, "|")
		line, _, _ = strings.Cut(line, ">")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "floe-oracle" {
			continue
		}
		calls++
		sub, args, err := newRoot().Find(words[1:])
		if err != nil {
			t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
			continue
		}
		if err := sub.ParseFlags(args); err != nil {
			t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
		}
	}
	if calls == 0 {
		t.Errorf("%s: no example calls the program", cmd.CommandPath())
	}
}

// Shells are offered files where files belong, and nothing else elsewhere.
func TestCompletion(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"doctor --for ", "serve\naggregate\n:4"},
		{"serve --config ", "yaml\nyml\n:8"},
		{"keygen --dir ", ":16"},
		{"keygen ", ":4"},
		{"register --name ", ":4"},
		{"register --signer ", ":0"},
		{"dkg propose --key-dir ", ":16"},
		{"conf", "config\tLook at a configuration\n:4"},
	} {
		var out bytes.Buffer
		words := strings.Split("__complete "+c.line, " ")
		if code := execute(t.Context(), words, &out, &bytes.Buffer{}); code != 0 || strings.TrimSpace(out.String()) != c.want {
			t.Errorf("%q: exit code %d, %q, want %q", c.line, code, out.String(), c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out := program(t, "completion", shell); len(out) < 500 {
			t.Errorf("%s: %q", shell, out)
		}
	}
}

// Wrong usage exits with 2, and names the help of the command.
func TestUsage(t *testing.T) {
	for args, want := range map[string]string{
		"keygen --dir x --member --permissioned":                          "see floe-oracle keygen --help",
		"dkg upgrade --node x --committee 0x1 --signer s --apply --reset": "see floe-oracle dkg upgrade --help",
		"doctor --colour":                 "see floe-oracle doctor --help",
		"config check oracle.yaml":        "see floe-oracle config check --help",
		"config check --for both":         "give serve or aggregate",
		"dkg dance":                       "see floe-oracle dkg --help",
		"dance":                           "see floe-oracle --help",
		"evidence --config oracle.yaml x": "see floe-oracle evidence --help",
	} {
		var errs bytes.Buffer
		if code := execute(t.Context(), strings.Fields(args), &bytes.Buffer{}, &errs); code != 2 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d, %s", args, code, &errs)
		}
	}
}
