// SPDX-License-Identifier: Apache-2.0

/// Planted bug: the decision counts and tells, and key servers only simulate it.
module fixture::side_effects;

use sui::event;

const ENoAccess: u64 = 1;
const EUsedUp: u64 = 2;

public struct Box has key {
    id: UID,
    reader: address,
    opened: u64,
}

public struct Opened has copy, drop {
    box: ID,
}

public fun create(reader: address, ctx: &mut TxContext) {
    transfer::share_object(Box { id: object::new(ctx), reader, opened: 0 })
}

entry fun seal_approve(id: vector<u8>, box: &mut Box, ctx: &TxContext) {
    let prefix = box.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(ctx.sender() == box.reader, ENoAccess);
    assert!(box.opened < 3, EUsedUp);
    box.opened = box.opened + 1;
    event::emit(Opened { box: object::id(box) })
}
