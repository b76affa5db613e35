// SPDX-License-Identifier: Apache-2.0

/// How a policy that is shared may widen: never silently.
///
/// A change that lets somebody in who was not, or for less, is proposed, visible
/// as an event and in the policy, and can be applied when the policy's delay is
/// over. Narrowing is in `clauses`, `members` and
/// `shop` and acts at once. A frozen policy
/// never widens again.
module floe_access::governance;

use floe_access::change::{Self, Change};
use floe_access::clauses;
use floe_access::governance_events;
use floe_access::members;
use floe_access::policy::{Policy, PolicyCap};
use floe_access::shop;
use floe_access::version::PackageVersion;
use sui::clock::Clock;

// === Errors ===

/// The policy has no such proposal.
const EUnknownProposal: u64 = 0;
/// The policy's delay is not over yet.
const ETooEarly: u64 = 1;
/// As many proposals wait as can.
const ETooMany: u64 = 2;
/// The clause does not have the rule to remove.
const EUnknownRule: u64 = 3;
/// The price is not below the present one.
const EPriceNotLowered: u64 = 4;
/// The delay would not grow.
const EDelayNotRaised: u64 = 5;

// === Constants ===

const MAX_PROPOSALS: u64 = 32;

// === Admin Functions ===

/// Proposes a change. Returns its number. With a delay of 0 it can be applied in
/// the same transaction.
public fun propose(
    policy: &mut Policy,
    cap: &PolicyCap,
    change: Change,
    package_version: &PackageVersion,
    clock: &Clock,
): u64 {
    policy.check_admin(cap, package_version);
    policy.check_not_frozen();
    assert!(policy.proposals().length() < MAX_PROPOSALS, ETooMany);
    let id = policy.take_number();
    let ready_at_ms = clock.timestamp_ms() + policy.delay_ms();
    policy.proposals_mut().push_back(change::new_proposal(id, change, ready_at_ms));
    governance_events::emit_change_proposed(object::id(policy), id, change, ready_at_ms);
    id
}

/// Applies a proposed change whose delay is over.
public fun apply(
    policy: &mut Policy,
    cap: &PolicyCap,
    proposal: u64,
    package_version: &PackageVersion,
    clock: &Clock,
) {
    policy.check_admin(cap, package_version);
    policy.check_not_frozen();
    let now_ms = clock.timestamp_ms();
    let i = policy.proposal_index(proposal);
    let due = policy.proposals_mut().remove(i);
    assert!(now_ms >= due.ready_at_ms(), ETooEarly);
    policy.carry_out(&due.change(), now_ms);
    governance_events::emit_change_applied(object::id(policy), proposal);
}

/// Drops a proposed change.
public fun cancel(
    policy: &mut Policy,
    cap: &PolicyCap,
    proposal: u64,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    let i = policy.proposal_index(proposal);
    policy.proposals_mut().remove(i);
    governance_events::emit_change_cancelled(object::id(policy), proposal);
}

/// Makes changes that are proposed from now on wait longer.
public fun raise_delay(
    policy: &mut Policy,
    cap: &PolicyCap,
    delay_ms: u64,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    assert!(delay_ms > policy.delay_ms(), EDelayNotRaised);
    policy.set_delay_ms(delay_ms);
    governance_events::emit_delay_raised(object::id(policy), delay_ms);
}

/// Ends all widening for ever: no new members, clauses, delegates or lower
/// prices, and the proposals that wait are dropped. Narrowing stays possible.
public fun freeze_for_ever(
    policy: &mut Policy,
    cap: &PolicyCap,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    policy.freeze_for_ever();
    *policy.proposals_mut() = vector[];
    governance_events::emit_policy_frozen(object::id(policy));
}

// === Public Functions ===

/// Votes to place a legal hold, or to lift it, for one of the policy's holders.
/// With enough votes a hold stands at once, and ends after the policy's delay.
public fun vote_hold(
    policy: &mut Policy,
    place: bool,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    package_version.check();
    let ends_at_ms = clock.timestamp_ms() + policy.delay_ms();
    let has_changed = policy.hold_mut().vote(ctx.sender(), place, ends_at_ms);
    let id = object::id(policy);
    governance_events::emit_policy_hold_voted(id, ctx.sender(), place);
    if (!has_changed) return;
    if (place) {
        governance_events::emit_policy_held(id)
    } else {
        governance_events::emit_policy_hold_lifted(id, ends_at_ms)
    }
}

// === Private Functions ===

fun carry_out(policy: &mut Policy, change: &Change, now_ms: u64) {
    change.added_rules().do!(|rules| { clauses::insert(policy, rules); });
    change.loosened_clause().do!(|clause| {
        let rule = change.loosened_rule().destroy_some();
        assert!(clauses::loosen(policy, clause, rule), EUnknownRule);
    });
    change.cheaper_offer().do!(|offer| {
        let price = change.lower_price_to().destroy_some();
        assert!(price < policy.offer(offer).price(), EPriceNotLowered);
        shop::set_price(policy, offer, price);
    });
    change.added_delegate().do!(|delegate| members::insert_delegate(policy, delegate));
    change.added_member().do!(|member| members::insert(policy, member, now_ms));
}

use fun carry_out as Policy.carry_out;
use fun proposal_index as Policy.proposal_index;

fun proposal_index(policy: &Policy, id: u64): u64 {
    let found = policy.proposals().find_index!(|proposal| proposal.id() == id);
    assert!(found.is_some(), EUnknownProposal);
    found.destroy_some()
}
