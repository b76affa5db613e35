package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
)

// A key server that removed evidence because of its age gives a signed statement in
// its place. It is kept where the evidence would be, for those who have only files:
//
//	receipts/ADDRESS/SERVER-NUMBER.pruned

// pruned is the result for a receipt about which there is such a statement.
const pruned evidence.Result = "pruned"

func (k *keptReceipt) prunedPath() string { return strings.TrimSuffix(k.path, ".json") + ".pruned" }

// keptStatement reads the statement beside a kept receipt; nil if there is none.
func (k *keptReceipt) keptStatement() (*remote.PrunedError, error) {
	if k.path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(k.prunedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is said of the evidence: %w", err)
	}
	return &remote.PrunedError{Statement: strings.TrimSuffix(string(b), "\n")}, nil
}

// saveStatement keeps the statement in an error, if it is one.
func (a *app) saveStatement(k *keptReceipt, err error) error {
	var p *remote.PrunedError
	if !errors.As(err, &p) {
		return err
	}
	if err := durable.WriteFile(k.prunedPath(), []byte(p.Statement+"\n"), 0o600); err != nil {
		return fmt.Errorf("save what is said of the evidence: %w", err)
	}
	a.say("pruned  %s: the key server removed the evidence; its word is kept", k.prunedPath())
	return nil
}

// checkPruned demands that the server signed the statement, about this receipt.
func checkPruned(p *remote.PrunedError, k *keptReceipt, keys *receipt.KeySet, rec *receipt.Receipt) (*receipt.Pruned, error) {
	said, err := receipt.VerifyPruned(p.Statement, keys, k.Server)
	if err != nil {
		return nil, fmt.Errorf("%w, but did not sign that: %w", p, err)
	}
	if !said.Covers(&rec.Claims) {
		return nil, fmt.Errorf("%w, but what it signed is about others: %s", p, said)
	}
	return said, nil
}
