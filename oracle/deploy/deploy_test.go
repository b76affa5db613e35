// Package deploy holds what an operator installs beside the program: alert rules
// and dashboard, which scripts/alerts tests, and the systemd unit, which is
// tested here.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnit has systemd read the unit. It is skipped where there is no systemd.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	b, err := os.ReadFile("floe-oracle.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable() // stands for a program that is not installed here
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "floe-oracle.service")
	text := strings.ReplaceAll(string(b), "/usr/local/bin/floe-oracle", self)
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	// 10 is a service without any protection.
	out, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold=20", unit).CombinedOutput()
	if err != nil {
		t.Errorf("more exposed than 2.0 of 10: %v: %s", err, out)
	}
}
