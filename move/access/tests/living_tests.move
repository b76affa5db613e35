// SPDX-License-Identifier: Apache-2.0

/// What stops data stops its keys, and those of all that was made from it.
#[test_only]
module floe_access::living_tests;

use floe_access::change;
use floe_access::clauses;
use floe_access::data::{Self, Data};
use floe_access::key_request;
use floe_access::policy;
use floe_access::policy_events::{Self, ClauseTightened};
use floe_access::rule;
use floe_access::summary;
use floe_access::world::{Self, World};
use floe_catalog::catalog_version;
use floe_catalog::lineage;
use sui::event;

const OWNER: address = @0xa;
const MEMBER: address = @0xb;

// === A version's own policy ===

#[test]
fun bound_policy_opens_while_its_version_lives() {
    let (mut world, data, version) = bound();
    assert!(world.policy().is_bound_to(version));
    world.approve(OWNER);
    world.approve(MEMBER);
    end(world, data);
}

#[test]
fun binding_is_announced_once_for_each_clause() {
    let (mut world, data, version) = bound();
    let rule = rule::living(world.lineage(), version);
    let id = world.id();
    let want = vector[
        policy_events::new_clause_tightened(id, 0, rule),
        policy_events::new_clause_tightened(id, 1, rule),
    ];
    assert!(event::events_by_type<ClauseTightened>() == want);
    data::bind(&mut world, version); // changes nothing any more
    assert!(event::events_by_type<ClauseTightened>() == want);
    assert!(world.policy().clauses()[0].rules().length() == 2);
    end(world, data);
}

#[test, expected_failure(abort_code = policy::ERevoked)]
fun withdrawn_consent_stops_keys() {
    let (mut world, mut data, version) = bound();
    data.attach(&mut world, version);
    world.approve(MEMBER);
    data.withdraw(&mut world);
    world.approve(MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::ERevoked)]
fun withdrawn_consent_stops_the_owner_too() {
    let (mut world, mut data, version) = bound();
    data.attach(&mut world, version);
    data.withdraw(&mut world);
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun stranger_is_refused_as_a_stranger() {
    let (mut world, data, version) = bound();
    data.revoke(&mut world, version);
    world.approve(world::stranger());
    abort
}

#[test, expected_failure(abort_code = policy::EOnHold)]
fun hold_of_the_version_stops_keys() {
    let (mut world, data, version) = bound();
    data.hold(&mut world, version);
    world.approve(MEMBER);
    abort
}

#[test]
fun keys_come_back_when_the_hold_ends() {
    let (mut world, data, version) = bound();
    data.hold(&mut world, version);
    assert!(!world.is_allowed(MEMBER));
    data.release(&mut world, version);
    world.approve(MEMBER);
    end(world, data);
}

#[test, expected_failure(abort_code = policy::ERevoked)]
fun revocation_outweighs_a_hold() {
    let (mut world, mut data, version) = bound();
    let child = data.publish_derived(&mut world, version);
    data::bind(&mut world, child);
    data.hold(&mut world, child);
    data.revoke(&mut world, version);
    world.approve(MEMBER);
    abort
}

// === Legal holds ===

#[test, expected_failure(abort_code = policy::EOnHold)]
fun legal_hold_of_the_version_stops_keys_with_the_second_vote() {
    let (mut world, _data, version) = bound();
    data::vote(&mut world, 0, version, true);
    assert!(world.is_allowed(MEMBER));
    data::vote(&mut world, 2, version, true);
    world.approve(MEMBER);
    abort
}

#[test]
fun lifted_legal_hold_stands_for_3_days_and_until_it_is_ended() {
    let (mut world, data, version) = bound();
    data::vote(&mut world, 0, version, true);
    data::vote(&mut world, 1, version, true);
    data::vote(&mut world, 1, version, false);
    data::vote(&mut world, 2, version, false);
    assert!(!world.is_allowed(MEMBER));
    world.at(259_200_000);
    assert!(!world.is_allowed(MEMBER));
    data::end_hold(&mut world, version);
    assert!(world.is_allowed(MEMBER));
    end(world, data);
}

// === What was made from it ===

#[test, expected_failure(abort_code = policy::ERevoked)]
fun withdrawn_consent_stops_keys_of_what_was_made_from_it() {
    let (mut world, mut data, parent) = made_from();
    world.approve(MEMBER);
    data.attach(&mut world, parent);
    data.withdraw(&mut world);
    world.approve(MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::EOnHold)]
fun legal_hold_stops_keys_of_what_was_made_from_it() {
    let (mut world, _data, parent) = made_from();
    data::vote(&mut world, 0, parent, true);
    data::vote(&mut world, 1, parent, true);
    world.approve(MEMBER);
    abort
}

#[test]
fun policy_that_demands_nothing_goes_on() {
    let mut world = members_of();
    let mut data = data::new(&mut world);
    let id = world.id();
    let parent = data.publish(&mut world, id, data::terms(0));
    data.publish_derived(&mut world, parent);
    data.revoke(&mut world, parent);
    world.approve(MEMBER);
    end(world, data);
}

#[test]
fun deepest_line_is_walked() {
    let mut world = members_of();
    let mut data = data::new(&mut world);
    let id = world.id();
    let first = data.publish(&mut world, id, data::terms(0));
    let mut last = first;
    16u64.do!(|_| last = data.publish_derived(&mut world, last));
    data::bind(&mut world, last);
    world.approve(MEMBER);
    data.revoke(&mut world, first);
    assert!(!world.is_allowed(MEMBER));
    end(world, data);
}

// === Key requests, summaries, clauses ===

#[test, expected_failure(abort_code = policy::ERevoked)]
fun withdrawal_reaches_requests_that_were_made() {
    let (mut world, mut data, version) = bound();
    data.attach(&mut world, version);
    world.act_as(MEMBER);
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    key_request::begin(policy, in_force, clock, ctx).finish(policy, lineage, ctx);
    data.withdraw(&mut world);
    world.act_as(MEMBER);
    let request = world.scenario().take_from_sender<key_request::KeyRequest>();
    let id = world.identity();
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    key_request::seal_approve_with_request_for_testing(
        id,
        policy,
        &request,
        lineage,
        in_force,
        clock,
        ctx,
    );
    abort
}

#[test, expected_failure(abort_code = policy::ERevoked)]
fun request_is_not_made_for_what_is_revoked() {
    let (mut world, data, version) = bound();
    data.revoke(&mut world, version);
    world.act_as(MEMBER);
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    key_request::begin(policy, in_force, clock, ctx).finish(policy, lineage, ctx);
    abort
}

#[test]
fun summary_leaves_out_what_does_not_live() {
    let (mut world, data, version) = bound();
    let open = summary::of(world.policy(), world.lineage(), world.clock()).open_clauses();
    assert!(open.length() == 2 && open[1].rules() == vector[rule::allow_list()]);
    data.hold(&mut world, version);
    let now = summary::of(world.policy(), world.lineage(), world.clock());
    assert!(now.open_clauses().is_empty() && !now.is_held());
    end(world, data);
}

#[test]
fun one_clause_may_demand_what_others_do_not() {
    let (mut world, mut data, version) = unbound();
    let living = rule::living(world.lineage(), version);
    world.tighten(1, living);
    assert!(!world.policy().is_bound_to(version));
    data.attach(&mut world, version);
    data.withdraw(&mut world);
    assert!(world.is_allowed(OWNER) && !world.is_allowed(MEMBER));
    end(world, data);
}

#[test]
fun demand_is_dropped_after_the_delay_only() {
    let mut world = world::slow();
    world.grant(MEMBER);
    let mut data = data::new(&mut world);
    let id = world.id();
    let version = data.publish(&mut world, id, data::terms(0));
    data::bind(&mut world, version);
    data.revoke(&mut world, version);
    let living = rule::living(world.lineage(), version);
    let proposal = world.propose(change::loosen(1, living));
    assert!(!world.is_allowed(MEMBER));
    world.at(1_000);
    world.apply(proposal);
    assert!(world.is_allowed(MEMBER));
    end(world, data);
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun version_that_is_not_recorded_is_not_demanded() {
    let world = members_of();
    rule::living(world.lineage(), world.id());
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_does_not_bind() {
    let (mut world, _data, version) = unbound();
    let (_other, cap) = world::other_policy(world.ctx());
    let (policy, _, lineage, in_force) = world.admin();
    clauses::bind(policy, &cap, lineage, version, in_force);
    abort
}

// === Another version of the catalog ===

#[test, expected_failure(abort_code = catalog_version::EWrongVersion)]
fun demand_is_not_judged_by_old_code_of_the_catalog() {
    let (mut world, _data, _) = bound();
    world.lineage_mut().set_version_for_testing(2);
    world.approve(MEMBER);
    abort
}

#[test]
fun policy_that_demands_nothing_does_not_ask_the_catalog() {
    let (mut world, data, _) = unbound();
    world.lineage_mut().set_version_for_testing(2);
    world.approve(MEMBER);
    end(world, data);
}

// === Helpers ===

use fun publish_derived as Data.publish_derived;

/// A shared policy for its owner (clause 0) and MEMBER (clause 1).
fun members_of(): World {
    let mut world = world::draft(0);
    world.add_clause(vector[rule::owner()]);
    world.add_clause(vector[rule::allow_list()]);
    world.grant(MEMBER);
    world.go_live()
}

/// The same with a version that it guards.
fun unbound(): (World, Data, ID) {
    let mut world = members_of();
    let mut data = data::new(&mut world);
    let id = world.id();
    let version = data.publish(&mut world, id, data::terms(0));
    (world, data, version)
}

/// The same, bound to that version.
fun bound(): (World, Data, ID) {
    let (mut world, data, version) = unbound();
    data::bind(&mut world, version);
    (world, data, version)
}

/// A policy that is bound to a version made from another, which is returned.
fun made_from(): (World, Data, ID) {
    let (mut world, mut data, parent) = unbound();
    let child = data.publish_derived(&mut world, parent);
    data::bind(&mut world, child);
    (world, data, parent)
}

fun publish_derived(data: &mut Data, world: &mut World, parent: ID): ID {
    let id = world.id();
    let terms = data::derived(world, parent);
    data.publish(world, id, terms)
}

fun end(world: World, data: Data) {
    data.end();
    world.end();
}
