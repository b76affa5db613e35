package storage

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floe-data/floe/sdk/walrus"
)

// LoadKey reads the node's secret key from dir, and draws and stores one when
// there is none. A key file that others may read is refused.
func LoadKey(dir string) (*walrus.SecretKey, error) {
	path := filepath.Join(dir, "key")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createKey(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("load node key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("load node key: others can read %s (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load node key: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("load node key: %s does not hold 64 hex digits", path)
	}
	key, err := walrus.NewSecretKey(raw)
	if err != nil {
		return nil, fmt.Errorf("load node key from %s: %w", path, err)
	}
	return key, nil
}

func createKey(dir, path string) (*walrus.SecretKey, error) {
	key, err := walrus.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create node key: %w", err)
	}
	if err := writeDurably(path, []byte(hex.EncodeToString(key.Bytes())+"\n")); err != nil {
		return nil, fmt.Errorf("create node key: %w", err)
	}
	return key, nil
}
