// Gen writes the Go side of the contracts: the *_gen.go files of sdk/contract,
// made of the compiled Move modules and the documentation in their sources. Run
// `go run ./scripts/gen` in the repository.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/floe-data/floe/scripts/gen/bindings"
)

func main() {
	root := flag.String("root", ".", "top folder of the repository")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, "Gen writes sdk/contract/*_gen.go from move/bytecode and the doc comments in move/*/sources.\n"+
			"Compile first: go run ./scripts/movec build, which runs it too.\n\n  go run ./scripts/gen\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	names, err := bindings.Write(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
	for _, name := range names {
		fmt.Println("wrote", name)
	}
}
