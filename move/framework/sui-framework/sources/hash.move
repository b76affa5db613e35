/// Blake2b and Keccak. `std::hash` has SHA-2 and SHA-3.
module sui::hash;

/// Blake2b-256, 32 bytes.
public native fun blake2b256(data: &vector<u8>): vector<u8>;

/// Keccak-256 as Ethereum uses it, 32 bytes.
public native fun keccak256(data: &vector<u8>): vector<u8>;
