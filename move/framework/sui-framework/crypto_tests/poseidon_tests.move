/// Poseidon, with the vectors of Sui's own framework tests; the runner's is fake.
#[test_only]
module sui::poseidon_tests;

use sui::poseidon::{Self, poseidon_bn254};

#[test]
fun hashes() {
    assert!(poseidon_bn254(&vector[1]) == 18586133768512220936620570745912940619677854269274689475585506675881198879027);
    assert!(poseidon_bn254(&vector[1, 2]) == 7853200120776062878684798364095072458815029376092732009249414926327459813530);
}

#[test, expected_failure(abort_code = poseidon::ENonCanonicalInput)]
fun input_that_is_no_element_is_refused() {
    poseidon_bn254(&vector[21888242871839275222246405745257275088696311157297823662689037894645226208583]);
}

#[test, expected_failure(abort_code = poseidon::EEmptyInput)]
fun nothing_to_hash_is_refused() {
    poseidon_bn254(&vector[]);
}

#[test, expected_failure(abort_code = poseidon::ETooManyInputs)]
fun seventeen_inputs_are_refused() {
    poseidon_bn254(&vector[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
}
