package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/movetest"
)

// The engines that run Move tests: Sui's own Move VM, in WebAssembly, and our
// VM, sdk/movevm.
const (
	engineSui  = "sui"
	engineFloe = "floe"
)

func testCommand(opt *options) *cobra.Command {
	engine := "both"
	cmd := &cobra.Command{
		Use:   "test [package…]",
		Short: "Run packages' Move unit tests in Sui's Move VM and in ours",
		Long: `Test runs the Move unit tests of the packages (all by default) and exits with 1 if
one fails. Each test runs in two engines, which must agree: "sui" is Sui's own Move VM,
and "floe" is sdk/movevm. Tests in the folder crypto_tests run in "floe" only: in the
other BLS12-381, Groth16 and Nitro attestation are fake.`,
		Example: "  go run ./scripts/movec test\n  go run ./scripts/movec test access --engine floe",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"both", engineSui, engineFloe}, engine) {
				return fmt.Errorf("there is no engine %q; name sui, floe or both", engine)
			}
			names, err := packagesFrom(args)
			if err != nil {
				return err
			}
			w, err := opt.open(cmd.Context())
			if err != nil {
				return err
			}
			defer w.compiler.Close(cmd.Context())
			failed := 0
			for _, name := range names {
				n, err := w.test(cmd.Context(), name, engine)
				if err != nil {
					return fmt.Errorf("test %s: %w", name, err)
				}
				failed += n
			}
			if failed > 0 {
				return fmt.Errorf("%d Move tests failed", failed)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&engine, "engine", engine, "run in sui, floe or both")
	return cmd
}

// test runs one package's tests, prints them and returns how many failed.
func (w *workspace) test(ctx context.Context, name, engine string) (failed int, err error) {
	for _, e := range []string{engineSui, engineFloe} {
		if engine != "both" && engine != e {
			continue
		}
		start := time.Now()
		verdicts, err := w.verdicts(ctx, name, e)
		if err != nil {
			return failed, err
		}
		bad := 0
		for _, v := range verdicts {
			word := "PASS"
			if !v.Passed {
				word = "FAIL"
				bad++
			}
			fmt.Fprintf(os.Stdout, "%s %-4s %s\n", word, e, v.Test)
			if !v.Passed {
				fmt.Fprintln(os.Stdout, "     "+strings.TrimSpace(v.Reason))
			}
		}
		failed += bad
		fmt.Fprintf(os.Stderr, "tested %s in %s: %d passed, %d failed, %v\n", name, e, len(verdicts)-bad, bad, time.Since(start).Round(time.Millisecond))
	}
	return failed, nil
}

// A verdict is what an engine says of a test.
type verdict struct {
	Test   string // address::module::function
	Crypto bool   // only our engine can judge it
	Passed bool
	Reason string // of a failure
}

// verdicts runs all tests of a package in an engine.
func (w *workspace) verdicts(ctx context.Context, name, engine string) ([]verdict, error) {
	if engine == engineFloe {
		return w.floeVerdicts(ctx, name)
	}
	src, err := w.tree.Package(name)
	if err != nil {
		return nil, err
	}
	report, err := w.compiler.Test(ctx, src)
	if err != nil {
		return nil, err
	}
	return suiVerdicts(report), nil
}

func suiVerdicts(report *compiler.TestReport) []verdict {
	var list []verdict
	for _, r := range report.Results {
		v := verdict{Test: r.Name, Passed: r.Passed}
		if !r.Passed {
			v.Reason = report.Failures()
		}
		list = append(list, v)
	}
	return list
}

func (w *workspace) floeVerdicts(ctx context.Context, name string) ([]verdict, error) {
	var list []verdict
	for _, crypto := range []bool{false, true} {
		if crypto && !w.tree.HasCryptoTests(name) {
			continue
		}
		build, err := w.compiler.BuildTests(ctx, w.tree, name, crypto)
		if err != nil {
			return nil, err
		}
		results, err := movetest.Run(movetest.Config{}, build.Modules, build.Tests)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			list = append(list, verdict{Test: r.Test.Name, Crypto: crypto, Passed: r.Passed, Reason: r.Reason})
		}
	}
	return list, nil
}
