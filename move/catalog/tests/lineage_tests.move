// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::lineage_tests;

use floe_catalog::events::{
    HoldPlaced,
    HoldReleaseAnnounced,
    HoldReleased,
    NodeRecorded,
    NodeRevoked,
    OriginBound
};
use floe_catalog::lineage::{Self, Terms};
use floe_catalog::world::{Self, World};
use floe_storage::blob;
use std::unit_test::destroy;
use sui::event;

const NOW_MS: u64 = 1_700_000_000_000;
const DAYS_3_MS: u64 = 259_200_000;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

// === Recording ===

#[test]
fun version_without_parents_has_depth_0() {
    let mut w = world::begin();
    let v = w.root();
    let node = w.lineage().node(v);
    assert!(node.depth() == 0);
    assert!(node.kind() == 0);
    assert!(node.parents().is_empty());
    assert!(node.passed_on_bps() == 0);
    assert!(node.dataset() == w.dataset_id());
    assert!(node.policy() == world::policy());
    assert!(node.payees()[0].payee_account() == world::owner());
    assert!(node.payees()[0].payee_weight_bps() == 10_000);
    assert!(node.revoked_at_ms().is_none());
    assert!(node.held_since_ms().is_none());
    assert!(w.lineage().ancestors(v).is_empty());
    assert!(event::events_by_type<NodeRecorded>().length() == 1);
    w.end();
}

#[test]
fun child_lies_above_its_deepest_parent() {
    let mut w = world::begin();
    let (a, b) = (w.root(), w.root());
    let c = w.child(vector[a]);
    let d = w.child(vector[b, c]);
    let node = w.lineage().node(d);
    assert!(node.depth() == 2);
    assert!(node.parents()[0].edge_version() == b);
    assert!(node.parents()[0].edge_depth() == 0);
    assert!(node.parents()[1].edge_version() == c);
    assert!(node.parents()[1].edge_depth() == 1);
    assert!(node.parents()[0].edge_weight_bps() + node.parents()[1].edge_weight_bps() == 10_000);
    w.end();
}

#[test]
fun ancestors_are_listed_once() {
    let mut w = world::begin();
    let a = w.root();
    let (b, c) = (w.child(vector[a]), w.child(vector[a]));
    let d = w.child(vector[b, c, a]);
    assert!(w.lineage().ancestors(d) == vector[b, c, a]);
    w.end();
}

#[test]
fun kinds_up_to_inference_service_are_fine() {
    let mut w = world::begin();
    let v = w.publish(with(4, vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 0));
    assert!(w.lineage().node(v).kind() == 4);
    w.end();
}

#[test, expected_failure(abort_code = lineage::EInvalidKind)]
fun kind_5_is_refused() {
    with(5, vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidDigest)]
fun licence_digest_of_31_bytes_is_refused() {
    let mut short = DIGEST;
    short.pop_back();
    lineage::new_terms(0, short, DIGEST, vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidDigest)]
fun empty_croissant_digest_is_refused() {
    lineage::new_terms(0, DIGEST, b"", vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidParents)]
fun parent_without_digest_is_refused() {
    let parent = object::id_from_address(@0x1);
    with(1, vector[parent], vector[], vector[10_000], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidParents)]
fun parent_without_weight_is_refused() {
    let parent = object::id_from_address(@0x1);
    with(1, vector[parent], vector[DIGEST], vector[], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidParents)]
fun weight_without_parent_is_refused() {
    with(1, vector[], vector[], vector[10_000], 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidParents)]
fun parents_more_than_32_are_refused() {
    let parents = vector::tabulate!(33, |_| object::id_from_address(@0x1));
    let digests = vector::tabulate!(33, |_| DIGEST);
    let weights = vector::tabulate!(33, |i| if (i == 0) 9_968 else 1);
    with(1, parents, digests, weights, 0, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun weights_that_sum_to_9999_are_refused() {
    with_weights(vector[5_000, 4_999], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun weights_that_sum_to_10001_are_refused() {
    with_weights(vector[5_000, 5_001], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun weight_of_0_is_refused() {
    with_weights(vector[10_000, 0], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun more_than_all_is_not_passed_on() {
    with_weights(vector[5_000, 5_000], 10_001);
}

#[test]
fun all_may_be_passed_on() {
    with_weights(vector[5_000, 5_000], 10_000);
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun nothing_is_passed_on_without_parents() {
    with(0, vector[], vector[], vector[], 1, vector[@0xa], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidPayees)]
fun version_without_payee_is_refused() {
    with(0, vector[], vector[], vector[], 0, vector[], vector[], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidPayees)]
fun payee_without_weight_is_refused() {
    with(0, vector[], vector[], vector[], 0, vector[@0xa, @0xb], vector[10_000], 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidPayees)]
fun payees_more_than_8_are_refused() {
    let payees = vector[@0x1, @0x2, @0x3, @0x4, @0x5, @0x6, @0x7, @0x8, @0x9];
    let weights = vector[9_992, 1, 1, 1, 1, 1, 1, 1, 1];
    with(0, vector[], vector[], vector[], 0, payees, weights, 0);
}

#[test, expected_failure(abort_code = lineage::EInvalidPayees)]
fun payee_twice_is_refused() {
    let mut w = world::begin();
    let terms = with(
        0,
        vector[],
        vector[],
        vector[],
        0,
        vector[@0xa, @0xb, @0xa],
        vector[1, 1, 9_998],
        0,
    );
    w.publish(terms);
    abort
}

#[test, expected_failure(abort_code = lineage::EInvalidWeights)]
fun payees_weights_sum_to_the_whole() {
    with(0, vector[], vector[], vector[], 0, vector[@0xa, @0xb], vector[5_000, 4_999], 0);
}

#[test]
fun refund_window_of_90_days_is_fine() {
    let mut w = world::begin();
    let terms = with(0, vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 7_776_000_000);
    let v = w.publish(terms);
    assert!(w.lineage().node(v).refund_window_ms() == 7_776_000_000);
    w.end();
}

#[test, expected_failure(abort_code = lineage::EInvalidRefundWindow)]
fun longer_refund_window_is_refused() {
    with(0, vector[], vector[], vector[], 0, vector[@0xa], vector[10_000], 7_776_000_001);
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun unknown_parent_is_refused() {
    let mut w = world::begin();
    let stranger = object::id_from_address(@0x1);
    let terms = with(1, vector[stranger], vector[DIGEST], vector[10_000], 0, vector[@0xa], vector[10_000], 0);
    w.publish(terms);
    abort
}

#[test, expected_failure(abort_code = lineage::EDuplicateParent)]
fun parent_twice_is_refused() {
    let mut w = world::begin();
    let (a, b) = (w.root(), w.root());
    w.child(vector[a, b, a]);
    abort
}

#[test, expected_failure(abort_code = lineage::EParentDigestMismatch)]
fun other_digest_of_a_parent_is_refused() {
    let mut w = world::begin();
    let a = w.root();
    w.publish(with(1, vector[a], vector[DIGEST], vector[10_000], 0, vector[@0xa], vector[10_000], 0));
    abort
}

#[test, expected_failure(abort_code = lineage::EParentRevoked)]
fun revoked_parent_is_refused() {
    let mut w = world::begin();
    let (a, b) = (w.root(), w.root());
    w.revoke(b);
    w.child(vector[a, b]);
    abort
}

#[test]
fun chain_of_16_edges_is_fine() {
    let mut w = world::begin();
    let last = w.chain(16);
    assert!(w.lineage().node(last).depth() == 16);
    assert!(w.lineage().is_living(last));
    w.lineage().assert_living(last, 16);
    w.end();
}

#[test, expected_failure(abort_code = lineage::ETooDeep)]
fun chain_of_17_edges_is_refused() {
    let mut w = world::begin();
    w.chain(17);
    abort
}

#[test]
fun ancestors_64_are_fine() {
    let mut w = world::begin();
    let (left, right) = (w.roots(31), w.roots(31));
    let parents = vector[w.child(left), w.child(right)];
    let v = w.child(parents);
    assert!(w.lineage().ancestors(v).length() == 64);
    w.lineage().assert_living(v, 2);
    w.end();
}

#[test, expected_failure(abort_code = lineage::ETooManyAncestors)]
fun ancestors_65_are_refused() {
    let mut w = world::begin();
    let (left, right) = (w.roots(31), w.roots(32));
    let parents = vector[w.child(left), w.child(right)];
    w.child(parents);
    abort
}

#[test]
fun published_version_is_recorded_later() {
    let mut w = world::begin();
    let v = w.publish_unrecorded();
    assert!(!w.lineage().contains(v));
    w.record(v, world::terms(vector[], vector[]));
    assert!(w.lineage().contains(v));
    w.end();
}

#[test, expected_failure(abort_code = lineage::EAlreadyRecorded)]
fun version_is_recorded_once() {
    let mut w = world::begin();
    let v = w.root();
    w.record(v, world::terms(vector[], vector[]));
    abort
}

#[test, expected_failure(abort_code = lineage::EAlreadyRecorded)]
fun version_is_not_its_own_parent() {
    let mut w = world::begin();
    let v = w.root();
    let digest = w.lineage().node(v).manifest_digest();
    w.record(v, world::terms(vector[v], vector[digest]));
    abort
}

#[test, expected_failure(abort_code = lineage::EWrongCap)]
fun capability_of_another_dataset_does_not_record() {
    let mut w = world::begin();
    let v = w.publish_unrecorded();
    w.swap_cap();
    w.record(v, world::terms(vector[], vector[]));
    abort
}

// === Origins ===

#[test]
fun origin_is_stated_before_certification() {
    let mut w = world::begin();
    let blob = w.blob(option::none());
    w.bind_origin(&blob, DIGEST);
    assert!(event::events_by_type<OriginBound>().length() == 1);
    destroy(blob);
    w.end();
}

#[test, expected_failure(abort_code = lineage::EAlreadyCertified)]
fun origin_is_not_stated_after_certification() {
    let mut w = world::begin();
    let blob = w.blob(option::some(5));
    w.bind_origin(&blob, DIGEST);
    abort
}

#[test, expected_failure(abort_code = lineage::EOriginAlreadyBound)]
fun origin_is_stated_once() {
    let mut w = world::begin();
    let blob = w.blob(option::none());
    w.bind_origin(&blob, DIGEST);
    w.bind_origin(&blob, DIGEST);
    abort
}

#[test, expected_failure(abort_code = lineage::EInvalidDigest)]
fun origin_digest_of_33_bytes_is_refused() {
    let mut w = world::begin();
    let blob = w.blob(option::none());
    let mut long = DIGEST;
    long.push_back(0);
    w.bind_origin(&blob, long);
    abort
}

#[test, expected_failure(abort_code = lineage::EOriginOfAnotherDataset)]
fun origin_of_another_dataset_is_refused() {
    let mut w = world::begin();
    let blob = w.blob(option::none());
    w.swap_cap();
    w.bind_origin(&blob, DIGEST);
    w.swap_cap();
    let certified = blob::certified_for_testing(blob, 5);
    w.publish_blob(certified, world::terms(vector[], vector[]));
    abort
}

// === Revoking ===

#[test]
fun revoked_version_ends_all_that_derives_from_it() {
    let mut w = world::begin();
    let (a, b) = (w.root(), w.root());
    let c = w.child(vector[a]);
    let d = w.child(vector[b, c]);
    let e = w.child(vector[b]);
    w.revoke(a);
    assert!(w.lineage().node(a).revoked_at_ms() == option::some(NOW_MS));
    assert!(!w.lineage().is_living(a));
    assert!(!w.lineage().is_living(c));
    assert!(!w.lineage().is_living(d));
    assert!(w.lineage().is_alive(d));
    assert!(w.lineage().is_living(b));
    assert!(w.lineage().is_living(e));
    assert!(event::events_by_type<NodeRevoked>().length() == 1);
    w.end();
}

#[test, expected_failure(abort_code = lineage::ERevoked)]
fun descendant_of_a_revoked_version_is_not_living() {
    let mut w = world::begin();
    let a = w.root();
    let b = w.child(vector[a]);
    let c = w.child(vector[b]);
    w.revoke(a);
    w.lineage().assert_living(c, 16);
    abort
}

#[test, expected_failure(abort_code = lineage::ETooDeep)]
fun policy_bounds_the_depth() {
    let mut w = world::begin();
    let v = w.chain(3);
    w.lineage().assert_living(v, 2);
    abort
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun unknown_version_is_not_living() {
    let w = world::begin();
    w.lineage().assert_living(object::id_from_address(@0x1), 16);
    abort
}

#[test, expected_failure(abort_code = lineage::ERevoked)]
fun version_is_revoked_once() {
    let mut w = world::begin();
    let a = w.root();
    w.revoke(a);
    w.revoke(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EWrongCap)]
fun capability_of_another_dataset_does_not_revoke() {
    let mut w = world::begin();
    let a = w.root();
    w.swap_cap();
    w.revoke(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EUnknownVersion)]
fun unknown_version_is_not_revoked() {
    let mut w = world::begin();
    w.revoke(object::id_from_address(@0x1));
    abort
}

// === Holds ===

#[test]
fun hold_acts_at_once_and_ends_after_3_days() {
    let mut w = world::begin();
    let a = w.root();
    let b = w.child(vector[a]);
    w.hold(a);
    assert!(w.lineage().node(a).held_since_ms() == option::some(NOW_MS));
    assert!(!w.lineage().is_living(b));
    w.announce_release(a);
    assert!(w.lineage().node(a).release_at_ms() == option::some(NOW_MS + DAYS_3_MS));
    assert!(!w.lineage().is_living(b));
    w.set_time(NOW_MS + DAYS_3_MS);
    w.release(a);
    assert!(w.lineage().is_living(b));
    assert!(w.lineage().node(a).release_at_ms().is_none());
    assert!(event::events_by_type<HoldPlaced>().length() == 1);
    assert!(event::events_by_type<HoldReleaseAnnounced>().length() == 1);
    assert!(event::events_by_type<HoldReleased>().length() == 1);
    w.end();
}

#[test]
fun hold_that_was_going_to_end_goes_on() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.announce_release(a);
    w.set_time(NOW_MS + 1);
    w.hold(a);
    assert!(w.lineage().node(a).held_since_ms() == option::some(NOW_MS));
    assert!(w.lineage().node(a).release_at_ms().is_none());
    w.end();
}

#[test, expected_failure(abort_code = lineage::EOnHold)]
fun hold_is_placed_once() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.hold(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EOnHold)]
fun descendant_of_a_version_on_hold_is_not_living() {
    let mut w = world::begin();
    let a = w.root();
    let b = w.child(vector[a]);
    w.hold(a);
    w.lineage().assert_living(b, 16);
    abort
}

#[test, expected_failure(abort_code = lineage::ETooEarly)]
fun hold_does_not_end_unannounced() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.release(a);
    abort
}

#[test, expected_failure(abort_code = lineage::ETooEarly)]
fun hold_does_not_end_before_3_days() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.announce_release(a);
    w.set_time(NOW_MS + DAYS_3_MS - 1);
    w.release(a);
    abort
}

#[test, expected_failure(abort_code = lineage::ENotOnHold)]
fun end_of_no_hold_is_not_announced() {
    let mut w = world::begin();
    let a = w.root();
    w.announce_release(a);
    abort
}

#[test, expected_failure(abort_code = lineage::ENotOnHold)]
fun no_hold_does_not_end() {
    let mut w = world::begin();
    let a = w.root();
    w.release(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EWrongCap)]
fun capability_of_another_dataset_does_not_hold() {
    let mut w = world::begin();
    let a = w.root();
    w.swap_cap();
    w.hold(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EWrongCap)]
fun capability_of_another_dataset_does_not_announce() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.swap_cap();
    w.announce_release(a);
    abort
}

#[test, expected_failure(abort_code = lineage::EWrongCap)]
fun capability_of_another_dataset_does_not_release() {
    let mut w = world::begin();
    let a = w.root();
    w.hold(a);
    w.announce_release(a);
    w.set_time(NOW_MS + DAYS_3_MS);
    w.swap_cap();
    w.release(a);
    abort
}

// === Helpers ===

fun with(
    kind: u8,
    parents: vector<ID>,
    digests: vector<vector<u8>>,
    weights: vector<u16>,
    passed_on: u16,
    payees: vector<address>,
    payee_weights: vector<u16>,
    window: u64,
): Terms {
    lineage::new_terms(
        kind,
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

/// Terms of a version of two parents.
fun with_weights(weights: vector<u16>, passed_on: u16) {
    let parents = vector[object::id_from_address(@0x1), object::id_from_address(@0x2)];
    with(1, parents, vector[DIGEST, DIGEST], weights, passed_on, vector[@0xa], vector[10_000], 0);
}

use fun lineage_chain as World.chain;

/// The end of a chain of `edges` edges.
fun lineage_chain(w: &mut World, edges: u64): ID {
    let mut last = w.root();
    edges.do!(|_| last = w.child(vector[last]));
    last
}

use fun lineage_roots as World.roots;

fun lineage_roots(w: &mut World, count: u64): vector<ID> {
    vector::tabulate!(count, |_| w.root())
}
