package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) contracts() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contracts",
		Short: "Put Floe's contracts on a network",
		Long: `The contracts are part of this program, as bytecode. publish and upgrade send
them to the network in order and record where they are, in Published.toml files
and in the network's file in Floe's folder. Both can be repeated: what is done
is kept.`,
	}
	cmd.AddCommand(
		a.deploy("publish", "Publish the contracts that are not on the network yet", deploy.Publish),
		a.deploy("upgrade", "Upgrade the contracts whose code has changed", deploy.Upgrade))
	return cmd
}

func (a *app) deploy(verb, short string, run func(context.Context, deploy.Chain, sui.Signer, deploy.Config) (*deploy.Deployment, error)) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     verb,
		Short:   short,
		Example: "  floe contracts " + verb + " --network testnet\n  floe contracts " + verb + " --network testnet --dir move",
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, closeEnv, err := a.env(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			if dir == "" {
				dir = filepath.Join(a.home, "contracts", env.Network.Name)
			}
			d, err := run(cmd.Context(), env.Chain, env.Signer, deploy.Config{Env: env.Network.Name, Dir: dir, Progress: func(s deploy.Step) {
				a.note("floe: %-10s %-10s %s version %d", s.Package, s.Action, s.ID, s.Version)
			}})
			if err != nil {
				return err
			}
			d.Record(env.Network)
			if err := network.Save(a.home, env.Network); err != nil {
				return err
			}
			if a.json {
				a.print(d)
				return nil
			}
			a.say("%s", network.Path(a.home, env.Network.Name))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the Published.toml files (default: contracts/NETWORK in Floe's folder)")
	return cmd
}
