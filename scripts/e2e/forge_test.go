package e2e

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/logproof"
)

// forge plays an operator that shows another log: it signs, with the key
// server's own key, a head of the proof's size with another root.
func forge(dir, proof, out string) error {
	b, err := os.ReadFile(proof)
	if err != nil {
		return err
	}
	p, err := logproof.ParseProof(b)
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(p.Checkpoint), "\n\n")
	head, err := logproof.ParseCheckpoint(text + "\n")
	if err != nil {
		return err
	}
	head.Root[0]++
	keys, err := filepath.Glob(filepath.Join(dir, "keyservers", "*", "receipt.key"))
	if err != nil {
		return err
	}
	for _, path := range keys {
		object, err := os.ReadFile(filepath.Join(filepath.Dir(path), "object"))
		if err != nil {
			return err
		}
		if !strings.HasSuffix(head.Origin, string(object)) {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			return err
		}
		s, err := logproof.Signer(head.Origin, ed25519.NewKeyFromSeed(seed))
		if err != nil {
			return err
		}
		signed, err := note.Sign(&note.Note{Text: head.Text()}, s)
		if err != nil {
			return err
		}
		return os.WriteFile(out, signed, 0o600)
	}
	return errors.New(fmt.Sprint("no key of ", head.Origin))
}
