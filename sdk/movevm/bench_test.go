package movevm

import (
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// benchmark calls basic::fn(n) and reports the time of one Move instruction, and
// of one Move call where the program is all about calls.
func benchmark(b *testing.B, fn string, n, calls uint64) {
	vm := New(Config{Fuel: 1 << 60, MaxMemory: 1 << 60})
	s := vm.NewSession(loadModules(b, "basic/vector.mv", "basic/basic.mv"), nil, TxContext{})
	run := program(b, s, fn, n)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	ns := float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(ns/float64(s.Used().Instructions), "ns/instr")
	if calls > 0 {
		b.ReportMetric(ns/float64(calls*uint64(b.N)), "ns/call")
	}
}

// program is a call of basic::fn(n).
func program(b *testing.B, s *Session, fn string, n uint64) func() {
	f, err := s.LoadFunction(lab, "basic", fn, nil)
	if err != nil {
		b.Fatal(err)
	}
	arg, err := s.Decode(primitives[KindU64], u64le(n))
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if _, err := s.Call(f, []Value{arg}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoop is `while (i < n) { s = s + i % 7; i = i + 1 }`, the loop that
// scripts/benchmarks/vmpeers gives to other machines.
func BenchmarkLoop(b *testing.B) { benchmark(b, "sum_loop", 10_000, 0) }

// BenchmarkFib is recursion: fib(15) makes 1973 calls.
func BenchmarkFib(b *testing.B) { benchmark(b, "fib", 15, 1973) }

// BenchmarkStructs reads and writes fields through &mut.
func BenchmarkStructs(b *testing.B) { benchmark(b, "struct_loop", 10_000, 0) }

// BenchmarkVectors pushes and pops.
func BenchmarkVectors(b *testing.B) { benchmark(b, "vector_loop", 10_000, 0) }

// BenchmarkMixed runs all of the above in turn, about as many instructions of
// each.
func BenchmarkMixed(b *testing.B) {
	vm := New(Config{Fuel: 1 << 60, MaxMemory: 1 << 60})
	s := vm.NewSession(loadModules(b, "basic/vector.mv", "basic/basic.mv"), nil, TxContext{})
	suite := []func(){
		program(b, s, "sum_loop", 1600), program(b, s, "fib", 15),
		program(b, s, "struct_loop", 1000), program(b, s, "vector_loop", 1300),
	}
	for b.Loop() {
		for _, run := range suite {
			run()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(s.Used().Instructions), "ns/instr")
}

// BenchmarkHash hashes 1 KiB in a native, called from outside.
func BenchmarkHash(b *testing.B) {
	l := newLedger(b)
	for _, fn := range []struct {
		pkg          sui.Address
		module, name string
	}{
		{stdFramework, "hash", "sha2_256"}, {stdFramework, "hash", "sha3_256"},
		{suiFramework, "hash", "blake2b256"}, {suiFramework, "hash", "keccak256"},
	} {
		b.Run(fn.name, func(b *testing.B) {
			s := New(Config{Fuel: 1 << 60, MaxMemory: 1 << 60}).NewSession(l.packages, l, TxContext{})
			f, err := s.LoadFunction(fn.pkg, fn.module, fn.name, nil)
			if err != nil {
				b.Fatal(err)
			}
			param := f.Params[0]
			if param.IsRef() {
				param = param.Elem
			}
			v, err := s.Decode(param, vec(make([]byte, 1024)))
			if err != nil {
				b.Fatal(err)
			}
			if f.Params[0].IsRef() {
				v = NewCell(v).Ref(f.Params[0])
			}
			b.SetBytes(1024)
			for b.Loop() {
				if _, err := s.Call(f, []Value{v}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSealApprove is a key server's question to a policy: a session, four
// input objects, one call.
func BenchmarkSealApprove(b *testing.B) {
	l := newLedger(b)
	pkg, version, lineage := l.publishAccess()
	x := l.begin(alice)
	made := x.must(pkg, "policy", "new", none, none, version)
	x.must(pkg, "policy", "share", made[0], version)
	x.commit()
	policy := l.find(pkg, "policy", "Policy")
	id := vec(append(slices.Clone(policy[:]), 1, 2, 3))
	b.ReportAllocs()
	for b.Loop() {
		s := l.vm.NewSession(l.packages, l, TxContext{Sender: alice})
		fn, err := s.LoadFunction(pkg, "policy", "seal_approve", nil)
		if err != nil {
			b.Fatal(err)
		}
		idv, err := s.Decode(fn.Params[0], id)
		if err != nil {
			b.Fatal(err)
		}
		args := []Value{idv}
		for i, o := range []sui.Address{policy, lineage, version, clockID} {
			v, err := s.Input(l.objects[o])
			if err != nil {
				b.Fatal(err)
			}
			args = append(args, NewCell(v).Ref(fn.Params[i+1]))
		}
		if _, err := s.Call(fn, args); err != nil {
			b.Fatal(err)
		}
	}
}
