package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// Kinds of versions in the lineage.
const (
	KindDataset uint8 = iota // an original collection
	KindTransform
	KindTraining
	KindModel
	KindService // an inference service
)

// Terms are what is said once and for ever about a version in the lineage.
// Weights are basis points and sum to 10,000.
type Terms struct {
	Kind            uint8
	LicenceDigest   [32]byte // SHA-256 of the licence's text
	CroissantDigest [32]byte // SHA-256 of the Croissant description
	Parents         []Parent // all versions that this one was made from
	PassedOnBPS     uint16   // the part of income that goes to the parents
	Payees          []Payee  // who shares the rest, 1 to 8
	RefundWindowMS  uint64   // how long payments are kept back, up to 90 days
}

// Parent is a version that another was made from.
type Parent struct {
	Version        sui.Address
	ManifestDigest []byte // of the parent, 32 bytes
	WeightBPS      uint16 // in what is passed on to parents
}

// Payee earns a share of what a version keeps.
type Payee struct {
	Account   sui.Address
	WeightBPS uint16
}

// BindOrigin states where the content of a manifest comes from, before it is
// certified. manifest is the Blob object that registered it, cap the
// DatasetCap, statement the SHA-256 of the statement.
func BindOrigin(b *sui.Builder, p Packages, lineage, cap, manifest sui.Address, statement [32]byte) {
	call(b, p.Catalog, "lineage", "bind_origin", b.Object(lineage), b.Object(cap), b.Object(manifest), b.Pure(statement[:]), b.Clock())
}

// PublishDerived publishes the next version of a dataset, as [PublishVersion]
// does, and gives it its place in the lineage. It returns the version's id.
func PublishDerived(b *sui.Builder, p Packages, lineage sui.Address, v NewVersion, t Terms) sui.Arg {
	blob := p.BlobType().Tag()
	return call(b, p.Catalog, "lineage", "publish_version",
		b.Object(lineage), b.Object(v.Dataset), b.Object(v.Cap), b.Pure(v.ManifestDigest[:]), u256(b, v.ManifestBlob), b.Pure(v.Policy),
		b.MakeMoveVec(&blob, v.Blobs...), t.arg(b, p), b.Clock())
}

// RecordVersion gives a published version its place in the lineage. cap is the
// DatasetCap of its dataset.
func RecordVersion(b *sui.Builder, p Packages, lineage, cap, version sui.Address, t Terms) {
	call(b, p.Catalog, "lineage", "record", b.Object(lineage), b.Object(cap), b.Object(version), t.arg(b, p), b.Clock())
}

// RevokeVersion revokes a version for ever. reason is the SHA-256 of the
// reason, or empty.
func RevokeVersion(b *sui.Builder, p Packages, lineage, cap, version sui.Address, reason []byte) {
	call(b, p.Catalog, "lineage", "revoke", b.Object(lineage), b.Object(cap), b.Pure(version), b.Pure(reason), b.Clock())
}

// PlaceHold puts a version on hold, at once. reason is as for [RevokeVersion].
func PlaceHold(b *sui.Builder, p Packages, lineage, cap, version sui.Address, reason []byte) {
	call(b, p.Catalog, "lineage", "place_hold", b.Object(lineage), b.Object(cap), b.Pure(version), b.Pure(reason), b.Clock())
}

// AnnounceRelease announces that a hold ends, in 3 days at the earliest.
func AnnounceRelease(b *sui.Builder, p Packages, lineage, cap, version sui.Address) {
	call(b, p.Catalog, "lineage", "announce_release", b.Object(lineage), b.Object(cap), b.Pure(version), b.Clock())
}

// ReleaseHold ends a hold whose end was announced.
func ReleaseHold(b *sui.Builder, p Packages, lineage, cap, version sui.Address) {
	call(b, p.Catalog, "lineage", "release_hold", b.Object(lineage), b.Object(cap), b.Pure(version), b.Clock())
}

// AssertLiving fails unless a version, which lies at most maxDepth edges above
// one without parents, and all its ancestors are neither revoked nor on hold.
func AssertLiving(b *sui.Builder, p Packages, lineage, version sui.Address, maxDepth uint64) {
	call(b, p.Catalog, "lineage", "assert_living", b.Object(lineage), b.Pure(version), b.Pure(maxDepth))
}

// ExtendVersion prolongs the storage of all blobs of a version that would end
// before endEpoch. system is the storage system.
func ExtendVersion(b *sui.Builder, p Packages, version, system sui.Address, endEpoch uint32) {
	call(b, p.Catalog, "catalog", "extend_version", b.Object(version), b.Object(system), b.Pure(endEpoch))
}

// ExpireVersion records the expiry of all blobs of a version that are over.
func ExpireVersion(b *sui.Builder, p Packages, version, system sui.Address) {
	call(b, p.Catalog, "catalog", "expire_version", b.Object(version), b.Object(system))
}

// arg makes the terms' value in the transaction.
func (t Terms) arg(b *sui.Builder, p Packages) sui.Arg {
	parents, digests, weights := []sui.Address{}, [][]byte{}, []uint16{}
	for _, v := range t.Parents {
		parents, digests, weights = append(parents, v.Version), append(digests, v.ManifestDigest), append(weights, v.WeightBPS)
	}
	payees, shares := []sui.Address{}, []uint16{}
	for _, v := range t.Payees {
		payees, shares = append(payees, v.Account), append(shares, v.WeightBPS)
	}
	return call(b, p.Catalog, "lineage", "new_terms",
		b.Pure(t.Kind), b.Pure(t.LicenceDigest[:]), b.Pure(t.CroissantDigest[:]), b.Pure(parents), b.Pure(digests), b.Pure(weights),
		b.Pure(t.PassedOnBPS), b.Pure(payees), b.Pure(shares), b.Pure(t.RefundWindowMS))
}

func addresses(d *bcs.Decoder) []sui.Address {
	out := make([]sui.Address, d.Length(len(sui.Address{})))
	for i := range out {
		out[i] = address(d)
	}
	return out
}

func byteSlices(d *bcs.Decoder) [][]byte {
	out := make([][]byte, d.Length(1))
	for i := range out {
		out[i] = d.Bytes()
	}
	return out
}

func optionBytes(d *bcs.Decoder) []byte {
	if !d.Option() {
		return nil
	}
	return d.Bytes()
}

// OriginBound: where a version's data comes from was stated while its manifest was not yet
// certified.
type OriginBound struct {
	DatasetID       sui.Address
	BlobObjectID    sui.Address // The object that registered the manifest's blob.
	BlobID          walrus.BlobID
	StatementDigest []byte // SHA-256 of the statement.
	BoundAtMS       uint64
}

// UnmarshalBCS reads the event.
func (v *OriginBound) UnmarshalBCS(d *bcs.Decoder) {
	v.DatasetID = address(d)
	v.BlobObjectID = address(d)
	d.Into(v.BlobID[:])
	v.StatementDigest = d.Bytes()
	v.BoundAtMS = d.U64()
}

// NodeRecorded: a version took its place in the lineage. All that is said here is final.
type NodeRecorded struct {
	VersionID       sui.Address
	DatasetID       sui.Address
	Number          uint64       // Number of the version in its dataset.
	Previous        *sui.Address // The version before in the same dataset: what to compare manifests with.
	Kind            uint8        // 0 dataset, 1 transform, 2 training, 3 model, 4 inference service.
	Depth           uint64       // Edges on the longest way to a version without parents.
	ManifestDigest  []byte
	LicenceDigest   []byte
	CroissantDigest []byte
	OriginDigest    []byte // SHA-256 of the origin statement, if one was bound before certification.
	PolicyID        sui.Address
	ParentIDs       []sui.Address // All parents, and the manifest digests and weights that belong to them.
	ParentDigests   [][]byte
	WeightsBPS      []uint16
	PassedOnBPS     uint16        // The part of income that goes to the parents.
	Payees          []sui.Address // Who shares the rest, and by which weights.
	PayeeWeightsBPS []uint16
	RefundWindowMS  uint64
	RecordedAtMS    uint64
}

// UnmarshalBCS reads the event.
func (v *NodeRecorded) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.Number = d.U64()
	v.Previous = optionAddress(d)
	v.Kind = d.U8()
	v.Depth = d.U64()
	v.ManifestDigest = d.Bytes()
	v.LicenceDigest = d.Bytes()
	v.CroissantDigest = d.Bytes()
	v.OriginDigest = optionBytes(d)
	v.PolicyID = address(d)
	v.ParentIDs = addresses(d)
	v.ParentDigests = byteSlices(d)
	v.WeightsBPS = numbersU16(d)
	v.PassedOnBPS = d.U16()
	v.Payees = addresses(d)
	v.PayeeWeightsBPS = numbersU16(d)
	v.RefundWindowMS = d.U64()
	v.RecordedAtMS = d.U64()
}

// NodeRevoked: a version may no longer be built on, sold or, where policies demand living
// ancestors, opened; nor may what was derived from it.
type NodeRevoked struct {
	VersionID    sui.Address
	DatasetID    sui.Address
	ConsentID    *sui.Address // The withdrawn consent, if that is why.
	ReasonDigest []byte       // SHA-256 of the reason; empty if there is none.
	RevokedAtMS  uint64
}

// UnmarshalBCS reads the event.
func (v *NodeRevoked) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.ConsentID = optionAddress(d)
	v.ReasonDigest = d.Bytes()
	v.RevokedAtMS = d.U64()
}

// HoldPlaced: a version was put on hold: it cannot be sold, what was paid can be refunded.
type HoldPlaced struct {
	VersionID    sui.Address
	DatasetID    sui.Address
	ReasonDigest []byte
	HeldAtMS     uint64
}

// UnmarshalBCS reads the event.
func (v *HoldPlaced) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.ReasonDigest = d.Bytes()
	v.HeldAtMS = d.U64()
}

// HoldReleaseAnnounced: a hold is going to be lifted, not before `release_at_ms`.
type HoldReleaseAnnounced struct {
	VersionID   sui.Address
	DatasetID   sui.Address
	ReleaseAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *HoldReleaseAnnounced) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.ReleaseAtMS = d.U64()
}

// HoldReleased: a hold was lifted.
type HoldReleased struct {
	VersionID    sui.Address
	DatasetID    sui.Address
	ReleasedAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *HoldReleased) UnmarshalBCS(d *bcs.Decoder) {
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.ReleasedAtMS = d.U64()
}
