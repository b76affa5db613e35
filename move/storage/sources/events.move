// SPDX-License-Identifier: Apache-2.0

/// All events of the package. An indexer needs to read this file only.
///
/// `BlobRegistered` starts with the fields of Walrus' event of that name, in the
/// same order; `BlobCertified` names in addition who signed and with what weight.
module floe_storage::events;

use std::string::String;
use std::type_name::TypeName;
use sui::event;

// === Events ===

/// A new committee took over. `node_names` are in member order: the order of
/// the bits in a certificate's bitmap.
public struct CommitteeChanged has copy, drop {
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
}

/// A committee was proposed. It can take over from `ready_at_ms`, unless another
/// does before.
public struct CommitteeProposed has copy, drop {
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
    /// See `committee::digest`.
    digest: vector<u8>,
    ready_at_ms: u64,
}

/// The proposed committee was dropped.
public struct CommitteeCancelled has copy, drop {
    epoch: u32,
}

/// Committees that are proposed from now on wait longer.
public struct CommitteeDelayRaised has copy, drop {
    delay_ms: u64,
}

/// The system has no committee, but follows another network, which the module that
/// defines this type reports.
public struct NetworkFollowed has copy, drop {
    reporter: TypeName,
}

/// The network that the system follows is in this epoch now.
public struct EpochFollowed has copy, drop {
    epoch: u32,
}

/// A blob that the followed network certified was recorded.
public struct BlobRecorded has copy, drop {
    /// Epoch in which it was recorded.
    epoch: u32,
    blob_id: u256,
    /// Unencoded size in bytes.
    size: u64,
    encoding_type: u8,
    /// Epoch of the certificate.
    certified_epoch: u32,
    /// First epoch in which the blob is no longer stored.
    end_epoch: u32,
    /// The record.
    object_id: ID,
    /// The object that stands for the blob on the followed network.
    source_id: ID,
}

/// A blob object was created; from now on storage nodes accept its slivers.
public struct BlobRegistered has copy, drop {
    /// Committee epoch of the registration.
    epoch: u32,
    blob_id: u256,
    /// Unencoded size in bytes.
    size: u64,
    encoding_type: u8,
    /// First epoch in which the blob is no longer stored.
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
}

/// A quorum of the committee stores the blob until `end_epoch`.
public struct BlobCertified has copy, drop {
    /// Committee epoch of the certificate.
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
    /// Positions of the signers in the committee, ascending.
    signers: vector<u16>,
    /// Shards held by the signers.
    weight: u16,
}

/// A certified blob is kept longer than before.
public struct BlobExtended has copy, drop {
    /// Committee epoch of the extension.
    epoch: u32,
    blob_id: u256,
    object_id: ID,
    /// The end until now.
    previous_end_epoch: u32,
    /// First epoch in which the blob is no longer stored, from now on.
    end_epoch: u32,
}

/// The owner of a deletable blob ended it before its time.
public struct BlobDeleted has copy, drop {
    /// Committee epoch of the deletion.
    epoch: u32,
    blob_id: u256,
    /// The end that the blob would have had.
    end_epoch: u32,
    object_id: ID,
    was_certified: bool,
}

/// It was recorded that the blob's last epoch is over.
public struct BlobExpired has copy, drop {
    /// Committee epoch of the record, not before `end_epoch`.
    epoch: u32,
    blob_id: u256,
    /// First epoch in which the blob was no longer stored.
    end_epoch: u32,
    object_id: ID,
}

// === Package Functions ===

public(package) fun emit_committee_changed(
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
) {
    event::emit(CommitteeChanged { epoch, n_shards, node_names })
}

public(package) fun emit_committee_proposed(
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
    digest: vector<u8>,
    ready_at_ms: u64,
) {
    event::emit(CommitteeProposed { epoch, n_shards, node_names, digest, ready_at_ms })
}

public(package) fun emit_committee_cancelled(epoch: u32) {
    event::emit(CommitteeCancelled { epoch })
}

public(package) fun emit_committee_delay_raised(delay_ms: u64) {
    event::emit(CommitteeDelayRaised { delay_ms })
}

public(package) fun emit_network_followed(reporter: TypeName) {
    event::emit(NetworkFollowed { reporter })
}

public(package) fun emit_epoch_followed(epoch: u32) {
    event::emit(EpochFollowed { epoch })
}

public(package) fun emit_blob_recorded(
    epoch: u32,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    certified_epoch: u32,
    end_epoch: u32,
    object_id: ID,
    source_id: ID,
) {
    event::emit(BlobRecorded {
        epoch,
        blob_id,
        size,
        encoding_type,
        certified_epoch,
        end_epoch,
        object_id,
        source_id,
    })
}

public(package) fun emit_blob_registered(
    epoch: u32,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
) {
    event::emit(BlobRegistered {
        epoch,
        blob_id,
        size,
        encoding_type,
        end_epoch,
        deletable,
        object_id,
    })
}

public(package) fun emit_blob_certified(
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
    signers: vector<u16>,
    weight: u16,
) {
    event::emit(BlobCertified {
        epoch,
        blob_id,
        end_epoch,
        deletable,
        object_id,
        signers,
        weight,
    })
}

public(package) fun emit_blob_extended(
    epoch: u32,
    blob_id: u256,
    object_id: ID,
    previous_end_epoch: u32,
    end_epoch: u32,
) {
    event::emit(BlobExtended { epoch, blob_id, object_id, previous_end_epoch, end_epoch })
}

public(package) fun emit_blob_deleted(
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    object_id: ID,
    was_certified: bool,
) {
    event::emit(BlobDeleted { epoch, blob_id, end_epoch, object_id, was_certified })
}

public(package) fun emit_blob_expired(epoch: u32, blob_id: u256, end_epoch: u32, object_id: ID) {
    event::emit(BlobExpired { epoch, blob_id, end_epoch, object_id })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_committee_proposed(
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
    digest: vector<u8>,
    ready_at_ms: u64,
): CommitteeProposed {
    CommitteeProposed { epoch, n_shards, node_names, digest, ready_at_ms }
}

#[test_only]
public fun new_committee_cancelled(epoch: u32): CommitteeCancelled { CommitteeCancelled { epoch } }

#[test_only]
public fun new_committee_delay_raised(delay_ms: u64): CommitteeDelayRaised {
    CommitteeDelayRaised { delay_ms }
}

#[test_only]
public fun new_committee_changed(
    epoch: u32,
    n_shards: u16,
    node_names: vector<String>,
): CommitteeChanged {
    CommitteeChanged { epoch, n_shards, node_names }
}

#[test_only]
public fun new_blob_registered(
    epoch: u32,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
): BlobRegistered {
    BlobRegistered { epoch, blob_id, size, encoding_type, end_epoch, deletable, object_id }
}

#[test_only]
public fun new_blob_certified(
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    deletable: bool,
    object_id: ID,
    signers: vector<u16>,
    weight: u16,
): BlobCertified {
    BlobCertified { epoch, blob_id, end_epoch, deletable, object_id, signers, weight }
}

#[test_only]
public fun new_blob_extended(
    epoch: u32,
    blob_id: u256,
    object_id: ID,
    previous_end_epoch: u32,
    end_epoch: u32,
): BlobExtended {
    BlobExtended { epoch, blob_id, object_id, previous_end_epoch, end_epoch }
}

#[test_only]
public fun new_blob_deleted(
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    object_id: ID,
    was_certified: bool,
): BlobDeleted {
    BlobDeleted { epoch, blob_id, end_epoch, object_id, was_certified }
}

#[test_only]
public fun new_blob_expired(
    epoch: u32,
    blob_id: u256,
    end_epoch: u32,
    object_id: ID,
): BlobExpired {
    BlobExpired { epoch, blob_id, end_epoch, object_id }
}
