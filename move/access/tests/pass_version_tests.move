// SPDX-License-Identifier: Apache-2.0

/// Passes that are paid along a lineage, and given back.
#[test_only]
module floe_access::pass_version_tests;

use floe_access::change;
use floe_access::data::{Self, Data};
use floe_access::key_request;
use floe_access::pass::{Self, Pass};
use floe_access::policy;
use floe_access::rule;
use floe_access::sale_events::{
    Self,
    OfferBoundToVersion,
    PassPaidToVersion,
    PassRefunded,
    PassSold
};
use floe_access::shop;
use floe_access::world::{Self, World};
use floe_catalog::catalog_version;
use floe_catalog::events::{IncomeCredited, SaleEscrowed, SaleRefunded, SaleSettled};
use floe_catalog::revenue::{Self, Treasury};
use std::unit_test::destroy;
use sui::coin::{Self, Coin};
use sui::event;
use sui::sui::SUI;

public struct GOLD has drop {}

const OWNER: address = @0xa;
const BUYER: address = @0xb;
const WINDOW_MS: u64 = 1_000;

// === Paying ===

#[test]
fun payment_is_split_to_the_last_unit() {
    let (mut world, mut data, parent, mut treasury) = begin<GOLD>(0);
    let child = data.publish_derived(&mut world, parent);
    let offer = world.offer_for<GOLD>(child, 100);
    world.buy(&mut treasury, offer, 100);
    // 33 of 100, rounded down, go to the parent's payee.
    assert!(treasury.credit_of(data::payee()) == 33);
    assert!(treasury.credit_of(OWNER) == 67);
    assert!(treasury.held() == 100);
    assert!(event::events_by_type<SaleSettled>().length() == 1);
    assert!(event::events_by_type<IncomeCredited>().length() == 2);
    end(world, data, treasury);
}

#[test]
fun sale_is_announced_once_with_who_is_paid() {
    let (mut world, data, version, mut treasury) = begin<GOLD>(0);
    let offer = world.offer_for<GOLD>(version, 5);
    let id = world.id();
    let bound = sale_events::new_offer_bound_to_version(id, offer, version);
    assert!(event::events_by_type<OfferBoundToVersion>() == vector[bound]);
    assert!(world.policy().offer(offer).version() == option::some(version));
    let pass = world.buy(&mut treasury, offer, 5);
    let treasury_id = object::id(&treasury);
    let coin_type = std::type_name::with_defining_ids<GOLD>();
    let sold = sale_events::new_pass_sold(
        id,
        pass,
        offer,
        BUYER,
        treasury_id.to_address(),
        coin_type,
        5,
        option::none(),
        option::some(2),
    );
    assert!(event::events_by_type<PassSold>() == vector[sold]);
    assert!(event::events_by_type<PassPaidToVersion>().length() == 1);
    end(world, data, treasury);
}

#[test]
fun pass_for_a_version_meets_its_clause() {
    let (mut world, data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 5);
    world.propose_and_apply(change::add_clause(vector[rule::pass(offer)]));
    world.buy(&mut treasury, offer, 5);
    let mut pass = world.take_pass();
    world.use_pass(&mut pass);
    assert!(pass.uses_left() == option::some(1));
    destroy(pass);
    end(world, data, treasury);
}

#[test, expected_failure(abort_code = pass::EForVersion)]
fun offer_for_a_version_is_not_paid_to_the_policys_payee() {
    let (mut world, _data, version, _treasury) = begin<SUI>(0);
    let offer = world.offer_for<SUI>(version, 5);
    let payment = coin::mint_for_testing<SUI>(5, world.ctx());
    let (policy, in_force, clock, ctx) = world.all();
    pass::buy(policy, offer, payment, BUYER, in_force, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = pass::ENotForVersion)]
fun plain_offer_is_not_paid_along_a_lineage() {
    let (mut world, _data, _, mut treasury) = begin<SUI>(0);
    let offer = world.offer<SUI>(5, option::none(), option::some(2));
    world.buy(&mut treasury, offer, 5);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongAmount)]
fun version_is_paid_exactly() {
    let (mut world, _data, version, mut treasury) = begin<SUI>(0);
    let offer = world.offer_for<SUI>(version, 5);
    world.buy(&mut treasury, offer, 6);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongCoin)]
fun version_is_paid_in_its_coin() {
    let (mut world, _data, version, mut treasury) = begin<GOLD>(0);
    let offer = world.offer_for<SUI>(version, 5);
    world.buy(&mut treasury, offer, 5);
    abort
}

#[test, expected_failure(abort_code = pass::ENotLiving)]
fun version_of_a_held_parent_is_not_sold() {
    let (mut world, mut data, parent, mut treasury) = begin<SUI>(0);
    let child = data.publish_derived(&mut world, parent);
    let offer = world.offer_for<SUI>(child, 5);
    data.hold(&mut world, parent);
    world.buy(&mut treasury, offer, 5);
    abort
}

#[test, expected_failure(abort_code = policy::EHeld)]
fun held_policy_sells_no_version() {
    let (mut world, _data, version, mut treasury) = begin<SUI>(0);
    let offer = world.offer_for<SUI>(version, 5);
    world.vote_hold(OWNER, true);
    world.buy(&mut treasury, offer, 5);
    abort
}

// === Offers ===

#[test, expected_failure(abort_code = shop::EOtherPolicy)]
fun version_of_another_policy_is_not_offered() {
    let (mut world, mut data, _, _treasury) = begin<SUI>(0);
    let stranger = object::id_from_address(@0x77);
    let version = data.publish(&mut world, stranger, data::terms(0));
    world.offer_for<SUI>(version, 5);
    abort
}

#[test, expected_failure(abort_code = shop::ENoPrice)]
fun version_is_not_offered_for_nothing() {
    let (mut world, _data, version, _treasury) = begin<SUI>(0);
    world.offer_for<SUI>(version, 0);
    abort
}

#[test, expected_failure(abort_code = shop::ENoPrice)]
fun price_of_a_version_is_not_lowered_to_nothing() {
    let (mut world, _data, version, _treasury) = begin<SUI>(0);
    let offer = world.offer_for<SUI>(version, 5);
    world.propose_and_apply(change::lower_price(offer, 0));
    abort
}

// === Refunds ===

#[test]
fun refund_takes_the_pass_and_gives_the_money_back() {
    let (mut world, data, version, mut treasury) = begin<GOLD>(WINDOW_MS);
    let offer = world.offer_for<GOLD>(version, 9);
    let pass_id = world.buy(&mut treasury, offer, 9);
    assert!(event::events_by_type<SaleEscrowed>().length() == 1);
    let paid = event::events_by_type<PassPaidToVersion>();
    let pass = world.take_pass();
    let (id, sale) = (object::id(&pass), pass.refundable_sale().destroy_some());
    let treasury_id = object::id(&treasury);
    let want = sale_events::new_pass_paid_to_version(
        world.id(),
        pass_id,
        version,
        treasury_id,
        sale,
    );
    assert!(paid == vector[want]);
    data.hold(&mut world, version);
    world.act_as(BUYER);
    world.refund(&mut treasury, pass);
    let refunded = sale_events::new_pass_refunded(world.id(), id, BUYER, sale);
    assert!(event::events_by_type<PassRefunded>() == vector[refunded]);
    assert!(event::events_by_type<SaleRefunded>().length() == 1);
    assert!(treasury.held() == 0 && !treasury.is_kept_back(sale));
    world.act_as(BUYER);
    let coin = world.scenario().take_from_sender<Coin<GOLD>>();
    assert!(coin.value() == 9);
    assert!(!world.scenario().has_most_recent_for_sender<Pass>());
    destroy(coin);
    end(world, data, treasury);
}

#[test]
fun hold_of_the_policy_or_of_an_ancestor_refunds_too() {
    let (mut world, mut data, parent, mut treasury) = begin<SUI>(0);
    let id = world.id();
    let version = data.publish(&mut world, id, data::terms(WINDOW_MS));
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    world.vote_hold(OWNER, true);
    world.act_as(BUYER);
    world.refund(&mut treasury, pass);
    world.vote_hold(OWNER, false);
    let digest = world.lineage().node(parent).manifest_digest();
    let terms = floe_catalog::lineage::new_terms(
        1,
        digest,
        digest,
        vector[parent],
        vector[digest],
        vector[10_000],
        0,
        vector[OWNER],
        vector[10_000],
        WINDOW_MS,
    );
    let child = data.publish(&mut world, id, terms);
    let offer = world.offer_for<SUI>(child, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    data.revoke(&mut world, parent);
    world.act_as(BUYER);
    world.refund(&mut treasury, pass);
    assert!(treasury.held() == 0);
    end(world, data, treasury);
}

#[test, expected_failure(abort_code = pass::ENotRefundable)]
fun pass_is_not_refunded_while_keys_can_be_had() {
    let (mut world, _data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    world.refund(&mut treasury, pass);
    abort
}

#[test, expected_failure(abort_code = pass::ENotRefundable)]
fun what_was_paid_out_at_once_is_not_refunded() {
    let (mut world, data, version, mut treasury) = begin<SUI>(0);
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    data.hold(&mut world, version);
    world.refund(&mut treasury, pass);
    abort
}

#[test, expected_failure(abort_code = revenue::EUnknownSale)]
fun what_was_settled_is_not_refunded() {
    let (mut world, data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    world.at(WINDOW_MS);
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    treasury.settle(lineage, pass.refundable_sale().destroy_some(), clock);
    data.hold(&mut world, version);
    world.refund(&mut treasury, pass);
    abort
}

#[test, expected_failure(abort_code = pass::EUsedUp)]
fun pass_that_is_used_up_is_not_refunded() {
    let (mut world, data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 9);
    world.propose_and_apply(change::add_clause(vector[rule::pass(offer)]));
    world.buy(&mut treasury, offer, 9);
    let mut pass = world.take_pass();
    world.use_pass(&mut pass);
    world.use_pass(&mut pass);
    data.hold(&mut world, version);
    world.refund(&mut treasury, pass);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongPolicy)]
fun pass_is_refunded_by_its_policy() {
    let (mut world, _data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    let (other, _cap) = world::other_policy(world.ctx());
    let (_, lineage, in_force, clock, ctx) = world.all_and_lineage();
    pass.refund(&other, lineage, &mut treasury, in_force, clock, ctx);
    abort
}

#[test, expected_failure(abort_code = revenue::EWrongTreasury)]
fun pass_is_refunded_from_its_treasury() {
    let (mut world, data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let mut other = world.treasury<SUI>();
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    data.hold(&mut world, version);
    world.refund(&mut other, pass);
    abort
}

#[test, expected_failure(abort_code = revenue::ENeedsTicket)]
fun money_does_not_come_back_while_the_pass_stays() {
    let (mut world, data, version, mut treasury) = begin<SUI>(WINDOW_MS);
    let offer = world.offer_for<SUI>(version, 9);
    world.buy(&mut treasury, offer, 9);
    let pass = world.take_pass();
    data.hold(&mut world, version);
    let (_, lineage, _, _, ctx) = world.all_and_lineage();
    treasury.refund(lineage, pass.refundable_sale().destroy_some(), ctx);
    abort
}

// === Helpers ===

use fun publish_derived as Data.publish_derived;
use fun offer_for as World.offer_for;
use fun buy as World.buy;
use fun refund as World.refund;
use fun take_pass as World.take_pass;
use fun use_pass as World.use_pass;
use fun propose_and_apply as World.propose_and_apply;
use fun treasury as World.treasury;

/// A shared policy of OWNER, who alone can hold it; a version that it guards, whose
/// payments are kept back so long; and a treasury.
fun begin<C>(window_ms: u64): (World, Data, ID, Treasury<C>) {
    let mut world = world::draft_held_by(0, vector[OWNER], 1);
    world.add_clause(vector[rule::owner()]);
    let mut world = world.go_live();
    let mut data = data::new(&mut world);
    let id = world.id();
    let version = data.publish(&mut world, id, data::terms(window_ms));
    let treasury = world.treasury<C>();
    (world, data, version, treasury)
}

fun treasury<C>(world: &mut World): Treasury<C> {
    let in_force = catalog_version::new_for_testing(world.ctx());
    revenue::create_treasury<C>(&in_force, world.ctx());
    destroy(in_force);
    world.act_as(OWNER);
    world.scenario().take_shared<Treasury<C>>()
}

/// An offer of passes with two uses.
fun offer_for<C>(world: &mut World, version: ID, price: u64): u64 {
    let (policy, cap, lineage, in_force) = world.admin();
    let uses = option::some(2);
    shop::make_offer_for_version<C>(
        policy,
        cap,
        lineage,
        version,
        price,
        option::none(),
        uses,
        in_force,
    )
}

fun buy<C>(world: &mut World, treasury: &mut Treasury<C>, offer: u64, amount: u64): ID {
    world.act_as(BUYER);
    let payment = coin::mint_for_testing<C>(amount, world.ctx());
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    pass::buy_version(policy, offer, payment, BUYER, lineage, treasury, in_force, clock, ctx)
}

fun take_pass(world: &mut World): Pass {
    world.act_as(BUYER);
    world.scenario().take_from_sender<Pass>()
}

fun use_pass(world: &mut World, pass: &mut Pass) {
    world.act_as(BUYER);
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    let mut draft = key_request::begin(policy, in_force, clock, ctx);
    draft.use_pass(pass);
    draft.finish(policy, lineage, ctx);
}

fun refund<C>(world: &mut World, treasury: &mut Treasury<C>, pass: Pass) {
    let (policy, lineage, in_force, clock, ctx) = world.all_and_lineage();
    pass.refund(policy, lineage, treasury, in_force, clock, ctx)
}

fun propose_and_apply(world: &mut World, change: change::Change) {
    world.act_as(OWNER);
    let proposal = world.propose(change);
    world.apply(proposal);
}

fun publish_derived(data: &mut Data, world: &mut World, parent: ID): ID {
    let id = world.id();
    let terms = data::derived(world, parent);
    data.publish(world, id, terms)
}

fun end<C>(world: World, data: Data, treasury: Treasury<C>) {
    destroy(treasury);
    data.end();
    world.end();
}
