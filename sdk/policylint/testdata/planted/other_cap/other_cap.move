// SPDX-License-Identifier: Apache-2.0

/// Planted bug: any capability manages any list: it is not compared with the list.
module fixture::other_cap;

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

public fun add(list: &mut List, _cap: &Cap, member: address) {
    list.members.push_back(member)
}

public fun manages(cap: &Cap, list: &List) { assert!(cap.list == object::id(list), EWrongCap) }

fun has_prefix(id: &vector<u8>, list: &List): bool {
    let prefix = list.id.to_bytes();
    if (id.length() < prefix.length()) return false;
    let mut same = true;
    prefix.length().do!(|i| if (id[i] != prefix[i]) same = false);
    same
}

entry fun seal_approve(id: vector<u8>, list: &List, ctx: &TxContext) {
    assert!(has_prefix(&id, list), ENoAccess);
    assert!(list.members.contains(&ctx.sender()), ENoAccess)
}
