package chain

import (
	"maps"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
	"github.com/floe-data/floe/sdk/sui/lightclient"
)

// note remembers what the next transaction of the checkpoint did to objects and
// to streams of authenticated events.
func (b *batch) note(e *sui.TransactionEffects) {
	if b.modified == nil {
		b.modified, b.streams = map[sui.Address]sui.ObjectRef{}, map[sui.Address][]eventstream.Commitment{}
	}
	for _, ref := range lightclient.Modified(e) {
		b.modified[ref.ID] = ref
	}
	for i := range e.Changed {
		if e.Changed[i].Output != sui.StateAccumulatorWrite {
			continue
		}
		w, ok := eventstream.ParseWrite(e.Changed[i].Accumulator)
		if !ok {
			continue
		}
		for _, ev := range w.Events {
			b.streams[w.Stream] = append(b.streams[w.Stream], eventstream.Commitment{
				Checkpoint: b.seq, Transaction: uint64(len(b.txs)), Event: ev.Index, Digest: ev.Digest,
			})
		}
	}
}

// settle folds the checkpoint's authenticated events into the heads of their
// streams, in one system transaction at its end.
func (b *batch) settle() error {
	if len(b.streams) == 0 {
		return nil
	}
	var updates []execution.StreamUpdate
	for _, stream := range slices.SortedFunc(maps.Keys(b.streams), sui.Address.Compare) {
		events := b.streams[stream]
		updates = append(updates, execution.StreamUpdate{Stream: stream, Root: eventstream.Root(events), Count: uint64(len(events))})
	}
	data := execution.SettlementTransaction(b.seq, updates)
	res, err := b.c.run(b.v, b.era.env, data, execution.Options{})
	if err != nil {
		return err
	}
	return b.add(data.Digest(), bcs.Marshal(data), []sui.Signature{systemSignature}, res)
}
