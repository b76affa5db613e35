// SPDX-License-Identifier: Apache-2.0

/// Storage of a frozen version: extending it and recording that it is over.
#[test_only]
module floe_catalog::storage_tests;

use floe_catalog::catalog::{Self, Version};
use floe_catalog::world::{Self, World};
use floe_storage::blob;
use floe_storage::committee;
use floe_storage::events::{BlobExpired, BlobExtended};
use floe_storage::system::{Self, System};
use std::unit_test::destroy;
use sui::event;
use sui::test_scenario;

const MANIFEST: u256 = 0xabc;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fun version_ends_with_its_first_blob() {
    let (w, system, version) = begin(vector[9, 7, 12]);
    assert!(version.end_epoch(&system) == 7);
    assert!(version.is_stored(&system));
    end(w, system, version);
}

#[test]
fun version_is_stored_before_its_end_only() {
    let (w, mut system, version) = begin(vector[9, 7]);
    set_epoch(&mut system, 6);
    assert!(version.is_stored(&system));
    set_epoch(&mut system, 7);
    assert!(!version.is_stored(&system));
    end(w, system, version);
}

#[test]
fun manifest_is_found_among_the_blobs() {
    let (w, system, version) = begin(vector[9, 7, 12]);
    assert!(version.manifest_object() == version.blobs()[0].object_id());
    end(w, system, version);
}

#[test]
fun blobs_that_end_sooner_are_extended() {
    let (w, mut system, version) = begin(vector[9, 7, 12]);
    version.extend_version(&mut system, 10);
    assert!(version.end_epoch(&system) == 10);
    assert!(event::events_by_type<BlobExtended>().length() == 2);
    end(w, system, version);
}

#[test, expected_failure(abort_code = catalog::ENothingToExtend)]
fun version_that_ends_later_is_not_extended() {
    let (_w, mut system, version) = begin(vector[9, 7]);
    version.extend_version(&mut system, 7);
    abort
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun version_with_an_expired_blob_is_not_extended() {
    let (_w, mut system, version) = begin(vector[9, 7]);
    set_epoch(&mut system, 7);
    version.extend_version(&mut system, 20);
    abort
}

#[test]
fun expiry_is_recorded_blob_by_blob() {
    let (w, mut system, version) = begin(vector[9, 7, 7]);
    set_epoch(&mut system, 7);
    version.expire_version(&mut system);
    assert!(event::events_by_type<BlobExpired>().length() == 2);
    set_epoch(&mut system, 9);
    version.expire_version(&mut system);
    assert!(event::events_by_type<BlobExpired>().length() == 3);
    end(w, system, version);
}

#[test, expected_failure(abort_code = catalog::ENothingExpired)]
fun version_does_not_expire_before_its_end() {
    let (_w, mut system, version) = begin(vector[9, 7]);
    set_epoch(&mut system, 6);
    version.expire_version(&mut system);
    abort
}

#[test, expected_failure(abort_code = catalog::ENothingExpired)]
fun expiry_is_recorded_once() {
    let (_w, mut system, version) = begin(vector[9, 7]);
    set_epoch(&mut system, 7);
    version.expire_version(&mut system);
    version.expire_version(&mut system);
    abort
}

// === Helpers ===

/// A version of blobs that end in these epochs, and a system in epoch 5.
fun begin(ends: vector<u32>): (World, System, Version) {
    let mut w = world::begin();
    let (mut system, cap) = system::new_for_testing(w.ctx());
    destroy(cap);
    set_epoch(&mut system, 5);
    let mut blobs = vector[];
    let mut id = MANIFEST;
    ends.do!(|end| {
        blobs.push_back(blob::new_for_testing(id, 1, option::some(5), end, false, w.ctx()));
        id = id + 1;
    });
    let version = w.publish_blobs(DIGEST, blobs);
    (w, system, version)
}

fun end(w: World, system: System, version: Version) {
    destroy(system);
    test_scenario::return_immutable(version);
    w.end();
}

fun set_epoch(system: &mut System, epoch: u32) {
    let generator = *sui::group_ops::bytes(&sui::bls12381::g1_generator());
    let names = vector[b"a".to_string()];
    let shards = vector[vector[0, 1, 2, 3]];
    let committee = committee::new_for_testing(epoch, names, vector[generator], shards);
    system.set_committee_for_testing(committee);
}
