package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// Bounds of a manifest.
const (
	// MaxManifest is the largest manifest, in bytes: twice what the largest
	// transaction of Sui and MaxObjects need.
	MaxManifest = 1 << 20
	// MaxObjects bounds the objects and the absent ids, each.
	MaxObjects = 4096
)

// manifestVersion is the first byte of a manifest.
const manifestVersion = 1

// ErrNotCanonical says that bytes are not the one encoding of what they mean.
var ErrNotCanonical = errors.New("encoding is not canonical")

// ParseManifest reads a manifest. What it accepts has one encoding only.
func ParseManifest(b []byte) (*Manifest, error) {
	if len(b) > MaxManifest {
		return nil, fmt.Errorf("parse manifest: %d bytes, want at most %d", len(b), MaxManifest)
	}
	m := new(Manifest)
	if err := bcs.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("parse manifest: %w", err)
	}
	if !bytes.Equal(bcs.Marshal(m), b) {
		return nil, fmt.Errorf("parse manifest: %w", ErrNotCanonical)
	}
	return m, nil
}

// MarshalBCS appends version, position, transaction, objects, absent ids and
// outcome.
func (m *Manifest) MarshalBCS(e *bcs.Encoder) {
	e.U8(manifestVersion)
	e.Value(m.Chain)
	e.U64(m.Checkpoint)
	e.Value(m.CheckpointDigest)
	e.U64(m.Epoch)
	e.U64(m.EpochStartMS)
	e.U64(m.GasPrice)
	e.U64(m.ProtocolVersion)
	e.Value(m.Transaction)
	e.ULEB(uint64(len(m.Objects)))
	for _, o := range m.Objects {
		e.Value(o)
	}
	e.ULEB(uint64(len(m.Absent)))
	for _, id := range m.Absent {
		e.Value(id)
	}
	e.Value(m.Outcome)
}

// UnmarshalBCS reads a manifest, and demands that its lists are ascending and
// that it is about a programmable transaction.
func (m *Manifest) UnmarshalBCS(d *bcs.Decoder) {
	*m = Manifest{}
	if v := d.U8(); v != manifestVersion {
		d.Fail(fmt.Errorf("version %d is not supported, want %d", v, manifestVersion))
		return
	}
	d.Value(&m.Chain)
	m.Checkpoint = d.U64()
	d.Value(&m.CheckpointDigest)
	m.Epoch, m.EpochStartMS = d.U64(), d.U64()
	m.GasPrice, m.ProtocolVersion = d.U64(), d.U64()
	d.Value(&m.Transaction)
	if d.Err() == nil && m.Transaction.Kind.Programmable == nil {
		d.Fail(errors.New("the transaction is not a programmable one"))
	}
	for range length(d, 73) {
		var o sui.ObjectRef
		d.Value(&o)
		m.Objects = append(m.Objects, o)
	}
	for range length(d, 32) {
		var id sui.Address
		d.Value(&id)
		m.Absent = append(m.Absent, id)
	}
	d.Value(&m.Outcome)
	if d.Err() == nil {
		m.checkLists(d)
	}
}

// length reads the length of a list of objects or ids.
func length(d *bcs.Decoder, size int) int {
	n := d.Length(size)
	if n > MaxObjects {
		d.Fail(fmt.Errorf("a list of %d, want at most %d", n, MaxObjects))
		return 0
	}
	return n
}

func (m *Manifest) checkLists(d *bcs.Decoder) {
	for i := 1; i < len(m.Objects); i++ {
		if m.Objects[i-1].ID.Compare(m.Objects[i].ID) >= 0 {
			d.Fail(errors.New("objects are not strictly ascending"))
		}
	}
	for i, id := range m.Absent {
		if i > 0 && m.Absent[i-1].Compare(id) >= 0 {
			d.Fail(errors.New("absent ids are not strictly ascending"))
		}
		if _, found := m.ref(id); found {
			d.Fail(fmt.Errorf("%s is both an object and absent", id))
		}
	}
}

// ref finds an object by its id.
func (m *Manifest) ref(id sui.Address) (sui.ObjectRef, bool) {
	i, ok := m.find(id)
	if !ok {
		return sui.ObjectRef{}, false
	}
	return m.Objects[i], true
}

// find returns the place of an id among the objects.
func (m *Manifest) find(id sui.Address) (int, bool) {
	return slices.BinarySearchFunc(m.Objects, id, func(o sui.ObjectRef, id sui.Address) int { return o.ID.Compare(id) })
}
