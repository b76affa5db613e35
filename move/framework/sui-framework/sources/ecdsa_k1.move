/// ECDSA signatures on secp256k1. Hash 0 is Keccak-256, 1 is SHA-256.
module sui::ecdsa_k1;

/// No key made the signature. The natives abort with it.
#[allow(unused_const)]
const EFailToRecoverPubKey: u64 = 0;
/// The signature is malformed. The natives abort with it.
#[allow(unused_const)]
const EInvalidSignature: u64 = 1;
/// The public key is malformed. The natives abort with it.
#[allow(unused_const)]
const EInvalidPubKey: u64 = 2;

/// The compressed public key, 33 bytes, of a 65-byte recoverable signature.
public native fun secp256k1_ecrecover(signature: &vector<u8>, msg: &vector<u8>, hash: u8): vector<u8>;

/// A compressed public key, 33 bytes, in its 65-byte form.
public native fun decompress_pubkey(pubkey: &vector<u8>): vector<u8>;

/// Whether the 64-byte signature by the 33-byte public key over the message is
/// right.
public native fun secp256k1_verify(
    signature: &vector<u8>,
    public_key: &vector<u8>,
    msg: &vector<u8>,
    hash: u8,
): bool;
