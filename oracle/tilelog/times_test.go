package tilelog

import (
	"slices"
	"testing"
	"time"
)

// times are durations of which a benchmark reports percentiles.
type times struct{ all []time.Duration }

func newTimes(n int) *times { return &times{make([]time.Duration, 0, n)} }

func (t *times) add(d time.Duration) { t.all = append(t.all, d) }

func (t *times) report(b *testing.B, name string) {
	slices.Sort(t.all)
	if len(t.all) == 0 {
		return
	}
	at := func(p int) float64 { return float64(t.all[(len(t.all)-1)*p/100].Microseconds()) / 1000 }
	b.ReportMetric(at(50), name+"-p50-ms")
	b.ReportMetric(at(99), name+"-p99-ms")
}
