/// Who owns an object. The plain functions are for the module that defines the
/// type, the `public_` ones for anybody when the type has `store`.
module sui::transfer;

use sui::party::Party;

/// Only objects made in this transaction can be shared.
#[allow(unused_const)]
const ESharedNonNewObject: u64 = 0;
/// The object could not be serialised.
#[allow(unused_const)]
const EBCSSerializationFailure: u64 = 1;
/// The object received is of another type.
#[allow(unused_const)]
const EReceivingObjectTypeMismatch: u64 = 2;
/// There is no such object to receive.
#[allow(unused_const)]
const EUnableToReceiveObject: u64 = 3;
/// Shared objects can't do that.
#[allow(unused_const)]
const ESharedObjectOperationNotSupported: u64 = 4;

/// A ticket for an object that was sent to another object.
public struct Receiving<phantom T: key> has drop {
    id: ID,
    version: u64,
}

/// Gives the object to an address.
public fun transfer<T: key>(obj: T, recipient: address) {
    transfer_impl(obj, recipient)
}

/// Gives the object to an address.
public fun public_transfer<T: key + store>(obj: T, recipient: address) {
    transfer_impl(obj, recipient)
}

/// Gives the object to a party, ordered by consensus.
public fun party_transfer<T: key>(obj: T, party: Party) {
    let (default, addresses, permissions) = party.into_native();
    party_transfer_impl(obj, default, addresses, permissions)
}

/// Gives the object to a party, ordered by consensus.
public fun public_party_transfer<T: key + store>(obj: T, party: Party) {
    let (default, addresses, permissions) = party.into_native();
    party_transfer_impl(obj, default, addresses, permissions)
}

/// Makes the object immutable for ever.
public fun freeze_object<T: key>(obj: T) {
    freeze_object_impl(obj)
}

/// Makes the object immutable for ever.
public fun public_freeze_object<T: key + store>(obj: T) {
    freeze_object_impl(obj)
}

/// Lets everybody use the object. It must be new.
public fun share_object<T: key>(obj: T) {
    share_object_impl(obj)
}

/// Lets everybody use the object. It must be new.
public fun public_share_object<T: key + store>(obj: T) {
    share_object_impl(obj)
}

/// Takes an object that was sent to the parent object.
public fun receive<T: key>(parent: &mut UID, to_receive: Receiving<T>): T {
    let Receiving { id, version } = to_receive;
    receive_impl(parent.to_address(), id, version)
}

/// Takes an object that was sent to the parent object.
public fun public_receive<T: key + store>(parent: &mut UID, to_receive: Receiving<T>): T {
    let Receiving { id, version } = to_receive;
    receive_impl(parent.to_address(), id, version)
}

/// The object that the ticket is for.
public fun receiving_object_id<T: key>(receiving: &Receiving<T>): ID {
    receiving.id
}

public(package) native fun freeze_object_impl<T: key>(obj: T);
public(package) native fun share_object_impl<T: key>(obj: T);
public(package) native fun transfer_impl<T: key>(obj: T, recipient: address);
public(package) native fun party_transfer_impl<T: key>(
    obj: T,
    default_permissions: u64,
    addresses: vector<address>,
    permissions: vector<u64>,
);
native fun receive_impl<T: key>(parent: address, to_receive: ID, version: u64): T;

#[test_only]
/// A ticket from its parts.
public(package) fun make_receiver<T: key>(id: ID, version: u64): Receiving<T> {
    Receiving { id, version }
}
