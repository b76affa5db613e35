// SPDX-License-Identifier: Apache-2.0

/// Enclaves at the gate of a policy. Keys, address and signature were made with
/// Node's crypto and npm @noble/hashes: the enclave's Ed25519 seed is 32 bytes 01, the
/// wallet's 32 bytes 02.
#[test_only]
module floe_access::enclave_gate_tests;

use floe_access::enclave_gate;
use floe_access::key_request::{Self, KeyRequest};
use floe_access::policy;
use floe_access::rule;
use floe_access::world::{Self, World};
use floe_catalog::catalog_version;
use floe_catalog::enclave::{Self, Enclave};
use floe_catalog::enclave_config::{Self, EnclaveConfig, EnclaveConfigCap};
use floe_catalog::measurement;
use std::unit_test::destroy;

const SIGNED_MS: u64 = 1_700_000_000_000;
const ENCLAVE: vector<u8> = x"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
const WALLET: vector<u8> = x"8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";
const REQUESTER: address = @0x7799ea80594c35644321148485238c7a7a1c6549809e1795e6747c6d4da2504c;
const SIGNATURE: vector<u8> =
    x"167b9d9054256c13f5902fc8cbcb9c420827d6ea0a93a0e7c0fda1623804ed30d01a8cff7818ef2689367d1ba1556aa8fe322afa1a9d6ecb8104f75872840306";
const HOUR_MS: u64 = 3_600_000;

/// A policy whose only clause lets enclaves of a configuration in.
public struct Gate {
    world: World,
    config: EnclaveConfig,
    cap: EnclaveConfigCap,
    enclave: Enclave,
}

#[test]
fun address_of_a_wallet() { assert!(enclave_gate::wallet_address(WALLET) == REQUESTER) }

// === Asking ===

#[test]
fun wallet_of_an_enclave_is_let_in() {
    let mut gate = begin();
    gate.approve(REQUESTER, WALLET, SIGNED_MS, SIGNATURE);
    gate.at(SIGNED_MS + HOUR_MS);
    gate.approve(REQUESTER, WALLET, SIGNED_MS, SIGNATURE);
    gate.end();
}

#[test, expected_failure(abort_code = policy::ENotAttested)]
fun nobody_else_is_let_in() {
    let mut gate = begin();
    gate.world.approve(REQUESTER);
    abort
}

#[test, expected_failure(abort_code = enclave_gate::EWrongWallet)]
fun other_sender_is_not_let_in() {
    let mut gate = begin();
    gate.approve(world::stranger(), WALLET, SIGNED_MS, SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun wallet_that_the_enclave_did_not_name_is_not_let_in() {
    let mut gate = begin();
    let wallet = ENCLAVE;
    gate.approve(enclave_gate::wallet_address(wallet), wallet, SIGNED_MS, SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EInvalidSignature)]
fun other_time_than_signed_is_refused() {
    let mut gate = begin();
    gate.approve(REQUESTER, WALLET, SIGNED_MS - 1, SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave::EStaleMessage)]
fun old_statement_is_refused() {
    let mut gate = begin();
    gate.at(SIGNED_MS + HOUR_MS + 1);
    gate.approve(REQUESTER, WALLET, SIGNED_MS, SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EVersionRevoked)]
fun revoked_image_is_not_let_in() {
    let mut gate = begin();
    gate.revoke_version();
    gate.approve(REQUESTER, WALLET, SIGNED_MS, SIGNATURE);
    abort
}

#[test, expected_failure(abort_code = policy::ENotAttested)]
fun enclave_of_another_configuration_is_not_let_in() {
    let mut gate = begin();
    let (config, cap, enclave) = registered(&mut gate.world);
    gate.world.approve_enclave(REQUESTER, &config, &enclave, WALLET, SIGNED_MS, SIGNATURE);
    destroy(cap);
    abort
}

// === Key requests ===

#[test]
fun enclave_shows_itself_in_a_request_and_again() {
    let mut gate = begin();
    let request = gate.request();
    gate.approve_request(&request);
    request.discard();
    gate.end();
}

#[test, expected_failure(abort_code = policy::ENotAttested)]
fun request_alone_is_not_enough() {
    let mut gate = begin();
    let request = gate.request();
    gate.approve_plainly(&request);
    abort
}

#[test, expected_failure(abort_code = enclave_config::EVersionRevoked)]
fun revoking_reaches_requests_that_were_made() {
    let mut gate = begin();
    let request = gate.request();
    gate.revoke_version();
    gate.approve_request(&request);
    abort
}

#[test, expected_failure(abort_code = key_request::EExpired)]
fun request_ends_for_enclaves_too() {
    let mut gate = begin();
    let request = gate.request();
    gate.at(SIGNED_MS + HOUR_MS + 1);
    gate.approve_request(&request);
    abort
}

// === Helpers ===

fun begin(): Gate {
    let mut world = world::draft(0);
    world.at(SIGNED_MS);
    let (config, cap, enclave) = registered(&mut world);
    world.add_clause(vector[rule::enclave(&config)]);
    Gate { world: world.go_live(), config, cap, enclave }
}

fun registered(world: &mut World): (EnclaveConfig, EnclaveConfigCap, Enclave) {
    let (_, _, clock, ctx) = world.all();
    let image = measurement::new(
        x"000102",
        vector::tabulate!(3, |_| vector::tabulate!(48, |_| 7)),
    );
    let catalog_version = catalog_version::new_for_testing(ctx);
    let (config, cap) = enclave_config::new(
        b"a".to_string(),
        option::none(),
        0,
        24 * HOUR_MS,
        false,
        image,
        b"",
        &catalog_version,
        clock,
        ctx,
    );
    destroy(catalog_version);
    let enclave = enclave::new_for_testing(&config, 0, ENCLAVE, clock, ctx);
    (config, cap, enclave)
}

fun end(self: Gate) {
    let Gate { world, config, cap, enclave } = self;
    destroy(config);
    destroy(cap);
    destroy(enclave);
    world.end();
}

fun at(self: &mut Gate, now_ms: u64) { self.world.at(now_ms) }

fun revoke_version(self: &mut Gate) {
    self.config.revoke_version(&self.cap, 0, b"", self.world.clock())
}

fun approve(
    self: &mut Gate,
    sender: address,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
) {
    self
        .world
        .approve_enclave(sender, &self.config, &self.enclave, wallet, timestamp_ms, signature)
}

/// A key request of the enclave's wallet.
fun request(self: &mut Gate): KeyRequest {
    self.world.act_as(REQUESTER);
    self.world.request_as_enclave(&self.config, &self.enclave, WALLET, SIGNED_MS, SIGNATURE);
    self.world.act_as(REQUESTER);
    self.world.scenario().take_from_sender<KeyRequest>()
}

/// Asks with the request alone.
fun approve_plainly(self: &mut Gate, request: &KeyRequest) {
    self.world.act_as(REQUESTER);
    let id = self.world.identity();
    let (policy, lineage, version, clock, ctx) = self.world.all_and_lineage();
    key_request::seal_approve_with_request_for_testing(
        id,
        policy,
        request,
        lineage,
        version,
        clock,
        ctx,
    )
}

fun approve_request(self: &mut Gate, request: &KeyRequest) {
    self
        .world
        .approve_enclave_request(
            REQUESTER,
            request,
            &self.config,
            &self.enclave,
            WALLET,
            SIGNED_MS,
            SIGNATURE,
        )
}
