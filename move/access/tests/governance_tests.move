// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::governance_tests;

use floe_access::change;
use floe_access::governance;
use floe_access::governance_events::{
    Self,
    ChangeApplied,
    ChangeCancelled,
    ChangeProposed,
    DelayRaised,
    PolicyFrozen
};
use floe_access::members;
use floe_access::policy;
use floe_access::policy_events::{Self, ClauseLoosened};
use floe_access::rule;
use floe_access::version;
use floe_access::world;
use sui::event;
use sui::sui::SUI;

const OWNER: address = @0xa;
const MEMBER: address = @0xb;
const STRANGER: address = @0xc;
const DELEGATE: address = @0xde;
const DELAY_MS: u64 = 1_000;
const NEVER: u64 = 18446744073709551615;

// === Widening waits ===

#[test]
fun clause_acts_when_the_delay_is_over() {
    let mut world = world::slow();
    world.at(50);
    let rules = vector[rule::not_before(0)];
    let change = change::add_clause(rules);
    let proposal = world.propose(change);
    let id = world.id();
    let proposed = governance_events::new_change_proposed(id, proposal, change, 50 + DELAY_MS);
    assert!(event::events_by_type<ChangeProposed>() == vector[proposed]);
    let waiting = world.policy().proposals();
    assert!(waiting.length() == 1 && waiting[0].id() == proposal);
    assert!(waiting[0].change() == change && waiting[0].ready_at_ms() == 50 + DELAY_MS);
    assert!(!world.is_allowed(STRANGER));

    world.at(50 + DELAY_MS);
    assert!(!world.is_allowed(STRANGER));
    world.apply(proposal);
    assert!(world.is_allowed(STRANGER));
    assert!(world.policy().proposals().is_empty());
    let applied = governance_events::new_change_applied(id, proposal);
    assert!(event::events_by_type<ChangeApplied>() == vector[applied]);
    world.end();
}

#[test, expected_failure(abort_code = governance::ETooEarly)]
fun clause_does_not_act_a_millisecond_sooner() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_clause(vector[rule::not_before(0)]));
    world.at(DELAY_MS - 1);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = policy::EMustPropose)]
fun clause_is_not_added_to_a_shared_policy() {
    let mut world = world::draft(0).go_live();
    world.add_clause(vector[rule::owner()]);
    abort
}

#[test, expected_failure(abort_code = policy::EMustPropose)]
fun delegate_is_not_added_to_a_shared_policy() {
    let mut world = world::draft(0).go_live();
    world.add_delegate(DELEGATE);
    abort
}

#[test]
fun without_delay_a_change_acts_in_its_transaction() {
    let mut world = world::draft(0).go_live();
    let proposal = world.propose(change::add_clause(vector[rule::owner()]));
    world.apply(proposal);
    world.approve(OWNER);
    world.end();
}

#[test, expected_failure(abort_code = governance::EUnknownProposal)]
fun change_is_not_applied_twice() {
    let mut world = world::draft(0).go_live();
    let proposal = world.propose(change::add_clause(vector[rule::owner()]));
    world.apply(proposal);
    world.apply(proposal);
    abort
}

#[test]
fun cancelled_change_is_dropped() {
    let mut world = world::slow();
    let kept = world.propose(change::add_member(MEMBER));
    let dropped = world.propose(change::add_member(STRANGER));
    world.cancel(dropped);
    let cancelled = governance_events::new_change_cancelled(world.id(), dropped);
    assert!(event::events_by_type<ChangeCancelled>() == vector[cancelled]);
    let waiting = world.policy().proposals();
    assert!(waiting.length() == 1 && waiting[0].id() == kept);
    world.end();
}

#[test, expected_failure(abort_code = governance::EUnknownProposal)]
fun cancelled_change_is_not_applied() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.cancel(proposal);
    world.at(NEVER);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = governance::EUnknownProposal)]
fun unknown_change_is_not_cancelled() {
    let mut world = world::slow();
    world.cancel(77);
    abort
}

#[test, expected_failure(abort_code = governance::ETooMany)]
fun thirty_third_proposal_is_refused() {
    let mut world = world::slow();
    33u64.do!(|_| { world.propose(change::add_member(MEMBER)); });
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_proposes_nothing() {
    let mut world = world::slow();
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, version, clock, _) = world.all();
    governance::propose(policy, &cap, change::add_member(MEMBER), version, clock);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_applies_nothing() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.at(DELAY_MS);
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, version, clock, _) = world.all();
    governance::apply(policy, &cap, proposal, version, clock);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_cancels_nothing() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_member(MEMBER));
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, _, _, version) = world.admin();
    governance::cancel(policy, &cap, proposal, version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_proposes_nothing() {
    let mut world = world::slow();
    world.outdate();
    world.propose(change::add_member(MEMBER));
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_applies_nothing() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.at(DELAY_MS);
    world.outdate();
    world.apply(proposal);
    abort
}

// === Each kind of change ===

#[test]
fun clause_is_loosened() {
    let mut world = world::draft(DELAY_MS);
    let clause = world.add_clause(vector[rule::owner(), rule::not_before(9_999)]);
    let mut world = world.go_live();
    let proposal = world.propose(change::loosen(clause, rule::not_before(9_999)));
    world.at(DELAY_MS);
    world.apply(proposal);
    let loosened = policy_events::new_clause_loosened(world.id(), clause, rule::not_before(9_999));
    assert!(event::events_by_type<ClauseLoosened>() == vector[loosened]);
    assert!(world.is_allowed(OWNER));
    world.end();
}

#[test, expected_failure(abort_code = rule::EInvalidClause)]
fun last_rule_of_a_clause_stays() {
    let mut world = world::with_clause(vector[rule::owner()]);
    let proposal = world.propose(change::loosen(0, rule::owner()));
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = governance::EUnknownRule)]
fun rule_that_is_not_there_is_not_removed() {
    let mut world = world::with_clause(vector[rule::owner(), rule::not_before(5)]);
    let proposal = world.propose(change::loosen(0, rule::not_before(6)));
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = policy::EUnknownClause)]
fun clause_that_is_gone_is_not_loosened() {
    let mut world = world::with_clause(vector[rule::owner(), rule::not_before(5)]);
    let proposal = world.propose(change::loosen(0, rule::not_before(5)));
    world.remove_clause(0);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = governance::EPriceNotLowered)]
fun equal_price_is_not_lower() {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(5, option::some(1), option::none());
    let mut world = world.go_live();
    let proposal = world.propose(change::lower_price(offer, 5));
    world.apply(proposal);
    abort
}

#[test]
fun price_that_was_raised_meanwhile_is_lowered() {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(5, option::some(1), option::none());
    let mut world = world.go_live();
    let proposal = world.propose(change::lower_price(offer, 5));
    world.raise_price(offer, 6);
    world.apply(proposal);
    assert!(world.policy().offer(offer).price() == 5);
    world.end();
}

#[test, expected_failure(abort_code = policy::EUnknownOffer)]
fun proposed_clause_needs_its_offer() {
    let mut world = world::draft(0).go_live();
    let proposal = world.propose(change::add_clause(vector[rule::pass(9)]));
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = members::EAlreadyMember)]
fun member_is_not_added_twice() {
    let mut world = world::draft(0).go_live();
    let proposal = world.propose(change::add_member(MEMBER));
    world.grant(MEMBER);
    world.apply(proposal);
    abort
}

// === The delay itself ===

#[test]
fun raised_delay_holds_for_later_proposals() {
    let mut world = world::slow();
    let before = world.propose(change::add_member(MEMBER));
    world.raise_delay(DELAY_MS + 1);
    let raised = governance_events::new_delay_raised(world.id(), DELAY_MS + 1);
    assert!(event::events_by_type<DelayRaised>() == vector[raised]);
    world.propose(change::add_member(STRANGER));
    let waiting = world.policy().proposals();
    assert!(waiting[0].id() == before && waiting[0].ready_at_ms() == DELAY_MS);
    assert!(waiting[1].ready_at_ms() == DELAY_MS + 1);
    world.end();
}

#[test, expected_failure(abort_code = governance::EDelayNotRaised)]
fun delay_is_not_lowered() {
    let mut world = world::slow();
    world.raise_delay(DELAY_MS - 1);
    abort
}

#[test, expected_failure(abort_code = governance::EDelayNotRaised)]
fun delay_is_not_set_to_what_it_is() {
    let mut world = world::slow();
    world.raise_delay(DELAY_MS);
    abort
}

#[test, expected_failure(abort_code = policy::EInvalidDelay)]
fun delay_is_not_raised_beyond_ten_years() {
    let mut world = world::slow();
    world.raise_delay(315_576_000_001);
    abort
}

// === Freezing ===

#[test]
fun frozen_policy_drops_what_waits_and_narrows_on() {
    let mut world = world::slow();
    world.grant(MEMBER);
    world.propose(change::add_member(STRANGER));
    world.freeze_for_ever();
    let frozen = governance_events::new_policy_frozen(world.id());
    assert!(event::events_by_type<PolicyFrozen>() == vector[frozen]);
    assert!(world.policy().is_frozen() && world.policy().proposals().is_empty());
    assert!(world.is_allowed(OWNER) && world.is_allowed(MEMBER));
    world.revoke(MEMBER);
    world.tighten(0, rule::not_before(5));
    assert!(!world.is_allowed(MEMBER) && !world.is_allowed(OWNER));
    world.end();
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_takes_no_proposal() {
    let mut world = world::slow();
    world.freeze_for_ever();
    world.propose(change::add_member(MEMBER));
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_applies_nothing() {
    let mut world = world::slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.freeze_for_ever();
    world.at(DELAY_MS);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_takes_no_member() {
    let mut world = world::slow();
    world.freeze_for_ever();
    world.grant(MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_takes_no_member_of_a_delegate() {
    let mut world = world::draft(0);
    world.add_delegate(DELEGATE);
    let mut world = world.go_live();
    world.freeze_for_ever();
    world.grant_as(DELEGATE, MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun policy_is_not_frozen_twice() {
    let mut world = world::slow();
    world.freeze_for_ever();
    world.freeze_for_ever();
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_does_not_freeze() {
    let mut world = world::slow();
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, _, _, version) = world.admin();
    governance::freeze_for_ever(policy, &cap, version);
    abort
}
