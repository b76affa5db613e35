/// Reads values from BCS bytes, front to back.
module sui::bcs;

use std::bcs;
use sui::address;

/// The bytes end too early.
const EOutOfRange: u64 = 0;
/// A byte is neither 0 nor 1 where a truth value must be.
const ENotBool: u64 = 1;
/// A length is written with too many bytes or does not fit.
const ELenOutOfRange: u64 = 2;
/// An enum tag is written with too many bytes or does not fit.
const ETagOutOfRange: u64 = 3;

/// The bytes not read yet, last byte first.
public struct BCS has copy, drop, store {
    bytes: vector<u8>,
}

/// The value's bytes.
public fun to_bytes<T>(value: &T): vector<u8> {
    bcs::to_bytes(value)
}

/// Starts to read.
public fun new(mut bytes: vector<u8>): BCS {
    bytes.reverse();
    BCS { bytes }
}

/// The bytes not read yet.
public fun into_remainder_bytes(bcs: BCS): vector<u8> {
    let BCS { mut bytes } = bcs;
    bytes.reverse();
    bytes
}

/// Reads an address: 32 bytes.
public fun peel_address(bcs: &mut BCS): address {
    assert!(bcs.bytes.length() >= address::length(), EOutOfRange);
    address::from_bytes(vector::tabulate!(address::length(), |_| bcs.bytes.pop_back()))
}

/// Reads a truth value: one byte, 0 or 1.
public fun peel_bool(bcs: &mut BCS): bool {
    let byte = bcs.peel_u8();
    assert!(byte <= 1, ENotBool);
    byte == 1
}

/// Reads a `u8`.
public fun peel_u8(bcs: &mut BCS): u8 {
    assert!(!bcs.bytes.is_empty(), EOutOfRange);
    bcs.bytes.pop_back()
}

/// Reads a `u16`: 2 bytes, the lowest first.
public fun peel_u16(bcs: &mut BCS): u16 {
    assert!(bcs.bytes.length() >= 2, EOutOfRange);
    let mut value = 0u16;
    let mut i = 0u8;
    while (i < 2) {
        value = value | ((bcs.bytes.pop_back() as u16) << (8 * i));
        i = i + 1;
    };
    value
}

/// Reads a `u32`: 4 bytes, the lowest first.
public fun peel_u32(bcs: &mut BCS): u32 {
    assert!(bcs.bytes.length() >= 4, EOutOfRange);
    let mut value = 0u32;
    let mut i = 0u8;
    while (i < 4) {
        value = value | ((bcs.bytes.pop_back() as u32) << (8 * i));
        i = i + 1;
    };
    value
}

/// Reads a `u64`: 8 bytes, the lowest first.
public fun peel_u64(bcs: &mut BCS): u64 {
    assert!(bcs.bytes.length() >= 8, EOutOfRange);
    let mut value = 0u64;
    let mut i = 0u8;
    while (i < 8) {
        value = value | ((bcs.bytes.pop_back() as u64) << (8 * i));
        i = i + 1;
    };
    value
}

/// Reads a `u128`: 16 bytes, the lowest first.
public fun peel_u128(bcs: &mut BCS): u128 {
    assert!(bcs.bytes.length() >= 16, EOutOfRange);
    let mut value = 0u128;
    let mut i = 0u8;
    while (i < 16) {
        value = value | ((bcs.bytes.pop_back() as u128) << (8 * i));
        i = i + 1;
    };
    value
}

/// Reads a `u256`: 32 bytes, the lowest first.
public fun peel_u256(bcs: &mut BCS): u256 {
    assert!(bcs.bytes.length() >= 32, EOutOfRange);
    let mut value = 0u256;
    let mut i = 0u16;
    while (i < 32) {
        value = value | ((bcs.bytes.pop_back() as u256) << ((8 * i) as u8));
        i = i + 1;
    };
    value
}

/// Reads a vector's length: ULEB128.
public fun peel_vec_length(bcs: &mut BCS): u64 {
    let mut total = 0u64;
    let mut shift = 0u8;
    let mut count = 0u8;
    loop {
        // Four bytes hold 28 bits; longer vectors can't be.
        assert!(count <= 4, ELenOutOfRange);
        let byte = bcs.peel_u8() as u64;
        count = count + 1;
        total = total | ((byte & 0x7F) << shift);
        if (byte & 0x80 == 0) break;
        shift = shift + 7;
    };
    total
}

/// Reads an enum's tag: ULEB128, at most 127.
public fun peel_enum_tag(bcs: &mut BCS): u32 {
    let tag = bcs.peel_vec_length();
    assert!(tag <= 0xFFFF_FFFF, ETagOutOfRange);
    tag as u32
}

/// Reads a vector, each element by `peel`.
public macro fun peel_vec<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): vector<$T> {
    let bcs = $bcs;
    let len = bcs.peel_vec_length();
    vector::tabulate!(len, |_| $peel(bcs))
}

/// Reads an option, its value by `peel`.
public macro fun peel_option<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): Option<$T> {
    let bcs = $bcs;
    if (bcs.peel_bool()) option::some($peel(bcs)) else option::none()
}

/// Reads a vector of `address`.
public fun peel_vec_address(bcs: &mut BCS): vector<address> {
    bcs.peel_vec!(|bcs| bcs.peel_address())
}

/// Reads a vector of `bool`.
public fun peel_vec_bool(bcs: &mut BCS): vector<bool> {
    bcs.peel_vec!(|bcs| bcs.peel_bool())
}

/// Reads a vector of `u8`.
public fun peel_vec_u8(bcs: &mut BCS): vector<u8> {
    bcs.peel_vec!(|bcs| bcs.peel_u8())
}

/// Reads a vector of `u16`.
public fun peel_vec_u16(bcs: &mut BCS): vector<u16> {
    bcs.peel_vec!(|bcs| bcs.peel_u16())
}

/// Reads a vector of `u32`.
public fun peel_vec_u32(bcs: &mut BCS): vector<u32> {
    bcs.peel_vec!(|bcs| bcs.peel_u32())
}

/// Reads a vector of `u64`.
public fun peel_vec_u64(bcs: &mut BCS): vector<u64> {
    bcs.peel_vec!(|bcs| bcs.peel_u64())
}

/// Reads a vector of `u128`.
public fun peel_vec_u128(bcs: &mut BCS): vector<u128> {
    bcs.peel_vec!(|bcs| bcs.peel_u128())
}

/// Reads a vector of `u256`.
public fun peel_vec_u256(bcs: &mut BCS): vector<u256> {
    bcs.peel_vec!(|bcs| bcs.peel_u256())
}

/// Reads a vector of byte strings.
public fun peel_vec_vec_u8(bcs: &mut BCS): vector<vector<u8>> {
    bcs.peel_vec!(|bcs| bcs.peel_vec_u8())
}

/// Reads an option of `address`.
public fun peel_option_address(bcs: &mut BCS): Option<address> {
    bcs.peel_option!(|bcs| bcs.peel_address())
}

/// Reads an option of `bool`.
public fun peel_option_bool(bcs: &mut BCS): Option<bool> {
    bcs.peel_option!(|bcs| bcs.peel_bool())
}

/// Reads an option of `u8`.
public fun peel_option_u8(bcs: &mut BCS): Option<u8> {
    bcs.peel_option!(|bcs| bcs.peel_u8())
}

/// Reads an option of `u16`.
public fun peel_option_u16(bcs: &mut BCS): Option<u16> {
    bcs.peel_option!(|bcs| bcs.peel_u16())
}

/// Reads an option of `u32`.
public fun peel_option_u32(bcs: &mut BCS): Option<u32> {
    bcs.peel_option!(|bcs| bcs.peel_u32())
}

/// Reads an option of `u64`.
public fun peel_option_u64(bcs: &mut BCS): Option<u64> {
    bcs.peel_option!(|bcs| bcs.peel_u64())
}

/// Reads an option of `u128`.
public fun peel_option_u128(bcs: &mut BCS): Option<u128> {
    bcs.peel_option!(|bcs| bcs.peel_u128())
}

/// Reads an option of `u256`.
public fun peel_option_u256(bcs: &mut BCS): Option<u256> {
    bcs.peel_option!(|bcs| bcs.peel_u256())
}
