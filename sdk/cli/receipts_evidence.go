package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Evidence files stand beside the receipts that they belong to:
//
//	receipts/ADDRESS/SERVER-NUMBER.evidence
//
// So do those that floe receipts list --save writes, in a folder of one's own.

func (k *keptReceipt) evidencePath() string {
	return strings.TrimSuffix(k.path, ".json") + ".evidence"
}

// keptEvidence reads the evidence file beside a kept receipt; nil if there is
// none.
func (k *keptReceipt) keptEvidence() (*evidence.Bundle, error) {
	if k.path == "" {
		return nil, nil
	}
	b, err := readEvidence(k.evidencePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

func readEvidence(path string) (*evidence.Bundle, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > evidence.MaxBundle {
		err = fmt.Errorf("%s has %d bytes, want at most %d", path, info.Size(), evidence.MaxBundle)
	}
	var raw []byte
	if err == nil {
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	b, err := evidence.ParseBundle(raw)
	if err != nil {
		return nil, fmt.Errorf("read evidence %s: %w", path, err)
	}
	return b, nil
}

// fetchEvidence asks a receipt's key server for its evidence, after logging in
// with the wallet.
func (a *app) fetchEvidence(ctx context.Context, s *remote.Server, sequence uint64) (*evidence.Bundle, error) {
	key, err := a.signer()
	if err != nil {
		return nil, err
	}
	token, err := s.Login(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.Evidence(ctx, token, sequence)
}

func (k *keptReceipt) server() *remote.Server {
	return &remote.Server{ID: k.Server, Name: k.Name, URL: k.URL, HTTP: &http.Client{Timeout: time.Minute}}
}

// saveEvidence fetches and writes the evidence files of kept receipts, for those
// that have any.
func (a *app) saveEvidence(ctx context.Context, chosen []*keptReceipt) error {
	for _, k := range chosen {
		r, err := receipt.Parse(k.JWT)
		if err != nil {
			return fmt.Errorf("read receipt %s: %w", k.path, err)
		}
		if r.Evidence == nil {
			a.say("none    %s: %v", r.ID, evidence.ErrNoEvidence)
			continue
		}
		if k.path == "" {
			return &usageError{command: "floe receipts prove", err: errors.New("--evidence is written beside a kept receipt, not beside a proof: name the .json file, or SERVER/NUMBER")}
		}
		if have, err := k.keptEvidence(); err == nil && have != nil {
			continue
		}
		b, err := a.fetchEvidence(ctx, k.server(), r.Sequence)
		if err != nil {
			if err := a.saveStatement(k, err); err != nil {
				return err
			}
			continue
		}
		if err := durable.WriteFile(k.evidencePath(), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write evidence: %w", err)
		}
		a.say("saved   %s", k.evidencePath())
	}
	return nil
}

// saveOwned writes an owner's receipts of one server into a folder: each with its
// opening, its proof, and its evidence if it has any.
func (a *app) saveOwned(ctx context.Context, dir string, s *remote.Server, signer sui.Signer, owned []remote.Owned) error {
	token, err := s.Login(ctx, signer)
	if err != nil {
		return err
	}
	for _, o := range owned {
		k := &keptReceipt{Server: s.ID, Name: s.Name, URL: s.URL, JWT: o.Raw, Opening: rawOpening(o.Opening)}
		if err := k.save(dir, o.Receipt); err != nil {
			return fmt.Errorf("save receipt: %w", err)
		}
		if o.Proof != nil {
			if err := durable.WriteFile(k.proofPath(), o.Proof.Bytes(), 0o600); err != nil {
				return fmt.Errorf("save proof: %w", err)
			}
		}
		if o.Evidence == nil {
			continue
		}
		b, err := s.Evidence(ctx, token, o.Sequence)
		if err != nil {
			if err := a.saveStatement(k, err); err != nil {
				return err
			}
			continue
		}
		if err := durable.WriteFile(k.evidencePath(), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("save evidence: %w", err)
		}
	}
	return nil
}

// rawOpening is an opening as it is kept.
func rawOpening(o *receipt.Opening) *seal.ReceiptOpening {
	if o == nil {
		return nil
	}
	return &seal.ReceiptOpening{Salt: o.Salt[:], Requester: o.Requester}
}

// inFolder finds the receipts below a folder: kept ones, and evidence files that
// stand alone.
func inFolder(dir string) ([]*keptReceipt, error) {
	var out []*keptReceipt
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		stem, isEvidence := strings.CutSuffix(path, ".evidence")
		switch {
		case isEvidence:
			if _, err := os.Stat(stem + ".json"); err == nil {
				return nil // it comes with its receipt
			}
			k, err := ofEvidence(path)
			out = append(out, k)
			return err
		case filepath.Ext(path) == ".json" && filepath.Base(filepath.Dir(path)) != "keys":
			k, err := readKept(path)
			out = append(out, k)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find receipts: %w", err)
	}
	return out, nil
}

// ofEvidence takes the receipt out of an evidence file.
func ofEvidence(path string) (*keptReceipt, error) {
	b, err := readEvidence(path)
	if err != nil {
		return nil, err
	}
	k, err := ofJWT(b.Receipt)
	if err != nil {
		return nil, fmt.Errorf("read evidence %s: %w", path, err)
	}
	k.Opening, k.evidence = rawOpening(&b.Opening), b
	return k, nil
}

// ofJWT is a receipt of which nothing else is known.
func ofJWT(jwt string) (*keptReceipt, error) {
	r, err := receipt.Parse(jwt)
	if err != nil {
		return nil, err
	}
	server, err := sui.ParseAddress(r.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read receipt: its issuer %.80q is no key server", r.Issuer)
	}
	return &keptReceipt{Server: server, JWT: jwt}, nil
}
