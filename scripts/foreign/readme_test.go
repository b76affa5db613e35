package foreign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// The program that oracle/README.md shows runs as it stands there, with the
// files that a devnet writes.
func TestReadmeSeal(t *testing.T) {
	n := newSealNet(t)
	home := t.TempDir()
	t.Setenv("FLOE_HOME", home)
	shared := n.contracts.Shared
	pkg := network.Package{Original: n.contracts.Access.Original, Latest: n.contracts.Access.Latest}
	cfg := &network.Network{Name: "devnet", URL: n.node, Packages: map[string]network.Package{"access": pkg}, Threshold: 2,
		CatalogLineage: shared.Lineage, AccessVersion: shared.AccessVersion}
	for _, id := range n.serverIDs {
		cfg.KeyServers = append(cfg.KeyServers, network.KeyServer{Object: id, Weight: 1})
	}
	if err := network.Save(home, cfg); err != nil {
		t.Fatal(err)
	}
	if err := sui.SaveKeys(filepath.Join(home, "keystore"), []*sui.PrivateKey{n.reader}); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "readme.mjs")
	if err := os.WriteFile(script, []byte(readmeBlock(t, "js")), 0o600); err != nil {
		t.Fatal(err)
	}
	var last string
	var receipts int
	for line := range strings.Lines(runNode(t, script, n.policy.String())) {
		last = line
		if raw, ok := strings.CutPrefix(strings.TrimSpace(line), "receipt "); ok {
			receipts++
			if r, err := receipt.Parse(raw); err != nil || r.Decision != receipt.Release {
				t.Errorf("receipt %s: %v", raw, err)
			}
		}
	}
	if last != "hello\n" || receipts < 2 {
		t.Errorf("it printed %d receipts and then %q, want hello", receipts, last)
	}
}

// readmeBlock returns the block of a language in oracle/README.md, of which
// there is one.
func readmeBlock(t *testing.T, language string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "oracle", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "\n```"+language+"\n")
	if len(blocks) != 2 {
		t.Fatalf("oracle/README.md has %d blocks of %s, want one", len(blocks)-1, language)
	}
	block, _, _ := strings.Cut(blocks[1], "\n```\n")
	return block
}
