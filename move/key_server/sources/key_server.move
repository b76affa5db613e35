// SPDX-License-Identifier: Apache-2.0

/// The on-chain registry of key servers, in Seal's layout, so that Seal's
/// clients find our servers without a change.
///
/// A `KeyServer` is owned by its operator, that of a committee by the committee's
/// contract. Its content is a dynamic field named
/// by the layout's version (a `u64`): version 1 for servers of old, version 2
/// for independent servers and committees. Clients read the highest version
/// that they know between `first_version` and `last_version`.
///
/// Registration proves nothing: anybody can register any name. Who encrypts
/// chooses by object id which servers to trust.
module floe_key_server::key_server;

use floe_key_server::events;
use std::string::String;
use sui::bls12381;
use sui::dynamic_field as df;
use sui::vec_set;

// === Errors ===
// The numbers are Seal's, which start at 1.

/// The key type is not Boneh-Franklin on BLS12-381 (0).
const EInvalidKeyType: u64 = 1;
/// The key server does not have the layout that the call is for.
const EInvalidVersion: u64 = 2;
/// The call is for independent servers and this is a committee, or the other
/// way round.
const EInvalidServerType: u64 = 3;
/// A committee's threshold is below 2 or above the number of its members.
const EInvalidThreshold: u64 = 4;
/// A member's party id is not its position in the committee.
const EInvalidPartyId: u64 = 5;
/// Two members of a committee have the same name.
const EDuplicateName: u64 = 6;
// From here on the numbers are ours.
/// There is not one address for each member of the committee.
const EInvalidMembers: u64 = 7;

// === Constants ===

const KEY_TYPE_BONEH_FRANKLIN_BLS12381: u8 = 0;

const V1: u64 = 1;
const V2: u64 = 2;

// === Structs ===

/// A key server; its content is in the dynamic fields `first_version` to
/// `last_version`.
public struct KeyServer has key, store {
    id: UID,
    first_version: u64,
    last_version: u64,
}

/// Content of layout 1: an independent server.
public struct KeyServerV1 has store {
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
}

/// Content of layout 2.
public struct KeyServerV2 has store {
    name: String,
    key_type: u8,
    pk: vector<u8>,
    server_type: ServerType,
}

/// How the holder of the key is reached.
public enum ServerType has drop, store {
    /// One server that holds the whole key.
    Independent { url: String },
    /// Servers that each hold a share of the key. `version` counts rotations.
    Committee {
        version: u32,
        threshold: u16,
        partial_key_servers: vector<PartialKeyServer>,
    },
}

/// A member of a committee. `party_id` is its position in the committee.
public struct PartialKeyServer has copy, drop, store {
    name: String,
    url: String,
    partial_pk: vector<u8>,
    party_id: u16,
}

// === Public Functions ===

/// Registers an independent server in layout 1 and returns its object. `pk` is
/// a compressed G2 point; anything else aborts in `sui::group_ops`.
public fun create_v1(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
): KeyServer {
    check_key(key_type, &pk);
    let mut server = KeyServer { id: object::new(ctx), first_version: V1, last_version: V1 };
    df::add(&mut server.id, V1, KeyServerV1 { name, url, key_type, pk });
    events::emit_key_server_registered(object::id(&server), name, url, key_type, pk, V1);
    server
}

/// Registers an independent server in layout 2 and returns its object. `pk` is
/// a compressed G2 point; anything else aborts in `sui::group_ops`.
public fun create_v2_independent_server(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
): KeyServer {
    check_key(key_type, &pk);
    let mut server = KeyServer { id: object::new(ctx), first_version: V2, last_version: V2 };
    let server_type = ServerType::Independent { url };
    df::add(&mut server.id, V2, KeyServerV2 { name, key_type, pk, server_type });
    events::emit_key_server_registered(object::id(&server), name, url, key_type, pk, V2);
    server
}

/// Registers an independent server in layout 1, owned by the sender.
entry fun create_and_transfer_v1(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    let server = create_v1(name, url, key_type, pk, ctx);
    transfer::transfer(server, ctx.sender());
}

/// Registers an independent server in layout 2, owned by the sender.
entry fun create_and_transfer_v2_independent_server(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    let server = create_v2_independent_server(name, url, key_type, pk, ctx);
    transfer::transfer(server, ctx.sender());
}

/// Gives a server of layout 1 layout 2 as well. Layout 1 stays for old clients
/// and is not updated any more.
entry fun upgrade_v1_to_independent_v2(self: &mut KeyServer) {
    assert!(self.last_version == V1, EInvalidVersion);
    let v1: &KeyServerV1 = df::borrow(&self.id, V1);
    let (name, url, key_type, pk) = (v1.name, v1.url, v1.key_type, v1.pk);
    let server_type = ServerType::Independent { url };
    df::add(&mut self.id, V2, KeyServerV2 { name, key_type, pk, server_type });
    self.last_version = V2;
    events::emit_key_server_registered(object::id(self), name, url, key_type, pk, V2);
}

/// Moves an independent server to another URL.
public fun update(self: &mut KeyServer, url: String) {
    if (self.last_version == V1) {
        let v1: &mut KeyServerV1 = df::borrow_mut(&mut self.id, V1);
        v1.url = url;
    } else {
        let v2: &mut KeyServerV2 = df::borrow_mut(&mut self.id, V2);
        match (&mut v2.server_type) {
            ServerType::Independent { url: current } => *current = url,
            ServerType::Committee { .. } => abort EInvalidServerType,
        }
    };
    events::emit_key_server_updated(object::id(self), url);
}

// === Committees ===

/// A member of a committee, for the calls below. `partial_pk` is a compressed G2
/// point; anything else aborts in `sui::group_ops`.
public fun create_partial_key_server(
    name: String,
    url: String,
    partial_pk: vector<u8>,
    party_id: u16,
): PartialKeyServer {
    let _ = bls12381::g2_from_bytes(&partial_pk);
    PartialKeyServer { name, url, partial_pk, party_id }
}

/// Registers a committee, its members by party id, and returns its object. Who holds
/// the object can change the members: a contract should, which asks them.
public fun create_committee_v2(
    name: String,
    threshold: u16,
    pk: vector<u8>,
    partial_key_servers: vector<PartialKeyServer>,
    ctx: &mut TxContext,
): KeyServer {
    let key_type = KEY_TYPE_BONEH_FRANKLIN_BLS12381;
    check_key(key_type, &pk);
    check_members(threshold, &partial_key_servers);
    let mut server = KeyServer { id: object::new(ctx), first_version: V2, last_version: V2 };
    let server_type = ServerType::Committee { version: 0, threshold, partial_key_servers };
    df::add(&mut server.id, V2, KeyServerV2 { name, key_type, pk, server_type });
    let no_url = b"".to_string();
    events::emit_key_server_registered(object::id(&server), name, no_url, key_type, pk, V2);
    server
}

/// Gives a committee's key to other members, or to the same with other shares. The
/// public key stays.
public fun update_partial_key_servers(
    self: &mut KeyServer,
    threshold: u16,
    partial_key_servers: vector<PartialKeyServer>,
) {
    check_members(threshold, &partial_key_servers);
    let id = object::id(self);
    match (&mut self.v2_mut().server_type) {
        ServerType::Independent { .. } => abort EInvalidServerType,
        ServerType::Committee { version, threshold: t, partial_key_servers: members } => {
            *version = *version + 1;
            *t = threshold;
            *members = partial_key_servers;
            events::emit_key_server_rotated(id, *version, threshold);
        },
    }
}

/// Moves a committee's member to another URL.
public fun update_member_url(self: &mut KeyServer, url: String, party_id: u16) {
    let id = object::id(self);
    match (&mut self.v2_mut().server_type) {
        ServerType::Independent { .. } => abort EInvalidServerType,
        ServerType::Committee { partial_key_servers, .. } => {
            let party = party_id as u64;
            assert!(party < partial_key_servers.length(), EInvalidPartyId);
            partial_key_servers[party].url = url;
            events::emit_partial_key_server_updated(id, party_id, url);
        },
    }
}

/// Says which address each member of a committee has, by party id, for those who follow
/// the receipts that members sign. Seal's layout has no place for addresses; the holder
/// of the object, who alone can say this, calls it after each change of the members.
public fun name_members(self: &mut KeyServer, members: vector<address>) {
    let id = object::id(self);
    match (&self.v2_mut().server_type) {
        ServerType::Independent { .. } => abort EInvalidServerType,
        ServerType::Committee { version, threshold, partial_key_servers } => {
            assert!(members.length() == partial_key_servers.length(), EInvalidMembers);
            events::emit_committee_members_named(
                id,
                *version,
                *threshold,
                members,
                partial_key_servers.map_ref!(|member| member.name),
                partial_key_servers.map_ref!(|member| member.url),
                partial_key_servers.map_ref!(|member| member.partial_pk),
            );
        },
    }
}

// === View helpers ===

/// The layout that the server was registered with: 1 or 2.
public fun first_version(self: &KeyServer): u64 { self.first_version }

/// The newest layout that the server has: 1 or 2.
public fun last_version(self: &KeyServer): u64 { self.last_version }

/// The server's name.
public fun name(self: &KeyServer): String {
    if (self.last_version == V1) self.v1().name else self.v2().name
}

/// The key type: 0, Boneh-Franklin on BLS12-381.
public fun key_type(self: &KeyServer): u8 {
    if (self.last_version == V1) self.v1().key_type else self.v2().key_type
}

/// The public key, a compressed G2 point of 96 bytes.
public fun pk(self: &KeyServer): vector<u8> {
    if (self.last_version == V1) self.v1().pk else self.v2().pk
}

/// The URL of an independent server. Aborts for a committee.
public fun url(self: &KeyServer): String {
    if (self.last_version == V1) return self.v1().url;
    match (&self.v2().server_type) {
        ServerType::Independent { url } => *url,
        ServerType::Committee { .. } => abort EInvalidServerType,
    }
}

/// True if the key is shared by a committee.
public fun is_committee(self: &KeyServer): bool {
    if (self.last_version == V1) return false;
    match (&self.v2().server_type) {
        ServerType::Independent { .. } => false,
        ServerType::Committee { .. } => true,
    }
}

/// Rotation count and threshold of a committee. Aborts for an independent server.
public fun committee_version_and_threshold(self: &KeyServer): (u32, u16) {
    match (&self.v2().server_type) {
        ServerType::Independent { .. } => abort EInvalidServerType,
        ServerType::Committee { version, threshold, .. } => (*version, *threshold),
    }
}

/// Members of a committee by party id. Aborts for an independent server.
public fun partial_key_servers(self: &KeyServer): vector<PartialKeyServer> {
    match (&self.v2().server_type) {
        ServerType::Independent { .. } => abort EInvalidServerType,
        ServerType::Committee { partial_key_servers, .. } => *partial_key_servers,
    }
}

/// The member's name, unique in its committee.
public fun partial_name(self: &PartialKeyServer): String { self.name }

/// The member's URL, which the committee's aggregator calls.
public fun partial_url(self: &PartialKeyServer): String { self.url }

/// The public key of the member's share, a compressed G2 point of 96 bytes.
public fun partial_pk(self: &PartialKeyServer): vector<u8> { self.partial_pk }

/// The member's position in its committee.
public fun party_id(self: &PartialKeyServer): u16 { self.party_id }

// === Private Functions ===

fun check_key(key_type: u8, pk: &vector<u8>) {
    assert!(key_type == KEY_TYPE_BONEH_FRANKLIN_BLS12381, EInvalidKeyType);
    let _ = bls12381::g2_from_bytes(pk);
}

fun check_members(threshold: u16, members: &vector<PartialKeyServer>) {
    let count = members.length();
    assert!(threshold > 1 && threshold as u64 <= count, EInvalidThreshold);
    let mut names = vec_set::empty();
    let mut party = 0;
    members.do_ref!(|member| {
        assert!(member.party_id as u64 == party, EInvalidPartyId);
        assert!(!names.contains(&member.name), EDuplicateName);
        names.insert(member.name);
        party = party + 1;
    });
}

fun v1(self: &KeyServer): &KeyServerV1 { df::borrow(&self.id, V1) }

fun v2(self: &KeyServer): &KeyServerV2 {
    assert!(self.last_version == V2, EInvalidVersion);
    df::borrow(&self.id, V2)
}

fun v2_mut(self: &mut KeyServer): &mut KeyServerV2 {
    assert!(self.last_version == V2, EInvalidVersion);
    df::borrow_mut(&mut self.id, V2)
}

// === Test-Only Helpers ===

#[test_only]
public fun create_and_transfer_v1_for_testing(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    create_and_transfer_v1(name, url, key_type, pk, ctx)
}

#[test_only]
public fun create_and_transfer_v2_for_testing(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    create_and_transfer_v2_independent_server(name, url, key_type, pk, ctx)
}

#[test_only]
public fun upgrade_for_testing(self: &mut KeyServer) { upgrade_v1_to_independent_v2(self) }

#[test_only]
public fun has_layout_for_testing(self: &KeyServer, version: u64): bool {
    if (version == V1) {
        df::exists_with_type<u64, KeyServerV1>(&self.id, V1)
    } else {
        df::exists_with_type<u64, KeyServerV2>(&self.id, version)
    }
}

#[test_only]
public fun v1_url_for_testing(self: &KeyServer): String { self.v1().url }
