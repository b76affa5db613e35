// SPDX-License-Identifier: Apache-2.0

/// Splits reckoned by hand. That 10,000 sales along random graphs add up is shown
/// by the Go tests in sdk/contract, against an independent reckoning.
#[test_only]
module floe_catalog::revenue_tests;

use floe_catalog::events::{
    IncomeClaimed,
    IncomeCredited,
    SaleEscrowed,
    SaleRefunded,
    SaleSettled,
    TreasuryCreated
};
use floe_catalog::lineage::{Self, Terms};
use floe_catalog::revenue::{Self, Treasury};
use floe_catalog::catalog_version;
use floe_catalog::world::{Self, World};
use std::unit_test::destroy;
use sui::coin::{Self, Coin};
use sui::event;
use sui::sui::SUI;

const BUYER: address = @0xb;
const ANN: address = @0x1;
const BEN: address = @0x2;
const CAT: address = @0x3;
const NOW_MS: u64 = 1_700_000_000_000;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const MAX_U64: u64 = 18_446_744_073_709_551_615;

// === Splitting ===

#[test]
fun only_payee_gets_all() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    w.sell(&mut treasury, v, 7);
    assert!(treasury.credit_of(world::owner()) == 7);
    assert!(treasury.held() == 7);
    assert!(event::events_by_type<IncomeCredited>().length() == 1);
    assert!(event::events_by_type<SaleSettled>().length() == 1);
    end(w, treasury);
}

#[test]
fun rounding_goes_to_the_first_payee() {
    let (mut w, mut treasury) = begin();
    let v = w.publish(terms(vector[], vector[], 0, vector[ANN, BEN, CAT], vector[3_334, 3_333, 3_333], 0));
    w.sell(&mut treasury, v, 100);
    assert!(treasury.credit_of(ANN) == 34);
    assert!(treasury.credit_of(BEN) == 33);
    assert!(treasury.credit_of(CAT) == 33);
    end(w, treasury);
}

#[test]
fun least_payment_goes_to_the_first_payee() {
    let (mut w, mut treasury) = begin();
    let v = w.publish(terms(vector[], vector[], 0, vector[ANN, BEN], vector[1, 9_999], 0));
    w.sell(&mut treasury, v, 1);
    assert!(treasury.credit_of(ANN) == 1);
    assert!(treasury.credit_of(BEN) == 0);
    assert!(event::events_by_type<IncomeCredited>().length() == 1);
    end(w, treasury);
}

#[test]
fun largest_payment_is_split_without_overflow() {
    let (mut w, mut treasury) = begin();
    let v = w.publish(terms(vector[], vector[], 0, vector[ANN, BEN], vector[5_000, 5_000], 0));
    w.sell(&mut treasury, v, MAX_U64);
    assert!(treasury.credit_of(ANN) == MAX_U64 / 2 + 1);
    assert!(treasury.credit_of(BEN) == MAX_U64 / 2);
    end(w, treasury);
}

#[test]
fun rounding_stays_with_who_passes_on() {
    let (mut w, mut treasury) = begin();
    let (a, b) = (w.root_of(ANN), w.root_of(BEN));
    let c = w.child_of(vector[a, b], vector[6_667, 3_333], 3_000, CAT);
    w.sell(&mut treasury, c, 1_001);
    // floor(1001 * 0.3) = 300; floor(300 * 0.6667) = 200, floor(300 * 0.3333) = 99
    assert!(treasury.credit_of(ANN) == 200);
    assert!(treasury.credit_of(BEN) == 99);
    assert!(treasury.credit_of(CAT) == 702);
    end(w, treasury);
}

#[test]
fun version_reached_twice_splits_once() {
    // d passes all on to b and c, they all to a, which keeps 1 of 3 from each way
    let (mut w, mut treasury) = begin();
    let root = w.root_of(ANN);
    let a = w.child_of(vector[root], vector[10_000], 5_000, BEN);
    let b = w.child_of(vector[a], vector[10_000], 10_000, CAT);
    let c = w.child_of(vector[a], vector[10_000], 10_000, CAT);
    let d = w.child_of(vector[b, c], vector[5_000, 5_000], 10_000, CAT);
    w.sell(&mut treasury, d, 6);
    // 3 + 3 reach a, which keeps 3; split twice it would keep 2 + 2
    assert!(treasury.credit_of(BEN) == 3);
    assert!(treasury.credit_of(ANN) == 3);
    assert!(treasury.credit_of(CAT) == 0);
    end(w, treasury);
}

#[test]
fun parent_that_is_an_ancestor_too_waits_for_the_longer_way() {
    let (mut w, mut treasury) = begin();
    let a = w.root_of(ANN);
    let b = w.child_of(vector[a], vector[10_000], 5_000, BEN);
    let c = w.child_of(vector[a, b], vector[5_000, 5_000], 10_000, CAT);
    w.sell(&mut treasury, c, 101);
    // 50 to a, 50 to b, 1 stays; b keeps 25 and passes 25 on
    assert!(treasury.credit_of(ANN) == 75);
    assert!(treasury.credit_of(BEN) == 25);
    assert!(treasury.credit_of(CAT) == 1);
    assert!(event::events_by_type<IncomeCredited>().length() == 3);
    end(w, treasury);
}

#[test]
fun ancestors_earn_even_if_revoked() {
    let (mut w, mut treasury) = begin();
    let a = w.root_of(ANN);
    let b = w.child_of(vector[a], vector[10_000], 5_000, BEN);
    w.revoke(a);
    w.sell(&mut treasury, b, 10);
    assert!(treasury.credit_of(ANN) == 5);
    end(w, treasury);
}

#[test]
fun receipt_says_what_was_paid_for() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    w.scenario().next_tx(BUYER);
    let (lineage, _, _, clock, scenario) = w.parts();
    let coin = coin::mint_for_testing<SUI>(9, scenario.ctx());
    let receipt = treasury.sell(lineage, v, coin, clock, scenario.ctx());
    assert!(receipt.receipt_version() == v);
    assert!(receipt.receipt_policy() == world::policy());
    assert!(receipt.receipt_amount() == 9);
    assert!(!treasury.is_kept_back(receipt.receipt_sale()));
    end(w, treasury);
}

#[test, expected_failure(abort_code = revenue::ENothingPaid)]
fun payment_of_0_is_refused() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    w.sell(&mut treasury, v, 0);
    abort
}

#[test, expected_failure(abort_code = revenue::ENotForSale)]
fun revoked_version_is_not_sold() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    w.revoke(v);
    w.sell(&mut treasury, v, 1);
    abort
}

#[test, expected_failure(abort_code = revenue::ENotForSale)]
fun version_on_hold_is_not_sold() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    w.hold(v);
    w.sell(&mut treasury, v, 1);
    abort
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun unknown_version_is_not_sold() {
    let (mut w, mut treasury) = begin();
    w.sell(&mut treasury, object::id_from_address(@0x1), 1);
    abort
}

// === Claiming ===

#[test]
fun payee_claims_all_credits() {
    let (mut w, mut treasury) = begin();
    let v = w.root_of(ANN);
    w.sell(&mut treasury, v, 5);
    w.sell(&mut treasury, v, 6);
    w.scenario().next_tx(ANN);
    let coin = w.claim(&mut treasury);
    assert!(coin.value() == 11);
    assert!(treasury.held() == 0);
    assert!(treasury.credit_of(ANN) == 0);
    assert!(event::events_by_type<IncomeClaimed>().length() == 1);
    destroy(coin);
    end(w, treasury);
}

#[test, expected_failure(abort_code = revenue::ENothingToClaim)]
fun others_claim_nothing() {
    let (mut w, mut treasury) = begin();
    let v = w.root_of(ANN);
    w.sell(&mut treasury, v, 5);
    w.scenario().next_tx(BEN);
    let _coin = w.claim(&mut treasury);
    abort
}

#[test, expected_failure(abort_code = revenue::ENothingToClaim)]
fun credits_are_claimed_once() {
    let (mut w, mut treasury) = begin();
    let v = w.root_of(ANN);
    w.sell(&mut treasury, v, 5);
    w.scenario().next_tx(ANN);
    let _first = w.claim(&mut treasury);
    let _second = w.claim(&mut treasury);
    abort
}

// === Refunds ===

#[test]
fun payment_is_kept_back_and_then_split() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    assert!(treasury.is_kept_back(sale));
    assert!(treasury.held() == 10);
    assert!(treasury.credit_of(ANN) == 0);
    w.set_time(NOW_MS + 1_000);
    w.settle(&mut treasury, sale);
    assert!(!treasury.is_kept_back(sale));
    assert!(treasury.credit_of(ANN) == 10);
    end(w, treasury);
}

#[test]
fun keeping_back_is_announced() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    w.sell(&mut treasury, v, 10);
    assert!(event::events_by_type<SaleEscrowed>().length() == 1);
    assert!(event::events_by_type<SaleSettled>().is_empty());
    assert!(event::events_by_type<IncomeCredited>().is_empty());
    end(w, treasury);
}

#[test]
fun hold_gives_payments_back() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    let other = w.sell(&mut treasury, v, 20);
    w.hold(v);
    w.refund(&mut treasury, sale);
    assert!(event::events_by_type<SaleRefunded>().length() == 1);
    assert!(treasury.held() == 20);
    assert!(treasury.is_kept_back(other));
    w.scenario().next_tx(BUYER);
    let coin = w.scenario().take_from_sender<Coin<SUI>>();
    assert!(coin.value() == 10);
    w.scenario().return_to_sender(coin);
    end(w, treasury);
}

#[test]
fun revoking_gives_payments_back_even_after_the_window() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    w.set_time(NOW_MS + 5_000);
    w.revoke(v);
    w.refund(&mut treasury, sale);
    assert!(treasury.held() == 0);
    end(w, treasury);
}

#[test, expected_failure(abort_code = revenue::EStillRefundable)]
fun sale_is_not_settled_within_the_window() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    w.set_time(NOW_MS + 999);
    w.settle(&mut treasury, sale);
    abort
}

#[test, expected_failure(abort_code = revenue::ENotForSale)]
fun sale_is_not_settled_under_hold() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    w.hold(v);
    w.set_time(NOW_MS + 1_000);
    w.settle(&mut treasury, sale);
    abort
}

#[test, expected_failure(abort_code = revenue::ENotRefundable)]
fun there_is_no_refund_without_reason() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    w.refund(&mut treasury, sale);
    abort
}

#[test, expected_failure(abort_code = revenue::EUnknownSale)]
fun sale_is_settled_once() {
    let (mut w, mut treasury) = begin();
    let v = w.root_with_window(1_000);
    let sale = w.sell(&mut treasury, v, 10);
    w.set_time(NOW_MS + 1_000);
    w.settle(&mut treasury, sale);
    w.settle(&mut treasury, sale);
    abort
}

#[test, expected_failure(abort_code = revenue::EUnknownSale)]
fun sale_that_was_split_at_once_is_not_refunded() {
    let (mut w, mut treasury) = begin();
    let v = w.root();
    let sale = w.sell(&mut treasury, v, 10);
    w.revoke(v);
    w.refund(&mut treasury, sale);
    abort
}

// === Helpers ===

use fun sell as World.sell;
use fun settle as World.settle;
use fun refund as World.refund;
use fun claim as World.claim;
use fun root_of as World.root_of;
use fun root_with_window as World.root_with_window;
use fun child_of as World.child_of;

fun claim(w: &mut World, treasury: &mut Treasury<SUI>): Coin<SUI> {
    let catalog_version = catalog_version::new_for_testing(w.ctx());
    let coin = treasury.claim(&catalog_version, w.ctx());
    destroy(catalog_version);
    coin
}

fun begin(): (World, Treasury<SUI>) {
    let mut w = world::begin();
    let catalog_version = catalog_version::new_for_testing(w.ctx());
    revenue::create_treasury<SUI>(&catalog_version, w.ctx());
    destroy(catalog_version);
    assert!(event::events_by_type<TreasuryCreated>().length() == 1);
    w.scenario().next_tx(world::owner());
    let treasury = w.scenario().take_shared<Treasury<SUI>>();
    (w, treasury)
}

fun end(w: World, treasury: Treasury<SUI>) {
    destroy(treasury);
    w.end();
}

fun terms(
    parents: vector<ID>,
    digests: vector<vector<u8>>,
    passed_on: u16,
    payees: vector<address>,
    payee_weights: vector<u16>,
    window: u64,
): Terms {
    let weights = if (parents.is_empty()) vector[] else vector[10_000];
    lineage::new_terms(
        0,
        DIGEST,
        DIGEST,
        parents,
        digests,
        weights,
        passed_on,
        payees,
        payee_weights,
        window,
    )
}

/// A version without parents that earns for one payee.
fun root_of(w: &mut World, payee: address): ID {
    w.publish(terms(vector[], vector[], 0, vector[payee], vector[10_000], 0))
}

fun root_with_window(w: &mut World, window: u64): ID {
    w.publish(terms(vector[], vector[], 0, vector[ANN], vector[10_000], window))
}

fun child_of(
    w: &mut World,
    parents: vector<ID>,
    weights: vector<u16>,
    passed_on: u16,
    payee: address,
): ID {
    let digests = parents.map_ref!(|p| w.lineage().node(*p).manifest_digest());
    w.publish(
        lineage::new_terms(
            1,
            DIGEST,
            DIGEST,
            parents,
            digests,
            weights,
            passed_on,
            vector[payee],
            vector[10_000],
            0,
        ),
    )
}

/// The buyer pays for a version; returns the sale.
fun sell(w: &mut World, treasury: &mut Treasury<SUI>, version: ID, price: u64): ID {
    w.scenario().next_tx(BUYER);
    let (lineage, _, _, clock, scenario) = w.parts();
    let coin = coin::mint_for_testing<SUI>(price, scenario.ctx());
    treasury.sell(lineage, version, coin, clock, scenario.ctx()).receipt_sale()
}

fun settle(w: &mut World, treasury: &mut Treasury<SUI>, sale: ID) {
    let (lineage, _, _, clock, _) = w.parts();
    treasury.settle(lineage, sale, clock);
}

fun refund(w: &mut World, treasury: &mut Treasury<SUI>, sale: ID) {
    w.scenario().next_tx(world::owner());
    let (lineage, _, _, _, scenario) = w.parts();
    treasury.refund(lineage, sale, scenario.ctx());
}
