/// Bytes as hexadecimal digits.
module sui::hex;

/// The number of digits is odd.
const EInvalidHexLength: u64 = 0;
/// A character is no hexadecimal digit.
const ENotValidHexCharacter: u64 = 1;

const DIGITS: vector<u8> = b"0123456789abcdef";

/// Two lower-case digits per byte, without "0x".
public fun encode(bytes: vector<u8>): vector<u8> {
    let digits = DIGITS;
    let mut out = vector[];
    bytes.do!(|byte| {
        out.push_back(digits[(byte >> 4) as u64]);
        out.push_back(digits[(byte & 0xF) as u64]);
    });
    out
}

/// The bytes of digits in either case, without "0x".
public fun decode(hex: vector<u8>): vector<u8> {
    let len = hex.length();
    assert!(len % 2 == 0, EInvalidHexLength);
    let mut out = vector[];
    let mut i = 0;
    while (i < len) {
        out.push_back((decode_byte(hex[i]) << 4) | decode_byte(hex[i + 1]));
        i = i + 2;
    };
    out
}

fun decode_byte(hex: u8): u8 {
    if (hex >= 48 && hex <= 57) hex - 48 // 0-9
    else if (hex >= 65 && hex <= 70) hex - 55 // A-F
    else if (hex >= 97 && hex <= 102) hex - 87 // a-f
    else abort ENotValidHexCharacter
}
