// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_storage::blob_tests;

use floe_storage::blob::{Self, Blob};
use floe_storage::events::{Self, BlobCertified, BlobRegistered};
use floe_storage::messages::{Self, CertifiedBlob};
use std::unit_test;
use sui::event;

// Blob ids and root hashes of npm @mysten/walrus-wasm 0.3.0, read little endian.
const SIZE: u64 = 1000;
const ROOT: u256 = 0x142c8d63919b93acf5fbcdfdba6c15a88dc004751766a6c1066f6536fe14b50c;
const BLOB_ID: u256 = 0x0509867f61eb8e91b15847cf3463827d4c34ae425fde4718d57b40d82a6e2ed0;

const RS2: u8 = 1;
const EPOCH: u32 = 5;
const END_EPOCH: u32 = 6;

// === Blob ids ===

#[test]
fun blob_ids_are_those_of_walrus() {
    assert!(blob::derive_blob_id(ROOT, RS2, SIZE) == BLOB_ID);
    assert!(
        blob::derive_blob_id(
            0x0c476e90177d7e7bd030a49a6cd6bfb15502a051cb1df0b3b283b3bbd6ac80c5,
            RS2,
            5000,
        ) == 0x10a70db82c9b1cd8b73014969283c47c56b8782c57a8c668f1c37b73aa49e763,
    );
    // the empty blob in 1000 shards
    assert!(
        blob::derive_blob_id(
            0xdae10893cfba1ed5ce0b46d6a9f51140e41669dd12e1c557719e8cd8a910fbe3,
            RS2,
            0,
        ) == 0xfed67cc493963bf7208bc00ad03a557df91a90977bf137617136d9712fd063dc,
    );
}

#[test]
fun blob_id_binds_root_encoding_and_size() {
    assert!(blob::derive_blob_id(ROOT + 1, RS2, SIZE) != BLOB_ID);
    assert!(blob::derive_blob_id(ROOT, 0, SIZE) != BLOB_ID);
    assert!(blob::derive_blob_id(ROOT, RS2, SIZE + 1) != BLOB_ID);
}

// === Registering ===

#[test]
fun registered_blob_has_what_was_asked_for() {
    let ctx = &mut tx_context::dummy();
    let blob = blob::new(EPOCH, BLOB_ID, ROOT, SIZE, RS2, END_EPOCH, true, ctx);
    assert!(blob.registered_epoch() == EPOCH);
    assert!(blob.blob_id() == BLOB_ID);
    assert!(blob.size() == SIZE);
    assert!(blob.encoding_type() == RS2);
    assert!(blob.certified_epoch().is_none());
    assert!(blob.end_epoch() == END_EPOCH);
    assert!(blob.is_deletable());
    assert!(!blob.is_certified());
    assert!(blob.object_id() == object::id(&blob));
    unit_test::destroy(blob);
}

#[test]
fun registering_is_announced() {
    let ctx = &mut tx_context::dummy();
    let blob = blob::new(EPOCH, BLOB_ID, ROOT, SIZE, RS2, 9, false, ctx);
    let want = events::new_blob_registered(
        EPOCH,
        BLOB_ID,
        SIZE,
        RS2,
        9,
        false,
        blob.object_id(),
    );
    assert!(event::events_by_type<BlobRegistered>() == vector[want]);
    unit_test::destroy(blob);
}

#[test]
fun the_same_data_can_be_registered_twice() {
    let ctx = &mut tx_context::dummy();
    let first = blob::new(EPOCH, BLOB_ID, ROOT, SIZE, RS2, END_EPOCH, false, ctx);
    let second = blob::new(EPOCH, BLOB_ID, ROOT, SIZE, RS2, END_EPOCH, false, ctx);
    assert!(first.blob_id() == second.blob_id());
    assert!(first.object_id() != second.object_id());
    unit_test::destroy(first);
    unit_test::destroy(second);
}

#[test, expected_failure(abort_code = blob::EInvalidEncoding)]
fun retired_encoding_is_refused() {
    register(BLOB_ID, ROOT, SIZE, 0, END_EPOCH);
}

#[test, expected_failure(abort_code = blob::EInvalidEncoding)]
fun unknown_encoding_is_refused() {
    register(blob::derive_blob_id(ROOT, 2, SIZE), ROOT, SIZE, 2, END_EPOCH);
}

#[test, expected_failure(abort_code = blob::EInvalidEndEpoch)]
fun end_in_the_current_epoch_is_refused() {
    register(BLOB_ID, ROOT, SIZE, RS2, EPOCH);
}

#[test, expected_failure(abort_code = blob::EInvalidEndEpoch)]
fun end_in_the_past_is_refused() {
    register(BLOB_ID, ROOT, SIZE, RS2, EPOCH - 1);
}

#[test, expected_failure(abort_code = blob::ETooFarAhead)]
fun end_after_53_epochs_is_refused() {
    register(BLOB_ID, ROOT, SIZE, RS2, EPOCH + 54);
}

#[test, expected_failure(abort_code = blob::EInvalidBlobId)]
fun other_blob_id_is_refused() {
    register(BLOB_ID + 1, ROOT, SIZE, RS2, END_EPOCH);
}

#[test, expected_failure(abort_code = blob::EInvalidBlobId)]
fun other_root_is_refused() {
    register(BLOB_ID, ROOT + 1, SIZE, RS2, END_EPOCH);
}

#[test, expected_failure(abort_code = blob::EInvalidBlobId)]
fun other_size_is_refused() {
    register(BLOB_ID, ROOT, SIZE - 1, RS2, END_EPOCH);
}

// === Certifying ===

#[test]
fun permanent_blob_is_certified() {
    let mut blob = registered(END_EPOCH, false);
    blob.certify(certificate(BLOB_ID, EPOCH));
    assert!(blob.is_certified());
    assert!(blob.certified_epoch() == option::some(EPOCH));

    let want = events::new_blob_certified(
        EPOCH,
        BLOB_ID,
        END_EPOCH,
        false,
        blob.object_id(),
        vector[0, 3],
        8,
    );
    assert!(event::events_by_type<BlobCertified>() == vector[want]);
    unit_test::destroy(blob);
}

#[test]
fun deletable_blob_is_certified_by_its_own_certificate() {
    let mut blob = registered(END_EPOCH, true);
    let object_id = blob.object_id();
    blob.certify(deletable_certificate(BLOB_ID, object_id));
    assert!(blob.certified_epoch() == option::some(EPOCH));
    unit_test::destroy(blob);
}

#[test]
fun blob_is_certified_in_a_later_epoch() {
    let mut blob = registered(9, false);
    blob.certify(certificate(BLOB_ID, 8));
    assert!(blob.registered_epoch() == EPOCH);
    assert!(blob.certified_epoch() == option::some(8));
    unit_test::destroy(blob);
}

#[test, expected_failure(abort_code = blob::EBlobIdMismatch)]
fun certificate_of_another_blob_is_refused() {
    registered(END_EPOCH, false).certify_and_drop(certificate(BLOB_ID + 1, EPOCH));
}

#[test, expected_failure(abort_code = blob::EAlreadyCertified)]
fun second_certificate_is_refused() {
    let mut blob = registered(END_EPOCH, false);
    blob.certify(certificate(BLOB_ID, EPOCH));
    blob.certify_and_drop(certificate(BLOB_ID, EPOCH));
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun certificate_of_the_end_epoch_is_refused() {
    registered(END_EPOCH, false).certify_and_drop(certificate(BLOB_ID, END_EPOCH));
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun certificate_after_the_end_is_refused() {
    registered(END_EPOCH, false).certify_and_drop(certificate(BLOB_ID, END_EPOCH + 1));
}

#[test, expected_failure(abort_code = blob::EPersistenceMismatch)]
fun permanent_certificate_of_a_deletable_blob_is_refused() {
    registered(END_EPOCH, true).certify_and_drop(certificate(BLOB_ID, EPOCH));
}

#[test, expected_failure(abort_code = blob::EPersistenceMismatch)]
fun deletable_certificate_of_a_permanent_blob_is_refused() {
    let blob = registered(END_EPOCH, false);
    let object_id = blob.object_id();
    blob.certify_and_drop(deletable_certificate(BLOB_ID, object_id));
}

#[test, expected_failure(abort_code = blob::EObjectIdMismatch)]
fun certificate_of_another_object_is_refused() {
    let other = object::id_from_address(@0x2a);
    registered(END_EPOCH, true).certify_and_drop(deletable_certificate(BLOB_ID, other));
}

#[test, expected_failure(abort_code = blob::EBlobIdMismatch)]
fun blob_id_is_checked_before_being_certified_already() {
    let mut blob = registered(END_EPOCH, false);
    blob.certify(certificate(BLOB_ID, EPOCH));
    blob.certify_and_drop(certificate(BLOB_ID + 1, EPOCH));
}

#[test, expected_failure(abort_code = blob::EAlreadyCertified)]
fun being_certified_already_is_checked_before_expiry() {
    let mut blob = registered(END_EPOCH, false);
    blob.certify(certificate(BLOB_ID, EPOCH));
    blob.certify_and_drop(certificate(BLOB_ID, END_EPOCH));
}

#[test, expected_failure(abort_code = blob::EExpired)]
fun expiry_is_checked_before_persistence() {
    registered(END_EPOCH, true).certify_and_drop(certificate(BLOB_ID, END_EPOCH));
}

// === Helpers ===

use fun certify_and_drop as Blob.certify_and_drop;

fun certify_and_drop(mut blob: Blob, certificate: CertifiedBlob) {
    blob.certify(certificate);
    unit_test::destroy(blob);
}

fun register(blob_id: u256, root: u256, size: u64, encoding_type: u8, end_epoch: u32) {
    let ctx = &mut tx_context::dummy();
    let blob = blob::new(EPOCH, blob_id, root, size, encoding_type, end_epoch, false, ctx);
    unit_test::destroy(blob);
}

fun registered(end_epoch: u32, deletable: bool): Blob {
    let ctx = &mut tx_context::dummy();
    blob::new(EPOCH, BLOB_ID, ROOT, SIZE, RS2, end_epoch, deletable, ctx)
}

/// A quorum's statement in `epoch`, as if its signature had been verified.
fun certificate(blob_id: u256, epoch: u32): CertifiedBlob {
    let mut message = header(epoch);
    message.append(sui::bcs::to_bytes(&blob_id));
    message.push_back(0);
    messages::new_certified(message, epoch, vector[0, 3], 8).into_certified_blob()
}

fun deletable_certificate(blob_id: u256, object_id: ID): CertifiedBlob {
    let mut message = header(EPOCH);
    message.append(sui::bcs::to_bytes(&blob_id));
    message.push_back(1);
    message.append(object_id.to_bytes());
    messages::new_certified(message, EPOCH, vector[0, 3], 8).into_certified_blob()
}

fun header(epoch: u32): vector<u8> {
    let mut header = x"010003";
    header.append(sui::bcs::to_bytes(&epoch));
    header
}
