// SPDX-License-Identifier: Apache-2.0

/// The ways into a policy: added while it is made, narrowed at once later.
///
/// A clause more or a rule less lets somebody in, so a policy that is shared gets
/// them from `floe_access::governance`, after its delay.
module floe_access::clauses;

use floe_access::policy::{Policy, PolicyCap};
use floe_access::policy_events;
use floe_access::rule::{Self, Rule};
use floe_access::version::PackageVersion;
use floe_catalog::lineage::Lineage;

// === Admin Functions ===

/// Adds a clause to a policy that is not shared yet; later it must be proposed.
/// Returns its number.
public fun add(
    policy: &mut Policy,
    cap: &PolicyCap,
    rules: vector<Rule>,
    package_version: &PackageVersion,
): u64 {
    policy.check_admin(cap, package_version);
    policy.check_draft();
    policy.insert(rules)
}

/// Takes a way in from the policy, at once.
public fun remove(
    policy: &mut Policy,
    cap: &PolicyCap,
    clause: u64,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    let i = policy.clause_index(clause);
    policy.clauses_mut().remove(i);
    policy_events::emit_clause_removed(object::id(policy), clause);
}

/// Adds a condition to a clause, at once.
public fun tighten(
    policy: &mut Policy,
    cap: &PolicyCap,
    clause: u64,
    rule: Rule,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    policy.check_offer_of(&rule);
    policy.clause_mut(clause).tighten(rule);
    policy_events::emit_clause_tightened(object::id(policy), clause, rule);
}

/// Binds the policy to a version of a dataset, at once: every clause demands from
/// now on that it and all that it was made from live. When it is revoked, a consent
/// that it depends on is withdrawn, or it is put on hold, the policy's keys stop in
/// that very transaction. Clauses that are added later must say so themselves.
public fun bind(
    policy: &mut Policy,
    cap: &PolicyCap,
    lineage: &Lineage,
    version: ID,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    let rule = rule::living(lineage, version);
    let id = object::id(policy);
    policy.clauses_mut().do_mut!(|clause| if (clause.demand(version)) {
        policy_events::emit_clause_tightened(id, clause.id(), rule)
    });
}

// === Package Functions ===

public(package) fun insert(policy: &mut Policy, rules: vector<Rule>): u64 {
    policy.check_not_frozen();
    rules.do_ref!(|rule| policy.check_offer_of(rule));
    let clause = policy.push_clause(rules);
    policy_events::emit_clause_added(object::id(policy), clause, rules);
    clause
}

/// Returns false if the clause does not have the rule.
public(package) fun loosen(policy: &mut Policy, clause: u64, rule: Rule): bool {
    policy.check_not_frozen();
    let loosened = policy.clause_mut(clause).loosen(&rule);
    if (loosened) policy_events::emit_clause_loosened(object::id(policy), clause, rule);
    loosened
}

// === Private Functions ===

use fun insert as Policy.insert;
use fun check_offer_of as Policy.check_offer_of;

/// A rule that asks for a pass needs its offer.
fun check_offer_of(policy: &Policy, rule: &Rule) {
    rule.offer().do!(|id| { policy.offer(id); })
}
