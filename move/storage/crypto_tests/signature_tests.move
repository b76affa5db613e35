// SPDX-License-Identifier: Apache-2.0

/// What only real BLS12-381 natives can judge: the signatures of `fixtures`,
/// each in a place where it does not belong. The runner's stand-in accepts them.
#[test_only]
module floe_storage::signature_tests;

use floe_storage::committee;
use floe_storage::fixtures;

// === Certificates ===

#[test]
fun certificate_of_seven_signers() {
    certify(fixtures::permanent_signature(), fixtures::bitmap(), fixtures::permanent_message());
    certify(fixtures::deletable_signature(), fixtures::bitmap(), fixtures::deletable_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun signature_of_another_message_is_refused() {
    certify(fixtures::deletable_signature(), fixtures::bitmap(), fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun signature_of_other_signers_is_refused() {
    // 5 signed for 8
    certify(fixtures::permanent_signature(), x"bf00", fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun more_signers_than_signed_are_refused() {
    certify(fixtures::permanent_signature(), x"ff01", fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun signature_that_is_no_point_is_refused() {
    let mut signature = fixtures::permanent_signature();
    *(&mut signature[95]) = signature[95] ^ 1;
    certify(signature, fixtures::bitmap(), fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun short_signature_is_refused() {
    let mut signature = fixtures::permanent_signature();
    signature.pop_back();
    certify(signature, fixtures::bitmap(), fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun empty_signature_is_refused() {
    certify(vector[], fixtures::bitmap(), fixtures::permanent_message());
}

#[test, expected_failure(abort_code = committee::EInvalidSignature)]
fun point_at_infinity_is_refused() {
    let mut signature = x"c0";
    while (signature.length() < 96) signature.push_back(0);
    certify(signature, fixtures::bitmap(), fixtures::permanent_message());
}

// === Proofs of possession ===

#[test]
fun proofs_of_possession_are_accepted() {
    committee(fixtures::epoch(), fixtures::admin(), fixtures::proofs_of_possession());
    committee(0, fixtures::admin(), fixtures::proofs_of_possession_for_epoch_0());
}

#[test, expected_failure(abort_code = committee::EInvalidProofOfPossession)]
fun proof_of_another_member_is_refused() {
    let mut proofs = fixtures::proofs_of_possession();
    proofs.swap(0, 1);
    committee(fixtures::epoch(), fixtures::admin(), proofs);
}

#[test, expected_failure(abort_code = committee::EInvalidProofOfPossession)]
fun proof_for_another_epoch_is_refused() {
    committee(fixtures::epoch(), fixtures::admin(), fixtures::proofs_of_possession_for_epoch_0());
}

#[test, expected_failure(abort_code = committee::EInvalidProofOfPossession)]
fun proof_for_another_sender_is_refused() {
    committee(fixtures::epoch(), @0xb, fixtures::proofs_of_possession());
}

#[test, expected_failure(abort_code = committee::EInvalidProofOfPossession)]
fun last_proof_counts_too() {
    let mut proofs = fixtures::proofs_of_possession();
    let first = proofs[0];
    proofs.pop_back();
    proofs.push_back(first);
    committee(fixtures::epoch(), fixtures::admin(), proofs);
}

#[test, expected_failure(abort_code = committee::EInvalidProofOfPossession)]
fun key_that_is_no_point_is_refused() {
    let mut keys = fixtures::first_keys(4);
    let key = &mut keys[2];
    *(&mut key[47]) = key[47] ^ 1;
    committee::new(
        fixtures::epoch(), fixtures::admin(), fixtures::names(4), fixtures::names(4), keys,
        fixtures::proofs_of_possession(), fixtures::shards_of_four(),
    );
}

// === Helpers ===

fun certify(signature: vector<u8>, bitmap: vector<u8>, message: vector<u8>) {
    fixtures::committee_of_ten().verify_certificate(signature, bitmap, message);
}

fun committee(epoch: u32, sender: address, proofs: vector<vector<u8>>) {
    committee::new(
        epoch, sender, fixtures::names(4), fixtures::names(4), fixtures::first_keys(4), proofs, fixtures::shards_of_four(),
    );
}
