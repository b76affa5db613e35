/// SHA-2 and SHA-3. `sui::hash` has Blake2b and Keccak.
module std::hash;

/// SHA2-256, 32 bytes.
public native fun sha2_256(data: vector<u8>): vector<u8>;

/// SHA3-256, 32 bytes.
public native fun sha3_256(data: vector<u8>): vector<u8>;
