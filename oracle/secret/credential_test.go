package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// systemd guards what it gives to a unit by other means than the mode, which is
// 0440; a file anywhere else is refused.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	if err := os.WriteFile(path, []byte("secret"), 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := (Source{File: path}).Read(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("no credential: %v", err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir+"/")
	if b, err := (Source{File: path}).Read(t.Context(), nil); err != nil || string(b) != "secret" {
		t.Errorf("credential: %q, %v", b, err)
	}
	if !sui.IsCredential(path) || sui.IsCredential(filepath.Join(dir, "below", "master.key")) || sui.IsCredential(filepath.Join(dir, "..", "master.key")) {
		t.Error("credentials are the files of the directory, and no others")
	}
	other := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(other, []byte("secret"), 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := (Source{File: other}).Read(t.Context(), nil); err == nil {
		t.Error("a file beside the credentials is read")
	}
}
