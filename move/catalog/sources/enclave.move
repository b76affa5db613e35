// SPDX-License-Identifier: Apache-2.0

/// Enclaves that were shown to run what a configuration approves, and what they
/// sign.
///
/// Life of an enclave: it makes an Ed25519 key in its memory and has the
/// hypervisor attest it; the document is loaded by a transaction's first command,
/// `sui::nitro_attestation::load_nitro_attestation`, and given to `register` by its
/// second. From then on the key's signatures count, until the registration
/// ends, the enclave is revoked, or the version or configuration it was
/// registered under is. A restarted enclave has a new key and registers anew; its
/// predecessor may vouch for it by `succeed`.
///
/// A document says by whom it may be registered: its user data is
/// `registration_data` of the configuration and that address. A key is registered
/// once, ever.
///
/// Signatures are over messages as Nautilus lays them out, byte for byte:
///
/// ```text
/// intent u8 | timestamp u64 le, ms | BCS of the payload
/// ```
///
/// | intent | payload | checked by |
/// |---|---|---|
/// | 0 | what the application answers | its own contract, with `check_signed` |
/// | 1 | `vector<u8>`: a wallet's Ed25519 key | policies that let enclaves in |
/// | 2 | `Handover` | `succeed` |
/// | 3 | `attested::Run` | `attested::attest` |
/// | 4 | `inference_log::Head` | `inference_log::commit_signed` |
///
/// What the module can't know: that the code is any good, that the vendor's root
/// is sound, or that an enclave's machine keeps running it.
module floe_catalog::enclave;

use floe_catalog::catalog_version::CatalogVersion;
use floe_catalog::enclave_config::{EnclaveConfig, EnclaveConfigCap};
use floe_catalog::enclave_events as events;
use floe_catalog::nitro_report::{Self, Report};
use std::hash::sha2_256;
use sui::bcs;
use sui::clock::Clock;
use sui::ed25519;
use sui::nitro_attestation::NitroAttestationDocument;
use sui::table::{Self, Table};

// === Errors ===

/// The document is not for the sender to register under this configuration.
const EWrongRegistrant: u64 = 0;
/// The configuration takes no documents that do not name who registers them.
const EUnboundRefused: u64 = 1;
/// The document is more than an hour old.
const EStaleDocument: u64 = 2;
/// The document is from the future.
const EFutureDocument: u64 = 3;
/// The enclave's key was registered before.
const EAlreadyRegistered: u64 = 4;
/// The enclave is registered under another configuration.
const EWrongConfig: u64 = 5;
/// The enclave is revoked.
const ERevoked: u64 = 6;
/// The enclave's registration has ended.
const EExpired: u64 = 7;
/// The document is of another enclave.
const EWrongKey: u64 = 8;
/// The document is not newer than the one before.
const ENotNewer: u64 = 9;
/// The message is older than it may be.
const EStaleMessage: u64 = 10;
/// The message is from the future.
const EFutureMessage: u64 = 11;
/// The enclave did not sign this message.
const EInvalidSignature: u64 = 12;
/// The enclave has a predecessor already.
const EHasPredecessor: u64 = 13;
/// The sender did not register the enclave.
const ENotRegistrant: u64 = 14;
/// The enclave is neither revoked nor has its registration ended.
const EStillRegistered: u64 = 15;

// === Constants ===

const INTENT_HANDOVER: u8 = 2;

/// How old a document may be: an hour. Its certificates live for about three.
const MAX_DOCUMENT_AGE_MS: u64 = 3_600_000;
/// How far an enclave's clock may run ahead of the chain's: a minute.
const MAX_SKEW_MS: u64 = 60_000;

// === Structs ===

/// All keys that were ever registered. Shared; there is one per published package.
public struct EnclaveRegistry has key {
    id: UID,
    /// The enclave's object, by its key.
    enclaves: Table<vector<u8>, ID>,
}

/// An enclave. Shared.
public struct Enclave has key {
    id: UID,
    /// The configuration, and which of its versions the enclave runs.
    config: ID,
    config_version: u64,
    /// Ed25519.
    public_key: vector<u8>,
    /// The hypervisor's name for it.
    module_id: vector<u8>,
    registered_by: address,
    /// When the newest document was made.
    document_at_ms: u64,
    registered_at_ms: u64,
    /// First moment at which the registration has ended.
    expires_at_ms: u64,
    revoked_at_ms: Option<u64>,
    /// The enclave whose key vouched for this one's.
    predecessor: Option<ID>,
}

/// What an enclave signs: see the module.
public struct IntentMessage<P: drop> has copy, drop {
    intent: u8,
    timestamp_ms: u64,
    payload: P,
}

/// An enclave's statement that another one takes over from it.
public struct Handover has copy, drop {
    config: ID,
    public_key: vector<u8>,
}

// === Init ===

/// Shares the empty registry.
fun init(ctx: &mut TxContext) {
    transfer::share_object(EnclaveRegistry { id: object::new(ctx), enclaves: table::new(ctx) })
}

// === Public Functions ===

/// Registers the enclave that the document attests, under a version of the
/// configuration whose measurement it has. The document's user data is
/// `registration_data` of the configuration and the sender. Returns the id of the
/// enclave's object, which is shared.
public fun register(
    self: &mut EnclaveRegistry,
    config: &EnclaveConfig,
    version: u64,
    document: NitroAttestationDocument,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    catalog_version.check();
    self.register_report(config, version, nitro_report::read(document), clock, ctx)
}

/// As `register`, for a document that does not say who may register it. Only the
/// holder of the configuration's capability may, if the configuration allows it
/// at all.
public fun register_unbound(
    self: &mut EnclaveRegistry,
    config: &EnclaveConfig,
    cap: &EnclaveConfigCap,
    version: u64,
    document: NitroAttestationDocument,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    catalog_version.check();
    let report = nitro_report::read(document);
    self.register_unbound_report(config, cap, version, report, clock, ctx)
}

/// Prolongs a registration by a newer document of the same enclave, which is bound
/// to the sender as for `register`.
public fun renew(
    self: &mut Enclave,
    config: &EnclaveConfig,
    document: NitroAttestationDocument,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    catalog_version.check();
    self.renew_report(config, nitro_report::read(document), clock, ctx)
}

/// Notes that `old` vouches for this enclave, which replaces it: `signature` is by
/// the old key, over the message with intent 2 and a `Handover` to the new one.
/// Both must be in force.
public fun succeed(
    self: &mut Enclave,
    old: &Enclave,
    config: &EnclaveConfig,
    timestamp_ms: u64,
    signature: vector<u8>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
) {
    catalog_version.check();
    self.check_live(config, clock.timestamp_ms());
    assert!(self.predecessor.is_none(), EHasPredecessor);
    old.check_signed(
        config,
        INTENT_HANDOVER,
        timestamp_ms,
        Handover { config: self.config, public_key: self.public_key },
        &signature,
        MAX_DOCUMENT_AGE_MS,
        clock,
    );
    self.predecessor = option::some(object::id(old));
    events::emit_enclave_succeeded(object::id(self), object::id(old));
}

/// Revokes the enclave, at once and for ever, as the holder of its configuration's
/// capability. `reason_digest` is SHA-256 of the reason, or empty.
public fun revoke(
    self: &mut Enclave,
    config: &EnclaveConfig,
    cap: &EnclaveConfigCap,
    reason_digest: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    assert!(self.config == object::id(config), EWrongConfig);
    config.check_cap(cap);
    self.revoke_now(reason_digest, clock, ctx);
}

/// As `revoke`, as who registered it.
public fun revoke_as_registrant(
    self: &mut Enclave,
    reason_digest: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    assert!(self.registered_by == ctx.sender(), ENotRegistrant);
    self.revoke_now(reason_digest, clock, ctx);
}

/// Deletes the object of an enclave that is revoked or whose registration has
/// ended. Anybody may. Its key stays used.
public fun remove(self: Enclave, clock: &Clock) {
    assert!(
        self.revoked_at_ms.is_some() || clock.timestamp_ms() >= self.expires_at_ms,
        EStillRegistered,
    );
    let enclave_id = object::id(&self);
    let Enclave { id, .. } = self;
    id.delete();
    events::emit_enclave_removed(enclave_id);
}

/// Aborts unless the enclave is in force and signed this message, which is at most
/// `max_age_ms` old. That a message is not used twice is for the caller to see to.
public fun check_signed<P: drop>(
    self: &Enclave,
    config: &EnclaveConfig,
    intent: u8,
    timestamp_ms: u64,
    payload: P,
    signature: &vector<u8>,
    max_age_ms: u64,
    clock: &Clock,
) {
    let now_ms = clock.timestamp_ms();
    self.check_live(config, now_ms);
    assert!(timestamp_ms <= now_ms + MAX_SKEW_MS, EFutureMessage);
    assert!(timestamp_ms + max_age_ms >= now_ms, EStaleMessage);
    let message = intent_message(intent, timestamp_ms, payload);
    assert!(
        ed25519::ed25519_verify(signature, &self.public_key, &message),
        EInvalidSignature,
    );
}

/// Aborts unless the enclave is in force: neither it nor what it was registered
/// under is revoked, and its registration has not ended.
public fun check_live(self: &Enclave, config: &EnclaveConfig, now_ms: u64) {
    assert!(self.config == object::id(config), EWrongConfig);
    assert!(self.revoked_at_ms.is_none(), ERevoked);
    assert!(now_ms < self.expires_at_ms, EExpired);
    config.check_version(self.config_version);
}

// === View helpers ===

/// The bytes that an enclave signs, as Nautilus lays them out.
public fun intent_message<P: drop>(intent: u8, timestamp_ms: u64, payload: P): vector<u8> {
    bcs::to_bytes(&IntentMessage { intent, timestamp_ms, payload })
}

/// What the user data of a document is that `registrant` may register under
/// `config`: SHA-256 of the text `floe enclave registration v1`, the 32 bytes of
/// the configuration's id and the 32 bytes of the address.
public fun registration_data(config: ID, registrant: address): vector<u8> {
    let mut preimage = b"floe enclave registration v1";
    preimage.append(bcs::to_bytes(&config));
    preimage.append(bcs::to_bytes(&registrant));
    sha2_256(preimage)
}

/// True if the enclave is in force: see `check_live`.
public fun is_live(self: &Enclave, config: &EnclaveConfig, now_ms: u64): bool {
    self.config == object::id(config) &&
    self.revoked_at_ms.is_none() &&
    now_ms < self.expires_at_ms &&
    config.is_in_force(self.config_version)
}

/// True if a key was registered, now or ever.
public fun is_registered(self: &EnclaveRegistry, public_key: vector<u8>): bool {
    self.enclaves.contains(public_key)
}

/// The object that a key was registered as; it may be deleted since.
public fun enclave(self: &EnclaveRegistry, public_key: vector<u8>): ID {
    *self.enclaves.borrow(public_key)
}

/// The configuration that the enclave is registered under.
public fun config(self: &Enclave): ID { self.config }

/// Which version of it.
public fun config_version(self: &Enclave): u64 { self.config_version }

/// The enclave's Ed25519 key.
public fun public_key(self: &Enclave): vector<u8> { self.public_key }

/// The hypervisor's name for the enclave.
public fun module_id(self: &Enclave): vector<u8> { self.module_id }

/// Who registered the enclave.
public fun registered_by(self: &Enclave): address { self.registered_by }

/// When its newest document was made.
public fun document_at_ms(self: &Enclave): u64 { self.document_at_ms }

/// When it was registered.
public fun registered_at_ms(self: &Enclave): u64 { self.registered_at_ms }

/// First moment at which its registration has ended.
public fun expires_at_ms(self: &Enclave): u64 { self.expires_at_ms }

/// When it was revoked; none if it is not.
public fun revoked_at_ms(self: &Enclave): Option<u64> { self.revoked_at_ms }

/// The enclave that vouched for it, if any.
public fun predecessor(self: &Enclave): Option<ID> { self.predecessor }

// === Package Functions ===

public(package) fun register_report(
    self: &mut EnclaveRegistry,
    config: &EnclaveConfig,
    version: u64,
    report: Report,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    check_bound(&report, object::id(config), ctx.sender());
    self.add(config, version, report, true, clock, ctx)
}

public(package) fun register_unbound_report(
    self: &mut EnclaveRegistry,
    config: &EnclaveConfig,
    cap: &EnclaveConfigCap,
    version: u64,
    report: Report,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    config.check_cap(cap);
    assert!(config.takes_unbound(), EUnboundRefused);
    self.add(config, version, report, false, clock, ctx)
}

public(package) fun renew_report(
    self: &mut Enclave,
    config: &EnclaveConfig,
    report: Report,
    clock: &Clock,
    ctx: &TxContext,
) {
    let now_ms = clock.timestamp_ms();
    assert!(self.config == object::id(config), EWrongConfig);
    assert!(self.revoked_at_ms.is_none(), ERevoked);
    check_bound(&report, self.config, ctx.sender());
    check_document(&report, config, self.config_version, now_ms);
    assert!(report.public_key() == self.public_key, EWrongKey);
    assert!(report.timestamp_ms() > self.document_at_ms, ENotNewer);
    self.document_at_ms = report.timestamp_ms();
    self.expires_at_ms = now_ms + config.lifetime_ms();
    events::emit_enclave_renewed(object::id(self), self.document_at_ms, self.expires_at_ms);
}

// === Private Functions ===

fun add(
    self: &mut EnclaveRegistry,
    config: &EnclaveConfig,
    config_version: u64,
    report: Report,
    is_bound: bool,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    let now_ms = clock.timestamp_ms();
    check_document(&report, config, config_version, now_ms);
    let public_key = report.public_key();
    assert!(!self.enclaves.contains(public_key), EAlreadyRegistered);
    let enclave = Enclave {
        id: object::new(ctx),
        config: object::id(config),
        config_version,
        public_key,
        module_id: report.module_id(),
        registered_by: ctx.sender(),
        document_at_ms: report.timestamp_ms(),
        registered_at_ms: now_ms,
        expires_at_ms: now_ms + config.lifetime_ms(),
        revoked_at_ms: option::none(),
        predecessor: option::none(),
    };
    let id = object::id(&enclave);
    self.enclaves.add(public_key, id);
    events::emit_enclave_registered(
        id,
        enclave.config,
        config_version,
        public_key,
        enclave.module_id,
        enclave.registered_by,
        is_bound,
        enclave.document_at_ms,
        now_ms,
        enclave.expires_at_ms,
    );
    transfer::share_object(enclave);
    id
}

/// Aborts unless the document is fresh and shows the version's measurement.
fun check_document(report: &Report, config: &EnclaveConfig, version: u64, now_ms: u64) {
    config.check_version(version);
    assert!(report.timestamp_ms() <= now_ms + MAX_SKEW_MS, EFutureDocument);
    assert!(report.timestamp_ms() + MAX_DOCUMENT_AGE_MS >= now_ms, EStaleDocument);
    config.version(version).measurement().check(report);
}

/// Aborts unless the document's user data names the configuration and the sender.
fun check_bound(report: &Report, config: ID, registrant: address) {
    assert!(
        report.user_data() == option::some(registration_data(config, registrant)),
        EWrongRegistrant,
    )
}

fun revoke_now(self: &mut Enclave, reason_digest: vector<u8>, clock: &Clock, ctx: &TxContext) {
    assert!(self.revoked_at_ms.is_none(), ERevoked);
    let now_ms = clock.timestamp_ms();
    self.revoked_at_ms = option::some(now_ms);
    events::emit_enclave_revoked(object::id(self), ctx.sender(), reason_digest, now_ms);
}

// === Test-Only Helpers ===

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }

#[test_only]
/// An enclave with this key, registered now, without a document.
public fun new_for_testing(
    config: &EnclaveConfig,
    config_version: u64,
    public_key: vector<u8>,
    clock: &Clock,
    ctx: &mut TxContext,
): Enclave {
    let now_ms = clock.timestamp_ms();
    Enclave {
        id: object::new(ctx),
        config: object::id(config),
        config_version,
        public_key,
        module_id: b"i-1-enc1",
        registered_by: ctx.sender(),
        document_at_ms: now_ms,
        registered_at_ms: now_ms,
        expires_at_ms: now_ms + config.lifetime_ms(),
        revoked_at_ms: option::none(),
        predecessor: option::none(),
    }
}
