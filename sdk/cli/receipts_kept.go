package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// The receipts that this machine's requests got are kept in Floe's folder:
//
//	receipts/ADDRESS/SERVER-NUMBER.json        receipt and opening
//	receipts/ADDRESS/SERVER-NUMBER.tlog-proof  proof that it is in the log
//	receipts/ADDRESS/SERVER-NUMBER.evidence    evidence, see receipts_evidence.go
//	receipts/ADDRESS/SERVER-NUMBER.pruned      in its place, see replay_pruned.go
//	receipts/keys/SERVER.json                  the server's keys, as first seen

// A keptReceipt is a receipt with what its requester knows about it.
type keptReceipt struct {
	Server  sui.Address          `json:"server"`
	Name    string               `json:"name,omitempty"`
	URL     string               `json:"url,omitempty"`
	Dataset *sui.Address         `json:"dataset,omitempty"`
	JWT     string               `json:"receipt"`
	Opening *seal.ReceiptOpening `json:"receipt_opening,omitempty"`

	path     string           // of the file, "" if it is not kept
	twin     string           // file of another receipt with the same number
	proof    []byte           // tlog-proof file, nil if there is none
	evidence *evidence.Bundle // of the file that it was read from; see keptEvidence
}

func (a *app) receiptDir(who sui.Address) string {
	return filepath.Join(a.home, "receipts", who.String())
}

// keep stores the receipts of key servers' answers. A receipt that can't be
// kept is said, and stops nothing.
func (a *app) keep(who, set sui.Address, answers []dataset.KeyAnswer) {
	for _, k := range answers {
		a.keep(who, set, k.Members)
		if k.Problem != "" {
			a.note("floe: the receipt of %s does not belong to its answer: %s", k.Name, k.Problem)
		}
		if k.Receipt == "" || k.Server.IsZero() {
			continue
		}
		r, err := receipt.Parse(k.Receipt)
		if err == nil {
			kept := &keptReceipt{Server: k.Server, Name: k.Name, URL: k.URL, Dataset: &set, JWT: k.Receipt, Opening: k.Opening}
			err = kept.save(a.receiptDir(who), r)
			if kept.twin != "" {
				a.note("floe: %s signed two receipts with number %d: it lost receipts, or keeps two logs; both are kept, they prove it: %s and %s", k.Name, r.Sequence, kept.twin, kept.path)
			}
		}
		if err != nil {
			a.note("floe: the receipt of %s could not be kept: %v", k.Name, err)
		}
	}
}

// save writes the file of a receipt. Another one with the same number stays, and
// is noted in twin.
func (k *keptReceipt) save(dir string, r *receipt.Receipt) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	stem := filepath.Join(dir, fmt.Sprintf("%s-%08d", k.Server, r.Sequence))
	k.path = stem + ".json"
	if other, err := readKept(k.path); err == nil && other.JWT != k.JWT {
		k.twin, k.path = k.path, fmt.Sprintf("%s-%.8s.json", stem, receipt.HashOf(r.Raw))
	}
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(k.path, append(b, '\n'), 0o600)
}

// label is what people call the receipt.
func (k *keptReceipt) label() string {
	name := first(k.Name, k.Server.String())
	if r, err := receipt.Parse(k.JWT); err == nil {
		name = fmt.Sprintf("%s/%d", name, r.Sequence)
	}
	return name
}

func (k *keptReceipt) proofPath() string { return strings.TrimSuffix(k.path, ".json") + ".tlog-proof" }

// kept reads the receipts of an address, in the order of servers and numbers.
func (a *app) kept(who sui.Address) ([]*keptReceipt, error) {
	paths, err := filepath.Glob(filepath.Join(a.receiptDir(who), "*.json"))
	if err != nil {
		return nil, err
	}
	var out []*keptReceipt
	for _, path := range paths {
		k, err := readKept(path)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// readKept reads a kept receipt, or a proof file that holds one.
func readKept(path string) (*keptReceipt, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	k := &keptReceipt{path: path}
	if filepath.Ext(path) == ".tlog-proof" {
		p, err := logproof.ParseProof(b)
		if err != nil {
			return nil, fmt.Errorf("read receipt %s: %w", path, err)
		}
		if p.Extra == nil {
			return nil, fmt.Errorf("read receipt %s: the proof does not hold its receipt; name the .json file beside it", path)
		}
		k.path, k.proof, b = "", b, p.Extra
	}
	if err := json.Unmarshal(b, k); err != nil {
		return nil, fmt.Errorf("read receipt %s: %w", path, err)
	}
	if k.path == "" {
		return k, nil
	}
	if k.proof, err = os.ReadFile(k.proofPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read proof: %w", err)
	}
	return k, nil
}

// choose returns the receipts that args name, as files, as SERVER/NUMBER of a
// kept one, with the server's name or id, or as they are; all that are kept
// without args.
func (a *app) choose(args []string) ([]*keptReceipt, error) {
	var all []*keptReceipt
	if k, err := a.signer(); err == nil {
		if all, err = a.kept(k.Address()); err != nil {
			return nil, err
		}
	} else if len(args) == 0 {
		return nil, err
	}
	if len(args) == 0 {
		return all, nil
	}
	var out []*keptReceipt
	for _, arg := range args {
		k, err := find(all, arg)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

func find(all []*keptReceipt, arg string) (*keptReceipt, error) {
	if strings.HasPrefix(arg, "eyJ") { // as every JWT
		return ofJWT(strings.TrimSpace(arg))
	}
	if _, err := os.Stat(arg); err == nil {
		return readReceipt(arg)
	}
	server, number, ok := strings.Cut(arg, "/")
	sequence, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil {
		return nil, &usageError{command: "floe receipts", err: fmt.Errorf("%.80q is neither a file nor SERVER/NUMBER, such as keyserver-1/4", arg)}
	}
	for _, k := range all {
		r, err := receipt.Parse(k.JWT)
		if err == nil && r.Sequence == sequence && (k.Name == server || k.Server.String() == server) {
			return k, nil
		}
	}
	return nil, fmt.Errorf("no receipt %s is kept for this address; see: floe receipts list", arg)
}

// readReceipt reads a file that holds a receipt in any way.
func readReceipt(path string) (*keptReceipt, error) {
	switch filepath.Ext(path) {
	case ".evidence":
		return ofEvidence(path)
	case ".jwt":
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read receipt: %w", err)
		}
		return ofJWT(strings.TrimSpace(string(raw)))
	}
	return readKept(path)
}

// locate finds out where the server of a receipt is, if that is not known: it
// has to be one of the network's.
func (a *app) locate(ctx context.Context, k *keptReceipt) error {
	if k.URL != "" {
		return nil
	}
	env, done, err := a.reader(ctx)
	if err != nil {
		return err
	}
	defer done()
	servers, err := dataset.ReceiptServers(ctx, env)
	if err != nil {
		return err
	}
	for _, s := range servers {
		if s.ID == k.Server {
			k.Name, k.URL = s.Name, s.URL
			return nil
		}
	}
	return fmt.Errorf("%s is none of the key servers of %s", k.Server, env.Network.Name)
}

// keysOf returns the keys that a server's receipts are verified with: those of
// a file, which may be in a folder under the server's name, or those that were
// seen first.
func (a *app) keysOf(server sui.Address, file string) (*receipt.KeySet, error) {
	path := first(file, a.pinPath(server))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, server.String()+".json")
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && file == "" {
		return nil, fmt.Errorf("no keys of key server %s are known here; run floe receipts prove, which keeps those that it sees first, or give its JWKS with --keys", server)
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys, err := receipt.ParseKeySet(b)
	if err != nil {
		return nil, fmt.Errorf("read keys %s: %w", path, err)
	}
	return keys, nil
}

func (a *app) pinPath(server sui.Address) string {
	return filepath.Join(a.home, "receipts", "keys", server.String()+".json")
}

// pin keeps the keys of a server if none are known yet.
func (a *app) pin(server sui.Address, jwks []byte) error {
	path := a.pinPath(server)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.WriteFile(path, jwks, 0o600)
}
