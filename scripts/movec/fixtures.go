package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/policylint/fixture"
)

func fixturesCommand(opt *options) *cobra.Command {
	return &cobra.Command{
		Use:   "fixtures",
		Short: "Compile the policy packages that the linter's tests probe",
		Long: `Fixtures compiles each folder of sdk/policylint/testdata that holds .move files as a
package of its own, puts the modules beside the sources and writes manifest.json
with the digests of the sources.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := opt.open(cmd.Context())
			if err != nil {
				return err
			}
			defer w.compiler.Close(cmd.Context())
			return w.fixtures(cmd.Context())
		},
	}
}

func (w *workspace) fixtures(ctx context.Context) error {
	dir := filepath.Join(w.root, "sdk", "policylint", "testdata")
	digests, err := fixture.Digests(os.DirFS(dir))
	if err != nil {
		return err
	}
	for name := range digests {
		if err := w.fixture(ctx, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("compile fixture %s: %w", name, err)
		}
	}
	text, err := json.MarshalIndent(digests, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, fixture.Manifest), append(text, '\n'), 0o644)
}

// fixture compiles the sources of one folder and replaces its modules.
func (w *workspace) fixture(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	files := map[string]string{"Move.toml": "[package]\nname = \"fixture\"\nedition = \"2024\"\n[addresses]\nfixture = \"0x0\"\n"}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch filepath.Ext(path) {
		case ".mv":
			if err := os.Remove(path); err != nil {
				return err
			}
		case ".move":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files["sources/"+e.Name()] = string(text)
		}
	}
	src := w.tree.Loose(files)
	src.Quiet = true
	out, err := w.compiler.Build(ctx, src)
	if err != nil {
		return err
	}
	return writeFixture(dir, out)
}

func writeFixture(dir string, out *compiler.Output) error {
	for _, code := range out.Modules {
		m, err := bytecode.Parse(code)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, m.Name()+".mv"), code, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "built %s\n", strings.TrimPrefix(filepath.Base(dir), "./"))
	return nil
}
