// Package compiler runs the real Sui Move compiler and unit-test runner inside
// this process, offline.
//
// The compiler is the WebAssembly build of Sui 1.71.1 that npm
// @zktx.io/sui-move-builder ships; scripts/npm pins it and `npm ci` fetches it.
// wazero runs it, so neither Node nor Rust is needed. Start at [Open], then
// [Compiler.Build] or [Compiler.Test] a [Source].
//
// The test runner is Sui's own Move VM and natives with these known gaps, which
// matter to whoever reads its results: BLS12-381, Groth16, Poseidon, VDF, Nitro
// and zkLogin-issuer natives are fake there, and dynamic field ids differ from
// the chain's because wasm32 hashes the key length as 4 bytes instead of 8.
package compiler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
)

// WASMPath is where `npm ci --prefix scripts/npm` puts the compiler, relative
// to the top of the repository.
const WASMPath = "scripts/npm/node_modules/@zktx.io/sui-move-builder/dist/full/sui_move_wasm_bg.wasm"

// ErrNoWASM says that the compiler's WebAssembly file is not there. The error
// text that wraps it names the command that fetches it.
var ErrNoWASM = errors.New("the Move compiler is not installed")

// Config says where the compiler is and where its machine code is kept.
type Config struct {
	// WASM is the path of sui_move_wasm_bg.wasm. Required; see WASMPath.
	WASM string
	// CacheDir keeps the machine code that wazero makes of the WASM (about
	// 45 MB), which turns a start of some seconds into a fraction of one.
	// Empty means "floe/movec" in the user's cache directory, and a folder in
	// the system's temporary directory when the user has none.
	CacheDir string
}

// Compiler is a loaded compiler. It is safe for concurrent use: every call
// runs in its own instance, because a trap inside the WASM leaves an instance
// unusable. A call that runs can't be interrupted; it takes a few seconds at
// most.
type Compiler struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	module  wazero.CompiledModule
}

// Open loads the compiler. The first call on a machine translates the WASM to
// machine code and takes some seconds; later ones read the cache.
func Open(ctx context.Context, cfg Config) (*Compiler, error) {
	code, err := os.ReadFile(cfg.WASM)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open compiler: %w: %s is missing; fetch it with `npm ci --prefix scripts/npm`", ErrNoWASM, cfg.WASM)
	}
	if err != nil {
		return nil, fmt.Errorf("open compiler: %w", err)
	}
	dir, err := cacheDir(cfg.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("open compiler: %w", err)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open compiler cache %s: %w", dir, err)
	}
	c := &Compiler{cache: cache}
	// Compiled code that watches the context for its end runs three times as
	// long, so a running call is not interrupted.
	c.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	if c.module, err = c.runtime.CompileModule(ctx, code); err != nil {
		return nil, errors.Join(fmt.Errorf("load compiler %s: %w", cfg.WASM, err), c.Close(ctx))
	}
	if err := provideImports(ctx, c.runtime, c.module); err != nil {
		return nil, errors.Join(fmt.Errorf("load compiler %s: %w", cfg.WASM, err), c.Close(ctx))
	}
	return c, nil
}

// Close frees the compiler's memory. The cache on disk stays.
func (c *Compiler) Close(ctx context.Context) error {
	return errors.Join(c.runtime.Close(ctx), c.cache.Close(ctx))
}

// Version returns the release of Sui that the compiler was built from, such as
// "1.71.1".
func (c *Compiler) Version(ctx context.Context) (string, error) {
	in, err := c.instantiate(ctx)
	if err != nil {
		return "", err
	}
	defer in.close(ctx)
	return in.callString(ctx, "sui_move_version")
}

// cacheDir returns a folder that this user alone can write to: machine code
// read from it is executed.
func cacheDir(dir string) (string, error) {
	if dir == "" {
		if user, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(user, "floe", "movec")
			if os.MkdirAll(dir, 0o700) == nil {
				return dir, nil
			}
		}
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("floe-movec-%d", os.Getuid()))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make cache folder (set another with --cache or FLOE_MOVEC_CACHE): %w", err)
	}
	return dir, checkPrivate(dir)
}

// checkPrivate refuses a folder that others can write to.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !ownedByUser(info) {
		return fmt.Errorf("cache folder %s can be written by others; remove it, or set another with --cache or FLOE_MOVEC_CACHE", dir)
	}
	return nil
}
