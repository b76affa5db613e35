// SPDX-License-Identifier: Apache-2.0

/// Members of a table; the list itself carries the version of the code that it
/// takes.
module fixture::white_list;

use sui::table::{Self, Table};

const ENoAccess: u64 = 1;
const EWrongCap: u64 = 2;
const EDuplicate: u64 = 3;
const ENotInList: u64 = 4;
const EWrongVersion: u64 = 5;

const VERSION: u64 = 1;

public struct WhiteList has key {
    id: UID,
    version: u64,
    members: Table<address, bool>,
}

public struct Cap has key, store {
    id: UID,
    list: ID,
}

public fun create(ctx: &mut TxContext): (Cap, WhiteList) {
    let list = WhiteList { id: object::new(ctx), version: VERSION, members: table::new(ctx) };
    (Cap { id: object::new(ctx), list: object::id(&list) }, list)
}

public fun share(list: WhiteList) { transfer::share_object(list) }

public fun add(list: &mut WhiteList, cap: &Cap, who: address) {
    assert!(cap.list == object::id(list), EWrongCap);
    assert!(!list.members.contains(who), EDuplicate);
    list.members.add(who, true)
}

public fun remove(list: &mut WhiteList, cap: &Cap, who: address) {
    assert!(cap.list == object::id(list), EWrongCap);
    assert!(list.members.contains(who), ENotInList);
    list.members.remove(who);
}

fun allows(who: address, id: &vector<u8>, list: &WhiteList): bool {
    assert!(list.version == VERSION, EWrongVersion);
    let prefix = list.id.to_bytes();
    let mut i = 0;
    if (prefix.length() > id.length()) return false;
    while (i < prefix.length()) {
        if (prefix[i] != id[i]) return false;
        i = i + 1
    };
    list.members.contains(who)
}

entry fun seal_approve(id: vector<u8>, list: &WhiteList, ctx: &TxContext) {
    assert!(allows(ctx.sender(), &id, list), ENoAccess)
}
