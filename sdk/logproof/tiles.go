package logproof

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of tlog-tiles: 256 hashes in a tile.
const tileHeight = 8

// A TileFetcher returns a resource of a log by its path, such as
// "tile/0/x001/234" or "tile/0/000.p/12".
type TileFetcher func(ctx context.Context, path string) ([]byte, error)

// CheckGrowth checks with the log's tiles that the log of the larger checkpoint
// begins with that of the smaller one: nothing was changed or taken out.
func CheckGrowth(ctx context.Context, fetch TileFetcher, smaller, larger Checkpoint) error {
	if smaller.Size > larger.Size {
		return fmt.Errorf("check growth of %s: it shrinks from %d to %d entries", smaller.Origin, smaller.Size, larger.Size)
	}
	if smaller.Size == larger.Size || smaller.Size == 0 {
		if smaller.Size == larger.Size && smaller.Root != larger.Root {
			return fmt.Errorf("check growth of %s: two different logs of %d entries: the operator shows different logs to different people",
				smaller.Origin, smaller.Size)
		}
		return nil
	}
	tree := tlog.Tree{N: int64(larger.Size), Hash: larger.Root}
	proof, err := tlog.ProveTree(tree.N, int64(smaller.Size), tlog.TileHashReader(tree, &tileReader{ctx, fetch}))
	if err != nil {
		return fmt.Errorf("check growth of %s: %w", smaller.Origin, err)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, int64(smaller.Size), smaller.Root); err != nil {
		return fmt.Errorf("check growth of %s: the log of %d entries does not begin with that of %d: %w", smaller.Origin, larger.Size, smaller.Size, err)
	}
	return nil
}

// tileReader reads tiles for package tlog, whose paths name the height too.
type tileReader struct {
	ctx   context.Context
	fetch TileFetcher
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, 0, len(tiles))
	for _, t := range tiles {
		b, err := r.read(t)
		if err != nil {
			return nil, err
		}
		if len(b) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %s has %d bytes, want %d", t.Path(), len(b), t.W*tlog.HashSize)
		}
		out = append(out, b[:t.W*tlog.HashSize])
	}
	return out, nil
}

// read falls back to the full tile: logs drop partial ones.
func (r *tileReader) read(t tlog.Tile) ([]byte, error) {
	b, err := r.fetch(r.ctx, tilePath(t))
	if err == nil || t.W == 1<<tileHeight {
		return b, err
	}
	full := t
	full.W = 1 << tileHeight
	if b, again := r.fetch(r.ctx, tilePath(full)); again == nil {
		return b, nil
	}
	return nil, err
}

func tilePath(t tlog.Tile) string { return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/") }

// SaveTiles implements [tlog.TileReader]; nothing is kept.
func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
