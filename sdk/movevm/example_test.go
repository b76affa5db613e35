package movevm_test

import (
	"fmt"
	"os"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// onePackage is a PackageSource of one package.
type onePackage struct{ pkg *sui.MovePackage }

func (p onePackage) Package(sui.Address) (*sui.MovePackage, error) { return p.pkg, nil }

// Load bytecode, call a function, read the result. The function is
//
//	public fun fib(n: u64): u64 { if (n < 2) n else fib(n - 1) + fib(n - 2) }
func Example() {
	code, err := os.ReadFile("testdata/basic/basic.mv")
	if err != nil {
		fmt.Println(err)
		return
	}
	module, err := bytecode.Parse(code)
	if err != nil {
		fmt.Println(err)
		return
	}
	id := module.Address()
	pkg := &sui.MovePackage{ID: id, Version: 1, Modules: []sui.Module{{Name: module.Name(), Bytes: code}}}

	session := movevm.New(movevm.Config{}).NewSession(onePackage{pkg}, nil, movevm.TxContext{})
	fib, err := session.LoadFunction(id, "basic", "fib", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := session.Decode(fib.Params[0], []byte{20, 0, 0, 0, 0, 0, 0, 0}) // BCS of 20u64
	if err != nil {
		fmt.Println(err)
		return
	}
	returns, err := session.Call(fib, []movevm.Value{n})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := returns[0].U64At()
	fmt.Println(result, err)
	fmt.Println(session.Used().Instructions, "instructions")
	// Output:
	// 6765 <nil>
	// 273634 instructions
}
