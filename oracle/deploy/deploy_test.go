// Package deploy holds what an operator installs beside the program: alert rules
// and dashboard, which scripts/alerts tests, and the systemd units, which are
// tested here.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnits has systemd read the units. It is skipped where there is no systemd.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	self, err := os.Executable() // stands for a program that is not installed here
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"floe-oracle.service", "floe-aggregate.service"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(t.TempDir(), name)
		text := strings.ReplaceAll(string(b), "/usr/local/bin/floe-oracle", self)
		if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		// 10 is a service without any protection.
		out, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold=20", unit).CombinedOutput()
		if err != nil {
			t.Errorf("%s: more exposed than 2.0 of 10: %v: %s", name, err, out)
		}
	}
}
