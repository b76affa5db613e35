// SPDX-License-Identifier: Apache-2.0

/// All events of the package: each fact once, after it became true. Decisions of
/// `seal_approve` leave none: they are only ever simulated, and key servers sign
/// a receipt for each instead.
module floe_access::events;

use floe_access::change::Change;
use floe_access::rule::Rule;
use std::string::String;
use std::type_name::TypeName;
use sui::event;

// === Events ===

/// A policy was created. The bounds, in Unix milliseconds, are the window of the
/// two clauses that `policy::new` makes, for the owner and for the allow-list; a
/// `PolicyComposed` follows if the policy was made without them.
public struct PolicyCreated has copy, drop {
    policy_id: ID,
    /// The capability that manages the policy.
    cap_id: ID,
    owner: address,
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
}

/// The policy just created has no clauses but those that `ClauseAdded` tells of.
public struct PolicyComposed has copy, drop {
    policy_id: ID,
    /// How long a change that widens waits.
    delay_ms: u64,
    /// Who may put the policy under hold.
    holders: vector<address>,
    /// How many of them it takes.
    hold_threshold: u64,
}

/// An address joined the policy's allow-list.
public struct AccessGranted has copy, drop {
    policy_id: ID,
    member: address,
}

/// An address left the policy's allow-list. Keys released before stay released.
public struct AccessRevoked has copy, drop {
    policy_id: ID,
    member: address,
}

/// The policy lets in whoever meets these rules.
public struct ClauseAdded has copy, drop {
    policy_id: ID,
    clause: u64,
    rules: vector<Rule>,
}

/// The policy lost a clause.
public struct ClauseRemoved has copy, drop {
    policy_id: ID,
    clause: u64,
}

/// A clause got a rule more.
public struct ClauseTightened has copy, drop {
    policy_id: ID,
    clause: u64,
    rule: Rule,
}

/// A clause lost a rule.
public struct ClauseLoosened has copy, drop {
    policy_id: ID,
    clause: u64,
    rule: Rule,
}

/// Passes are for sale. They open nothing unless a clause asks for them.
public struct OfferMade has copy, drop {
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    /// In the coin's smallest unit.
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
}

/// An offer costs more or less.
public struct PriceChanged has copy, drop {
    policy_id: ID,
    offer: u64,
    price: u64,
}

/// An offer's passes are not sold any more. Those sold stay valid.
public struct OfferClosed has copy, drop {
    policy_id: ID,
    offer: u64,
}

/// Another address is paid for passes.
public struct PayeeChanged has copy, drop {
    policy_id: ID,
    payee: address,
}

/// A pass was sold and paid for.
public struct PassSold has copy, drop {
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
}

/// A key request used up one use of a pass.
public struct PassUsed has copy, drop {
    policy_id: ID,
    pass_id: ID,
    uses_left: u64,
}

/// A requester met a clause and may ask for keys until the request ends.
public struct KeyRequested has copy, drop {
    policy_id: ID,
    request_id: ID,
    requester: address,
    /// The clause that was met.
    clause: u64,
    /// What the keys are for, as the requester declared.
    purpose: Option<String>,
    valid_until_ms: u64,
}

/// A steward approved a requester.
public struct RequesterApproved has copy, drop {
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
}

/// A steward's approval of a requester ended before its time.
public struct ApprovalWithdrawn has copy, drop {
    policy_id: ID,
    requester: address,
    steward: address,
}

/// An address may add and remove members.
public struct DelegateAdded has copy, drop {
    policy_id: ID,
    delegate: address,
}

/// An address may not add and remove members any more.
public struct DelegateRemoved has copy, drop {
    policy_id: ID,
    delegate: address,
}

/// A change that widens the policy waits.
public struct ChangeProposed has copy, drop {
    policy_id: ID,
    proposal: u64,
    change: Change,
    /// From when on it can be applied.
    ready_at_ms: u64,
}

/// A proposed change will not be applied.
public struct ChangeCancelled has copy, drop {
    policy_id: ID,
    proposal: u64,
}

/// A proposed change was applied; the event before says what is so now.
public struct ChangeApplied has copy, drop {
    policy_id: ID,
    proposal: u64,
}

/// Changes proposed from now on wait longer.
public struct DelayRaised has copy, drop {
    policy_id: ID,
    delay_ms: u64,
}

/// Nothing will ever widen the policy again.
public struct PolicyFrozen has copy, drop {
    policy_id: ID,
}

/// A holder voted to place a hold, or to lift it.
public struct PolicyHoldVoted has copy, drop {
    policy_id: ID,
    holder: address,
    place: bool,
}

/// The policy releases no key until the hold is lifted.
public struct PolicyHeld has copy, drop {
    policy_id: ID,
}

/// The hold ends.
public struct PolicyHoldLifted has copy, drop {
    policy_id: ID,
    ends_at_ms: u64,
}

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

public(package) fun emit_policy_created(
    policy_id: ID,
    cap_id: ID,
    owner: address,
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
) {
    event::emit(PolicyCreated {
        policy_id,
        cap_id,
        owner,
        not_before_ms,
        not_after_ms,
    })
}

public(package) fun emit_policy_composed(
    policy_id: ID,
    delay_ms: u64,
    holders: vector<address>,
    hold_threshold: u64,
) {
    event::emit(PolicyComposed { policy_id, delay_ms, holders, hold_threshold })
}

public(package) fun emit_access_granted(policy_id: ID, member: address) {
    event::emit(AccessGranted { policy_id, member })
}

public(package) fun emit_access_revoked(policy_id: ID, member: address) {
    event::emit(AccessRevoked { policy_id, member })
}

public(package) fun emit_clause_added(policy_id: ID, clause: u64, rules: vector<Rule>) {
    event::emit(ClauseAdded { policy_id, clause, rules })
}

public(package) fun emit_clause_removed(policy_id: ID, clause: u64) {
    event::emit(ClauseRemoved { policy_id, clause })
}

public(package) fun emit_clause_tightened(policy_id: ID, clause: u64, rule: Rule) {
    event::emit(ClauseTightened { policy_id, clause, rule })
}

public(package) fun emit_clause_loosened(policy_id: ID, clause: u64, rule: Rule) {
    event::emit(ClauseLoosened { policy_id, clause, rule })
}

public(package) fun emit_offer_made(
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
) {
    event::emit(OfferMade { policy_id, offer, coin_type, price, term_ms, uses })
}

public(package) fun emit_price_changed(policy_id: ID, offer: u64, price: u64) {
    event::emit(PriceChanged { policy_id, offer, price })
}

public(package) fun emit_offer_closed(policy_id: ID, offer: u64) {
    event::emit(OfferClosed { policy_id, offer })
}

public(package) fun emit_payee_changed(policy_id: ID, payee: address) {
    event::emit(PayeeChanged { policy_id, payee })
}

public(package) fun emit_pass_sold(
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
) {
    event::emit(PassSold {
        policy_id,
        pass_id,
        offer,
        holder,
        payee,
        coin_type,
        price,
        expires_at_ms,
        uses,
    })
}

public(package) fun emit_pass_used(policy_id: ID, pass_id: ID, uses_left: u64) {
    event::emit(PassUsed { policy_id, pass_id, uses_left })
}

public(package) fun emit_key_requested(
    policy_id: ID,
    request_id: ID,
    requester: address,
    clause: u64,
    purpose: Option<String>,
    valid_until_ms: u64,
) {
    event::emit(KeyRequested {
        policy_id,
        request_id,
        requester,
        clause,
        purpose,
        valid_until_ms,
    })
}

public(package) fun emit_requester_approved(
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
) {
    event::emit(RequesterApproved { policy_id, requester, steward, valid_until_ms })
}

public(package) fun emit_approval_withdrawn(policy_id: ID, requester: address, steward: address) {
    event::emit(ApprovalWithdrawn { policy_id, requester, steward })
}

public(package) fun emit_delegate_added(policy_id: ID, delegate: address) {
    event::emit(DelegateAdded { policy_id, delegate })
}

public(package) fun emit_delegate_removed(policy_id: ID, delegate: address) {
    event::emit(DelegateRemoved { policy_id, delegate })
}

public(package) fun emit_change_proposed(
    policy_id: ID,
    proposal: u64,
    change: Change,
    ready_at_ms: u64,
) {
    event::emit(ChangeProposed { policy_id, proposal, change, ready_at_ms })
}

public(package) fun emit_change_cancelled(policy_id: ID, proposal: u64) {
    event::emit(ChangeCancelled { policy_id, proposal })
}

public(package) fun emit_change_applied(policy_id: ID, proposal: u64) {
    event::emit(ChangeApplied { policy_id, proposal })
}

public(package) fun emit_delay_raised(policy_id: ID, delay_ms: u64) {
    event::emit(DelayRaised { policy_id, delay_ms })
}

public(package) fun emit_policy_frozen(policy_id: ID) {
    event::emit(PolicyFrozen { policy_id })
}

public(package) fun emit_policy_hold_voted(policy_id: ID, holder: address, place: bool) {
    event::emit(PolicyHoldVoted { policy_id, holder, place })
}

public(package) fun emit_policy_held(policy_id: ID) {
    event::emit(PolicyHeld { policy_id })
}

public(package) fun emit_policy_hold_lifted(policy_id: ID, ends_at_ms: u64) {
    event::emit(PolicyHoldLifted { policy_id, ends_at_ms })
}

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
public fun new_policy_created(
    policy_id: ID,
    cap_id: ID,
    owner: address,
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
): PolicyCreated {
    PolicyCreated { policy_id, cap_id, owner, not_before_ms, not_after_ms }
}

#[test_only]
public fun new_policy_composed(
    policy_id: ID,
    delay_ms: u64,
    holders: vector<address>,
    hold_threshold: u64,
): PolicyComposed {
    PolicyComposed { policy_id, delay_ms, holders, hold_threshold }
}

#[test_only]
public fun new_access_granted(policy_id: ID, member: address): AccessGranted {
    AccessGranted { policy_id, member }
}

#[test_only]
public fun new_access_revoked(policy_id: ID, member: address): AccessRevoked {
    AccessRevoked { policy_id, member }
}

#[test_only]
public fun new_clause_added(policy_id: ID, clause: u64, rules: vector<Rule>): ClauseAdded {
    ClauseAdded { policy_id, clause, rules }
}

#[test_only]
public fun new_clause_removed(policy_id: ID, clause: u64): ClauseRemoved {
    ClauseRemoved { policy_id, clause }
}

#[test_only]
public fun new_clause_tightened(policy_id: ID, clause: u64, rule: Rule): ClauseTightened {
    ClauseTightened { policy_id, clause, rule }
}

#[test_only]
public fun new_clause_loosened(policy_id: ID, clause: u64, rule: Rule): ClauseLoosened {
    ClauseLoosened { policy_id, clause, rule }
}

#[test_only]
public fun new_offer_made(
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
): OfferMade {
    OfferMade { policy_id, offer, coin_type, price, term_ms, uses }
}

#[test_only]
public fun new_price_changed(policy_id: ID, offer: u64, price: u64): PriceChanged {
    PriceChanged { policy_id, offer, price }
}

#[test_only]
public fun new_offer_closed(policy_id: ID, offer: u64): OfferClosed {
    OfferClosed { policy_id, offer }
}

#[test_only]
public fun new_payee_changed(policy_id: ID, payee: address): PayeeChanged {
    PayeeChanged { policy_id, payee }
}

#[test_only]
public fun new_pass_sold(
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
): PassSold {
    PassSold {
        policy_id,
        pass_id,
        offer,
        holder,
        payee,
        coin_type,
        price,
        expires_at_ms,
        uses,
    }
}

#[test_only]
public fun new_pass_used(policy_id: ID, pass_id: ID, uses_left: u64): PassUsed {
    PassUsed { policy_id, pass_id, uses_left }
}

#[test_only]
public fun new_key_requested(
    policy_id: ID,
    request_id: ID,
    requester: address,
    clause: u64,
    purpose: Option<String>,
    valid_until_ms: u64,
): KeyRequested {
    KeyRequested {
        policy_id,
        request_id,
        requester,
        clause,
        purpose,
        valid_until_ms,
    }
}

#[test_only]
public fun new_requester_approved(
    policy_id: ID,
    requester: address,
    steward: address,
    valid_until_ms: u64,
): RequesterApproved {
    RequesterApproved { policy_id, requester, steward, valid_until_ms }
}

#[test_only]
public fun new_approval_withdrawn(
    policy_id: ID,
    requester: address,
    steward: address,
): ApprovalWithdrawn {
    ApprovalWithdrawn { policy_id, requester, steward }
}

#[test_only]
public fun new_delegate_added(policy_id: ID, delegate: address): DelegateAdded {
    DelegateAdded { policy_id, delegate }
}

#[test_only]
public fun new_delegate_removed(policy_id: ID, delegate: address): DelegateRemoved {
    DelegateRemoved { policy_id, delegate }
}

#[test_only]
public fun new_change_proposed(
    policy_id: ID,
    proposal: u64,
    change: Change,
    ready_at_ms: u64,
): ChangeProposed {
    ChangeProposed { policy_id, proposal, change, ready_at_ms }
}

#[test_only]
public fun new_change_cancelled(policy_id: ID, proposal: u64): ChangeCancelled {
    ChangeCancelled { policy_id, proposal }
}

#[test_only]
public fun new_change_applied(policy_id: ID, proposal: u64): ChangeApplied {
    ChangeApplied { policy_id, proposal }
}

#[test_only]
public fun new_delay_raised(policy_id: ID, delay_ms: u64): DelayRaised {
    DelayRaised { policy_id, delay_ms }
}

#[test_only]
public fun new_policy_frozen(policy_id: ID): PolicyFrozen {
    PolicyFrozen { policy_id }
}

#[test_only]
public fun new_policy_hold_voted(policy_id: ID, holder: address, place: bool): PolicyHoldVoted {
    PolicyHoldVoted { policy_id, holder, place }
}

#[test_only]
public fun new_policy_held(policy_id: ID): PolicyHeld {
    PolicyHeld { policy_id }
}

#[test_only]
public fun new_policy_hold_lifted(policy_id: ID, ends_at_ms: u64): PolicyHoldLifted {
    PolicyHoldLifted { policy_id, ends_at_ms }
}

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
