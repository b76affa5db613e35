// Movec compiles, tests and checks the Move code below move/. Run
// `go run ./scripts/movec --help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/movec/compiler"
)

func main() {
	if err := command().ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "movec:", err)
		os.Exit(1)
	}
}

// options are the flags that all commands share.
type options struct {
	root, wasm, cache string
}

func command() *cobra.Command {
	var opt options
	root := &cobra.Command{
		Use:   "movec",
		Short: "Compile, test and check the Move code below move/, offline",
		Long: `Movec runs the real Sui Move compiler and unit-test runner (a WebAssembly build,
pinned in scripts/npm) inside this process. Nothing is fetched while it runs.`,
		Example: `  npm ci --prefix scripts/npm          # once: fetch the compiler
  go run ./scripts/movec build         # compile everything into move/bytecode
  go run ./scripts/movec test storage  # run one contract's Move tests
  go run ./scripts/movec check         # compare move/framework with the live framework`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&opt.root, "root", "", "top folder of the repository (default: found from the working folder)")
	flags.StringVar(&opt.wasm, "wasm", os.Getenv("FLOE_MOVEC_WASM"), "path of the compiler's WASM (default: the one in scripts/npm; or FLOE_MOVEC_WASM)")
	flags.StringVar(&opt.cache, "cache", os.Getenv("FLOE_MOVEC_CACHE"), "folder for the compiler's machine code (default: in the user's cache folder; or FLOE_MOVEC_CACHE)")
	root.AddCommand(buildCommand(&opt), testCommand(&opt), checkCommand(&opt), fixturesCommand(&opt))
	return root
}

// workspace is an opened repository with its compiler.
type workspace struct {
	root     string
	compiler *compiler.Compiler
	tree     compiler.Tree
}

func (o *options) open(ctx context.Context) (*workspace, error) {
	root, err := o.findRoot()
	if err != nil {
		return nil, err
	}
	wasm := o.wasm
	if wasm == "" {
		wasm = filepath.Join(root, filepath.FromSlash(compiler.WASMPath))
	}
	c, err := compiler.Open(ctx, compiler.Config{WASM: wasm, CacheDir: o.cache})
	if err != nil {
		return nil, err
	}
	version, err := c.Version(ctx)
	if err == nil && version != move.CompilerVersion {
		err = fmt.Errorf("%s is the compiler of Sui %s, and move.CompilerVersion is %s; run `npm ci --prefix scripts/npm`", wasm, version, move.CompilerVersion)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return &workspace{root: root, compiler: c, tree: compiler.NewTree(filepath.Join(root, "move"))}, nil
}

// findRoot walks up to the folder that holds both go.mod and move/.
func (o *options) findRoot() (string, error) {
	if o.root != "" {
		return o.root, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if exists(filepath.Join(dir, "go.mod")) && exists(filepath.Join(dir, "move", "move.go")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside the Floe repository; change into it or name it with --root")
		}
		dir = filepath.Dir(dir)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// packagesFrom returns the packages that the arguments name: all by default. A
// path such as move/storage is understood as well.
func packagesFrom(args []string) ([]string, error) {
	if len(args) == 0 {
		return move.Packages(), nil
	}
	var names []string
	for _, arg := range args {
		name := filepath.Base(arg)
		if !strings.Contains(" "+strings.Join(move.Packages(), " ")+" ", " "+name+" ") {
			return nil, fmt.Errorf("%w %q: there are %s", move.ErrUnknownPackage, arg, strings.Join(move.Packages(), ", "))
		}
		names = append(names, name)
	}
	return names, nil
}
