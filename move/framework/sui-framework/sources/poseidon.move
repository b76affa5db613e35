/// The Poseidon hash over the scalar field of BN254, as circom has it.
module sui::poseidon;

use sui::bcs;

/// An input is not below the order of the field.
const ENonCanonicalInput: u64 = 0;
/// There is nothing to hash.
const EEmptyInput: u64 = 1;
/// There are more inputs than the hash is defined for.
const ETooManyInputs: u64 = 2;

const MAX_INPUTS: u64 = 16;

/// The order of BN254's scalar field.
const ORDER: u256 = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// The hash of 1 to 16 elements of the field.
public fun poseidon_bn254(data: &vector<u256>): u256 {
    assert!(!data.is_empty(), EEmptyInput);
    assert!(data.length() <= MAX_INPUTS, ETooManyInputs);
    let mut elements = vector[];
    data.do_ref!(|n| {
        assert!(*n < ORDER, ENonCanonicalInput);
        elements.push_back(bcs::to_bytes(n));
    });
    bcs::new(poseidon_bn254_internal(&elements)).peel_u256()
}

native fun poseidon_bn254_internal(data: &vector<vector<u8>>): vector<u8>;
