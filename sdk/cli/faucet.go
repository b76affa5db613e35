package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) faucet() *cobra.Command {
	return &cobra.Command{
		Use:     "faucet [ADDRESS]",
		Short:   "Ask the network's faucet for test coins",
		Example: "  floe faucet\n  floe faucet 0xfriend…",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{command: c.CommandPath(), err: fmt.Errorf("%s takes one address; it was given %d", c.CommandPath(), len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := network.Load(a.home, a.settings.network)
			if err != nil {
				return err
			}
			if n.Faucet == "" {
				return fmt.Errorf("ask faucet: %s has none; coins for it must be bought or sent by somebody", n.Name)
			}
			to, err := a.recipient(args)
			if err != nil {
				return err
			}
			_, chain, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer closeQuietly(chain)
			if err := chain.RequestGas(cmd.Context(), n.Faucet, to); err != nil {
				return err
			}
			mist, err := chain.Balance(cmd.Context(), to, sui.SUIType())
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"address": to, "balance_mist": fmt.Sprint(mist)})
				return nil
			}
			a.say("%s now has %s SUI", to, formatSUI(mist))
			return nil
		},
	}
}

func (a *app) recipient(args []string) (sui.Address, error) {
	if len(args) == 1 {
		return address(args[0], "address")
	}
	k, err := a.signer()
	if err != nil {
		return sui.Address{}, err
	}
	return k.Address(), nil
}

// formatSUI prints an amount of MIST (10⁻⁹ SUI) in SUI.
func formatSUI(mist uint64) string { return fmt.Sprintf("%d.%09d", mist/1e9, mist%1e9) }
