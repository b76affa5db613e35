// SPDX-License-Identifier: Apache-2.0

/// Lets a key server find out that the full node which simulates for it lags
/// behind: it puts this check in front of the policy call.
module floe_key_server::time;

use sui::clock::Clock;

// === Errors ===

/// The chain's clock is further behind than allowed. Key servers know Seal's
/// number, so it is not counted from 0.
const EStaleFullnode: u64 = 93492;

// === Public Functions ===

/// Aborts if the chain's clock is more than `allowed_ms` behind `now_ms`, the
/// caller's own time in Unix milliseconds. A clock ahead of the caller's passes.
entry fun check_staleness(now_ms: u64, allowed_ms: u64, clock: &Clock) {
    let chain_ms = clock.timestamp_ms();
    assert!(now_ms <= chain_ms || now_ms - chain_ms <= allowed_ms, EStaleFullnode);
}

// === Test-Only Helpers ===

#[test_only]
public fun check_staleness_for_testing(now_ms: u64, allowed_ms: u64, clock: &Clock) {
    check_staleness(now_ms, allowed_ms, clock)
}
