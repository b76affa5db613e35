// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_storage::messages_tests;

use floe_storage::fixtures;
use floe_storage::messages;

const SIGNERS: vector<u16> = vector[0, 2];
const WEIGHT: u16 = 7;

#[test]
fun permanent_message_is_read() {
    let message = messages::new_certified(fixtures::permanent_message(), 5, SIGNERS, WEIGHT);
    let blob = message.into_certified_blob();
    assert!(blob.epoch() == 5);
    assert!(blob.blob_id() == 0xabc);
    assert!(blob.object_id().is_none());
    assert!(blob.signers() == SIGNERS);
    assert!(blob.weight() == WEIGHT);
}

#[test]
fun deletable_message_is_read() {
    let message = messages::new_certified(fixtures::deletable_message(), 5, SIGNERS, WEIGHT);
    let blob = message.into_certified_blob();
    assert!(blob.blob_id() == 0xabc);
    assert!(blob.object_id() == option::some(object::id_from_address(@0x2a)));
}

#[test]
fun trailing_bytes_are_tolerated() {
    let mut bytes = fixtures::permanent_message();
    bytes.append(x"0011");
    let blob = messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
    assert!(blob.object_id().is_none());
    let mut bytes = fixtures::deletable_message();
    bytes.push_back(9);
    let blob = messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
    assert!(blob.object_id() == option::some(object::id_from_address(@0x2a)));
}

#[test]
fun proof_of_possession_layout() {
    let mut want = x"00000305000000";
    want.append(x"000000000000000000000000000000000000000000000000000000000000000a");
    want.append(fixtures::public_keys()[0]);
    let message = messages::proof_of_possession(5, @0xa, fixtures::public_keys()[0]);
    assert!(message == want);
    assert!(message.length() == 87);
}

#[test, expected_failure(abort_code = messages::EMessageTooShort)]
fun empty_message_is_refused() {
    messages::new_certified(x"", 5, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EMessageTooShort)]
fun cut_header_is_refused() {
    messages::new_certified(x"010003050000", 5, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EMessageTooShort)]
fun header_without_body_is_refused() {
    messages::new_certified(x"01000305000000", 5, SIGNERS, WEIGHT).into_certified_blob();
}

#[test, expected_failure(abort_code = messages::EMessageTooShort)]
fun cut_permanent_body_is_refused() {
    let mut bytes = fixtures::permanent_message();
    bytes.pop_back();
    messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
}

#[test, expected_failure(abort_code = messages::EMessageTooShort)]
fun cut_deletable_body_is_refused() {
    let mut bytes = fixtures::deletable_message();
    bytes.pop_back();
    messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
}

#[test, expected_failure(abort_code = messages::EInvalidVersion)]
fun other_intent_version_is_refused() {
    messages::new_certified(x"01010305000000", 5, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EInvalidApp)]
fun other_app_is_refused() {
    messages::new_certified(x"01000205000000", 5, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EEpochMismatch)]
fun earlier_epoch_is_refused() {
    messages::new_certified(fixtures::permanent_message(), 6, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EEpochMismatch)]
fun later_epoch_is_refused() {
    messages::new_certified(fixtures::permanent_message(), 4, SIGNERS, WEIGHT);
}

#[test, expected_failure(abort_code = messages::EInvalidType)]
fun proof_of_possession_certifies_no_blob() {
    let bytes = messages::proof_of_possession(5, @0xa, fixtures::public_keys()[0]);
    messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
}

#[test, expected_failure(abort_code = messages::EInvalidType)]
fun type_is_checked_before_length() {
    messages::new_certified(x"02000305000000", 5, SIGNERS, WEIGHT).into_certified_blob();
}

#[test, expected_failure(abort_code = messages::EInvalidPersistence)]
fun unknown_persistence_is_refused() {
    let mut bytes = fixtures::permanent_message();
    bytes.pop_back();
    bytes.push_back(2);
    messages::new_certified(bytes, 5, SIGNERS, WEIGHT).into_certified_blob();
}

// === Hand-overs ===

#[test]
fun hand_over_layout() {
    let digest = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let mut want = x"80000305000000";
    want.append(digest);
    let message = messages::hand_over(5, digest);
    assert!(message == want);
    assert!(messages::new_certified(message, 5, SIGNERS, WEIGHT).into_hand_over() == digest);
}

#[test, expected_failure(abort_code = messages::ENotHandOver)]
fun blob_certificate_hands_nothing_over() {
    messages::new_certified(fixtures::permanent_message(), 5, SIGNERS, WEIGHT).into_hand_over();
}

#[test, expected_failure(abort_code = messages::ENotHandOver)]
fun hand_over_with_a_short_digest_is_refused() {
    messages::new_certified(messages::hand_over(5, x"0011"), 5, SIGNERS, WEIGHT).into_hand_over();
}

#[test, expected_failure(abort_code = messages::EInvalidType)]
fun hand_over_certifies_no_blob() {
    let message = messages::hand_over(5, fixtures::permanent_message());
    messages::new_certified(message, 5, SIGNERS, WEIGHT).into_certified_blob();
}
