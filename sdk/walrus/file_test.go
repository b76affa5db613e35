package walrus

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileBlobID(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("walrus blob id v1 regression test"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The constant of test_v1_blob_id_stability in MystenLabs/walrus.
	id, size, err := FileBlobID(10, path)
	if err != nil || size != 33 || id.String() != "RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY" {
		t.Errorf("FileBlobID = %s, %d, %v", id, size, err)
	}
	if _, _, err := FileBlobID(10, dir); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("directory: %v", err)
	}
	if _, _, err := FileBlobID(10, filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, _, err := FileBlobID(3, path); err == nil || !strings.Contains(err.Error(), "4 to") {
		t.Errorf("three shards: %v", err)
	}
	large, err := os.Create(filepath.Join(dir, "large"))
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if err := large.Truncate(4*7*MaxSymbolSize + 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := FileBlobID(10, large.Name()); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "1834952 bytes") {
		t.Errorf("large file: %v", err)
	}
	if _, err := Encode(10, make([]byte, 4*7*MaxSymbolSize+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large blob: %v", err)
	}
}
