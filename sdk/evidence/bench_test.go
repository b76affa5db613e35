package evidence_test

import (
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// BenchmarkEvaluate is a decision with its evidence, from warm caches, and beside
// it the same without evidence; and what it costs to commit to it, and to replay
// it.
func BenchmarkEvaluate(b *testing.B) {
	w := newWorld(b)
	s := w.snapshot.With()
	s.AddAbsent(sui.AliasesID(alice))
	tx, engine := w.ask(alice, w.name()), execution.NewEngine()
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := engine.Evaluate(s, position.Env(), tx); err != nil {
				b.Fatal(err)
			}
		}
	})
	evaluator := evidence.NewEvaluator(engine)
	var ev *evidence.Evidence
	b.Run("evidence", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if ev, _, err = evaluator.Evaluate(s, position, tx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("commitment", func(b *testing.B) {
		b.ReportMetric(float64(len(bcs.Marshal(&ev.Manifest))), "manifest-bytes")
		for b.Loop() {
			ev.Commitment([32]byte{})
		}
	})
	b.Run("replay", func(b *testing.B) {
		replayer, source := evidence.NewReplayer(), evidence.SourceOf(ev.Content)
		for b.Loop() {
			if _, err := replayer.Replay(&ev.Manifest, source); err != nil {
				b.Fatal(err)
			}
		}
	})
}
