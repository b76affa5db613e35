package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// CreateDataset creates and shares a dataset of the sender and gives its
// capability to owner. A name has 1 to 128 bytes and need not be unique. The
// DatasetCreated event names both objects.
func CreateDataset(b *sui.Builder, p Packages, name string, owner sui.Address) {
	made := call(b, p.Catalog, "catalog", "new", b.Pure(name))
	call(b, p.Catalog, "catalog", "share", made.At(0))
	b.Transfer(owner, made.At(1))
}

// NewVersion is what a dataset version is published with.
type NewVersion struct {
	Dataset        sui.Address
	Cap            sui.Address // the dataset's DatasetCap
	ManifestDigest [32]byte    // SHA-256 of the canonical manifest
	ManifestBlob   walrus.BlobID
	Policy         sui.Address // guards the version's keys
	Blobs          []sui.Arg   // certified Blob objects, the manifest's among them
}

// PublishVersion publishes the next version of a dataset. The version is
// frozen and keeps the blobs.
func PublishVersion(b *sui.Builder, p Packages, v NewVersion) {
	blob := p.BlobType().Tag()
	call(b, p.Catalog, "catalog", "publish_version",
		b.Object(v.Dataset), b.Object(v.Cap), b.Pure(v.ManifestDigest[:]), u256(b, v.ManifestBlob), b.Pure(v.Policy),
		b.MakeMoveVec(&blob, v.Blobs...), b.Clock())
}

// Dataset is a named sequence of versions.
type Dataset struct {
	Identity
	Name         string
	Owner        sui.Address
	VersionCount uint64
	Latest       *sui.Address // the version published last; nil until there is one
}

// ParseDataset reads a Dataset.
func ParseDataset(o *sui.Object) (*Dataset, error) {
	v := new(Dataset)
	id, err := parse(o, "catalog", "Dataset", func(d *bcs.Decoder) {
		v.Name, v.Owner, v.VersionCount, v.Latest = d.String(), address(d), d.U64(), optionAddress(d)
	})
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return v, nil
}

// DatasetCap is the right to publish versions of one dataset.
type DatasetCap struct {
	Identity
	Dataset sui.Address
}

// ParseDatasetCap reads a DatasetCap.
func ParseDatasetCap(o *sui.Object) (*DatasetCap, error) {
	v := new(DatasetCap)
	id, err := parse(o, "catalog", "DatasetCap", func(d *bcs.Decoder) { v.Dataset = address(d) })
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return v, nil
}

// Version is a published version; nobody can change it.
type Version struct {
	Identity
	Dataset        sui.Address
	Number         uint64       // from 1
	Previous       *sui.Address // the version before; nil for the first
	ManifestDigest []byte       // SHA-256 of the canonical manifest, 32 bytes
	ManifestBlobID walrus.BlobID
	Policy         sui.Address
	Blobs          []Blob // in the order given at publication
	PublishedAtMS  uint64
}

// ParseVersion reads a Version.
func ParseVersion(o *sui.Object) (*Version, error) {
	v := new(Version)
	id, err := parse(o, "catalog", "Version", func(d *bcs.Decoder) {
		v.Dataset, v.Number, v.Previous, v.ManifestDigest = address(d), d.U64(), optionAddress(d), d.Bytes()
		d.Into(v.ManifestBlobID[:])
		v.Policy = address(d)
		v.Blobs = make([]Blob, d.Length(minBlob))
		for i := range v.Blobs {
			v.Blobs[i].ID = address(d)
			v.Blobs[i].read(d)
		}
		v.PublishedAtMS = d.U64()
	})
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return v, nil
}

// DatasetCreated: a dataset was created; it has no version yet.
type DatasetCreated struct {
	DatasetID sui.Address
	CapID     sui.Address
	Name      string
	Owner     sui.Address
}

// UnmarshalBCS reads the event.
func (v *DatasetCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.DatasetID, v.CapID, v.Name, v.Owner = address(d), address(d), d.String(), address(d)
}

// VersionPublished: a version is immutable from now on.
type VersionPublished struct {
	DatasetID      sui.Address
	VersionID      sui.Address
	Number         uint64
	ManifestDigest []byte
	ManifestBlobID walrus.BlobID
	PolicyID       sui.Address
	BlobIDs        []walrus.BlobID // the manifest's included
}

// UnmarshalBCS reads the event.
func (v *VersionPublished) UnmarshalBCS(d *bcs.Decoder) {
	v.DatasetID, v.VersionID, v.Number, v.ManifestDigest = address(d), address(d), d.U64(), d.Bytes()
	d.Into(v.ManifestBlobID[:])
	v.PolicyID = address(d)
	v.BlobIDs = make([]walrus.BlobID, d.Length(len(walrus.BlobID{})))
	for i := range v.BlobIDs {
		d.Into(v.BlobIDs[i][:])
	}
}
