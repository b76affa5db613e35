// SPDX-License-Identifier: Apache-2.0

/// Events of guarded upgrades: each fact once, after it became true.
module floe_access::upgrade_events;

use sui::event;

// === Events ===

/// Upgrades of a package wait for a delay from now on.
public struct UpgradesGuarded has copy, drop {
    guard_id: ID,
    /// The version that is the latest.
    package_id: ID,
    delay_ms: u64,
}

/// An upgrade waits.
public struct UpgradeProposed has copy, drop {
    guard_id: ID,
    /// The version to upgrade.
    package_id: ID,
    /// What it may change, as in `sui::package`.
    upgrade_policy: u8,
    /// Of the new modules and their dependencies.
    digest: vector<u8>,
    ready_at_ms: u64,
}

/// A proposed upgrade will not happen.
public struct UpgradeCancelled has copy, drop {
    guard_id: ID,
    digest: vector<u8>,
}

/// A package was upgraded.
public struct UpgradeCommitted has copy, drop {
    guard_id: ID,
    /// The new version.
    package_id: ID,
    digest: vector<u8>,
}

/// Upgrades proposed from now on wait longer.
public struct UpgradeDelayRaised has copy, drop {
    guard_id: ID,
    delay_ms: u64,
}

/// Upgrades may change less from now on.
public struct UpgradesRestricted has copy, drop {
    guard_id: ID,
    /// As in `sui::package`.
    upgrade_policy: u8,
}

/// The package can't be upgraded ever again.
public struct UpgradesEnded has copy, drop {
    guard_id: ID,
    package_id: ID,
}

// === Package Functions ===

public(package) fun emit_upgrades_guarded(guard_id: ID, package_id: ID, delay_ms: u64) {
    event::emit(UpgradesGuarded { guard_id, package_id, delay_ms })
}

public(package) fun emit_upgrade_proposed(
    guard_id: ID,
    package_id: ID,
    upgrade_policy: u8,
    digest: vector<u8>,
    ready_at_ms: u64,
) {
    event::emit(UpgradeProposed {
        guard_id,
        package_id,
        upgrade_policy,
        digest,
        ready_at_ms,
    })
}

public(package) fun emit_upgrade_cancelled(guard_id: ID, digest: vector<u8>) {
    event::emit(UpgradeCancelled { guard_id, digest })
}

public(package) fun emit_upgrade_committed(guard_id: ID, package_id: ID, digest: vector<u8>) {
    event::emit(UpgradeCommitted { guard_id, package_id, digest })
}

public(package) fun emit_upgrade_delay_raised(guard_id: ID, delay_ms: u64) {
    event::emit(UpgradeDelayRaised { guard_id, delay_ms })
}

public(package) fun emit_upgrades_restricted(guard_id: ID, upgrade_policy: u8) {
    event::emit(UpgradesRestricted { guard_id, upgrade_policy })
}

public(package) fun emit_upgrades_ended(guard_id: ID, package_id: ID) {
    event::emit(UpgradesEnded { guard_id, package_id })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_upgrades_guarded(guard_id: ID, package_id: ID, delay_ms: u64): UpgradesGuarded {
    UpgradesGuarded { guard_id, package_id, delay_ms }
}

#[test_only]
public fun new_upgrade_proposed(
    guard_id: ID,
    package_id: ID,
    upgrade_policy: u8,
    digest: vector<u8>,
    ready_at_ms: u64,
): UpgradeProposed {
    UpgradeProposed { guard_id, package_id, upgrade_policy, digest, ready_at_ms }
}

#[test_only]
public fun new_upgrade_cancelled(guard_id: ID, digest: vector<u8>): UpgradeCancelled {
    UpgradeCancelled { guard_id, digest }
}

#[test_only]
public fun new_upgrade_committed(
    guard_id: ID,
    package_id: ID,
    digest: vector<u8>,
): UpgradeCommitted {
    UpgradeCommitted { guard_id, package_id, digest }
}

#[test_only]
public fun new_upgrade_delay_raised(guard_id: ID, delay_ms: u64): UpgradeDelayRaised {
    UpgradeDelayRaised { guard_id, delay_ms }
}

#[test_only]
public fun new_upgrades_restricted(guard_id: ID, upgrade_policy: u8): UpgradesRestricted {
    UpgradesRestricted { guard_id, upgrade_policy }
}

#[test_only]
public fun new_upgrades_ended(guard_id: ID, package_id: ID): UpgradesEnded {
    UpgradesEnded { guard_id, package_id }
}
