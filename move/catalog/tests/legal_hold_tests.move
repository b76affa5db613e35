// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::legal_hold_tests;

use floe_catalog::hold;
use floe_catalog::hold_events::{
    Self,
    HoldersNamed,
    LegalHoldEnded,
    LegalHoldLifted,
    LegalHoldPlaced,
    LegalHoldVoted
};
use floe_catalog::legal_hold;
use floe_catalog::lineage;
use floe_catalog::world::{Self, World};
use sui::event;

const ANN: address = @0x1;
const BEN: address = @0x2;
const CAT: address = @0x3;
const NOW_MS: u64 = 1_700_000_000_000;
const DAYS_3_MS: u64 = 259_200_000;

#[test]
fun two_of_three_hold_and_lift() {
    let (mut w, v) = begin();
    let dataset = w.dataset_id();
    let named = hold_events::new_holders_named(v, dataset, vector[ANN, BEN, CAT], 2);
    assert!(event::events_by_type<HoldersNamed>() == vector[named]);
    w.vote(ANN, v, true);
    let voted = hold_events::new_legal_hold_voted(v, dataset, ANN, true, NOW_MS);
    assert!(event::events_by_type<LegalHoldVoted>() == vector[voted]);
    assert!(event::events_by_type<LegalHoldPlaced>().is_empty());
    assert!(w.lineage().is_alive(v) && w.lineage().standing(v) == 0);
    assert!(w.lineage().node(v).legal_hold().votes() == vector[ANN]);

    w.vote(CAT, v, true);
    let placed = hold_events::new_legal_hold_placed(v, dataset, NOW_MS);
    assert!(event::events_by_type<LegalHoldPlaced>() == vector[placed]);
    assert!(!w.lineage().is_alive(v) && w.lineage().standing(v) == 2);

    w.vote(ANN, v, false);
    w.vote(BEN, v, false);
    let lifted = hold_events::new_legal_hold_lifted(v, dataset, NOW_MS + DAYS_3_MS);
    assert!(event::events_by_type<LegalHoldLifted>() == vector[lifted]);
    assert!(w.lineage().node(v).is_held());
    w.set_time(NOW_MS + DAYS_3_MS);
    assert!(w.lineage().node(v).is_held());
    w.finish(v);
    let ended = hold_events::new_legal_hold_ended(v, dataset, NOW_MS + DAYS_3_MS);
    assert!(event::events_by_type<LegalHoldEnded>() == vector[ended]);
    assert!(w.lineage().is_living(v));
    w.end();
}

#[test]
fun lifted_hold_is_placed_again_at_once() {
    let (mut w, v) = held();
    w.vote(ANN, v, false);
    w.vote(BEN, v, false);
    w.vote(ANN, v, true);
    w.vote(CAT, v, true);
    w.set_time(NOW_MS + DAYS_3_MS);
    assert!(w.lineage().node(v).legal_hold().stands(NOW_MS + DAYS_3_MS));
    w.end();
}

#[test]
fun what_was_made_from_it_stops_too() {
    let (mut w, v) = begin();
    let child = w.child(vector[v]);
    let grandchild = w.child(vector[child]);
    w.vote(ANN, v, true);
    w.vote(BEN, v, true);
    assert!(w.lineage().standing(grandchild) == 2);
    assert!(w.lineage().is_alive(grandchild));
    w.end();
}

#[test]
fun owner_does_not_end_it() {
    let (mut w, v) = held();
    w.hold(v);
    w.announce_release(v);
    w.set_time(NOW_MS + DAYS_3_MS);
    w.release(v);
    assert!(!w.lineage().is_alive(v));
    w.end();
}

#[test]
fun nobody_holds_without_holders() {
    let mut w = world::begin();
    let v = w.root();
    assert!(event::events_by_type<HoldersNamed>().is_empty());
    assert!(w.lineage().node(v).legal_hold().holders().is_empty());
    w.end();
}

#[test, expected_failure(abort_code = hold::ENotHolder)]
fun owner_does_not_vote() {
    let (mut w, v) = begin();
    w.vote(world::owner(), v, true);
    abort
}

#[test, expected_failure(abort_code = hold::EAlreadyVoted)]
fun holder_votes_once() {
    let (mut w, v) = begin();
    w.vote(ANN, v, true);
    w.vote(ANN, v, true);
    abort
}

#[test, expected_failure(abort_code = hold::ENothingToChange)]
fun hold_that_stands_is_not_placed() {
    let (mut w, v) = held();
    w.vote(CAT, v, true);
    abort
}

#[test, expected_failure(abort_code = legal_hold::EStands)]
fun hold_is_not_ended_before_its_time() {
    let (mut w, v) = held();
    w.vote(ANN, v, false);
    w.vote(BEN, v, false);
    w.set_time(NOW_MS + DAYS_3_MS - 1);
    w.finish(v);
    abort
}

#[test, expected_failure(abort_code = legal_hold::EStands)]
fun hold_that_is_not_there_is_not_ended() {
    let (mut w, v) = begin();
    w.finish(v);
    abort
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun unknown_version_is_not_held() {
    let mut w = world::begin();
    let dataset = w.dataset_id();
    w.vote(ANN, dataset, true);
    abort
}

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun holder_is_named_once() {
    world::terms(vector[], vector[]).held_by(vector[ANN, ANN], 1);
    abort
}

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun threshold_is_not_above_the_holders() {
    world::terms(vector[], vector[]).held_by(vector[ANN, BEN], 3);
    abort
}

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun threshold_is_not_0() {
    world::terms(vector[], vector[]).held_by(vector[ANN], 0);
    abort
}

#[test, expected_failure(abort_code = hold::EInvalidHolders)]
fun holders_are_32_at_most() {
    let holders = vector::tabulate!(33, |i| sui::address::from_u256(i as u256));
    world::terms(vector[], vector[]).held_by(holders, 1);
    abort
}

// === Helpers ===

use fun vote as World.vote;
use fun finish as World.finish;

fun begin(): (World, ID) {
    let mut w = world::begin();
    let terms = world::terms(vector[], vector[]).held_by(vector[ANN, BEN, CAT], 2);
    let v = w.publish(terms);
    (w, v)
}

fun held(): (World, ID) {
    let (mut w, v) = begin();
    w.vote(ANN, v, true);
    w.vote(BEN, v, true);
    (w, v)
}

fun vote(w: &mut World, holder: address, version: ID, place: bool) {
    w.scenario().next_tx(holder);
    let (lineage, _, _, clock, scenario) = w.parts();
    legal_hold::vote(lineage, version, place, clock, scenario.ctx());
}

fun finish(w: &mut World, version: ID) {
    let (lineage, _, _, clock, _) = w.parts();
    legal_hold::end(lineage, version, clock);
}
