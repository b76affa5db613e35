// SPDX-License-Identifier: Apache-2.0

/// Switches off old versions of this package.
///
/// Every published version of a package stays callable for ever. So each function
/// that changes something, but for those that only narrow what enclaves may do,
/// reads the version in force, in one of two places that always agree: the shared `CatalogVersion`, or the `Lineage` where that is passed
/// anyway. `lineage::migrate` raises both: then older code refuses.
///
/// Packages that depend on this one are bound to the version that they were
/// published with. They are to be upgraded before `migrate`, or what they ask
/// here is refused until they are: never answered by old code.
module floe_catalog::catalog_version;

// === Errors ===

/// This version of the package is not the one in force. Call the latest.
const EWrongVersion: u64 = 0;
/// The package version is this one already.
const EAlreadyMigrated: u64 = 1;

// === Constants ===

/// Raised by every upgrade that changes a rule.
const VERSION: u64 = 1;

// === Structs ===

/// The version in force. Shared; there is one per published package.
public struct CatalogVersion has key {
    id: UID,
    version: u64,
}

/// The right to put a new version in force.
public struct CatalogVersionCap has key, store {
    id: UID,
}

// === Init ===

/// Shares the version and gives the capability to the publisher.
fun init(ctx: &mut TxContext) {
    transfer::share_object(CatalogVersion { id: object::new(ctx), version: VERSION });
    transfer::transfer(CatalogVersionCap { id: object::new(ctx) }, ctx.sender());
}

// === View helpers ===

/// The version in force.
public fun version(self: &CatalogVersion): u64 { self.version }

// === Package Functions ===

/// The version that this code is.
public(package) fun current(): u64 { VERSION }

/// Aborts unless the code that runs is the version in force.
public(package) fun check(self: &CatalogVersion) { check_number(self.version) }

/// Aborts unless the code that runs is this version.
public(package) fun check_number(version: u64) {
    assert!(version == VERSION, EWrongVersion)
}

/// Puts this version of the package in force, after an upgrade. There is one
/// capability per published package, so it needs no check.
public(package) fun migrate(self: &mut CatalogVersion, _: &CatalogVersionCap) {
    assert!(self.version < VERSION, EAlreadyMigrated);
    self.version = VERSION;
}

// === Test-Only Helpers ===

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }

#[test_only]
public fun new_for_testing(ctx: &mut TxContext): CatalogVersion {
    CatalogVersion { id: object::new(ctx), version: VERSION }
}

#[test_only]
public fun set_for_testing(self: &mut CatalogVersion, version: u64) { self.version = version }
