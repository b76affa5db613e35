package movevm

import "testing"

// The interpreter's loop allocates nothing: a run with a thousand times the
// instructions makes exactly as many allocations as a small one, which are those
// of its results. What Move itself packs comes from the session's slab.
func TestLoopAllocatesNothing(t *testing.T) {
	tests := []struct {
		fn           string
		small, large uint64
	}{
		{"sum_loop", 10, 10_000},    // arithmetic and jumps
		{"fib", 10, 20},             // calls
		{"struct_loop", 10, 10_000}, // fields through references to a local
	}
	for _, tt := range tests {
		small, large := allocsOf(t, tt.fn, tt.small), allocsOf(t, tt.fn, tt.large)
		if small != large {
			t.Errorf("%s(%d) makes %v allocations, %s(%d) %v", tt.fn, tt.small, small, tt.fn, tt.large, large)
		}
	}
}

// allocsOf counts the allocations of one run.
func allocsOf(t *testing.T, fn string, n uint64) float64 {
	t.Helper()
	s := New(Config{Fuel: 1 << 60, MaxMemory: 1 << 60}).NewSession(loadModules(t, "basic/vector.mv", "basic/basic.mv"), nil, TxContext{})
	f, err := s.LoadFunction(lab, "basic", fn, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &s.machine
	m.frames = &frames{} // not of the pool, which forgets at random under the race detector
	run := func() {
		m.depth = 0
		m.push(f.instance, 0).n[0] = n
		m.run()
	}
	run() // what is resolved and grown at first use stays
	return testing.AllocsPerRun(5, run)
}
