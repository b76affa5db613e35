package contract

import "github.com/floe-data/floe/sdk/sui"

// ExtendBlob prolongs a certified blob of the sender to endEpoch, the first
// epoch in which it is no longer stored.
func ExtendBlob(b *sui.Builder, p Packages, system, blob sui.Address, endEpoch uint32) {
	p.SystemCalls(b).ExtendBlob(Object[System](b, system), Object[Blob](b, blob), Pure(b, endEpoch))
}

// ExtendFrozenBlob prolongs a certified blob that a frozen object holds, or any
// other that the sender can name. The System keeps the new end.
func ExtendFrozenBlob(b *sui.Builder, p Packages, system, blob sui.Address, endEpoch uint32) {
	p.SystemCalls(b).ExtendFrozenBlob(Object[System](b, system), Object[Blob](b, blob), Pure(b, endEpoch))
}

// DeleteBlob ends a deletable blob of the sender before its end.
func DeleteBlob(b *sui.Builder, p Packages, system, blob sui.Address) {
	p.SystemCalls(b).DeleteBlob(Object[System](b, system), Object[Blob](b, blob))
}

// ExpireBlob records that the last epoch of a blob is over.
func ExpireBlob(b *sui.Builder, p Packages, system, blob sui.Address) {
	p.SystemCalls(b).ExpireBlob(Object[System](b, system), Object[Blob](b, blob))
}
