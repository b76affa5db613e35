package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/durable"
)

// KeySize is the size in bytes of every key here: a scalar, a seed.
const KeySize = 32

// ReadKey reads a key from a place: 64 hex digits with or without 0x, or 32
// bytes in Base64, as Seal's MASTER_KEY. Errors never show the text.
func ReadKey(ctx context.Context, from Source, id *Identity) ([]byte, error) {
	text, err := from.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("read key from %s: %w", from, err)
	}
	return key, nil
}

// ParseKey is ReadKey of a text.
func ParseKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if b, err := hex.DecodeString(strings.TrimPrefix(text, "0x")); err == nil && len(b) == KeySize {
		return b, nil
	}
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && len(b) == KeySize {
		return b, nil
	}
	return nil, errors.New("it is neither 64 hex digits nor 32 bytes in Base64")
}

// WriteKey writes a key to a new file of mode 0600, sealed if id is not nil.
// It never replaces a file. When it returns the key is on the disk.
func WriteKey(path string, key []byte, id *Identity) error {
	text := fmt.Appendf(nil, "0x%s\n", hex.EncodeToString(key))
	if id != nil {
		var err error
		if text, err = id.Seal(text); err != nil {
			return err
		}
	}
	return durable.CreateFile(path, text, 0o600)
}

// ErrSealed says that a file is sealed already.
var ErrSealed = errors.New("it is sealed already")

// SealFile replaces a key file by the same key, sealed. It makes sure that id
// opens the result before it does so.
func SealFile(path string, id *Identity) error {
	text, _, err := readFile(path)
	if err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	if IsSealed(text) {
		return fmt.Errorf("seal %s: %w", path, ErrSealed)
	}
	if _, err := ParseKey(string(text)); err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	sealed, err := id.Seal(text)
	if err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	if again, err := id.Open(sealed); err != nil || !bytes.Equal(again, text) {
		return fmt.Errorf("seal %s: the sealed key does not open again, so nothing was changed: %w", path, err)
	}
	if err := durable.WriteFile(path, sealed, 0o600); err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	return nil
}
