// SPDX-License-Identifier: Apache-2.0

/// When a newer version of the package is in force, this code refuses each call
/// that changes something. That no such call is forgotten is checked by the Go
/// tests in sdk/contract.
#[test_only]
module floe_catalog::catalog_version_tests;

use floe_catalog::catalog;
use floe_catalog::catalog_version::{Self, CatalogVersion, CatalogVersionCap};
use floe_catalog::consent::{Self, Consent};
use floe_catalog::inference_log;
use floe_catalog::legal_hold;
use floe_catalog::lineage::{Self, Lineage};
use floe_catalog::revenue::{Self, Treasury};
use floe_catalog::world::{Self, World};
use std::unit_test::destroy;
use sui::coin;
use sui::sui::SUI;
use sui::test_scenario::{Self, Scenario};

const OWNER: address = @0xa;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

// === Migration ===

#[test]
fun publisher_gets_the_capability_of_the_shared_version() {
    let (scenario, version, lineage, cap) = published();
    assert!(version.version() == 1 && lineage.version() == 1);
    version.check();
    lineage.check_version();
    end(scenario, version, lineage, cap);
}

#[test]
fun migration_raises_both() {
    let (scenario, mut version, mut lineage, cap) = published();
    version.set_for_testing(0);
    lineage.set_version_for_testing(0);
    lineage.migrate(&mut version, &cap);
    assert!(version.version() == 1 && lineage.version() == 1);
    end(scenario, version, lineage, cap);
}

#[test, expected_failure(abort_code = catalog_version::EAlreadyMigrated)]
fun newer_version_is_not_taken_back() {
    let (_scenario, mut version, mut lineage, cap) = published();
    version.set_for_testing(2);
    lineage.migrate(&mut version, &cap);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun code_of_a_newer_version_waits_for_migration() {
    let (_scenario, mut version, _lineage, _cap) = published();
    version.set_for_testing(0);
    version.check();
    abort
}

// === Old code ===

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun catalog_new() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    version.set_for_testing(2);
    let (_dataset, _cap) = catalog::new(b"a".to_string(), &version, w.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun catalog_publish_version() {
    let (mut w, _) = outdated();
    w.publish_unrecorded();
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_bind_origin() {
    let (mut w, _) = outdated();
    let blob = w.blob(option::none());
    w.bind_origin(&blob, DIGEST);
    destroy(blob);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_publish_version() {
    let (mut w, _) = outdated();
    w.publish(world::terms(vector[], vector[]));
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_record() {
    let mut w = world::begin();
    let v = w.publish_unrecorded();
    w.outdate();
    w.record(v, world::terms(vector[], vector[]));
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_revoke() {
    let (mut w, v) = outdated();
    w.revoke(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_place_hold() {
    let (mut w, v) = outdated();
    w.hold(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_announce_release() {
    let mut w = world::begin();
    let v = w.root();
    w.hold(v);
    w.outdate();
    w.announce_release(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_release_hold() {
    let mut w = world::begin();
    let v = w.root();
    w.hold(v);
    w.announce_release(v);
    w.outdate();
    w.release(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_assert_living() {
    let (w, v) = outdated();
    w.lineage().assert_living(v, 1);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_standing() {
    let (w, v) = outdated();
    w.lineage().standing(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun lineage_is_alive() {
    let (w, v) = outdated();
    w.lineage().is_alive(v);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun legal_hold_vote() {
    let (mut w, v) = outdated();
    let (lineage, _, _, clock, scenario) = w.parts();
    legal_hold::vote(lineage, v, true, clock, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun legal_hold_end() {
    let (mut w, v) = outdated();
    let (lineage, _, _, clock, _) = w.parts();
    legal_hold::end(lineage, v, clock);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun consent_give() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    version.set_for_testing(2);
    let (_, _, dataset, clock, scenario) = w.parts();
    consent::give(dataset, DIGEST, option::none(), &version, clock, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun consent_attach() {
    let (mut w, v, mut consent) = with_consent();
    let (lineage, cap, _, clock, _) = w.parts();
    consent.attach(lineage, cap, v, clock);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun consent_withdraw() {
    let (mut w, _, mut consent) = with_consent();
    let (lineage, _, _, clock, scenario) = w.parts();
    consent.withdraw(lineage, clock, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_create_treasury() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    version.set_for_testing(2);
    revenue::create_treasury<SUI>(&version, w.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_sell() {
    let (mut w, v, mut treasury) = with_treasury();
    let coin = coin::mint_for_testing<SUI>(1, w.ctx());
    let (lineage, _, _, clock, scenario) = w.parts();
    treasury.sell(lineage, v, coin, clock, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_sell_with_ticket() {
    let (mut w, v, mut treasury) = with_treasury();
    let coin = coin::mint_for_testing<SUI>(1, w.ctx());
    let (lineage, _, _, clock, scenario) = w.parts();
    let (_receipt, _ticket) = treasury.sell_with_ticket(lineage, v, coin, clock, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_settle() {
    let (mut w, v, mut treasury) = with_treasury();
    let (lineage, _, _, clock, _) = w.parts();
    treasury.settle(lineage, v, clock);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_refund() {
    let (mut w, v, mut treasury) = with_treasury();
    let (lineage, _, _, _, scenario) = w.parts();
    treasury.refund(lineage, v, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_refund_with_ticket() {
    let (mut w, v, mut treasury) = with_treasury();
    let ticket = revenue::ticket_for_testing(&treasury, v);
    let (lineage, _, _, _, scenario) = w.parts();
    treasury.refund_with_ticket(lineage, ticket, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun revenue_claim() {
    let (mut w, _, mut treasury) = with_treasury();
    let mut version = catalog_version::new_for_testing(w.ctx());
    version.set_for_testing(2);
    let _coin = treasury.claim(&version, w.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun inference_log_create() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    version.set_for_testing(2);
    let _cap = inference_log::create(b"a".to_string(), &version, w.ctx());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun inference_log_create_for_service() {
    let (mut w, v) = outdated();
    let (lineage, cap, _, _, scenario) = w.parts();
    let _cap = inference_log::create_for_service(
        b"a".to_string(),
        lineage,
        cap,
        v,
        scenario.ctx(),
    );
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun inference_log_commit() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    let cap = inference_log::create(b"a".to_string(), &version, w.ctx());
    version.set_for_testing(2);
    w.scenario().next_tx(OWNER);
    let mut log = w.scenario().take_shared<inference_log::Log>();
    log.commit(&cap, 1, DIGEST, vector[], &version, w.clock());
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun inference_log_open_leaf() {
    let (mut w, _) = outdated();
    let mut version = catalog_version::new_for_testing(w.ctx());
    let _cap = inference_log::create(b"a".to_string(), &version, w.ctx());
    version.set_for_testing(2);
    w.scenario().next_tx(OWNER);
    let log = w.scenario().take_shared<inference_log::Log>();
    log.open_leaf(0, b"", vector[], &version);
    abort
}

// === Helpers ===

fun published(): (Scenario, CatalogVersion, Lineage, CatalogVersionCap) {
    let mut scenario = test_scenario::begin(OWNER);
    catalog_version::init_for_testing(scenario.ctx());
    lineage::init_for_testing(scenario.ctx());
    scenario.next_tx(OWNER);
    let version = scenario.take_shared<CatalogVersion>();
    let lineage = scenario.take_shared<Lineage>();
    let cap = scenario.take_from_sender<CatalogVersionCap>();
    (scenario, version, lineage, cap)
}

fun end(scenario: Scenario, version: CatalogVersion, lineage: Lineage, cap: CatalogVersionCap) {
    destroy(version);
    destroy(lineage);
    destroy(cap);
    scenario.end();
}

/// A world with a recorded version, whose package is out of date.
fun outdated(): (World, ID) {
    let mut w = world::begin();
    let v = w.root();
    w.outdate();
    (w, v)
}

/// And a treasury.
fun with_treasury(): (World, ID, Treasury<SUI>) {
    let (mut w, v) = outdated();
    let version = catalog_version::new_for_testing(w.ctx());
    revenue::create_treasury<SUI>(&version, w.ctx());
    destroy(version);
    w.scenario().next_tx(OWNER);
    let treasury = w.scenario().take_shared<Treasury<SUI>>();
    (w, v, treasury)
}

fun with_consent(): (World, ID, Consent) {
    let (mut w, v) = outdated();
    let version = catalog_version::new_for_testing(w.ctx());
    let (_, _, dataset, clock, scenario) = w.parts();
    consent::give(dataset, DIGEST, option::none(), &version, clock, scenario.ctx());
    destroy(version);
    w.scenario().next_tx(OWNER);
    let consent = w.scenario().take_shared<Consent>();
    (w, v, consent)
}
