package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at a configuration",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheck())
	return cmd
}

func newConfigCheck() *cobra.Command {
	var path string
	var secrets, asJSON bool
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Say whether a configuration is right, and what is wrong with it",
		Long: `Reads a configuration as serve does, and the keys that it names. Uses no
network: whether the keys are the registered ones is found by serve and drill.
Exit code 1 if anything is wrong.`,
		Example: "  floe-oracle config check --config oracle.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "config"); err != nil {
				return err
			}
			c, err := readConfig(path)
			if err != nil {
				return err
			}
			if secrets {
				if err := c.checkSecrets(cmd); err != nil {
					return err
				}
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"ok": true, "mode": c.ServerMode.String()})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the configuration of the %s server is as it should be\n", c.ServerMode)
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "configuration file")
	cmd.Flags().BoolVar(&secrets, "secrets", true, "read the keys too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// checkSecrets reads the keys that can be known without the chain.
func (c *config) checkSecrets(cmd *cobra.Command) error {
	s, err := c.secrets(cmd.Context())
	if err != nil || c.ServerMode.Committee != nil {
		return err
	}
	_, err = c.services(cmd.Context(), s)
	return err
}
