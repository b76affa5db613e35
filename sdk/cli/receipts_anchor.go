package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/sui"
)

// anchoredHead is what the chain says about a log.
type anchoredHead struct {
	Anchor sui.Address `json:"anchor"`
	Size   uint64      `json:"size"`
	Time   time.Time   `json:"time"` // the chain's, of anchoring
}

// checkAnchored demands that a proven receipt is in the head that its log has
// on chain. The key server is asked for the tiles between the two heads, and
// which object holds its anchor; neither is believed.
func (a *app) checkAnchored(ctx context.Context, env *dataset.Env, k *keptReceipt, r *receipt.Receipt, keys *receipt.KeySet, c *logproof.SignedCheckpoint) (*anchoredHead, error) {
	server := &remote.Server{ID: k.Server, Name: k.Name, URL: k.URL, HTTP: &http.Client{Timeout: 20 * time.Second}}
	info, err := server.Log(ctx)
	if err != nil {
		return nil, err
	}
	if info.Anchor.IsZero() {
		return nil, fmt.Errorf("the log of %s is not anchored on chain, or not yet", k.Name)
	}
	on, err := readAnchor(ctx, env, info.Anchor, k.Server, keys)
	if err != nil {
		return nil, err
	}
	anchored, ok := on.Head()
	if !ok {
		return nil, fmt.Errorf("the log of %s is not anchored on chain yet", k.Name)
	}
	smaller, larger := anchored, c.Checkpoint
	if smaller.Size > larger.Size {
		smaller, larger = larger, smaller
	}
	if err := logproof.CheckGrowth(ctx, server.Tile, smaller, larger); err != nil {
		return nil, fmt.Errorf("compare with the anchor %s: %w", on.ID, err)
	}
	if r.Sequence > anchored.Size {
		return nil, fmt.Errorf("the anchored log of %s has %d receipts, this is number %d: try again when the next head is anchored", k.Name, anchored.Size, r.Sequence)
	}
	return &anchoredHead{Anchor: on.ID, Size: anchored.Size, Time: time.UnixMilli(int64(on.AnchoredAtMS)).UTC()}, nil
}

// readAnchor reads an Anchor object and makes sure that it is of Floe's
// contracts, of this server's log, and that nobody proved two logs.
func readAnchor(ctx context.Context, env *dataset.Env, id, server sui.Address, keys *receipt.KeySet) (*contract.Anchor, error) {
	obj, err := env.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read anchor: %w", err)
	}
	on, err := contract.ParseAnchor(obj)
	if err != nil {
		return nil, fmt.Errorf("read anchor: %w", err)
	}
	known := false
	for _, key := range keys.Keys() {
		known = known || bytes.Equal(on.PublicKey, key)
	}
	switch {
	case on.Package != env.Network.Packages["access"].Original:
		return nil, fmt.Errorf("read anchor: object %s is not of Floe's contracts on %s", id, env.Network.Name)
	case on.Origin != receipt.LogOrigin(server) || !known:
		return nil, fmt.Errorf("read anchor: object %s is of another log", id)
	case on.Forks.Size > 0:
		return nil, fmt.Errorf("read anchor: it is proven on chain that the operator of %s showed different logs to different people", on.Origin)
	}
	return on, nil
}

func (a *app) receiptsAccuse() *cobra.Command {
	var keysFile, anchorID string
	cmd := &cobra.Command{
		Use:   "accuse FIRST SECOND",
		Short: "Put on record on chain that a key server showed two different logs",
		Long: `accuse takes two signed heads of one key server's log with the same number of
entries and different roots: checkpoints, or proofs that hold them. The contract
checks both signatures and records the misbehaviour for ever. It costs gas.
Anybody may do it.`,
		Example: "  floe receipts accuse mine.tlog-proof theirs.tlog-proof",
		Args:    exactArgs("FIRST", "SECOND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.accuse(cmd.Context(), args, keysFile, anchorID)
		},
	}
	cmd.Flags().StringVar(&keysFile, "keys", "", "file with the key server's keys (JWKS)")
	cmd.Flags().StringVar(&anchorID, "anchor", "", "Anchor object of the log (default: asked of the key server)")
	return cmd
}

func (a *app) accuse(ctx context.Context, files []string, keysFile, anchorID string) error {
	var heads [2]*logproof.SignedCheckpoint
	var server sui.Address
	var keys *receipt.KeySet
	for i, path := range files {
		raw, err := readHead(path)
		if err != nil {
			return err
		}
		origin, _, _ := strings.Cut(string(raw), "\n")
		if server, err = sui.ParseAddress(strings.TrimPrefix(origin, "floe/keyserver/")); err != nil || origin != receipt.LogOrigin(server) {
			return fmt.Errorf("read %s: %.100q is not the log of a key server", path, origin)
		}
		if keys, err = a.keysOf(server, keysFile); err != nil {
			return err
		}
		log, err := keys.Log(server)
		if err != nil {
			return err
		}
		if heads[i], err = log.Open(raw); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	switch x, y := heads[0], heads[1]; {
	case x.Origin != y.Origin:
		return errors.New("the two heads are of different logs: that proves nothing")
	case x.Size != y.Size:
		return fmt.Errorf("the two heads are of %d and %d entries: only different roots of one size prove a fork", x.Size, y.Size)
	case x.Root == y.Root:
		return errors.New("the two heads are the same: that is as it should be")
	}
	env, closeEnv, err := a.env(ctx)
	if err != nil {
		return err
	}
	defer closeEnv()
	on, err := a.findAnchor(ctx, env, server, keys, anchorID)
	if err != nil {
		return err
	}
	b := sui.NewBuilder()
	head := func(c *logproof.SignedCheckpoint) contract.TreeHead {
		return contract.TreeHead{Size: c.Size, Root: c.Root, Signature: c.Signature}
	}
	contract.ProveFork(b, dataset.Packages(env.Network), on.ID, head(heads[0]), head(heads[1]))
	done, err := env.Chain.Send(ctx, env.Signer, b)
	if err != nil {
		return contract.Explain(err)
	}
	if a.json {
		a.print(map[string]any{"anchor": on.ID, "origin": on.Origin, "size": heads[0].Size, "transaction": done.Digest})
		return nil
	}
	a.say("proven on chain: %s signed two different logs of %d entries\ntransaction %s", on.Origin, heads[0].Size, done.Digest)
	return nil
}

// readHead reads a checkpoint, or the one in a proof.
func readHead(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	if p, err := logproof.ParseProof(b); err == nil {
		return p.Checkpoint, nil
	}
	return b, nil
}

// findAnchor reads the anchor that is named, or else the one that the key
// server names.
func (a *app) findAnchor(ctx context.Context, env *dataset.Env, server sui.Address, keys *receipt.KeySet, named string) (*contract.Anchor, error) {
	if named != "" {
		id, err := address(named, "anchor")
		if err != nil {
			return nil, err
		}
		return readAnchor(ctx, env, id, server, keys)
	}
	servers, err := dataset.ReceiptServers(ctx, env)
	if err != nil {
		return nil, err
	}
	for _, ks := range servers {
		if ks.ID != server {
			continue
		}
		info, err := (&remote.Server{ID: ks.ID, Name: ks.Name, URL: ks.URL, HTTP: &http.Client{Timeout: 20 * time.Second}}).Log(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w; name the anchor with --anchor", err)
		}
		if info.Anchor.IsZero() {
			return nil, fmt.Errorf("the log of %s is not anchored on chain", ks.Name)
		}
		return readAnchor(ctx, env, info.Anchor, server, keys)
	}
	return nil, fmt.Errorf("key server %s is not in the network file; name the anchor with --anchor", server)
}
