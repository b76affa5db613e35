package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/movec/abi"
)

// deliberate lists where move/framework differs from mainnet on purpose, and
// why.
var deliberate = map[string]string{
	"0x2::object::record_new_uid": "mainnet has renamed it to record_new_uid_from_hash(address, address); the pinned test runner, 1.71.1, knows only this native, " +
		"and a package with a native that it does not know can't be loaded. It is private, so no contract can tell.",
}

func checkCommand(opt *options) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Compare move/framework with the live framework",
		Long: `Check compares every datatype (name, abilities, type parameters, fields), public
function and native (name, type parameters, parameters, returns) of move/framework with
the interface of 0x1 and 0x2 on mainnet, as npm @typemove/sui carries it. It reads the
compiled framework, so build first.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, err := opt.findRoot()
			if err != nil {
				return err
			}
			report, err := check(root)
			if err != nil {
				return err
			}
			for _, text := range report.Differences {
				fmt.Fprintln(os.Stdout, text)
			}
			fmt.Fprintf(os.Stderr, "equal: %d types, %d public functions (mainnet has %d), %d other natives; %d deliberate differences\n",
				report.Datatypes, report.Functions, report.LivePublic, report.Natives, report.Allowed)
			if n := len(report.Differences); n > 0 {
				return fmt.Errorf("move/framework differs from mainnet in %d places", n)
			}
			return nil
		},
	}
}

func check(root string) (*abi.Report, error) {
	live, err := abi.Live(filepath.Join(root, filepath.FromSlash(abi.LiveDir)))
	if err != nil {
		return nil, err
	}
	framework, err := move.Package("framework")
	if err != nil {
		return nil, err
	}
	var modules [][]byte
	for _, m := range framework.Modules {
		modules = append(modules, m.Bytes)
	}
	ours, err := abi.Compiled(modules)
	if err != nil {
		return nil, err
	}
	return abi.Compare(ours, live, deliberate), nil
}
