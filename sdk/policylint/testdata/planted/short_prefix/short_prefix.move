// SPDX-License-Identifier: Apache-2.0

/// Planted bug: only 8 of the 32 bytes of the list's id are compared.
module fixture::short_prefix;

const ENoAccess: u64 = 1;
const EWrongCap: u64 = 2;

public struct List has key {
    id: UID,
    members: vector<address>,
}

public struct Cap has key, store {
    id: UID,
    list: ID,
}

public fun create(ctx: &mut TxContext): Cap {
    let list = List { id: object::new(ctx), members: vector[ctx.sender()] };
    let cap = Cap { id: object::new(ctx), list: object::id(&list) };
    transfer::share_object(list);
    cap
}

const COMPARED: u64 = 8;

public fun add(list: &mut List, cap: &Cap, member: address) {
    assert!(cap.list == object::id(list), EWrongCap);
    list.members.push_back(member)
}

entry fun seal_approve(id: vector<u8>, list: &List, ctx: &TxContext) {
    let prefix = list.id.to_bytes();
    assert!(id.length() >= prefix.length(), ENoAccess);
    COMPARED.do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(list.members.contains(&ctx.sender()), ENoAccess)
}
