package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/receipt"
)

func newKeygen() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "keygen --dir DIR",
		Short: "Make the keys of a key server",
		Long: `Draws a master key and a key that signs receipts, writes them to DIR in files
that only you can read, and prints the public key. Keys are never replaced.
DIR/jwks.json is public: what receipts and their log are verified with.

Keep a copy of DIR/master.key in a safe place: data that is encrypted to this
server needs it.`,
		Example: "  floe-oracle keygen --dir keys",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "dir"); err != nil {
				return err
			}
			keys, err := keyserver.CreateKeys(dir, rand.Reader)
			if err != nil {
				return err
			}
			if err := writeKeySet(filepath.Join(dir, "jwks.json"), keys); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "0x%x\n", keys.Master.PublicKey().Bytes())
			fmt.Fprintf(cmd.ErrOrStderr(), "floe-oracle: wrote keys to %s; the line above is the public key\n", dir)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory for the keys")
	return cmd
}

// writeKeySet writes the public keys of receipts.
func writeKeySet(path string, keys *keyserver.Keys) error {
	b, err := json.Marshal(receipt.NewKeySet(keys.Receipt.Public().(ed25519.PublicKey)))
	if err == nil {
		err = durable.WriteFile(path, append(b, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write public keys: %w", err)
	}
	return nil
}
