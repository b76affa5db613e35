// SPDX-License-Identifier: Apache-2.0

/// The events of `anchors`.
module floe_access::anchor_events;

use std::string::String;
use sui::event;

// === Events ===

/// A log can be anchored from now on.
public struct AnchorCreated has copy, drop {
    anchor_id: ID,
    /// First line of the log's checkpoints.
    origin: String,
    /// Ed25519.
    public_key: vector<u8>,
}

/// A larger tree was anchored.
public struct RootAnchored has copy, drop {
    anchor_id: ID,
    previous_size: u64,
    tree_size: u64,
    root: vector<u8>,
    signature: vector<u8>,
    anchored_at_ms: u64,
}

/// The operator signed two different trees of one size.
public struct MisbehaviourProven has copy, drop {
    anchor_id: ID,
    tree_size: u64,
    first_root: vector<u8>,
    first_signature: vector<u8>,
    second_root: vector<u8>,
    second_signature: vector<u8>,
    reporter: address,
}

// === Package Functions ===

public(package) fun emit_anchor_created(anchor_id: ID, origin: String, public_key: vector<u8>) {
    event::emit(AnchorCreated { anchor_id, origin, public_key })
}

public(package) fun emit_root_anchored(
    anchor_id: ID,
    previous_size: u64,
    tree_size: u64,
    root: vector<u8>,
    signature: vector<u8>,
    anchored_at_ms: u64,
) {
    event::emit(RootAnchored {
        anchor_id,
        previous_size,
        tree_size,
        root,
        signature,
        anchored_at_ms,
    })
}

public(package) fun emit_misbehaviour_proven(
    anchor_id: ID,
    tree_size: u64,
    first_root: vector<u8>,
    first_signature: vector<u8>,
    second_root: vector<u8>,
    second_signature: vector<u8>,
    reporter: address,
) {
    event::emit(MisbehaviourProven {
        anchor_id,
        tree_size,
        first_root,
        first_signature,
        second_root,
        second_signature,
        reporter,
    })
}
