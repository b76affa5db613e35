package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/scripts/gen/bindings"
	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
)

func buildCommand(opt *options) *cobra.Command {
	return &cobra.Command{
		Use:     "build [package…]",
		Short:   "Compile packages into move/bytecode and generate their Go side",
		Long:    "Build compiles the packages (all by default) and writes their modules, dependencies and source digest to move/bytecode. Then it brings sdk/contract/*_gen.go up to date, as go run ./scripts/gen does.",
		Example: "  go run ./scripts/movec build\n  go run ./scripts/movec build storage catalog",
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := packagesFrom(args)
			if err != nil {
				return err
			}
			w, err := opt.open(cmd.Context())
			if err != nil {
				return err
			}
			defer w.compiler.Close(cmd.Context())
			for _, name := range names {
				if err := w.build(cmd.Context(), name); err != nil {
					return fmt.Errorf("build %s: %w", name, err)
				}
			}
			generated, err := bindings.Write(w.root)
			for _, file := range generated {
				fmt.Fprintln(os.Stderr, "wrote", file)
			}
			return err
		},
	}
}

// build compiles one package and replaces its folder below move/bytecode.
func (w *workspace) build(ctx context.Context, name string) error {
	start := time.Now()
	digest, err := move.SourceDigest(os.DirFS(w.tree.Dir), name)
	if err != nil {
		return err
	}
	src, err := w.tree.Package(name)
	if err != nil {
		return err
	}
	out, err := w.compiler.Build(ctx, src)
	if err != nil {
		return err
	}
	if out.Warnings != "" {
		fmt.Fprintln(os.Stderr, strings.TrimRight(out.Warnings, "\n"))
	}
	manifest := move.Manifest{
		Package:      name,
		Dependencies: move.Dependencies(name),
		Digest:       hex.EncodeToString(out.Digest[:]),
		SourceDigest: digest,
		Compiler:     move.CompilerVersion,
	}
	if err := checkDependencies(name, out); err != nil {
		return err
	}
	if err := writePackage(filepath.Join(w.tree.Dir, "bytecode", name), &manifest, out); err != nil {
		return err
	}
	size := 0
	for _, m := range out.Modules {
		size += len(m)
	}
	fmt.Fprintf(os.Stderr, "built %-10s %2d modules %6d bytes  %v\n", name, len(out.Modules), size, time.Since(start).Round(time.Millisecond))
	return nil
}

// checkDependencies makes sure that the package links to what package move
// says, no less and no more: publishing relinks exactly that.
func checkDependencies(name string, out *compiler.Output) error {
	want := map[string]string{}
	for _, dep := range move.Dependencies(name) {
		addr, _ := move.Placeholder(dep)
		want["0x"+hexOf(addr)] = dep
	}
	for _, id := range out.Dependencies {
		short := "0x" + strings.TrimLeft(strings.TrimPrefix(id, "0x"), "0")
		if short == "0x1" || short == "0x2" {
			continue
		}
		if want[id] == "" {
			return fmt.Errorf("it links to %s, which move/move.go does not list as its dependency; add it to the definitions there", id)
		}
		delete(want, id)
	}
	for _, dep := range want {
		return fmt.Errorf("move/move.go lists the dependency %s, but it is not linked; add it to [dependencies] of move/%s/Move.toml", dep, name)
	}
	return nil
}

func hexOf(addr [32]byte) string { return hex.EncodeToString(addr[:]) }

// writePackage writes modules and manifest into a new folder and swaps it in.
func writePackage(dir string, manifest *move.Manifest, out *compiler.Output) error {
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".build-*")
	if err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	for i, code := range out.Modules {
		m, err := bytecode.Parse(code)
		if err != nil {
			return err
		}
		file := move.ModuleFile(i, m.Name())
		manifest.Modules = append(manifest.Modules, file)
		if err := os.WriteFile(filepath.Join(temp, file), code, 0o644); err != nil {
			return fmt.Errorf("write bytecode: %w", err)
		}
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	if err := os.WriteFile(filepath.Join(temp, "manifest.json"), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("write bytecode: %w", err)
	}
	return nil
}
