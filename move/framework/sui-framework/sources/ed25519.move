/// Ed25519 signatures.
module sui::ed25519;

/// Whether the 64-byte signature by the 32-byte public key over the message is
/// right. False on anything malformed.
public native fun ed25519_verify(
    signature: &vector<u8>,
    public_key: &vector<u8>,
    msg: &vector<u8>,
): bool;
