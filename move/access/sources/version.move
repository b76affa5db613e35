// SPDX-License-Identifier: Apache-2.0

/// Switches off old versions of this package.
///
/// Every published version of a package stays callable for ever, and a key
/// server accepts any of them. So each decision, and each function that changes
/// something, reads the one shared `PackageVersion`: once it is migrated, older code
/// refuses, and can't be used to get round what a newer version mended. Only
/// `discard` of a pass or a request does not: it takes from nobody but the sender.
module floe_access::version;

// === Errors ===

/// This version of the package is not the one in force. Call the latest.
const EWrongVersion: u64 = 0;
/// The package version is this one already.
const EAlreadyMigrated: u64 = 1;

// === Constants ===

/// Raised by every upgrade that changes a decision.
const VERSION: u64 = 1;

// === Structs ===

/// The version in force. Shared; there is one per published package.
public struct PackageVersion has key {
    id: UID,
    version: u64,
}

/// The right to put a new version in force.
public struct PackageVersionCap has key, store {
    id: UID,
}

// === Init ===

/// Shares the version and gives the capability to the publisher.
fun init(ctx: &mut TxContext) {
    transfer::share_object(PackageVersion { id: object::new(ctx), version: VERSION });
    transfer::transfer(PackageVersionCap { id: object::new(ctx) }, ctx.sender());
}

// === View helpers ===

/// The version in force.
public fun version(self: &PackageVersion): u64 { self.version }

// === Admin Functions ===

/// Puts this version of the package in force, after an upgrade. There is one
/// capability per published package, so it needs no check.
public fun migrate(self: &mut PackageVersion, _: &PackageVersionCap) {
    assert!(self.version < VERSION, EAlreadyMigrated);
    self.version = VERSION;
}

// === Package Functions ===

/// Aborts unless the code that runs is the version in force.
public(package) fun check(self: &PackageVersion) { check_number(self.version) }

/// Aborts unless the code that runs is this version.
public(package) fun check_number(version: u64) {
    assert!(version == VERSION, EWrongVersion)
}

// === Test-Only Helpers ===

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }

#[test_only]
public fun new_for_testing(ctx: &mut TxContext): PackageVersion {
    PackageVersion { id: object::new(ctx), version: VERSION }
}

#[test_only]
public fun set_for_testing(self: &mut PackageVersion, version: u64) { self.version = version }
