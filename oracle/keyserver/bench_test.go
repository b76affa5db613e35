package keyserver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// What a request costs that gets nothing, on all cores, without the network:
// the later it is refused, the more. Those of "policy" leave a receipt.
func BenchmarkRefused(b *testing.B) {
	for _, c := range []struct {
		name   string
		limits limits.Config
		change func(*fixture, *seal.FetchKeyRequest) []byte
		want   int
	}{
		{"address", limits.Config{PerAddress: limits.Rate{N: 1, Per: 24 * time.Hour, Burst: 1}}, nil, 429},
		{"body", limits.Config{}, func(*fixture, *seal.FetchKeyRequest) []byte { return []byte(`{"ptb":"AAAA"}`) }, 422},
		{"expired", limits.Config{}, func(_ *fixture, r *seal.FetchKeyRequest) []byte { r.Certificate.CreatedMS -= 3600_000; return nil }, 403},
		{"session", limits.Config{}, func(_ *fixture, r *seal.FetchKeyRequest) []byte { r.RequestSignature[0] ^= 1; return nil }, 403},
		{"wallet", limits.Config{}, func(_ *fixture, r *seal.FetchKeyRequest) []byte { r.Certificate.User = sui.Address{9}; return nil }, 403},
		{"quota", limits.Config{PerUser: limits.Rate{N: 1, Per: 24 * time.Hour, Burst: 1}}, nil, 429},
		{"policy", limits.Config{}, func(f *fixture, _ *seal.FetchKeyRequest) []byte {
			f.eval.err = &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{Code: "no", Rule: "no", Remedy: "no"}}
			return nil
		}, 403},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := newFixture(b)
			f.limit(c.limits)
			f.open()
			f.server.cfg.MaxConcurrent = 1 << 16
			f.server.slots = make(chan struct{}, 1<<16)
			var bodies [][]byte // different ones: copies of one would wait for each other
			for range 512 {
				req, _ := f.request(nil)
				var body []byte
				if c.change != nil {
					body = c.change(f, req)
				}
				if body == nil {
					body, _ = json.Marshal(req)
				}
				bodies = append(bodies, body)
			}
			var next atomic.Uint32
			handler := f.server.Handler()
			ask := func() int {
				r := httptest.NewRequest("POST", "/v1/fetch_key", bytes.NewReader(bodies[next.Add(1)%512]))
				r.Header = http.Header{"Content-Type": {"application/json"}, "Client-Sdk-Version": {"1.4.12"}, "Client-Sdk-Type": {"typescript"}}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w.Code
			}
			ask() // the first may be let in
			if got := ask(); got != c.want {
				b.Fatalf("HTTP %d, want %d", got, c.want)
			}
			b.SetParallelism(64) // receipts share their way to the disk
			b.ResetTimer()
			before := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ask()
				}
			})
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refused/s")
		})
	}
}

// cpuTime is what the process has used of all cores: on a machine with other
// work it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
