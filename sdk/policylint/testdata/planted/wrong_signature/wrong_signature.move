// SPDX-License-Identifier: Apache-2.0

/// Planted bugs: the identity is not the first parameter; a function that no key
/// server can call; and one that other packages may call and no upgrade can change.
module fixture::wrong_signature;

const ENoAccess: u64 = 1;

public struct Door has key {
    id: UID,
    reader: address,
}

public fun create(reader: address, ctx: &mut TxContext) {
    transfer::share_object(Door { id: object::new(ctx), reader })
}

entry fun seal_approve(door: &Door, id: vector<u8>, ctx: &TxContext) { check(&id, door, ctx.sender()) }

#[allow(unused_function)]
fun seal_approve_hidden(id: vector<u8>, door: &Door, ctx: &TxContext) { check(&id, door, ctx.sender()) }

public fun seal_approve_public(id: vector<u8>, door: &Door, ctx: &TxContext) {
    check(&id, door, ctx.sender())
}

fun check(id: &vector<u8>, door: &Door, who: address) {
    let prefix = door.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(who == door.reader, ENoAccess)
}
