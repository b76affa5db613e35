package contract

import (
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// CreateDataset creates and shares a dataset of the sender and gives its
// capability to owner. A name has 1 to 128 bytes and need not be unique. The
// DatasetCreated event names both objects.
func CreateDataset(b *sui.Builder, p Packages, name string, owner sui.Address) {
	dataset, cap := p.CatalogCalls(b).New(Pure(b, name), p.catalogVersion(b))
	p.CatalogCalls(b).Share(dataset)
	b.Transfer(owner, cap.Arg)
}

// NewVersion is what a dataset version is published with.
type NewVersion struct {
	Dataset        sui.Address
	Cap            sui.Address // the dataset's DatasetCap
	ManifestDigest [32]byte    // SHA-256 of the canonical manifest
	ManifestBlob   walrus.BlobID
	Policy         sui.Address // guards the version's keys
	Blobs          []Arg[Blob] // certified Blob objects, the manifest's among them
}

// PublishVersion publishes the next version of a dataset. The version is
// frozen and keeps the blobs.
func PublishVersion(b *sui.Builder, p Packages, v NewVersion) {
	p.CatalogCalls(b).PublishVersion(Object[Dataset](b, v.Dataset), Object[DatasetCap](b, v.Cap),
		Pure(b, v.ManifestDigest[:]), Pure(b, v.ManifestBlob), Pure(b, v.Policy), Vector(b, p.BlobType(), v.Blobs...), p.catalogVersion(b))
}
