// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::pass_tests;

use floe_access::change;
use floe_access::sale_events::{Self, OfferClosed, OfferMade, PassSold, PassUsed, PriceChanged};
use floe_access::key_request::{Self, KeyRequest};
use floe_access::offer;
use floe_access::pass::{Self, Pass};
use floe_access::policy;
use floe_access::rule;
use floe_access::version;
use floe_access::shop;
use floe_access::world::{Self, World};
use std::type_name;
use sui::coin::{Self, Coin};
use sui::event;
use sui::sui::SUI;

const OWNER: address = @0xa;
const BUYER: address = @0xb;
const STRANGER: address = @0xc;
const TREASURY: address = @0x7e;

const TERM_MS: u64 = 1_000;
const PRICE: u64 = 5;
/// What `shop` and `kiosk` number their only offer.
const OFFER: u64 = 0;

/// A coin of somebody else's.
public struct GOLD has drop {}

// === Buying ===

#[test]
fun pass_is_paid_for_and_the_holders() {
    let mut world = shop();
    world.at(100);
    world.act_as(STRANGER);
    let id = world.buy<SUI>(PRICE, BUYER);
    let sold = sale_events::new_pass_sold(
        world.id(),
        id,
        OFFER,
        BUYER,
        OWNER,
        type_name::with_defining_ids<SUI>(),
        PRICE,
        option::some(100 + TERM_MS),
        option::none(),
    );
    assert!(event::events_by_type<PassSold>() == vector[sold]);

    world.act_as(BUYER);
    let pass = world.scenario().take_from_sender<Pass>();
    assert!(pass.policy() == world.id() && pass.offer() == OFFER && pass.holder() == BUYER);
    assert!(pass.expires_at_ms() == option::some(100 + TERM_MS) && pass.uses_left().is_none());
    pass.discard();
    let payment = world.scenario().take_from_address<Coin<SUI>>(OWNER);
    assert!(payment.value() == PRICE);
    coin::burn_for_testing(payment);
    world.end();
}

#[test]
fun payee_is_paid() {
    let mut world = shop();
    world.pay_to(TREASURY);
    world.buy<SUI>(PRICE, BUYER);
    world.act_as(OWNER);
    let payment = world.scenario().take_from_address<Coin<SUI>>(TREASURY);
    assert!(payment.value() == PRICE);
    coin::burn_for_testing(payment);
    world.end();
}

#[test]
fun pass_is_bought_with_any_coin() {
    let mut world = world::draft(0);
    let offer = world.offer<GOLD>(9, option::none(), option::some(1));
    world.add_clause(vector[rule::pass(offer)]);
    let mut world = world.go_live();
    world.buy<GOLD>(9, BUYER);
    world.end();
}

#[test, expected_failure(abort_code = pass::EWrongCoin)]
fun another_coin_is_refused() {
    let mut world = shop();
    world.buy<GOLD>(PRICE, BUYER);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongAmount)]
fun too_little_is_refused() {
    let mut world = shop();
    world.buy<SUI>(PRICE - 1, BUYER);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongAmount)]
fun too_much_is_refused() {
    let mut world = shop();
    world.buy<SUI>(PRICE + 1, BUYER);
    abort
}

#[test, expected_failure(abort_code = policy::EUnknownOffer)]
fun what_is_not_offered_is_not_sold() {
    let mut world = world::draft(0).go_live();
    world.buy<SUI>(PRICE, BUYER);
    abort
}

#[test, expected_failure(abort_code = pass::ENotForSale)]
fun closed_offer_is_not_sold() {
    let mut world = shop();
    world.close_offer(OFFER);
    world.buy<SUI>(PRICE, BUYER);
    abort
}

#[test, expected_failure(abort_code = policy::EHeld)]
fun nothing_is_sold_under_a_hold() {
    let mut world = world::draft_held_by(0, vector[OWNER], 1);
    world.offer<SUI>(PRICE, option::some(TERM_MS), option::none());
    world.vote_hold(OWNER, true);
    world.buy<SUI>(PRICE, BUYER);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_sells_nothing() {
    let mut world = shop();
    world.outdate();
    world.buy<SUI>(PRICE, BUYER);
    abort
}

// === Offers ===

#[test]
fun offers_are_made_raised_and_closed() {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(PRICE, option::some(TERM_MS), option::some(3));
    let id = world.id();
    let coin_type = type_name::with_defining_ids<SUI>();
    let term = option::some(TERM_MS);
    let made = sale_events::new_offer_made(id, offer, coin_type, PRICE, term, option::some(3));
    assert!(event::events_by_type<OfferMade>() == vector[made]);
    let got = world.policy().offer(offer);
    assert!(got.id() == offer && got.coin_type() == coin_type && got.price() == PRICE);
    assert!(got.term_ms() == term && got.uses() == option::some(3) && got.is_open());

    world.raise_price(offer, PRICE + 1);
    assert!(world.policy().offer(offer).price() == PRICE + 1);
    let changed = sale_events::new_price_changed(id, offer, PRICE + 1);
    assert!(event::events_by_type<PriceChanged>() == vector[changed]);
    world.close_offer(offer);
    assert!(!world.policy().offer(offer).is_open());
    let closed = sale_events::new_offer_closed(id, offer);
    assert!(event::events_by_type<OfferClosed>() == vector[closed]);
    world.end();
}

#[test, expected_failure(abort_code = offer::EInvalidOffer)]
fun offer_without_term_and_uses_is_refused() {
    let mut world = world::draft(0);
    world.offer<SUI>(PRICE, option::none(), option::none());
    abort
}

#[test, expected_failure(abort_code = offer::EInvalidOffer)]
fun offer_of_no_time_is_refused() {
    let mut world = world::draft(0);
    world.offer<SUI>(PRICE, option::some(0), option::none());
    abort
}

#[test, expected_failure(abort_code = offer::EInvalidOffer)]
fun offer_of_too_long_a_time_is_refused() {
    let mut world = world::draft(0);
    world.offer<SUI>(PRICE, option::some(3_155_760_000_001), option::none());
    abort
}

#[test, expected_failure(abort_code = offer::EInvalidOffer)]
fun offer_of_no_use_is_refused() {
    let mut world = world::draft(0);
    world.offer<SUI>(PRICE, option::none(), option::some(0));
    abort
}

#[test, expected_failure(abort_code = shop::ETooMany)]
fun seventeenth_offer_is_refused() {
    let mut world = world::draft(0);
    17u64.do!(|_| { world.offer<SUI>(PRICE, option::none(), option::some(1)); });
    abort
}

#[test, expected_failure(abort_code = shop::EPriceNotRaised)]
fun equal_price_is_not_raised() {
    let mut world = shop();
    world.raise_price(OFFER, PRICE);
    abort
}

#[test, expected_failure(abort_code = shop::EPriceNotRaised)]
fun price_is_not_lowered_silently() {
    let mut world = shop();
    world.raise_price(OFFER, PRICE - 1);
    abort
}

#[test, expected_failure(abort_code = shop::EClosed)]
fun offer_is_not_closed_twice() {
    let mut world = shop();
    world.close_offer(OFFER);
    world.close_offer(OFFER);
    abort
}

// === Deciding with a subscription ===

#[test]
fun subscriber_is_let_in_until_the_last_moment() {
    let mut world = shop();
    let pass = world.bought();
    world.approve_with(BUYER, &pass);
    world.at(TERM_MS);
    world.approve_with(BUYER, &pass);
    pass.discard();
    world.end();
}

#[test]
fun pass_outlives_its_offer() {
    let mut world = shop();
    let pass = world.bought();
    world.close_offer(OFFER);
    world.approve_with(BUYER, &pass);
    pass.discard();
    world.end();
}

#[test, expected_failure(abort_code = pass::EExpired)]
fun subscription_ends() {
    let mut world = shop();
    let pass = world.bought();
    world.at(TERM_MS + 1);
    world.approve_with(BUYER, &pass);
    abort
}

#[test, expected_failure(abort_code = pass::ENotHolder)]
fun pass_is_for_its_holder_alone() {
    let mut world = shop();
    let pass = world.bought();
    world.approve_with(STRANGER, &pass);
    abort
}

#[test, expected_failure(abort_code = pass::EWrongPolicy)]
fun pass_of_another_policy_is_refused() {
    let mut world = shop();
    let pass = world.bought();
    let (other, _cap) = world::other_policy(world.ctx());
    pass::seal_approve_with_pass_for_testing(
        world.identity(),
        &other,
        &pass,
        world.lineage(),
        world.package_version(),
        world.clock(),
        &tx_context::new_from_hint(BUYER, 0, 0, 0, 0),
    );
    abort
}

#[test, expected_failure(abort_code = policy::EWrongIdentity)]
fun pass_does_not_open_other_identities() {
    let mut world = shop();
    let pass = world.bought();
    world.act_as(BUYER);
    pass::seal_approve_with_pass_for_testing(
        b"0123456789abcdef0123456789abcdef0",
        world.policy(),
        &pass,
        world.lineage(),
        world.package_version(),
        world.clock(),
        &tx_context::new_from_hint(BUYER, 0, 0, 0, 0),
    );
    abort
}

#[test, expected_failure(abort_code = policy::ENoPass)]
fun pass_of_another_offer_does_not_do() {
    let mut world = world::draft(0);
    world.offer<SUI>(PRICE, option::some(TERM_MS), option::none());
    let dear = world.offer<SUI>(9, option::some(TERM_MS), option::none());
    world.add_clause(vector[rule::pass(dear)]);
    let pass = world.bought();
    world.approve_with(BUYER, &pass);
    abort
}

#[test, expected_failure(abort_code = policy::ENoAccess)]
fun pass_does_not_make_up_for_another_rule() {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(PRICE, option::some(TERM_MS), option::none());
    world.add_clause(vector[rule::pass(offer), rule::allow_list()]);
    let pass = world.bought();
    world.approve_with(BUYER, &pass);
    abort
}

#[test, expected_failure(abort_code = version::EWrongVersion)]
fun old_code_takes_no_pass() {
    let mut world = shop();
    let pass = world.bought();
    world.outdate();
    world.approve_with(BUYER, &pass);
    abort
}

// === Paying per use ===

#[test, expected_failure(abort_code = pass::EMustRequest)]
fun decision_does_not_count() {
    let mut world = kiosk(2);
    let pass = world.bought();
    world.approve_with(BUYER, &pass);
    abort
}

#[test]
fun each_request_uses_the_pass_once() {
    let mut world = kiosk(2);
    let mut pass = world.bought();
    world.act_as(BUYER);
    world.request(&mut pass);
    assert!(pass.uses_left() == option::some(1));
    let used = sale_events::new_pass_used(world.id(), object::id(&pass), 1);
    assert!(event::events_by_type<PassUsed>() == vector[used]);
    world.act_as(BUYER);
    let request = world.scenario().take_from_sender<KeyRequest>();
    // However many keys are asked for within its hour, the request is one use.
    world.approve_request(BUYER, &request);
    world.approve_request(BUYER, &request);
    world.act_as(BUYER);
    world.request(&mut pass);
    assert!(pass.uses_left() == option::some(0));
    request.discard();
    pass.discard();
    world.end();
}

#[test, expected_failure(abort_code = pass::EUsedUp)]
fun used_pass_is_refused() {
    let mut world = kiosk(1);
    let mut pass = world.bought();
    world.act_as(BUYER);
    world.request(&mut pass);
    world.request(&mut pass);
    abort
}

#[test]
fun subscription_is_not_used_up_by_requests() {
    let mut world = shop();
    let mut pass = world.bought();
    world.act_as(BUYER);
    world.request(&mut pass);
    world.request(&mut pass);
    assert!(event::events_by_type<PassUsed>().is_empty());
    pass.discard();
    world.end();
}

#[test]
fun request_does_not_outlast_the_pass() {
    let mut world = shop();
    let mut pass = world.bought();
    world.at(TERM_MS - 1);
    world.act_as(BUYER);
    world.request(&mut pass);
    world.act_as(BUYER);
    let request = world.scenario().take_from_sender<KeyRequest>();
    assert!(request.valid_until_ms() == TERM_MS);
    request.discard();
    pass.discard();
    world.end();
}

#[test, expected_failure(abort_code = pass::ENotHolder)]
fun pass_of_somebody_else_makes_no_request() {
    let mut world = kiosk(1);
    let mut pass = world.bought();
    world.act_as(STRANGER);
    world.request(&mut pass);
    abort
}

#[test, expected_failure(abort_code = pass::EExpired)]
fun expired_pass_makes_no_request() {
    let mut world = shop();
    let mut pass = world.bought();
    world.at(TERM_MS + 1);
    world.act_as(BUYER);
    world.request(&mut pass);
    abort
}

#[test]
fun lower_price_is_proposed() {
    let mut world = shop();
    let proposal = world.propose(change::lower_price(OFFER, 0));
    world.apply(proposal);
    world.buy<SUI>(0, BUYER);
    world.end();
}

// === Helpers ===

/// A shared policy for whoever has a pass: OFFER, a term for PRICE.
fun shop(): World {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(PRICE, option::some(TERM_MS), option::none());
    world.add_clause(vector[rule::pass(offer)]);
    world.go_live()
}

/// As `shop`, with so many uses and no term.
fun kiosk(uses: u64): World {
    let mut world = world::draft(0);
    let offer = world.offer<SUI>(PRICE, option::none(), option::some(uses));
    world.add_clause(vector[rule::pass(offer)]);
    world.go_live()
}

use fun buy as World.buy;
use fun pay_to as World.pay_to;
use fun bought as World.bought;
use fun request as World.request;
use fun approve_with as World.approve_with;
use fun approve_request as World.approve_request;

fun pay_to(world: &mut World, payee: address) {
    let (policy, cap, _, version) = world.admin();
    shop::set_payee(policy, cap, payee, version)
}

fun buy<C>(world: &mut World, amount: u64, holder: address): ID {
    let payment = coin::mint_for_testing<C>(amount, world.ctx());
    let (policy, version, clock, ctx) = world.all();
    pass::buy(policy, OFFER, payment, holder, version, clock, ctx)
}

/// A pass of OFFER that BUYER bought.
fun bought(world: &mut World): Pass {
    world.buy<SUI>(PRICE, BUYER);
    world.act_as(BUYER);
    world.scenario().take_from_sender<Pass>()
}

fun request(world: &mut World, pass: &mut Pass) {
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    let mut draft = key_request::begin(policy, version, clock, ctx);
    draft.use_pass(pass);
    draft.finish(policy, lineage, ctx);
}

fun approve_with(world: &mut World, sender: address, pass: &Pass) {
    world.act_as(sender);
    let id = world.identity();
    let (policy, lineage, version, clock, ctx) = world.all_and_lineage();
    pass::seal_approve_with_pass_for_testing(
        id,
        policy,
        pass,
        lineage,
        version,
        clock,
        ctx,
    )
}

fun approve_request(world: &mut World, sender: address, request: &KeyRequest) {
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
