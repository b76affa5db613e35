// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_key_server::time_tests;

use floe_key_server::time;
use sui::clock;

const MAX: u64 = 18446744073709551615;

#[test]
fun clock_within_the_allowance_passes() {
    check(1_000, 0, 1_000);
    check(1_000, 100, 900);
    check(1_000, 100, 950);
    check(MAX, MAX, 0);
}

#[test]
fun clock_ahead_passes() {
    check(1_000, 0, 1_001);
    check(0, 0, MAX);
}

#[test, expected_failure(abort_code = time::EStaleFullnode)]
fun clock_one_millisecond_too_far_behind_is_stale() {
    check(1_000, 100, 899)
}

#[test, expected_failure(abort_code = time::EStaleFullnode)]
fun no_allowance_means_no_delay() {
    check(1_000, 0, 999)
}

#[test, expected_failure(abort_code = 93492, location = floe_key_server::time)]
fun abort_code_is_the_one_that_key_servers_know() {
    check(1_000, 100, 0)
}

fun check(now_ms: u64, allowed_ms: u64, chain_ms: u64) {
    let mut clock = clock::create_for_testing(&mut tx_context::dummy());
    clock.set_for_testing(chain_ms);
    time::check_staleness_for_testing(now_ms, allowed_ms, &clock);
    clock.destroy_for_testing();
}
