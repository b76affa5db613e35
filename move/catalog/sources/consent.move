// SPDX-License-Identifier: Apache-2.0

/// Consent of the people that data is about, and its withdrawal.
///
/// A subject gives consent to a dataset, in one transaction, and withdraws it in
/// one. Versions that declare to depend on a consent are revoked in the very
/// transaction that withdraws it: nothing else needs to be passed in, and nobody
/// else needs to agree. The record itself stays off chain; its digest is here.
module floe_catalog::consent;

use floe_catalog::catalog::{Dataset, DatasetCap};
use floe_catalog::events;
use floe_catalog::lineage::Lineage;
use floe_catalog::catalog_version::CatalogVersion;
use sui::clock::Clock;

// === Errors ===

/// The digest of the consent record is not 32 bytes long.
const EInvalidDigest: u64 = 0;
/// The consent would end before it begins.
const EInvalidEnd: u64 = 1;
/// The sender is not who gave the consent.
const ENotSubject: u64 = 2;
/// The consent is withdrawn already.
const EWithdrawn: u64 = 3;
/// The consent has ended.
const EEnded: u64 = 4;
/// The consent, or the capability, is another dataset's than the version.
const EWrongDataset: u64 = 5;
/// The version depends on the consent already.
const EAlreadyAttached: u64 = 6;
/// 64 versions depend on the consent; more would make withdrawing it too large.
const ETooManyVersions: u64 = 7;
/// The version is revoked.
const EVersionRevoked: u64 = 8;

// === Constants ===

const DIGEST_LENGTH: u64 = 32;
const MAX_VERSIONS: u64 = 64;

// === Structs ===

/// A consent. Shared, so that both the subject and the dataset's owner reach it.
public struct Consent has key {
    id: UID,
    dataset: ID,
    /// A pseudonym of the person: an address that signs.
    subject: address,
    /// SHA-256 of the consent record.
    record_digest: vector<u8>,
    given_at_ms: u64,
    /// After which no version may build on it; none is without end.
    ends_at_ms: Option<u64>,
    withdrawn_at_ms: Option<u64>,
    /// The versions that depend on it.
    versions: vector<ID>,
}

// === Public Functions ===

/// The sender consents to a dataset's use of their data.
public fun give(
    dataset: &Dataset,
    record_digest: vector<u8>,
    ends_at_ms: Option<u64>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    catalog_version.check();
    let now = clock.timestamp_ms();
    assert!(record_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(ends_at_ms.is_none() || *ends_at_ms.borrow() > now, EInvalidEnd);
    let consent = Consent {
        id: object::new(ctx),
        dataset: object::id(dataset),
        subject: ctx.sender(),
        record_digest,
        given_at_ms: now,
        ends_at_ms,
        withdrawn_at_ms: option::none(),
        versions: vector[],
    };
    events::emit_consent_given(
        object::id(&consent),
        consent.dataset,
        consent.subject,
        record_digest,
        ends_at_ms,
        now,
    );
    transfer::share_object(consent);
}

/// Declares that a version depends on a consent: it will be revoked when the
/// consent is withdrawn.
public fun attach(
    self: &mut Consent,
    lineage: &Lineage,
    cap: &DatasetCap,
    version: ID,
    clock: &Clock,
) {
    lineage.check_version();
    let node = lineage.node(version);
    assert!(self.dataset == node.dataset() && self.dataset == cap.cap_dataset(), EWrongDataset);
    assert!(self.withdrawn_at_ms.is_none(), EWithdrawn);
    assert!(
        self.ends_at_ms.is_none() || clock.timestamp_ms() < *self.ends_at_ms.borrow(),
        EEnded,
    );
    assert!(node.revoked_at_ms().is_none(), EVersionRevoked);
    assert!(!self.versions.contains(&version), EAlreadyAttached);
    assert!(self.versions.length() < MAX_VERSIONS, ETooManyVersions);
    self.versions.push_back(version);
    events::emit_consent_attached(object::id(self), version, self.dataset);
}

/// The subject withdraws. All versions that depend on the consent are revoked.
public fun withdraw(self: &mut Consent, lineage: &mut Lineage, clock: &Clock, ctx: &TxContext) {
    lineage.check_version();
    assert!(ctx.sender() == self.subject, ENotSubject);
    assert!(self.withdrawn_at_ms.is_none(), EWithdrawn);
    let now = clock.timestamp_ms();
    self.withdrawn_at_ms = option::some(now);
    let id = object::id(self);
    let mut i = 0;
    while (i < self.versions.length()) {
        lineage.revoke_for(self.versions[i], option::some(id), b"", clock);
        i = i + 1;
    };
    events::emit_consent_withdrawn(id, self.dataset, self.subject, self.versions, now);
}

// === View helpers ===

/// The dataset that the consent is for.
public fun dataset(self: &Consent): ID { self.dataset }

/// Who gave it, and may withdraw it.
public fun subject(self: &Consent): address { self.subject }

/// SHA-256 of the consent record.
public fun record_digest(self: &Consent): vector<u8> { self.record_digest }

/// When it was given, in Unix milliseconds.
public fun given_at_ms(self: &Consent): u64 { self.given_at_ms }

/// When it ends by itself; none if never.
public fun ends_at_ms(self: &Consent): Option<u64> { self.ends_at_ms }

/// When it was withdrawn; none if it was not.
public fun withdrawn_at_ms(self: &Consent): Option<u64> { self.withdrawn_at_ms }

/// The versions that depend on it.
public fun versions(self: &Consent): &vector<ID> { &self.versions }
