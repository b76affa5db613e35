package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newConfig() *cobra.Command {
	cmd := group("config", "Look at a configuration", "", "  floe-oracle config check --config oracle.yaml")
	cmd.AddCommand(newConfigCheck())
	return cmd
}

func newConfigCheck() *cobra.Command {
	var as role
	var secrets, asJSON bool
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Say whether a configuration is right, and what is wrong with it",
		Long: `Reads a configuration as serve or aggregate does, and the keys that it names.
Uses no network: whether the keys are the registered ones, and whether servers
answer, is found by doctor. Exit code 1 if anything is wrong.

Whether the file is that of a key server or of an aggregator is found by the keys
in it. --for says which it has to be.`,
		Example: `  floe-oracle config check --config oracle.yaml
  floe-oracle config check --config aggregator.yaml --for aggregate --json`,
		Args: noArguments,
	}
	withPath(cmd, func(cmd *cobra.Command, _ []string, path string) error {
		c, err := checkConfig(cmd.Context(), as, path, secrets)
		if err == nil {
			return report(cmd.OutOrStdout(), asJSON, c)
		}
		if asJSON {
			c.Error = err.Error()
			err = errors.Join(err, json.NewEncoder(cmd.OutOrStdout()).Encode(c))
		}
		return err
	})
	forFlag(cmd, &as)
	cmd.Flags().BoolVar(&secrets, "secrets", true, "read the keys too")
	jsonFlag(cmd.Flags(), &asJSON)
	return cmd
}

// checked is what config check tells.
type checked struct {
	OK    bool   `json:"ok"`
	For   role   `json:"for"`
	Mode  string `json:"mode,omitempty"` // of a key server
	Error string `json:"error,omitempty"`
}

func (c *checked) tell(w io.Writer) {
	what := "aggregator"
	if c.For == keyServer {
		what = c.Mode + " server"
	}
	fmt.Fprintf(w, "the configuration of the %s is as it should be\n", what)
}

// checkConfig reads a configuration, and the keys that it names if secrets is set.
func checkConfig(ctx context.Context, as role, path string, secrets bool) (*checked, error) {
	p, known := recognise(as, path)
	out := &checked{For: p}
	if p == aggregator {
		_, err := readAggregateConfig(path)
		out.OK = err == nil
		return out, err
	}
	c, err := readConfig(path)
	if err != nil {
		return out, unsure(known, err)
	}
	out.Mode = c.ServerMode.String()
	if secrets {
		err = c.checkSecrets(ctx)
	}
	out.OK = err == nil
	return out, err
}

// checkSecrets reads the keys that can be known without the chain.
func (c *config) checkSecrets(ctx context.Context) error {
	s, err := c.secrets(ctx)
	if err != nil || c.ServerMode.Committee != nil {
		return err
	}
	_, err = c.services(ctx, s)
	return err
}
