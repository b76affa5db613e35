package indexer

import (
	"testing"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// BenchmarkApply measures decoding and storing, without the network:
// checkpoints of 40 events, half of them with a typed row, in batches of 250.
func BenchmarkApply(b *testing.B) {
	url, schema := pgtest.Schema(b)
	s, err := store.Open(b.Context(), url, schema)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	w, err := s.Writer(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	d := decode.New(packages())
	certified := vector(b, "BlobCertified")
	unknown := certified
	unknown.Type.Name = "NotKnownYet"
	events, seq := 0, uint64(0)
	for b.Loop() {
		var batch []*decode.Rows
		for range 250 {
			cp := &suirpc.Checkpoint{Sequence: seq, Transactions: make([]suirpc.CheckpointTx, 20)}
			for i := range cp.Transactions {
				cp.Transactions[i] = suirpc.CheckpointTx{Digest: sui.Digest{byte(i)}, Events: []sui.Event{certified, unknown}}
			}
			rows, err := d.Checkpoint(cp)
			if err != nil {
				b.Fatal(err)
			}
			batch, seq, events = append(batch, rows), seq+1, events+len(rows.Events)
		}
		if err := w.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
