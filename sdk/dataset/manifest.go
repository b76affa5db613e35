package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
	"github.com/gowebpki/jcs"
)

// CroissantVersion is the value of conformsTo in every manifest.
const CroissantVersion = "http://mlcommons.org/croissant/1.1"

// CardName is the file in a dataset's folder that describes it: Croissant
// JSON-LD, from which the public manifest takes the descriptive fields.
const CardName = "croissant.json"

// cardFields are the fields of an owner's Croissant card that describe a
// dataset without describing its files; only these become public.
var cardFields = []string{"name", "description", "license", "url", "version", "creator", "citeAs", "keywords", "inLanguage", "datePublished", "isLiveDataset"}

// A Card is the public description of a dataset: Croissant fields by name.
type Card map[string]any

// ParseCard reads a Croissant card and keeps its descriptive fields.
func ParseCard(b []byte) (Card, error) {
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("read %s: %w", CardName, err)
	}
	card := Card{}
	for _, f := range cardFields {
		if v, ok := all[f]; ok {
			card[f] = v
		}
	}
	return card, nil
}

// Name is the card's name, or "".
func (c Card) Name() string { s, _ := c["name"].(string); return s }

// An IndexEntry tells a reader who may open the dataset what one blob holds.
// Salt and SHA256 open the commitment in the public manifest.
type IndexEntry struct {
	Path   string        `json:"path"`
	Size   int64         `json:"size"`   // bytes of plaintext
	SHA256 string        `json:"sha256"` // of the plaintext, hex
	Salt   string        `json:"salt"`   // 32 bytes, hex
	Blob   walrus.BlobID `json:"blob"`
}

// An Index is the sealed part of the manifest: JSON in an age envelope, stored
// as a blob of its own.
type Index struct {
	Files []IndexEntry `json:"files"`
}

// Commitment is what the public manifest says of a plaintext: SHA-256 over the
// ASCII tag "floe-plaintext-v1", the 32-byte salt and the SHA-256 of the
// plaintext. Without the salt nobody can test a guess.
func Commitment(salt, sum []byte) string {
	h := sha256.New()
	h.Write([]byte("floe-plaintext-v1"))
	h.Write(salt)
	h.Write(sum)
	return hex.EncodeToString(h.Sum(nil))
}

// A ManifestFile is the public side of one blob. Path and Size are set only
// when the owner chose to publish them.
type ManifestFile struct {
	Blob       walrus.BlobID
	StoredSize int64  // bytes of ciphertext
	SHA256     string // of the ciphertext, hex
	Commitment string
	Path       string
	Size       int64 // bytes of plaintext; meaningful with Path
}

// A Manifest is the public part: a Croissant 1.1 description whose files are
// Walrus blobs. Its canonical form (RFC 8785) is what is hashed and stored.
type Manifest struct {
	Card   Card
	Policy sui.Address
	Index  walrus.BlobID // the sealed index
	Files  []ManifestFile
}

// jsonLD is the JSON-LD context of Croissant 1.1 as far as a manifest uses
// it, with our own terms under "floe".
var jsonLD = map[string]any{
	"@language": "en", "@vocab": "https://schema.org/",
	"sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/",
	"conformsTo": "dct:conformsTo", "citeAs": "cr:citeAs", "isLiveDataset": "cr:isLiveDataset",
	"floe": "https://github.com/floe-data/floe#",
}

// Canonical returns the manifest's bytes.
func (m *Manifest) Canonical() ([]byte, error) {
	doc := map[string]any{}
	for k, v := range m.Card {
		doc[k] = v
	}
	doc["@context"] = jsonLD
	doc["@type"] = "sc:Dataset"
	doc["conformsTo"] = CroissantVersion
	doc["floe:policy"] = m.Policy.String()
	doc["floe:index"] = m.Index.String()
	var files []any
	for i, f := range m.Files {
		files = append(files, f.object(i))
	}
	doc["distribution"] = files
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	b, err = jcs.Transform(b)
	if err != nil {
		return nil, fmt.Errorf("canonicalise manifest: %w", err)
	}
	return b, nil
}

func (f ManifestFile) object(i int) map[string]any {
	o := map[string]any{
		"@type": "cr:FileObject", "@id": fmt.Sprintf("file-%04d", i+1), "name": fmt.Sprintf("file-%04d", i+1),
		"contentUrl": "walrus:" + f.Blob.String(), "contentSize": strconv.FormatInt(f.StoredSize, 10) + " B",
		"encodingFormat": "application/age", "sha256": f.SHA256, "floe:commitment": f.Commitment,
	}
	if f.Path != "" {
		o["name"], o["floe:plaintextSize"] = f.Path, strconv.FormatInt(f.Size, 10)
	}
	return o
}

// wireManifest is the part of a manifest that a reader needs.
type wireManifest struct {
	ConformsTo   string      `json:"conformsTo"`
	Policy       sui.Address `json:"floe:policy"`
	Index        string      `json:"floe:index"`
	Distribution []struct {
		ContentURL  string `json:"contentUrl"`
		ContentSize string `json:"contentSize"`
		SHA256      string `json:"sha256"`
		Commitment  string `json:"floe:commitment"`
		Name        string `json:"name"`
		Size        string `json:"floe:plaintextSize"`
	} `json:"distribution"`
}

// ParseManifest reads a manifest and demands its canonical form, so that one
// digest means one manifest.
func ParseManifest(b []byte) (*Manifest, error) {
	canonical, err := jcs.Transform(b)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if !bytes.Equal(canonical, b) {
		return nil, fmt.Errorf("read manifest: it is not in canonical form (RFC 8785)")
	}
	var w wireManifest
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if w.ConformsTo != CroissantVersion {
		return nil, fmt.Errorf("read manifest: it conforms to %q, not to %s", w.ConformsTo, CroissantVersion)
	}
	m := &Manifest{Policy: w.Policy}
	if m.Card, err = ParseCard(b); err != nil {
		return nil, err
	}
	if m.Index, err = walrus.ParseBlobID(w.Index); err != nil {
		return nil, fmt.Errorf("read manifest: index: %w", err)
	}
	for _, d := range w.Distribution {
		f := ManifestFile{SHA256: d.SHA256, Commitment: d.Commitment}
		if f.Blob, err = walrus.ParseBlobID(strings.TrimPrefix(d.ContentURL, "walrus:")); err != nil {
			return nil, fmt.Errorf("read manifest: %s: %w", d.ContentURL, err)
		}
		if f.StoredSize, err = parseSize(strings.TrimSuffix(d.ContentSize, " B")); err != nil {
			return nil, fmt.Errorf("read manifest: content size: %w", err)
		}
		if d.Size != "" {
			f.Path = d.Name
			if f.Size, err = parseSize(d.Size); err != nil {
				return nil, fmt.Errorf("read manifest: plaintext size: %w", err)
			}
			if f.Path == "" {
				return nil, errors.New("read manifest: a file has a plaintext size, but no name")
			}
		}
		m.Files = append(m.Files, f)
	}
	return m, nil
}

// parseSize reads a number of bytes, in the one way to write it.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && (n < 0 || strconv.FormatInt(n, 10) != s) {
		err = fmt.Errorf("%q is no size in bytes", s)
	}
	return n, err
}

// safePath says whether an index entry's path stays inside the output folder:
// relative, clean, without "..", backslashes or a leading dot in any part that
// would hide it.
func safePath(p string) bool {
	if p == "" || p != path.Clean(p) || path.IsAbs(p) || strings.ContainsAny(p, "\\\x00") || strings.Contains(p, ":") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." || part == "." {
			return false
		}
	}
	return true
}
