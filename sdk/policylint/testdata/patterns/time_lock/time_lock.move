// SPDX-License-Identifier: Apache-2.0

/// Everybody, from a moment on that the identity names.
module fixture::time_lock;

use sui::bcs;
use sui::clock::Clock;

const ENoAccess: u64 = 77;

entry fun seal_approve(id: vector<u8>, clock: &Clock) {
    let mut reader = bcs::new(id);
    let opens_at_ms = reader.peel_u64();
    assert!(reader.into_remainder_bytes().is_empty(), ENoAccess);
    assert!(clock.timestamp_ms() >= opens_at_ms, ENoAccess)
}
