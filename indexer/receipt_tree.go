package indexer

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var trees = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// loadTree returns the tree over the first size receipts of a log; nil if it can't be
// known, because receipts are missing.
func loadTree(size int64, saved []byte) (*compact.Range, error) {
	if size == 0 {
		return trees.NewEmptyRange(0), nil
	}
	if len(saved) == 0 {
		return nil, nil
	}
	var hashes [][]byte
	for b := saved; len(b) > 0; b = b[min(32, len(b)):] {
		hashes = append(hashes, b[:min(32, len(b))])
	}
	r, err := trees.NewRange(0, uint64(size), hashes)
	if err != nil {
		return nil, fmt.Errorf("read tree of receipt log: %w", err)
	}
	return r, nil
}

func saveTree(tree *compact.Range) []byte {
	out := []byte{}
	if tree != nil {
		for _, h := range tree.Hashes() {
			out = append(out, h...)
		}
	}
	return out
}

// computeTree makes the tree of a log that was read before trees were kept.
func computeTree(ctx context.Context, st *store.Store, id store.LogID, have store.Progress) (store.Progress, error) {
	tree, last := trees.NewEmptyRange(0), int64(0)
	err := st.Hashes(ctx, id, 0, have.Sequence, func(sequence int64, hash string) error {
		leaf, err := base64.RawURLEncoding.DecodeString(hash)
		if last++; err != nil || sequence != last || tree == nil {
			tree = nil
			return nil
		}
		return tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil)
	})
	if err != nil {
		return have, err
	}
	if last != have.Sequence {
		tree = nil
	}
	next := have
	next.Tree = saveTree(tree)
	return next, st.AddDecisions(ctx, id, have, store.Step{Next: next})
}

// compareAnchored compares the receipts that were read with the log's roots on chain:
// those of an anchor with the log's name and one of its keys, whose signature the chain
// has verified. Each is compared once.
func (r *logReader) compareAnchored(ctx context.Context, st *store.Store, id store.LogID, issuer sui.Address, have store.Progress) error {
	var keys []string
	for _, k := range r.keys.Keys() {
		keys = append(keys, hex.EncodeToString(k))
	}
	roots, err := st.AnchoredRoots(ctx, receipt.LogOrigin(issuer), keys, have.Anchored, have.Sequence)
	if err != nil || len(roots) == 0 || len(have.Tree) == 0 {
		return err // without all receipts there is nothing to compare
	}
	tree, err := loadTree(have.Anchored, have.AnchoredTree)
	if err != nil {
		return err
	}
	step, next := store.Step{Next: have}, 0
	err = st.Hashes(ctx, id, have.Anchored, roots[len(roots)-1].Size, func(sequence int64, hash string) error {
		leaf, err := base64.RawURLEncoding.DecodeString(hash)
		if err == nil {
			err = tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil)
		}
		for ; err == nil && next < len(roots) && roots[next].Size == sequence; next++ {
			var root []byte
			if root, err = tree.GetRootHash(nil); err == nil && hex.EncodeToString(root) != roots[next].Root && step.Fault == nil {
				step.Fault = &store.Fault{Kind: "anchor", Size: sequence,
					Problem: fmt.Sprintf("the root of size %d that %s has on chain is of other receipts than those that were given out", sequence, roots[next].Anchor)}
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	step.Next.Anchored, step.Next.AnchoredTree = roots[len(roots)-1].Size, saveTree(tree)
	return st.AddDecisions(ctx, id, have, step)
}
