/// The rights over a published package: to upgrade it, and to speak for it.
#[allow(lint(public_entry))] // as on chain
module sui::package;

use std::ascii::String;
use std::type_name;
use sui::types;

/// The witness is no one-time witness.
const ENotOneTimeWitness: u64 = 0;
/// The policy allows more than the cap does.
const ETooPermissive: u64 = 1;
/// An upgrade is under way.
const EAlreadyAuthorized: u64 = 2;
/// No upgrade is under way.
const ENotAuthorized: u64 = 3;
/// The receipt is of another cap.
const EWrongUpgradeCap: u64 = 4;

/// Anything that keeps the public interface.
const COMPATIBLE: u8 = 0;
/// New code besides the old.
const ADDITIVE: u8 = 128;
/// Other dependencies only.
const DEP_ONLY: u8 = 192;

/// The right to speak for a package, as the publisher of its types.
public struct Publisher has key, store {
    id: UID,
    package: String,
    module_name: String,
}

/// The right to upgrade a package.
public struct UpgradeCap has key, store {
    id: UID,
    /// The newest version of the package; 0x0 while an upgrade is under way.
    package: ID,
    /// How often it was upgraded, plus 1.
    version: u64,
    /// What upgrades may change.
    policy: u8,
}

/// Allows one upgrade in this transaction.
public struct UpgradeTicket {
    cap: ID,
    package: ID,
    policy: u8,
    digest: vector<u8>,
}

/// Shows that the upgrade was made.
public struct UpgradeReceipt {
    cap: ID,
    package: ID,
}

// === Publishers ===

/// Makes the publisher of a package, in its `init`.
public fun claim<OTW: drop>(otw: OTW, ctx: &mut TxContext): Publisher {
    assert!(types::is_one_time_witness(&otw), ENotOneTimeWitness);
    let name = type_name::with_original_ids<OTW>();
    Publisher {
        id: object::new(ctx),
        package: name.address_string(),
        module_name: name.module_string(),
    }
}

/// `claim` that gives the publisher to the sender.
#[allow(lint(self_transfer))]
public fun claim_and_keep<OTW: drop>(otw: OTW, ctx: &mut TxContext) {
    let sender = ctx.sender();
    transfer::public_transfer(claim(otw, ctx), sender)
}

/// Destroys a publisher.
public fun burn_publisher(self: Publisher) {
    let Publisher { id, package: _, module_name: _ } = self;
    id.delete()
}

/// Whether the publisher's package defines the type.
public fun from_package<T>(self: &Publisher): bool {
    type_name::with_original_ids<T>().address_string() == self.package
}

/// Whether the publisher's module defines the type.
public fun from_module<T>(self: &Publisher): bool {
    let name = type_name::with_original_ids<T>();
    name.address_string() == self.package && name.module_string() == self.module_name
}

/// The module that claimed the publisher.
public fun published_module(self: &Publisher): &String {
    &self.module_name
}

/// The package's first id: 64 hex digits.
public fun published_package(self: &Publisher): &String {
    &self.package
}

// === Upgrades ===

/// The newest version of the package; 0x0 while an upgrade is under way.
public fun upgrade_package(cap: &UpgradeCap): ID {
    cap.package
}

/// How often the package was upgraded, plus 1.
public fun version(cap: &UpgradeCap): u64 {
    cap.version
}

/// What upgrades may change.
public fun upgrade_policy(cap: &UpgradeCap): u8 {
    cap.policy
}

/// The version that the ticket upgrades.
public fun ticket_package(ticket: &UpgradeTicket): ID {
    ticket.package
}

/// What the ticket's upgrade may change.
public fun ticket_policy(ticket: &UpgradeTicket): u8 {
    ticket.policy
}

/// The digest that the new package must have.
public fun ticket_digest(ticket: &UpgradeTicket): &vector<u8> {
    &ticket.digest
}

/// The cap of the upgrade.
public fun receipt_cap(receipt: &UpgradeReceipt): ID {
    receipt.cap
}

/// The new version of the package.
public fun receipt_package(receipt: &UpgradeReceipt): ID {
    receipt.package
}

/// The policy that allows anything that keeps the public interface.
public fun compatible_policy(): u8 {
    COMPATIBLE
}

/// The policy that allows new code besides the old.
public fun additive_policy(): u8 {
    ADDITIVE
}

/// The policy that allows other dependencies only.
public fun dep_only_policy(): u8 {
    DEP_ONLY
}

/// Allows no more than new code from now on.
public entry fun only_additive_upgrades(cap: &mut UpgradeCap) {
    cap.restrict(ADDITIVE)
}

/// Allows no more than other dependencies from now on.
public entry fun only_dep_upgrades(cap: &mut UpgradeCap) {
    cap.restrict(DEP_ONLY)
}

/// Ends all upgrades.
public entry fun make_immutable(cap: UpgradeCap) {
    let UpgradeCap { id, package: _, version: _, policy: _ } = cap;
    id.delete()
}

/// Starts an upgrade to the package of that digest.
public fun authorize_upgrade(cap: &mut UpgradeCap, policy: u8, digest: vector<u8>): UpgradeTicket {
    let none = @0x0.to_id();
    assert!(cap.package != none, EAlreadyAuthorized);
    assert!(policy >= cap.policy, ETooPermissive);
    let package = cap.package;
    cap.package = none;
    UpgradeTicket { cap: object::id(cap), package, policy, digest }
}

/// Ends an upgrade.
public fun commit_upgrade(cap: &mut UpgradeCap, receipt: UpgradeReceipt) {
    let UpgradeReceipt { cap: cap_id, package } = receipt;
    assert!(object::id(cap) == cap_id, EWrongUpgradeCap);
    assert!(cap.package.to_address() == @0x0, ENotAuthorized);
    cap.package = package;
    cap.version = cap.version + 1
}

fun restrict(cap: &mut UpgradeCap, policy: u8) {
    assert!(cap.policy <= policy, ETooPermissive);
    cap.policy = policy
}

// === Tests only ===

#[test_only]
/// A publisher of any module.
public fun test_claim<OTW: drop>(_: OTW, ctx: &mut TxContext): Publisher {
    let name = type_name::with_original_ids<OTW>();
    Publisher {
        id: object::new(ctx),
        package: name.address_string(),
        module_name: name.module_string(),
    }
}

#[test_only]
/// The right to upgrade a package that does not exist.
public fun test_publish(package: ID, ctx: &mut TxContext): UpgradeCap {
    UpgradeCap { id: object::new(ctx), package, version: 1, policy: COMPATIBLE }
}

#[test_only]
/// The upgrade as it would be made, to a package id hashed from the ticket's.
public fun test_upgrade(ticket: UpgradeTicket): UpgradeReceipt {
    let UpgradeTicket { cap, package, policy: _, digest: _ } = ticket;
    let new = sui::hash::blake2b256(&package.to_bytes());
    UpgradeReceipt { cap, package: object::id_from_bytes(new) }
}
