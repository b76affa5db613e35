package main

import "testing"

// Engines run the same loop, or they would not be compared.
func TestEnginesAgree(t *testing.T) {
	list, closeAll, err := engines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	for _, e := range list {
		if e.run == nil {
			continue // Sui's Move VM asserts the sum in Move
		}
		for _, n := range []uint64{1, 7, 1000} {
			var want uint64
			for i := range n {
				want += i % 7
			}
			if got, err := e.run(n); err != nil || got != want {
				t.Errorf("%s(%d) = %d, %v; want %d", e.name, n, got, err, want)
			}
		}
	}
}
