package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// GiveConsent has the sender consent to a dataset's use of their data. record
// is the SHA-256 of the consent record; endsAtMS nil is without end.
func GiveConsent(b *sui.Builder, p Packages, dataset sui.Address, record [32]byte, endsAtMS *uint64) {
	call(b, p.Catalog, "consent", "give", b.Object(dataset), b.Pure(record[:]), b.Pure(endsAtMS), b.Clock())
}

// AttachConsent declares that a version depends on a consent. cap is the
// DatasetCap.
func AttachConsent(b *sui.Builder, p Packages, consent, lineage, cap, version sui.Address) {
	call(b, p.Catalog, "consent", "attach", b.Object(consent), b.Object(lineage), b.Object(cap), b.Pure(version), b.Clock())
}

// WithdrawConsent withdraws a consent that the sender gave and revokes all
// versions that depend on it.
func WithdrawConsent(b *sui.Builder, p Packages, consent, lineage sui.Address) {
	call(b, p.Catalog, "consent", "withdraw", b.Object(consent), b.Object(lineage), b.Clock())
}

// ConsentGiven: somebody agreed that a dataset uses their data.
type ConsentGiven struct {
	ConsentID    sui.Address
	DatasetID    sui.Address
	Subject      sui.Address // May withdraw it.
	RecordDigest []byte      // SHA-256 of the consent record: purposes, text, times.
	EndsAtMS     *uint64
	GivenAtMS    uint64
}

// UnmarshalBCS reads the event.
func (v *ConsentGiven) UnmarshalBCS(d *bcs.Decoder) {
	v.ConsentID = address(d)
	v.DatasetID = address(d)
	v.Subject = address(d)
	v.RecordDigest = d.Bytes()
	v.EndsAtMS = optionU64(d)
	v.GivenAtMS = d.U64()
}

// ConsentAttached: a version declared that it depends on a consent.
type ConsentAttached struct {
	ConsentID sui.Address
	VersionID sui.Address
	DatasetID sui.Address
}

// UnmarshalBCS reads the event.
func (v *ConsentAttached) UnmarshalBCS(d *bcs.Decoder) {
	v.ConsentID = address(d)
	v.VersionID = address(d)
	v.DatasetID = address(d)
}

// ConsentWithdrawn: a consent was withdrawn. All versions that depend on it are revoked from now on;
// what derives from them follows from the parents in `NodeRecorded`.
type ConsentWithdrawn struct {
	ConsentID     sui.Address
	DatasetID     sui.Address
	Subject       sui.Address
	VersionIDs    []sui.Address
	WithdrawnAtMS uint64
}

// UnmarshalBCS reads the event.
func (v *ConsentWithdrawn) UnmarshalBCS(d *bcs.Decoder) {
	v.ConsentID = address(d)
	v.DatasetID = address(d)
	v.Subject = address(d)
	v.VersionIDs = addresses(d)
	v.WithdrawnAtMS = d.U64()
}
