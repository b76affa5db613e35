package foreign

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
)

// writePackage writes a contract in the form that Sui's CLI gives it to the
// npm client.
func writePackage(t *testing.T, name string) string {
	t.Helper()
	pkg, err := move.Package(name)
	if err != nil {
		t.Fatal(err)
	}
	out := struct {
		Modules      [][]byte `json:"modules"` // base64 in JSON
		Dependencies []string `json:"dependencies"`
	}{Dependencies: []string{"0x1", "0x2"}}
	for _, m := range pkg.Modules {
		out.Modules = append(out.Modules, m.Bytes)
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
	access := writePackage(t, "access")
	for _, format := range []string{"text", "binary"} {
		t.Run(format, func(t *testing.T) {
			out := runNode(t, "sui.mjs", c.URL, c.Faucet, format, access)
			if !strings.Contains(out, c.ID().String()) {
				t.Errorf("the client saw another chain than %s: %s", c.ID(), out)
			}
		})
	}
}
