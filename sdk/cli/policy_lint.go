package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/policylint"
	"github.com/floe-data/floe/sdk/sui"
)

// lintFlags are those that decide what states the linter makes.
type lintFlags struct {
	objects []string
	opt     policylint.Options
	at      string
}

func (f *lintFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.objects, "object", nil, "object on chain to try the package with, where it is (repeatable)")
	flags.Uint64Var(&f.opt.Seed, "seed", 0, "another seed makes other objects and calls")
	flags.IntVar(&f.opt.Rounds, "rounds", 0, "how often every function is tried (default 12)")
	flags.StringVar(&f.at, "now", "", "moment that it is on the copy, UTC (default 2027-01-15T08:00:00Z)")
}

func (a *app) policyLint() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint PACKAGE|DIR",
		Short: "Try out a policy package, anybody's: what does it grant, and to whom?",
		Long: `lint publishes a policy package on a private copy on this machine, plays its owner, a
member and an intruder, asks its seal_approve functions for keys with identities,
senders, objects and times of many kinds, and reports what should not have been
granted, each with a request that shows it. PACKAGE is an id on the network, DIR a
folder of compiled modules (.mv). Nothing is sent to the network.

It is a tester, not a prover: what it does not report may still be there. It makes
objects by the package's own functions; what takes a signature, a proof, an object
of another package or a long story it may not reach, and says so. With --object it
tries the package where it is, with objects that exist.

Exit code 3 means that there is something to look at.`,
		Example: `  floe policy lint ./build/my_policy/bytecode_modules
  floe policy lint 0x3f… --network mainnet --json
  floe policy lint 0x3f… --object 0x91… --object 0x04…`,
		Args: exactArgs("PACKAGE or DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, done, err := a.lintTarget(cmd, args[0], &f)
			if err != nil {
				return err
			}
			defer done()
			r, err := policylint.Check(target, f.opt)
			if err != nil {
				return err
			}
			if a.json {
				a.print(r)
			} else {
				a.sayLint(args[0], r)
			}
			if r.Alarming() {
				return &lintError{args[0], r}
			}
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func (a *app) sayLint(target string, r *policylint.Report) {
	for _, g := range r.Grants {
		a.say("%s", g.Function)
		for _, s := range g.Sentence {
			a.say("  %s", s)
		}
	}
	for _, f := range r.Findings {
		a.say("")
		a.say("%s %s in %s", f.Severity, f.Code, f.Function)
		a.say("  %s", f.Sentence)
		if x := f.Example; x != nil {
			a.say("  shown by  %s", probeLine(target, r.Seed, x))
			for _, s := range x.Steps[max(0, len(x.Steps)-4):] {
				a.say("  after     %s", s)
			}
		}
		a.say("  remedy    %s", f.Remedy)
	}
	a.say("")
	a.say("%s; %d calls and requests in %d states. It is a tester, not a prover.", count(len(r.Findings), "finding"), r.Requests, r.States)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// probeLine is the command that repeats an example.
func probeLine(target string, seed uint64, x *policylint.Example) string {
	var b strings.Builder
	fmt.Fprintf(&b, "floe policy probe %s %s --state %d --as %s --at-ms %d --id '%s'", target, x.Function, x.State, x.As, x.AtMS, x.ID)
	if seed != 0 {
		fmt.Fprintf(&b, " --seed %d", seed)
	}
	for _, o := range x.Objects {
		fmt.Fprintf(&b, " --with %s", o)
	}
	for _, t := range x.TypeArgs {
		fmt.Fprintf(&b, " --type '%s'", t)
	}
	return b.String()
}

func (a *app) policyProbe() *cobra.Command {
	var f lintFlags
	var x policylint.Example
	var as string
	var with []string
	cmd := &cobra.Command{
		Use:   "probe PACKAGE|DIR FUNCTION --state N --as ADDRESS --at-ms MS --id HEX",
		Short: "Ask for one key in a state that policy lint made",
		Long: `probe repeats a request that floe policy lint has reported, or one like it: it makes
the same states again, by the same --seed, --rounds and --object, and asks for one
key. Exit code 3 is a no.`,
		Example: "  floe policy probe ./build/my_policy/bytecode_modules gate::seal_approve --state 7 --as 0x5d… --at-ms 1800000000000 --id '' --with 0x91…",
		Args:    exactArgs("PACKAGE or DIR", "FUNCTION"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			x.Function = args[1]
			if x.As, err = sui.ParseAddress(as); err != nil {
				return &usageError{command: cmd.CommandPath(), err: fmt.Errorf("--as: %w", err)}
			}
			for _, s := range with {
				id, err := sui.ParseAddress(s)
				if err != nil {
					return &usageError{command: cmd.CommandPath(), err: fmt.Errorf("--with: %w", err)}
				}
				x.Objects = append(x.Objects, id)
			}
			x.ID = strings.TrimPrefix(x.ID, "0x")
			if _, err := hex.DecodeString(x.ID); err != nil {
				return &usageError{command: cmd.CommandPath(), err: fmt.Errorf("--id: %w", err)}
			}
			target, done, err := a.lintTarget(cmd, args[0], &f)
			if err != nil {
				return err
			}
			defer done()
			answer, err := policylint.Replay(target, f.opt, x)
			if err != nil {
				return err
			}
			if a.json {
				a.print(answer)
			}
			if !answer.Granted {
				return &lintError{target: fmt.Sprintf("no: %s", answer.Why)}
			}
			a.say("yes      %s grants it", x.Function)
			return nil
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&x.State, "state", 0, "number of the state, from the report")
	flags.StringVar(&as, "as", "", "address that asks")
	flags.Uint64Var(&x.AtMS, "at-ms", 1_800_000_000_000, "moment, Unix milliseconds")
	flags.StringVar(&x.ID, "id", "", "identity without the package, hex")
	flags.StringArrayVar(&with, "with", nil, "object to show (repeatable)")
	flags.StringArrayVar(&x.TypeArgs, "type", nil, "type argument (repeatable)")
	return cmd
}

// lintTarget reads a folder of modules, or a package from the network.
func (a *app) lintTarget(cmd *cobra.Command, arg string, f *lintFlags) (t policylint.Target, done func(), err error) {
	done = func() {}
	if f.at != "" {
		if f.opt.NowMS, err = dataset.ParseTime(f.at); err != nil {
			return t, done, &usageError{command: cmd.CommandPath(), err: fmt.Errorf("--now: %w", err)}
		}
	}
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		t.Modules, err = readModules(arg)
		if err == nil && len(f.objects) > 0 {
			err = &usageError{command: cmd.CommandPath(), err: fmt.Errorf("--object needs a package on the network, not a folder")}
		}
		return t, done, err
	}
	pkg, err := address(arg, "package id, or folder of modules,")
	if err != nil {
		return t, done, err
	}
	return a.chainTarget(cmd.Context(), pkg, f)
}

func (a *app) chainTarget(ctx context.Context, pkg sui.Address, f *lintFlags) (t policylint.Target, done func(), err error) {
	var objects []sui.Address
	for _, s := range f.objects {
		id, err := address(s, "object id")
		if err != nil {
			return t, nil, err
		}
		objects = append(objects, id)
	}
	_, chain, err := a.connect(ctx)
	if err != nil {
		return t, nil, err
	}
	t, err = policylint.FromChain(ctx, chain, pkg, objects)
	return t, func() { closeQuietly(chain) }, err
}

func readModules(dir string) (out [][]byte, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.mv"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("read modules: no .mv files in %s; compile the package first, sui move build puts them into build/NAME/bytecode_modules", dir)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read modules: %w", err)
		}
		out = append(out, b)
	}
	return out, nil
}

// lintError is a report with something in it, or a no: exit code 3.
type lintError struct {
	target string
	r      *policylint.Report
}

func (e *lintError) Error() string {
	if e.r == nil {
		return e.target
	}
	n := 0
	for _, f := range e.r.Findings {
		if f.Severity != policylint.Note {
			n++
		}
	}
	return fmt.Sprintf("%s in %s", count(n, "finding"), e.target)
}
