// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::narrowing_tests;

use floe_access::policy;
use floe_access::policy_events::{Self, ClauseRemoved, ClauseTightened};
use floe_access::rule;
use floe_access::sale_events::{Self, PayeeChanged};
use floe_access::shop;
use floe_access::world;
use sui::event;

const OWNER: address = @0xa;
const CYD: address = @0x5c;

#[test]
fun clause_is_removed_at_once() {
    let mut world = world::slow();
    assert!(world.is_allowed(OWNER));
    world.remove_clause(0);
    let removed = policy_events::new_clause_removed(world.id(), 0);
    assert!(event::events_by_type<ClauseRemoved>() == vector[removed]);
    assert!(!world.is_allowed(OWNER));
    world.end();
}

#[test]
fun clause_is_tightened_at_once() {
    let mut world = world::slow();
    world.tighten(0, rule::not_before(5));
    let tightened = policy_events::new_clause_tightened(world.id(), 0, rule::not_before(5));
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
    let mut world = world::slow();
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
    let mut world = world::slow();
    let (policy, cap, _, version) = world.admin();
    shop::set_payee(policy, cap, CYD, version);
    assert!(world.policy().payee() == CYD);
    let changed = sale_events::new_payee_changed(world.id(), CYD);
    assert!(event::events_by_type<PayeeChanged>() == vector[changed]);
    world.end();
}
