/// Owners whose objects are ordered by consensus. Only a single owner with all
/// permissions exists so far.
module sui::party;

use sui::vec_map::{Self, VecMap};

/// Nothing.
const NO_PERMISSIONS: u64 = 0;
/// Read, write, delete and transfer.
const ALL_PERMISSIONS: u64 = 0xF;

/// What a member may do, as bits.
public struct Permissions(u64) has copy, drop;

/// The members, and what everybody else may do.
public struct Party has copy, drop {
    default: Permissions,
    members: VecMap<address, Permissions>,
}

/// A party of one, who may do everything.
public fun single_owner(owner: address): Party {
    let mut members = vec_map::empty();
    members.insert(owner, Permissions(ALL_PERMISSIONS));
    Party { default: Permissions(NO_PERMISSIONS), members }
}

/// Whether one member has all permissions and nobody else has any.
public(package) fun is_single_owner(p: &Party): bool {
    if (p.default.0 != NO_PERMISSIONS || p.members.length() != 1) return false;
    let (_, permissions) = p.members.get_entry_by_idx(0);
    permissions.0 == ALL_PERMISSIONS
}

/// The parts, as the native takes them.
public(package) fun into_native(p: Party): (u64, vector<address>, vector<u64>) {
    let Party { default, members } = p;
    let (addresses, permissions) = members.into_keys_values();
    (default.0, addresses, permissions.map!(|bits| bits.0))
}

/// Whether the party has one owner.
#[test_only]
public fun is_single_owner_for_testing(p: &Party): bool {
    p.is_single_owner()
}
