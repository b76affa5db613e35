// SPDX-License-Identifier: Apache-2.0

/// Interface of Walrus' module of this name: see the README.
module walrus::blob;

use walrus::storage_resource::Storage;

/// A blob that is registered with Walrus.
public struct Blob has key, store {
    id: UID,
    registered_epoch: u32,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    certified_epoch: Option<u32>,
    storage: Storage,
    deletable: bool,
}

/// The object's id.
public fun object_id(self: &Blob): ID { object::id(self) }

/// The commitment to the blob's bytes.
public fun blob_id(self: &Blob): u256 { self.blob_id }

/// Unencoded size in bytes.
public fun size(self: &Blob): u64 { self.size }

/// 1 is RS2.
public fun encoding_type(self: &Blob): u8 { self.encoding_type }

/// Epoch of the registration.
public fun registered_epoch(self: &Blob): u32 { self.registered_epoch }

/// Epoch of the certificate; none until there is one.
public fun certified_epoch(self: &Blob): &Option<u32> { &self.certified_epoch }

/// True if the owner may have the blob deleted before its end.
public fun is_deletable(self: &Blob): bool { self.deletable }

/// First epoch in which the blob is no longer stored.
public fun end_epoch(self: &Blob): u32 { self.storage.end_epoch() }

// === Test-Only Helpers ===

#[test_only]
public fun new_for_testing(
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    certified_epoch: Option<u32>,
    end_epoch: u32,
    deletable: bool,
    ctx: &mut TxContext,
): Blob {
    Blob {
        id: object::new(ctx),
        registered_epoch: 3,
        blob_id,
        size,
        encoding_type,
        certified_epoch,
        storage: walrus::storage_resource::new_for_testing(end_epoch, ctx),
        deletable,
    }
}
