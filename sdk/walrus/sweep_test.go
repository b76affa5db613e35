package walrus

import (
	"encoding/json"
	"os"
	"testing"
)

// Blob ids bind every symbol of the matrix. Both constructions of the code,
// one or two blocks, and full and partial 64-byte blocks all occur among the
// numbers of shards and sizes of testdata/sweep.json.
func TestSweep(t *testing.T) {
	b, err := os.ReadFile("testdata/sweep.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][3]any
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	input := vectorInput("sweep", 64<<20)
	for _, c := range cases {
		n, size, want := int(c[0].(float64)), int(c[1].(float64)), c[2].(string)
		if testing.Short() && n > 64 {
			continue
		}
		e, err := Encode(n, input[:size])
		if err != nil {
			t.Fatal(err)
		}
		if e.ID().String() != want {
			t.Errorf("%d shards, %d bytes: blob id %s, want %s", n, size, e.ID(), want)
		}
		// The slivers that are handed out are those that were hashed.
		for _, pair := range []int{0, n / 2, n - 1} {
			for _, a := range []Axis{Primary, Secondary} {
				if err := e.Metadata().VerifySliver(e.Sliver(a, pair)); err != nil {
					t.Errorf("%d shards, %d bytes: %v", n, size, err)
				}
			}
		}
	}
}
