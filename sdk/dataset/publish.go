package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"filippo.io/age"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

// Env is what publishing and opening need of the world.
type Env struct {
	// Network says where the contracts and key servers are.
	Network *network.Network
	// Chain is a Sui node of that network.
	Chain *suirpc.Client
	// Signer is the owner or the reader.
	Signer sui.Signer
	// HTTP talks to storage nodes and key servers.
	HTTP *http.Client
	// State is a folder of the user's for what must survive an interruption.
	State string
	// Rand is the source of all keys and nonces: crypto/rand.Reader.
	Rand io.Reader
	// Progress is called as work goes on, from one goroutine at a time; nil is
	// allowed.
	Progress func(Progress)
}

// Progress is how far a stage is. Total 0 means that it is not known.
type Progress struct {
	Stage       string // for people: "encrypt", "store", …
	Done, Total int64  // bytes or items, as Unit says
	Unit        string // "B" or ""
	Note        string // one line to print, or ""
}

func (e *Env) progress(p Progress) {
	if e.Progress != nil {
		e.Progress(p)
	}
}

// PublishOptions are the owner's choices.
type PublishOptions struct {
	// Name is the dataset's public name; "" takes it from the Croissant card,
	// else from the folder's name.
	Name string
	// Dataset adds a version to an existing dataset instead of making one.
	Dataset sui.Address
	// PublicPaths puts paths and plaintext sizes into the public manifest.
	PublicPaths bool
	// Recovery are age recipients, besides the policy's readers, that can open
	// the files without any key server.
	Recovery []age.Recipient
	// NotBeforeMS and NotAfterMS bound when readers may open, in Unix
	// milliseconds; nil means no bound. They belong to a new policy only.
	NotBeforeMS, NotAfterMS *uint64
	// Policy puts a new dataset under a policy that exists already; zero makes
	// one for the owner and an allow-list.
	Policy sui.Address
	// EndEpoch is the storage epoch at which the blobs expire; 0 means one
	// year's worth (53 epochs) from now.
	EndEpoch uint32
}

// Published is a version on chain.
type Published struct {
	Dataset        sui.Address     `json:"dataset_id"`
	Version        uint64          `json:"version"`
	VersionObject  sui.Address     `json:"version_object"`
	Policy         sui.Address     `json:"policy_id"`
	Manifest       walrus.BlobID   `json:"manifest_blob"`
	ManifestDigest string          `json:"manifest_digest"`
	Blobs          []walrus.BlobID `json:"blob_ids"`
	Files          int             `json:"files"`
	PlainBytes     int64           `json:"plain_bytes"`
	StoredBytes    int64           `json:"stored_bytes"` // ciphertext, before erasure coding
	Transaction    sui.Digest      `json:"transaction"`
	Resumed        bool            `json:"resumed"`
}

// Publish encrypts the files of dir, stores and certifies them, and records
// them as a new version of a dataset under a policy. Interrupted anywhere, the
// same call resumes; nothing becomes visible as a version before everything in
// it is certified.
func Publish(ctx context.Context, env *Env, dir string, opt PublishOptions) (*Published, error) {
	p, err := planPublish(ctx, env, dir, opt)
	if err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{
		p.claim,    // policy and dataset exist on chain
		p.seal,     // every blob is encrypted on this machine's disk
		p.register, // every blob is registered on chain
		p.store,    // every blob is on a quorum of storage nodes
		p.record,   // every blob is certified and the version is on chain
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := p.journal.remove(); err != nil {
		return nil, err
	}
	return p.result, nil
}

// A publisher carries one publish through its steps.
type publisher struct {
	*Env
	opt       PublishOptions
	dir       string
	files     []File
	card      Card
	journal   *journal
	resumed   bool
	committee *walrus.Committee
	blobs     []*blobWork     // parallel to journal.Blobs
	failed    map[string]bool // storage nodes that were told of
	result    *Published
}

// blobWork is a blob between encoding and certificate.
type blobWork struct {
	encoded     *walrus.EncodedBlob
	certificate *walrus.Certificate
}

// planPublish reads everything that can fail without having changed anything.
func planPublish(ctx context.Context, env *Env, dir string, opt PublishOptions) (*publisher, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	if err := env.Network.NeedKeyServers(); err != nil {
		return nil, err
	}
	env.progress(Progress{Stage: "scan"})
	files, err := Scan(ctx, dir)
	if err != nil {
		return nil, err
	}
	card, err := readCard(dir, files)
	if err != nil {
		return nil, err
	}
	if opt.Name, err = chooseName(dir, opt.Name, card); err != nil {
		return nil, err
	}
	card["name"] = opt.Name
	committee, err := Committee(ctx, env.Chain, env.Network)
	if err != nil {
		return nil, err
	}
	if err := checkSizes(committee, files); err != nil {
		return nil, err
	}
	p := &publisher{Env: env, opt: opt, dir: dir, files: files, card: card, committee: committee, failed: map[string]bool{}}
	p.journal, p.resumed, err = openJournal(env.State, p.key())
	return p, err
}

// checkSizes refuses files that do not fit into one blob each, before anything
// is on chain. Encryption adds a header of some kilobytes, counted generously,
// and 16 bytes to each 64 KiB.
func checkSizes(c *walrus.Committee, files []File) error {
	params, err := walrus.NewParams(c.NShards)
	if err != nil {
		return err
	}
	for _, f := range files {
		if sealed := uint64(f.Size) + uint64(f.Size)/4096 + 64<<10; sealed > params.MaxBlobSize() {
			return fmt.Errorf("check %s: %d bytes, but a blob on %d shards holds at most %d, with some room for encryption; split the file", f.Path, f.Size, c.NShards, params.MaxBlobSize())
		}
	}
	return nil
}

// key names this publish among all others of the same user: the same folder,
// content and choices.
func (p *publisher) key() string {
	me := p.Signer.Address()
	choices := p.opt
	choices.NotBeforeMS, choices.NotAfterMS = nil, nil // pointers print as addresses
	parts := [][]byte{[]byte(p.Network.ChainID), me[:], fmt.Appendf(nil, "%+v %v %v", choices, unixMS(p.opt.NotBeforeMS), unixMS(p.opt.NotAfterMS))}
	for _, f := range p.files {
		parts = append(parts, []byte(f.Path), f.SHA256[:])
	}
	return journalKey(parts...)
}

// store encodes every blob and collects a quorum of confirmations for each.
func (p *publisher) store(ctx context.Context) error {
	client, err := walrus.NewClient(p.committee, walrus.Options{HTTP: p.HTTP})
	if err != nil {
		return err
	}
	var done, total int64
	for _, b := range p.journal.Blobs {
		total += b.Size
	}
	p.blobs = make([]*blobWork, len(p.journal.Blobs))
	for i, b := range p.journal.Blobs {
		data, err := readFile(p.journal.path(b.File))
		if err != nil {
			return err
		}
		encoded, err := walrus.Encode(p.committee.NShards, data)
		if err != nil {
			return fmt.Errorf("encode blob %s: %w", b.Blob, err)
		}
		cert, err := client.Store(ctx, encoded, walrus.StoreOptions{Progress: func(s walrus.StoreProgress) {
			part := b.Size * int64(s.Slivers) / int64(max(s.AllSlivers, 1))
			p.progress(Progress{Stage: "store", Done: done + part, Total: total, Unit: "B"})
		}})
		if err != nil {
			return fmt.Errorf("store blob %d of %d: %w", i+1, len(p.journal.Blobs), err)
		}
		p.noteFailures(cert)
		p.blobs[i] = &blobWork{certificate: cert}
		done += b.Size
		p.progress(Progress{Stage: "store", Done: done, Total: total, Unit: "B"})
	}
	return nil
}

// noteFailures tells of storage nodes that did not confirm, each once.
func (p *publisher) noteFailures(c *walrus.Certificate) {
	for _, f := range c.Failures {
		if !p.failed[f.Node] {
			p.failed[f.Node] = true
			p.progress(Progress{Stage: "store", Note: fmt.Sprintf("storage node %s did not confirm: %s; the others suffice", f.Node, f.Reason)})
		}
	}
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
