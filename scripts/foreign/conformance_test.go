package foreign

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
)

// TestConformance walks the table of sdk/devnet/chain/README.md with @mysten/sui
// over both transports: each row is served, or refused with the code that the
// table names, and no row is missing on either side.
func TestConformance(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "sdk", "devnet", "chain", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^|]*\\| (served|UNIMPLEMENTED) \\|").FindAllStringSubmatch(string(readme), -1) {
		want[m[1]] = m[2]
	}
	if len(want) < 25 {
		t.Fatalf("the table has %d rows", len(want))
	}
	c := chaintest.Start(t)
	access := writePackages(t, "access")
	dice, err := filepath.Abs(filepath.Join("..", "..", "sdk", "execution", "testdata", "packages.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "binary"} {
		t.Run(format, func(t *testing.T) {
			got := map[string]string{}
			if err := json.Unmarshal([]byte(runNode(t, "conformance.mjs", c.URL, c.Faucet, format, access, dice)), &got); err != nil {
				t.Fatal(err)
			}
			for row, how := range want {
				if got[row] != how {
					t.Errorf("%s: %q, the table says %q", row, got[row], how)
				}
			}
			for row := range got {
				if want[row] == "" {
					t.Errorf("%s is not in the table", row)
				}
			}
		})
	}
}
