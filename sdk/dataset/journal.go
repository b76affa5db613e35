package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A journal is what a publish has done so far, on disk, so that a second
// publish of the same folder goes on where the first one stopped. It is
// written whole, atomically, after each step. Its folder also holds the
// ciphertexts: encrypting again would give other blob ids.
//
// Life of a journal: created by openJournal, filled by the steps in publish.go,
// removed with its folder when the version is on chain.
type journal struct {
	dir string

	// Pending is a transaction that was signed and may or may not have been
	// executed. It is written before the transaction is sent, so that a crash
	// in between neither loses nor repeats it.
	Pending *pendingTx `json:"pending,omitempty"`

	Policy     sui.Address `json:"policy,omitzero"`
	PolicyCap  sui.Address `json:"policy_cap,omitzero"`
	Dataset    sui.Address `json:"dataset,omitzero"`
	DatasetCap sui.Address `json:"dataset_cap,omitzero"`
	Nonce      []byte      `json:"nonce,omitempty"` // of the Seal identity

	// Blobs are the blobs of this version in order: files, index, manifest.
	Blobs []blobEntry `json:"blobs,omitempty"`
	// Sealed says that Blobs is complete and every ciphertext is on disk.
	Sealed         bool     `json:"sealed,omitempty"`
	ManifestDigest [32]byte `json:"manifest_digest,omitzero"`
}

// pendingTx is a signed transaction.
type pendingTx struct {
	Step      string        `json:"step"`
	Digest    string        `json:"digest"`
	Tx        []byte        `json:"tx"` // BCS of the TransactionData
	Signature sui.Signature `json:"signature"`
}

// blobEntry is one blob: the ciphertext in File (relative to the journal's
// folder), and its Blob object once it is registered.
type blobEntry struct {
	File   string        `json:"file"`
	Size   int64         `json:"size"` // bytes of ciphertext
	Blob   walrus.BlobID `json:"blob"`
	Root   walrus.Hash   `json:"root"` // Merkle root that the blob id is derived from
	Object sui.Address   `json:"object,omitzero"`
}

// journalKey names the journal of one publish: the same chain, signer, target
// and content resume each other, anything else starts anew.
func journalKey(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func openJournal(state, key string) (*journal, bool, error) {
	j := &journal{dir: filepath.Join(state, "publish", key)}
	b, err := os.ReadFile(filepath.Join(j.dir, "journal.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(j.dir, 0o700); err != nil {
			return nil, false, fmt.Errorf("create publish journal: %w", err)
		}
		return j, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("open publish journal: %w", err)
	}
	if err := json.Unmarshal(b, j); err != nil {
		return nil, false, fmt.Errorf("read publish journal %s: %w; remove that folder to start anew", j.dir, err)
	}
	return j, true, nil
}

// path is the path of a file in the journal's folder.
func (j *journal) path(name string) string { return filepath.Join(j.dir, name) }

// save replaces the journal durably.
func (j *journal) save() error {
	b, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return fmt.Errorf("encode publish journal: %w", err)
	}
	if err := j.write("journal.json", b); err != nil {
		return fmt.Errorf("write publish journal: %w", err)
	}
	return nil
}

// remove forgets a finished publish.
func (j *journal) remove() error {
	if err := os.RemoveAll(j.dir); err != nil {
		return fmt.Errorf("remove publish journal: %w", err)
	}
	return nil
}

// writeDurably replaces a file below root by one with content b that survives
// a crash: temporary file, fsync, rename, fsync of the folder.
func writeDurably(root *os.Root, path string, b []byte) error {
	tmp := path + ".new"
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = root.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, root.Remove(tmp))
	}
	dir, err := root.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// write replaces a file in the journal's folder.
func (j *journal) write(name string, b []byte) error {
	root, err := os.OpenRoot(j.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return writeDurably(root, name, b)
}
