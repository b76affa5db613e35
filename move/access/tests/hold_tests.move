// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::hold_tests;

use floe_access::governance_events::{Self, PolicyHoldVoted, PolicyHeld, PolicyHoldLifted};
use floe_access::policy;
use floe_access::rule;
use floe_access::summary;
use floe_access::world::{Self, World};
use floe_catalog::hold;
use sui::event;

const OWNER: address = @0xa;
const ANN: address = @0x5a;
const BOB: address = @0x5b;
const CYD: address = @0x5c;
const DELAY_MS: u64 = 1_000;
const NEVER: u64 = 18446744073709551615;

#[test]
fun enough_holders_stop_everybody() {
    let mut world = held();
    let id = world.id();
    world.vote_hold(ANN, true);
    assert!(event::events_by_type<PolicyHoldVoted>() == vector[governance_events::new_policy_hold_voted(id, ANN, true)]);
    assert!(event::events_by_type<PolicyHeld>().is_empty());
    assert!(world.is_allowed(OWNER));
    assert!(world.policy().hold().votes() == vector[ANN]);
    world.vote_hold(CYD, true);
    assert!(event::events_by_type<PolicyHeld>() == vector[governance_events::new_policy_held(id)]);
    assert!(!world.is_allowed(OWNER));
    assert!(world.policy().is_held(NEVER - 1));
    assert!(world.policy().hold().votes().is_empty());
    let summary = summary::of(world.policy(), world.lineage(), world.clock());
    assert!(summary.is_held() && summary.open_clauses().is_empty());
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
    let lifted = governance_events::new_policy_hold_lifted(world.id(), 10 + DELAY_MS);
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
    let mut world = world::slow();
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

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun holders_fit_their_threshold() {
    let _world = world::draft_held_by(0, vector[ANN], 2);
    abort
}

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun threshold_needs_holders() {
    let _world = world::draft_held_by(0, vector[], 1);
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

/// A shared policy with a delay for its owner, and two of ANN, BOB and CYD can hold it.
fun held(): World {
    let mut world = world::draft_held_by(DELAY_MS, vector[ANN, BOB, CYD], 2);
    world.add_clause(vector[rule::owner()]);
    world.go_live()
}
