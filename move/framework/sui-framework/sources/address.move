/// Addresses as numbers, bytes and text.
#[defines_primitive(address)]
module sui::address;

use std::ascii;
use std::bcs;
use std::string::String;
use sui::hex;

public use fun sui::object::id_from_address as address.to_id;

/// The largest address as number.
const MAX: u256 = 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF;
const LENGTH: u64 = 32;

/// The text is no address.
const EAddressParseError: u64 = 0;

/// The address as big-endian number.
public native fun to_u256(a: address): u256;

/// A number as address. Aborts only if it does not fit, which can't be.
public native fun from_u256(n: u256): address;

/// 32 bytes as address. Aborts with 0 if there are more or fewer.
public native fun from_bytes(bytes: vector<u8>): address;

/// The 32 bytes of an address.
public fun to_bytes(a: address): vector<u8> {
    bcs::to_bytes(&a)
}

/// 64 lower-case hex digits, without "0x".
public fun to_ascii_string(a: address): ascii::String {
    hex::encode(a.to_bytes()).to_ascii_string()
}

/// 64 lower-case hex digits, without "0x".
public fun to_string(a: address): String {
    hex::encode(a.to_bytes()).to_string()
}

/// An address from exactly 64 hex digits, without "0x".
public fun from_ascii_bytes(bytes: &vector<u8>): address {
    assert!(bytes.length() == 2 * LENGTH, EAddressParseError);
    let mut n = 0u256;
    bytes.do_ref!(|digit| n = (n << 4) | (hex_char_value(*digit) as u256));
    from_u256(n)
}

/// The number of bytes in an address: 32.
public fun length(): u64 {
    LENGTH
}

/// The largest address as number.
public fun max(): u256 {
    MAX
}

fun hex_char_value(c: u8): u8 {
    if (c >= 48 && c <= 57) c - 48 // 0-9
    else if (c >= 65 && c <= 70) c - 55 // A-F
    else if (c >= 97 && c <= 102) c - 87 // a-f
    else abort EAddressParseError
}
