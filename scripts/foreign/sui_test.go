package foreign

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
)

// writePackages writes a package, and before it those that it links to, as the
// clients publish them. Each placeholder stands for the id that its package gets.
func writePackages(t *testing.T, name string) string {
	t.Helper()
	type linked struct {
		Placeholder  string   `json:"placeholder"` // 64 hex digits
		Modules      [][]byte `json:"modules"`     // base64 in JSON
		Dependencies []string `json:"dependencies"`
	}
	var out []linked
	deps := []string{"0x1", "0x2"}
	for _, part := range append(move.Dependencies(name), name) {
		pkg, err := move.Package(part)
		if err != nil {
			t.Fatal(err)
		}
		placeholder, _ := move.Placeholder(part)
		p := linked{Placeholder: hex.EncodeToString(placeholder[:]), Dependencies: slices.Clone(deps)}
		for _, m := range pkg.Modules {
			p.Modules = append(p.Modules, m.Bytes)
		}
		out, deps = append(out, p), append(deps, p.Placeholder)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMystenSui(t *testing.T) {
	c := chaintest.Start(t)
	access := writePackages(t, "access")
	for _, format := range []string{"text", "binary"} {
		t.Run(format, func(t *testing.T) {
			out := runNode(t, "sui.mjs", c.URL, c.Faucet, format, access)
			if !strings.Contains(out, c.ID().String()) {
				t.Errorf("the client saw another chain than %s: %s", c.ID(), out)
			}
		})
	}
}
