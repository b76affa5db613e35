// SPDX-License-Identifier: Apache-2.0

/// Events of how a policy may change: each fact once, after it became true.
module floe_access::governance_events;

use floe_access::change::Change;
use sui::event;

// === Events ===

/// A change that widens the policy waits.
public struct ChangeProposed has copy, drop {
    policy_id: ID,
    proposal: u64,
    change: Change,
    /// From when on it can be applied.
    ready_at_ms: u64,
}

/// A proposed change will not be applied.
public struct ChangeCancelled has copy, drop {
    policy_id: ID,
    proposal: u64,
}

/// A proposed change was applied; the event before says what is so now.
public struct ChangeApplied has copy, drop {
    policy_id: ID,
    proposal: u64,
}

/// Changes proposed from now on wait longer.
public struct DelayRaised has copy, drop {
    policy_id: ID,
    delay_ms: u64,
}

/// Nothing will ever widen the policy again.
public struct PolicyFrozen has copy, drop {
    policy_id: ID,
}

/// A holder voted to place a hold, or to lift it.
public struct PolicyHoldVoted has copy, drop {
    policy_id: ID,
    holder: address,
    place: bool,
}

/// The policy releases no key until the hold is lifted.
public struct PolicyHeld has copy, drop {
    policy_id: ID,
}

/// The hold ends.
public struct PolicyHoldLifted has copy, drop {
    policy_id: ID,
    ends_at_ms: u64,
}

// === Package Functions ===

public(package) fun emit_change_proposed(
    policy_id: ID,
    proposal: u64,
    change: Change,
    ready_at_ms: u64,
) {
    event::emit(ChangeProposed { policy_id, proposal, change, ready_at_ms })
}

public(package) fun emit_change_cancelled(policy_id: ID, proposal: u64) {
    event::emit(ChangeCancelled { policy_id, proposal })
}

public(package) fun emit_change_applied(policy_id: ID, proposal: u64) {
    event::emit(ChangeApplied { policy_id, proposal })
}

public(package) fun emit_delay_raised(policy_id: ID, delay_ms: u64) {
    event::emit(DelayRaised { policy_id, delay_ms })
}

public(package) fun emit_policy_frozen(policy_id: ID) {
    event::emit(PolicyFrozen { policy_id })
}

public(package) fun emit_policy_hold_voted(policy_id: ID, holder: address, place: bool) {
    event::emit(PolicyHoldVoted { policy_id, holder, place })
}

public(package) fun emit_policy_held(policy_id: ID) {
    event::emit(PolicyHeld { policy_id })
}

public(package) fun emit_policy_hold_lifted(policy_id: ID, ends_at_ms: u64) {
    event::emit(PolicyHoldLifted { policy_id, ends_at_ms })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_change_proposed(
    policy_id: ID,
    proposal: u64,
    change: Change,
    ready_at_ms: u64,
): ChangeProposed {
    ChangeProposed { policy_id, proposal, change, ready_at_ms }
}

#[test_only]
public fun new_change_cancelled(policy_id: ID, proposal: u64): ChangeCancelled {
    ChangeCancelled { policy_id, proposal }
}

#[test_only]
public fun new_change_applied(policy_id: ID, proposal: u64): ChangeApplied {
    ChangeApplied { policy_id, proposal }
}

#[test_only]
public fun new_delay_raised(policy_id: ID, delay_ms: u64): DelayRaised {
    DelayRaised { policy_id, delay_ms }
}

#[test_only]
public fun new_policy_frozen(policy_id: ID): PolicyFrozen {
    PolicyFrozen { policy_id }
}

#[test_only]
public fun new_policy_hold_voted(policy_id: ID, holder: address, place: bool): PolicyHoldVoted {
    PolicyHoldVoted { policy_id, holder, place }
}

#[test_only]
public fun new_policy_held(policy_id: ID): PolicyHeld {
    PolicyHeld { policy_id }
}

#[test_only]
public fun new_policy_hold_lifted(policy_id: ID, ends_at_ms: u64): PolicyHoldLifted {
    PolicyHoldLifted { policy_id, ends_at_ms }
}
