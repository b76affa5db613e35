package keyserver

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
)

// Files of a key directory. Each holds 32 bytes in hex with 0x, which may be
// sealed with age.
const (
	MasterKeyFile  = "master.key"
	ReceiptKeyFile = "receipt.key" // seed of an Ed25519 key
)

// ShareFile is the file of a committee member's share of a version.
func ShareFile(version uint32) string { return fmt.Sprintf("share-v%d.key", version) }

// Keys are the secrets of a key server.
type Keys struct {
	Master  *seal.MasterKey
	Receipt ed25519.PrivateKey
}

// CreateKeys draws keys and writes them to dir, which is created with mode
// 0700, in files of mode 0600, sealed if id is not nil. It never replaces a
// key.
func CreateKeys(dir string, rand io.Reader, id *secret.Identity) (*Keys, error) {
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
	if err := secret.WriteKey(filepath.Join(dir, MasterKeyFile), master.Bytes(), id); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	if err := secret.WriteKey(filepath.Join(dir, ReceiptKeyFile), receipt.Seed(), id); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return &Keys{Master: master, Receipt: receipt}, nil
}

// CreateReceiptKey is CreateKeys of the receipt key alone, for a server whose
// master key comes from elsewhere.
func CreateReceiptKey(dir string, rand io.Reader, id *secret.Identity) (ed25519.PrivateKey, error) {
	key, err := createSigningKey(filepath.Join(dir, ReceiptKeyFile), rand, id)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create receipt key: %w: it is not replaced, since the log goes on with it; give another directory", err)
	}
	if err != nil {
		return nil, fmt.Errorf("create receipt key: %w", err)
	}
	return key, nil
}

// LoadKeys reads the keys that CreateKeys wrote.
func LoadKeys(ctx context.Context, dir string, id *secret.Identity) (*Keys, error) {
	master, err := LoadMasterKey(ctx, secret.Source{File: filepath.Join(dir, MasterKeyFile)}, id)
	if err != nil {
		return nil, err
	}
	receipt, err := LoadReceiptKey(ctx, dir, id)
	if err != nil {
		return nil, err
	}
	return &Keys{Master: master, Receipt: receipt}, nil
}

// LoadMasterKey reads a master key, or a share of one.
func LoadMasterKey(ctx context.Context, from secret.Source, id *secret.Identity) (*seal.MasterKey, error) {
	b, err := secret.ReadKey(ctx, from, id)
	if err != nil {
		return nil, fmt.Errorf("load master key: %w%s", err, howToMake(err))
	}
	key, err := seal.ParseMasterKey(b)
	if err != nil {
		return nil, fmt.Errorf("load master key from %s: %w", from, err)
	}
	return key, nil
}

// LoadReceiptKey reads the key that signs receipts.
func LoadReceiptKey(ctx context.Context, dir string, id *secret.Identity) (ed25519.PrivateKey, error) {
	key, err := LoadSigningKey(ctx, filepath.Join(dir, ReceiptKeyFile), id)
	if err != nil {
		return nil, fmt.Errorf("load receipt key: %w%s", err, howToMake(err))
	}
	return key, nil
}

func howToMake(err error) string {
	if errors.Is(err, secret.ErrMissing) {
		return "; floe-oracle keygen --dir DIR makes keys, and keygen --member that of a committee's member"
	}
	return ""
}

// CreateSigningKey draws an Ed25519 key and writes its seed to a new file of
// mode 0600, in a folder that is created with mode 0700.
func CreateSigningKey(path string, rand io.Reader) (ed25519.PrivateKey, error) {
	key, err := createSigningKey(path, rand, nil)
	if err != nil {
		return nil, fmt.Errorf("create signing key: %w", err)
	}
	return key, nil
}

func createSigningKey(path string, rand io.Reader, id *secret.Identity) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = secret.WriteKey(path, key.Seed(), id)
	}
	return key, err
}

// LoadSigningKey reads what CreateSigningKey wrote.
func LoadSigningKey(ctx context.Context, path string, id *secret.Identity) (ed25519.PrivateKey, error) {
	seed, err := secret.ReadKey(ctx, secret.Source{File: path}, id)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
