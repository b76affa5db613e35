package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/floe-data/floe/sdk/walrus"
)

// nonceSize is the size of the nonce that tells the Seal identities of one
// policy apart. All blobs of a version share one identity, so that opening a
// version takes one request to each key server.
const nonceSize = 16

// saltSize is the size of the salt in a plaintext commitment.
const saltSize = 32

// seal encrypts every file, then the index, then writes the manifest, all into
// the journal's folder, and fixes their blob ids.
func (p *publisher) seal(ctx context.Context) error {
	if p.journal.Sealed {
		return nil
	}
	recipients, err := p.recipients(ctx)
	if err != nil {
		return err
	}
	var (
		index    Index
		manifest = Manifest{Card: p.card, Policy: p.journal.Policy}
		blobs    []blobEntry
		total    int64
		done     int64
	)
	for _, f := range p.files {
		total += f.Size
	}
	for i, f := range p.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, public, blob, err := p.sealFile(i, f, recipients)
		if err != nil {
			return err
		}
		index.Files = append(index.Files, entry)
		manifest.Files = append(manifest.Files, public)
		blobs = append(blobs, blob)
		done += f.Size
		p.progress(Progress{Stage: "encrypt", Done: done, Total: total, Unit: "B"})
	}
	indexBlob, err := p.sealIndex(index, recipients)
	if err != nil {
		return err
	}
	manifest.Index = indexBlob.Blob
	canonical, err := manifest.Canonical()
	if err != nil {
		return err
	}
	manifestBlob, err := p.keep("manifest.json", canonical)
	if err != nil {
		return err
	}
	p.journal.Blobs = append(blobs, indexBlob, manifestBlob)
	p.journal.ManifestDigest = sha256.Sum256(canonical)
	p.journal.Sealed = true
	return p.journal.save()
}

// recipients are the age recipients of every blob: the policy's readers
// through Seal, and the owner's recovery keys.
func (p *publisher) recipients(ctx context.Context) ([]age.Recipient, error) {
	if len(p.journal.Nonce) == 0 {
		p.journal.Nonce = make([]byte, nonceSize)
		if _, err := io.ReadFull(p.Rand, p.journal.Nonce); err != nil {
			return nil, fmt.Errorf("make identity nonce: %w", err)
		}
		if err := p.journal.save(); err != nil {
			return nil, err
		}
	}
	id := append(append([]byte{}, p.journal.Policy[:]...), p.journal.Nonce...)
	sealer, err := newSealer(ctx, p.Env, id)
	if err != nil {
		return nil, err
	}
	return append([]age.Recipient{sealer}, p.opt.Recovery...), nil
}

// sealFile encrypts one file and returns its sealed and its public
// description.
func (p *publisher) sealFile(i int, f File, recipients []age.Recipient) (e IndexEntry, m ManifestFile, b blobEntry, err error) {
	src, err := os.Open(filepath.Join(p.dir, filepath.FromSlash(f.Path)))
	if err != nil {
		return e, m, b, fmt.Errorf("encrypt %s: %w", f.Path, err)
	}
	defer src.Close()
	sum := sha256.New()
	var sealed bytes.Buffer
	if err := encrypt(&sealed, io.TeeReader(src, sum), recipients...); err != nil {
		return e, m, b, fmt.Errorf("encrypt %s: %w", f.Path, err)
	}
	if !bytes.Equal(sum.Sum(nil), f.SHA256[:]) {
		return e, m, b, fmt.Errorf("encrypt %s: the file changed while it was being published; publish again when it is at rest", f.Path)
	}
	if b, err = p.keep(fmt.Sprintf("%04d.age", i+1), sealed.Bytes()); err != nil {
		return e, m, b, err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(p.Rand, salt); err != nil {
		return e, m, b, fmt.Errorf("make salt: %w", err)
	}
	e = IndexEntry{Path: f.Path, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256[:]), Salt: hex.EncodeToString(salt), Blob: b.Blob}
	m = ManifestFile{Blob: b.Blob, StoredSize: b.Size, SHA256: hexDigest(sealed.Bytes()), Commitment: Commitment(salt, f.SHA256[:])}
	if p.opt.PublicPaths {
		m.Path, m.Size = f.Path, f.Size
	}
	return e, m, b, nil
}

func (p *publisher) sealIndex(index Index, recipients []age.Recipient) (blobEntry, error) {
	b, err := json.Marshal(index)
	if err != nil {
		return blobEntry{}, fmt.Errorf("encode index: %w", err)
	}
	var sealed bytes.Buffer
	if err := encrypt(&sealed, bytes.NewReader(b), recipients...); err != nil {
		return blobEntry{}, fmt.Errorf("encrypt index: %w", err)
	}
	return p.keep("index.age", sealed.Bytes())
}

// keep writes the bytes of a blob to the journal's folder and computes its id.
func (p *publisher) keep(name string, data []byte) (blobEntry, error) {
	enc, err := walrus.Encode(p.committee.NShards, data)
	if err != nil {
		return blobEntry{}, fmt.Errorf("compute blob id of %s: %w", name, err)
	}
	if err := p.journal.write(name, data); err != nil {
		return blobEntry{}, fmt.Errorf("write ciphertext: %w", err)
	}
	return blobEntry{File: name, Size: int64(len(data)), Blob: enc.ID(), Root: enc.RootHash()}, nil
}

func readFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read ciphertext: %w", err)
	}
	return b, nil
}

// readCard reads the Croissant card among the files, if there is one.
func readCard(dir string, files []File) (Card, error) {
	for _, f := range files {
		if f.Path != CardName {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, CardName))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", CardName, err)
		}
		return ParseCard(b)
	}
	return Card{}, nil
}

// maxName is what the catalog contract allows, in bytes.
const maxName = 128

func chooseName(dir, name string, card Card) (string, error) {
	if name == "" {
		name = card.Name()
	}
	if name == "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("name the dataset: %w", err)
		}
		name = filepath.Base(abs)
	}
	if len(name) > maxName {
		return "", fmt.Errorf("name the dataset: %d bytes, but at most %d are allowed; choose one with --name", len(name), maxName)
	}
	return name, nil
}
