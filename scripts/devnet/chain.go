package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/devnet/chain"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
)

// chainFlags checks the flags about the chain. An existing chain keeps its
// accounts, so the default number is for new ones.
func (o *options) chainFlags(accountsSet bool) error {
	switch o.time {
	case "wall":
	case "manual":
		o.Manual = true
	default:
		return fmt.Errorf(`--time %q: want "wall" or "manual"`, o.time)
	}
	if o.committee != "" {
		c := &o.Committee
		if n, err := fmt.Sscanf(o.committee, "%d/%d", &c.Threshold, &c.Members); n != 2 || err != nil || c.Threshold < 2 || c.Threshold > c.Members || c.Members > 20 {
			return fmt.Errorf("--committee %q: want THRESHOLD/MEMBERS, such as 2/3: at least 2 of at most 20 members", o.committee)
		}
	}
	if _, err := os.Stat(filepath.Join(o.Dir, localnet.ChainDir)); o.Dir != "" && err == nil && !accountsSet {
		o.Accounts = 0
	}
	return nil
}

// printAccounts prints addresses and keys of funded accounts.
func printAccounts(tell io.Writer, accounts []*sui.PrivateKey) {
	if len(accounts) == 0 {
		return
	}
	fmt.Fprintf(tell, "\n  Accounts for development. THESE KEYS ARE NOT SECRET: send nothing of value to them.\n")
	for i, key := range accounts {
		text, err := key.Export()
		if err != nil {
			text = err.Error()
		}
		fmt.Fprintf(tell, "  %3d  %s\n       %s\n", i, key.Address(), text)
	}
}

// snapshotHead begins the file of a snapshot: this line, the chain's seed as 64
// hex digits, a line end; what package chain writes follows.
const snapshotHead = "floe-devnet-network-1\n"

func (o *options) snapshot() *cobra.Command {
	return &cobra.Command{
		Use:   "snapshot --dir FOLDER FILE",
		Short: "Copy a network's chain to a file, also while it runs",
		Long: `snapshot writes the whole chain of the network in --dir, at one checkpoint, to a
file that restore makes a chain from. The file holds the seed of the chain's keys.`,
		Example: `  floe-devnet snapshot --dir ./net net.snapshot`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.writeSnapshot(cmd.Context(), args[0])
		},
	}
}

// writeSnapshot makes the file, which must not exist.
func (o *options) writeSnapshot(ctx context.Context, path string) (err error) {
	if o.Dir == "" {
		return errors.New("snapshot: --dir is missing: which network?")
	}
	seed, err := os.ReadFile(filepath.Join(o.Dir, localnet.SeedFile))
	if err != nil {
		return fmt.Errorf("snapshot: no network in %s: %w", o.Dir, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(fmt.Errorf("snapshot: %w", err), os.Remove(path))
		}
	}()
	if _, err := fmt.Fprintf(f, "%s%s\n", snapshotHead, seed); err != nil {
		return err
	}
	err = chain.SnapshotDir(filepath.Join(o.Dir, localnet.ChainDir), f)
	if errors.Is(err, chain.ErrInUse) {
		err = o.fetchSnapshot(ctx, f)
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

// fetchSnapshot asks the running network of the folder.
func (o *options) fetchSnapshot(ctx context.Context, to io.Writer) error {
	n, err := network.Load(filepath.Join(o.Dir, "home"), "devnet")
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+chain.SnapshotPath, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the network at %s answers %s", n.URL, res.Status)
	}
	_, err = io.Copy(to, res.Body)
	return err
}

func (o *options) restore() *cobra.Command {
	return &cobra.Command{
		Use:     "restore --dir FOLDER FILE",
		Short:   "Make a network's chain from a snapshot, in an empty folder",
		Example: `  floe-devnet restore --dir ./copy net.snapshot && floe-devnet --dir ./copy --chain-only`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.readSnapshot(args[0]) },
	}
}

func (o *options) readSnapshot(path string) error {
	if o.Dir == "" {
		return errors.New("restore: --dir is missing: where to?")
	}
	if entries, err := os.ReadDir(o.Dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("restore: %s is not empty: choose an empty folder", o.Dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	head := make([]byte, len(snapshotHead)+64+1)
	if _, err := io.ReadFull(f, head); err != nil || string(head[:len(snapshotHead)]) != snapshotHead {
		return fmt.Errorf("restore: %s is not a snapshot of floe-devnet", path)
	}
	seed := head[len(snapshotHead) : len(snapshotHead)+64]
	if _, err := hex.DecodeString(string(seed)); err != nil {
		return fmt.Errorf("restore: %s is damaged: %w", path, err)
	}
	if err := chain.Restore(filepath.Join(o.Dir, localnet.ChainDir), f); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Dir, localnet.SeedFile), seed, 0o600); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}
