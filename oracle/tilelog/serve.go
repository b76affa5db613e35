package tilelog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"

	"github.com/floe-data/floe/sdk/logproof"
)

// Checkpoint returns the published checkpoint.
func (l *Log) Checkpoint(ctx context.Context) (*logproof.SignedCheckpoint, error) {
	return l.checkpoint(ctx)
}

// Prove returns for each receipt, by its number, the proof that it is in the
// log of the published checkpoint. A nil proof stands for one that is not in
// it yet.
func (l *Log) Prove(ctx context.Context, sequences ...uint64) ([]*logproof.Proof, error) {
	c, err := l.checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	builder, err := client.NewProofBuilder(ctx, c.Size, l.reader.ReadTile)
	if err != nil {
		return nil, fmt.Errorf("prove receipts: %w", err)
	}
	out := make([]*logproof.Proof, len(sequences))
	for i, n := range sequences {
		if n == 0 || n > c.Size {
			continue
		}
		hashes, err := builder.InclusionProof(ctx, n-1)
		if err != nil {
			return nil, fmt.Errorf("prove receipt %d: %w", n, err)
		}
		p := &logproof.Proof{Index: n - 1, Checkpoint: c.Raw}
		for _, h := range hashes {
			p.Hashes = append(p.Hashes, logproof.Hash(h))
		}
		out[i] = p
	}
	return out, nil
}

// Tile returns a tile by its path, as [logproof.TileFetcher].
func (l *Log) Tile(_ context.Context, path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(l.cfg.Dir, filepath.Clean("/"+path)))
}

// Handler serves GET /checkpoint and GET /tile/… as tlog-tiles demands, and
// nothing else of the directory.
func (l *Log) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /checkpoint", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		l.send(w, layout.CheckpointPath, "text/plain; charset=utf-8")
	})
	mux.HandleFunc("GET /tile/entries/{index...}", func(w http.ResponseWriter, r *http.Request) {
		n, partial, err := layout.ParseTileIndexPartial(r.PathValue("index"))
		l.sendTile(w, r, layout.EntriesPath(n, partial), err)
	})
	mux.HandleFunc("GET /tile/{level}/{index...}", func(w http.ResponseWriter, r *http.Request) {
		level, n, partial, err := layout.ParseTileLevelIndexPartial(r.PathValue("level"), r.PathValue("index"))
		l.sendTile(w, r, layout.TilePath(level, n, partial), err)
	})
	return mux
}

// sendTile sends a tile if path, which was made from the numbers in the
// request, is the one spelling of them.
func (l *Log) sendTile(w http.ResponseWriter, r *http.Request, path string, err error) {
	if err != nil || path != strings.TrimPrefix(r.URL.Path, "/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	l.send(w, path, "application/octet-stream")
}

func (l *Log) send(w http.ResponseWriter, path, kind string) {
	b, err := os.ReadFile(filepath.Join(l.cfg.Dir, path))
	if err != nil {
		w.Header().Del("Cache-Control")
		if errors.Is(err, fs.ErrNotExist) {
			http.Error(w, "no such tile", http.StatusNotFound)
			return
		}
		l.cfg.Log.Error("the log cannot be read", "err", err)
		http.Error(w, "the log cannot be read", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(b)
}
