package archive

import (
	"fmt"
	"maps"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// write is items on their way to disk.
type write struct {
	items  []item
	result chan error
}

// A batch is what shares a sync.
type batch struct {
	archive *Archive
	writes  []*write
	payload []byte
	places  map[sui.Digest]place // within the payload
}

func (a *Archive) newBatch() *batch {
	return &batch{archive: a, places: map[sui.Digest]place{}}
}

// add takes a write into the batch; the writer calls it.
func (a *Archive) add(w *write) (full bool) {
	a.batch.add(w)
	return len(a.batch.payload) >= maxBatch
}

// store makes the batch durable and answers it.
func (a *Archive) store() {
	b := a.batch
	a.batch = a.newBatch()
	b.store()
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
		payload, places[it.digest] = appendSealed(b.archive.vault, payload, it.kind, it.digest, raw)
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

// commit appends a batch to the last pack.
func (a *Archive) commit(b *batch) error {
	if err := a.beginPack(); err != nil {
		return err
	}
	start, data := a.tail.End, frame(b.payload)
	if err := a.tail.Append(data); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for digest, at := range b.places {
		at.pack, at.offset = int32(len(a.packs)-1), at.offset+start+frameHead
		a.index[digest] = at
	}
	a.packs[len(a.packs)-1].size = a.tail.End
	a.bytes += int64(len(data))
	return nil
}

// beginPack begins a new pack when the last is full, or there is none.
func (a *Archive) beginPack() error {
	if a.tail.File != nil {
		if a.tail.End < maxPack {
			return nil
		}
		if err := a.tail.Mend(); err != nil {
			return err
		}
	}
	f, err := a.create(packPath(a.dir, a.last+1))
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	a.packs, a.tail = append(a.packs, &pack{File: f, number: a.last}), groupcommit.Tail{File: f}
	return nil
}
