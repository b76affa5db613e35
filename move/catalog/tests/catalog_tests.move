// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::catalog_tests;

use floe_catalog::catalog::{Self, Dataset, DatasetCap, Version};
use floe_catalog::events::{Self, DatasetCreated, VersionPublished};
use floe_catalog::catalog_version;
use floe_catalog::world::new_dataset;
use floe_storage::blob::{Self, Blob};
use std::unit_test::destroy;
use sui::clock;
use sui::event;
use sui::test_scenario::{Self, Scenario};

const OWNER: address = @0xa;
const READER: address = @0xb;

const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const MANIFEST: u256 = 0xabc;
const NOW_MS: u64 = 1_700_000_000_000;

// === Creating ===

#[test]
fun new_dataset_is_the_senders_and_empty() {
    let mut scenario = test_scenario::begin(OWNER);
    let (dataset, cap) = new_dataset(b"iris", scenario.ctx());
    assert!(dataset.name() == b"iris".to_string());
    assert!(dataset.owner() == OWNER);
    assert!(dataset.version_count() == 0);
    assert!(dataset.latest().is_none());
    assert!(cap.cap_dataset() == object::id(&dataset));

    let want = events::new_dataset_created(
        object::id(&dataset),
        object::id(&cap),
        b"iris".to_string(),
        OWNER,
    );
    assert!(event::events_by_type<DatasetCreated>() == vector[want]);
    destroy(dataset);
    destroy(cap);
    scenario.end();
}

#[test]
fun shared_dataset_can_be_taken_by_anybody() {
    let mut scenario = test_scenario::begin(OWNER);
    let (dataset, cap) = new_dataset(b"iris", scenario.ctx());
    dataset.share();
    destroy(cap);
    scenario.next_tx(READER);
    let dataset = scenario.take_shared<Dataset>();
    assert!(dataset.owner() == OWNER);
    test_scenario::return_shared(dataset);
    scenario.end();
}

#[test]
fun names_of_1_and_of_128_bytes_are_fine() {
    let ctx = &mut tx_context::dummy();
    let (short, short_cap) = new_dataset(name_of(1), ctx);
    let (long, long_cap) = new_dataset(name_of(128), ctx);
    assert!(long.name().length() == 128);
    destroy(short);
    destroy(short_cap);
    destroy(long);
    destroy(long_cap);
}

#[test, expected_failure(abort_code = catalog::EInvalidName)]
fun empty_name_is_refused() {
    let (_dataset, _cap) = new_dataset(b"", &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = catalog::EInvalidName)]
fun name_of_129_bytes_is_refused() {
    let (_dataset, _cap) = new_dataset(name_of(129), &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = catalog::EInvalidName)]
fun length_of_a_name_is_counted_in_bytes() {
    // 65 letters of two bytes each
    let mut name = b"";
    while (name.length() < 130) name.append(x"c3a9");
    let (_dataset, _cap) = new_dataset(name, &mut tx_context::dummy());
    abort
}

// === Publishing ===

#[test]
fun published_version_is_frozen_and_complete() {
    let mut world = begin();
    let policy = object::id_from_address(@0x9);
    let blobs = vector[world.certified(1), world.certified(MANIFEST), world.certified(2)];
    let object_ids = blobs.map_ref!(|blob| blob.object_id());
    world.publish_guarded(DIGEST, MANIFEST, policy, blobs);
    assert!(world.dataset.version_count() == 1);

    let version_id = world.dataset.latest().destroy_some();
    let want = events::new_version_published(
        object::id(&world.dataset),
        version_id,
        1,
        DIGEST,
        MANIFEST,
        policy,
        vector[1, MANIFEST, 2],
    );
    assert!(event::events_by_type<VersionPublished>() == vector[want]);

    world.scenario.next_tx(READER);
    let version = world.scenario.take_immutable_by_id<Version>(version_id);
    assert!(version.dataset() == object::id(&world.dataset));
    assert!(version.number() == 1);
    assert!(version.manifest_digest() == DIGEST);
    assert!(version.manifest_blob_id() == MANIFEST);
    assert!(version.policy() == policy);
    assert!(version.published_at_ms() == NOW_MS);
    assert!(version.blobs().map_ref!(|blob| blob.object_id()) == object_ids);
    test_scenario::return_immutable(version);
    world.end();
}

#[test]
fun versions_are_numbered_from_1() {
    let mut world = begin();
    let first = vector[world.certified(MANIFEST)];
    world.publish(first);
    let first_id = world.dataset.latest().destroy_some();
    let second = vector[world.certified(MANIFEST)];
    world.publish(second);
    let second_id = world.dataset.latest().destroy_some();
    assert!(world.dataset.version_count() == 2);
    assert!(first_id != second_id);

    world.scenario.next_tx(READER);
    let first = world.scenario.take_immutable_by_id<Version>(first_id);
    let second = world.scenario.take_immutable_by_id<Version>(second_id);
    assert!(first.number() == 1);
    assert!(first.previous().is_none());
    assert!(second.number() == 2);
    assert!(second.previous() == option::some(first_id));
    test_scenario::return_immutable(first);
    test_scenario::return_immutable(second);
    world.end();
}

#[test]
fun blob_certified_in_any_epoch_is_published() {
    let mut world = begin();
    let blob = world.blob(MANIFEST, option::some(0));
    world.publish(vector[blob]);
    assert!(world.dataset.version_count() == 1);
    world.end();
}

#[test, expected_failure(abort_code = catalog::EWrongCap)]
fun capability_of_another_dataset_does_not_publish() {
    let mut world = begin();
    let (_other, other_cap) = new_dataset(b"other", world.scenario.ctx());
    let blobs = vector[world.certified(MANIFEST)];
    let catalog_version = catalog_version::new_for_testing(world.scenario.ctx());
    let clock = clock::create_for_testing(world.scenario.ctx());
    world
        .dataset
        .publish_version(
            &other_cap,
            DIGEST,
            MANIFEST,
            object::id_from_address(@0x9),
            blobs,
            &catalog_version,
            &clock,
            world.scenario.ctx(),
        );
    abort
}

#[test, expected_failure(abort_code = catalog::EInvalidDigest)]
fun digest_of_31_bytes_is_refused() {
    let mut digest = DIGEST;
    digest.pop_back();
    publish_digest(digest)
}

#[test, expected_failure(abort_code = catalog::EInvalidDigest)]
fun digest_of_33_bytes_is_refused() {
    let mut digest = DIGEST;
    digest.push_back(0);
    publish_digest(digest)
}

#[test, expected_failure(abort_code = catalog::EInvalidDigest)]
fun empty_digest_is_refused() {
    publish_digest(x"")
}

#[test, expected_failure(abort_code = catalog::EBlobNotCertified)]
fun uncertified_manifest_is_refused() {
    let mut world = begin();
    let blob = world.blob(MANIFEST, option::none());
    world.publish(vector[blob]);
    abort
}

#[test, expected_failure(abort_code = catalog::EBlobNotCertified)]
fun one_uncertified_blob_among_many_is_refused() {
    let mut world = begin();
    let blobs = vector[
        world.certified(MANIFEST),
        world.certified(1),
        world.blob(2, option::none()),
    ];
    world.publish(blobs);
    abort
}

#[test, expected_failure(abort_code = catalog::EDuplicateBlob)]
fun same_blob_id_in_two_objects_is_refused() {
    let mut world = begin();
    let blobs = vector[world.certified(MANIFEST), world.certified(1), world.certified(1)];
    world.publish(blobs);
    abort
}

#[test, expected_failure(abort_code = catalog::EDuplicateBlob)]
fun manifest_twice_is_refused() {
    let mut world = begin();
    let blobs = vector[world.certified(MANIFEST), world.certified(1), world.certified(MANIFEST)];
    world.publish(blobs);
    abort
}

#[test, expected_failure(abort_code = catalog::EManifestNotIncluded)]
fun version_without_its_manifest_is_refused() {
    let mut world = begin();
    let blobs = vector[world.certified(1), world.certified(2)];
    world.publish(blobs);
    abort
}

#[test, expected_failure(abort_code = catalog::EManifestNotIncluded)]
fun version_without_blobs_is_refused() {
    let mut world = begin();
    world.publish(vector[]);
    abort
}

// === Helpers ===

/// A dataset in a scenario of its owner.
public struct World {
    scenario: Scenario,
    dataset: Dataset,
    cap: DatasetCap,
}

fun begin(): World {
    let mut scenario = test_scenario::begin(OWNER);
    let (dataset, cap) = new_dataset(b"iris", scenario.ctx());
    World { scenario, dataset, cap }
}

fun end(self: World) {
    let World { scenario, dataset, cap } = self;
    destroy(dataset);
    destroy(cap);
    scenario.end();
}

fun certified(self: &mut World, blob_id: u256): Blob { self.blob(blob_id, option::some(5)) }

fun blob(self: &mut World, blob_id: u256, certified_epoch: Option<u32>): Blob {
    blob::new_for_testing(blob_id, 1, certified_epoch, 9, false, self.scenario.ctx())
}

fun publish(self: &mut World, blobs: vector<Blob>) {
    self.publish_guarded(DIGEST, MANIFEST, object::id_from_address(@0x9), blobs)
}

fun publish_guarded(
    self: &mut World,
    digest: vector<u8>,
    manifest: u256,
    policy: ID,
    blobs: vector<Blob>,
) {
    let catalog_version = catalog_version::new_for_testing(self.scenario.ctx());
    let mut clock = clock::create_for_testing(self.scenario.ctx());
    clock.set_for_testing(NOW_MS);
    self
        .dataset
        .publish_version(
            &self.cap,
            digest,
            manifest,
            policy,
            blobs,
            &catalog_version,
            &clock,
            self.scenario.ctx(),
        );
    destroy(catalog_version);
    clock.destroy_for_testing();
}

fun publish_digest(digest: vector<u8>) {
    let mut world = begin();
    let blobs = vector[world.certified(MANIFEST)];
    world.publish_guarded(digest, MANIFEST, object::id_from_address(@0x9), blobs);
    abort
}

fun name_of(length: u64): vector<u8> {
    let mut name = b"";
    while (name.length() < length) name.push_back(97);
    name
}
