// SPDX-License-Identifier: Apache-2.0

/// Planted bug: open outside of the window, and shut within.
module fixture::inverted_window;

use sui::clock::Clock;

const ENoAccess: u64 = 1;
const EInvalidWindow: u64 = 2;

public struct Embargo has key {
    id: UID,
    reader: address,
    opens_at_ms: u64,
    closes_at_ms: u64,
}

public fun create(reader: address, opens_at_ms: u64, closes_at_ms: u64, ctx: &mut TxContext) {
    assert!(opens_at_ms < closes_at_ms, EInvalidWindow);
    transfer::share_object(Embargo { id: object::new(ctx), reader, opens_at_ms, closes_at_ms })
}

entry fun seal_approve(id: vector<u8>, embargo: &Embargo, clock: &Clock, ctx: &TxContext) {
    let prefix = embargo.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(ctx.sender() == embargo.reader, ENoAccess);
    let now_ms = clock.timestamp_ms();
    assert!(now_ms < embargo.opens_at_ms || now_ms > embargo.closes_at_ms, ENoAccess)
}
