package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/sui/lightclient"
)

func newValidators() *cobra.Command {
	var node string
	var epoch uint64
	cmd := &cobra.Command{
		Use:   "validators --node URL",
		Short: "Print the validators of a network, to verify its checkpoints by",
		Long: `Asks a full node for the committee of validators and prints it as JSON, for
evaluation.validators of the configuration. Each checkpoint is then verified, and
so are the committees of later epochs, each by the one before.

The node is believed. Ask several nodes, of different operators, for the same
epoch, and use the answer only if all are the same.`,
		Example: `  floe-oracle validators --node https://fullnode.testnet.sui.io:443 > validators.json
  floe-oracle validators --node https://other.example:443 --epoch 812 | cmp - validators.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "node"); err != nil {
				return err
			}
			var which *uint64
			if cmd.Flags().Changed("epoch") {
				which = &epoch
			}
			b, err := askCommittee(cmd.Context(), node, which)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(b)
			return err
		},
	}
	cmd.Flags().StringVar(&node, "node", "", nodeFlag)
	cmd.Flags().Uint64Var(&epoch, "epoch", 0, "epoch of the committee; the newest if it is not given")
	return cmd
}

func askCommittee(ctx context.Context, node string, epoch *uint64) ([]byte, error) {
	client, err := dialNode(ctx, node)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	c, err := lightclient.AskCommittee(ctx, client.Conn(), epoch)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", node, err)
	}
	return lightclient.MarshalCommittee(c)
}
