// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::policy_tests;

use floe_access::members;
use floe_access::policy_events::{Self, AccessGranted, AccessRevoked, PolicyCreated};
use floe_access::policy::{Self, Policy, PolicyCap};
use floe_access::version::{Self, PackageVersion};
use floe_catalog::lineage::{Self, Lineage};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::event;
use sui::test_scenario::{Self, Scenario};

const OWNER: address = @0xa;
const MEMBER: address = @0xb;
const STRANGER: address = @0xc;

const START_MS: u64 = 1_000;
const END_MS: u64 = 2_000;

// === Creating ===

#[test]
fun new_policy_is_the_senders_and_empty() {
    let mut scenario = test_scenario::begin(OWNER);
    let (policy, cap) = new(option::some(START_MS), option::none(), scenario.ctx());
    assert!(policy.owner() == OWNER);
    assert!(policy.not_before_ms() == option::some(START_MS));
    assert!(policy.not_after_ms().is_none());
    assert!(policy.member_count() == 0);
    assert!(is_allowed(&policy, OWNER, START_MS));
    assert!(!policy.is_member(OWNER));
    assert!(!is_allowed(&policy, MEMBER, START_MS));
    assert!(cap.policy() == object::id(&policy));

    let want = policy_events::new_policy_created(
        object::id(&policy),
        object::id(&cap),
        OWNER,
        option::some(START_MS),
        option::none(),
    );
    assert!(event::events_by_type<PolicyCreated>() == vector[want]);
    destroy(policy);
    destroy(cap);
    scenario.end();
}

#[test]
fun shared_policy_can_be_taken_by_anybody() {
    let mut scenario = test_scenario::begin(OWNER);
    let (policy, cap) = new(option::none(), option::none(), scenario.ctx());
    let id = object::id(&policy);
    let package_version = version::new_for_testing(scenario.ctx());
    policy.share(&package_version);
    destroy(package_version);
    destroy(cap);
    scenario.next_tx(STRANGER);
    let policy = scenario.take_shared_by_id<Policy>(id);
    assert!(policy.owner() == OWNER);
    test_scenario::return_shared(policy);
    scenario.end();
}

#[test]
fun window_of_one_millisecond_is_a_window() {
    let ctx = &mut tx_context::new_from_hint(OWNER, 0, 0, 0, 0);
    let (policy, cap) = new(option::some(7), option::some(8), ctx);
    assert!(is_allowed(&policy, OWNER, 7) && is_allowed(&policy, OWNER, 8));
    destroy(policy);
    destroy(cap);
}

#[test, expected_failure(abort_code = policy::EInvalidWindow)]
fun window_that_ends_when_it_begins_is_refused() {
    let (_policy, _cap) = new(option::some(7), option::some(7), &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = policy::EInvalidWindow)]
fun window_that_ends_before_it_begins_is_refused() {
    let (_policy, _cap) = new(option::some(8), option::some(7), &mut tx_context::dummy());
    abort
}

// === Granting and revoking ===

#[test]
fun granted_member_is_allowed_until_revoked() {
    let mut world = begin();
    world.clock.set_for_testing(1_234);
    world.grant(MEMBER);
    assert!(world.policy.is_member(MEMBER));
    assert!(is_allowed(&world.policy, MEMBER, 0));
    assert!(world.policy.granted_at_ms(MEMBER) == 1_234);
    assert!(world.policy.member_count() == 1);
    assert!(!is_allowed(&world.policy, STRANGER, 0));

    world.revoke(MEMBER);
    assert!(!is_allowed(&world.policy, MEMBER, 0));
    assert!(world.policy.member_count() == 0);

    let id = object::id(&world.policy);
    let granted = policy_events::new_access_granted(id, MEMBER);
    let revoked = policy_events::new_access_revoked(id, MEMBER);
    assert!(event::events_by_type<AccessGranted>() == vector[granted]);
    assert!(event::events_by_type<AccessRevoked>() == vector[revoked]);
    world.end();
}

#[test]
fun revoked_member_can_be_granted_again() {
    let mut world = begin();
    world.grant(MEMBER);
    world.revoke(MEMBER);
    world.clock.set_for_testing(5_000);
    world.grant(MEMBER);
    assert!(world.policy.granted_at_ms(MEMBER) == 5_000);
    world.end();
}

#[test]
fun revoking_one_member_keeps_the_others() {
    let mut world = begin();
    world.grant(MEMBER);
    world.grant(STRANGER);
    world.revoke(MEMBER);
    assert!(is_allowed(&world.policy, STRANGER, 0));
    world.end();
}

#[test]
fun capability_works_for_whoever_holds_it() {
    let mut world = begin();
    world.scenario.next_tx(STRANGER);
    world.grant(MEMBER);
    assert!(world.policy.is_member(MEMBER));
    world.end();
}

#[test, expected_failure(abort_code = members::EAlreadyMember)]
fun member_is_not_granted_twice() {
    let mut world = begin();
    world.grant(MEMBER);
    world.grant(MEMBER);
    abort
}

#[test, expected_failure(abort_code = members::EAlreadyMember)]
fun owner_needs_no_grant() {
    let mut world = begin();
    world.grant(OWNER);
    abort
}

#[test, expected_failure(abort_code = members::ENotMember)]
fun stranger_is_not_revoked() {
    let mut world = begin();
    world.revoke(STRANGER);
    abort
}

#[test, expected_failure(abort_code = members::ENotMember)]
fun member_is_not_revoked_twice() {
    let mut world = begin();
    world.grant(MEMBER);
    world.revoke(MEMBER);
    world.revoke(MEMBER);
    abort
}

#[test, expected_failure(abort_code = members::ENotMember)]
fun owner_is_not_revoked() {
    let mut world = begin();
    world.revoke(OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_does_not_grant() {
    let mut world = begin();
    let (_other, other_cap) = new(option::none(), option::none(), world.scenario.ctx());
    world.grant_with(&other_cap, MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongCap)]
fun capability_of_another_policy_does_not_revoke() {
    let mut world = begin();
    world.grant(MEMBER);
    let (_other, other_cap) = new(option::none(), option::none(), world.scenario.ctx());
    let package_version = version::new_for_testing(&mut tx_context::dummy());
    members::revoke(&mut world.policy, &other_cap, MEMBER, &package_version);
    abort
}

// === Deciding ===

#[test]
fun owner_and_member_are_approved() {
    let mut world = begin();
    world.grant(MEMBER);
    world.approve(OWNER);
    world.approve(MEMBER);
    world.end();
}

#[test]
fun approval_leaves_no_event() {
    let mut world = begin();
    world.scenario.next_tx(OWNER);
    let id = world.identity();
    world.approve_id(id, OWNER);
    let effects = world.scenario.next_tx(OWNER);
    assert!(effects.num_user_events() == 0);
    world.end();
}

#[test]
fun both_ends_of_the_window_belong_to_it() {
    let mut world = begin_within(option::some(START_MS), option::some(END_MS));
    world.clock.set_for_testing(START_MS);
    world.approve(OWNER);
    world.clock.set_for_testing(END_MS);
    world.approve(OWNER);
    world.end();
}

#[test]
fun open_window_has_no_bounds() {
    let mut world = begin();
    world.approve(OWNER);
    world.clock.set_for_testing(18446744073709551615);
    world.approve(OWNER);
    world.end();
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun stranger_is_refused() {
    let mut world = begin();
    world.grant(MEMBER);
    world.approve(STRANGER);
    abort
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun revoked_member_is_refused() {
    let mut world = begin();
    world.grant(MEMBER);
    world.revoke(MEMBER);
    world.approve(MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::ETooEarly)]
fun owner_is_refused_before_the_window() {
    let mut world = begin_within(option::some(START_MS), option::some(END_MS));
    world.clock.set_for_testing(START_MS - 1);
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::ETooLate)]
fun owner_is_refused_after_the_window() {
    let mut world = begin_within(option::some(START_MS), option::some(END_MS));
    world.clock.set_for_testing(END_MS + 1);
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::ETooLate)]
fun member_is_refused_after_the_window() {
    let mut world = begin_within(option::none(), option::some(END_MS));
    world.grant(MEMBER);
    world.clock.set_for_testing(END_MS + 1);
    world.approve(MEMBER);
    abort
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun stranger_does_not_learn_of_the_window() {
    let mut world = begin_within(option::some(START_MS), option::none());
    world.clock.set_for_testing(START_MS - 1);
    world.approve(STRANGER);
    abort
}

// === Identities ===

#[test]
fun identity_is_the_policys_id_and_more() {
    let world = begin();
    let mut id = object::id(&world.policy).to_bytes();
    assert!(!world.policy.owns_identity(&vector[]));
    assert!(!world.policy.owns_identity(&id));
    id.push_back(0);
    assert!(world.policy.owns_identity(&id));
    id.append(x"00112233445566778899");
    assert!(world.policy.owns_identity(&id));
    world.end();
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun empty_identity_is_refused() {
    let mut world = begin();
    world.approve_id(vector[], OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun bare_policy_id_is_refused() {
    let mut world = begin();
    let id = object::id(&world.policy).to_bytes();
    world.approve_id(id, OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun first_byte_of_the_prefix_counts() {
    let mut world = begin();
    let mut id = world.identity();
    let first = &mut id[0];
    *first = *first ^ 1;
    world.approve_id(id, OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun last_byte_of_the_prefix_counts() {
    let mut world = begin();
    let mut id = world.identity();
    let last = &mut id[31];
    *last = *last ^ 0x80;
    world.approve_id(id, OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun identity_of_another_policy_is_refused() {
    let mut world = begin();
    let (other, _cap) = new(option::none(), option::none(), world.scenario.ctx());
    let mut id = object::id(&other).to_bytes();
    id.push_back(7);
    world.approve_id(id, OWNER);
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun identity_is_checked_before_access() {
    let mut world = begin();
    world.approve_id(vector[1], STRANGER);
    abort
}

// === Versions ===

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun newer_version_switches_this_code_off() {
    let mut world = begin();
    world.package_version.set_for_testing(2);
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun version_is_checked_before_identity() {
    let mut world = begin();
    world.package_version.set_for_testing(0);
    world.approve_id(vector[], OWNER);
    abort
}

// === Helpers ===

/// One policy and all that a decision reads.
public struct World {
    scenario: Scenario,
    policy: Policy,
    cap: PolicyCap,
    lineage: Lineage,
    package_version: PackageVersion,
    clock: Clock,
}

fun new(
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
    ctx: &mut TxContext,
): (Policy, PolicyCap) {
    let package_version = version::new_for_testing(ctx);
    let (policy, cap) = policy::new(not_before_ms, not_after_ms, &package_version, ctx);
    destroy(package_version);
    (policy, cap)
}

fun is_allowed(policy: &Policy, who: address, now_ms: u64): bool {
    let lineage = lineage::new_for_testing(&mut tx_context::dummy());
    let is_allowed = policy.is_allowed(who, &lineage, now_ms);
    destroy(lineage);
    is_allowed
}

/// A policy of OWNER without bounds and members, at time 0.
fun begin(): World { begin_within(option::none(), option::none()) }

fun begin_within(not_before_ms: Option<u64>, not_after_ms: Option<u64>): World {
    let mut scenario = test_scenario::begin(OWNER);
    version::init_for_testing(scenario.ctx());
    scenario.next_tx(OWNER);
    let package_version = scenario.take_shared<PackageVersion>();
    let (policy, cap) = new(not_before_ms, not_after_ms, scenario.ctx());
    let clock = clock::create_for_testing(scenario.ctx());
    let lineage = lineage::new_for_testing(scenario.ctx());
    World { scenario, policy, cap, lineage, package_version, clock }
}

fun end(self: World) {
    let World { scenario, policy, cap, lineage, package_version, clock } = self;
    destroy(policy);
    destroy(lineage);
    destroy(cap);
    test_scenario::return_shared(package_version);
    clock.destroy_for_testing();
    scenario.end();
}

fun grant(self: &mut World, member: address) {
    members::grant(
        &mut self.policy,
        &self.cap,
        member,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

fun grant_with(self: &mut World, cap: &PolicyCap, member: address) {
    members::grant(
        &mut self.policy,
        cap,
        member,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

fun revoke(self: &mut World, member: address) {
    members::revoke(&mut self.policy, &self.cap, member, &self.package_version)
}

/// An identity under the policy.
fun identity(self: &World): vector<u8> {
    let mut id = object::id(&self.policy).to_bytes();
    id.append(x"0123456789abcdef");
    id
}

fun approve(self: &mut World, sender: address) {
    let id = self.identity();
    self.approve_id(id, sender)
}

fun approve_id(self: &mut World, id: vector<u8>, sender: address) {
    self.scenario.next_tx(sender);
    policy::seal_approve_for_testing(
        id,
        &self.policy,
        &self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}
