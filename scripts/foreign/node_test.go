// Package foreign tests our servers with other people's clients: the npm
// packages @mysten/sui and @mysten/seal, unmodified, run by Node.
package foreign

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// nodeTimeout ends a script that hangs.
const nodeTimeout = 2 * time.Minute

// runNode runs a script of this directory with the npm packages of scripts/npm
// and returns what it prints on stdout. A script that fails fails the test with
// its stderr. FLOE_NODE_MODULES names another node_modules directory. Without
// Node or the packages the test is skipped, unless FLOE_TEST_FOREIGN=require,
// which scripts/test sets.
func runNode(t *testing.T, script string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), nodeTimeout)
	defer cancel()
	cmd := nodeCommand(t, ctx, script, args...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s%s", script, err, out, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// askNode runs a script with a configuration file as its argument, and reads the JSON
// that it prints.
func askNode(t *testing.T, script string, config, out any) {
	t.Helper()
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	text := runNode(t, script, path)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// startNode starts a script with a configuration file as its argument; it ends
// when the test does. prepare connects its input and output.
func startNode(t *testing.T, script string, config []byte, prepare func(*exec.Cmd)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), nodeTimeout)
	cmd := nodeCommand(t, ctx, script, path)
	cmd.Stderr = t.Output()
	prepare(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() // killed
	})
}

func nodeCommand(t *testing.T, ctx context.Context, script string, args ...string) *exec.Cmd {
	t.Helper()
	node, modules := findNode(t)
	dir := t.TempDir() // Node looks for packages beside the script
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{script, "link.mjs", "chain.mjs"} { // what scripts import comes along
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), source, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return exec.CommandContext(ctx, node, append([]string{filepath.Join(dir, filepath.Base(script))}, args...)...)
}

func findNode(t *testing.T) (node, modules string) {
	t.Helper()
	missing := func(format string, args ...any) {
		if os.Getenv("FLOE_TEST_FOREIGN") == "require" {
			t.Fatalf(format, args...)
		}
		t.Skipf(format, args...)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("Node is needed: %v", err)
	}
	modules = os.Getenv("FLOE_NODE_MODULES")
	if modules == "" {
		modules = filepath.Join("..", "npm", "node_modules")
	}
	if modules, err = filepath.Abs(modules); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "@mysten", "sui")); err != nil {
		missing("npm packages are needed: run `npm ci --prefix scripts/npm`: %v", err)
	}
	return node, modules
}
