package contract

import "github.com/floe-data/floe/sdk/sui"

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
	// Holders are who can put the version on legal hold, and HoldThreshold how
	// many of them it takes; none is allowed.
	Holders       []sui.Address
	HoldThreshold uint64
}

// Parent is a version that another was made from.
type Parent struct {
	Version        sui.Address
	ManifestDigest []byte // of the parent, 32 bytes
	WeightBPS      uint16 // in what is passed on to parents
}

// BindOrigin states where the content of a manifest comes from, before it is
// certified. manifest is the Blob object that registered it, cap the
// DatasetCap, statement the SHA-256 of the statement.
func BindOrigin(b *sui.Builder, p Packages, lineage, cap, manifest sui.Address, statement [32]byte) {
	p.LineageCalls(b).BindOrigin(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Object[Blob](b, manifest), Pure(b, statement[:]))
}

// PublishDerived publishes the next version of a dataset, as [PublishVersion]
// does, and gives it its place in the lineage. It returns the version's id.
func PublishDerived(b *sui.Builder, p Packages, lineage sui.Address, v NewVersion, t Terms) Arg[sui.Address] {
	return p.LineageCalls(b).PublishVersion(Object[Lineage](b, lineage), Object[Dataset](b, v.Dataset), Object[DatasetCap](b, v.Cap),
		Pure(b, v.ManifestDigest[:]), Pure(b, v.ManifestBlob), Pure(b, v.Policy), Vector(b, p.BlobType(), v.Blobs...), t.arg(b, p))
}

// RecordVersion gives a published version its place in the lineage. cap is the
// DatasetCap of its dataset.
func RecordVersion(b *sui.Builder, p Packages, lineage, cap, version sui.Address, t Terms) {
	p.LineageCalls(b).Record(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Object[Version](b, version), t.arg(b, p))
}

// RevokeVersion revokes a version for ever. reason is the SHA-256 of the
// reason, or empty.
func RevokeVersion(b *sui.Builder, p Packages, lineage, cap, version sui.Address, reason []byte) {
	p.LineageCalls(b).Revoke(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, version), Pure(b, reason))
}

// PlaceHold puts a version on hold, at once. reason is as for [RevokeVersion].
func PlaceHold(b *sui.Builder, p Packages, lineage, cap, version sui.Address, reason []byte) {
	p.LineageCalls(b).PlaceHold(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, version), Pure(b, reason))
}

// AnnounceRelease announces that a hold ends, in 3 days at the earliest.
func AnnounceRelease(b *sui.Builder, p Packages, lineage, cap, version sui.Address) {
	p.LineageCalls(b).AnnounceRelease(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, version))
}

// ReleaseHold ends a hold whose end was announced.
func ReleaseHold(b *sui.Builder, p Packages, lineage, cap, version sui.Address) {
	p.LineageCalls(b).ReleaseHold(Object[Lineage](b, lineage), Object[DatasetCap](b, cap), Pure(b, version))
}

// VoteLegalHold votes, for the sender, to put a version on legal hold, or to lift
// the hold, which then stands for 3 more days.
func VoteLegalHold(b *sui.Builder, p Packages, lineage, version sui.Address, place bool) {
	p.LegalHoldCalls(b).Vote(Object[Lineage](b, lineage), Pure(b, version), Pure(b, place))
}

// EndLegalHold ends a legal hold that was lifted 3 days ago. Anybody may.
func EndLegalHold(b *sui.Builder, p Packages, lineage, version sui.Address) {
	p.LegalHoldCalls(b).End(Object[Lineage](b, lineage), Pure(b, version))
}

// MigrateCatalog puts the latest version of the catalog package in force and so
// switches older ones off. Packages that link to it are to be upgraded before. cap
// is the CatalogVersionCap.
func MigrateCatalog(b *sui.Builder, p Packages, cap sui.Address) {
	p.LineageCalls(b).Migrate(p.lineage(b), p.catalogVersion(b), Object[CatalogVersionCap](b, cap))
}

// AssertLiving fails unless a version, which lies at most maxDepth edges above
// one without parents, and all its ancestors are neither revoked nor on hold.
func AssertLiving(b *sui.Builder, p Packages, lineage, version sui.Address, maxDepth uint64) {
	p.LineageCalls(b).AssertLiving(Object[Lineage](b, lineage), Pure(b, version), Pure(b, maxDepth))
}

// ExtendVersion prolongs the storage of all blobs of a version that would end
// before endEpoch. system is the storage system.
func ExtendVersion(b *sui.Builder, p Packages, version, system sui.Address, endEpoch uint32) {
	p.CatalogCalls(b).ExtendVersion(Object[Version](b, version), Object[System](b, system), Pure(b, endEpoch))
}

// ExpireVersion records the expiry of all blobs of a version that are over.
func ExpireVersion(b *sui.Builder, p Packages, version, system sui.Address) {
	p.CatalogCalls(b).ExpireVersion(Object[Version](b, version), Object[System](b, system))
}

// arg makes the terms' value in the transaction.
func (t Terms) arg(b *sui.Builder, p Packages) Arg[LineageTerms] {
	parents, digests, weights := []sui.Address{}, [][]byte{}, []uint16{}
	for _, v := range t.Parents {
		parents, digests, weights = append(parents, v.Version), append(digests, v.ManifestDigest), append(weights, v.WeightBPS)
	}
	payees, shares := []sui.Address{}, []uint16{}
	for _, v := range t.Payees {
		payees, shares = append(payees, v.Account), append(shares, v.WeightBPS)
	}
	terms := p.LineageCalls(b).NewTerms(Pure(b, t.Kind), Pure(b, t.LicenceDigest[:]), Pure(b, t.CroissantDigest[:]),
		Pure(b, parents), Pure(b, digests), Pure(b, weights),
		Pure(b, t.PassedOnBPS), Pure(b, payees), Pure(b, shares), Pure(b, t.RefundWindowMS))
	if len(t.Holders) > 0 || t.HoldThreshold > 0 {
		terms = p.LineageCalls(b).HeldBy(terms, Pure(b, t.Holders), Pure(b, t.HoldThreshold))
	}
	return terms
}
