// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::rule_tests;

use floe_access::policy_events::{Self, ClauseAdded, PolicyComposed, PolicyCreated};
use floe_access::policy;
use floe_access::clauses;
use floe_access::summary;
use floe_access::version;
use floe_access::rule;
use floe_access::world;
use sui::event;
use sui::sui::SUI;

const OWNER: address = @0xa;
const MEMBER: address = @0xb;
const STRANGER: address = @0xc;
const ANN: address = @0x5a;
const BOB: address = @0x5b;
const CYD: address = @0x5c;

const NEVER: u64 = 18446744073709551615;

/// Something to hold.
public struct Badge has key, store { id: UID }

public struct Other has key, store { id: UID }

public struct Witness has drop {}

// === Composing ===

#[test]
fun composed_policy_lets_in_nobody() {
    let mut world = world::draft(7);
    assert!(!world.is_allowed(OWNER));
    assert!(world.policy().delay_ms() == 7);
    assert!(world.policy().clauses().is_empty());
    let id = world.id();
    let cap = object::id(world.cap());
    let none = option::none();
    let created = policy_events::new_policy_created(id, cap, OWNER, none, none);
    let composed = policy_events::new_policy_composed(id, 7, vector[], 0);
    // The scenario has not moved on since the policy was made.
    assert!(event::events_by_type<PolicyCreated>() == vector[created]);
    assert!(event::events_by_type<PolicyComposed>() == vector[composed]);

    let rules = vector[rule::owner()];
    let clause = world.add_clause(rules);
    let added = policy_events::new_clause_added(id, clause, rules);
    assert!(event::events_by_type<ClauseAdded>() == vector[added]);
    assert!(world.is_allowed(OWNER));
    world.end();
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun policy_without_clauses_refuses_its_owner() {
    let mut world = world::draft(0).go_live();
    world.approve(OWNER);
    abort
}

#[test]
fun any_clause_suffices() {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::owner(), rule::not_after(10)]);
    world.add_clause(vector[rule::allow_list(), rule::not_before(20)]);
    world.grant(MEMBER);
    world.at(10);
    assert!(world.is_allowed(OWNER) && !world.is_allowed(MEMBER));
    world.at(15);
    assert!(!world.is_allowed(OWNER) && !world.is_allowed(MEMBER));
    world.at(20);
    assert!(!world.is_allowed(OWNER) && world.is_allowed(MEMBER));
    world.end();
}

#[test]
fun owner_of_a_policy_for_members_can_be_a_member() {
    let mut world = world::with_clause(vector[rule::allow_list()]);
    assert!(!world.is_allowed(OWNER));
    world.grant(OWNER);
    world.approve(OWNER);
    world.end();
}

#[test]
fun time_capsule_opens_for_everybody() {
    let mut world = world::with_clause(vector[rule::not_before(5)]);
    assert!(!world.is_allowed(STRANGER));
    world.at(5);
    world.approve(STRANGER);
    world.at(NEVER);
    world.approve(STRANGER);
    world.end();
}

#[test, expected_failure(abort_code = policy::ETooEarly)]
fun reason_is_that_of_the_clause_met_furthest() {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::allow_list()]);
    world.add_clause(vector[rule::owner(), rule::not_before(5)]);
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::ENoPurpose)]
fun reason_is_that_of_the_first_of_equals() {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::purpose(vector[])]);
    world.add_clause(vector[rule::allow_list()]);
    world.approve(STRANGER);
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidClause)]
fun clause_without_rules_is_refused() {
    let mut world = world::draft(0);
    world.add_clause(vector[]);
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidClause)]
fun clause_of_seventeen_rules_is_refused() {
    let mut world = world::draft(0);
    world.add_clause(vector::tabulate!(17, |_| rule::owner()));
    abort
}

#[test]
fun clause_of_sixteen_rules_works() {
    let mut world = world::with_clause(vector::tabulate!(16, |_| rule::owner()));
    world.approve(OWNER);
    world.end();
}

#[test, expected_failure(abort_code = rule::EInvalidWindow)]
fun clause_that_ends_when_it_begins_is_refused() {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::not_after(5), rule::not_before(5)]);
    abort
}

#[test, expected_failure(abort_code = policy::ETooMany)]
fun seventeenth_clause_is_refused() {
    let mut world = world::draft(0);
    17u64.do!(|_| { world.add_clause(vector[rule::owner()]); });
    abort
}

#[test, expected_failure(abort_code = policy::EUnknownOffer)]
fun clause_for_passes_that_nobody_sells_is_refused() {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::pass(0)]);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_adds_no_clause() {
    let mut world = world::draft(0);
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, _, _, version) = world.admin();
    clauses::add(policy, &cap, vector[rule::owner()], version);
    abort
}

#[test, expected_failure(abort_code = policy::EInvalidDelay)]
fun delay_beyond_ten_years_is_refused() {
    let ctx = &mut tx_context::dummy();
    let version = version::new_for_testing(ctx);
    let (_policy, _cap) = policy::compose(
        315_576_000_001,
        vector[],
        0,
        &version,
        ctx,
    );
    abort
}

// === Windows ===

#[test]
fun narrowest_bounds_of_a_clause_count() {
    let clause = rule::new_clause_for_testing(
        3,
        vector[
            rule::not_before(2),
            rule::not_before(5),
            rule::not_after(9),
            rule::not_after(20),
        ],
    );
    let (from, to) = clause.window();
    assert!(from == option::some(5) && to == option::some(9));
    assert!(!clause.is_open_at(4) && clause.is_open_at(5));
    assert!(clause.is_open_at(9) && !clause.is_open_at(10));
    assert!(clause.for_requester().rules().is_empty());
}

#[test]
fun policys_window_is_that_of_its_clauses_together() {
    let mut world = world::draft(0);
    assert!(world.policy().not_before_ms().is_none());
    world.add_clause(vector[rule::owner(), rule::not_before(5), rule::not_after(9)]);
    world.add_clause(vector[rule::allow_list(), rule::not_before(3), rule::not_after(7)]);
    assert!(world.policy().not_before_ms() == option::some(3));
    assert!(world.policy().not_after_ms() == option::some(9));
    world.add_clause(vector[rule::allow_list()]);
    assert!(world.policy().not_before_ms().is_none());
    assert!(world.policy().not_after_ms().is_none());
    world.end();
}

// === Summary ===

#[test]
fun summary_says_what_is_open_now() {
    let mut world = world::draft(7);
    world.add_clause(vector[rule::owner(), rule::not_after(9)]);
    world.add_clause(vector[rule::not_before(5), rule::allow_list()]);
    let open = summary::of(world.policy(), world.lineage(), world.clock()).open_clauses();
    assert!(open.length() == 1);
    assert!(open[0].id() == 0 && open[0].rules() == vector[rule::owner()]);
    world.at(6);
    let open = summary::of(world.policy(), world.lineage(), world.clock()).open_clauses();
    assert!(open.length() == 2);
    assert!(open[1].rules() == vector[rule::allow_list()]);
    world.at(10);
    let open = summary::of(world.policy(), world.lineage(), world.clock()).open_clauses();
    assert!(open.length() == 1 && open[0].id() == 1);
    world.end();
}

// === Objects ===

#[test]
fun holder_of_the_right_object_is_let_in_and_keeps_it() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    let badge = Badge { id: object::new(world.ctx()) };
    let id = object::id(&badge);
    world.approve_holding(STRANGER, badge);
    world.act_as(STRANGER);
    let badge = world.scenario().take_from_sender<Badge>();
    assert!(object::id(&badge) == id);
    world.approve_holding(STRANGER, badge);
    world.end();
}

#[test, expected_failure(abort_code = policy::EObjectNotShown)]
fun another_object_does_not_do() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    let other = Other { id: object::new(world.ctx()) };
    world.approve_holding(STRANGER, other);
    abort
}

#[test, expected_failure(abort_code = policy::EObjectNotShown)]
fun object_must_be_shown() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    world.approve(STRANGER);
    abort
}

#[test]
fun object_that_is_not_asked_for_does_no_harm() {
    let mut world = world::with_clause(vector[rule::owner()]);
    let other = Other { id: object::new(world.ctx()) };
    world.approve_holding(OWNER, other);
    world.end();
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun object_does_not_open_the_identity_of_another_policy() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    let badge = Badge { id: object::new(world.ctx()) };
    let other = world::with_clause(vector[rule::owner()]);
    // Made alike in another scenario; its identity is changed to be another's.
    let mut id = other.identity();
    *&mut id[0] = id[0] ^ 1;
    policy::seal_approve_holding_for_testing(
        id,
        other.policy(),
        badge,
        other.lineage(),
        other.package_version(),
        other.clock(),
        world.ctx(),
    );
    abort
}

#[test, expected_failure(abort_code = floe_access::version::EWrongVersion)]
fun old_code_takes_no_objects() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    let badge = Badge { id: object::new(world.ctx()) };
    world.outdate();
    world.approve_holding(STRANGER, badge);
    abort
}

// === Rules that a plain decision can't meet ===

#[test, expected_failure(abort_code = policy::ENoPass)]
fun pass_must_be_shown() {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(5, option::some(10), option::none());
    world.add_clause(vector[rule::pass(offer)]);
    world.approve(STRANGER);
    abort
}

#[test, expected_failure(abort_code = policy::ENotAttested)]
fun attestation_must_be_shown() {
    let mut world = world::with_clause(vector[rule::attested<Witness>()]);
    world.approve(STRANGER);
    abort
}

#[test, expected_failure(abort_code = policy::ENotApproved)]
fun stewards_must_approve() {
    let mut world = world::with_clause(vector[rule::stewards(vector[ANN], 1)]);
    world.approve(STRANGER);
    abort
}

// === Making rules ===

#[test]
fun equal_rules_are_equal() {
    assert!(rule::holds<Badge>() == rule::holds<Badge>());
    assert!(rule::holds<Badge>() != rule::holds<Other>());
    assert!(rule::pass(1).offer() == option::some(1));
    assert!(rule::owner().offer().is_none());
}

#[test]
fun stewards_of_a_clause_are_known() {
    let clause = rule::new_clause_for_testing(
        0,
        vector[rule::owner(), rule::stewards(vector[ANN, BOB], 2)],
    );
    assert!(clause.has_steward(ANN) && clause.has_steward(BOB) && !clause.has_steward(CYD));
}

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun threshold_of_zero_is_refused() { rule::stewards(vector[ANN], 0); }

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun threshold_above_the_number_is_refused() { rule::stewards(vector[ANN, BOB], 3); }

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun no_stewards_are_refused() { rule::stewards(vector[], 0); }

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun steward_named_twice_is_refused() { rule::stewards(vector[ANN, BOB, ANN], 2); }

#[test, expected_failure(abort_code = rule::EInvalidStewards)]
fun thirty_three_stewards_are_refused() {
    rule::stewards(vector::tabulate!(33, |i| sui::address::from_u256(i as u256)), 1);
}

#[test]
fun thirty_two_stewards_are_fine() {
    rule::stewards(vector::tabulate!(32, |i| sui::address::from_u256(i as u256)), 32);
}

#[test, expected_failure(abort_code = rule::EInvalidPurpose)]
fun empty_purpose_is_refused() { rule::purpose(vector[b"".to_string()]); }

#[test, expected_failure(abort_code = rule::EInvalidPurpose)]
fun long_purpose_is_refused() {
    rule::purpose(vector[vector::tabulate!(257, |_| 65u8).to_string()]);
}

#[test, expected_failure(abort_code = rule::EInvalidPurpose)]
fun thirty_three_purposes_are_refused() {
    rule::purpose(vector::tabulate!(33, |_| b"a".to_string()));
}
