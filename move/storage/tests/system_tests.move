// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_storage::system_tests;

use floe_storage::blob;
use floe_storage::events::{Self, BlobCertified, BlobRegistered, CommitteeChanged};
use floe_storage::fixtures;
use floe_storage::system::{Self, AdminCap, System};
use std::unit_test::destroy;
use sui::event;
use sui::test_scenario;

// A blob of npm @mysten/walrus-wasm 0.3.0, read little endian.
const SIZE: u64 = 1000;
const ROOT: u256 = 0x142c8d63919b93acf5fbcdfdba6c15a88dc004751766a6c1066f6536fe14b50c;
const BLOB_ID: u256 = 0x0509867f61eb8e91b15847cf3463827d4c34ae425fde4718d57b40d82a6e2ed0;

const RS2: u8 = 1;

// === Init ===

#[test]
fun publisher_gets_the_capability_of_the_shared_system() {
    let mut scenario = test_scenario::begin(fixtures::admin());
    system::init_for_testing(scenario.ctx());
    scenario.next_tx(fixtures::admin());

    let cap = scenario.take_from_sender<AdminCap>();
    let system = scenario.take_shared<System>();
    assert!(system.admin() == object::id(&cap));
    assert!(system.version() == 1);
    assert!(system.epoch() == 0);
    assert!(system.n_shards() == 0);
    assert!(system.committee().is_empty());
    test_scenario::return_shared(system);
    scenario.return_to_sender(cap);
    scenario.end();
}

// === Committees ===

#[test]
fun admin_sets_the_committee() {
    let (mut system, cap) = new();
    set_committee(&mut system, &cap, 5);
    assert!(system.epoch() == 5);
    assert!(system.n_shards() == 10);
    assert!(system.committee().members().length() == 4);

    let want = events::new_committee_changed(5, 10, fixtures::names(4));
    assert!(event::events_by_type<CommitteeChanged>() == vector[want]);
    destroy(system);
    destroy(cap);
}

#[test]
fun first_committee_may_serve_epoch_0() {
    // Proofs of possession for epoch 0 by the secrets 1..4; npm @noble/curves 2.4.0.
    let (mut system, cap) = new();
    let ctx = &admin_context();
    system.set_committee(
        &cap,
        0,
        fixtures::names(4),
        fixtures::names(4),
        fixtures::first_keys(4),
        fixtures::proofs_of_possession_for_epoch_0(),
        fixtures::shards_of_four(),
        ctx,
    );
    assert!(system.epoch() == 0);
    assert!(!system.committee().is_empty());
    destroy(system);
    destroy(cap);
}

#[test]
fun later_committee_replaces_the_earlier() {
    let (mut system, cap) = new();
    system.set_committee_for_testing(
        floe_storage::committee::new_for_testing(
            4,
            fixtures::names(10),
            fixtures::public_keys(),
            fixtures::one_shard_each(10),
        ),
    );
    set_committee(&mut system, &cap, 5);
    assert!(system.epoch() == 5);
    assert!(system.committee().members().length() == 4);
    destroy(system);
    destroy(cap);
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun capability_of_another_system_sets_no_committee() {
    let (mut system, _cap) = new();
    let (_other, other_cap) = new_with_salt(1);
    set_committee(&mut system, &other_cap, 5);
    abort
}

#[test, expected_failure(abort_code = system::EEpochNotAfter)]
fun committee_of_the_same_epoch_is_refused() {
    let (mut system, cap) = new();
    set_committee(&mut system, &cap, 5);
    set_committee(&mut system, &cap, 5);
    abort
}

#[test, expected_failure(abort_code = system::EEpochNotAfter)]
fun committee_of_an_earlier_epoch_is_refused() {
    let (mut system, cap) = new();
    set_committee(&mut system, &cap, 5);
    set_committee(&mut system, &cap, 4);
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun committee_of_another_version_is_refused() {
    let (mut system, cap) = new();
    system.set_version_for_testing(2);
    set_committee(&mut system, &cap, 5);
    abort
}

// === Blobs ===

#[test]
fun blob_is_registered_in_the_current_epoch() {
    let system = with_committee_of_ten();
    let ctx = &mut tx_context::dummy();
    let blob = system.register_blob(BLOB_ID, ROOT, SIZE, RS2, 7, true, ctx);
    assert!(blob.registered_epoch() == 5);
    assert!(blob.end_epoch() == 7);
    assert!(blob.is_deletable());

    let want = events::new_blob_registered(5, BLOB_ID, SIZE, RS2, 7, true, object::id(&blob));
    assert!(event::events_by_type<BlobRegistered>() == vector[want]);
    destroy(blob);
    destroy(system);
}

#[test, expected_failure(abort_code = system::ENoCommittee)]
fun blob_before_the_first_committee_is_refused() {
    let (system, _cap) = new();
    let _blob = system.register_blob(BLOB_ID, ROOT, SIZE, RS2, 7, true, &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = blob::EInvalidEndEpoch)]
fun blob_that_ends_now_is_refused() {
    let system = with_committee_of_ten();
    let _blob = system.register_blob(BLOB_ID, ROOT, SIZE, RS2, 5, true, &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun blob_of_another_version_is_refused() {
    let mut system = with_committee_of_ten();
    system.set_version_for_testing(0);
    let _blob = system.register_blob(BLOB_ID, ROOT, SIZE, RS2, 7, true, &mut tx_context::dummy());
    abort
}

/// signature: a good one on any VM, see `fixtures`.
#[test]
fun quorum_certifies_a_permanent_blob() {
    let system = with_committee_of_ten();
    let ctx = &mut tx_context::dummy();
    let mut blob = blob::new_for_testing(fixtures::blob_id(), 1, option::none(), 6, false, ctx);
    system.certify_blob(
        &mut blob,
        fixtures::permanent_signature(),
        fixtures::bitmap(),
        fixtures::permanent_message(),
    );
    assert!(blob.certified_epoch() == option::some(5));

    let want = events::new_blob_certified(
        5,
        fixtures::blob_id(),
        6,
        false,
        object::id(&blob),
        vector[0, 1, 2, 3, 4, 7, 8],
        7,
    );
    assert!(event::events_by_type<BlobCertified>() == vector[want]);
    destroy(blob);
    destroy(system);
}

/// signature: a good one on any VM; the message is bound to the object 0x2a.
#[test, expected_failure(abort_code = blob::EObjectIdMismatch)]
fun certificate_of_another_object_is_refused() {
    let system = with_committee_of_ten();
    let ctx = &mut tx_context::dummy();
    let mut blob = blob::new_for_testing(fixtures::blob_id(), 1, option::none(), 6, true, ctx);
    system.certify_blob(
        &mut blob,
        fixtures::deletable_signature(),
        fixtures::bitmap(),
        fixtures::deletable_message(),
    );
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun certificate_of_another_version_is_refused() {
    let mut system = with_committee_of_ten();
    system.set_version_for_testing(2);
    let ctx = &mut tx_context::dummy();
    let mut blob = blob::new_for_testing(fixtures::blob_id(), 1, option::none(), 6, false, ctx);
    system.certify_blob(
        &mut blob,
        fixtures::permanent_signature(),
        fixtures::bitmap(),
        fixtures::permanent_message(),
    );
    abort
}

// === Migration ===

#[test]
fun admin_migrates_an_older_system() {
    let (mut system, cap) = new();
    system.set_version_for_testing(0);
    system.migrate(&cap);
    assert!(system.version() == 1);
    destroy(system);
    destroy(cap);
}

#[test, expected_failure(abort_code = system::EAlreadyMigrated)]
fun current_system_is_not_migrated() {
    let (mut system, cap) = new();
    system.migrate(&cap);
    abort
}

#[test, expected_failure(abort_code = system::EAlreadyMigrated)]
fun newer_system_is_not_taken_back() {
    let (mut system, cap) = new();
    system.set_version_for_testing(2);
    system.migrate(&cap);
    abort
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun capability_of_another_system_does_not_migrate() {
    let (mut system, _cap) = new();
    let (_other, other_cap) = new_with_salt(1);
    system.set_version_for_testing(0);
    system.migrate(&other_cap);
    abort
}

// === Helpers ===

fun new(): (System, AdminCap) { new_with_salt(0) }

/// Systems of different salts have different ids.
fun new_with_salt(salt: u64): (System, AdminCap) {
    let ctx = &mut tx_context::new_from_hint(fixtures::admin(), salt, 0, 0, 0);
    system::new_for_testing(ctx)
}

fun with_committee_of_ten(): System {
    let (mut system, cap) = new();
    system.set_committee_for_testing(fixtures::committee_of_ten());
    destroy(cap);
    system
}

fun set_committee(system: &mut System, cap: &AdminCap, epoch: u32) {
    system.set_committee(
        cap,
        epoch,
        fixtures::names(4),
        fixtures::names(4),
        fixtures::first_keys(4),
        fixtures::proofs_of_possession(),
        fixtures::shards_of_four(),
        &admin_context(),
    )
}

fun admin_context(): TxContext { tx_context::new_from_hint(fixtures::admin(), 7, 0, 0, 0) }
