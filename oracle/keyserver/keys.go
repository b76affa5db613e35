package keyserver

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floe-data/floe/sdk/seal"
)

// Files of a key directory. Each holds 32 bytes in hex with 0x.
const (
	MasterKeyFile  = "master.key"
	ReceiptKeyFile = "receipt.key" // seed of an Ed25519 key
)

// Keys are the secrets of a key server.
type Keys struct {
	Master  *seal.MasterKey
	Receipt ed25519.PrivateKey
}

// CreateKeys draws keys and writes them to dir, which is created with mode
// 0700, in files of mode 0600. It never replaces a key.
func CreateKeys(dir string, rand io.Reader) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	for _, name := range []string{MasterKeyFile, ReceiptKeyFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("create keys: %s exists already and is not replaced: whoever loses a master key loses the data "+
				"encrypted to it; give another directory", filepath.Join(dir, name))
		}
	}
	master, err := seal.NewMasterKey(rand)
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	_, receipt, err := ed25519.GenerateKey(rand)
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	if err := writeSecret(filepath.Join(dir, MasterKeyFile), master.Bytes()); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	if err := writeSecret(filepath.Join(dir, ReceiptKeyFile), receipt.Seed()); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return &Keys{Master: master, Receipt: receipt}, nil
}

// LoadKeys reads the keys that CreateKeys wrote.
func LoadKeys(dir string) (*Keys, error) {
	secret, err := readSecret(filepath.Join(dir, MasterKeyFile))
	if err != nil {
		return nil, fmt.Errorf("load master key: %w", err)
	}
	master, err := seal.ParseMasterKey(secret)
	if err != nil {
		return nil, fmt.Errorf("load master key: %w", err)
	}
	receipt, err := LoadReceiptKey(dir)
	if err != nil {
		return nil, err
	}
	return &Keys{Master: master, Receipt: receipt}, nil
}

// LoadReceiptKey reads the key that signs receipts.
func LoadReceiptKey(dir string) (ed25519.PrivateKey, error) {
	key, err := LoadSigningKey(filepath.Join(dir, ReceiptKeyFile))
	if err != nil {
		return nil, fmt.Errorf("load receipt key: %w", err)
	}
	return key, nil
}

// CreateSigningKey draws an Ed25519 key and writes its seed to a new file of
// mode 0600, in a folder that is created with mode 0700.
func CreateSigningKey(path string, rand io.Reader) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = writeSecret(path, key.Seed())
	}
	if err != nil {
		return nil, fmt.Errorf("create signing key: %w", err)
	}
	return key, nil
}

// LoadSigningKey reads what CreateSigningKey wrote.
func LoadSigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ParseMasterKeyText reads the text form of a master key: 64 hex digits, with
// or without 0x, as Seal's MASTER_KEY. Errors never show the text.
func ParseMasterKeyText(text string) (*seal.MasterKey, error) {
	b, err := parseSecret(text)
	if err != nil {
		return nil, fmt.Errorf("parse master key: %w", err)
	}
	return seal.ParseMasterKey(b)
}

func writeSecret(path string, secret []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "0x%s\n", hex.EncodeToString(secret))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: make keys with: floe-oracle keygen --dir %s", path, filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	if info.Size() > 1000 {
		return nil, fmt.Errorf("%s holds %d bytes: that is no key file", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secret, err := parseSecret(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return secret, nil
}

func parseSecret(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), "0x"))
	if err != nil || len(b) != 32 {
		return nil, errors.New("key is not 64 hex digits")
	}
	return b, nil
}
