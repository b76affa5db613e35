/// Objects and their ids. A struct with `key` has `id: UID` as its first field.
module sui::object;

use std::bcs;
use sui::address;

public use fun id_to_address as ID.to_address;
public use fun id_to_bytes as ID.to_bytes;
public use fun uid_as_inner as UID.as_inner;
public use fun uid_to_inner as UID.to_inner;
public use fun uid_to_address as UID.to_address;
public use fun uid_to_bytes as UID.to_bytes;

/// The sender is not the system.
#[allow(unused_const)]
const ENotSystemAddress: u64 = 0;

/// Names an object. Anybody can make one, of any address.
public struct ID has copy, drop, store {
    bytes: address,
}

/// The identity of an object: globally unique, made once, never copied.
public struct UID has store {
    id: ID,
}

/// The bytes of an id: 32.
public fun id_to_bytes(id: &ID): vector<u8> {
    bcs::to_bytes(&id.bytes)
}

/// An id as address.
public fun id_to_address(id: &ID): address {
    id.bytes
}

/// Bytes as id. Aborts unless there are 32.
public fun id_from_bytes(bytes: vector<u8>): ID {
    address::from_bytes(bytes).to_id()
}

/// An address as id.
public fun id_from_address(bytes: address): ID {
    ID { bytes }
}

/// The id in an identity.
public fun uid_as_inner(uid: &UID): &ID {
    &uid.id
}

/// A copy of the id in an identity.
public fun uid_to_inner(uid: &UID): ID {
    uid.id
}

/// The bytes of the id in an identity.
public fun uid_to_bytes(uid: &UID): vector<u8> {
    bcs::to_bytes(&uid.id.bytes)
}

/// The id in an identity as address.
public fun uid_to_address(uid: &UID): address {
    uid.id.bytes
}

/// A new identity, made from the transaction's digest and a counter.
public fun new(ctx: &mut TxContext): UID {
    UID { id: ID { bytes: ctx.fresh_object_address() } }
}

/// Ends an object's life.
public fun delete(id: UID) {
    let UID { id: ID { bytes } } = id;
    delete_impl(bytes)
}

/// An object's id.
public fun id<T: key>(obj: &T): ID {
    borrow_uid(obj).id
}

/// An object's id, by reference.
public fun borrow_id<T: key>(obj: &T): &ID {
    &borrow_uid(obj).id
}

/// The bytes of an object's id.
public fun id_bytes<T: key>(obj: &T): vector<u8> {
    bcs::to_bytes(&borrow_uid(obj).id)
}

/// An object's id as address.
public fun id_address<T: key>(obj: &T): address {
    borrow_uid(obj).id.bytes
}

/// The clock's identity, 0x6.
#[allow(unused_function)]
public(package) fun clock(): UID {
    UID { id: ID { bytes: @0x6 } }
}

/// The identity of the randomness object, 0x8.
#[allow(unused_function)]
public(package) fun randomness_state(): UID {
    UID { id: ID { bytes: @0x8 } }
}

/// The identity of the deny list, 0x403.
#[allow(unused_function)]
public(package) fun sui_deny_list_object_id(): UID {
    UID { id: ID { bytes: @0x403 } }
}

/// The identity of the parent of accumulated values, 0xacc.
#[allow(unused_function)]
public(package) fun sui_accumulator_root_object_id(): UID {
    UID { id: ID { bytes: sui_accumulator_root_address() } }
}

/// The address of that object.
public(package) fun sui_accumulator_root_address(): address {
    @0xacc
}

/// An identity at an address that was made by hashing.
public(package) fun new_uid_from_hash(bytes: address): UID {
    record_new_uid(bytes);
    UID { id: ID { bytes } }
}

native fun borrow_uid<T: key>(obj: &T): &UID;
native fun delete_impl(id: address);
native fun record_new_uid(id: address);

/// The id that the transaction made last.
#[test_only]
public fun last_created(ctx: &TxContext): ID {
    ID { bytes: ctx.last_created_object_id() }
}
