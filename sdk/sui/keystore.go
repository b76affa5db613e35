package sui

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floe-data/floe/sdk/durable"
)

// maxKeyFile bounds the key files that are read.
const maxKeyFile = 1 << 20

// LoadKeys reads a key file: Sui's keystore (a JSON array of base64 strings,
// each a scheme flag and 32 bytes) or a single key as [ParsePrivateKey] reads
// it. A file that group or others can access is refused.
func LoadKeys(path string) ([]*PrivateKey, error) {
	text, err := readSecretFile(path)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	entries := []string{strings.TrimSpace(string(text))}
	if strings.HasPrefix(entries[0], "[") {
		if err := json.Unmarshal(text, &entries); err != nil {
			return nil, fmt.Errorf("load keys from %s: not a JSON array of strings", path)
		}
	}
	keys := make([]*PrivateKey, len(entries))
	for i, entry := range entries {
		if keys[i], err = ParsePrivateKey(entry); err != nil {
			return nil, fmt.Errorf("load keys from %s: entry %d: %w", path, i, err)
		}
	}
	return keys, nil
}

// SaveKeys writes a Sui keystore with mode 0600. The file is replaced in one
// step, so that a crash leaves the old keys or the new ones.
func SaveKeys(path string, keys []*PrivateKey) error {
	entries := make([]string, len(keys))
	for i, k := range keys {
		entries[i] = base64.StdEncoding.EncodeToString(k.flagged())
	}
	text, err := json.MarshalIndent(entries, "", "  ")
	if err == nil {
		err = durable.WriteFile(path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// readSecretFile reads a file that only its owner may access.
func readSecretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkSecretFile(path, info); err != nil {
		return nil, err
	}
	text := make([]byte, info.Size())
	n, err := f.ReadAt(text, 0)
	if n != len(text) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}

// IsCredential reports whether systemd gave a file to this process
// (LoadCredential): it shows it to nobody else, by means that the mode, 0440,
// does not tell of.
func IsCredential(path string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	return dir != "" && filepath.Dir(filepath.Clean(path)) == filepath.Clean(dir)
}

func checkSecretFile(path string, info fs.FileInfo) error {
	switch perm := info.Mode().Perm(); {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	case perm&0o077 != 0 && !IsCredential(path):
		return fmt.Errorf("%s can be accessed by others (mode %04o): run chmod 600 %s", path, perm, path)
	case info.Size() > maxKeyFile:
		return fmt.Errorf("%s holds %d bytes: that is no key file", path, info.Size())
	}
	return nil
}
