package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// top is the top of the repository, from this folder.
const top = "../../../"

// moveOps is the length of the loop in Move bytecode.
const moveOps = 16

type onePackage struct{ pkg *sui.MovePackage }

func (p onePackage) Package(sui.Address) (*sui.MovePackage, error) { return p.pkg, nil }

// ours is sdk/movevm with its fuel and memory bounds.
func ours(context.Context) (engine, func(), error) {
	code, err := os.ReadFile(top + "sdk/movevm/testdata/basic/basic.mv")
	if err != nil {
		return engine{}, nil, fmt.Errorf("read module: %w", err)
	}
	m, err := bytecode.Parse(code)
	if err != nil {
		return engine{}, nil, err
	}
	pkg := &sui.MovePackage{ID: m.Address(), Version: 1, Modules: []sui.Module{{Name: m.Name(), Bytes: code}}}
	vm := movevm.New(movevm.Config{})
	run := func(n uint64) (uint64, error) {
		s := vm.NewSession(onePackage{pkg}, nil, movevm.TxContext{})
		fn, err := s.LoadFunction(pkg.ID, "basic", "sum_loop", nil)
		if err != nil {
			return 0, err
		}
		arg, err := s.Decode(fn.Params[0], binary.LittleEndian.AppendUint64(nil, n))
		if err != nil {
			return 0, err
		}
		out, err := s.Call(fn, []movevm.Value{arg})
		if err != nil {
			return 0, err
		}
		return out[0].U64At()
	}
	return engine{name: "Floe Move VM", ops: moveOps, n: 1_000_000, run: run}, func() {}, nil
}

const suiSource = `module lab::lab;
fun sum_loop(n: u64): u64 { let mut i = 0; let mut s = 0; while (i < n) { s = s + i %% 7; i = i + 1 }; s }
#[test] fun run() { assert!(sum_loop(%d) == %d) }
`

// suiMove is Sui's Move VM: the unit-test runner of Sui 1.71.1 as WebAssembly,
// compiled to machine code by wazero. A run of n and one of 2 n iterations
// differ by the time of n; the rest is the compiler and the start.
func suiMove(ctx context.Context) (engine, func(), error) {
	wasm := os.Getenv("FLOE_MOVEC_WASM")
	if wasm == "" {
		wasm = top + compiler.WASMPath
	}
	c, err := compiler.Open(ctx, compiler.Config{WASM: wasm, CacheDir: os.Getenv("FLOE_MOVEC_CACHE")})
	if errors.Is(err, compiler.ErrNoWASM) {
		fmt.Fprintln(os.Stderr, "without Sui's Move VM:", err)
		return engine{}, func() {}, nil
	}
	if err != nil {
		return engine{}, nil, err
	}
	framework, err := compiler.NewTree(top + "move").Package("access")
	if err != nil {
		return engine{}, nil, err
	}
	once := func(n uint64) (time.Duration, error) {
		src := compiler.Source{Quiet: true, Fetch: framework.Fetch, Files: map[string]string{
			"Move.toml":        "[package]\nname = \"lab\"\nedition = \"2024\"\n[addresses]\nlab = \"0x0\"\n",
			"sources/lab.move": fmt.Sprintf(suiSource, n, want(n)),
		}}
		start := time.Now()
		report, err := c.Test(ctx, src)
		if err == nil && (!report.Passed || !strings.Contains(report.Text, "PASS")) {
			err = fmt.Errorf("the test failed: %s", report.Text)
		}
		return time.Since(start), err
	}
	difference := func(n uint64) (time.Duration, error) {
		short, err := once(n)
		if err != nil {
			return 0, err
		}
		long, err := once(2 * n)
		return long - short, err
	}
	return engine{name: "Sui's Move VM as WASM", ops: moveOps, n: 500_000, time: difference}, func() { c.Close(ctx) }, nil
}
