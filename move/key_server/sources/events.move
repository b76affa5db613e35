// SPDX-License-Identifier: Apache-2.0

/// All events of the package. Seal's own registry emits none; these let an
/// index follow the key servers.
module floe_key_server::events;

use std::string::String;
use sui::event;

// === Events ===

/// A key server registered, or got the layout of a newer version.
public struct KeyServerRegistered has copy, drop {
    key_server_id: ID,
    name: String,
    /// Empty for a committee, whose members each have their own.
    url: String,
    /// 0 = Boneh-Franklin on BLS12-381.
    key_type: u8,
    /// Public key, a compressed G2 point of 96 bytes.
    pk: vector<u8>,
    /// The layout: 1 or 2.
    version: u64,
}

/// A key server moved to another URL. Its key is the same.
public struct KeyServerUpdated has copy, drop {
    key_server_id: ID,
    url: String,
}

/// A committee's key went over to other members, or to other shares. The public key
/// is the same.
public struct KeyServerRotated has copy, drop {
    key_server_id: ID,
    /// Counts rotations.
    version: u32,
    threshold: u16,
}

/// A member of a committee moved to another URL.
public struct PartialKeyServerUpdated has copy, drop {
    key_server_id: ID,
    party_id: u16,
    url: String,
}

/// Who the members of a committee are, at one version of their keys: all lists are by
/// party id. Said by whoever holds the committee's key server, which knows the
/// addresses; the object has the rest.
public struct CommitteeMembersNamed has copy, drop {
    key_server_id: ID,
    version: u32,
    threshold: u16,
    /// Who signs as this member, receipts too.
    members: vector<address>,
    names: vector<String>,
    urls: vector<String>,
    /// Of each member's share, compressed G2 points of 96 bytes.
    partial_pks: vector<vector<u8>>,
}

// === Package Functions ===

public(package) fun emit_key_server_registered(
    key_server_id: ID,
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    version: u64,
) {
    event::emit(KeyServerRegistered { key_server_id, name, url, key_type, pk, version })
}

public(package) fun emit_key_server_updated(key_server_id: ID, url: String) {
    event::emit(KeyServerUpdated { key_server_id, url })
}

public(package) fun emit_key_server_rotated(key_server_id: ID, version: u32, threshold: u16) {
    event::emit(KeyServerRotated { key_server_id, version, threshold })
}

public(package) fun emit_partial_key_server_updated(key_server_id: ID, party_id: u16, url: String) {
    event::emit(PartialKeyServerUpdated { key_server_id, party_id, url })
}

public(package) fun emit_committee_members_named(
    key_server_id: ID,
    version: u32,
    threshold: u16,
    members: vector<address>,
    names: vector<String>,
    urls: vector<String>,
    partial_pks: vector<vector<u8>>,
) {
    event::emit(CommitteeMembersNamed {
        key_server_id,
        version,
        threshold,
        members,
        names,
        urls,
        partial_pks,
    })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_key_server_registered(
    key_server_id: ID,
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    version: u64,
): KeyServerRegistered {
    KeyServerRegistered { key_server_id, name, url, key_type, pk, version }
}

#[test_only]
public fun new_key_server_updated(key_server_id: ID, url: String): KeyServerUpdated {
    KeyServerUpdated { key_server_id, url }
}

#[test_only]
public fun new_key_server_rotated(
    key_server_id: ID,
    version: u32,
    threshold: u16,
): KeyServerRotated {
    KeyServerRotated { key_server_id, version, threshold }
}

#[test_only]
public fun new_partial_key_server_updated(
    key_server_id: ID,
    party_id: u16,
    url: String,
): PartialKeyServerUpdated {
    PartialKeyServerUpdated { key_server_id, party_id, url }
}

#[test_only]
public fun new_committee_members_named(
    key_server_id: ID,
    version: u32,
    threshold: u16,
    members: vector<address>,
    names: vector<String>,
    urls: vector<String>,
    partial_pks: vector<vector<u8>>,
): CommitteeMembersNamed {
    CommitteeMembersNamed {
        key_server_id,
        version,
        threshold,
        members,
        names,
        urls,
        partial_pks,
    }
}
