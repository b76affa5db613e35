// SPDX-License-Identifier: Apache-2.0

/// What enclaves sign, with the published signature of Nautilus' weather example.
/// Registration by documents, and all that they can be refused for, is tested in
/// Go: Sui's runner refuses every document.
#[test_only]
module floe_catalog::enclave_tests;

use floe_catalog::catalog_version;
use floe_catalog::enclave::{Self, Enclave, EnclaveRegistry};
use floe_catalog::enclave_config::{Self, EnclaveConfig, EnclaveConfigCap};
use floe_catalog::enclave_events::EnclaveRegistered;
use floe_catalog::measurement::{Self, Measurement};
use floe_catalog::nitro_report::{Self, Report};
use std::string::String;
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::event;
use sui::test_scenario::{Self, Scenario};

const OWNER: address = @0xa;
/// When the enclave of the weather example signed.
const SIGNED_MS: u64 = 1_744_683_300_000;
const DOCUMENT_MS: u64 = 1_744_683_239_999;
const PUBLIC_KEY: vector<u8> = x"e8e62201dbe293b703c759f653107acbc2c911fa1d2e66f2c747bec95971a2af";
const SIGNATURE: vector<u8> =
    x"77b6d8be225440d00f3d6eb52e91076a8927cebfb520e58c19daf31ecf06b3798ec3d3ce9630a9eceee46d24f057794a60dd781657cb06d952269cfc5ae19500";
const LIFETIME_MS: u64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;

/// What the weather example answers.
public struct WeatherResponse has copy, drop {
    location: String,
    temperature: u64,
}

/// The payload by which an enclave names its wallet's key.
public struct WalletPK has copy, drop {
    pk: vector<u8>,
}

/// An enclave with the weather example's key, registered when that signed.
public struct World {
    scenario: Scenario,
    registry: EnclaveRegistry,
    config: EnclaveConfig,
    cap: EnclaveConfigCap,
    enclave: Enclave,
    clock: Clock,
}

// === Messages ===

#[test]
fun messages_are_those_of_nautilus() {
    assert!(
        enclave::intent_message(0, 1_744_038_900_000, weather(13)) == x"0020b1d110960100000d53616e204672616e636973636f0d00000000000000",
    );
    assert!(
        enclave::intent_message(0, SIGNED_MS, weather(13)) == x"00a0743a37960100000d53616e204672616e636973636f0d00000000000000",
    );
    let pk = x"b8b91c7c3afff7e75e44ce64c11455e60989697a37d16421d727e4d01607cfda";
    let want =
        x"012808d58e9b01000020b8b91c7c3afff7e75e44ce64c11455e60989697a37d16421d727e4d01607cfda";
    assert!(enclave::intent_message(1, 1_767_627_884_584, WalletPK { pk }) == want);
    assert!(enclave::intent_message(1, 1_767_627_884_584, pk) == want);
}

#[test]
fun registration_data_names_configuration_and_address() {
    // Node's SHA-256; see sdk/attest/testdata/vectors.mjs
    let data = enclave::registration_data(object::id_from_address(@0x91), @0xa);
    assert!(data == x"e4730d61817c1da52c00dfdacb10fb1a0f4866170728bf9d4c03195f5affd8bd");
}

// === Registration ===

#[test]
fun registered_enclave_says_what_it_was_registered_under() {
    let world = begin();
    let enclave = &world.enclave;
    assert!(enclave.config() == object::id(&world.config));
    assert!(enclave.config_version() == 0);
    assert!(enclave.public_key() == PUBLIC_KEY);
    assert!(enclave.module_id() == b"i-1-enc1");
    assert!(enclave.registered_by() == OWNER);
    assert!(enclave.document_at_ms() == DOCUMENT_MS);
    assert!(enclave.registered_at_ms() == SIGNED_MS);
    assert!(enclave.expires_at_ms() == SIGNED_MS + LIFETIME_MS);
    assert!(enclave.revoked_at_ms().is_none() && enclave.predecessor().is_none());
    assert!(world.registry.is_registered(PUBLIC_KEY));
    assert!(!world.registry.is_registered(b""));
    assert!(world.registry.enclave(PUBLIC_KEY) == object::id(enclave));
    world.end();
}

#[test]
fun registration_is_announced() {
    let mut scenario = test_scenario::begin(OWNER);
    let (mut registry, config, cap, clock) = parts(&mut scenario);
    let data = enclave::registration_data(object::id(&config), OWNER);
    registry.register_report(&config, 0, report(option::some(data)), &clock, scenario.ctx());
    assert!(event::events_by_type<EnclaveRegistered>().length() == 1);
    destroy(registry);
    destroy(config);
    destroy(cap);
    destroy(clock);
    scenario.end();
}

#[test, expected_failure(abort_code = enclave::EWrongRegistrant)]
fun document_that_names_nobody_is_refused() {
    let mut world = begin();
    world.register(option::none());
    abort
}

#[test, expected_failure(abort_code = enclave::EAlreadyRegistered)]
fun key_is_registered_once() {
    let mut world = begin();
    let data = enclave::registration_data(object::id(&world.config), OWNER);
    world.register(option::some(data));
    abort
}

#[test, expected_failure(abort_code = enclave::EUnboundRefused)]
fun unbound_document_is_refused_if_not_allowed() {
    let mut world = begin();
    world.register_unbound();
    abort
}

// === Signatures ===

#[test]
fun signature_of_the_weather_example_counts() {
    let world = begin();
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    world.end();
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun other_payload_is_refused() {
    let world = begin();
    world.check(0, SIGNED_MS, weather(14), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun other_intent_is_refused() {
    let world = begin();
    world.check(1, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun other_time_is_refused() {
    let world = begin();
    world.check(0, SIGNED_MS + 1, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun empty_signature_is_refused() {
    let world = begin();
    world.check(0, SIGNED_MS, weather(13), b"");
    abort
}

#[test]
fun signature_counts_up_to_its_age() {
    let mut world = begin_at(SIGNED_MS - 60_000);
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    world.clock.set_for_testing(SIGNED_MS + HOUR_MS);
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    world.end();
}

#[test, expected_failure(abort_code = enclave::EStaleMessage)]
fun old_signature_is_refused() {
    let mut world = begin();
    world.clock.set_for_testing(SIGNED_MS + HOUR_MS + 1);
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EFutureMessage)]
fun signature_from_the_future_is_refused() {
    let world = begin_at(SIGNED_MS - 60_001);
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EFutureMessage)]
fun largest_time_does_not_overflow() {
    let world = begin();
    world.check(0, 18_446_744_073_709_551_615, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EExpired)]
fun signature_does_not_outlast_the_registration() {
    let mut world = begin();
    world.clock.set_for_testing(SIGNED_MS + LIFETIME_MS);
    assert!(!world.enclave.is_live(&world.config, SIGNED_MS + LIFETIME_MS));
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::ERevoked)]
fun signature_does_not_outlast_the_enclave() {
    let mut world = begin();
    world.revoke();
    assert!(!world.enclave.is_live(&world.config, SIGNED_MS));
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EVersionRevoked)]
fun signature_does_not_outlast_the_version() {
    let mut world = begin();
    assert!(world.enclave.is_live(&world.config, SIGNED_MS));
    world.revoke_version();
    assert!(!world.enclave.is_live(&world.config, SIGNED_MS));
    world.check(0, SIGNED_MS, weather(13), SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EStillRegistered)]
fun enclave_in_force_is_not_removed() {
    let World { scenario: _s, registry: _r, config: _c, cap: _p, enclave, clock } = begin();
    enclave.remove(&clock);
    abort
}

// === Helpers ===

fun begin(): World { begin_at(SIGNED_MS) }

/// The world in which the enclave is registered at this moment.
fun begin_at(now_ms: u64): World {
    let mut scenario = test_scenario::begin(OWNER);
    let (mut registry, config, cap, mut clock) = parts(&mut scenario);
    if (now_ms != SIGNED_MS) {
        destroy(clock);
        clock = clock::create_for_testing(scenario.ctx());
        clock.set_for_testing(now_ms);
    };
    let data = enclave::registration_data(object::id(&config), OWNER);
    let id = registry.register_report(&config, 0, report(option::some(data)), &clock, scenario.ctx());
    scenario.next_tx(OWNER);
    let enclave = scenario.take_shared_by_id<Enclave>(id);
    World { scenario, registry, config, cap, enclave, clock }
}

fun end(self: World) { destroy(self) }

fun parts(scenario: &mut Scenario): (EnclaveRegistry, EnclaveConfig, EnclaveConfigCap, Clock) {
    enclave::init_for_testing(scenario.ctx());
    scenario.next_tx(OWNER);
    let registry = scenario.take_shared<EnclaveRegistry>();
    let mut clock = clock::create_for_testing(scenario.ctx());
    clock.set_for_testing(SIGNED_MS);
    let catalog_version = catalog_version::new_for_testing(scenario.ctx());
    let (config, cap) = enclave_config::new(
        b"weather".to_string(),
        option::none(),
        0,
        LIFETIME_MS,
        false,
        image(),
        b"",
        &catalog_version,
        &clock,
        scenario.ctx(),
    );
    destroy(catalog_version);
    (registry, config, cap, clock)
}

fun register(self: &mut World, user_data: Option<vector<u8>>) {
    self
        .registry
        .register_report(&self.config, 0, report(user_data), &self.clock, self.scenario.ctx());
}

fun register_unbound(self: &mut World) {
    self
        .registry
        .register_unbound_report(
            &self.config,
            &self.cap,
            0,
            report(option::none()),
            &self.clock,
            self.scenario.ctx(),
        );
}

fun revoke(self: &mut World) {
    self.enclave.revoke_as_registrant(b"", &self.clock, self.scenario.ctx())
}

fun revoke_version(self: &mut World) {
    self.config.revoke_version(&self.cap, 0, b"", &self.clock)
}

fun check<P: drop>(
    self: &World,
    intent: u8,
    timestamp_ms: u64,
    payload: P,
    signature: vector<u8>,
) {
    self
        .enclave
        .check_signed(
            &self.config,
            intent,
            timestamp_ms,
            payload,
            &signature,
            HOUR_MS,
            &self.clock,
        )
}

fun weather(temperature: u64): WeatherResponse {
    WeatherResponse { location: b"San Francisco".to_string(), temperature }
}

fun image(): Measurement { measurement::new(x"000102", values()) }

fun values(): vector<vector<u8>> { vector::tabulate!(3, |_| vector::tabulate!(48, |_| 7)) }

fun report(user_data: Option<vector<u8>>): Report {
    nitro_report::new_for_testing(
        DOCUMENT_MS,
        x"000102",
        values(),
        option::some(PUBLIC_KEY),
        user_data,
    )
}
