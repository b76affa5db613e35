// SPDX-License-Identifier: Apache-2.0

/// Which code enclaves of a service may run, and who may change that.
///
/// A configuration is a list of versions, each of which is one measurement. Its
/// first version is approved when it is made, while nobody relies on it. Every
/// further one is proposed, visible as an event, and approved only after the
/// configuration's delay; if a second person is named, only after that person
/// agreed. Old versions go on until they are revoked, so that a service can move
/// from one image to the next without a gap.
///
/// Narrowing acts in the same transaction: revoking a version, or the whole
/// configuration, stops all enclaves that are registered under it. That is also
/// the answer to a root certificate or an image that lost its trust. Narrowing works
/// in every version of this package, widening in the one in force only.
module floe_catalog::enclave_config;

use floe_catalog::catalog_version::CatalogVersion;
use floe_catalog::enclave_events as events;
use floe_catalog::measurement::Measurement;
use std::string::String;
use sui::clock::Clock;

// === Errors ===

/// The name is empty or longer than 128 bytes.
const EInvalidName: u64 = 0;
/// The delay is longer than ten years.
const EInvalidDelay: u64 = 1;
/// Registrations would last for no time, or longer than 366 days.
const EInvalidLifetime: u64 = 2;
/// A digest is neither empty nor 32 bytes long.
const EInvalidDigest: u64 = 3;
/// The capability is another configuration's.
const EWrongCap: u64 = 4;
/// The sender is not the second person.
const ENotSecond: u64 = 5;
/// There is no such proposal.
const EUnknownProposal: u64 = 6;
/// The second person agreed already, or none is asked for.
const EAlreadyAgreed: u64 = 7;
/// The second person has not agreed.
const ENotAgreed: u64 = 8;
/// The delay is not over.
const ETooEarly: u64 = 9;
/// As many versions or proposals are there as can be: 64 and 8.
const ETooMany: u64 = 10;
/// The measurement is approved already.
const EAlreadyApproved: u64 = 11;
/// The configuration has no such version.
const EUnknownVersion: u64 = 12;
/// The version is revoked.
const EVersionRevoked: u64 = 13;
/// The configuration is revoked.
const EConfigRevoked: u64 = 14;
/// The delay would not grow.
const EDelayNotRaised: u64 = 15;

// === Constants ===

const MAX_NAME_LENGTH: u64 = 128;
/// SHA-256.
const DIGEST_LENGTH: u64 = 32;
/// Ten years.
const MAX_DELAY_MS: u64 = 315_576_000_000;
/// 366 days.
const MAX_LIFETIME_MS: u64 = 31_622_400_000;
const MAX_VERSIONS: u64 = 64;
const MAX_PROPOSALS: u64 = 8;

// === Structs ===

/// What enclaves of one service may run. Shared.
public struct EnclaveConfig has key {
    id: UID,
    name: String,
    /// Who must agree to new versions besides the holder of the capability.
    second: Option<address>,
    /// How long a proposed version waits.
    delay_ms: u64,
    /// How long an enclave stays registered.
    lifetime_ms: u64,
    /// True if the holder of the capability may register enclaves whose documents
    /// do not name who registers them, as Nautilus' template makes them.
    takes_unbound: bool,
    /// By number; versions are revoked, never removed.
    versions: vector<ConfigVersion>,
    proposals: vector<Proposal>,
    /// Number of the next proposal.
    next: u64,
    revoked_at_ms: Option<u64>,
}

/// The right to propose and revoke versions of one configuration.
public struct EnclaveConfigCap has key, store {
    id: UID,
    config: ID,
}

/// One approved measurement.
public struct ConfigVersion has copy, drop, store {
    measurement: Measurement,
    approved_at_ms: u64,
    revoked_at_ms: Option<u64>,
}

/// A version to be.
public struct Proposal has copy, drop, store {
    number: u64,
    measurement: Measurement,
    ready_at_ms: u64,
    /// True if the second person agreed, or none is asked for.
    is_agreed: bool,
}

// === Public Functions ===

/// Makes a configuration whose version 0 is `measurement`. It is to be passed to
/// `share` in the same transaction. `build_digest` is SHA-256 of the recipe by
/// which anybody can build the image and compare, or empty. All but the delay is
/// final, and the delay can only be raised.
public fun new(
    name: String,
    second: Option<address>,
    delay_ms: u64,
    lifetime_ms: u64,
    takes_unbound: bool,
    measurement: Measurement,
    build_digest: vector<u8>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &mut TxContext,
): (EnclaveConfig, EnclaveConfigCap) {
    catalog_version.check();
    assert!(!name.is_empty() && name.length() <= MAX_NAME_LENGTH, EInvalidName);
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    assert!(lifetime_ms > 0 && lifetime_ms <= MAX_LIFETIME_MS, EInvalidLifetime);
    check_digest(&build_digest);
    let mut config = EnclaveConfig {
        id: object::new(ctx),
        name,
        second,
        delay_ms,
        lifetime_ms,
        takes_unbound,
        versions: vector[],
        proposals: vector[],
        next: 0,
        revoked_at_ms: option::none(),
    };
    let cap = EnclaveConfigCap { id: object::new(ctx), config: object::id(&config) };
    events::emit_config_created(
        object::id(&config),
        object::id(&cap),
        name,
        second,
        delay_ms,
        lifetime_ms,
        takes_unbound,
        build_digest,
    );
    config.approve(option::none(), measurement, clock.timestamp_ms());
    (config, cap)
}

/// Makes the configuration visible to everybody.
public fun share(self: EnclaveConfig) {
    transfer::share_object(self)
}

/// Proposes a version and returns the proposal's number. `build_digest` is as for
/// `new`.
public fun propose(
    self: &mut EnclaveConfig,
    cap: &EnclaveConfigCap,
    measurement: Measurement,
    build_digest: vector<u8>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
): u64 {
    catalog_version.check();
    self.check_cap(cap);
    self.check_not_revoked();
    self.check_new(&measurement);
    check_digest(&build_digest);
    assert!(self.proposals.length() < MAX_PROPOSALS, ETooMany);
    let number = self.next;
    self.next = number + 1;
    let ready_at_ms = clock.timestamp_ms() + self.delay_ms;
    self.proposals.push_back(Proposal {
        number,
        measurement,
        ready_at_ms,
        is_agreed: self.second.is_none(),
    });
    events::emit_measurement_proposed(
        object::id(self),
        number,
        measurement.indices(),
        measurement.values(),
        build_digest,
        ready_at_ms,
    );
    number
}

/// Agrees to a proposal, as the second person.
public fun agree(
    self: &mut EnclaveConfig,
    proposal: u64,
    catalog_version: &CatalogVersion,
    ctx: &TxContext,
) {
    catalog_version.check();
    self.check_second(ctx);
    let i = self.proposal_index(proposal);
    let waiting = &mut self.proposals[i];
    assert!(!waiting.is_agreed, EAlreadyAgreed);
    waiting.is_agreed = true;
    events::emit_measurement_agreed(object::id(self), proposal, ctx.sender());
}

/// Approves what was proposed, once its delay is over and the second person, if
/// there is one, agreed. Returns the number of the version.
public fun apply(
    self: &mut EnclaveConfig,
    cap: &EnclaveConfigCap,
    proposal: u64,
    catalog_version: &CatalogVersion,
    clock: &Clock,
): u64 {
    catalog_version.check();
    self.check_cap(cap);
    self.check_not_revoked();
    let i = self.proposal_index(proposal);
    let Proposal { measurement, ready_at_ms, is_agreed, .. } = self.proposals.remove(i);
    assert!(is_agreed, ENotAgreed);
    assert!(clock.timestamp_ms() >= ready_at_ms, ETooEarly);
    self.check_new(&measurement);
    self.approve(option::some(proposal), measurement, clock.timestamp_ms())
}

/// Drops a proposal.
public fun cancel(self: &mut EnclaveConfig, cap: &EnclaveConfigCap, proposal: u64) {
    self.check_cap(cap);
    self.remove_proposal(proposal);
}

/// Drops a proposal, as the second person.
public fun cancel_as_second(self: &mut EnclaveConfig, proposal: u64, ctx: &TxContext) {
    self.check_second(ctx);
    self.remove_proposal(proposal);
}

/// Revokes a version, at once and for ever: all enclaves that are registered
/// under it stop. `reason_digest` is SHA-256 of the reason, or empty.
public fun revoke_version(
    self: &mut EnclaveConfig,
    cap: &EnclaveConfigCap,
    version: u64,
    reason_digest: vector<u8>,
    clock: &Clock,
) {
    self.check_cap(cap);
    self.check_version(version);
    check_digest(&reason_digest);
    let now_ms = clock.timestamp_ms();
    self.versions[version].revoked_at_ms = option::some(now_ms);
    events::emit_measurement_revoked(object::id(self), version, reason_digest, now_ms);
}

/// Revokes the configuration with all its versions, at once and for ever.
public fun revoke(
    self: &mut EnclaveConfig,
    cap: &EnclaveConfigCap,
    reason_digest: vector<u8>,
    clock: &Clock,
) {
    self.check_cap(cap);
    self.revoke_all(reason_digest, clock);
}

/// As `revoke`, as the second person.
public fun revoke_as_second(
    self: &mut EnclaveConfig,
    reason_digest: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    self.check_second(ctx);
    self.revoke_all(reason_digest, clock);
}

/// Raises the delay of what is proposed from now on, at once.
public fun raise_delay(self: &mut EnclaveConfig, cap: &EnclaveConfigCap, delay_ms: u64) {
    self.check_cap(cap);
    assert!(delay_ms > self.delay_ms, EDelayNotRaised);
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    self.delay_ms = delay_ms;
    events::emit_config_delay_raised(object::id(self), delay_ms);
}

// === View helpers ===

/// The name.
public fun name(self: &EnclaveConfig): String { self.name }

/// Who must agree to new versions; none if nobody.
public fun second(self: &EnclaveConfig): Option<address> { self.second }

/// How long a proposed version waits.
public fun delay_ms(self: &EnclaveConfig): u64 { self.delay_ms }

/// How long an enclave stays registered.
public fun lifetime_ms(self: &EnclaveConfig): u64 { self.lifetime_ms }

/// True if enclaves may be registered whose documents do not name who does it.
public fun takes_unbound(self: &EnclaveConfig): bool { self.takes_unbound }

/// How many versions there are, revoked ones included.
public fun version_count(self: &EnclaveConfig): u64 { self.versions.length() }

/// Versions to be.
public fun proposals(self: &EnclaveConfig): vector<Proposal> { self.proposals }

/// When the configuration was revoked; none if it is not.
public fun revoked_at_ms(self: &EnclaveConfig): Option<u64> { self.revoked_at_ms }

/// The version with this number.
public fun version(self: &EnclaveConfig, version: u64): &ConfigVersion {
    assert!(version < self.versions.length(), EUnknownVersion);
    &self.versions[version]
}

/// True if neither the version nor the configuration is revoked.
public fun is_in_force(self: &EnclaveConfig, version: u64): bool {
    self.revoked_at_ms.is_none() && self.version(version).revoked_at_ms.is_none()
}

/// The measurement of the version.
public fun measurement(self: &ConfigVersion): Measurement { self.measurement }

/// When the version was approved.
public fun approved_at_ms(self: &ConfigVersion): u64 { self.approved_at_ms }

/// When the version was revoked; none if it is not.
public fun version_revoked_at_ms(self: &ConfigVersion): Option<u64> { self.revoked_at_ms }

/// The proposal's number.
public fun proposal_number(self: &Proposal): u64 { self.number }

/// The measurement that is proposed.
public fun proposal_measurement(self: &Proposal): Measurement { self.measurement }

/// When it can be approved.
public fun proposal_ready_at_ms(self: &Proposal): u64 { self.ready_at_ms }

/// True if the second person agreed, or none is asked for.
public fun proposal_is_agreed(self: &Proposal): bool { self.is_agreed }

/// The configuration that the capability is for.
public fun cap_config(self: &EnclaveConfigCap): ID { self.config }

// === Package Functions ===

public(package) fun check_cap(self: &EnclaveConfig, cap: &EnclaveConfigCap) {
    assert!(cap.config == object::id(self), EWrongCap)
}

/// Aborts unless the version exists and neither it nor the configuration is
/// revoked.
public(package) fun check_version(self: &EnclaveConfig, version: u64) {
    self.check_not_revoked();
    assert!(self.version(version).revoked_at_ms.is_none(), EVersionRevoked);
}

// === Private Functions ===

fun approve(
    self: &mut EnclaveConfig,
    proposal: Option<u64>,
    measurement: Measurement,
    now_ms: u64,
): u64 {
    let version = self.versions.length();
    assert!(version < MAX_VERSIONS, ETooMany);
    self.versions.push_back(ConfigVersion {
        measurement,
        approved_at_ms: now_ms,
        revoked_at_ms: option::none(),
    });
    events::emit_measurement_approved(
        object::id(self),
        version,
        proposal,
        measurement.indices(),
        measurement.values(),
        now_ms,
    );
    version
}

fun revoke_all(self: &mut EnclaveConfig, reason_digest: vector<u8>, clock: &Clock) {
    self.check_not_revoked();
    check_digest(&reason_digest);
    let now_ms = clock.timestamp_ms();
    self.revoked_at_ms = option::some(now_ms);
    events::emit_config_revoked(object::id(self), reason_digest, now_ms);
}

fun remove_proposal(self: &mut EnclaveConfig, proposal: u64) {
    let i = self.proposal_index(proposal);
    self.proposals.remove(i);
    events::emit_measurement_cancelled(object::id(self), proposal);
}

fun proposal_index(self: &EnclaveConfig, number: u64): u64 {
    let mut i = 0;
    while (i < self.proposals.length()) {
        if (self.proposals[i].number == number) return i;
        i = i + 1;
    };
    abort EUnknownProposal
}

/// A measurement that is in force is not approved twice.
fun check_new(self: &EnclaveConfig, measurement: &Measurement) {
    let mut i = 0;
    while (i < self.versions.length()) {
        let version = &self.versions[i];
        assert!(
            &version.measurement != measurement || version.revoked_at_ms.is_some(),
            EAlreadyApproved,
        );
        i = i + 1;
    }
}

fun check_not_revoked(self: &EnclaveConfig) {
    assert!(self.revoked_at_ms.is_none(), EConfigRevoked)
}

fun check_second(self: &EnclaveConfig, ctx: &TxContext) {
    assert!(self.second == option::some(ctx.sender()), ENotSecond)
}

fun check_digest(digest: &vector<u8>) {
    assert!(digest.is_empty() || digest.length() == DIGEST_LENGTH, EInvalidDigest)
}
