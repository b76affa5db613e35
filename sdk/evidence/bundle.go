package evidence

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A Bundle is all that it takes to repeat the decision of one receipt, as one
// file. It tells who asked for what: it is for the requester, the owner of the
// policy, and whom they trust with it. In BCS:
//
//	"floe-evidence-bundle-v1\n"   24 bytes
//	receipt                       the JWT, a string
//	salt, requester               32 bytes each: the opening of the receipt
//	manifest                      vector<u8>, BCS of a Manifest
//	objects                       vector<vector<u8>>, BCS of each, in the manifest's order
type Bundle struct {
	Receipt  string
	Opening  receipt.Opening
	Manifest []byte
	Objects  [][]byte
}

const bundleMagic = "floe-evidence-bundle-v1\n"

// Bounds of a bundle, in bytes.
const (
	MaxBundle  = 48 << 20
	maxReceipt = 1 << 20
)

// NewBundle puts a receipt, its opening and its evidence together.
func NewBundle(jwt string, o receipt.Opening, ev *Evidence) *Bundle {
	b := &Bundle{Receipt: jwt, Opening: o, Manifest: bcs.Marshal(&ev.Manifest)}
	for _, o := range ev.Content {
		b.Objects = append(b.Objects, bcs.Marshal(o))
	}
	return b
}

// Bytes returns the file.
func (b *Bundle) Bytes() []byte { return bcs.Marshal(b) }

// ParseBundle reads a bundle and checks its form; what it says is checked by
// [Audit]. What it accepts has one encoding only.
func ParseBundle(raw []byte) (*Bundle, error) {
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("parse evidence: %d bytes, want at most %d", len(raw), MaxBundle)
	}
	if !bytes.HasPrefix(raw, []byte(bundleMagic)) {
		return nil, errors.New("parse evidence: this is no evidence file")
	}
	b := new(Bundle)
	if err := bcs.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("parse evidence: %w", err)
	}
	return b, nil
}

// MarshalBCS appends the parts in order.
func (b *Bundle) MarshalBCS(e *bcs.Encoder) {
	e.Fixed([]byte(bundleMagic))
	e.String(b.Receipt)
	e.Fixed(b.Opening.Salt[:])
	e.Value(b.Opening.Requester)
	e.Bytes(b.Manifest)
	e.ULEB(uint64(len(b.Objects)))
	for _, o := range b.Objects {
		e.Bytes(o)
	}
}

// UnmarshalBCS reads the parts.
func (b *Bundle) UnmarshalBCS(d *bcs.Decoder) {
	*b = Bundle{}
	if string(d.Fixed(len(bundleMagic))) != bundleMagic {
		d.Fail(errors.New("this is no evidence file"))
	}
	b.Receipt = d.String()
	d.Into(b.Opening.Salt[:])
	d.Value(&b.Opening.Requester)
	b.Manifest = d.Bytes()
	if len(b.Receipt) > maxReceipt || len(b.Manifest) > MaxManifest {
		d.Fail(errors.New("the receipt or the manifest is too long"))
	}
	for range length(d, 1) {
		b.Objects = append(b.Objects, d.Bytes())
	}
}

// contents decodes the objects and demands that they are those that the manifest
// names.
func (b *Bundle) contents(m *Manifest) ([]*sui.Object, error) {
	if len(b.Objects) != len(m.Objects) {
		return nil, fmt.Errorf("there are %d objects, the manifest names %d", len(b.Objects), len(m.Objects))
	}
	out := make([]*sui.Object, len(b.Objects))
	for i, raw := range b.Objects {
		ref, o := m.Objects[i], new(sui.Object)
		if d := sui.TypedDigest("Object", raw); d != ref.Digest {
			return nil, fmt.Errorf("object %s has digest %s, the manifest names %s", ref.ID, d, ref.Digest)
		}
		if err := bcs.Unmarshal(raw, o); err != nil {
			return nil, fmt.Errorf("object %s: %w", ref.ID, err)
		}
		if o.Ref() != ref {
			return nil, fmt.Errorf("object %s is version %d of %s, the manifest names version %d", ref.ID, o.Version(), o.ID(), ref.Version)
		}
		out[i] = o
	}
	return out, nil
}
