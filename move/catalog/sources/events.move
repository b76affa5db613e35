// SPDX-License-Identifier: Apache-2.0

/// All events of the package.
module floe_catalog::events;

use std::string::String;
use sui::event;

// === Events ===

/// A dataset was created. It has no version yet.
public struct DatasetCreated has copy, drop {
    dataset_id: ID,
    /// The capability that publishes versions.
    cap_id: ID,
    name: String,
    owner: address,
}

/// A version was published and is immutable from now on.
public struct VersionPublished has copy, drop {
    dataset_id: ID,
    version_id: ID,
    /// 1 for the first version of a dataset.
    number: u64,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    /// The policy that guards the version's keys.
    policy_id: ID,
    /// Ids of all blobs of the version, the manifest's included.
    blob_ids: vector<u256>,
}

/// Where a version's data comes from was stated while its manifest was not yet
/// certified.
public struct OriginBound has copy, drop {
    dataset_id: ID,
    /// The object that registered the manifest's blob.
    blob_object_id: ID,
    blob_id: u256,
    /// SHA-256 of the statement.
    statement_digest: vector<u8>,
    bound_at_ms: u64,
}

/// A version took its place in the lineage. All that is said here is final.
public struct NodeRecorded has copy, drop {
    version_id: ID,
    dataset_id: ID,
    /// Number of the version in its dataset.
    number: u64,
    /// The version before in the same dataset: what to compare manifests with.
    previous: Option<ID>,
    /// 0 dataset, 1 transform, 2 training, 3 model, 4 inference service.
    kind: u8,
    /// Edges on the longest way to a version without parents.
    depth: u64,
    manifest_digest: vector<u8>,
    licence_digest: vector<u8>,
    croissant_digest: vector<u8>,
    /// SHA-256 of the origin statement, if one was bound before certification.
    origin_digest: Option<vector<u8>>,
    policy_id: ID,
    /// All parents, and the manifest digests and weights that belong to them.
    parent_ids: vector<ID>,
    parent_digests: vector<vector<u8>>,
    weights_bps: vector<u16>,
    /// The part of income that goes to the parents.
    passed_on_bps: u16,
    /// Who shares the rest, and by which weights.
    payees: vector<address>,
    payee_weights_bps: vector<u16>,
    refund_window_ms: u64,
    recorded_at_ms: u64,
}

/// A version may no longer be built on, sold or, where policies demand living
/// ancestors, opened; nor may what was derived from it.
public struct NodeRevoked has copy, drop {
    version_id: ID,
    dataset_id: ID,
    /// The withdrawn consent, if that is why.
    consent_id: Option<ID>,
    /// SHA-256 of the reason; empty if there is none.
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
}

/// A version was put on hold: it cannot be sold, what was paid can be refunded.
public struct HoldPlaced has copy, drop {
    version_id: ID,
    dataset_id: ID,
    reason_digest: vector<u8>,
    held_at_ms: u64,
}

/// A hold is going to be lifted, not before `release_at_ms`.
public struct HoldReleaseAnnounced has copy, drop {
    version_id: ID,
    dataset_id: ID,
    release_at_ms: u64,
}

/// A hold was lifted.
public struct HoldReleased has copy, drop {
    version_id: ID,
    dataset_id: ID,
    released_at_ms: u64,
}

/// Somebody agreed that a dataset uses their data.
public struct ConsentGiven has copy, drop {
    consent_id: ID,
    dataset_id: ID,
    /// May withdraw it.
    subject: address,
    /// SHA-256 of the consent record: purposes, text, times.
    record_digest: vector<u8>,
    ends_at_ms: Option<u64>,
    given_at_ms: u64,
}

/// A version declared that it depends on a consent.
public struct ConsentAttached has copy, drop {
    consent_id: ID,
    version_id: ID,
    dataset_id: ID,
}

/// A consent was withdrawn. All versions that depend on it are revoked from now on;
/// what derives from them follows from the parents in `NodeRecorded`.
public struct ConsentWithdrawn has copy, drop {
    consent_id: ID,
    dataset_id: ID,
    subject: address,
    version_ids: vector<ID>,
    withdrawn_at_ms: u64,
}

/// A treasury for one coin type was created.
public struct TreasuryCreated has copy, drop {
    treasury_id: ID,
    /// Full name of the coin type, defining ids.
    coin_type: String,
}

/// A payment is kept back until its refund window is over.
public struct SaleEscrowed has copy, drop {
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
    refundable_until_ms: u64,
}

/// A payment was split along the lineage; `IncomeCredited` events of the same
/// sale, which come before it, sum to `amount`.
public struct SaleSettled has copy, drop {
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
}

/// A payment that was kept back went back to the buyer.
public struct SaleRefunded has copy, drop {
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
}

/// A payee's part of a sale was credited, for one version in the lineage.
public struct IncomeCredited has copy, drop {
    treasury_id: ID,
    sale_id: ID,
    /// The version that earned it, sold or an ancestor.
    version_id: ID,
    /// Its dataset.
    dataset_id: ID,
    payee: address,
    amount: u64,
}

/// A payee took out what was credited.
public struct IncomeClaimed has copy, drop {
    treasury_id: ID,
    payee: address,
    amount: u64,
}

/// An operator opened a log of inferences.
public struct LogCreated has copy, drop {
    log_id: ID,
    cap_id: ID,
    name: String,
    /// The version of kind inference service that it belongs to.
    service: Option<ID>,
}

/// A log grew: its first `previous_size` entries are those of before.
public struct LogCommitted has copy, drop {
    log_id: ID,
    previous_size: u64,
    tree_size: u64,
    root: vector<u8>,
    committed_at_ms: u64,
}

/// A leaf was shown to be in a log.
public struct LeafOpened has copy, drop {
    log_id: ID,
    tree_size: u64,
    index: u64,
    leaf_hash: vector<u8>,
}

// === Package Functions ===

public(package) fun emit_dataset_created(
    dataset_id: ID,
    cap_id: ID,
    name: String,
    owner: address,
) {
    event::emit(DatasetCreated { dataset_id, cap_id, name, owner })
}

public(package) fun emit_version_published(
    dataset_id: ID,
    version_id: ID,
    number: u64,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    policy_id: ID,
    blob_ids: vector<u256>,
) {
    event::emit(VersionPublished {
        dataset_id,
        version_id,
        number,
        manifest_digest,
        manifest_blob_id,
        policy_id,
        blob_ids,
    })
}

public(package) fun emit_origin_bound(
    dataset_id: ID,
    blob_object_id: ID,
    blob_id: u256,
    statement_digest: vector<u8>,
    bound_at_ms: u64,
) {
    event::emit(OriginBound {
        dataset_id,
        blob_object_id,
        blob_id,
        statement_digest,
        bound_at_ms,
    })
}

public(package) fun emit_node_recorded(
    version_id: ID,
    dataset_id: ID,
    number: u64,
    previous: Option<ID>,
    kind: u8,
    depth: u64,
    manifest_digest: vector<u8>,
    licence_digest: vector<u8>,
    croissant_digest: vector<u8>,
    origin_digest: Option<vector<u8>>,
    policy_id: ID,
    parent_ids: vector<ID>,
    parent_digests: vector<vector<u8>>,
    weights_bps: vector<u16>,
    passed_on_bps: u16,
    payees: vector<address>,
    payee_weights_bps: vector<u16>,
    refund_window_ms: u64,
    recorded_at_ms: u64,
) {
    event::emit(NodeRecorded {
        version_id,
        dataset_id,
        number,
        previous,
        kind,
        depth,
        manifest_digest,
        licence_digest,
        croissant_digest,
        origin_digest,
        policy_id,
        parent_ids,
        parent_digests,
        weights_bps,
        passed_on_bps,
        payees,
        payee_weights_bps,
        refund_window_ms,
        recorded_at_ms,
    })
}

public(package) fun emit_node_revoked(
    version_id: ID,
    dataset_id: ID,
    consent_id: Option<ID>,
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
) {
    event::emit(NodeRevoked {
        version_id,
        dataset_id,
        consent_id,
        reason_digest,
        revoked_at_ms,
    })
}

public(package) fun emit_hold_placed(
    version_id: ID,
    dataset_id: ID,
    reason_digest: vector<u8>,
    held_at_ms: u64,
) {
    event::emit(HoldPlaced {
        version_id,
        dataset_id,
        reason_digest,
        held_at_ms,
    })
}

public(package) fun emit_hold_release_announced(
    version_id: ID,
    dataset_id: ID,
    release_at_ms: u64,
) {
    event::emit(HoldReleaseAnnounced {
        version_id,
        dataset_id,
        release_at_ms,
    })
}

public(package) fun emit_hold_released(
    version_id: ID,
    dataset_id: ID,
    released_at_ms: u64,
) {
    event::emit(HoldReleased {
        version_id,
        dataset_id,
        released_at_ms,
    })
}

public(package) fun emit_consent_given(
    consent_id: ID,
    dataset_id: ID,
    subject: address,
    record_digest: vector<u8>,
    ends_at_ms: Option<u64>,
    given_at_ms: u64,
) {
    event::emit(ConsentGiven {
        consent_id,
        dataset_id,
        subject,
        record_digest,
        ends_at_ms,
        given_at_ms,
    })
}

public(package) fun emit_consent_attached(
    consent_id: ID,
    version_id: ID,
    dataset_id: ID,
) {
    event::emit(ConsentAttached {
        consent_id,
        version_id,
        dataset_id,
    })
}

public(package) fun emit_consent_withdrawn(
    consent_id: ID,
    dataset_id: ID,
    subject: address,
    version_ids: vector<ID>,
    withdrawn_at_ms: u64,
) {
    event::emit(ConsentWithdrawn {
        consent_id,
        dataset_id,
        subject,
        version_ids,
        withdrawn_at_ms,
    })
}

public(package) fun emit_treasury_created(
    treasury_id: ID,
    coin_type: String,
) {
    event::emit(TreasuryCreated {
        treasury_id,
        coin_type,
    })
}

public(package) fun emit_sale_escrowed(
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
    refundable_until_ms: u64,
) {
    event::emit(SaleEscrowed {
        treasury_id,
        sale_id,
        version_id,
        dataset_id,
        buyer,
        amount,
        refundable_until_ms,
    })
}

public(package) fun emit_sale_settled(
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
) {
    event::emit(SaleSettled {
        treasury_id,
        sale_id,
        version_id,
        dataset_id,
        buyer,
        amount,
    })
}

public(package) fun emit_sale_refunded(
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    buyer: address,
    amount: u64,
) {
    event::emit(SaleRefunded {
        treasury_id,
        sale_id,
        version_id,
        dataset_id,
        buyer,
        amount,
    })
}

public(package) fun emit_income_credited(
    treasury_id: ID,
    sale_id: ID,
    version_id: ID,
    dataset_id: ID,
    payee: address,
    amount: u64,
) {
    event::emit(IncomeCredited {
        treasury_id,
        sale_id,
        version_id,
        dataset_id,
        payee,
        amount,
    })
}

public(package) fun emit_income_claimed(
    treasury_id: ID,
    payee: address,
    amount: u64,
) {
    event::emit(IncomeClaimed {
        treasury_id,
        payee,
        amount,
    })
}

public(package) fun emit_log_created(
    log_id: ID,
    cap_id: ID,
    name: String,
    service: Option<ID>,
) {
    event::emit(LogCreated {
        log_id,
        cap_id,
        name,
        service,
    })
}

public(package) fun emit_log_committed(
    log_id: ID,
    previous_size: u64,
    tree_size: u64,
    root: vector<u8>,
    committed_at_ms: u64,
) {
    event::emit(LogCommitted {
        log_id,
        previous_size,
        tree_size,
        root,
        committed_at_ms,
    })
}

public(package) fun emit_leaf_opened(
    log_id: ID,
    tree_size: u64,
    index: u64,
    leaf_hash: vector<u8>,
) {
    event::emit(LeafOpened {
        log_id,
        tree_size,
        index,
        leaf_hash,
    })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_dataset_created(
    dataset_id: ID,
    cap_id: ID,
    name: String,
    owner: address,
): DatasetCreated {
    DatasetCreated { dataset_id, cap_id, name, owner }
}

#[test_only]
public fun new_version_published(
    dataset_id: ID,
    version_id: ID,
    number: u64,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    policy_id: ID,
    blob_ids: vector<u256>,
): VersionPublished {
    VersionPublished {
        dataset_id,
        version_id,
        number,
        manifest_digest,
        manifest_blob_id,
        policy_id,
        blob_ids,
    }
}
