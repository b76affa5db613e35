/// Objects whose ids follow from a parent and a key, so that they can be known
/// before they exist. Each can be made once.
module sui::derived_object;

use sui::dynamic_field as df;

/// The id was claimed before.
const EObjectAlreadyExists: u64 = 0;

/// Marks an id as claimed, as a dynamic field of the parent.
public struct Claimed(ID) has copy, drop, store;

/// What is stored of a claimed id.
public enum ClaimedStatus has store {
    Reserved,
}

/// The key as it is hashed.
public struct DerivedObjectKey<K: copy + drop + store>(K) has copy, drop, store;

/// Makes the identity of a key. Aborts if it was made before.
public fun claim<K: copy + drop + store>(parent: &mut UID, key: K): UID {
    let addr = derive_address(parent.to_inner(), key);
    let id = addr.to_id();
    assert!(!df::exists_(parent, Claimed(id)), EObjectAlreadyExists);
    let uid = object::new_uid_from_hash(addr);
    df::add(parent, Claimed(id), ClaimedStatus::Reserved);
    uid
}

/// Whether the identity of a key was made.
public fun exists<K: copy + drop + store>(parent: &UID, key: K): bool {
    let addr = derive_address(parent.to_inner(), key);
    df::exists_(parent, Claimed(addr.to_id()))
}

/// The address of a key's object.
public fun derive_address<K: copy + drop + store>(parent: ID, key: K): address {
    df::hash_type_and_key(parent.to_address(), DerivedObjectKey(key))
}
