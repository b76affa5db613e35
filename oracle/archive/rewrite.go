package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/sui"
)

// sealOld seals the packs that an older version wrote. A crash leaves each as it was
// or sealed.
func (a *Archive) sealOld() error {
	for i, p := range a.packs {
		if !p.clear {
			continue
		}
		if err := a.rewrite(i, func(sui.Digest) bool { return true }); err != nil {
			return fmt.Errorf("seal %s, which takes as much room again for a moment: %w", p.path(a.dir), err)
		}
	}
	return nil
}

// rewrite puts another pack, of what is kept, in place of pack i, or removes it if
// nothing is. A crash leaves the old one or the new one. It is for the writer, or
// for whoever has the archive alone. The rest of the archive does not change, so
// what is not kept here may be stored again later.
func (a *Archive) rewrite(i int, keep func(sui.Digest) bool) error {
	var kept, dropped []sui.Digest
	for d, at := range a.index {
		if int(at.pack) == i && keep(d) {
			kept = append(kept, d)
		} else if int(at.pack) == i {
			dropped = append(dropped, d)
		}
	}
	slices.SortFunc(kept, func(x, y sui.Digest) int { return cmp.Compare(a.index[x].offset, a.index[y].offset) })
	path, places := a.packs[i].path(a.dir), make(map[sui.Digest]place, len(kept))
	if len(kept) == 0 {
		if err := errors.Join(os.Remove(path), durable.SyncDir(a.dir)); err != nil {
			return err
		}
		return a.swap(i, nil, 0, nil, dropped)
	}
	size := int64(0)
	err := durable.Replace(path, 0o600, func(w io.Writer) (err error) {
		size, err = a.copyItems(w, kept, places)
		return err
	})
	if err != nil {
		return err
	}
	f, err := a.create(path)
	if err != nil {
		return err
	}
	return a.swap(i, f, size, places, dropped)
}

// copyItems writes items in frames, and notes where they are. Each is compared with
// its digest.
func (a *Archive) copyItems(w io.Writer, kept []sui.Digest, places map[sui.Digest]place) (size int64, err error) {
	var payload []byte
	flush := func() error {
		n, err := w.Write(frame(payload))
		size, payload = size+int64(n), payload[:0]
		return err
	}
	for _, d := range kept {
		k := a.index[d].kind
		b, err := a.get(k, d)
		if err != nil {
			return 0, err
		}
		var at place
		payload, at = appendSealed(a.vault, payload, k, d, b)
		at.offset += size + frameHead
		places[d] = at
		if len(payload) >= maxBatch {
			if err := flush(); err != nil {
				return 0, err
			}
		}
	}
	if len(payload) == 0 {
		return size, nil
	}
	return size, flush()
}

// swap takes over a pack that was rewritten; f is nil if it was removed.
func (a *Archive) swap(i int, f groupcommit.File, size int64, places map[sui.Digest]place, dropped []sui.Digest) error {
	old := a.packs[i]
	a.mu.Lock()
	defer a.mu.Unlock()
	for d, at := range places {
		at.pack = int32(i)
		a.index[d] = at
	}
	for _, d := range dropped {
		delete(a.index, d)
	}
	a.bytes += size - old.size
	if a.packs[i] = nil; f != nil {
		a.packs[i] = &pack{File: f, number: old.number, size: size}
	}
	if i == len(a.packs)-1 {
		a.tail = groupcommit.Tail{File: f, End: size}
	}
	return old.Close()
}

// removeUnfinished removes what a crash left of a pack that was being rewritten.
func removeUnfinished(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, ".*.pack.new-*"))
	for _, name := range names {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
