package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/walrus"
)

func (a *app) blobID() *cobra.Command {
	shards := 1000
	cmd := &cobra.Command{
		Use:   "blob-id FILE",
		Short: "Compute the Walrus blob id of a file, offline",
		Long: `blob-id erasure-codes FILE in memory and prints the blob id that Walrus would
give it, in base64url. The id depends on the number of shards: 1000 on Walrus'
testnet and mainnet, 100 on Floe's devnet.`,
		Example: `  floe blob-id photo.jpg
  floe blob-id --n-shards 100 photo.jpg --json`,
		Args: exactArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			id, size, err := walrus.FileBlobID(shards, args[0])
			if err != nil {
				return err
			}
			if a.json {
				a.print(map[string]any{"blob_id": id, "n_shards": shards, "size": size})
				return nil
			}
			a.say("%s", id)
			return nil
		},
	}
	cmd.Flags().IntVar(&shards, "n-shards", shards, "number of shards")
	return cmd
}

func (a *app) seal() *cobra.Command {
	cmd := &cobra.Command{Use: "seal", Short: "Look into Seal encrypted objects"}
	cmd.AddCommand(&cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what a Seal encrypted object tells to anybody",
		Long: `inspect reads a Seal EncryptedObject (BCS), or an age file whose header holds
one, and prints its package, identity, key servers, threshold and sizes. It needs
no key and no network: whatever it prints is public.`,
		Example: `  floe seal inspect secret.seal
  floe seal inspect photo.age --json`,
		Args: exactArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read encrypted object: %w", err)
			}
			i, err := seal.Inspect(sealObject(b))
			if err != nil {
				return fmt.Errorf("inspect %s: %w", args[0], err)
			}
			if a.json {
				a.print(i)
				return nil
			}
			a.printInspection(i)
			return nil
		},
	})
	return cmd
}
