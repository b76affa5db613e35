// SPDX-License-Identifier: Apache-2.0

/// Members of a list, kept by who holds its capability.
module fixture::allow_list;

const ENotAMember: u64 = 1;
const EWrongCap: u64 = 2;
const EMemberAlready: u64 = 3;

public struct List has key {
    id: UID,
    name: std::string::String,
    members: vector<address>,
}

public struct Cap has key {
    id: UID,
    list: ID,
}

public fun create(name: std::string::String, ctx: &mut TxContext): Cap {
    let list = List { id: object::new(ctx), name, members: vector[] };
    let cap = Cap { id: object::new(ctx), list: object::id(&list) };
    transfer::share_object(list);
    cap
}

entry fun create_for_sender(name: std::string::String, ctx: &mut TxContext) {
    transfer::transfer(create(name, ctx), ctx.sender())
}

public fun add(list: &mut List, cap: &Cap, member: address) {
    assert!(cap.list == object::id(list), EWrongCap);
    assert!(!list.members.contains(&member), EMemberAlready);
    list.members.push_back(member)
}

public fun remove(list: &mut List, cap: &Cap, member: address) {
    assert!(cap.list == object::id(list), EWrongCap);
    list.members = list.members.filter!(|m| m != &member)
}

public fun namespace(list: &List): vector<u8> { list.id.to_bytes() }

fun is_prefix(prefix: vector<u8>, word: vector<u8>): bool {
    if (prefix.length() > word.length()) return false;
    let mut i = 0;
    while (i < prefix.length()) {
        if (prefix[i] != word[i]) return false;
        i = i + 1
    };
    true
}

entry fun seal_approve(id: vector<u8>, list: &List, ctx: &TxContext) {
    assert!(is_prefix(namespace(list), id), ENotAMember);
    assert!(list.members.contains(&ctx.sender()), ENotAMember)
}
