package archive

import (
	"fmt"
	"maps"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/sui"
)

// write is items on their way to disk.
type write struct {
	items  []item
	result chan error
}

// run is the writer: it stores queued items in batches that share one sync.
func (a *Archive) run() {
	defer close(a.done)
	for w := range a.writes {
		b := &batch{archive: a, places: map[sui.Digest]place{}}
		b.add(w)
	fill:
		for len(b.payload) < maxBatch {
			select {
			case w, ok := <-a.writes:
				if !ok {
					break fill
				}
				b.add(w)
			default:
				break fill
			}
		}
		b.store()
	}
}

// A batch is what shares a sync.
type batch struct {
	archive *Archive
	writes  []*write
	payload []byte
	places  map[sui.Digest]place // within the payload
}

// add takes over what a write has that is new. If its items are not what they
// say, it is answered alone.
func (b *batch) add(w *write) {
	payload, places := b.payload, map[sui.Digest]place{}
	for _, it := range b.archive.unknown(w.items) {
		if _, ok := b.places[it.digest]; ok {
			continue
		}
		raw := bcs.Marshal(it.value)
		if it.kind.digest(raw) != it.digest {
			w.result <- fmt.Errorf("%s %s has other bytes", it.kind, it.digest)
			return
		}
		places[it.digest] = place{kind: it.kind, size: int32(len(raw)), offset: int64(len(payload)) + itemHead}
		payload = appendItem(payload, it.kind, it.digest, raw)
	}
	b.payload, b.writes = payload, append(b.writes, w)
	maps.Copy(b.places, places)
}

// store makes the batch durable and answers it.
func (b *batch) store() {
	var err error
	if len(b.payload) > 0 {
		err = b.archive.commit(b)
	}
	for _, w := range b.writes {
		w.result <- err
	}
}

// commit appends a batch to the last pack. After an error the file is what it
// was before, or marked dirty.
func (a *Archive) commit(b *batch) error {
	f, err := a.lastPack()
	if err != nil {
		return err
	}
	// From here on until the sync has succeeded the file is in doubt.
	a.dirty = true
	data := frame(b.payload)
	if _, err := f.WriteAt(data, a.end); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	a.dirty = false
	a.mu.Lock()
	defer a.mu.Unlock()
	for digest, at := range b.places {
		at.pack, at.offset = int32(len(a.packs)-1), at.offset+a.end+frameHead
		a.index[digest] = at
	}
	a.end += int64(len(data))
	a.bytes += int64(len(data))
	return nil
}

// lastPack returns the pack to append to, brought back to what is durable. It
// begins a new one when the last is full.
func (a *Archive) lastPack() (file, error) {
	n := len(a.packs)
	if n > 0 && a.dirty {
		if err := a.packs[n-1].Truncate(a.end); err != nil {
			return nil, fmt.Errorf("cut off a batch that was not stored: %w", err)
		}
		a.dirty = false
	}
	if n > 0 && a.end < maxPack {
		return a.packs[n-1], nil
	}
	f, err := a.create(packPath(a.dir, n))
	if err != nil {
		return nil, err
	}
	if err := durable.SyncDir(a.dir); err != nil {
		f.Close()
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.packs, a.end = append(a.packs, f), 0
	return f, nil
}
