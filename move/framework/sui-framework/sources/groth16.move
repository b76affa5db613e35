/// Groth16 proofs. Keys, proofs and inputs come in the compressed form of
/// arkworks; the inputs are 32 bytes each, little endian, and at most 8.
module sui::groth16;

/// The verifying key is malformed. The natives abort with it.
#[allow(unused_const)]
const EInvalidVerifyingKey: u64 = 0;
/// There is no such curve. The natives abort with it.
#[allow(unused_const)]
const EInvalidCurve: u64 = 1;
/// There are more inputs than are allowed.
const ETooManyPublicInputs: u64 = 2;
/// The inputs are not 32 bytes each.
const EInvalidScalar: u64 = 3;

const MAX_PUBLIC_INPUTS: u64 = 8;
const SCALAR_LENGTH: u64 = 32;

/// The curve that a proof is on.
public struct Curve has copy, drop, store {
    id: u8,
}

/// A verifying key with what can be computed once for all proofs.
public struct PreparedVerifyingKey has copy, drop, store {
    vk_gamma_abc_g1_bytes: vector<u8>,
    alpha_g1_beta_g2_bytes: vector<u8>,
    gamma_g2_neg_pc_bytes: vector<u8>,
    delta_g2_neg_pc_bytes: vector<u8>,
}

/// What the proof is about, for all to see.
public struct PublicProofInputs has copy, drop, store {
    bytes: vector<u8>,
}

/// A proof.
public struct ProofPoints has copy, drop, store {
    bytes: vector<u8>,
}

/// The curve BLS12-381.
public fun bls12381(): Curve { Curve { id: 0 } }

/// The curve BN254.
public fun bn254(): Curve { Curve { id: 1 } }

/// A prepared key from its four parts.
public fun pvk_from_bytes(
    vk_gamma_abc_g1_bytes: vector<u8>,
    alpha_g1_beta_g2_bytes: vector<u8>,
    gamma_g2_neg_pc_bytes: vector<u8>,
    delta_g2_neg_pc_bytes: vector<u8>,
): PreparedVerifyingKey {
    PreparedVerifyingKey {
        vk_gamma_abc_g1_bytes,
        alpha_g1_beta_g2_bytes,
        gamma_g2_neg_pc_bytes,
        delta_g2_neg_pc_bytes,
    }
}

/// The four parts of a prepared key.
public fun pvk_to_bytes(pvk: PreparedVerifyingKey): vector<vector<u8>> {
    vector[
        pvk.vk_gamma_abc_g1_bytes,
        pvk.alpha_g1_beta_g2_bytes,
        pvk.gamma_g2_neg_pc_bytes,
        pvk.delta_g2_neg_pc_bytes,
    ]
}

/// Inputs from their bytes, one after the other.
public fun public_proof_inputs_from_bytes(bytes: vector<u8>): PublicProofInputs {
    assert!(bytes.length() % SCALAR_LENGTH == 0, EInvalidScalar);
    assert!(bytes.length() / SCALAR_LENGTH <= MAX_PUBLIC_INPUTS, ETooManyPublicInputs);
    PublicProofInputs { bytes }
}

/// A proof from its bytes.
public fun proof_points_from_bytes(bytes: vector<u8>): ProofPoints {
    ProofPoints { bytes }
}

/// Prepares a verifying key.
public fun prepare_verifying_key(curve: &Curve, verifying_key: &vector<u8>): PreparedVerifyingKey {
    prepare_verifying_key_internal(curve.id, verifying_key)
}

/// Whether the proof shows what the key says of the inputs. It is false when
/// anything is malformed.
public fun verify_groth16_proof(
    curve: &Curve,
    prepared_verifying_key: &PreparedVerifyingKey,
    public_proof_inputs: &PublicProofInputs,
    proof_points: &ProofPoints,
): bool {
    verify_groth16_proof_internal(
        curve.id,
        &prepared_verifying_key.vk_gamma_abc_g1_bytes,
        &prepared_verifying_key.alpha_g1_beta_g2_bytes,
        &prepared_verifying_key.gamma_g2_neg_pc_bytes,
        &prepared_verifying_key.delta_g2_neg_pc_bytes,
        &public_proof_inputs.bytes,
        &proof_points.bytes,
    )
}

native fun prepare_verifying_key_internal(curve: u8, verifying_key: &vector<u8>): PreparedVerifyingKey;
native fun verify_groth16_proof_internal(
    curve: u8,
    vk_gamma_abc_g1_bytes: &vector<u8>,
    alpha_g1_beta_g2_bytes: &vector<u8>,
    gamma_g2_neg_pc_bytes: &vector<u8>,
    delta_g2_neg_pc_bytes: &vector<u8>,
    public_proof_inputs: &vector<u8>,
    proof_points: &vector<u8>,
): bool;
