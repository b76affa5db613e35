package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// OpenOptions are the reader's choices.
type OpenOptions struct {
	// Version is the number of the version to open; 0 is the latest.
	Version uint64
	// Force replaces files that are there already with other content.
	Force bool
	// Identity opens the files instead of the key servers: an owner's recovery
	// key.
	Identity age.Identity
	// Purpose is what the keys are for, if the policy wants that declared on
	// chain. Declarations are public for ever.
	Purpose string
	// Agree is asked before something is done so that the policy lets the signer
	// in: a pass bought, a use of one used up, a purpose declared. An error stops
	// the opening. Nil does nothing of the kind.
	Agree func(*Plan) error
}

// Opened is what was opened, and what was noticed on the way.
type Opened struct {
	Dataset    sui.Address   `json:"dataset_id"`
	Name       string        `json:"name"`
	Version    uint64        `json:"version"`
	Policy     sui.Address   `json:"policy_id"`
	Files      []OpenedFile  `json:"files"`
	Bytes      int64         `json:"bytes"`
	KeyServers []KeyAnswer   `json:"key_servers"`
	Storage    StorageReport `json:"storage"`
}

// OpenedFile is a file in the output folder; its content matches the
// commitment in the manifest.
type OpenedFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// StorageReport says which storage nodes and slivers were in the way. Opening
// works in spite of them.
type StorageReport struct {
	Unreachable []walrus.NodeFailure `json:"unreachable,omitempty"`
	BadSlivers  []BadSliver          `json:"bad_slivers,omitempty"`
}

// ErrExists says that a file stands in the way of an opened one.
var ErrExists = errors.New("file exists with other content")

// Open fetches a version of a dataset, obtains its keys from the key servers,
// and writes its files below out. Every byte is verified against what the chain
// says; nothing unverified is ever written under its final name.
func Open(ctx context.Context, env *Env, dataset sui.Address, out string, opt OpenOptions) (*Opened, error) {
	r, err := newReader(ctx, env, dataset, opt)
	if err != nil {
		return nil, err
	}
	if err := r.readFiles(ctx); err != nil {
		return nil, err
	}
	if err := r.openFiles(ctx, out); err != nil {
		return nil, err
	}
	return r.result, nil
}

// readFiles finds out which files the version has.
func (r *reader) readFiles(ctx context.Context) error {
	steps := []func(context.Context) error{
		r.readManifest, // public description, verified against the chain
		r.obtainKeys,   // key servers agree, or say why not
		r.readIndex,    // sealed description, opened with the keys
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) openFiles(ctx context.Context, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	root, err := os.OpenRoot(out)
	if err != nil {
		return fmt.Errorf("open output folder: %w", err)
	}
	defer root.Close()
	for _, e := range r.index.Files {
		if err := r.openFile(ctx, root, e); err != nil {
			return fmt.Errorf("open %s: %w", e.Path, err)
		}
		r.progress(Progress{Stage: "open", Done: r.result.Bytes, Total: r.total(), Unit: "B"})
	}
	return nil
}

// A reader carries one open through its steps.
type reader struct {
	*Env
	opt      OpenOptions
	version  *contract.Version
	client   *walrus.Client
	manifest *Manifest
	sealed   []byte // the index as stored
	identity age.Identity
	index    Index
	result   *Opened
	noted    map[string]bool
}

func newReader(ctx context.Context, env *Env, dataset sui.Address, opt OpenOptions) (*reader, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	version, err := FindVersion(ctx, env.Chain, env.Network, dataset, opt.Version)
	if err != nil {
		return nil, err
	}
	committee, err := Committee(ctx, env.Chain, env.Network)
	if err != nil {
		return nil, err
	}
	client, err := walrus.NewClient(committee, walrus.Options{HTTP: env.HTTP})
	if err != nil {
		return nil, err
	}
	return &reader{Env: env, opt: opt, version: version, client: client, noted: map[string]bool{},
		result: &Opened{Dataset: dataset, Version: version.Number, Policy: version.Policy}}, nil
}

// readManifest reads the public manifest and checks it against the digest and
// the policy that the version object names, then reads the sealed index.
func (r *reader) readManifest(ctx context.Context) error {
	r.progress(Progress{Stage: "manifest"})
	b, err := r.blob(ctx, r.version.ManifestBlobID)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if sum := sha256.Sum256(b); !bytes.Equal(sum[:], r.version.ManifestDigest) {
		return fmt.Errorf("read manifest: its digest is %x, but the chain says %x", sum, r.version.ManifestDigest)
	}
	if r.manifest, err = ParseManifest(b); err != nil {
		return err
	}
	if r.manifest.Policy != r.version.Policy {
		return fmt.Errorf("read manifest: it names policy %s, but the chain says %s", r.manifest.Policy, r.version.Policy)
	}
	r.result.Name = r.manifest.Card.Name()
	if r.sealed, err = r.blob(ctx, r.manifest.Index); err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	return nil
}

// obtainKeys asks the key servers for the keys of the identity that the index
// is sealed to; every file of the version is sealed to the same one.
func (r *reader) obtainKeys(ctx context.Context) error {
	if r.opt.Identity != nil {
		r.identity = r.opt.Identity
		return nil
	}
	object, err := SealObject(r.sealed)
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	opener, answers, err := newOpener(ctx, r.Env, object, r.version.Policy, r.opt)
	r.result.KeyServers = answers
	if err != nil {
		return err
	}
	r.identity = opener
	return nil
}

// readIndex decrypts the index and checks that it names exactly the manifest's
// blobs, with matching commitments.
func (r *reader) readIndex(context.Context) error {
	plain, err := r.decrypt(r.sealed)
	if err != nil {
		return fmt.Errorf("decrypt index: %w", err)
	}
	if err := json.Unmarshal(plain, &r.index); err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	if len(r.index.Files) != len(r.manifest.Files) {
		return fmt.Errorf("read index: it lists %d files, but the manifest %d", len(r.index.Files), len(r.manifest.Files))
	}
	seen := map[string]bool{}
	for i, e := range r.index.Files {
		salt, err1 := hex.DecodeString(e.Salt)
		sum, err2 := hex.DecodeString(e.SHA256)
		if err1 != nil || err2 != nil || len(salt) != saltSize || len(sum) != sha256.Size {
			return fmt.Errorf("read index: entry %d: malformed salt or digest", i)
		}
		if m := r.manifest.Files[i]; m.Blob != e.Blob || m.Commitment != Commitment(salt, sum) {
			return fmt.Errorf("read index: entry %d does not match the manifest's commitment", i)
		}
		if !safePath(e.Path) || seen[e.Path] {
			return fmt.Errorf("read index: entry %d: path %q is unsafe or there twice", i, e.Path)
		}
		seen[e.Path] = true
	}
	return nil
}

// openFile writes one file below out. The root keeps links that stand in out
// from leading anywhere else.
func (r *reader) openFile(ctx context.Context, out *os.Root, e IndexEntry) error {
	target := filepath.FromSlash(e.Path)
	same, err := hasContent(out, target, e)
	if err != nil {
		return err
	}
	if !same { // else a former run wrote it
		if _, err := out.Lstat(target); err == nil && !r.opt.Force {
			return fmt.Errorf("%w at %s; choose another folder or use --force", ErrExists, filepath.Join(out.Name(), target))
		}
		plain, err := r.fetch(ctx, e)
		if err != nil {
			return err
		}
		if err := out.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := writeDurably(out, target, plain); err != nil {
			return err
		}
	}
	r.result.Files = append(r.result.Files, OpenedFile{Path: e.Path, Size: e.Size, SHA256: e.SHA256})
	r.result.Bytes += e.Size
	return nil
}

// fetch reads and decrypts a file and checks it against the index.
func (r *reader) fetch(ctx context.Context, e IndexEntry) ([]byte, error) {
	sealed, err := r.blob(ctx, e.Blob)
	if err != nil {
		return nil, err
	}
	plain, err := r.decrypt(sealed)
	if err != nil {
		return nil, err
	}
	if int64(len(plain)) != e.Size || hexDigest(plain) != e.SHA256 {
		return nil, errors.New("its content does not match the index")
	}
	return plain, nil
}

// blob reads a verified blob and notes what was wrong on the way.
func (r *reader) blob(ctx context.Context, id walrus.BlobID) ([]byte, error) {
	b, report, err := r.client.Read(ctx, id, walrus.ReadOptions{})
	if report != nil {
		r.note(report)
	}
	return b, err
}

func (r *reader) note(report *walrus.ReadReport) {
	for _, n := range report.Unreachable {
		if !r.noted[n.Node] {
			r.noted[n.Node] = true
			r.result.Storage.Unreachable = append(r.result.Storage.Unreachable, n)
		}
	}
	r.result.Storage.BadSlivers = append(r.result.Storage.BadSlivers, badSlivers(report.BlobID, slices.Concat(report.Bad, report.Missing))...)
}

func (r *reader) decrypt(sealed []byte) ([]byte, error) {
	src, err := age.Decrypt(bytes.NewReader(sealed), r.identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(src)
}

func (r *reader) total() int64 {
	var n int64
	for _, e := range r.index.Files {
		n += e.Size
	}
	return n
}

// SealObject returns the Seal object in the header of an age file.
func SealObject(sealed []byte) (object []byte, err error) {
	stop := errors.New("stop")
	_, err = age.Decrypt(bytes.NewReader(sealed), Opener(func(o []byte) ([]byte, error) {
		object = append([]byte{}, o...)
		return nil, stop
	}))
	if object == nil {
		return nil, fmt.Errorf("it is not sealed to a policy: %w", err)
	}
	return object, nil
}

// hasContent says whether path is a file with the content of e already.
func hasContent(root *os.Root, path string, e IndexEntry) (bool, error) {
	info, err := root.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != e.Size {
		return false, nil
	}
	f, err := root.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == e.SHA256, nil
}
