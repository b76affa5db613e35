/// BLS12-381 signatures and groups. The runner's are fake.
#[test_only]
module sui::bls12381_tests;

use sui::bls12381;
use sui::group_ops;

/// The sum of the keys of the secrets 1, 2, 3, 4, 5, 8 and 9, and their signature,
/// which npm @mysten/walrus-wasm verifies.
const KEY: vector<u8> = x"a72841987e4f219d54f2b6a9eac5fe6e78704644753c3579e776a3691bc123743f8c63770ed0f72a71e9e964dbf58f43";
const SIGNATURE: vector<u8> = x"99c43ae152f3a090e35298c95afd2e686517a17dc4bbee35d3ab6e0aa0872624c1707e15ca534cf9413d61a89218e92208807c67b27230c8ae4fd4660d0feab4d56514a320a0c81e929c09a94e973eced440a1dcd4c5c6efcf2bc61e9fd44324";
const MESSAGE: vector<u8> = x"01000305000000bc0a00000000000000000000000000000000000000000000000000000000000000";

/// The drand network quicknet, and its signature of round 1000.
const QUICKNET: vector<u8> = x"83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";
const ROUND_1000: vector<u8> = x"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39";

/// 7 times the generator, from the tests of npm @mysten/seal.
const G1_BY_7: vector<u8> = x"b928f3beb93519eecf0145da903b40a4c97dca00b21f12ac0df3be9116ef2ef27b2ae6bcd4c5bc2d54ef5a70627efcb7";

#[test]
fun signature_with_a_short_key() {
    assert!(bls12381::bls12381_min_pk_verify(&SIGNATURE, &KEY, &MESSAGE));
    let mut other = MESSAGE;
    *(&mut other[0]) = 2;
    assert!(!bls12381::bls12381_min_pk_verify(&SIGNATURE, &KEY, &other));
    assert!(!bls12381::bls12381_min_pk_verify(&SIGNATURE, &G1_BY_7, &MESSAGE));
    assert!(!bls12381::bls12381_min_pk_verify(&vector[], &KEY, &MESSAGE));
}

#[test]
fun short_signature() {
    let round = std::hash::sha2_256(x"00000000000003e8");
    assert!(bls12381::bls12381_min_sig_verify(&ROUND_1000, &QUICKNET, &round));
    assert!(!bls12381::bls12381_min_sig_verify(&ROUND_1000, &QUICKNET, &b"round"));
    assert!(!bls12381::bls12381_min_sig_verify(&G1_BY_7, &QUICKNET, &round));
}

#[test]
fun multiples_of_the_generator() {
    let seven = bls12381::scalar_from_u64(7);
    let point = bls12381::g1_mul(&seven, &bls12381::g1_generator());
    assert!(group_ops::bytes(&point) == &G1_BY_7);
    assert!(group_ops::equal(&bls12381::g1_div(&seven, &point), &bls12381::g1_generator()));
    let left = bls12381::pairing(&point, &bls12381::g2_generator());
    let right = bls12381::gt_mul(&seven, &bls12381::gt_generator());
    assert!(group_ops::equal(&left, &right));
}

#[test, expected_failure(abort_code = group_ops::EInvalidInput)]
fun bytes_that_are_no_point_are_refused() {
    let mut bytes = G1_BY_7;
    *(&mut bytes[47]) = 0xb6;
    bls12381::g1_from_bytes(&bytes);
}
