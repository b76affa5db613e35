package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// ExtendBlob prolongs a certified blob of the sender to endEpoch, the first
// epoch in which it is no longer stored.
func ExtendBlob(b *sui.Builder, p Packages, system, blob sui.Address, endEpoch uint32) {
	call(b, p.Storage, "system", "extend_blob", b.Object(system), b.Object(blob), b.Pure(endEpoch))
}

// ExtendFrozenBlob prolongs a certified blob that a frozen object holds, or any
// other that the sender can name. The System keeps the new end.
func ExtendFrozenBlob(b *sui.Builder, p Packages, system, blob sui.Address, endEpoch uint32) {
	call(b, p.Storage, "system", "extend_frozen_blob", b.Object(system), b.Object(blob), b.Pure(endEpoch))
}

// DeleteBlob ends a deletable blob of the sender before its end.
func DeleteBlob(b *sui.Builder, p Packages, system, blob sui.Address) {
	call(b, p.Storage, "system", "delete_blob", b.Object(system), b.Object(blob))
}

// ExpireBlob records that the last epoch of a blob is over.
func ExpireBlob(b *sui.Builder, p Packages, system, blob sui.Address) {
	call(b, p.Storage, "system", "expire_blob", b.Object(system), b.Object(blob))
}

// BlobExtended: a certified blob is kept longer than before.
type BlobExtended struct {
	Epoch            uint32
	BlobID           walrus.BlobID
	ObjectID         sui.Address
	PreviousEndEpoch uint32
	EndEpoch         uint32 // first epoch without the blob, from now on
}

// UnmarshalBCS reads the event.
func (v *BlobExtended) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch = d.U32()
	d.Into(v.BlobID[:])
	v.ObjectID, v.PreviousEndEpoch, v.EndEpoch = address(d), d.U32(), d.U32()
}

// BlobDeleted: the owner of a deletable blob ended it before its time.
type BlobDeleted struct {
	Epoch        uint32
	BlobID       walrus.BlobID
	EndEpoch     uint32 // that the blob would have had
	ObjectID     sui.Address
	WasCertified bool
}

// UnmarshalBCS reads the event.
func (v *BlobDeleted) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch = d.U32()
	d.Into(v.BlobID[:])
	v.EndEpoch, v.ObjectID, v.WasCertified = d.U32(), address(d), d.Bool()
}

// BlobExpired: it was recorded that a blob's last epoch is over.
type BlobExpired struct {
	Epoch    uint32 // of the record, not before EndEpoch
	BlobID   walrus.BlobID
	EndEpoch uint32
	ObjectID sui.Address
}

// UnmarshalBCS reads the event.
func (v *BlobExpired) UnmarshalBCS(d *bcs.Decoder) {
	v.Epoch = d.U32()
	d.Into(v.BlobID[:])
	v.EndEpoch, v.ObjectID = d.U32(), address(d)
}
