package walrus

import (
	"fmt"
	"testing"
)

var benchSizes = []struct{ n, size int }{{100, 1 << 20}, {100, 32 << 20}, {1000, 1 << 20}, {1000, 32 << 20}}

func BenchmarkEncode(b *testing.B) {
	for _, c := range benchSizes {
		b.Run(fmt.Sprintf("n=%d/%dMiB", c.n, c.size>>20), func(b *testing.B) {
			data := vectorInput("perf", c.size)
			b.SetBytes(int64(c.size))
			for b.Loop() {
				if _, err := Encode(c.n, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecode decodes from the worst primary slivers (interpolation), from
// primary slivers without any source row, and from secondary slivers.
func BenchmarkDecode(b *testing.B) {
	for _, c := range benchSizes {
		e, err := Encode(c.n, vectorInput("perf", c.size))
		if err != nil {
			b.Fatal(err)
		}
		for name, pick := range map[string]func(i int) (Axis, int){
			"last":      func(i int) (Axis, int) { return Primary, c.n - 1 - i },
			"recovery":  func(i int) (Axis, int) { return Primary, e.params.Rows() + i },
			"secondary": func(i int) (Axis, int) { return Secondary, i },
		} {
			b.Run(fmt.Sprintf("n=%d/%dMiB/%s", c.n, c.size>>20, name), func(b *testing.B) {
				var slivers []*Sliver
				axis, _ := pick(0)
				for i := range e.params.needed(axis) {
					a, pair := pick(i)
					slivers = append(slivers, e.Sliver(a, pair))
				}
				b.SetBytes(int64(c.size))
				for b.Loop() {
					if _, err := Decode(e.Metadata(), slivers); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
