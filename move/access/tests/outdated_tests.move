// SPDX-License-Identifier: Apache-2.0

/// When a newer version of the package is in force, this code refuses each call
/// that changes something. That no such call is forgotten is checked by the Go
/// tests in sdk/contract.
#[test_only]
module floe_access::outdated_tests;

use floe_access::anchors::{Self, Anchor};
use floe_access::change;
use floe_access::data;
use floe_access::key_request;
use floe_access::members;
use floe_access::pass::{Self, Pass};
use floe_access::policy;
use floe_access::rule;
use floe_access::shop;
use floe_access::stewards;
use floe_access::upgrade::{Self, UpgradeGuard};
use floe_access::version;
use floe_access::world::{Self, World};
use floe_catalog::catalog_version;
use floe_catalog::revenue::{Self, Treasury};
use std::unit_test::destroy;
use sui::coin;
use sui::package;
use sui::sui::SUI;

const OWNER: address = @0xa;
const MEMBER: address = @0xb;
const KEY: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun policy_new() {
    let mut world = outdated();
    let (_, version, _, ctx) = world.all();
    let (_policy, _cap) = policy::new(option::none(), option::none(), version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun policy_compose() {
    let mut world = outdated();
    let (_, version, _, ctx) = world.all();
    let (_policy, _cap) = policy::compose(0, vector[], 0, version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun policy_share() {
    let mut world = world::draft(0);
    let (policy, _cap) = world::other_policy(world.ctx());
    world.outdate();
    policy.share(world.package_version());
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun policy_seal_approve() {
    let mut world = outdated();
    world.approve(OWNER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun policy_seal_approve_holding() {
    let mut world = outdated();
    let coin = coin::mint_for_testing<SUI>(1, world.ctx());
    world.approve_holding(OWNER, coin);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun clauses_add() {
    let mut world = world::draft(0);
    world.outdate();
    world.add_clause(vector[rule::owner()]);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun clauses_remove() {
    let mut world = outdated();
    world.remove_clause(0);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun clauses_tighten() {
    let mut world = outdated();
    world.tighten(0, rule::owner());
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun clauses_bind() {
    let mut world = world::slow();
    let mut data = data::new(&mut world);
    let id = world.id();
    let version = data.publish(&mut world, id, data::terms(0));
    world.outdate();
    data::bind(&mut world, version);
    data.end();
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_grant() {
    let mut world = outdated();
    world.grant(@0x1);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_grant_all() {
    let mut world = outdated();
    let (policy, cap, version, clock, ctx) = world.all_and_cap();
    members::grant_all(policy, cap, vector[@0x1], version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_revoke() {
    let mut world = outdated();
    world.revoke(MEMBER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_grant_as_delegate() {
    let mut world = outdated();
    world.grant_as(OWNER, @0x1);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_revoke_as_delegate() {
    let mut world = outdated();
    world.revoke_as(OWNER, MEMBER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_add_delegate() {
    let mut world = world::draft(0);
    world.outdate();
    world.add_delegate(OWNER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun members_remove_delegate() {
    let mut world = outdated();
    world.remove_delegate(OWNER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun shop_make_offer() {
    let mut world = outdated();
    world.offer<SUI>(1, option::some(1), option::none());
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun shop_make_offer_for_version() {
    let mut world = outdated();
    let id = world.id();
    let (policy, cap, lineage, version) = world.admin();
    let (term, uses) = (option::some(1), option::none());
    shop::make_offer_for_version<SUI>(policy, cap, lineage, id, 1, term, uses, version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun shop_raise_price() {
    let mut world = outdated();
    world.raise_price(2, 6);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun shop_close_offer() {
    let mut world = outdated();
    world.close_offer(2);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun shop_set_payee() {
    let mut world = outdated();
    let (policy, cap, _, version) = world.admin();
    shop::set_payee(policy, cap, @0x1, version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_propose() {
    let mut world = outdated();
    world.propose(change::add_member(@0x1));
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_apply() {
    let mut world = outdated();
    world.apply(3);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_cancel() {
    let mut world = outdated();
    world.cancel(3);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_raise_delay() {
    let mut world = outdated();
    world.raise_delay(2_000);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_freeze_for_ever() {
    let mut world = outdated();
    world.freeze_for_ever();
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun governance_vote_hold() {
    let mut world = outdated();
    world.vote_hold(OWNER, true);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun stewards_approve() {
    let mut world = outdated();
    let (policy, version, clock, ctx) = world.all();
    stewards::approve(policy, MEMBER, 5, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun stewards_withdraw() {
    let mut world = outdated();
    let (policy, version, _, ctx) = world.all();
    stewards::withdraw(policy, MEMBER, version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun pass_buy() {
    let mut world = outdated();
    let coin = coin::mint_for_testing<SUI>(5, world.ctx());
    let (policy, version, clock, ctx) = world.all();
    pass::buy(policy, 2, coin, MEMBER, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun pass_buy_version() {
    let mut world = outdated();
    let mut treasury = world.treasury();
    let coin = coin::mint_for_testing<SUI>(5, world.ctx());
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    pass::buy_version(policy, 2, coin, MEMBER, lineage, &mut treasury, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun pass_refund() {
    let (mut world, pass) = with_pass();
    let mut treasury = world.treasury();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    pass.refund(policy, lineage, &mut treasury, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun pass_seal_approve_with_pass() {
    let (mut world, pass) = with_pass();
    let id = world.identity();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    pass::seal_approve_with_pass_for_testing(id, policy, &pass, lineage, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_begin() {
    let mut world = outdated();
    let (policy, version, clock, ctx) = world.all();
    let _draft = key_request::begin(policy, version, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_use_pass() {
    let (mut world, mut pass) = with_pass();
    world.renew();
    let (policy, version, clock, ctx) = world.all();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.set_version_for_testing(2);
    draft.use_pass(&mut pass);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_declare_purpose() {
    let mut world = world::slow();
    let (policy, version, clock, ctx) = world.all();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.set_version_for_testing(2);
    draft.declare_purpose(b"x".to_string());
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_show() {
    let mut world = world::slow();
    let (policy, version, clock, ctx) = world.all();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.set_version_for_testing(2);
    draft.show(coin::mint_for_testing<SUI>(1, ctx));
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_vouch() {
    let mut world = world::slow();
    let (policy, version, clock, ctx) = world.all();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.set_version_for_testing(2);
    draft.vouch(Witness());
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_finish() {
    let mut world = world::slow();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.set_version_for_testing(2);
    draft.finish(policy, lineage, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun key_request_seal_approve_with_request() {
    let mut world = world::slow();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    key_request::begin(policy, version, clock, ctx).finish(policy, lineage, ctx);
    world.act_as(OWNER);
    let request = world.scenario().take_from_sender<key_request::KeyRequest>();
    world.outdate();
    let id = world.identity();
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
fun anchors_create() {
    let mut world = outdated();
    let (_, version, _, ctx) = world.all();
    anchors::create(b"a".to_string(), KEY, version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun anchors_anchor_root() {
    let (mut world, mut anchor) = with_anchor();
    let (_, version, clock, _) = world.all();
    anchor.anchor_root(1, KEY, b"", version, clock);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun anchors_prove_fork() {
    let (mut world, mut anchor) = with_anchor();
    let (_, version, _, ctx) = world.all();
    anchor.prove_fork(1, KEY, b"", b"", b"", version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_guard() {
    let mut world = outdated();
    let cap = package::test_publish(@0x9.to_id(), world.ctx());
    let (_, version, _, ctx) = world.all();
    let _guard = upgrade::guard(cap, 0, version, ctx);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_propose() {
    let (mut world, mut guard) = with_guard();
    let (_, version, clock, _) = world.all();
    guard.propose(0, KEY, version, clock);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_cancel() {
    let (world, mut guard) = with_guard();
    let version = world.package_version();
    guard.cancel(version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_authorize() {
    let (mut world, mut guard) = with_guard();
    let (_, version, clock, _) = world.all();
    let _ticket = guard.authorize(version, clock);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_commit() {
    let (mut world, mut guard) = with_guard();
    let mut cap = package::test_publish(@0x9.to_id(), world.ctx());
    let receipt = package::test_upgrade(cap.authorize_upgrade(0, KEY));
    guard.commit(receipt, world.package_version());
    destroy(cap);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_raise_delay() {
    let (world, mut guard) = with_guard();
    let version = world.package_version();
    guard.raise_delay(1, version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_only_additive_upgrades() {
    let (world, mut guard) = with_guard();
    let version = world.package_version();
    guard.only_additive_upgrades(version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_only_dep_upgrades() {
    let (world, mut guard) = with_guard();
    let version = world.package_version();
    guard.only_dep_upgrades(version);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun upgrade_make_immutable() {
    let (world, guard) = with_guard();
    guard.make_immutable(world.package_version());
    abort
}

// === Helpers ===

public struct Witness() has drop;

use fun treasury as World.treasury;
use fun renew as World.renew;

/// A shared policy of OWNER, who is delegate, steward and holder too, with two
/// clauses, MEMBER, offer 2 and proposal 3; then its package is out of date.
fun outdated(): World {
    let mut world = current();
    world.outdate();
    world
}

fun current(): World {
    let mut world = world::draft_held_by(0, vector[OWNER], 1);
    world.add_clause(vector[rule::owner()]);
    world.add_clause(vector[rule::allow_list(), rule::stewards(vector[OWNER], 1)]);
    world.offer<SUI>(5, option::some(1), option::none());
    world.add_delegate(OWNER);
    world.grant(MEMBER);
    let mut world = world.go_live();
    world.propose(change::add_member(@0x2));
    world
}

fun with_pass(): (World, Pass) {
    let mut world = current();
    let coin = coin::mint_for_testing<SUI>(5, world.ctx());
    let (policy, version, clock, ctx) = world.all();
    pass::buy(policy, 2, coin, OWNER, version, clock, ctx);
    world.act_as(OWNER);
    let pass = world.scenario().take_from_sender<Pass>();
    world.outdate();
    (world, pass)
}

fun with_anchor(): (World, Anchor) {
    let mut world = current();
    let (_, version, _, ctx) = world.all();
    anchors::create(b"a".to_string(), KEY, version, ctx);
    world.act_as(OWNER);
    let anchor = world.scenario().take_shared<Anchor>();
    world.outdate();
    (world, anchor)
}

fun with_guard(): (World, UpgradeGuard) {
    let mut world = current();
    let cap = package::test_publish(@0x9.to_id(), world.ctx());
    let (_, version, _, ctx) = world.all();
    let guard = upgrade::guard(cap, 0, version, ctx);
    world.outdate();
    (world, guard)
}

fun treasury(world: &mut World): Treasury<SUI> {
    let in_force = catalog_version::new_for_testing(world.ctx());
    revenue::create_treasury<SUI>(&in_force, world.ctx());
    destroy(in_force);
    world.act_as(OWNER);
    world.scenario().take_shared<Treasury<SUI>>()
}

/// Puts this code in force again.
fun renew(world: &mut World) { world.be_version(1) }
