/// The smallest policy that looks something up: whoever is in a table may have
/// the keys whose names start with the id of the list.
module whitelist::whitelist;

use sui::table::{Self, Table};

const ENoAccess: u64 = 1;

public struct Whitelist has key {
    id: UID,
    members: Table<address, bool>,
}

fun init(ctx: &mut TxContext) {
    let mut members = table::new(ctx);
    members.add(ctx.sender(), true);
    transfer::share_object(Whitelist { id: object::new(ctx), members });
}

entry fun seal_approve(id: vector<u8>, list: &Whitelist, ctx: &TxContext) {
    let prefix = list.id.to_bytes();
    let mut i = 0;
    assert!(id.length() > prefix.length(), ENoAccess);
    while (i < prefix.length()) {
        assert!(id[i] == prefix[i], ENoAccess);
        i = i + 1;
    };
    assert!(list.members.contains(ctx.sender()), ENoAccess);
}
