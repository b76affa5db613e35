package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

// A verb is a command that does one thing on a network: it reads its arguments,
// opens the network, acts, and prints what came of it.
type verb struct {
	use     string // the name and the arguments, such as "grant DATASET ADDRESS"
	short   string
	long    string // what Short leaves out; may be empty
	example string
	signs   bool // it needs the signer's key, because it sends a transaction
	flags   func(*pflag.FlagSet)
	// read reads the arguments and flags, before the network is opened. What is
	// wrong with them is a wrong command line.
	read func(args []string) (action, error)
}

// An action does the work of a command. The answer is printed with --json; say
// prints it for people.
type action func(ctx context.Context, env *dataset.Env) (answer any, say func(), err error)

// command makes the command of a verb.
func (a *app) command(v verb) *cobra.Command {
	names := argumentNames(v.use)
	cmd := &cobra.Command{
		Use: v.use, Short: v.short, Long: strings.TrimSpace(v.short + ".\n\n" + v.long), Example: v.example, Args: exactArgs(names...),
		RunE: func(cmd *cobra.Command, args []string) error {
			act, err := v.read(args)
			if err != nil {
				return &usageError{command: cmd.CommandPath(), err: err}
			}
			open := a.reader
			if v.signs {
				open = a.env
			}
			env, closeEnv, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			answer, say, err := act(cmd.Context(), env)
			switch {
			case err != nil:
				return err
			case a.json:
				a.print(answer)
			default:
				say()
			}
			return nil
		},
	}
	if v.flags != nil {
		v.flags(cmd.Flags())
	}
	if slices.ContainsFunc(names, func(s string) bool { return strings.HasPrefix(s, "[") }) {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if len(args) > len(names) {
				return exactArgs(names...)(c, args)
			}
			return nil
		}
	}
	return cmd
}

// group makes a command that holds others.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, RunE: refuseUnknown}
	cmd.AddCommand(commands...)
	return cmd
}

// argumentNames are the words in capitals of a usage line; options are left
// out.
func argumentNames(use string) []string {
	var names []string
	words := strings.Fields(use)[1:]
	for i, w := range words {
		if bare := strings.Trim(w, "[]"); bare == strings.ToUpper(bare) && !strings.HasPrefix(bare, "-") && (i == 0 || !strings.HasPrefix(words[i-1], "-")) {
			names = append(names, w)
		}
	}
	return names
}

// An argument is read by one of these; what says which it is.

func readAddress(s, what string) (sui.Address, error) {
	x, err := sui.ParseAddress(s)
	if err != nil {
		return x, fmt.Errorf("parse %s %q: %w", what, s, err)
	}
	return x, nil
}

func readNumber(s, what string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parse %s %q: want a whole number", what, s)
	}
	return n, nil
}

// fields is an answer that is put together on the spot.
type fields map[string]any
