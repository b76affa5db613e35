// SPDX-License-Identifier: Apache-2.0

/// Keys and signatures are of golang.org/x/mod/sumdb/note v0.42.0: signed notes of
/// the log "log.example/floe-1", whose roots are SHA-256 of "a", "b", "c" and "d".
#[test_only]
module floe_access::anchors_tests;

use floe_access::anchor_events::{AnchorCreated, MisbehaviourProven, RootAnchored};
use floe_access::anchors::{Self, Anchor};
use floe_access::version;
use std::string::String;
use std::unit_test::destroy;
use sui::clock;
use sui::event;
use sui::test_scenario;

const KEY: vector<u8> = x"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const ROOT_A: vector<u8> = x"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
const ROOT_B: vector<u8> = x"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
const ROOT_C: vector<u8> = x"2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6";
const ROOT_D: vector<u8> = x"18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4";
/// Of a tree of 5 leaves.
const SIGNATURE_A: vector<u8> = x"71df566b2b78179d288bbf32f0afccb0e7ef28c2bdbeaa7c20a1557ec31e233364eb53bf30d23fec16f6e0876af3bfd7f778705cdeaaa7526bef13c5170eca07";
/// Of two trees of 12 leaves.
const SIGNATURE_B: vector<u8> = x"f21ad92e0e8dc9674e7e9126f3eb9330a3580cfb871e74dea52f71ea2c4677e3ac5e76cce395635820df079d26bd72dd2b7259ce345ffc135654032d95b27506";
const SIGNATURE_C: vector<u8> = x"bb2b0d56b963df521d7749381b1ffc9d14aaf56f48070e9bf22abd789bc69f81e027186a1dfb33609d579a44700beaebdd1212a9e8df455dbf7e7c0bbe82440c";
/// Of a tree of 1,000,000 leaves.
const SIGNATURE_D: vector<u8> = x"53949ea8cae3a9004229e49cebde0ef26d5aabe886c300d8023181287de601d6ff07b726525323c9c26dbaf72453357c221eded1c3b2e32d066364696224cf09";

const NOW_MS: u64 = 1_700_000_000_000;
const REPORTER: address = @0xc;

// === Texts ===

#[test]
fun base64_is_that_of_rfc_4648() {
    // the vectors of RFC 4648, section 10
    assert!(anchors::base64_for_testing(b"") == b"");
    assert!(anchors::base64_for_testing(b"f") == b"Zg==");
    assert!(anchors::base64_for_testing(b"fo") == b"Zm8=");
    assert!(anchors::base64_for_testing(b"foo") == b"Zm9v");
    assert!(anchors::base64_for_testing(b"foob") == b"Zm9vYg==");
    assert!(anchors::base64_for_testing(b"fooba") == b"Zm9vYmE=");
    assert!(anchors::base64_for_testing(b"foobar") == b"Zm9vYmFy");
    assert!(anchors::base64_for_testing(x"fbffbf") == b"+/+/");
}

#[test]
fun checkpoint_has_three_lines() {
    assert!(
        anchors::checkpoint(b"log.example/floe-1".to_string(), 1_000_000, ROOT_A)
            == b"log.example/floe-1\n1000000\nypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\n",
    );
}

// === Creating ===

#[test]
fun new_anchor_holds_no_root() {
    let anchor = new();
    assert!(anchor.origin() == b"log.example/floe-1".to_string());
    assert!(anchor.public_key() == KEY);
    assert!(anchor.tree_size() == 0);
    assert!(anchor.root() == b"");
    assert!(anchor.signature() == b"");
    assert!(anchor.anchored_at_ms() == 0);
    assert!(!anchor.has_forked());
    destroy(anchor);
}

#[test]
fun creating_is_announced() {
    let ctx = &mut tx_context::dummy();
    create(b"a".to_string(), KEY, ctx);
    assert!(event::events_by_type<AnchorCreated>().length() == 1);
}

#[test, expected_failure(abort_code = anchors::EInvalidOrigin)]
fun empty_origin_is_refused() {
    create(b"".to_string(), KEY, &mut tx_context::dummy());
}

#[test, expected_failure(abort_code = anchors::EInvalidOrigin)]
fun origin_of_two_lines_is_refused() {
    create(b"log\n5".to_string(), KEY, &mut tx_context::dummy());
}

#[test, expected_failure(abort_code = anchors::EInvalidOrigin)]
fun origin_of_129_bytes_is_refused() {
    let origin = vector::tabulate!(129, |_| 97u8);
    create(origin.to_string(), KEY, &mut tx_context::dummy());
}

#[test, expected_failure(abort_code = anchors::EInvalidPublicKey)]
fun key_of_33_bytes_is_refused() {
    let mut key = KEY;
    key.push_back(0);
    create(b"a".to_string(), key, &mut tx_context::dummy());
}

// === Anchoring ===

#[test]
fun larger_trees_are_anchored() {
    let mut anchor = new();
    anchor_root(&mut anchor, 5, ROOT_A, SIGNATURE_A);
    anchor_root(&mut anchor, 12, ROOT_B, SIGNATURE_B);
    anchor_root(&mut anchor, 1_000_000, ROOT_D, SIGNATURE_D);
    assert!(anchor.tree_size() == 1_000_000);
    assert!(anchor.root() == ROOT_D);
    assert!(anchor.signature() == SIGNATURE_D);
    assert!(anchor.anchored_at_ms() == NOW_MS);
    assert!(event::events_by_type<RootAnchored>().length() == 3);
    destroy(anchor);
}

#[test, expected_failure(abort_code = anchors::EShrinks)]
fun smaller_tree_is_refused() {
    let mut anchor = new();
    anchor_root(&mut anchor, 12, ROOT_B, SIGNATURE_B);
    anchor_root(&mut anchor, 5, ROOT_A, SIGNATURE_A);
    abort
}

#[test, expected_failure(abort_code = anchors::ENotGrown)]
fun other_tree_of_the_same_size_is_refused() {
    let mut anchor = new();
    anchor_root(&mut anchor, 12, ROOT_B, SIGNATURE_B);
    anchor_root(&mut anchor, 12, ROOT_C, SIGNATURE_C);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun signature_on_another_root_is_refused() {
    let mut anchor = new();
    anchor_root(&mut anchor, 12, ROOT_B, SIGNATURE_C);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun signature_on_another_size_is_refused() {
    let mut anchor = new();
    anchor_root(&mut anchor, 13, ROOT_B, SIGNATURE_B);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun signature_of_another_log_is_refused() {
    let mut anchor = named(b"log.example/floe-2");
    anchor_root(&mut anchor, 12, ROOT_B, SIGNATURE_B);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun empty_signature_is_refused() {
    let mut anchor = new();
    anchor_root(&mut anchor, 12, ROOT_B, b"");
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidRoot)]
fun root_of_31_bytes_is_refused() {
    let mut anchor = new();
    let mut root = ROOT_B;
    root.pop_back();
    anchor_root(&mut anchor, 12, root, SIGNATURE_B);
    abort
}

// === Forks ===

#[test]
fun two_trees_of_one_size_are_proof() {
    let mut anchor = new();
    prove(&mut anchor, 12, ROOT_B, SIGNATURE_B, ROOT_C, SIGNATURE_C);
    assert!(anchor.has_forked());
    assert!(anchor.is_fork_proven(12));
    assert!(!anchor.is_fork_proven(5));
    assert!(event::events_by_type<MisbehaviourProven>().length() == 1);
    destroy(anchor);
}

#[test]
fun fork_below_the_anchored_tree_is_proof_too() {
    let mut anchor = new();
    anchor_root(&mut anchor, 1_000_000, ROOT_D, SIGNATURE_D);
    prove(&mut anchor, 12, ROOT_C, SIGNATURE_C, ROOT_B, SIGNATURE_B);
    assert!(anchor.is_fork_proven(12));
    destroy(anchor);
}

#[test, expected_failure(abort_code = anchors::ESameRoot)]
fun one_tree_is_no_fork() {
    let mut anchor = new();
    prove(&mut anchor, 12, ROOT_B, SIGNATURE_B, ROOT_B, SIGNATURE_B);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun trees_of_two_sizes_are_no_fork() {
    let mut anchor = new();
    prove(&mut anchor, 12, ROOT_B, SIGNATURE_B, ROOT_A, SIGNATURE_A);
    abort
}

#[test, expected_failure(abort_code = anchors::EInvalidSignature)]
fun made_up_first_tree_is_no_fork() {
    let mut anchor = new();
    prove(&mut anchor, 12, ROOT_A, SIGNATURE_B, ROOT_C, SIGNATURE_C);
    abort
}

#[test, expected_failure(abort_code = anchors::EAlreadyProven)]
fun fork_is_proven_once() {
    let mut anchor = new();
    prove(&mut anchor, 12, ROOT_B, SIGNATURE_B, ROOT_C, SIGNATURE_C);
    prove(&mut anchor, 12, ROOT_C, SIGNATURE_C, ROOT_B, SIGNATURE_B);
    abort
}

// === Helpers ===

fun new(): Anchor { named(b"log.example/floe-1") }

fun named(origin: vector<u8>): Anchor {
    let mut scenario = test_scenario::begin(REPORTER);
    create(origin.to_string(), KEY, scenario.ctx());
    scenario.next_tx(REPORTER);
    let anchor = scenario.take_shared<Anchor>();
    destroy(scenario);
    anchor
}

fun create(origin: String, key: vector<u8>, ctx: &mut TxContext) {
    let package_version = version::new_for_testing(ctx);
    anchors::create(origin, key, &package_version, ctx);
    destroy(package_version);
}

fun anchor_root(anchor: &mut Anchor, size: u64, root: vector<u8>, signature: vector<u8>) {
    let mut clock = clock::create_for_testing(&mut tx_context::dummy());
    clock.set_for_testing(NOW_MS);
    let package_version = version::new_for_testing(&mut tx_context::dummy());
    anchor.anchor_root(size, root, signature, &package_version, &clock);
    destroy(package_version);
    clock.destroy_for_testing();
}

fun prove(
    anchor: &mut Anchor,
    size: u64,
    first: vector<u8>,
    first_signature: vector<u8>,
    second: vector<u8>,
    second_signature: vector<u8>,
) {
    let ctx = &mut tx_context::dummy();
    let package_version = version::new_for_testing(ctx);
    anchor.prove_fork(
        size,
        first,
        first_signature,
        second,
        second_signature,
        &package_version,
        ctx,
    );
    destroy(package_version);
}
