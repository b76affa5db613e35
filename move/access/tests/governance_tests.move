// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::governance_tests;

use floe_access::change;
use floe_access::events::{
    Self,
    ChangeApplied,
    ChangeCancelled,
    ChangeProposed,
    ClauseLoosened,
    ClauseRemoved,
    ClauseTightened,
    DelayRaised,
    DelegateAdded,
    DelegateRemoved,
    PolicyHoldLifted,
    PolicyHeld,
    PolicyHoldVoted,
    PayeeChanged,
    PolicyFrozen
};
use floe_access::governance;
use floe_access::hold;
use floe_access::policy;
use floe_access::rule;
use floe_access::version;
use floe_access::world::{Self, World};
use sui::event;
use sui::sui::SUI;

const OWNER: address = @0xa;
const MEMBER: address = @0xb;
const STRANGER: address = @0xc;
const DELEGATE: address = @0xde;
const ANN: address = @0x5a;
const BOB: address = @0x5b;
const CYD: address = @0x5c;

const DELAY_MS: u64 = 1_000;
const NEVER: u64 = 18446744073709551615;

// === Widening waits ===

#[test]
fun clause_acts_when_the_delay_is_over() {
    let mut world = slow();
    world.at(50);
    let rules = vector[rule::not_before(0)];
    let change = change::add_clause(rules);
    let proposal = world.propose(change);
    let id = world.id();
    let proposed = events::new_change_proposed(id, proposal, change, 50 + DELAY_MS);
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
    let applied = events::new_change_applied(id, proposal);
    assert!(event::events_by_type<ChangeApplied>() == vector[applied]);
    world.end();
}

#[test, expected_failure(abort_code = governance::ETooEarly)]
fun clause_does_not_act_a_millisecond_sooner() {
    let mut world = slow();
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
    let mut world = slow();
    let kept = world.propose(change::add_member(MEMBER));
    let dropped = world.propose(change::add_member(STRANGER));
    world.cancel(dropped);
    let cancelled = events::new_change_cancelled(world.id(), dropped);
    assert!(event::events_by_type<ChangeCancelled>() == vector[cancelled]);
    let waiting = world.policy().proposals();
    assert!(waiting.length() == 1 && waiting[0].id() == kept);
    world.end();
}

#[test, expected_failure(abort_code = governance::EUnknownProposal)]
fun cancelled_change_is_not_applied() {
    let mut world = slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.cancel(proposal);
    world.at(NEVER);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = governance::EUnknownProposal)]
fun unknown_change_is_not_cancelled() {
    let mut world = slow();
    world.cancel(77);
    abort
}

#[test, expected_failure(abort_code = governance::ETooMany)]
fun thirty_third_proposal_is_refused() {
    let mut world = slow();
    33u64.do!(|_| { world.propose(change::add_member(MEMBER)); });
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_proposes_nothing() {
    let mut world = slow();
    let (_other, cap) = policy::compose(0, vector[], 0, world.ctx());
    let (policy, version, clock, _) = world.all();
    governance::propose(policy, &cap, change::add_member(MEMBER), version, clock);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_applies_nothing() {
    let mut world = slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.at(DELAY_MS);
    let (_other, cap) = policy::compose(0, vector[], 0, world.ctx());
    let (policy, version, clock, _) = world.all();
    governance::apply(policy, &cap, proposal, version, clock);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_cancels_nothing() {
    let mut world = slow();
    let proposal = world.propose(change::add_member(MEMBER));
    let (_other, cap) = policy::compose(0, vector[], 0, world.ctx());
    governance::cancel(world.policy_mut(), &cap, proposal);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_proposes_nothing() {
    let mut world = slow();
    world.outdate();
    world.propose(change::add_member(MEMBER));
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_applies_nothing() {
    let mut world = slow();
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
    let loosened = events::new_clause_loosened(world.id(), clause, rule::not_before(9_999));
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

#[test, expected_failure(abort_code = policy::EAlreadyMember)]
fun member_is_not_added_twice() {
    let mut world = world::draft(0).go_live();
    let proposal = world.propose(change::add_member(MEMBER));
    world.grant(MEMBER);
    world.apply(proposal);
    abort
}

// === Members and delegates ===

#[test]
fun owner_and_delegates_add_members_at_once() {
    let mut world = world::draft(DELAY_MS);
    world.add_clause(vector[rule::allow_list()]);
    world.add_delegate(DELEGATE);
    let added = events::new_delegate_added(world.id(), DELEGATE);
    assert!(event::events_by_type<DelegateAdded>() == vector[added]);
    let mut world = world.go_live();
    assert!(world.policy().delegates() == vector[DELEGATE]);
    world.grant(MEMBER);
    world.grant_as(DELEGATE, STRANGER);
    assert!(world.is_allowed(MEMBER) && world.is_allowed(STRANGER));
    // A delegate to whom the capability was lent may use it.
    world.act_as(DELEGATE);
    world.grant(ANN);
    world.revoke_as(DELEGATE, MEMBER);
    assert!(!world.is_allowed(MEMBER));
    world.end();
}

#[test, expected_failure(abort_code = policy::EMustPropose)]
fun another_holder_of_the_capability_must_propose_members() {
    let mut world = slow();
    world.act_as(STRANGER);
    world.grant(STRANGER);
    abort
}

#[test]
fun another_holder_of_the_capability_revokes_at_once() {
    let mut world = slow();
    world.grant(MEMBER);
    world.act_as(STRANGER);
    world.revoke(MEMBER);
    assert!(!world.policy().is_member(MEMBER));
    world.end();
}

#[test]
fun proposed_member_joins_after_the_delay() {
    let mut world = slow();
    world.act_as(STRANGER);
    let proposal = world.propose(change::add_member(MEMBER));
    world.at(DELAY_MS);
    world.apply(proposal);
    assert!(world.policy().is_member(MEMBER));
    world.end();
}

#[test]
fun proposed_delegate_acts_after_the_delay() {
    let mut world = slow();
    let proposal = world.propose(change::add_delegate(DELEGATE));
    world.at(DELAY_MS);
    world.apply(proposal);
    world.grant_as(DELEGATE, MEMBER);
    assert!(world.policy().is_member(MEMBER));
    world.end();
}

#[test]
fun delegate_is_named_once() {
    let mut world = world::draft(0);
    world.add_delegate(DELEGATE);
    world.add_delegate(DELEGATE);
    assert!(world.policy().delegates() == vector[DELEGATE]);
    assert!(event::events_by_type<DelegateAdded>().length() == 1);
    world.end();
}

#[test, expected_failure(abort_code = policy::ETooMany)]
fun seventeenth_delegate_is_refused() {
    let mut world = world::draft(0);
    17u64.do!(|i| world.add_delegate(sui::address::from_u256(i as u256)));
    abort
}

#[test, expected_failure(abort_code = policy::ENotDelegate)]
fun stranger_adds_no_member() {
    let mut world = slow();
    world.grant_as(STRANGER, STRANGER);
    abort
}

#[test, expected_failure(abort_code = policy::ENotDelegate)]
fun stranger_removes_no_member() {
    let mut world = slow();
    world.grant(MEMBER);
    world.revoke_as(STRANGER, MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::ENotDelegate)]
fun removed_delegate_adds_no_member() {
    let mut world = world::draft(DELAY_MS);
    world.add_delegate(DELEGATE);
    let mut world = world.go_live();
    world.remove_delegate(DELEGATE);
    let removed = events::new_delegate_removed(world.id(), DELEGATE);
    assert!(event::events_by_type<DelegateRemoved>() == vector[removed]);
    world.grant_as(DELEGATE, MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::ENotDelegate)]
fun delegate_is_not_removed_twice() {
    let mut world = slow();
    world.remove_delegate(DELEGATE);
    abort
}

// === Narrowing acts at once ===

#[test]
fun clause_is_removed_at_once() {
    let mut world = slow();
    assert!(world.is_allowed(OWNER));
    world.remove_clause(0);
    let removed = events::new_clause_removed(world.id(), 0);
    assert!(event::events_by_type<ClauseRemoved>() == vector[removed]);
    assert!(!world.is_allowed(OWNER));
    world.end();
}

#[test]
fun clause_is_tightened_at_once() {
    let mut world = slow();
    world.tighten(0, rule::not_before(5));
    let tightened = events::new_clause_tightened(world.id(), 0, rule::not_before(5));
    assert!(event::events_by_type<ClauseTightened>() == vector[tightened]);
    assert!(!world.is_allowed(OWNER));
    world.at(5);
    assert!(world.is_allowed(OWNER));
    world.end();
}

#[test, expected_failure(abort_code = rule::EInvalidWindow)]
fun clause_is_not_tightened_beyond_its_window() {
    let mut world = world::with_clause(vector[rule::owner(), rule::not_after(5)]);
    world.tighten(0, rule::not_before(5));
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidClause)]
fun clause_is_tightened_to_sixteen_rules_at_most() {
    let mut world = world::with_clause(vector::tabulate!(16, |_| rule::owner()));
    world.tighten(0, rule::owner());
    abort
}

#[test, expected_failure(abort_code = policy::EUnknownOffer)]
fun clause_is_not_tightened_by_passes_that_nobody_sells() {
    let mut world = world::with_clause(vector[rule::owner()]);
    world.tighten(0, rule::pass(7));
    abort
}

#[test, expected_failure(abort_code = policy::EUnknownClause)]
fun unknown_clause_is_not_removed() {
    let mut world = slow();
    world.remove_clause(9);
    abort
}

#[test]
fun numbers_are_not_used_again() {
    let mut world = world::draft(0);
    assert!(world.add_clause(vector[rule::owner()]) == 0);
    world.remove_clause(0);
    assert!(world.add_clause(vector[rule::owner()]) == 1);
    world.end();
}

#[test]
fun payee_changes_at_once() {
    let mut world = slow();
    let (policy, cap) = world.policy_and_cap();
    policy.set_payee(cap, CYD);
    assert!(world.policy().payee() == CYD);
    let changed = events::new_payee_changed(world.id(), CYD);
    assert!(event::events_by_type<PayeeChanged>() == vector[changed]);
    world.end();
}

// === The delay itself ===

#[test]
fun raised_delay_holds_for_later_proposals() {
    let mut world = slow();
    let before = world.propose(change::add_member(MEMBER));
    world.raise_delay(DELAY_MS + 1);
    let raised = events::new_delay_raised(world.id(), DELAY_MS + 1);
    assert!(event::events_by_type<DelayRaised>() == vector[raised]);
    world.propose(change::add_member(STRANGER));
    let waiting = world.policy().proposals();
    assert!(waiting[0].id() == before && waiting[0].ready_at_ms() == DELAY_MS);
    assert!(waiting[1].ready_at_ms() == DELAY_MS + 1);
    world.end();
}

#[test, expected_failure(abort_code = governance::EDelayNotRaised)]
fun delay_is_not_lowered() {
    let mut world = slow();
    world.raise_delay(DELAY_MS - 1);
    abort
}

#[test, expected_failure(abort_code = governance::EDelayNotRaised)]
fun delay_is_not_set_to_what_it_is() {
    let mut world = slow();
    world.raise_delay(DELAY_MS);
    abort
}

#[test, expected_failure(abort_code = policy::EInvalidDelay)]
fun delay_is_not_raised_beyond_ten_years() {
    let mut world = slow();
    world.raise_delay(315_576_000_001);
    abort
}

// === Freezing ===

#[test]
fun frozen_policy_drops_what_waits_and_narrows_on() {
    let mut world = slow();
    world.grant(MEMBER);
    world.propose(change::add_member(STRANGER));
    world.freeze_for_ever();
    let frozen = events::new_policy_frozen(world.id());
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
    let mut world = slow();
    world.freeze_for_ever();
    world.propose(change::add_member(MEMBER));
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_applies_nothing() {
    let mut world = slow();
    let proposal = world.propose(change::add_member(MEMBER));
    world.freeze_for_ever();
    world.at(DELAY_MS);
    world.apply(proposal);
    abort
}

#[test, expected_failure(abort_code = policy::EFrozen)]
fun frozen_policy_takes_no_member() {
    let mut world = slow();
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
    let mut world = slow();
    world.freeze_for_ever();
    world.freeze_for_ever();
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_does_not_freeze() {
    let mut world = slow();
    let (_other, cap) = policy::compose(0, vector[], 0, world.ctx());
    governance::freeze_for_ever(world.policy_mut(), &cap);
    abort
}

// === Legal hold ===

#[test]
fun enough_holders_stop_everybody() {
    let mut world = held();
    let id = world.id();
    world.vote_hold(ANN, true);
    assert!(event::events_by_type<PolicyHoldVoted>() == vector[events::new_policy_hold_voted(id, ANN, true)]);
    assert!(event::events_by_type<PolicyHeld>().is_empty());
    assert!(world.is_allowed(OWNER));
    assert!(world.policy().hold().votes() == vector[ANN]);
    world.vote_hold(CYD, true);
    assert!(event::events_by_type<PolicyHeld>() == vector[events::new_policy_held(id)]);
    assert!(!world.is_allowed(OWNER));
    assert!(world.policy().is_held(NEVER - 1));
    assert!(world.policy().hold().votes().is_empty());
    let summary = world.policy().summary(world.clock());
    assert!(summary.is_held_now() && summary.open_clauses().is_empty());
    world.end();
}

#[test, expected_failure(abort_code = policy::EHeld)]
fun held_policy_refuses_its_owner() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(BOB, true);
    world.approve(OWNER);
    abort
}

#[test]
fun lifted_hold_ends_after_the_delay() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(BOB, true);
    world.at(10);
    world.vote_hold(BOB, false);
    assert!(!world.is_allowed(OWNER));
    world.vote_hold(CYD, false);
    let lifted = events::new_policy_hold_lifted(world.id(), 10 + DELAY_MS);
    assert!(event::events_by_type<PolicyHoldLifted>() == vector[lifted]);
    assert!(world.policy().hold().until_ms() == option::some(10 + DELAY_MS));
    world.at(10 + DELAY_MS - 1);
    assert!(!world.is_allowed(OWNER));
    world.at(10 + DELAY_MS);
    assert!(world.is_allowed(OWNER));
    world.end();
}

#[test]
fun hold_is_placed_again() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(BOB, true);
    world.vote_hold(ANN, false);
    world.vote_hold(BOB, false);
    world.vote_hold(CYD, true);
    world.vote_hold(BOB, true);
    world.at(DELAY_MS);
    assert!(!world.is_allowed(OWNER));
    world.end();
}

#[test, expected_failure(abort_code = hold::ENotHolder)]
fun owner_does_not_lift_a_hold() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(BOB, true);
    world.vote_hold(OWNER, false);
    abort
}

#[test, expected_failure(abort_code = hold::ENotHolder)]
fun policy_without_holders_is_not_held() {
    let mut world = slow();
    world.vote_hold(OWNER, true);
    abort
}

#[test, expected_failure(abort_code = hold::EAlreadyVoted)]
fun holder_votes_once() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(ANN, true);
    abort
}

#[test, expected_failure(abort_code = hold::ENothingToChange)]
fun hold_that_does_not_stand_is_not_lifted() {
    let mut world = held();
    world.vote_hold(ANN, false);
    abort
}

#[test, expected_failure(abort_code = hold::ENothingToChange)]
fun hold_that_stands_is_not_placed() {
    let mut world = held();
    world.vote_hold(ANN, true);
    world.vote_hold(BOB, true);
    world.vote_hold(CYD, true);
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun holders_fit_their_threshold() {
    let (_policy, _cap) = policy::compose(0, vector[ANN], 2, &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun threshold_needs_holders() {
    let (_policy, _cap) = policy::compose(0, vector[], 1, &mut tx_context::dummy());
    abort
}

#[test]
fun holders_are_known() {
    let world = held();
    assert!(world.policy().hold().holders() == vector[ANN, BOB, CYD]);
    assert!(world.policy().hold().threshold() == 2);
    world.end();
}

// === Helpers ===

/// A shared policy with a delay: clause 0 is for the owner, another for members.
fun slow(): World {
    let mut world = world::draft(DELAY_MS);
    world.add_clause(vector[rule::owner()]);
    world.add_clause(vector[rule::allow_list()]);
    world.go_live()
}

/// As `slow`, for the owner, and two of ANN, BOB and CYD can hold it.
fun held(): World {
    let mut world = world::draft_held_by(DELAY_MS, vector[ANN, BOB, CYD], 2);
    world.add_clause(vector[rule::owner()]);
    world.go_live()
}
