// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::key_request_tests;

use floe_access::change;
use floe_access::request_events::{Self, ApprovalWithdrawn, KeyRequested, RequesterApproved};
use floe_access::key_request::{Self, Draft, KeyRequest};
use floe_access::policy;
use floe_access::rule;
use floe_access::stewards;
use floe_access::version;
use floe_access::world::{Self, World};
use std::unit_test::destroy;
use sui::event;

const OWNER: address = @0xa;
const USER: address = @0xb;
const STRANGER: address = @0xc;
const ANN: address = @0x5a;
const BOB: address = @0x5b;
const CYD: address = @0x5c;

const HOUR_MS: u64 = 3_600_000;

public struct Badge has key, store { id: UID }

/// Only this module can make it.
public struct Enclave has drop {}

public struct Impostor has drop {}

// === Purposes ===

#[test]
fun declared_purpose_is_logged_and_lets_in() {
    let mut world = world::with_clause(vector[rule::purpose(vector[b"research".to_string()])]);
    world.at(5);
    world.act_as(USER);
    let mut draft = world.begin();
    draft.declare_purpose(b"research".to_string());
    let id = world.finish(draft);
    let logged = request_events::new_key_requested(
        world.id(),
        id,
        USER,
        0,
        option::some(b"research".to_string()),
        5 + HOUR_MS,
    );
    assert!(event::events_by_type<KeyRequested>() == vector[logged]);

    world.act_as(USER);
    let request = world.scenario().take_from_sender<KeyRequest>();
    assert!(object::id(&request) == id && request.policy() == world.id());
    assert!(request.requester() == USER && request.valid_until_ms() == 5 + HOUR_MS);
    assert!(request.purpose() == option::some(b"research".to_string()));
    world.approve_with(USER, &request);
    world.at(5 + HOUR_MS);
    world.approve_with(USER, &request);
    request.discard();
    world.end();
}

#[test]
fun any_purpose_does_where_none_is_listed() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"curiosity");
    world.approve_with(USER, &request);
    request.discard();
    world.end();
}

#[test, expected_failure(abort_code = policy::ENoPurpose)]
fun purpose_that_is_not_listed_is_refused() {
    let mut world = world::with_clause(vector[rule::purpose(vector[b"research".to_string()])]);
    let _request = world.requested(b"Research");
    abort
}

#[test, expected_failure(abort_code = policy::ENoPurpose)]
fun plain_decision_has_no_purpose() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    world.approve(USER);
    abort
}

#[test, expected_failure(abort_code = rule::EInvalidPurpose)]
fun empty_purpose_is_refused() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let _request = world.requested(b"");
    abort
}

// === Limits of a request ===

#[test, expected_failure(abort_code = key_request::EExpired)]
fun request_ends() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    world.at(HOUR_MS + 1);
    world.approve_with(USER, &request);
    abort
}

#[test, expected_failure(abort_code = key_request::ENotRequester)]
fun request_is_for_its_requester_alone() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    world.approve_with(STRANGER, &request);
    abort
}

#[test, expected_failure(abort_code = key_request::EWrongPolicy)]
fun request_opens_no_other_policy() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    let (other, _cap) = world::other_policy(world.ctx());
    let id = world.identity();
    let (_, lineage, version, clock, ctx) = world.all_and_lineage();
    key_request::seal_approve_with_request_for_testing(
        id,
        &other,
        &request,
        lineage,
        version,
        clock,
        ctx,
    );
    abort
}

#[test, expected_failure(abort_code = key_request::EWrongPolicy)]
fun draft_is_finished_with_its_policy() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let draft = world.begin();
    let (other, _cap) = world::other_policy(world.ctx());
    let (_, lineage, _, _, ctx) = world.all_and_lineage();
    draft.finish(&other, lineage, ctx);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun request_does_not_open_other_identities() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    let mut id = object::id(&request).to_bytes();
    id.push_back(1);
    world.act_as(USER);
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    key_request::seal_approve_with_request_for_testing(
        id,
        policy,
        &request,
        lineage,
        version,
        clock,
        ctx,
    );
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_begins_no_request() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    world.outdate();
    let _draft = world.begin();
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_takes_no_request() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    world.outdate();
    world.approve_with(USER, &request);
    abort
}

#[test, expected_failure(abort_code = policy::EHeld)]
fun no_request_under_a_hold() {
    let mut world = world::draft_held_by(0, vector[ANN], 1);
    world.add_clause(vector[rule::purpose(vector[])]);
    world.vote_hold(ANN, true);
    let _request = world.requested(b"x");
    abort
}

// === Narrowing reaches requests that were made ===

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun revoked_members_request_is_refused() {
    let mut world = world::with_clause(vector[rule::purpose(vector[]), rule::allow_list()]);
    world.grant(USER);
    let request = world.requested(b"x");
    world.revoke(USER);
    world.approve_with(USER, &request);
    abort
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun request_ends_with_its_clause() {
    let mut world = world::with_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    world.remove_clause(0);
    world.approve_with(USER, &request);
    abort
}

#[test, expected_failure(abort_code = policy::ETooLate)]
fun request_does_not_outlast_the_window() {
    let mut world = world::with_clause(vector[rule::purpose(vector[]), rule::not_after(9)]);
    let request = world.requested(b"x");
    world.at(10);
    world.approve_with(USER, &request);
    abort
}

#[test, expected_failure(abort_code = policy::EHeld)]
fun hold_stops_requests_that_were_made() {
    let mut world = world::draft_held_by(0, vector[ANN], 1);
    world.add_clause(vector[rule::purpose(vector[])]);
    let request = world.requested(b"x");
    world.vote_hold(ANN, true);
    world.approve_with(USER, &request);
    abort
}

// === Objects and vouchers ===

#[test]
fun shown_object_lets_in_and_goes_back() {
    let mut world = world::with_clause(vector[rule::holds<Badge>()]);
    world.act_as(USER);
    let badge = Badge { id: object::new(world.ctx()) };
    let mut draft = world.begin();
    draft.show(badge);
    world.finish(draft);
    world.act_as(USER);
    let badge = world.scenario().take_from_sender<Badge>();
    let request = world.scenario().take_from_sender<KeyRequest>();
    world.approve_with(USER, &request);
    destroy(badge);
    request.discard();
    world.end();
}

#[test]
fun vouching_module_lets_in() {
    let mut world = world::with_clause(vector[rule::attested<Enclave>()]);
    world.act_as(USER);
    let mut draft = world.begin();
    draft.vouch(Enclave {});
    world.finish(draft);
    world.act_as(USER);
    let request = world.scenario().take_from_sender<KeyRequest>();
    world.approve_with(USER, &request);
    request.discard();
    world.end();
}

#[test, expected_failure(abort_code = policy::ENotAttested)]
fun another_module_can_not_vouch() {
    let mut world = world::with_clause(vector[rule::attested<Enclave>()]);
    let mut draft = world.begin();
    draft.vouch(Impostor {});
    world.finish(draft);
    abort
}

// === Stewards ===

#[test]
fun enough_stewards_let_in_for_a_time() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    assert!(!world.is_allowed(USER));
    world.steward_approves(BOB, USER, 20);
    let id = world.id();
    let approved = request_events::new_requester_approved(id, USER, BOB, 20);
    assert!(event::events_by_type<RequesterApproved>() == vector[approved]);
    world.at(10);
    world.approve(USER);
    assert!(!world.is_allowed(STRANGER));
    world.at(11);
    assert!(!world.is_allowed(USER));
    world.steward_approves(ANN, USER, 12);
    world.approve(USER);
    assert!(world.policy().approved_until_ms(USER, ANN) == option::some(12));
    assert!(world.policy().approved_until_ms(USER, CYD).is_none());
    world.end();
}

#[test]
fun one_steward_counts_once() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    world.steward_approves(ANN, USER, 20);
    assert!(!world.is_allowed(USER));
    world.end();
}

#[test]
fun steward_who_is_dropped_counts_no_more() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    world.steward_approves(BOB, USER, 10);
    world.tighten(0, rule::stewards(vector[BOB, CYD], 2));
    assert!(!world.is_allowed(USER));
    world.steward_approves(CYD, USER, 10);
    assert!(world.is_allowed(USER));
    world.end();
}

#[test]
fun approval_is_withdrawn_at_once() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    world.steward_approves(BOB, USER, 10);
    world.act_as(ANN);
    let (policy, version, _, ctx) = world.all();
    stewards::withdraw(policy, USER, version, ctx);
    let withdrawn = request_events::new_approval_withdrawn(world.id(), USER, ANN);
    assert!(event::events_by_type<ApprovalWithdrawn>() == vector[withdrawn]);
    assert!(!world.is_allowed(USER));
    world.end();
}

#[test, expected_failure(abort_code = stewards::ENotApproved)]
fun approval_that_is_not_there_is_not_withdrawn() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    world.act_as(BOB);
    let (policy, version, _, ctx) = world.all();
    stewards::withdraw(policy, USER, version, ctx);
    abort
}

#[test, expected_failure(abort_code = stewards::ENotSteward)]
fun stranger_approves_of_nobody() {
    let mut world = council();
    world.steward_approves(STRANGER, USER, 10);
    abort
}

#[test, expected_failure(abort_code = stewards::EAlreadyOver)]
fun approval_ends_after_it_begins() {
    let mut world = council();
    world.at(10);
    world.steward_approves(ANN, USER, 10);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_approves_of_nobody() {
    let mut world = council();
    world.outdate();
    world.steward_approves(ANN, USER, 10);
    abort
}

#[test]
fun looser_council_is_proposed() {
    let mut world = council();
    world.steward_approves(ANN, USER, 10);
    let proposal = world.propose(
        change::add_clause(vector[rule::stewards(vector[ANN, BOB, CYD], 1)]),
    );
    assert!(!world.is_allowed(USER));
    world.apply(proposal);
    assert!(world.is_allowed(USER));
    world.end();
}

// === Helpers ===

use fun begin as World.begin;
use fun finish as World.finish;
use fun requested as World.requested;
use fun approve_with as World.approve_with;
use fun steward_approves as World.steward_approves;

fun council(): World {
    world::with_clause(vector[rule::stewards(vector[ANN, BOB, CYD], 2)])
}

fun begin(world: &mut World): Draft {
    let (policy, version, clock, ctx) = world.all();
    key_request::begin(policy, version, clock, ctx)
}

fun finish(world: &mut World, draft: Draft): ID {
    let (policy, lineage, _, _, ctx) = world.all_and_lineage();
    draft.finish(policy, lineage, ctx)
}

/// A request of USER with a purpose.
fun requested(world: &mut World, purpose: vector<u8>): KeyRequest {
    world.act_as(USER);
    let mut draft = world.begin();
    draft.declare_purpose(purpose.to_string());
    world.finish(draft);
    world.act_as(USER);
    let request = world.scenario().take_from_sender<KeyRequest>();
    // The world acts as its owner in between.
    world.act_as(OWNER);
    request
}

fun approve_with(world: &mut World, sender: address, request: &KeyRequest) {
    world.act_as(sender);
    let id = world.identity();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    key_request::seal_approve_with_request_for_testing(
        id,
        policy,
        request,
        lineage,
        version,
        clock,
        ctx,
    )
}

fun steward_approves(world: &mut World, steward: address, requester: address, until_ms: u64) {
    world.act_as(steward);
    let (policy, version, clock, ctx) = world.all();
    stewards::approve(policy, requester, until_ms, version, clock, ctx)
}
