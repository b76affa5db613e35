/// Verifiable random functions on ristretto255 with SHA-512.
module sui::ecvrf;

/// The hash is not 64 bytes. The native aborts with it.
#[allow(unused_const)]
const EInvalidHashLength: u64 = 1;
/// The public key is malformed. The native aborts with it.
#[allow(unused_const)]
const EInvalidPublicKeyEncoding: u64 = 2;
/// The proof is malformed. The native aborts with it.
#[allow(unused_const)]
const EInvalidProofEncoding: u64 = 3;

/// Whether the 80-byte proof shows that the 64-byte hash is what the holder of
/// the 32-byte public key makes of the input.
public native fun ecvrf_verify(
    hash: &vector<u8>,
    alpha_string: &vector<u8>,
    public_key: &vector<u8>,
    proof: &vector<u8>,
): bool;
