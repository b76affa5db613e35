// SPDX-License-Identifier: Apache-2.0

/// Upgrades of a package that are announced before they happen.
///
/// A package's `UpgradeCap` allows its holder to replace the code, policies
/// included, at any time. Wrapped in an `UpgradeGuard` it allows only upgrades
/// whose digest was proposed, visible as an event, a delay before. The guard
/// works for any package. It can't be opened.
module floe_access::upgrade;

use floe_access::upgrade_events;
use floe_access::version::PackageVersion;
use sui::clock::Clock;
use sui::package::{UpgradeCap, UpgradeReceipt, UpgradeTicket};

// === Errors ===

/// No upgrade is proposed.
const ENothingProposed: u64 = 0;
/// The guard's delay is not over yet.
const ETooEarly: u64 = 1;
/// Another upgrade is proposed already: cancel it first.
const EAlreadyProposed: u64 = 2;
/// The delay would not grow.
const EDelayNotRaised: u64 = 3;
/// The delay is longer than ten years.
const EInvalidDelay: u64 = 4;
/// The digest is not 32 bytes long.
const EInvalidDigest: u64 = 5;
/// The upgrade may change more than the package's capability allows.
const ETooPermissive: u64 = 6;

// === Constants ===

const MAX_DELAY_MS: u64 = 315_576_000_000;
const DIGEST_LENGTH: u64 = 32;

// === Structs ===

/// The right to upgrade one package, after a delay.
public struct UpgradeGuard has key, store {
    id: UID,
    cap: UpgradeCap,
    delay_ms: u64,
    proposed: Option<ProposedUpgrade>,
    /// The digest of the upgrade that was authorised last.
    authorized: vector<u8>,
}

/// An upgrade that waits.
public struct ProposedUpgrade has copy, drop, store {
    upgrade_policy: u8,
    digest: vector<u8>,
    ready_at_ms: u64,
}

// === Public Functions ===

/// Puts a package's upgrades behind a delay, for ever.
public fun guard(
    cap: UpgradeCap,
    delay_ms: u64,
    package_version: &PackageVersion,
    ctx: &mut TxContext,
): UpgradeGuard {
    package_version.check();
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    let package = cap.upgrade_package();
    let guard = UpgradeGuard {
        id: object::new(ctx),
        cap,
        delay_ms,
        proposed: option::none(),
        authorized: vector[],
    };
    upgrade_events::emit_upgrades_guarded(object::id(&guard), package, delay_ms);
    guard
}

/// Announces an upgrade to the code with this digest.
public fun propose(
    self: &mut UpgradeGuard,
    upgrade_policy: u8,
    digest: vector<u8>,
    package_version: &PackageVersion,
    clock: &Clock,
) {
    package_version.check();
    assert!(self.proposed.is_none(), EAlreadyProposed);
    assert!(digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(upgrade_policy >= self.cap.upgrade_policy(), ETooPermissive);
    let ready_at_ms = clock.timestamp_ms() + self.delay_ms;
    self.proposed = option::some(ProposedUpgrade { upgrade_policy, digest, ready_at_ms });
    upgrade_events::emit_upgrade_proposed(
        object::id(self),
        self.cap.upgrade_package(),
        upgrade_policy,
        digest,
        ready_at_ms,
    );
}

/// Drops the proposed upgrade.
public fun cancel(self: &mut UpgradeGuard, package_version: &PackageVersion) {
    package_version.check();
    assert!(self.proposed.is_some(), ENothingProposed);
    let ProposedUpgrade { digest, .. } = self.proposed.extract();
    upgrade_events::emit_upgrade_cancelled(object::id(self), digest);
}

/// Allows the proposed upgrade, and no other, in this transaction.
public fun authorize(
    self: &mut UpgradeGuard,
    package_version: &PackageVersion,
    clock: &Clock,
): UpgradeTicket {
    package_version.check();
    assert!(self.proposed.is_some(), ENothingProposed);
    let ProposedUpgrade { upgrade_policy, digest, ready_at_ms } = self.proposed.extract();
    assert!(clock.timestamp_ms() >= ready_at_ms, ETooEarly);
    self.authorized = digest;
    self.cap.authorize_upgrade(upgrade_policy, digest)
}

/// Notes that the upgrade has happened.
public fun commit(
    self: &mut UpgradeGuard,
    receipt: UpgradeReceipt,
    package_version: &PackageVersion,
) {
    package_version.check();
    self.cap.commit_upgrade(receipt);
    upgrade_events::emit_upgrade_committed(object::id(self), self.cap.upgrade_package(), self.authorized);
}

/// Makes upgrades that are proposed from now on wait longer.
public fun raise_delay(
    self: &mut UpgradeGuard,
    delay_ms: u64,
    package_version: &PackageVersion,
) {
    package_version.check();
    assert!(delay_ms > self.delay_ms, EDelayNotRaised);
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    self.delay_ms = delay_ms;
    upgrade_events::emit_upgrade_delay_raised(object::id(self), delay_ms);
}

/// Lets upgrades add code but not change what there is, at once and for ever.
public fun only_additive_upgrades(self: &mut UpgradeGuard, package_version: &PackageVersion) {
    package_version.check();
    self.cap.only_additive_upgrades();
    self.note_restriction();
}

/// Lets upgrades change nothing but dependencies, at once and for ever.
public fun only_dep_upgrades(self: &mut UpgradeGuard, package_version: &PackageVersion) {
    package_version.check();
    self.cap.only_dep_upgrades();
    self.note_restriction();
}

/// Ends all upgrades for ever.
public fun make_immutable(self: UpgradeGuard, package_version: &PackageVersion) {
    package_version.check();
    let UpgradeGuard { id, cap, .. } = self;
    let (guard_id, package) = (id.to_inner(), cap.upgrade_package());
    cap.make_immutable();
    id.delete();
    upgrade_events::emit_upgrades_ended(guard_id, package);
}

// === View helpers ===

/// The latest version of the package.
public fun package(self: &UpgradeGuard): ID { self.cap.upgrade_package() }

/// How long a proposed upgrade waits.
public fun delay_ms(self: &UpgradeGuard): u64 { self.delay_ms }

/// What upgrades may change at most, as in `sui::package`.
public fun upgrade_policy(self: &UpgradeGuard): u8 { self.cap.upgrade_policy() }

/// The upgrade that waits.
public fun proposed(self: &UpgradeGuard): Option<ProposedUpgrade> { self.proposed }

/// The digest of the new modules and their dependencies.
public fun digest(self: &ProposedUpgrade): vector<u8> { self.digest }

/// From when on it is allowed, in Unix milliseconds.
public fun ready_at_ms(self: &ProposedUpgrade): u64 { self.ready_at_ms }

// === Private Functions ===

fun note_restriction(self: &UpgradeGuard) {
    // A proposal for more stays, and the capability refuses it.
    upgrade_events::emit_upgrades_restricted(object::id(self), self.cap.upgrade_policy());
}
