// SPDX-License-Identifier: Apache-2.0

/// A blob that storage nodes keep for a time: who registered it owns the object
/// and may certify it once a quorum confirms that it holds the data.
///
/// Life: registered, certified, then extended any number of times; it ends by
/// being deleted (deletable blobs, by their owner, before the end) or by the end
/// of its last epoch, which `system::expire_blob` records. A certificate holds
/// over changes of the committee: members hand their shards over.
///
/// The object says nothing about the content but its blob id, a commitment to
/// every byte, so that a reader can verify what nodes return.
module floe_storage::blob;

use floe_storage::events;
use floe_storage::messages::CertifiedBlob;
use sui::bcs;
use sui::hash;

// === Errors ===

/// The encoding type is not RS2 (1).
const EInvalidEncoding: u64 = 0;
/// The blob would end in the current epoch or before.
const EInvalidEndEpoch: u64 = 1;
/// The blob id is not derived from the root hash, the encoding and the size.
const EInvalidBlobId: u64 = 2;
/// The certificate is for another blob.
const EBlobIdMismatch: u64 = 3;
/// The blob is certified already.
const EAlreadyCertified: u64 = 4;
/// The blob's last epoch is over.
const EExpired: u64 = 5;
/// The certificate is for a permanent blob and this one is deletable, or the
/// other way round.
const EPersistenceMismatch: u64 = 6;
/// The certificate is bound to another blob object.
const EObjectIdMismatch: u64 = 7;
/// The blob is not certified, so there is nothing to extend.
const ENotCertified: u64 = 8;
/// The new end is not after the present one.
const EInvalidExtension: u64 = 9;
/// The blob is permanent: nobody can delete it before its end.
const ENotDeletable: u64 = 10;
/// The blob's last epoch is not over yet.
const ENotExpired: u64 = 11;
/// The blob would end more than 53 epochs from now.
const ETooFarAhead: u64 = 12;

// === Constants ===

/// Reed-Solomon RedStuff, the only encoding that nodes accept.
const ENCODING_RS2: u8 = 1;
/// How many epochs ahead of the current one a blob can end, as on Walrus.
const MAX_EPOCHS_AHEAD: u32 = 53;

// === Structs ===

/// A blob registered with the storage committee.
public struct Blob has key, store {
    id: UID,
    registered_epoch: u32,
    /// Its 32 BCS bytes (little endian) are the blob id.
    blob_id: u256,
    /// Unencoded size in bytes.
    size: u64,
    encoding_type: u8,
    /// Epoch of the certificate; none until there is one.
    certified_epoch: Option<u32>,
    /// First epoch in which the blob is no longer stored.
    end_epoch: u32,
    deletable: bool,
}

// === Public Functions ===

/// The blob id that Walrus' encoding gives to data with this root hash:
/// BLAKE2b-256(encoding type | size u64 le | root hash), read little endian.
public fun derive_blob_id(root_hash: u256, encoding_type: u8, size: u64): u256 {
    let mut preimage = vector[encoding_type];
    preimage.append(bcs::to_bytes(&size));
    preimage.append(bcs::to_bytes(&root_hash));
    let mut reader = bcs::new(hash::blake2b256(&preimage));
    reader.peel_u256()
}

// === View helpers ===

/// The object id that a deletable blob's confirmations are bound to.
public fun object_id(self: &Blob): ID { object::id(self) }

/// Epoch in which the blob was registered.
public fun registered_epoch(self: &Blob): u32 { self.registered_epoch }

/// The commitment to the blob's bytes.
public fun blob_id(self: &Blob): u256 { self.blob_id }

/// Unencoded size in bytes.
public fun size(self: &Blob): u64 { self.size }

/// Encoding type; always 1 (RS2).
public fun encoding_type(self: &Blob): u8 { self.encoding_type }

/// Epoch of the certificate; none until there is one.
public fun certified_epoch(self: &Blob): Option<u32> { self.certified_epoch }

/// First epoch in which the blob is no longer stored, as far as the object knows:
/// blobs that are held by frozen objects are extended in the storage system, see
/// `system::end_epoch_of`.
public fun end_epoch(self: &Blob): u32 { self.end_epoch }

/// True if the owner may have the blob deleted before its end.
public fun is_deletable(self: &Blob): bool { self.deletable }

/// True if a quorum confirmed that it stores the blob.
public fun is_certified(self: &Blob): bool { self.certified_epoch.is_some() }

// === Package Functions ===

/// Registers a blob in `epoch` and announces it to the storage nodes.
public(package) fun new(
    epoch: u32,
    blob_id: u256,
    root_hash: u256,
    size: u64,
    encoding_type: u8,
    end_epoch: u32,
    deletable: bool,
    ctx: &mut TxContext,
): Blob {
    assert!(encoding_type == ENCODING_RS2, EInvalidEncoding);
    assert!(end_epoch > epoch, EInvalidEndEpoch);
    assert!(end_epoch - epoch <= MAX_EPOCHS_AHEAD, ETooFarAhead);
    assert!(derive_blob_id(root_hash, encoding_type, size) == blob_id, EInvalidBlobId);
    let blob = Blob {
        id: object::new(ctx),
        registered_epoch: epoch,
        blob_id,
        size,
        encoding_type,
        certified_epoch: option::none(),
        end_epoch,
        deletable,
    };
    events::emit_blob_registered(
        epoch,
        blob_id,
        size,
        encoding_type,
        end_epoch,
        deletable,
        object::id(&blob),
    );
    blob
}

/// Records a permanent blob that another network, whose epoch this is, certified.
public(package) fun recorded(
    epoch: u32,
    source: ID,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    registered_epoch: u32,
    certified_epoch: u32,
    end_epoch: u32,
    ctx: &mut TxContext,
): Blob {
    assert!(encoding_type == ENCODING_RS2, EInvalidEncoding);
    assert!(end_epoch > epoch, EInvalidEndEpoch);
    let blob = Blob {
        id: object::new(ctx),
        registered_epoch,
        blob_id,
        size,
        encoding_type,
        certified_epoch: option::some(certified_epoch),
        end_epoch,
        deletable: false,
    };
    events::emit_blob_recorded(
        epoch,
        blob_id,
        size,
        encoding_type,
        certified_epoch,
        end_epoch,
        object::id(&blob),
        source,
    );
    blob
}

/// Records a quorum's statement, made in the current epoch, on the blob.
public(package) fun certify(self: &mut Blob, certificate: CertifiedBlob) {
    let epoch = certificate.epoch();
    assert!(certificate.blob_id() == self.blob_id, EBlobIdMismatch);
    assert!(self.certified_epoch.is_none(), EAlreadyCertified);
    assert!(epoch < self.end_epoch, EExpired);
    let bound_to = certificate.object_id();
    assert!(bound_to.is_some() == self.deletable, EPersistenceMismatch);
    if (self.deletable) {
        assert!(*bound_to.borrow() == object::id(self), EObjectIdMismatch);
    };
    self.certified_epoch = option::some(epoch);
    events::emit_blob_certified(
        epoch,
        self.blob_id,
        self.end_epoch,
        self.deletable,
        object::id(self),
        certificate.signers(),
        certificate.weight(),
    );
}

/// Prolongs a certified blob that would end with epoch `end`, which may be later
/// than the object says, to `new_end`.
public(package) fun extend(self: &mut Blob, epoch: u32, end: u32, new_end: u32) {
    self.announce_extension(epoch, end, new_end);
    self.end_epoch = new_end;
}

/// Checks and announces an extension that somebody else keeps record of.
public(package) fun announce_extension(self: &Blob, epoch: u32, end: u32, new_end: u32) {
    assert!(self.certified_epoch.is_some(), ENotCertified);
    assert!(epoch < end, EExpired);
    assert!(new_end > end, EInvalidExtension);
    assert!(new_end - epoch <= MAX_EPOCHS_AHEAD, ETooFarAhead);
    events::emit_blob_extended(epoch, self.blob_id, object::id(self), end, new_end);
}

/// Ends a deletable blob before its end.
public(package) fun delete(self: Blob, epoch: u32, end: u32) {
    assert!(self.deletable, ENotDeletable);
    assert!(epoch < end, EExpired);
    let Blob { id, blob_id, certified_epoch, .. } = self;
    let object_id = id.to_inner();
    id.delete();
    events::emit_blob_deleted(epoch, blob_id, end, object_id, certified_epoch.is_some());
}

/// Announces that the blob's last epoch is over.
public(package) fun announce_expiry(self: &Blob, epoch: u32, end: u32) {
    assert!(epoch >= end, ENotExpired);
    events::emit_blob_expired(epoch, self.blob_id, end, object::id(self));
}

// === Test-Only Helpers ===

#[test_only]
/// A blob with any content, not announced to anybody.
public fun new_for_testing(
    blob_id: u256,
    size: u64,
    certified_epoch: Option<u32>,
    end_epoch: u32,
    deletable: bool,
    ctx: &mut TxContext,
): Blob {
    Blob {
        id: object::new(ctx),
        registered_epoch: 0,
        blob_id,
        size,
        encoding_type: ENCODING_RS2,
        certified_epoch,
        end_epoch,
        deletable,
    }
}

#[test_only]
/// The blob as if a quorum had certified it.
public fun certified_for_testing(mut self: Blob, epoch: u32): Blob {
    self.certified_epoch = option::some(epoch);
    self
}
