// SPDX-License-Identifier: Apache-2.0

/// Roots and proofs are of github.com/transparency-dev/merkle v0.0.2, of logs whose
/// leaf i is the text "inference i". All proofs up to 20 leaves are checked by the
/// Go tests in sdk/contract.
#[test_only]
module floe_catalog::inference_log_tests;

use floe_catalog::events::{LeafOpened, LogCommitted, LogCreated};
use floe_catalog::inference_log::{Self, Log, LogCap};
use floe_catalog::merkle;
use floe_catalog::catalog_version;
use floe_catalog::world;
use std::string::String;
use std::unit_test::destroy;
use sui::clock;
use sui::event;
use sui::test_scenario;

const OPERATOR: address = @0xa;
const NOW_MS: u64 = 1_700_000_000_000;

const ROOT_1: vector<u8> = x"33b571d8ff22a498535c9f389b7023a35198de6f4df417f495b7cf376cf6fcaf";
const ROOT_3: vector<u8> = x"3e440e844e333d8d4f11f6e75dc38dfa98f1d1829acb88746fb2d49c2d1aaba5";
const ROOT_4: vector<u8> = x"fa4aa9adf689512092602fb287894f56738a0b2afbd0daa0b1c575281a40e75c";
const ROOT_7: vector<u8> = x"a2826f744abd832af9e56d38cc04896cbf2fd3e3ee17609260b56b3adcf28426";
const ROOT_11: vector<u8> = x"ff8ca80d98b0baecfceca3f0e504ad92d2073489aef3cfe775ec0c793fdfb0e5";

// === Trees ===

#[test]
fun root_of_no_leaves_is_the_hash_of_nothing() {
    assert!(
        merkle::empty_root() == x"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
}

#[test]
fun root_of_one_leaf_is_its_hash() {
    assert!(merkle::hash_leaf(b"inference 0") == ROOT_1);
    assert!(merkle::verify_inclusion(ROOT_1, 0, 1, &vector[], &ROOT_1));
}

#[test]
fun leaves_are_included() {
    assert!(included(b"inference 0", 0, 11, proof_0_11(), ROOT_11));
    assert!(included(b"inference 10", 10, 11, proof_10_11(), ROOT_11));
    assert!(included(b"inference 6", 6, 7, proof_6_7(), ROOT_7));
}

#[test]
fun wrong_place_size_leaf_or_root_is_not_included() {
    assert!(!included(b"inference 0", 1, 11, proof_0_11(), ROOT_11));
    assert!(!included(b"inference 0", 10, 11, proof_0_11(), ROOT_11));
    assert!(!included(b"inference 1", 0, 11, proof_0_11(), ROOT_11));
    assert!(!included(b"inference 0", 0, 11, proof_0_11(), ROOT_7));
    assert!(!included(b"inference 0", 0, 7, proof_0_11(), ROOT_11));
    assert!(!included(b"inference 0", 11, 11, proof_0_11(), ROOT_11));
    assert!(!included(b"inference 0", 0, 0, vector[], ROOT_11));
}

#[test]
fun proof_of_another_length_includes_nothing() {
    let mut long = proof_0_11();
    long.push_back(ROOT_1);
    assert!(!included(b"inference 0", 0, 11, long, ROOT_11));
    let mut short = proof_0_11();
    short.pop_back();
    assert!(!included(b"inference 0", 0, 11, short, ROOT_11));
    let endless = vector::tabulate!(65, |_| ROOT_1);
    assert!(!included(b"inference 0", 0, 11, endless, ROOT_11));
}

#[test]
fun trees_that_grow_are_consistent() {
    assert!(merkle::verify_consistency(3, &ROOT_3, 7, &ROOT_7, &proof_from_3_to_7()));
    assert!(merkle::verify_consistency(4, &ROOT_4, 7, &ROOT_7, &proof_from_4_to_7()));
    assert!(merkle::verify_consistency(7, &ROOT_7, 11, &ROOT_11, &proof_from_7_to_11()));
}

#[test]
fun other_trees_are_not_consistent() {
    assert!(!merkle::verify_consistency(3, &ROOT_4, 7, &ROOT_7, &proof_from_3_to_7()));
    assert!(!merkle::verify_consistency(3, &ROOT_3, 7, &ROOT_11, &proof_from_3_to_7()));
    assert!(!merkle::verify_consistency(4, &ROOT_3, 7, &ROOT_7, &proof_from_3_to_7()));
    assert!(!merkle::verify_consistency(3, &ROOT_3, 11, &ROOT_7, &proof_from_3_to_7()));
    assert!(!merkle::verify_consistency(3, &ROOT_3, 7, &ROOT_7, &proof_from_4_to_7()));
    assert!(!merkle::verify_consistency(3, &ROOT_3, 7, &ROOT_7, &vector[]));
    assert!(!merkle::verify_consistency(7, &ROOT_7, 7, &ROOT_7, &vector[ROOT_7]));
    assert!(!merkle::verify_consistency(0, &ROOT_1, 7, &ROOT_7, &vector[ROOT_7]));
    let endless = vector::tabulate!(65, |_| ROOT_1);
    assert!(!merkle::verify_consistency(3, &ROOT_3, 7, &ROOT_7, &endless));
}

// === Logs ===

#[test]
fun new_log_is_empty() {
    let mut scenario = test_scenario::begin(OPERATOR);
    let cap = create(b"answers".to_string(), scenario.ctx());
    assert!(event::events_by_type<LogCreated>().length() == 1);
    scenario.next_tx(OPERATOR);
    let log = scenario.take_shared<Log>();
    assert!(cap.cap_log() == object::id(&log));
    assert!(log.name() == b"answers".to_string());
    assert!(log.service().is_none());
    assert!(log.tree_size() == 0);
    assert!(log.root() == merkle::empty_root());
    assert!(log.committed_at_ms() == 0);
    destroy(log);
    destroy(cap);
    scenario.end();
}

#[test, expected_failure(abort_code = inference_log::EInvalidName)]
fun log_without_name_is_refused() {
    let _cap = create(b"".to_string(), &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = inference_log::EInvalidName)]
fun name_of_129_bytes_is_refused() {
    let name: String = vector::tabulate!(129, |_| 97u8).to_string();
    let _cap = create(name, &mut tx_context::dummy());
    abort
}

#[test]
fun log_grows() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 3, ROOT_3, vector[]);
    commit(&mut log, &cap, 7, ROOT_7, proof_from_3_to_7());
    commit(&mut log, &cap, 11, ROOT_11, proof_from_7_to_11());
    assert!(log.tree_size() == 11);
    assert!(log.root() == ROOT_11);
    assert!(log.committed_at_ms() == NOW_MS);
    assert!(event::events_by_type<LogCommitted>().length() == 3);
    destroy(log);
    destroy(cap);
}

#[test, expected_failure(abort_code = inference_log::EShrinks)]
fun log_does_not_shrink() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 7, ROOT_7, vector[]);
    commit(&mut log, &cap, 4, ROOT_4, vector[]);
    abort
}

#[test, expected_failure(abort_code = inference_log::ENotGrown)]
fun same_size_is_not_committed_again() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 7, ROOT_7, vector[]);
    commit(&mut log, &cap, 7, ROOT_11, vector[]);
    abort
}

#[test, expected_failure(abort_code = inference_log::ENotGrown)]
fun empty_tree_is_not_committed() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 0, ROOT_7, vector[]);
    abort
}

#[test, expected_failure(abort_code = inference_log::EInconsistent)]
fun rewritten_log_is_refused() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 4, ROOT_3, vector[]);
    commit(&mut log, &cap, 7, ROOT_7, proof_from_4_to_7());
    abort
}

#[test, expected_failure(abort_code = inference_log::EInconsistent)]
fun commitment_without_proof_is_refused() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 4, ROOT_4, vector[]);
    commit(&mut log, &cap, 7, ROOT_7, vector[]);
    abort
}

#[test, expected_failure(abort_code = inference_log::EInconsistent)]
fun first_commitment_takes_no_proof() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 7, ROOT_7, proof_from_4_to_7());
    abort
}

#[test, expected_failure(abort_code = inference_log::EInvalidRoot)]
fun root_of_31_bytes_is_refused() {
    let (mut log, cap) = new();
    let mut root = ROOT_7;
    root.pop_back();
    commit(&mut log, &cap, 7, root, vector[]);
    abort
}

#[test, expected_failure(abort_code = inference_log::EWrongCap)]
fun capability_of_another_log_does_not_commit() {
    let (mut log, _cap) = new();
    let mut scenario = test_scenario::begin(@0xb);
    scenario.next_tx(@0xb);
    scenario.next_tx(@0xb);
    let cap = create(b"other".to_string(), scenario.ctx());
    commit(&mut log, &cap, 7, ROOT_7, vector[]);
    abort
}

#[test]
fun single_leaf_is_opened() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 11, ROOT_11, vector[]);
    open_leaf(&log, 10, b"inference 10", proof_10_11());
    assert!(event::events_by_type<LeafOpened>().length() == 1);
    destroy(log);
    destroy(cap);
}

#[test, expected_failure(abort_code = inference_log::ENotIncluded)]
fun leaf_that_is_not_in_the_log_is_not_opened() {
    let (mut log, cap) = new();
    commit(&mut log, &cap, 11, ROOT_11, vector[]);
    open_leaf(&log, 10, b"inference 11", proof_10_11());
    abort
}

#[test, expected_failure(abort_code = inference_log::ENotIncluded)]
fun leaf_of_an_empty_log_is_not_opened() {
    let (log, _cap) = new();
    open_leaf(&log, 0, b"", vector[]);
    abort
}

// === Services ===

#[test, expected_failure(abort_code = inference_log::ENotAService)]
fun dataset_answers_nothing() {
    let mut w = world::begin();
    let v = w.root();
    let (lineage, cap, _, _, scenario) = w.parts();
    let _cap = inference_log::create_for_service(b"a".to_string(), lineage, cap, v, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = inference_log::ENotOwner)]
fun stranger_opens_no_log_of_a_service() {
    let mut w = world::begin();
    let v = w.publish(service());
    let (_other, other_cap) = world::new_dataset(b"other", w.ctx());
    let (lineage, _, _, _, scenario) = w.parts();
    let _cap = inference_log::create_for_service(
        b"a".to_string(),
        lineage,
        &other_cap,
        v,
        scenario.ctx(),
    );
    abort
}

#[test]
fun log_names_its_service() {
    let mut w = world::begin();
    let v = w.publish(service());
    let (lineage, cap, _, _, scenario) = w.parts();
    let log_cap = inference_log::create_for_service(
        b"a".to_string(),
        lineage,
        cap,
        v,
        scenario.ctx(),
    );
    w.scenario().next_tx(OPERATOR);
    let log = w.scenario().take_shared<Log>();
    assert!(log.service() == option::some(v));
    destroy(log);
    destroy(log_cap);
    w.end();
}

// === Helpers ===

fun new(): (Log, LogCap) {
    let mut scenario = test_scenario::begin(OPERATOR);
    let cap = create(b"answers".to_string(), scenario.ctx());
    scenario.next_tx(OPERATOR);
    let log = scenario.take_shared<Log>();
    destroy(scenario);
    (log, cap)
}

fun commit(
    log: &mut Log,
    cap: &LogCap,
    size: u64,
    root: vector<u8>,
    proof: vector<vector<u8>>,
) {
    let mut clock = clock::create_for_testing(&mut tx_context::dummy());
    clock.set_for_testing(NOW_MS);
    let catalog_version = catalog_version::new_for_testing(&mut tx_context::dummy());
    log.commit(cap, size, root, proof, &catalog_version, &clock);
    destroy(catalog_version);
    clock.destroy_for_testing();
}

fun create(name: String, ctx: &mut TxContext): LogCap {
    let catalog_version = catalog_version::new_for_testing(ctx);
    let cap = inference_log::create(name, &catalog_version, ctx);
    destroy(catalog_version);
    cap
}

fun open_leaf(log: &Log, index: u64, leaf: vector<u8>, proof: vector<vector<u8>>) {
    let catalog_version = catalog_version::new_for_testing(&mut tx_context::dummy());
    log.open_leaf(index, leaf, proof, &catalog_version);
    destroy(catalog_version);
}

fun included(
    leaf: vector<u8>,
    index: u64,
    size: u64,
    proof: vector<vector<u8>>,
    root: vector<u8>,
): bool {
    merkle::verify_inclusion(merkle::hash_leaf(leaf), index, size, &proof, &root)
}

fun service(): floe_catalog::lineage::Terms {
    floe_catalog::lineage::new_terms(
        4,
        ROOT_1,
        ROOT_1,
        vector[],
        vector[],
        vector[],
        0,
        vector[OPERATOR],
        vector[10_000],
        0,
    )
}

fun proof_0_11(): vector<vector<u8>> {
    vector[
        x"314976c48d0ae124cbfb6ffaa9f0368353def793d0d417b4abd08e0694602ea9",
        x"9cb32bc3e9b662d084c714b755a9bc9099af00ab12da11990f0491cb9aa1f5b7",
        x"c6a90b28c18c013747ee725fb5e2e179dda59a3ee5a4e6d85a508f182624507f",
        x"56824c9c09d7bc0864f5ee9bf9ade5238ac4aa6f398a58bf71443540f44fb0c6",
    ]
}

fun proof_10_11(): vector<vector<u8>> {
    vector[
        x"b0b8341cc86f18c34e6b5fea7e069defef69baffa3d4be9185ee57bc559f0f9d",
        x"d91efec238019e692c46f526da0a261199048952309ea95391419ee19a1d6ba0",
    ]
}

fun proof_6_7(): vector<vector<u8>> {
    vector[
        x"d55e30d36700409a875c4444d54f512fea0f2757ba57768e547dcd1f9a3b132c",
        x"fa4aa9adf689512092602fb287894f56738a0b2afbd0daa0b1c575281a40e75c",
    ]
}

fun proof_from_3_to_7(): vector<vector<u8>> {
    vector[
        x"f0cad7ff4813c2fb61fb03d5f6bb710a4070ab68cb13a99cda6471bcf1ec6c68",
        x"c0b079e4620d5c54cf032c2ccfa9c82deb3656e601cdb6aaf915da226d8b00af",
        x"d27f1791f04c1ee375367c1db999c0e65b1027aa01fef34ca8b82fad41f6f836",
        x"e2cd7435c531b462117f9062c3b39cb9a196af64eb8003fbb592c2be353d79e9",
    ]
}

fun proof_from_4_to_7(): vector<vector<u8>> {
    vector[
        x"e2cd7435c531b462117f9062c3b39cb9a196af64eb8003fbb592c2be353d79e9",
    ]
}

fun proof_from_7_to_11(): vector<vector<u8>> {
    vector[
        x"83de48b0e582c0e901fedbdb61e5faa9fbedbf96779c867bfef11471a956bd80",
        x"c215494a837e5bafaaff53b75e46b6d2b76051706795f86dbb84ca0a7f087a43",
        x"d55e30d36700409a875c4444d54f512fea0f2757ba57768e547dcd1f9a3b132c",
        x"fa4aa9adf689512092602fb287894f56738a0b2afbd0daa0b1c575281a40e75c",
        x"56824c9c09d7bc0864f5ee9bf9ade5238ac4aa6f398a58bf71443540f44fb0c6",
    ]
}
