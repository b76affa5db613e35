// SPDX-License-Identifier: Apache-2.0

/// Events of policies: who is let in, each fact once, after it became true. Decisions
/// of `seal_approve` leave none: they are only ever simulated, and key servers sign
/// a receipt for each instead.
module floe_access::policy_events;

use floe_access::rule::Rule;
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

public(package) fun emit_delegate_added(policy_id: ID, delegate: address) {
    event::emit(DelegateAdded { policy_id, delegate })
}

public(package) fun emit_delegate_removed(policy_id: ID, delegate: address) {
    event::emit(DelegateRemoved { policy_id, delegate })
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
public fun new_delegate_added(policy_id: ID, delegate: address): DelegateAdded {
    DelegateAdded { policy_id, delegate }
}

#[test_only]
public fun new_delegate_removed(policy_id: ID, delegate: address): DelegateRemoved {
    DelegateRemoved { policy_id, delegate }
}
