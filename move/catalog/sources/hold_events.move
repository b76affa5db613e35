// SPDX-License-Identifier: Apache-2.0

/// Events of legal holds on versions: each fact once, after it became true.
module floe_catalog::hold_events;

use sui::event;

// === Events ===

/// A version was recorded that these addresses can put on hold.
public struct HoldersNamed has copy, drop {
    version_id: ID,
    dataset_id: ID,
    holders: vector<address>,
    /// How many of them it takes.
    threshold: u64,
}

/// A holder voted to place a hold, or to lift it.
public struct LegalHoldVoted has copy, drop {
    version_id: ID,
    dataset_id: ID,
    holder: address,
    place: bool,
    voted_at_ms: u64,
}

/// Enough holders voted: the version and all that was made from it stop.
public struct LegalHoldPlaced has copy, drop {
    version_id: ID,
    dataset_id: ID,
    placed_at_ms: u64,
}

/// Enough holders voted: the hold can be ended from then on.
public struct LegalHoldLifted has copy, drop {
    version_id: ID,
    dataset_id: ID,
    ends_at_ms: u64,
}

/// The hold has ended.
public struct LegalHoldEnded has copy, drop {
    version_id: ID,
    dataset_id: ID,
    ended_at_ms: u64,
}

// === Package Functions ===

public(package) fun emit_holders_named(
    version_id: ID,
    dataset_id: ID,
    holders: vector<address>,
    threshold: u64,
) {
    event::emit(HoldersNamed { version_id, dataset_id, holders, threshold })
}

public(package) fun emit_legal_hold_voted(
    version_id: ID,
    dataset_id: ID,
    holder: address,
    place: bool,
    voted_at_ms: u64,
) {
    event::emit(LegalHoldVoted { version_id, dataset_id, holder, place, voted_at_ms })
}

public(package) fun emit_legal_hold_placed(version_id: ID, dataset_id: ID, placed_at_ms: u64) {
    event::emit(LegalHoldPlaced { version_id, dataset_id, placed_at_ms })
}

public(package) fun emit_legal_hold_lifted(version_id: ID, dataset_id: ID, ends_at_ms: u64) {
    event::emit(LegalHoldLifted { version_id, dataset_id, ends_at_ms })
}

public(package) fun emit_legal_hold_ended(version_id: ID, dataset_id: ID, ended_at_ms: u64) {
    event::emit(LegalHoldEnded { version_id, dataset_id, ended_at_ms })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_holders_named(
    version_id: ID,
    dataset_id: ID,
    holders: vector<address>,
    threshold: u64,
): HoldersNamed {
    HoldersNamed { version_id, dataset_id, holders, threshold }
}

#[test_only]
public fun new_legal_hold_voted(
    version_id: ID,
    dataset_id: ID,
    holder: address,
    place: bool,
    voted_at_ms: u64,
): LegalHoldVoted {
    LegalHoldVoted { version_id, dataset_id, holder, place, voted_at_ms }
}

#[test_only]
public fun new_legal_hold_placed(
    version_id: ID,
    dataset_id: ID,
    placed_at_ms: u64,
): LegalHoldPlaced {
    LegalHoldPlaced { version_id, dataset_id, placed_at_ms }
}

#[test_only]
public fun new_legal_hold_lifted(
    version_id: ID,
    dataset_id: ID,
    ends_at_ms: u64,
): LegalHoldLifted {
    LegalHoldLifted { version_id, dataset_id, ends_at_ms }
}

#[test_only]
public fun new_legal_hold_ended(
    version_id: ID,
    dataset_id: ID,
    ended_at_ms: u64,
): LegalHoldEnded {
    LegalHoldEnded { version_id, dataset_id, ended_at_ms }
}
