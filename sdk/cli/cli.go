// Package cli is the floe command line: it publishes and opens datasets, shows
// and changes policies, and keeps the keys for it. Each command is one file;
// the work is done by package dataset and its neighbours.
//
// Data goes to stdout, everything for people to stderr. With --json a command
// prints exactly one JSON object on stdout, and so do errors:
//
//	{"error":{"message":"…","hint":"…"}}
//
// Exit codes: 0 done, 1 it failed, 2 the command line was wrong, 3 refused by
// the dataset's policy, or not without paying more than was agreed, 130 interrupted.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
)

// Streams are where a command reads and writes, and its environment.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Getenv looks up environment variables; nil means os.Getenv.
	Getenv func(string) string
	// Terminal says whether Err is a terminal, which gets progress bars.
	Terminal bool
}

// Main runs floe with args (without the program's name) and returns the exit
// code. Cancelling ctx stops it gracefully: a publish can be resumed.
func Main(ctx context.Context, args []string, s Streams) int {
	if s.Getenv == nil {
		s.Getenv = os.Getenv
	}
	app := &app{Streams: s}
	root := app.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	return app.report(ctx, err)
}

// app is what all commands share: the streams and the settings of config.go.
type app struct {
	Streams
	settings
	json    bool
	verbose bool
}

func (a *app) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "floe",
		Short: "Publish data that only those may open whom a policy on chain allows",
		Long: `floe publishes datasets: it encrypts a folder on this machine, spreads it over
storage nodes, certifies it on chain and puts it under a policy. Whoever the
policy allows can open it; every key that is released or refused leaves a signed
receipt.`,
		Example: `  floe publish ./photos --name "Photos of 2026"
  floe open 0x1f… -o ./photos-copy
  floe policy grant 0x1f… 0xfriend…
  floe status --json`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			level := slog.LevelWarn
			if a.verbose {
				level = slog.LevelDebug
			}
			slog.SetDefault(slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level})))
			return a.load(cmd)
		},
	}
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{err: err, command: c.CommandPath()}
	})
	flags := cmd.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print one JSON object on stdout")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log what happens to stderr")
	a.flags(flags)
	cmd.AddCommand(a.publish(), a.open(), a.check(), a.status(), a.policy(), a.pass(), a.income(), a.datasets(), a.consents(), a.enclaves(), a.receipts(), a.replay(), a.blobID(), a.seal(), a.contracts(), a.key(), a.faucet())
	cmd.InitDefaultHelpCmd()
	cmd.InitDefaultCompletionCmd()
	for _, c := range cmd.Commands() {
		if c.HasSubCommands() && !c.Runnable() {
			c.RunE = refuseUnknown
		}
	}
	return cmd
}

// refuseUnknown runs a command that only holds others: alone it shows its
// help, and it does not take a mistyped one for that.
func refuseUnknown(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	return &usageError{command: c.CommandPath(), err: fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
}

// usageError is a wrong command line: exit code 2.
type usageError struct {
	err     error
	command string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// answeredError is a failure that the printed JSON answer tells already: it is
// only said on stderr.
type answeredError struct{ error }

// exactArgs demands the arguments that names lists.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(names) == 0 {
			return &usageError{command: c.CommandPath(), err: fmt.Errorf("%s takes no arguments, got %q", c.CommandPath(), args[0])}
		}
		return &usageError{command: c.CommandPath(), err: fmt.Errorf("%s needs %s; it was given %d of %d arguments", c.CommandPath(), strings.Join(names, " and "), len(args), len(names))}
	}
}

// hinter is an error that knows what to do about itself.
type hinter interface{ Hint() string }

// remedy is what to do about err, if that can be said.
func remedy(err error) string {
	var h hinter
	var p *fs.PathError
	switch {
	case errors.As(err, &h):
		return h.Hint()
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return "free some space on that disk and run the same command again; what is done is kept"
	case errors.As(err, &p) && errors.Is(p.Err, fs.ErrPermission):
		return "you may not read or write " + p.Path + "; see: ls -ld " + p.Path
	}
	return ""
}

// report prints err once and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	code, hint := 1, remedy(err)
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		code, hint = 2, "see: "+usage.command+" --help"
	case strings.HasPrefix(err.Error(), "unknown command"):
		code, hint = 2, "see: floe --help"
	case ctx.Err() != nil: // err may be any answer to it, a gRPC status for example
		code, hint = 130, "run the same command again to go on where it stopped"
		if err.Error() == context.Canceled.Error() {
			err = context.Cause(ctx) // which signal it was
		}
	case isRefusal(err):
		code = 3
	}
	var answered *answeredError
	var linted *lintError // its report is printed already
	if a.json && !errors.As(err, &answered) && !errors.As(err, &linted) {
		a.printError(err, hint)
	}
	fmt.Fprintf(a.Err, "floe: %v\n", err)
	if hint != "" {
		fmt.Fprintf(a.Err, "floe: hint: %s\n", hint)
	}
	return code
}

// printError is the JSON form of an error. A refusal also carries the key
// servers' answers with their receipts, or the contract's verdict, or what would
// be to pay.
func (a *app) printError(err error, hint string) {
	type problem struct {
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	out := map[string]any{"error": problem{err.Error(), hint}}
	var refused *dataset.RefusedError
	if errors.As(err, &refused) {
		out["key_servers"] = refused.Answers
	}
	var denied *deniedError
	if errors.As(err, &denied) {
		out["verdict"] = denied.v
	}
	var price *priceError
	if errors.As(err, &price) {
		out["plan"] = price.plan
	}
	a.print(out)
}

// print writes v as one JSON object.
func (a *app) print(v any) {
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fmt.Fprintf(a.Err, "floe: write result: %v\n", err)
	}
}

// say prints a line for people, unless the answer is to be JSON.
func (a *app) say(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.Out, format+"\n", args...)
	}
}

// note prints a line for people on stderr.
func (a *app) note(format string, args ...any) { fmt.Fprintf(a.Err, format+"\n", args...) }
