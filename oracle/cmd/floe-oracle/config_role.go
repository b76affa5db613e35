package main

import (
	"fmt"
	"os"
	"reflect"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

// A role is the command that a configuration is for.
type role string

const (
	keyServer  role = "serve"
	aggregator role = "aggregate"
)

// String, Set and Type make it the value of a flag.
func (p *role) String() string { return string(*p) }

func (p *role) Set(text string) error {
	if *p = role(text); *p != keyServer && *p != aggregator {
		return fmt.Errorf("give %s or %s", keyServer, aggregator)
	}
	return nil
}

func (p *role) Type() string { return "command" }

// forFlag adds the flag by which an operator says what a configuration is for.
func forFlag(cmd *cobra.Command, p *role) {
	cmd.Flags().Var(p, "for", fmt.Sprintf("the command that the configuration is for, %s or %s (default: found by its keys)", keyServer, aggregator))
	cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{string(keyServer), string(aggregator)}, cobra.ShellCompDirectiveNoFileComp))
}

// recognise returns what a configuration is for: as given, or the one
// that knows more of the keys in the file. known is false if none knows more; then
// the file is taken for a key server's, of which journal_dir would be missing.
func recognise(given role, path string) (p role, known bool) {
	if given != "" {
		return given, true
	}
	b, err := os.ReadFile(path)
	var file map[string]yaml.Node
	if err != nil || yaml.Unmarshal(b, &file) != nil {
		return keyServer, true // whoever reads it tells what is wrong
	}
	count := func(t reflect.Type) (n int) {
		for _, f := range yamlFields(t) {
			if _, ok := file[f.key]; ok {
				n++
			}
		}
		return n
	}
	served, aggregated := count(reflect.TypeFor[config]()), count(reflect.TypeFor[aggregateConfig]())
	if aggregated > served {
		return aggregator, true
	}
	return keyServer, served > aggregated
}

// unsure adds to what is wrong with a file that it may be another one's.
func unsure(known bool, err error) error {
	if err == nil || known {
		return err
	}
	return fmt.Errorf("%w\nif it is the configuration of an aggregator, say so: --for %s", err, aggregator)
}
