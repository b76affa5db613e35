package seal

import (
	"crypto/rand"
	"math"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// BenchmarkTimingLeak asks whether a clock can tell one secret scalar from
// others: fixed against random, in random order, as dudect does (Reparaz,
// Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017). It
// reports Welch's t over the faster nine tenths of the samples; beyond 4.5
// either way the times differ. gnark-crypto's own multiplication stands beside
// it, to show that the test can tell.
//
//	go test -run '^$' -bench TimingLeak -benchtime 200000x ./sdk/seal
func BenchmarkTimingLeak(b *testing.B) {
	p := HashToG1([]byte("p"))
	var fixed fr.Element
	sparse := new(big.Int).Lsh(big.NewInt(1), 250)
	fixed.SetBigInt(sparse.Add(sparse, big.NewInt(1)))
	zeros := newMasterKey(fixed)

	b.Run("multiply", func(b *testing.B) {
		welch(b, func(k *MasterKey) { k.halves.multiply(rand.Reader, &p) }, zeros)
	})
	b.Run("split and multiply", func(b *testing.B) {
		welch(b, func(k *MasterKey) { multiplyG1(rand.Reader, &p, &k.s) }, zeros)
	})
	b.Run("multiply generator", func(b *testing.B) {
		welch(b, func(k *MasterKey) { multiplyGenerator(rand.Reader, &k.s) }, zeros)
	})
	b.Run("gnark", func(b *testing.B) {
		welch(b, func(k *MasterKey) {
			var q bls12381.G1Affine
			q.ScalarMultiplication(&p, scalarInt(&k.s))
		}, zeros)
	})
}

// welch measures f with the fixed key and with random ones.
func welch(b *testing.B, f func(*MasterKey), fixed *MasterKey) {
	order := mathrand.New(mathrand.NewPCG(1, 2))
	keys := make([]*MasterKey, b.N) // drawn before, so that both classes look alike
	class := make([]int, b.N)
	for i := range keys {
		// Both are made in the same way, so that memory and caches know neither.
		keys[i], class[i] = must[*MasterKey](b)(NewMasterKey(rand.Reader)), order.IntN(2)
		if class[i] == 0 {
			*keys[i] = *fixed
		}
	}
	samples := make([]float64, b.N)
	b.ResetTimer()
	for i, k := range keys {
		begin := time.Now()
		f(k)
		samples[i] = float64(time.Since(begin))
	}
	b.StopTimer()
	sorted := slices.Sorted(slices.Values(samples))
	limit := sorted[len(sorted)*9/10]
	var n, mean, m2 [2]float64
	for i, x := range samples {
		if c := class[i]; x <= limit {
			n[c]++
			d := x - mean[c]
			mean[c] += d / n[c]
			m2[c] += d * (x - mean[c])
		}
	}
	if n[0] < 10 || n[1] < 10 {
		return
	}
	t := (mean[0] - mean[1]) / math.Sqrt(m2[0]/(n[0]-1)/n[0]+m2[1]/(n[1]-1)/n[1])
	b.ReportMetric(t, "t")
	b.ReportMetric(mean[0]-mean[1], "ns-apart")
}
