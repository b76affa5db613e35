// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::delegate_tests;

use floe_access::change;
use floe_access::members;
use floe_access::policy;
use floe_access::policy_events::{Self, DelegateAdded, DelegateRemoved};
use floe_access::rule;
use floe_access::world;
use sui::event;

const MEMBER: address = @0xb;
const STRANGER: address = @0xc;
const DELEGATE: address = @0xde;
const ANN: address = @0x5a;
const DELAY_MS: u64 = 1_000;

#[test]
fun owner_and_delegates_add_members_at_once() {
    let mut world = world::draft(DELAY_MS);
    world.add_clause(vector[rule::allow_list()]);
    world.add_delegate(DELEGATE);
    let added = policy_events::new_delegate_added(world.id(), DELEGATE);
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

#[test, expected_failure(abort_code = members::EMustPropose)]
fun another_holder_of_the_capability_must_propose_members() {
    let mut world = world::slow();
    world.act_as(STRANGER);
    world.grant(STRANGER);
    abort
}

#[test]
fun another_holder_of_the_capability_revokes_at_once() {
    let mut world = world::slow();
    world.grant(MEMBER);
    world.act_as(STRANGER);
    world.revoke(MEMBER);
    assert!(!world.policy().is_member(MEMBER));
    world.end();
}

#[test]
fun proposed_member_joins_after_the_delay() {
    let mut world = world::slow();
    world.act_as(STRANGER);
    let proposal = world.propose(change::add_member(MEMBER));
    world.at(DELAY_MS);
    world.apply(proposal);
    assert!(world.policy().is_member(MEMBER));
    world.end();
}

#[test]
fun proposed_delegate_acts_after_the_delay() {
    let mut world = world::slow();
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

#[test, expected_failure(abort_code = members::ETooManyDelegates)]
fun seventeenth_delegate_is_refused() {
    let mut world = world::draft(0);
    17u64.do!(|i| world.add_delegate(sui::address::from_u256(i as u256)));
    abort
}

#[test, expected_failure(abort_code = members::ENotDelegate)]
fun stranger_adds_no_member() {
    let mut world = world::slow();
    world.grant_as(STRANGER, STRANGER);
    abort
}

#[test, expected_failure(abort_code = members::ENotDelegate)]
fun stranger_removes_no_member() {
    let mut world = world::slow();
    world.grant(MEMBER);
    world.revoke_as(STRANGER, MEMBER);
    abort
}

#[test, expected_failure(abort_code = members::ENotDelegate)]
fun removed_delegate_adds_no_member() {
    let mut world = world::draft(DELAY_MS);
    world.add_delegate(DELEGATE);
    let mut world = world.go_live();
    world.remove_delegate(DELEGATE);
    let removed = policy_events::new_delegate_removed(world.id(), DELEGATE);
    assert!(event::events_by_type<DelegateRemoved>() == vector[removed]);
    world.grant_as(DELEGATE, MEMBER);
    abort
}

#[test, expected_failure(abort_code = members::ENotDelegate)]
fun delegate_is_not_removed_twice() {
    let mut world = world::slow();
    world.remove_delegate(DELEGATE);
    abort
}
