package main

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
)

// evmOps is the length of the loop below.
const evmOps = 14

// evmLoop keeps i below s on the stack and tests at the bottom of the loop, as
// a good compiler would for n > 0.
func evmLoop(n uint64) []byte {
	const loop = 4
	code := []byte{
		byte(vm.PUSH1), 0, byte(vm.PUSH1), 0,
		byte(vm.JUMPDEST),
		byte(vm.PUSH1), 7, byte(vm.DUP3), byte(vm.MOD), byte(vm.ADD), // s += i % 7
		byte(vm.SWAP1), byte(vm.PUSH1), 1, byte(vm.ADD), byte(vm.SWAP1), // i += 1
		byte(vm.PUSH8),
	}
	code = binary.BigEndian.AppendUint64(code, n)
	return append(code,
		byte(vm.DUP3), byte(vm.LT), byte(vm.PUSH1), loop, byte(vm.JUMPI), // while i < n
		byte(vm.PUSH1), 0, byte(vm.MSTORE), byte(vm.PUSH1), 32, byte(vm.PUSH1), 0, byte(vm.RETURN),
	)
}

// evm is go-ethereum's interpreter, whose words have 256 bits.
func evm(context.Context) (engine, func(), error) {
	run := func(n uint64) (uint64, error) {
		out, _, err := runtime.Execute(evmLoop(n), nil, &runtime.Config{GasLimit: math.MaxInt64})
		if err != nil {
			return 0, err
		}
		return binary.BigEndian.Uint64(out[24:]), nil
	}
	return engine{name: "go-ethereum EVM 1.17.10", ops: evmOps, n: 1_000_000, run: run}, func() {}, nil
}
