// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_storage::system_tests;

use floe_storage::blob;
use floe_storage::committee::{Self, Committee};
use floe_storage::events::{
    Self,
    BlobCertified,
    BlobRegistered,
    CommitteeCancelled,
    CommitteeChanged,
    CommitteeDelayRaised,
    CommitteeProposed,
};
use floe_storage::fixtures;
use floe_storage::system::{Self, AdminCap, System};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::event;
use sui::test_scenario;

// A blob of npm @mysten/walrus-wasm 0.3.0, read little endian.
const SIZE: u64 = 1000;
const ROOT: u256 = 0x142c8d63919b93acf5fbcdfdba6c15a88dc004751766a6c1066f6536fe14b50c;
const BLOB_ID: u256 = 0x0509867f61eb8e91b15847cf3463827d4c34ae425fde4718d57b40d82a6e2ed0;

const RS2: u8 = 1;
const NOW_MS: u64 = 1_700_000_000_000;
/// 3 days.
const DELAY_MS: u64 = 259_200_000;

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
    let clock = clock_at(NOW_MS);
    system.propose_committee(&cap, next(5), &clock);
    assert!(system.epoch() == 4);
    assert!(system.committee_ready_at_ms() == option::some(NOW_MS + DELAY_MS));
    let proposed = events::new_committee_proposed(
        5,
        10,
        fixtures::names(4),
        next(5).digest(),
        NOW_MS + DELAY_MS,
    );
    assert!(event::events_by_type<CommitteeProposed>() == vector[proposed]);
    destroy(clock);

    let clock = clock_at(NOW_MS + DELAY_MS);
    system.apply_committee(&cap, &clock);
    assert!(system.epoch() == 5);
    assert!(system.committee().members().length() == 4);
    assert!(system.committee_ready_at_ms().is_none());
    let want = events::new_committee_changed(5, 10, fixtures::names(4));
    assert!(event::events_by_type<CommitteeChanged>() == vector[want]);
    destroy(system);
    destroy(cap);
    destroy(clock);
}

#[test]
fun proposed_committee_is_dropped() {
    let (mut system, cap) = with_committee();
    let clock = clock_at(NOW_MS);
    system.propose_committee(&cap, next(6), &clock);
    system.cancel_committee(&cap);
    assert!(system.committee_ready_at_ms().is_none());
    assert!(event::events_by_type<CommitteeCancelled>() == vector[events::new_committee_cancelled(6)]);
    destroy(system);
    destroy(cap);
    destroy(clock);
}

#[test]
fun delay_is_raised_for_what_is_proposed_later() {
    let (mut system, cap) = with_committee();
    assert!(system.committee_delay_ms() == DELAY_MS);
    system.raise_committee_delay(&cap, DELAY_MS + 1);
    assert!(system.committee_delay_ms() == DELAY_MS + 1);
    let want = events::new_committee_delay_raised(DELAY_MS + 1);
    assert!(event::events_by_type<CommitteeDelayRaised>() == vector[want]);
    let clock = clock_at(NOW_MS);
    system.propose_committee(&cap, next(6), &clock);
    assert!(system.committee_ready_at_ms() == option::some(NOW_MS + DELAY_MS + 1));
    destroy(system);
    destroy(cap);
    destroy(clock);
}

#[test, expected_failure(abort_code = system::ETooEarly)]
fun committee_does_not_take_over_before_its_time() {
    let (mut system, cap) = with_committee();
    let clock = clock_at(NOW_MS);
    system.propose_committee(&cap, next(6), &clock);
    let clock = { destroy(clock); clock_at(NOW_MS + DELAY_MS - 1) };
    system.apply_committee(&cap, &clock);
    abort
}

#[test, expected_failure(abort_code = system::EAlreadyProposed)]
fun two_committees_are_not_proposed() {
    let (mut system, cap) = with_committee();
    let clock = clock_at(NOW_MS);
    system.propose_committee(&cap, next(6), &clock);
    system.propose_committee(&cap, next(7), &clock);
    abort
}

#[test, expected_failure(abort_code = system::ENothingProposed)]
fun nothing_proposed_does_not_take_over() {
    let (mut system, cap) = with_committee();
    system.apply_committee(&cap, &clock_at(NOW_MS));
    abort
}

#[test, expected_failure(abort_code = system::ENothingProposed)]
fun nothing_proposed_is_not_dropped() {
    let (mut system, cap) = with_committee();
    system.cancel_committee(&cap);
    abort
}

#[test, expected_failure(abort_code = system::EEpochNotAfter)]
fun committee_of_a_past_epoch_is_not_proposed() {
    let (mut system, cap) = with_committee();
    system.propose_committee(&cap, next(5), &clock_at(NOW_MS));
    abort
}

#[test, expected_failure(abort_code = system::EInvalidDelay)]
fun delay_is_not_lowered() {
    let (mut system, cap) = with_committee();
    system.raise_committee_delay(&cap, DELAY_MS);
    abort
}

#[test, expected_failure(abort_code = system::EInvalidDelay)]
fun delay_has_a_limit() {
    let (mut system, cap) = with_committee();
    system.raise_committee_delay(&cap, 315_576_000_001);
    abort
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun capability_of_another_system_proposes_no_committee() {
    let (mut system, _cap) = with_committee();
    let (_other, other_cap) = new_with_salt(1);
    system.propose_committee(&other_cap, next(6), &clock_at(NOW_MS));
    abort
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun capability_of_another_system_hands_nothing_over() {
    let (mut system, _cap) = with_committee();
    let (_other, other_cap) = new_with_salt(1);
    system.hand_over(&other_cap, next(6), b"", b"", b"");
    abort
}

#[test, expected_failure(abort_code = floe_storage::committee::ENotEnoughWeight)]
fun nobody_hands_nothing_over() {
    let (mut system, cap) = with_committee();
    system.hand_over(&cap, next(6), b"", b"", b"");
    abort
}

#[test, expected_failure(abort_code = system::EMustPropose)]
fun committee_is_set_once() {
    let (mut system, cap) = with_committee();
    set_committee(&mut system, &cap, 5);
    abort
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun capability_of_another_system_sets_no_committee() {
    let (mut system, _cap) = new();
    let (_other, other_cap) = new_with_salt(1);
    set_committee(&mut system, &other_cap, 5);
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

/// A system whose committee, of epoch 5, was set.
fun with_committee(): (System, AdminCap) {
    let (mut system, cap) = new();
    set_committee(&mut system, &cap, 5);
    (system, cap)
}

/// A committee of four for this epoch. Only that of epoch 5 was asked for proofs.
fun next(epoch: u32): Committee {
    if (epoch == fixtures::epoch()) return fixtures::committee_of_four();
    committee::new_for_testing(
        epoch,
        fixtures::names(4),
        fixtures::first_keys(4),
        fixtures::shards_of_four(),
    )
}

fun clock_at(ms: u64): Clock {
    let mut clock = clock::create_for_testing(&mut tx_context::dummy());
    clock.set_for_testing(ms);
    clock
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
