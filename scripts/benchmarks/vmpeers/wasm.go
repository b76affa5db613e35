package main

import (
	"context"

	"github.com/tetratelabs/wazero"
)

// wasmOps is the length of the loop below.
const wasmOps = 15

// wasmLoop is a module that exports f(n: i64) -> i64.
var wasmLoop = []byte{
	0, 'a', 's', 'm', 1, 0, 0, 0,
	1, 6, 1, 0x60, 1, 0x7e, 1, 0x7e, // types: (i64) -> i64
	3, 2, 1, 0, // functions
	7, 5, 1, 1, 'f', 0, 0, // exports
	10, 40, 1, 38, 1, 2, 0x7e, // code: locals i = 1, s = 2
	0x02, 0x40, 0x03, 0x40, // block, loop
	0x20, 1, 0x20, 0, 0x5a, 0x0d, 1, // br_if 1 (i >= n)
	0x20, 2, 0x20, 1, 0x42, 7, 0x82, 0x7c, 0x21, 2, // s = s + i % 7
	0x20, 1, 0x42, 1, 0x7c, 0x21, 1, // i = i + 1
	0x0c, 0, 0x0b, 0x0b, // br 0, end, end
	0x20, 2, 0x0b, // s
}

func wazeroInterpreter(ctx context.Context) (engine, func(), error) {
	return wasm(ctx, "wazero 1.12.0, interpreter", wazero.NewRuntimeConfigInterpreter())
}

func wazeroCompiler(ctx context.Context) (engine, func(), error) {
	return wasm(ctx, "wazero 1.12.0, compiler", wazero.NewRuntimeConfigCompiler())
}

func wasm(ctx context.Context, name string, cfg wazero.RuntimeConfig) (engine, func(), error) {
	r := wazero.NewRuntimeWithConfig(ctx, cfg)
	m, err := r.Instantiate(ctx, wasmLoop)
	if err != nil {
		return engine{}, nil, err
	}
	f := m.ExportedFunction("f")
	run := func(n uint64) (uint64, error) {
		out, err := f.Call(ctx, n)
		if err != nil {
			return 0, err
		}
		return out[0], nil
	}
	return engine{name: name, ops: wasmOps, n: 1_000_000, run: run}, func() { r.Close(ctx) }, nil
}
