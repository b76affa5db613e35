// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_storage::committee_tests;

use floe_storage::committee::{Self, Committee};
use floe_storage::fixtures;
use std::string::String;

// === Setting up a committee ===

#[test]
fun committee_keeps_its_members_in_order() {
    let committee = fixtures::committee_of_four();
    assert!(committee.epoch() == 5);
    assert!(committee.n_shards() == 10);
    assert!(!committee.is_empty());
    assert!(committee.names() == vector[b"a", b"b", b"c", b"d"].map!(|name| name.to_string()));

    let members = committee.members();
    assert!(members.length() == 4);
    assert!(members[1].name() == b"b".to_string());
    assert!(members[1].network_address() == b"b".to_string());
    assert!(*members[1].shards() == vector[5, 4, 3]);
    assert!(members[1].public_key() == fixtures::public_keys()[1]);
}

#[test]
fun empty_committee_has_no_quorum() {
    let committee = committee::empty();
    assert!(committee.is_empty());
    assert!(committee.epoch() == 0);
    assert!(committee.n_shards() == 0);
    assert!(committee.names() == vector[]);
    assert!(!committee.is_quorum(0));
}

#[test]
fun four_shards_are_enough() {
    let committee = new(4, fixtures::one_shard_each(4));
    assert!(committee.n_shards() == 4);
}

#[test, expected_failure(abort_code = committee::EInvalidMembers)]
fun no_members_are_refused() {
    new(0, vector[]);
}

#[test, expected_failure(abort_code = committee::EInvalidMembers)]
fun missing_address_is_refused() {
    new_with(
        fixtures::names(4),
        fixtures::names(3),
        fixtures::first_keys(4),
        fixtures::proofs_of_possession(),
        fixtures::shards_of_four(),
    );
}

#[test, expected_failure(abort_code = committee::EInvalidMembers)]
fun missing_key_is_refused() {
    new_with(
        fixtures::names(4),
        fixtures::names(4),
        fixtures::first_keys(3),
        fixtures::proofs_of_possession(),
        fixtures::shards_of_four(),
    );
}

#[test, expected_failure(abort_code = committee::EInvalidMembers)]
fun missing_proof_is_refused() {
    let mut proofs = fixtures::proofs_of_possession();
    proofs.pop_back();
    new_with(
        fixtures::names(4),
        fixtures::names(4),
        fixtures::first_keys(4),
        proofs,
        fixtures::shards_of_four(),
    );
}

#[test, expected_failure(abort_code = committee::EInvalidMembers)]
fun missing_shard_list_is_refused() {
    let mut shards = fixtures::shards_of_four();
    shards.pop_back();
    new(4, shards);
}

#[test, expected_failure(abort_code = committee::EEmptyName)]
fun empty_name_is_refused() {
    let mut names = fixtures::names(3);
    names.push_back(b"".to_string());
    new_named(names, fixtures::names(4));
}

#[test, expected_failure(abort_code = committee::EEmptyName)]
fun empty_address_is_refused() {
    let mut addresses = fixtures::names(3);
    addresses.push_back(b"".to_string());
    new_named(fixtures::names(4), addresses);
}

#[test, expected_failure(abort_code = committee::EDuplicateName)]
fun duplicate_name_is_refused() {
    let mut names = fixtures::names(3);
    names.push_back(b"a".to_string());
    new_named(names, fixtures::names(4));
}

#[test]
fun members_may_share_an_address() {
    let mut addresses = fixtures::names(3);
    addresses.push_back(b"a".to_string());
    let committee = new_named(fixtures::names(4), addresses);
    assert!(committee.members()[3].network_address() == b"a".to_string());
}

#[test, expected_failure(abort_code = committee::EInvalidPublicKey)]
fun short_key_is_refused() {
    let mut keys = fixtures::first_keys(4);
    keys[3].pop_back();
    new_keyed(keys, fixtures::proofs_of_possession());
}

#[test, expected_failure(abort_code = committee::EInvalidPublicKey)]
fun long_key_is_refused() {
    let mut keys = fixtures::first_keys(4);
    keys[0].push_back(0);
    new_keyed(keys, fixtures::proofs_of_possession());
}

#[test, expected_failure(abort_code = committee::EInvalidPublicKey)]
fun key_at_infinity_is_refused() {
    let mut infinity = x"c0";
    while (infinity.length() < 48) infinity.push_back(0);
    let mut keys = fixtures::first_keys(3);
    keys.push_back(infinity);
    new_keyed(keys, fixtures::proofs_of_possession());
}

#[test, expected_failure(abort_code = committee::EDuplicatePublicKey)]
fun duplicate_key_is_refused() {
    let mut keys = fixtures::first_keys(3);
    keys.push_back(fixtures::public_keys()[0]);
    let mut proofs = fixtures::proofs_of_possession();
    proofs.pop_back();
    let first = proofs[0];
    proofs.push_back(first);
    new_keyed(keys, proofs);
}

#[test, expected_failure(abort_code = committee::ENoShards)]
fun member_without_shard_is_refused() {
    new(4, vector[vector[0, 1, 2], vector[3, 4], vector[], vector[5]]);
}

#[test, expected_failure(abort_code = committee::EInvalidShardCount)]
fun three_shards_are_too_few() {
    new(3, fixtures::one_shard_each(3));
}

#[test, expected_failure(abort_code = committee::EInvalidShardCount)]
fun more_shards_than_u16_counts_are_refused() {
    let mut many = vector<u16>[];
    while (many.length() < 65533) many.push_back(0);
    new(4, vector[many, vector[1], vector[2], vector[3]]);
}

#[test, expected_failure(abort_code = committee::EShardOutOfRange)]
fun shard_beyond_the_last_is_refused() {
    new(4, vector[vector[0], vector[1], vector[2], vector[4]]);
}

#[test, expected_failure(abort_code = committee::EDuplicateShard)]
fun shard_of_two_members_is_refused() {
    new(4, vector[vector[0], vector[1], vector[2], vector[1]]);
}

#[test, expected_failure(abort_code = committee::EDuplicateShard)]
fun shard_twice_in_one_member_is_refused() {
    new(4, vector[vector[0, 0], vector[1], vector[2], vector[3]]);
}

// === Quorum ===

#[test]
fun quorum_is_two_thirds_and_more() {
    // n and the least weight of a quorum, as Walrus counts it.
    let n_shards = vector[4, 5, 6, 7, 10];
    let least = vector[3, 4, 5, 5, 7];
    let mut i = 0;
    while (i < n_shards.length()) {
        let n = n_shards[i];
        let committee = committee::new_for_testing(
            5,
            fixtures::names(n),
            fixtures::first_keys(n),
            fixtures::one_shard_each(n),
        );
        assert!(committee.is_quorum(least[i]));
        assert!(committee.is_quorum(n));
        assert!(!committee.is_quorum(least[i] - 1));
        assert!(!committee.is_quorum(0));
        i = i + 1;
    }
}

// === Certificates ===

/// signature: verifies on a VM with real BLS12-381 only if the key of the
/// signers is summed up right.
#[test]
fun certificate_of_seven_in_ten() {
    let committee = fixtures::committee_of_ten();
    let blob = committee
        .verify_certificate(
            fixtures::permanent_signature(),
            fixtures::bitmap(),
            fixtures::permanent_message(),
        )
        .into_certified_blob();
    assert!(blob.signers() == vector[0, 1, 2, 3, 4, 7, 8]);
    assert!(blob.weight() == 7);
    assert!(blob.blob_id() == fixtures::blob_id());
    assert!(blob.epoch() == 5);
}

/// signature: verifies on a VM with real BLS12-381 only if the key of the
/// signers is summed up right. Signatures made with npm @noble/curves 2.4.0.
#[test]
fun weight_counts_shards_not_members() {
    let committee = fixtures::committee_of_four();
    // a, b and c hold 3 + 3 + 2 shards
    let of_abc =
        x"867b4ebc54baad1dd640759c3052747df02540bf5ae7799c62b2b1065625f4fb483122ad71e5b5540b4d2a09e333b00416a962885d890fba498e494881eda5a4b266499db0074ebe7b8d33a292500971755475917002b7d2f14a9f9f131ab6c7";
    assert!(signed_weight(&committee, of_abc, x"07") == 8);
    // a, c and d hold 3 + 2 + 2 shards
    let of_acd =
        x"a1b0bbf6ea2f4eddfae355e9f2ccc20d87c68ae523e3bd834ab859ca78efa6db853f245aa6449395feae76d81b626f2e0902cbb81a6119296c8bcb0e72abb81d416f0ccf30e6a658437e1130201c60cb79d095070d0f87f5baeeb043c7883abd";
    assert!(signed_weight(&committee, of_acd, x"0d") == 7);
    let of_all =
        x"80a24c4681998b44c490ece30355a8be555d589934d3c3dc7e041702a2017e52123ae217fdbf0548400b873cd34c9496150f2c7e2f927cc190c23de76dea1b9629ba6a676712a4e788022bb7490077755b832d8c70f6a605137228295ccd34b2";
    assert!(signed_weight(&committee, of_all, x"0f") == 10);
}

#[test, expected_failure(abort_code = committee::ENotEnoughWeight)]
fun six_shards_of_ten_are_no_quorum() {
    // a and b hold 3 + 3 shards
    weight(&fixtures::committee_of_four(), x"03");
}

#[test, expected_failure(abort_code = committee::ENotEnoughWeight)]
fun missing_bitmap_bytes_are_no_signers() {
    // the vector's bitmap is 9f01; without its second byte signer 8 is missing
    weight(&fixtures::committee_of_ten(), x"9f");
}

#[test, expected_failure(abort_code = committee::ENotEnoughWeight)]
fun nobody_is_no_quorum() {
    weight(&fixtures::committee_of_four(), x"");
}

#[test, expected_failure(abort_code = committee::ENotEnoughWeight)]
fun empty_committee_certifies_nothing() {
    weight(&committee::empty(), x"");
}

#[test, expected_failure(abort_code = committee::EInvalidBitmap)]
fun empty_committee_takes_no_bitmap() {
    weight(&committee::empty(), x"00");
}

#[test, expected_failure(abort_code = committee::EInvalidBitmap)]
fun bit_beyond_the_members_is_refused() {
    weight(&fixtures::committee_of_four(), x"1f");
}

#[test, expected_failure(abort_code = committee::EInvalidBitmap)]
fun last_bit_of_the_last_byte_is_refused() {
    weight(&fixtures::committee_of_ten(), x"ff83");
}

#[test, expected_failure(abort_code = committee::EInvalidBitmap)]
fun long_bitmap_is_refused_even_if_zero() {
    weight(&fixtures::committee_of_four(), x"0f00");
}

#[test, expected_failure(abort_code = committee::EInvalidBitmap)]
fun bitmap_is_checked_before_weight() {
    weight(&fixtures::committee_of_four(), x"10");
}

#[test, expected_failure(abort_code = committee::ENotEnoughWeight)]
fun weight_is_checked_before_signature() {
    fixtures::committee_of_four().verify_certificate(x"", x"01", x"");
}

#[test, expected_failure(abort_code = floe_storage::messages::EEpochMismatch)]
fun certificate_of_another_epoch_is_refused() {
    let committee = committee::new_for_testing(
        6,
        fixtures::names(10),
        fixtures::public_keys(),
        fixtures::one_shard_each(10),
    );
    weight(&committee, fixtures::bitmap());
}

// === Helpers ===

fun new(count: u64, shards: vector<vector<u16>>): Committee {
    let mut proofs = fixtures::proofs_of_possession();
    while (proofs.length() > count) { proofs.pop_back(); };
    new_with(
        fixtures::names(count),
        fixtures::names(count),
        fixtures::first_keys(count),
        proofs,
        shards,
    )
}

fun new_named(names: vector<String>, addresses: vector<String>): Committee {
    new_with(
        names,
        addresses,
        fixtures::first_keys(4),
        fixtures::proofs_of_possession(),
        fixtures::shards_of_four(),
    )
}

fun new_keyed(keys: vector<vector<u8>>, proofs: vector<vector<u8>>): Committee {
    new_with(fixtures::names(4), fixtures::names(4), keys, proofs, fixtures::shards_of_four())
}

fun new_with(
    names: vector<String>,
    addresses: vector<String>,
    keys: vector<vector<u8>>,
    proofs: vector<vector<u8>>,
    shards: vector<vector<u16>>,
): Committee {
    committee::new(fixtures::epoch(), fixtures::admin(), names, addresses, keys, proofs, shards)
}

/// The weight of the bitmap's signers if they certify with the vector's signature.
fun weight(committee: &Committee, bitmap: vector<u8>): u16 {
    signed_weight(committee, fixtures::permanent_signature(), bitmap)
}

fun signed_weight(committee: &Committee, signature: vector<u8>, bitmap: vector<u8>): u16 {
    committee
        .verify_certificate(signature, bitmap, fixtures::permanent_message())
        .into_certified_blob()
        .weight()
}
