/// secp256r1 signatures and verifiable random functions, with the vectors of
/// Sui's own framework tests. Both engines have the real natives.
#[test_only]
module sui::proof_tests;

use sui::ecdsa_r1;
use sui::ecvrf;

const MESSAGE: vector<u8> = b"Hello, world!";

const R1_KEY: vector<u8> = x"0227322b3a891a0a280d6bc1fb2cbb23d28f54906fd6407f5f741f6def5762609a";
const R1_KECCAK256: vector<u8> = x"209841acabd0fdf6d25fa0948b2f5c6c74f930eede89c6fce59502218a3134a147535921bf0cdf5d1990f6f0b3dadb8c05069ddc531db057d325857ce198a529";
const R1_SHA256: vector<u8> = x"26d84720652d8bc4ddd1986434a10b3b7b69f0e35a17c6a5987e6d1cba69652f4384a342487642df5e44592d304bea0ceb0fae2e347fa3cec5ce1a8144cfbbb2";

const VRF_HASH: vector<u8> = x"4fad431c7402fa1d4a7652e975aeb9a2b746540eca0b1b1e59c8d19c14a7701918a8249136e355455b8bc73851f7fc62c84f2e39f685b281e681043970026ed8";
const VRF_KEY: vector<u8> = x"1ea6f0f467574295a2cd5d21a3fd3a712ade354d520d3bd0fe6088d7b7c2e00e";
const VRF_PROOF: vector<u8> = x"d8ad2eafb4f2eaf317447726e541359f26dfce248431fe09984fdc73144abb6ceb006c57a29a742eae5a81dd04239870769e310a81046cbbaff8b0bd27a6d6affee167ebba50549b58ffdf9aa192f506";

#[test]
fun r1_signatures() {
    assert!(ecdsa_r1::secp256r1_verify(&R1_KECCAK256, &R1_KEY, &MESSAGE, 0));
    assert!(ecdsa_r1::secp256r1_verify(&R1_SHA256, &R1_KEY, &MESSAGE, 1));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_SHA256, &R1_KEY, &MESSAGE, 0));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_SHA256, &R1_KEY, &b"Farewell", 1));
    assert!(!ecdsa_r1::secp256r1_verify(&recoverable(R1_SHA256), &R1_KEY, &MESSAGE, 1));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_SHA256, &VRF_KEY, &MESSAGE, 1));
}

#[test]
fun r1_recovery() {
    assert!(ecdsa_r1::secp256r1_ecrecover(&recoverable(R1_KECCAK256), &MESSAGE, 0) == R1_KEY);
    assert!(ecdsa_r1::secp256r1_ecrecover(&recoverable(R1_SHA256), &MESSAGE, 1) == R1_KEY);
    assert!(ecdsa_r1::secp256r1_ecrecover(&recoverable(R1_SHA256), &b"Farewell", 1) != R1_KEY);
}

#[test, expected_failure(abort_code = ecdsa_r1::EInvalidSignature)]
fun r1_recovery_of_a_short_signature() {
    ecdsa_r1::secp256r1_ecrecover(&R1_SHA256, &MESSAGE, 1);
}

#[test, expected_failure(abort_code = ecdsa_r1::EFailToRecoverPubKey)]
fun r1_recovery_with_an_unknown_hash() {
    ecdsa_r1::secp256r1_ecrecover(&recoverable(R1_SHA256), &MESSAGE, 2);
}

#[test]
fun vrf_proofs() {
    assert!(ecvrf::ecvrf_verify(&VRF_HASH, &MESSAGE, &VRF_KEY, &VRF_PROOF));
    assert!(!ecvrf::ecvrf_verify(&VRF_HASH, &b"Farewell", &VRF_KEY, &VRF_PROOF));
    let mut other = VRF_HASH;
    *(&mut other[0]) = 0;
    assert!(!ecvrf::ecvrf_verify(&other, &MESSAGE, &VRF_KEY, &VRF_PROOF));
}

#[test]
fun vrf_key_that_is_the_identity() {
    assert!(!ecvrf::ecvrf_verify(&VRF_HASH, &MESSAGE, &sui::address::to_bytes(@0x0), &VRF_PROOF));
}

#[test, expected_failure(abort_code = ecvrf::EInvalidHashLength)]
fun vrf_hash_of_another_length() {
    ecvrf::ecvrf_verify(&VRF_KEY, &MESSAGE, &VRF_KEY, &VRF_PROOF);
}

#[test, expected_failure(abort_code = ecvrf::EInvalidPublicKeyEncoding)]
fun vrf_key_that_is_none() {
    ecvrf::ecvrf_verify(&VRF_HASH, &MESSAGE, &MESSAGE, &VRF_PROOF);
}

#[test, expected_failure(abort_code = ecvrf::EInvalidProofEncoding)]
fun vrf_proof_that_is_none() {
    ecvrf::ecvrf_verify(&VRF_HASH, &MESSAGE, &VRF_KEY, &MESSAGE);
}

#[test, expected_failure(abort_code = ecvrf::EInvalidProofEncoding)]
fun vrf_response_above_the_order() {
    let mut proof = VRF_PROOF;
    *(&mut proof[79]) = 0xff;
    ecvrf::ecvrf_verify(&VRF_HASH, &MESSAGE, &VRF_KEY, &proof);
}

fun recoverable(signature: vector<u8>): vector<u8> {
    let mut signature = signature;
    signature.push_back(0);
    signature
}
