// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::enclave_config_tests;

use floe_catalog::catalog_version::{Self, CatalogVersion};
use floe_catalog::enclave_config::{Self, EnclaveConfig, EnclaveConfigCap};
use floe_catalog::enclave_events::{
    ConfigCreated,
    ConfigDelayRaised,
    ConfigRevoked,
    MeasurementAgreed,
    MeasurementApproved,
    MeasurementCancelled,
    MeasurementProposed,
    MeasurementRevoked,
};
use floe_catalog::measurement::{Self, Measurement};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::event;

const NOW_MS: u64 = 1_700_000_000_000;
const DELAY_MS: u64 = 1_000;
const LIFETIME_MS: u64 = 50_000;
const SECOND: address = @0xb;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A configuration with a second person, and the clock.
public struct World {
    config: EnclaveConfig,
    cap: EnclaveConfigCap,
    catalog_version: CatalogVersion,
    clock: Clock,
}

// === Making ===

#[test]
fun first_version_is_approved_at_once() {
    let world = begin();
    assert!(world.config.name() == b"weather".to_string());
    assert!(world.config.second() == option::some(SECOND));
    assert!(world.config.delay_ms() == DELAY_MS);
    assert!(world.config.lifetime_ms() == LIFETIME_MS);
    assert!(!world.config.takes_unbound());
    assert!(world.config.version_count() == 1);
    assert!(world.config.version(0).measurement() == image(1));
    assert!(world.config.version(0).approved_at_ms() == NOW_MS);
    assert!(world.config.is_in_force(0));
    assert!(world.cap.cap_config() == object::id(&world.config));
    assert!(event::events_by_type<ConfigCreated>().length() == 1);
    assert!(event::events_by_type<MeasurementApproved>().length() == 1);
    destroy(world);
}

#[test, expected_failure(abort_code = enclave_config::EInvalidName)]
fun empty_name_is_refused() { destroy(make(b"", DELAY_MS, LIFETIME_MS, b"")) }

#[test, expected_failure(abort_code = enclave_config::EInvalidName)]
fun long_name_is_refused() {
    destroy(make(vector::tabulate!(129, |_| 97), DELAY_MS, LIFETIME_MS, b""))
}

#[test, expected_failure(abort_code = enclave_config::EInvalidDelay)]
fun delay_beyond_ten_years_is_refused() {
    destroy(make(b"a", 315_576_000_001, LIFETIME_MS, b""))
}

#[test, expected_failure(abort_code = enclave_config::EInvalidLifetime)]
fun no_lifetime_is_refused() { destroy(make(b"a", DELAY_MS, 0, b"")) }

#[test, expected_failure(abort_code = enclave_config::EInvalidLifetime)]
fun lifetime_beyond_366_days_is_refused() { destroy(make(b"a", DELAY_MS, 31_622_400_001, b"")) }

#[test, expected_failure(abort_code = enclave_config::EInvalidDigest)]
fun short_build_digest_is_refused() { destroy(make(b"a", DELAY_MS, LIFETIME_MS, x"00")) }

// === Changing ===

#[test]
fun proposal_waits_and_is_agreed_to() {
    let mut world = begin();
    let number = world.propose(2);
    let proposal = world.config.proposals()[0];
    assert!(proposal.proposal_number() == number);
    assert!(proposal.proposal_measurement() == image(2));
    assert!(proposal.proposal_ready_at_ms() == NOW_MS + DELAY_MS);
    assert!(!proposal.proposal_is_agreed());
    world.agree(number);
    assert!(world.config.proposals()[0].proposal_is_agreed());
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    assert!(world.apply(number) == 1);
    assert!(world.config.version(1).measurement() == image(2));
    assert!(world.config.version(1).approved_at_ms() == NOW_MS + DELAY_MS);
    assert!(world.config.is_in_force(0) && world.config.is_in_force(1));
    assert!(world.config.proposals().is_empty());
    assert!(event::events_by_type<MeasurementProposed>().length() == 1);
    assert!(event::events_by_type<MeasurementAgreed>().length() == 1);
    assert!(event::events_by_type<MeasurementApproved>().length() == 2);
    destroy(world);
}

#[test, expected_failure(abort_code = enclave_config::ETooEarly)]
fun proposal_does_not_act_before_its_time() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree(number);
    world.clock.set_for_testing(NOW_MS + DELAY_MS - 1);
    world.apply(number);
    abort
}

#[test, expected_failure(abort_code = enclave_config::ENotAgreed)]
fun proposal_does_not_act_without_the_second_person() {
    let mut world = begin();
    let number = world.propose(2);
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    world.apply(number);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EAlreadyAgreed)]
fun second_person_agrees_once() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree(number);
    world.agree(number);
    abort
}

#[test, expected_failure(abort_code = enclave_config::ENotSecond)]
fun nobody_else_agrees() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree_as(number, @0xc);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EUnknownProposal)]
fun proposal_acts_once() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree(number);
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    world.apply(number);
    world.apply(number);
    abort
}

#[test]
fun proposals_are_dropped_by_both() {
    let mut world = begin();
    let (a, b, c) = (world.propose(2), world.propose(3), world.propose(4));
    world.cancel(b);
    world.config.cancel_as_second(a, &context(SECOND));
    assert!(world.config.proposals().length() == 1);
    assert!(world.config.proposals()[0].proposal_number() == c);
    assert!(event::events_by_type<MeasurementCancelled>().length() == 2);
    assert!(world.propose(5) == 3); // numbers are not used again
    destroy(world);
}

#[test, expected_failure(abort_code = enclave_config::EUnknownProposal)]
fun dropped_proposal_does_not_act() {
    let mut world = begin();
    let number = world.propose(2);
    world.cancel(number);
    world.apply(number);
    abort
}

#[test, expected_failure(abort_code = enclave_config::ENotSecond)]
fun nobody_else_drops_proposals() {
    let mut world = begin();
    let number = world.propose(2);
    world.config.cancel_as_second(number, &context(@0xc));
    abort
}

#[test, expected_failure(abort_code = enclave_config::ETooMany)]
fun nine_proposals_do_not_wait() {
    let mut world = begin();
    9u8.do!(|i| { world.propose(i + 2); });
    abort
}

#[test, expected_failure(abort_code = enclave_config::EAlreadyApproved)]
fun measurement_in_force_is_not_proposed() {
    let mut world = begin();
    world.propose(1);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EAlreadyApproved)]
fun measurement_is_not_approved_twice() {
    let mut world = begin();
    let (a, b) = (world.propose(2), world.propose(2));
    world.agree(a);
    world.agree(b);
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    world.apply(a);
    world.apply(b);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EInvalidDigest)]
fun proposal_with_a_short_build_digest_is_refused() {
    let World { mut config, cap, catalog_version, clock } = begin();
    config.propose(&cap, image(2), x"00", &catalog_version, &clock);
    abort
}

#[test]
fun delay_is_raised() {
    let mut world = begin();
    world.raise_delay(DELAY_MS + 1);
    assert!(world.config.delay_ms() == DELAY_MS + 1);
    world.propose(2);
    assert!(world.config.proposals()[0].proposal_ready_at_ms() == NOW_MS + DELAY_MS + 1);
    assert!(event::events_by_type<ConfigDelayRaised>().length() == 1);
    destroy(world);
}

#[test, expected_failure(abort_code = enclave_config::EDelayNotRaised)]
fun delay_is_not_lowered() {
    let World { mut config, cap, catalog_version: _version, clock: _clock } = begin();
    config.raise_delay(&cap, DELAY_MS);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EInvalidDelay)]
fun delay_is_not_raised_beyond_ten_years() {
    let World { mut config, cap, catalog_version: _version, clock: _clock } = begin();
    config.raise_delay(&cap, 315_576_000_001);
    abort
}

// === Revoking ===

#[test]
fun version_is_revoked_at_once() {
    let mut world = begin();
    world.revoke_version();
    assert!(!world.config.is_in_force(0));
    assert!(world.config.version(0).version_revoked_at_ms() == option::some(NOW_MS));
    assert!(event::events_by_type<MeasurementRevoked>().length() == 1);
    // what was revoked can be proposed again
    world.propose(1);
    destroy(world);
}

#[test, expected_failure(abort_code = enclave_config::EVersionRevoked)]
fun version_is_revoked_once() {
    let World { mut config, cap, catalog_version: _version, clock } = begin();
    config.revoke_version(&cap, 0, b"", &clock);
    config.revoke_version(&cap, 0, b"", &clock);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EUnknownVersion)]
fun unknown_version_is_not_revoked() {
    let World { mut config, cap, catalog_version: _version, clock } = begin();
    config.revoke_version(&cap, 1, b"", &clock);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EInvalidDigest)]
fun short_reason_digest_is_refused() {
    let World { mut config, cap, catalog_version: _version, clock } = begin();
    config.revoke_version(&cap, 0, b"leaked", &clock);
    abort
}

#[test]
fun second_person_revokes_all() {
    let World { mut config, cap, catalog_version, clock } = begin();
    config.revoke_as_second(DIGEST, &clock, &context(SECOND));
    assert!(config.revoked_at_ms() == option::some(NOW_MS));
    assert!(!config.is_in_force(0));
    assert!(event::events_by_type<ConfigRevoked>().length() == 1);
    destroy(config);
    destroy(cap);
    destroy(catalog_version);
    destroy(clock);
}

#[test, expected_failure(abort_code = enclave_config::EConfigRevoked)]
fun revoked_configuration_takes_no_proposal() {
    let mut world = begin();
    world.revoke();
    world.propose(2);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EConfigRevoked)]
fun revoked_configuration_approves_nothing() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree(number);
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    world.revoke();
    world.apply(number);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EConfigRevoked)]
fun configuration_is_revoked_once() {
    let World { mut config, cap, catalog_version: _version, clock } = begin();
    config.revoke(&cap, b"", &clock);
    config.revoke(&cap, b"", &clock);
    abort
}

#[test, expected_failure(abort_code = enclave_config::ENotSecond)]
fun nobody_else_revokes() {
    let World { mut config, cap: _cap, catalog_version: _version, clock } = begin();
    config.revoke_as_second(b"", &clock, &context(@0xc));
    abort
}

#[test, expected_failure(abort_code = enclave_config::EWrongCap)]
fun capability_of_another_configuration_proposes_nothing() {
    let World { mut config, cap: _cap, catalog_version, clock } = begin();
    let other = make_with_salt(b"other", DELAY_MS, LIFETIME_MS, b"", 1);
    config.propose(&other.cap, image(2), b"", &catalog_version, &clock);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EWrongCap)]
fun capability_of_another_configuration_revokes_nothing() {
    let World { mut config, cap: _cap, catalog_version: _version, clock } = begin();
    let other = make_with_salt(b"other", DELAY_MS, LIFETIME_MS, b"", 1);
    config.revoke(&other.cap, b"", &clock);
    abort
}

// === Versions of the package ===

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun other_version_proposes_nothing() {
    let mut world = begin();
    world.outdate();
    world.propose(2);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun other_version_agrees_to_nothing() {
    let mut world = begin();
    let number = world.propose(2);
    world.outdate();
    world.agree(number);
    abort
}

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun other_version_approves_nothing() {
    let mut world = begin();
    let number = world.propose(2);
    world.agree(number);
    world.clock.set_for_testing(NOW_MS + DELAY_MS);
    world.outdate();
    world.apply(number);
    abort
}

#[test]
fun other_version_revokes() {
    let mut world = begin();
    world.outdate();
    world.revoke();
    assert!(!world.config.is_in_force(0));
    destroy(world);
}

// === Helpers ===

fun begin(): World { make(b"weather", DELAY_MS, LIFETIME_MS, DIGEST) }

fun make(name: vector<u8>, delay_ms: u64, lifetime_ms: u64, build_digest: vector<u8>): World {
    make_with_salt(name, delay_ms, lifetime_ms, build_digest, 0)
}

/// Configurations of different salts have different ids.
fun make_with_salt(
    name: vector<u8>,
    delay_ms: u64,
    lifetime_ms: u64,
    build_digest: vector<u8>,
    salt: u64,
): World {
    let ctx = &mut tx_context::new_from_hint(@0xa, salt, 0, 0, 0);
    let catalog_version = catalog_version::new_for_testing(ctx);
    let mut clock = clock::create_for_testing(ctx);
    clock.set_for_testing(NOW_MS);
    let (config, cap) = enclave_config::new(
        name.to_string(),
        option::some(SECOND),
        delay_ms,
        lifetime_ms,
        false,
        image(1),
        build_digest,
        &catalog_version,
        &clock,
        ctx,
    );
    World { config, cap, catalog_version, clock }
}

fun propose(self: &mut World, byte: u8): u64 {
    self.config.propose(&self.cap, image(byte), b"", &self.catalog_version, &self.clock)
}

fun agree(self: &mut World, proposal: u64) { self.agree_as(proposal, SECOND) }

fun agree_as(self: &mut World, proposal: u64, who: address) {
    self.config.agree(proposal, &self.catalog_version, &context(who))
}

fun outdate(self: &mut World) { self.catalog_version.set_for_testing(2) }

fun apply(self: &mut World, proposal: u64): u64 {
    self.config.apply(&self.cap, proposal, &self.catalog_version, &self.clock)
}

fun cancel(self: &mut World, proposal: u64) { self.config.cancel(&self.cap, proposal) }

fun raise_delay(self: &mut World, delay_ms: u64) { self.config.raise_delay(&self.cap, delay_ms) }

fun revoke_version(self: &mut World) {
    self.config.revoke_version(&self.cap, 0, DIGEST, &self.clock)
}

fun revoke(self: &mut World) { self.config.revoke(&self.cap, b"", &self.clock) }

fun context(sender: address): TxContext { tx_context::new_from_hint(sender, 9, 0, 0, 0) }

fun image(byte: u8): Measurement {
    measurement::new(
        x"000102",
        vector::tabulate!(3, |_| vector::tabulate!(48, |_| byte)),
    )
}
