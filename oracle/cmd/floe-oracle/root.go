package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// usageError is a mistake in the arguments: exit code 2.
type usageError struct{ error }

// execute runs the program with the given arguments and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "floe-oracle: %v\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "floe-oracle: see %s --help\n", cmd.CommandPath())
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "floe-oracle",
		Short: "Run a key server that releases keys by policy and signs receipts",
		Long: `floe-oracle runs a key server. It speaks Seal's HTTP API, asks a full node
whether the policy on chain allows a requester, and stores a signed receipt of
every decision before an answer leaves.

To set one up: make keys, register them on chain, write the configuration,
serve.`,
		Example: `  floe-oracle keygen --dir keys
  floe-oracle register --dir keys --name alice --url https://keys.example.org \
      --node https://fullnode.testnet.sui.io:443 --package 0x... --signer sui.keystore
  floe-oracle serve --config oracle.yaml`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newKeygen(), newSealKeys(), newKeys(), newRegister(), newServerURL(), newConfig(), newServe(), newAggregate(), newValidators(), newWitness(), newDrill(), newEvidence())
	root.AddCommand(newDKG(), newRotate(), newDoctor())
	complete(root)
	return root
}

// noArguments refuses positional arguments, and flags that exclude each other.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, got %q", cmd.Name(), args[0])}
	}
	if err := cmd.ValidateFlagGroups(); err != nil {
		return usageError{err}
	}
	return nil
}

// required refuses empty values of flags.
func required(cmd *cobra.Command, names ...string) error {
	for _, n := range names {
		if f := cmd.Flags().Lookup(n); f.Value.String() == "" {
			return usageError{fmt.Errorf("flag --%s is needed: %s", n, f.Usage)}
		}
	}
	return nil
}
