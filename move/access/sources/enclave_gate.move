// SPDX-License-Identifier: Apache-2.0

/// Lets enclaves in, by the rule `Enclave` of a policy.
///
/// An enclave has two keys: one that its attestation document holds, by which it
/// is registered (`floe_catalog::enclave`), and one of a wallet, in whose name it
/// asks for keys. It says that the wallet is its own by signing the wallet's key with
/// the first, as Nautilus does: intent 1, payload `vector<u8>`. The statement counts
/// for an hour.
///
/// The enclave is looked at in every decision, also in those on key requests that
/// were made before: revoking it, its image or its configuration acts at once.
///
/// Which data the enclave may open is the policy's to say: one enclave can be let in
/// by many policies, and each names the configuration that it trusts.
module floe_access::enclave_gate;

use floe_access::key_request::{Draft, KeyRequest};
use floe_access::policy::Policy;
use floe_access::rule;
use floe_access::version::PackageVersion;
use floe_catalog::enclave::Enclave;
use floe_catalog::enclave_config::EnclaveConfig;
use floe_catalog::lineage::Lineage;
use sui::address;
use sui::clock::Clock;
use sui::hash;

// === Errors ===

/// The sender's address is not that of the wallet's Ed25519 key.
const EWrongWallet: u64 = 0;

// === Constants ===

const INTENT_WALLET: u8 = 1;
/// How old the enclave's statement may be: an hour.
const MAX_STATEMENT_AGE_MS: u64 = 3_600_000;
/// What Sui puts before an Ed25519 key to make its address.
const ED25519: u8 = 0;

// === Public Functions ===

/// Shows in a key request that the sender is the wallet of an enclave: `signature`
/// is the enclave's over `wallet`, the sender's Ed25519 key, made at `timestamp_ms`.
public fun vouch(
    draft: &mut Draft,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    draft.add_enclave(checked(config, enclave, wallet, timestamp_ms, &signature, clock, ctx))
}

/// As `policy::seal_approve`, for the wallet of an enclave: see `vouch`.
entry fun seal_approve_with_enclave(
    id: vector<u8>,
    policy: &Policy,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = rule::evidence(ctx.sender());
    evidence.add_enclave(
        checked(config, enclave, wallet, timestamp_ms, &signature, clock, ctx),
    );
    policy.approve(&id, &evidence, lineage, package_version, clock);
}

/// As `key_request::seal_approve_with_request`, for the wallet of an enclave.
entry fun seal_approve_with_enclave_request(
    id: vector<u8>,
    policy: &Policy,
    request: &KeyRequest,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = request.shown(policy, clock, ctx);
    evidence.add_enclave(
        checked(config, enclave, wallet, timestamp_ms, &signature, clock, ctx),
    );
    policy.approve(&id, &evidence, lineage, package_version, clock);
}

// === View helpers ===

/// The address of an Ed25519 key: BLAKE2b-256 of a byte 0 and the key.
public fun wallet_address(wallet: vector<u8>): address {
    let mut preimage = vector[ED25519];
    preimage.append(wallet);
    address::from_bytes(hash::blake2b256(&preimage))
}

// === Private Functions ===

/// The configuration of the enclave whose wallet the sender is.
fun checked(
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: &vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
): ID {
    assert!(wallet_address(wallet) == ctx.sender(), EWrongWallet);
    enclave.check_signed(
        config,
        INTENT_WALLET,
        timestamp_ms,
        wallet,
        signature,
        MAX_STATEMENT_AGE_MS,
        clock,
    );
    object::id(config)
}

// === Test-Only Helpers ===

#[test_only]
public fun seal_approve_with_enclave_for_testing(
    id: vector<u8>,
    policy: &Policy,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_with_enclave(
        id,
        policy,
        config,
        enclave,
        wallet,
        timestamp_ms,
        signature,
        lineage,
        package_version,
        clock,
        ctx,
    )
}

#[test_only]
public fun seal_approve_with_enclave_request_for_testing(
    id: vector<u8>,
    policy: &Policy,
    request: &KeyRequest,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_with_enclave_request(
        id,
        policy,
        request,
        config,
        enclave,
        wallet,
        timestamp_ms,
        signature,
        lineage,
        package_version,
        clock,
        ctx,
    )
}
