module diff::nat;
use diff::ops;
public fun sha2(b: vector<u8>): u64 { ops::fold(std::hash::sha2_256(b)) }
public fun sha3(b: vector<u8>): u64 { ops::fold(std::hash::sha3_256(b)) }
public fun blake(b: vector<u8>): u64 { ops::fold(sui::hash::blake2b256(&b)) }
public fun keccak(b: vector<u8>): u64 { ops::fold(sui::hash::keccak256(&b)) }
public fun hmac(k: vector<u8>, b: vector<u8>): u64 { ops::fold(sui::hmac::hmac_sha3_256(&k, &b)) }
public fun ed(s: vector<u8>, p: vector<u8>, m: vector<u8>): u64 { if (sui::ed25519::ed25519_verify(&s, &p, &m)) 1 else 0 }
public fun k1_verify(s: vector<u8>, p: vector<u8>, m: vector<u8>, h: u8): u64 { if (sui::ecdsa_k1::secp256k1_verify(&s, &p, &m, h)) 1 else 0 }
public fun k1_recover(s: vector<u8>, m: vector<u8>, h: u8): u64 { ops::fold(sui::ecdsa_k1::secp256k1_ecrecover(&s, &m, h)) }
public fun k1_decompress(p: vector<u8>): u64 { ops::fold(sui::ecdsa_k1::decompress_pubkey(&p)) }
public fun addr(a: address): u64 { let n = sui::address::to_u256(a); let b = sui::address::from_u256(n); assert!(a == b, 1); ops::fold_of(&n) }
public fun addr_u256(n: u256): u64 { let a = sui::address::from_u256(n); ops::fold_of(&a) }
public fun addr_bytes(b: vector<u8>): u64 { let a = sui::address::from_bytes(b); ops::fold_of(&a) }
public fun utf8(b: vector<u8>): u64 { if (std::string::try_utf8(b).is_some()) 1 else 0 }
public fun str_sub(b: vector<u8>, i: u64, j: u64): u64 { let s = std::string::utf8(b).substring(i, j); ops::fold(s.into_bytes()) }
public fun str_find(b: vector<u8>, c: vector<u8>): u64 { std::string::utf8(b).index_of(&std::string::utf8(c)) }
