package retention

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/archive"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// fileName is the file of the statements, one per line, beside the packs.
const fileName = "pruned.jwt"

func path(journalDir string) string { return filepath.Join(journalDir, archive.DirName, fileName) }

// sign adds a statement to those that there are.
func (cfg *Config) sign(r *Report, at time.Time) (string, error) {
	raw, err := receipt.SignPruned(cfg.Key, cfg.Issuer, r.Receipts, r.Before, at)
	if err != nil {
		return "", err
	}
	before, err := os.ReadFile(path(cfg.JournalDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := durable.WriteFile(path(cfg.JournalDir), append(before, raw+"\n"...), 0o600); err != nil {
		return "", fmt.Errorf("keep the record of what is pruned: %w", err)
	}
	return raw, nil
}

// A Statement is what was signed when evidence was removed.
type Statement struct {
	*receipt.Pruned
	JWT string
}

// Statements are those of one key server, oldest first.
type Statements []Statement

// Load reads what was removed from below a journal's directory.
func Load(journalDir string, key ed25519.PrivateKey, issuer sui.Address) (out Statements, err error) {
	b, err := os.ReadFile(path(journalDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look what evidence was pruned: %w", err)
	}
	keys := receipt.NewKeySet(key.Public().(ed25519.PublicKey))
	for line := range strings.Lines(string(b)) {
		raw := strings.TrimSuffix(line, "\n")
		p, err := receipt.VerifyPruned(raw, keys, issuer)
		if err != nil {
			return nil, fmt.Errorf("look what evidence was pruned: %s: %w", path(journalDir), err)
		}
		out = append(out, Statement{p, raw})
	}
	return out, nil
}

// Find returns the first statement about the evidence of a receipt, nil if there is
// none.
func (s Statements) Find(c *receipt.Claims) *Statement {
	for i := range s {
		if s[i].Covers(c) {
			return &s[i]
		}
	}
	return nil
}
