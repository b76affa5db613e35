package cli

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
)

func (a *app) check() *cobra.Command {
	var version uint64
	cmd := &cobra.Command{
		Use:   "check DATASET",
		Short: "Fetch and verify every stored sliver of a dataset, and name the bad ones",
		Long: `check asks every storage node for every sliver that it has to hold and verifies
each against the blob ids on chain. It needs no key. It exits with code 1 when a
blob could not be read any more.`,
		Example: "  floe check 0x1f…",
		Args:    exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := address(args[0], "dataset id")
			if err != nil {
				return err
			}
			env, closeEnv, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			t := a.tracker()
			env.Progress = t.update
			c, err := dataset.Check(cmd.Context(), env, id, version)
			t.finish()
			if err != nil {
				return err
			}
			if a.json {
				a.print(c)
			} else {
				a.sayChecked(c)
			}
			if !c.Recoverable {
				return errors.New("check dataset: a blob cannot be read any more; see above")
			}
			return nil
		},
	}
	cmd.Flags().Uint64Var(&version, "version", 0, "version to check (default: the latest)")
	return cmd
}

func (a *app) sayChecked(c *dataset.Checked) {
	a.say("checked    version %d: %d blobs, %d good slivers", c.Version, c.Blobs, c.Slivers)
	for _, n := range c.Unreachable {
		a.say("node down  %s", n)
	}
	for _, b := range slices.Concat(c.BadSlivers, c.MissingSlivers) {
		a.say("bad sliver %s sliver of pair %d, shard %d, on %s, blob %s: %s", b.Axis, b.Pair, b.Shard, b.Node, b.Blob, b.Reason)
	}
}
