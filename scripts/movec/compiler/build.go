package compiler

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Output is a compiled package.
type Output struct {
	// Modules holds the bytecode in dependency order, ready to publish: self
	// addresses are those of the package's Move.toml (0x0 for a package that
	// is to be published).
	Modules [][]byte
	// Dependencies are the storage ids of all packages that it links to,
	// "0x" and 64 hex digits.
	Dependencies []string
	// Digest is Sui's package digest over modules and dependencies: Blake2b-256
	// of the sorted Blake2b-256 module hashes and dependency ids.
	Digest [32]byte
	// Warnings is the compiler's text about code that compiled, often empty.
	Warnings string
}

// CompileError is the compiler's own report about Move code, with source
// spans. It says what is wrong with the code, not with the compiler.
type CompileError struct{ Text string }

func (e *CompileError) Error() string { return strings.TrimRight(e.Text, "\n") }

// Build compiles a package without its tests and verifies the bytecode with
// the Move verifier and the Sui verifier. Errors in the Move code come back as
// *CompileError.
func (c *Compiler) Build(ctx context.Context, src Source) (*Output, error) {
	in, err := c.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	defer in.close(ctx)
	groups, err := in.resolve(ctx, src.without("tests/"), nil)
	if err != nil {
		return nil, err
	}
	lint := "default"
	if src.Quiet {
		lint = "none"
	}
	options := fmt.Sprintf(`{"silenceWarnings":%t,"lintFlag":%q,"ansiColor":false,"compileIntent":"dump","modes":[]}`, src.Quiet, lint)
	params, err := in.put(ctx, string(groups.RootFiles), string(groups.Dependencies), options)
	if err != nil {
		return nil, err
	}
	result, err := in.call(ctx, "compile", params...)
	if err != nil {
		return nil, err
	}
	ok, text, err := in.result(ctx, result, "wasmcompileresult_success", "wasmcompileresult_output")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &CompileError{Text: text}
	}
	return parseOutput(text)
}

// result reads a WasmCompileResult or WasmTestResult.
func (in *instance) result(ctx context.Context, handle []uint64, okFunc, textFunc string) (bool, string, error) {
	if len(handle) != 1 {
		return false, "", errors.New("the compiler's WASM returned no result")
	}
	ok, err := in.call(ctx, okFunc, handle[0])
	if err != nil {
		return false, "", err
	}
	text, err := in.call(ctx, textFunc, handle[0])
	if err != nil {
		return false, "", err
	}
	s, err := in.take(ctx, text)
	return len(ok) == 1 && ok[0] != 0, s, err
}

func parseOutput(text string) (*Output, error) {
	var raw struct {
		Modules      []string        `json:"modules"`
		Dependencies []string        `json:"dependencies"`
		Digest       json.RawMessage `json:"digest"`
		Warnings     string          `json:"warnings"`
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("read compiler output: %w", err)
	}
	out := &Output{Dependencies: raw.Dependencies, Warnings: raw.Warnings}
	for _, m := range raw.Modules {
		b, err := base64.StdEncoding.DecodeString(m)
		if err != nil {
			return nil, fmt.Errorf("read compiler output: %w", err)
		}
		out.Modules = append(out.Modules, b)
	}
	if err := parseDigest(raw.Digest, &out.Digest); err != nil {
		return nil, fmt.Errorf("read compiler output: %w", err)
	}
	return out, nil
}

// parseDigest accepts a list of 32 numbers or 64 hex digits.
func parseDigest(raw json.RawMessage, digest *[32]byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
		if err != nil || len(b) != 32 {
			return fmt.Errorf("package digest %q is not 32 bytes", text)
		}
		copy(digest[:], b)
		return nil
	}
	var numbers []uint8
	var list []int
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("package digest: %w", err)
	}
	for _, n := range list {
		numbers = append(numbers, uint8(n))
	}
	if len(numbers) != 32 {
		return fmt.Errorf("package digest has %d bytes, not 32", len(numbers))
	}
	copy(digest[:], numbers)
	return nil
}
