package compiler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// instance is one run of the WASM. Strings cross the border the way
// wasm-bindgen's glue passes them: UTF-8 in memory from __wbindgen_malloc,
// given and returned as (pointer, length).
type instance struct {
	mod api.Module
	// message is what Rust's panic hook printed last; a trap alone says only
	// "unreachable".
	message string
}

type instanceKey struct{}

func (c *Compiler) instantiate(ctx context.Context) (*instance, error) {
	mod, err := c.runtime.InstantiateModule(ctx, c.module, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("start compiler: %w", err)
	}
	in := &instance{mod: mod}
	if _, err := in.call(ctx, "__wbindgen_start"); err != nil {
		in.close(ctx)
		return nil, fmt.Errorf("start compiler: %w", err)
	}
	return in, nil
}

func (in *instance) close(ctx context.Context) { in.mod.Close(ctx) }

// call runs an exported function and explains a trap with Rust's panic text.
func (in *instance) call(ctx context.Context, name string, args ...uint64) ([]uint64, error) {
	f := in.mod.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("the compiler's WASM has no function %s; install the pinned one with `npm ci --prefix scripts/npm`", name)
	}
	out, err := f.Call(context.WithValue(ctx, instanceKey{}, in), args...)
	if err == nil {
		return out, nil
	}
	if in.message != "" {
		return nil, fmt.Errorf("the Move compiler crashed in %s: %s", name, in.message)
	}
	return nil, fmt.Errorf("the Move compiler crashed in %s: %w", name, err)
}

// callString runs a function of strings that returns a string.
func (in *instance) callString(ctx context.Context, name string, args ...string) (string, error) {
	params, err := in.put(ctx, args...)
	if err != nil {
		return "", err
	}
	out, err := in.call(ctx, name, params...)
	if err != nil {
		return "", err
	}
	return in.take(ctx, out)
}

// put copies strings into the WASM's memory, which then owns them.
func (in *instance) put(ctx context.Context, args ...string) ([]uint64, error) {
	var params []uint64
	for _, s := range args {
		out, err := in.call(ctx, "__wbindgen_malloc", uint64(len(s)), 1)
		if err != nil {
			return nil, err
		}
		if !in.mod.Memory().WriteString(uint32(out[0]), s) {
			return nil, errors.New("the Move compiler ran out of memory")
		}
		params = append(params, out[0], uint64(len(s)))
	}
	return params, nil
}

// take copies a returned string out of the WASM's memory and frees it there.
func (in *instance) take(ctx context.Context, out []uint64) (string, error) {
	if len(out) != 2 {
		return "", fmt.Errorf("the compiler's WASM returned %d values instead of a string", len(out))
	}
	s, ok := in.readString(uint32(out[0]), uint32(out[1]))
	if !ok {
		return "", errors.New("the compiler's WASM returned a string outside its memory")
	}
	_, err := in.call(ctx, "__wbindgen_free", out[0], out[1], 1)
	return s, err
}

func (in *instance) readString(ptr, length uint32) (string, bool) {
	b, ok := in.mod.Memory().Read(ptr, length)
	return string(b), ok
}

// provideImports binds what the WASM imports. Names carry a hash that changes
// with every build of the compiler, so they are matched by prefix.
func provideImports(ctx context.Context, r wazero.Runtime, m wazero.CompiledModule) error {
	hosts := map[string]wazero.HostModuleBuilder{}
	for _, def := range m.ImportedFunctions() {
		module, name, _ := def.Import()
		f := importedFunction(name)
		if f == nil {
			return fmt.Errorf("the WASM imports %s.%s, which is unknown here; install the pinned one with `npm ci --prefix scripts/npm`", module, name)
		}
		b := hosts[module]
		if b == nil {
			b = r.NewHostModuleBuilder(module)
			hosts[module] = b
		}
		b.NewFunctionBuilder().WithGoModuleFunction(f, def.ParamTypes(), def.ResultTypes()).Export(name)
	}
	for _, b := range hosts {
		if _, err := b.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

func importedFunction(name string) api.GoModuleFunc {
	switch {
	case name == "now":
		// Seconds for Rust's Instant. Only elapsed times are made of it, and
		// they are printed nowhere; a fixed origin keeps runs alike.
		start := time.Now()
		return func(_ context.Context, _ api.Module, stack []uint64) {
			stack[0] = api.EncodeF64(time.Since(start).Seconds())
		}
	case strings.HasPrefix(name, "__wbg_error_"), name == "__wbindgen_throw":
		return func(ctx context.Context, _ api.Module, stack []uint64) {
			in := ctx.Value(instanceKey{}).(*instance)
			in.message, _ = in.readString(api.DecodeU32(stack[0]), api.DecodeU32(stack[1]))
			if name == "__wbindgen_throw" {
				panic(errors.New(in.message))
			}
		}
	case strings.HasPrefix(name, "__wbg_new_"):
		// A JavaScript Error object, used only to ask for its stack below.
		return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = 0 }
	case strings.HasPrefix(name, "__wbg_stack_"):
		// Answer with an empty stack text: (pointer 1, length 0).
		return func(_ context.Context, mod api.Module, stack []uint64) {
			at := api.DecodeU32(stack[0])
			mod.Memory().WriteUint32Le(at, 1)
			mod.Memory().WriteUint32Le(at+4, 0)
		}
	case name == "__wbindgen_init_externref_table":
		return func(context.Context, api.Module, []uint64) {}
	}
	return nil
}
