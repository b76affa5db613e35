// SPDX-License-Identifier: Apache-2.0

/// Events of key requests and of the stewards' approvals: each fact once, after it
/// became true.
module floe_access::request_events;

use std::string::String;
use sui::event;

// === Events ===

/// A requester met a clause and may ask for keys until the request ends.
public struct KeyRequested has copy, drop {
    policy_id: ID,
    request_id: ID,
    requester: address,
    /// The clause that was met.
    clause: u64,
    /// What the keys are for, as the requester declared.
    purpose: Option<String>,
    valid_until_ms: u64,
}

/// A steward approved a requester.
public struct RequesterApproved has copy, drop {
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
}

/// A steward's approval of a requester ended before its time.
public struct ApprovalWithdrawn has copy, drop {
    policy_id: ID,
    requester: address,
    steward: address,
}

// === Package Functions ===

public(package) fun emit_key_requested(
    policy_id: ID,
    request_id: ID,
    requester: address,
    clause: u64,
    purpose: Option<String>,
    valid_until_ms: u64,
) {
    event::emit(KeyRequested {
        policy_id,
        request_id,
        requester,
        clause,
        purpose,
        valid_until_ms,
    })
}

public(package) fun emit_requester_approved(
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
) {
    event::emit(RequesterApproved { policy_id, requester, steward, valid_until_ms })
}

public(package) fun emit_approval_withdrawn(policy_id: ID, requester: address, steward: address) {
    event::emit(ApprovalWithdrawn { policy_id, requester, steward })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_key_requested(
    policy_id: ID,
    request_id: ID,
    requester: address,
    clause: u64,
    purpose: Option<String>,
    valid_until_ms: u64,
): KeyRequested {
    KeyRequested {
        policy_id,
        request_id,
        requester,
        clause,
        purpose,
        valid_until_ms,
    }
}

#[test_only]
public fun new_requester_approved(
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
): RequesterApproved {
    RequesterApproved { policy_id, requester, steward, valid_until_ms }
}

#[test_only]
public fun new_approval_withdrawn(
    policy_id: ID,
    requester: address,
    steward: address,
): ApprovalWithdrawn {
    ApprovalWithdrawn { policy_id, requester, steward }
}
