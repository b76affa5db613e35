// SPDX-License-Identifier: Apache-2.0

/// What becomes of a blob after it is certified.
#[test_only]
module floe_storage::lifetime_tests;

use floe_storage::blob::{Self, Blob};
use floe_storage::committee;
use floe_storage::events::{Self, BlobDeleted, BlobExpired, BlobExtended};
use floe_storage::fixtures;
use floe_storage::system::{Self, System};
use std::unit_test::destroy;
use sui::event;

const BLOB_ID: u256 = 0xabc;
const EPOCH: u32 = 5;
const END: u32 = 9;

// === Hand-over ===

#[test]
fun certified_blob_stays_certified_under_later_committees() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(8);
    assert!(blob.certified_epoch() == option::some(EPOCH));
    assert!(world.system.is_stored(&blob));
    world.end(blob);
}

#[test]
fun blob_is_stored_up_to_the_epoch_before_its_end() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(END - 1);
    assert!(world.system.is_stored(&blob));
    world.set_epoch(END);
    assert!(!world.system.is_stored(&blob));
    world.end(blob);
}

#[test]
fun uncertified_blob_is_not_stored() {
    let mut world = begin();
    let blob = world.blob(option::none(), false);
    assert!(!world.system.is_stored(&blob));
    world.end(blob);
}

// === Extending ===

#[test]
fun owner_extends_a_blob() {
    let mut world = begin();
    let mut blob = world.certified(true);
    world.system.extend_blob(&mut blob, 20);
    assert!(blob.end_epoch() == 20);
    assert!(world.system.end_epoch_of(&blob) == 20);
    let want = events::new_blob_extended(EPOCH, BLOB_ID, blob.object_id(), END, 20);
    assert!(event::events_by_type<BlobExtended>() == vector[want]);
    world.end(blob);
}

#[test]
fun frozen_blob_is_extended_in_the_system() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 20);
    world.system.extend_frozen_blob(&blob, 21);
    assert!(blob.end_epoch() == END);
    assert!(world.system.end_epoch_of(&blob) == 21);
    let id = blob.object_id();
    assert!(
        event::events_by_type<BlobExtended>() == vector[
            events::new_blob_extended(EPOCH, BLOB_ID, id, END, 20),
            events::new_blob_extended(EPOCH, BLOB_ID, id, 20, 21),
        ],
    );
    world.set_epoch(20);
    assert!(world.system.is_stored(&blob));
    world.set_epoch(21);
    assert!(!world.system.is_stored(&blob));
    world.end(blob);
}

#[test]
fun both_ways_of_extending_add_up() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 20);
    world.system.extend_blob(&mut blob, 30);
    assert!(world.system.end_epoch_of(&blob) == 30);
    world.system.extend_frozen_blob(&blob, 31);
    assert!(world.system.end_epoch_of(&blob) == 31);
    world.end(blob);
}

#[test]
fun blob_is_extended_in_its_last_epoch() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.set_epoch(END - 1);
    world.system.extend_blob(&mut blob, END + 1);
    assert!(blob.end_epoch() == END + 1);
    world.end(blob);
}

#[test, expected_failure(abort_code = blob::ENotCertified)]
fun uncertified_blob_is_not_extended() {
    let mut world = begin();
    let mut blob = world.blob(option::none(), false);
    world.system.extend_blob(&mut blob, 20);
    abort
}

#[test, expected_failure(abort_code = blob::ENotCertified)]
fun uncertified_blob_is_not_extended_in_the_system() {
    let mut world = begin();
    let blob = world.blob(option::none(), false);
    world.system.extend_frozen_blob(&blob, 20);
    abort
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun expired_blob_is_not_extended() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.set_epoch(END);
    world.system.extend_blob(&mut blob, 20);
    abort
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun expired_blob_is_not_extended_in_the_system() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 10);
    world.set_epoch(10);
    world.system.extend_frozen_blob(&blob, 20);
    abort
}

#[test]
fun blob_is_extended_up_to_53_epochs_ahead() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.extend_blob(&mut blob, EPOCH + 53);
    assert!(blob.end_epoch() == EPOCH + 53);
    world.end(blob);
}

#[test, expected_failure(abort_code = blob::ETooFarAhead)]
fun blob_is_not_extended_beyond_53_epochs() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.extend_blob(&mut blob, EPOCH + 54);
    abort
}

#[test, expected_failure(abort_code = blob::ETooFarAhead)]
fun frozen_blob_is_not_extended_beyond_53_epochs() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, EPOCH + 54);
    abort
}

#[test, expected_failure(abort_code = blob::EInvalidExtension)]
fun extension_to_the_same_end_is_refused() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.extend_blob(&mut blob, END);
    abort
}

#[test, expected_failure(abort_code = blob::EInvalidExtension)]
fun extension_by_the_owner_does_not_shorten_that_of_others() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 20);
    world.system.extend_blob(&mut blob, 19);
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun other_version_does_not_extend() {
    let mut world = begin();
    let mut blob = world.certified(false);
    world.system.set_version_for_testing(2);
    world.system.extend_blob(&mut blob, 20);
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun other_version_does_not_extend_frozen_blobs() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.set_version_for_testing(2);
    world.system.extend_frozen_blob(&blob, 20);
    abort
}

// === Deleting ===

#[test]
fun deletable_blob_is_deleted() {
    let mut world = begin();
    let blob = world.certified(true);
    let id = blob.object_id();
    world.system.delete_blob(blob);
    let want = events::new_blob_deleted(EPOCH, BLOB_ID, END, id, true);
    assert!(event::events_by_type<BlobDeleted>() == vector[want]);
    destroy(world);
}

#[test]
fun uncertified_blob_is_deleted_too() {
    let mut world = begin();
    let blob = world.blob(option::none(), true);
    let id = blob.object_id();
    world.system.delete_blob(blob);
    let want = events::new_blob_deleted(EPOCH, BLOB_ID, END, id, false);
    assert!(event::events_by_type<BlobDeleted>() == vector[want]);
    destroy(world);
}

#[test, expected_failure(abort_code = blob::ENotDeletable)]
fun permanent_blob_is_not_deleted() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.delete_blob(blob);
    abort
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun expired_blob_is_not_deleted() {
    let mut world = begin();
    let blob = world.certified(true);
    world.set_epoch(END);
    world.system.delete_blob(blob);
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun other_version_does_not_delete() {
    let mut world = begin();
    let blob = world.certified(true);
    world.system.set_version_for_testing(2);
    world.system.delete_blob(blob);
    abort
}

// === Expiring ===

#[test]
fun expiry_is_recorded_once_the_end_is_reached() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(END);
    assert!(!world.system.is_expiry_recorded(&blob));
    world.system.expire_blob(&blob);
    assert!(world.system.is_expiry_recorded(&blob));
    let want = events::new_blob_expired(END, BLOB_ID, END, blob.object_id());
    assert!(event::events_by_type<BlobExpired>() == vector[want]);
    world.end(blob);
}

#[test]
fun expiry_counts_extensions() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 20);
    assert!(!world.system.is_expiry_recorded(&blob));
    world.set_epoch(22);
    world.system.expire_blob(&blob);
    let want = events::new_blob_expired(22, BLOB_ID, 20, blob.object_id());
    assert!(event::events_by_type<BlobExpired>() == vector[want]);
    world.end(blob);
}

#[test]
fun uncertified_blob_expires_as_well() {
    let mut world = begin();
    let blob = world.blob(option::none(), false);
    world.set_epoch(END);
    world.system.expire_blob(&blob);
    assert!(world.system.is_expiry_recorded(&blob));
    world.end(blob);
}

#[test, expected_failure(abort_code = blob::ENotExpired)]
fun expiry_is_not_recorded_in_the_last_epoch() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(END - 1);
    world.system.expire_blob(&blob);
    abort
}

#[test, expected_failure(abort_code = blob::ENotExpired)]
fun extended_blob_does_not_expire_at_its_first_end() {
    let mut world = begin();
    let blob = world.certified(false);
    world.system.extend_frozen_blob(&blob, 20);
    world.set_epoch(END);
    world.system.expire_blob(&blob);
    abort
}

#[test, expected_failure(abort_code = system::EAlreadyExpired)]
fun expiry_is_recorded_once() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(END);
    world.system.expire_blob(&blob);
    world.system.expire_blob(&blob);
    abort
}

#[test, expected_failure(abort_code = system::EWrongVersion)]
fun other_version_does_not_record_expiry() {
    let mut world = begin();
    let blob = world.certified(false);
    world.set_epoch(END);
    world.system.set_version_for_testing(2);
    world.system.expire_blob(&blob);
    abort
}

// === Helpers ===

/// A system in epoch 5.
public struct World {
    system: System,
    ctx: TxContext,
}

fun begin(): World {
    let mut ctx = tx_context::dummy();
    let (system, cap) = system::new_for_testing(&mut ctx);
    destroy(cap);
    let mut world = World { system, ctx };
    world.set_epoch(EPOCH);
    world
}

fun end(self: World, blob: Blob) {
    destroy(blob);
    destroy(self);
}

fun set_epoch(self: &mut World, epoch: u32) {
    let keys = fixtures::first_keys(4);
    let committee = committee::new_for_testing(
        epoch,
        fixtures::names(4),
        keys,
        fixtures::one_shard_each(4),
    );
    self.system.set_committee_for_testing(committee);
}

fun certified(self: &mut World, deletable: bool): Blob {
    self.blob(option::some(EPOCH), deletable)
}

fun blob(self: &mut World, certified_epoch: Option<u32>, deletable: bool): Blob {
    blob::new_for_testing(BLOB_ID, 1, certified_epoch, END, deletable, &mut self.ctx)
}
