package archive

import (
	"context"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// Pruning removes what no receipt needs any more. Which that is, the archive can't
// know: package retention reads the journal for it.

// References lists what the evidence of a short form takes of the archive, whether
// it is there or not. The error is ErrUnknown (wrapped) if not even its list of
// objects is.
func (a *Archive) References(short []byte) ([]sui.Digest, error) {
	s, list, err := a.listOf(short)
	if err != nil {
		return nil, fmt.Errorf("read what evidence refers to: %w", err)
	}
	out := []sui.Digest{s.list}
	for _, ref := range list {
		out = append(out, ref.Digest)
	}
	return out, nil
}

// Part is a part of an archive.
type Part struct {
	Items int   `json:"items"`
	Bytes int64 `json:"bytes"` // on disk
}

// Without tells which part of the archive goes if only what keep says stays.
func (a *Archive) Without(keep func(sui.Digest) bool) (p Part) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for d, at := range a.index {
		if !keep(d) {
			p.Items++
			p.Bytes += int64(at.size)
		}
	}
	return p
}

// Prune removes all that keep does not say to keep, file by file. A crash, or an
// error, leaves each file as it was or without what goes. Nobody may call
// Keep meanwhile: it would rely on what is being removed.
func (a *Archive) Prune(ctx context.Context, keep func(sui.Digest) bool) (err error) {
	prune := func() { err = a.prune(ctx, keep) }
	if a.writes == nil {
		return fmt.Errorf("prune archive: it was opened to be read")
	}
	if closed := a.writes.Between(prune); closed != nil {
		return fmt.Errorf("prune archive: %w", closed)
	}
	if err != nil {
		return fmt.Errorf("prune archive: %w", err)
	}
	return nil
}

// prune is called by the writer.
func (a *Archive) prune(ctx context.Context, keep func(sui.Digest) bool) error {
	affected := map[int32]bool{}
	for d, at := range a.index {
		if !keep(d) {
			affected[at.pack] = true
		}
	}
	if err := a.tail.Mend(); err != nil {
		return err
	}
	for i, p := range a.packs {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if p == nil || !affected[int32(i)] {
			continue
		}
		if err := a.rewrite(i, keep); err != nil {
			return fmt.Errorf("rewrite %s: %w", p.path(a.dir), err)
		}
	}
	return nil
}
