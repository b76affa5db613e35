package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) policyTest() *cobra.Command {
	var as, at, pass, request, holding string
	return a.command(verb{
		use:   "test DATASET --as ADDRESS",
		short: "Try whether an address would be let in, now or at another time",
		long: `test runs the contract's bytecode on this machine over the objects that the chain
has now, as key servers have their node do. Of the future it knows the time
alone: members, passes and clauses are those of today. Exit code 3 is a no.`,
		example: `  floe policy test 0x1f… --as 0xfriend…
  floe policy test 0x1f… --as 0xfriend… --at 2027-01-31 --pass 0x9a…`,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&as, "as", "", "address to try (required)")
			f.StringVar(&at, "at", "", "moment to try, UTC (default: the chain's present)")
			f.StringVar(&pass, "pass", "", "id of a pass of theirs to show")
			f.StringVar(&request, "request", "", "id of a key request of theirs to show")
			f.StringVar(&holding, "holding", "", "id of an object of theirs to show")
		},
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			if err != nil {
				return nil, err
			}
			opt, err := tryOptions(as, at, pass, request, holding)
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				v, err := dataset.TryPolicy(ctx, env, id, opt)
				if err != nil {
					return nil, nil, err
				}
				if !v.Allowed {
					return nil, nil, &deniedError{v}
				}
				return v, func() { a.say("yes      %s would be let in at %s", v.As, v.At.Format(time.RFC3339)) }, nil
			}, err
		},
	})
}

func tryOptions(as, at, pass, request, holding string) (opt dataset.TryOptions, err error) {
	if as == "" {
		return opt, fmt.Errorf("say whom to try with --as ADDRESS")
	}
	if opt.As, err = sui.ParseAddress(as); err != nil {
		return opt, fmt.Errorf("--as: %w", err)
	}
	if at != "" {
		ms, err := dataset.ParseTime(at)
		if err != nil {
			return opt, fmt.Errorf("--at: %w", err)
		}
		opt.At = time.UnixMilli(int64(ms))
	}
	shown := 0
	for _, o := range []struct {
		flag, text string
		id         *sui.Address
	}{{"--pass", pass, &opt.Pass}, {"--request", request, &opt.Request}, {"--holding", holding, &opt.Holding}} {
		if o.text == "" {
			continue
		}
		shown++
		if *o.id, err = sui.ParseAddress(o.text); err != nil {
			return opt, fmt.Errorf("%s: %w", o.flag, err)
		}
	}
	if shown > 1 {
		return opt, fmt.Errorf("give one of --pass, --request and --holding; a key request combines what there is to show")
	}
	return opt, nil
}

// deniedError is the answer no: exit code 3.
type deniedError struct{ v *dataset.Verdict }

func (e *deniedError) Error() string {
	return fmt.Sprintf("no: at %s %s (%s)", e.v.At.Format(time.RFC3339), e.v.Reason, e.v.Code)
}
func (e *deniedError) Hint() string { return e.v.Remedy }
