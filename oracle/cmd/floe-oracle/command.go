package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// withPath makes cmd about one configuration file, which --config names, or else
// the variable CONFIG_PATH.
func withPath(cmd *cobra.Command, run func(cmd *cobra.Command, args []string, path string) error) *cobra.Command {
	var path string
	cmd.Flags().StringVar(&path, "config", "", "configuration file (the variable CONFIG_PATH)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if path == "" {
			path = os.Getenv("CONFIG_PATH")
		}
		if path == "" {
			return required(cmd, "config")
		}
		return run(cmd, args, path)
	}
	return cmd
}

// withConfig makes cmd about a key server's configuration, which is read first.
func withConfig(cmd *cobra.Command, run func(cmd *cobra.Command, args []string, c *config) error) *cobra.Command {
	return withPath(cmd, func(cmd *cobra.Command, args []string, path string) error {
		c, err := readConfig(path)
		if err != nil {
			return err
		}
		return run(cmd, args, c)
	})
}

// serving makes cmd serve what a configuration says until it is interrupted. It
// prints its address when it is ready for requests, and logs JSON to stderr.
func serving[C any](cmd *cobra.Command, read func(path string) (C, error),
	serve func(ctx context.Context, c C, log *slog.Logger, ready func(url string)) error) *cobra.Command {
	return withPath(cmd, func(cmd *cobra.Command, _ []string, path string) error {
		c, err := read(path)
		if err != nil {
			return err
		}
		log := slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
		slog.SetDefault(log) // for the libraries
		return serve(cmd.Context(), c, log, func(url string) { fmt.Fprintln(cmd.OutOrStdout(), url) })
	})
}

// group is a command that has others.
func group(name, short, long, example string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Long: long, Example: example,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q of floe-oracle %s", args[0], name)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

// A told is what a command has to tell, as text and as JSON.
type told interface{ tell(w io.Writer) }

// report tells it in one of both ways.
func report(w io.Writer, asJSON bool, what told) error {
	if asJSON {
		return json.NewEncoder(w).Encode(what)
	}
	what.tell(w)
	return nil
}

// jsonFlag adds the flag by which a command reports as JSON.
func jsonFlag(f *pflag.FlagSet, to *bool) {
	f.BoolVar(to, "json", false, "print one JSON object")
}
