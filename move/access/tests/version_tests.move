// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::version_tests;

use floe_access::version::{Self, PackageVersion, PackageVersionCap};
use sui::test_scenario::{Self, Scenario};

const PUBLISHER: address = @0xa;

#[test]
fun publisher_gets_the_capability_of_the_shared_version() {
    let scenario = begin();
    let version = scenario.take_shared<PackageVersion>();
    let cap = scenario.take_from_sender<PackageVersionCap>();
    assert!(version.version() == 1);
    version.check();
    scenario.return_to_sender(cap);
    test_scenario::return_shared(version);
    scenario.end();
}

#[test]
fun older_version_is_migrated() {
    let scenario = begin();
    let mut version = scenario.take_shared<PackageVersion>();
    let cap = scenario.take_from_sender<PackageVersionCap>();
    version.set_for_testing(0);
    version.migrate(&cap);
    assert!(version.version() == 1);
    version.check();
    scenario.return_to_sender(cap);
    test_scenario::return_shared(version);
    scenario.end();
}

#[test, expected_failure(abort_code = version::EAlreadyMigrated)]
fun current_version_is_not_migrated() {
    let scenario = begin();
    let mut version = scenario.take_shared<PackageVersion>();
    let cap = scenario.take_from_sender<PackageVersionCap>();
    version.migrate(&cap);
    abort
}

#[test, expected_failure(abort_code = version::EAlreadyMigrated)]
fun newer_version_is_not_taken_back() {
    let scenario = begin();
    let mut version = scenario.take_shared<PackageVersion>();
    let cap = scenario.take_from_sender<PackageVersionCap>();
    version.set_for_testing(2);
    version.migrate(&cap);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun code_of_an_older_version_refuses() {
    let scenario = begin();
    let mut version = scenario.take_shared<PackageVersion>();
    version.set_for_testing(2);
    version.check();
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun code_of_a_newer_version_waits_for_migration() {
    let scenario = begin();
    let mut version = scenario.take_shared<PackageVersion>();
    version.set_for_testing(0);
    version.check();
    abort
}

fun begin(): Scenario {
    let mut scenario = test_scenario::begin(PUBLISHER);
    version::init_for_testing(scenario.ctx());
    scenario.next_tx(PUBLISHER);
    scenario
}
