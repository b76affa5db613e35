// SPDX-License-Identifier: Apache-2.0

/// Brings what Walrus certified into `floe_storage`, on networks where Walrus is.
///
/// A storage system that follows Walrus has no committee of its own. Its epoch is
/// Walrus'; a blob of it is the record of a Walrus `Blob` that its owner showed:
/// permanent, certified by Walrus' committee, and not over. The Walrus object stays
/// with its owner, and none of its later life can end the storage sooner: that is
/// what permanent means there.
///
/// Compiled against Walrus' published interface (`move/walrus`), whose address is
/// replaced by the live package's when this package is published.
module floe_walrus_adapter::walrus_adapter;

use floe_storage::blob::Blob;
use floe_storage::system::{AdminCap, System};
use walrus::blob::Blob as WalrusBlob;
use walrus::system::System as WalrusSystem;

// === Errors ===

/// Walrus has not certified the blob.
const ENotCertified: u64 = 0;
/// Its owner may delete the blob at any time: only permanent ones are recorded.
const EDeletable: u64 = 1;
/// The blob's last epoch is over.
const EExpired: u64 = 2;
/// The two objects are for different blobs.
const EOtherBlob: u64 = 3;

// === Structs ===

/// By this type the storage system knows this module.
public struct Walrus() has drop;

// === Public Functions ===

/// Has a storage system that never had a committee follow Walrus, for ever.
public fun follow(system: &mut System, cap: &AdminCap, walrus: &WalrusSystem) {
    system.follow<Walrus>(cap);
    follow_epoch(system, walrus);
}

/// Takes over Walrus' epoch. Anybody may, and every other function does.
public fun follow_epoch(system: &mut System, walrus: &WalrusSystem) {
    system.report_epoch(Walrus(), walrus.epoch())
}

/// Records a permanent blob that Walrus certified, and returns the record, with
/// which a version of a dataset can be published.
public fun record(
    system: &mut System,
    walrus: &WalrusSystem,
    blob: &WalrusBlob,
    ctx: &mut TxContext,
): Blob {
    follow_epoch(system, walrus);
    let certified_epoch = check(walrus, blob);
    system.record_blob(
        Walrus(),
        blob.object_id(),
        blob.blob_id(),
        blob.size(),
        blob.encoding_type(),
        blob.registered_epoch(),
        certified_epoch,
        blob.end_epoch(),
        ctx,
    )
}

/// Records that Walrus stores a blob for longer. `blob` is any permanent Walrus
/// blob of the same content.
public fun extend(
    system: &mut System,
    walrus: &WalrusSystem,
    blob: &WalrusBlob,
    recorded: &Blob,
) {
    follow_epoch(system, walrus);
    check(walrus, blob);
    assert!(blob.blob_id() == recorded.blob_id(), EOtherBlob);
    system.report_end(Walrus(), recorded, blob.end_epoch());
}

// === Private Functions ===

/// Returns the epoch in which the blob was certified, after checking that it is
/// stored and will be, whatever its owner does.
fun check(walrus: &WalrusSystem, blob: &WalrusBlob): u32 {
    assert!(blob.certified_epoch().is_some(), ENotCertified);
    assert!(!blob.is_deletable(), EDeletable);
    assert!(walrus.epoch() < blob.end_epoch(), EExpired);
    *blob.certified_epoch().borrow()
}
