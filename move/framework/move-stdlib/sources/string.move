/// Text in UTF-8. Places count bytes and must fall between characters.
module std::string;

use std::ascii;

/// Valid UTF-8.
public struct String has copy, drop, store {
    bytes: vector<u8>,
}

/// The bytes are no valid UTF-8.
const EInvalidUTF8: u64 = 1;
/// A place is past the end or inside a character.
const EInvalidIndex: u64 = 2;

/// Bytes as text. Aborts unless they are valid UTF-8.
public fun utf8(bytes: vector<u8>): String {
    assert!(internal_check_utf8(&bytes), EInvalidUTF8);
    String { bytes }
}

/// ASCII text, which is UTF-8 as well.
public fun from_ascii(s: ascii::String): String {
    String { bytes: s.into_bytes() }
}

/// The text as ASCII. Aborts if a character is not.
public fun to_ascii(s: String): ascii::String {
    let String { bytes } = s;
    bytes.to_ascii_string()
}

/// Bytes as text, or none if they are no valid UTF-8.
public fun try_utf8(bytes: vector<u8>): Option<String> {
    if (internal_check_utf8(&bytes)) option::some(String { bytes }) else option::none()
}

/// The bytes of the text.
public fun as_bytes(s: &String): &vector<u8> {
    &s.bytes
}

/// The bytes of the text; the text is gone.
public fun into_bytes(s: String): vector<u8> {
    let String { bytes } = s;
    bytes
}

/// Whether the text is empty.
public fun is_empty(s: &String): bool {
    s.bytes.is_empty()
}

/// The length in bytes.
public fun length(s: &String): u64 {
    s.bytes.length()
}

/// Adds another text at the end.
public fun append(s: &mut String, r: String) {
    s.bytes.append(r.bytes)
}

/// Adds bytes at the end. Aborts unless they are valid UTF-8.
public fun append_utf8(s: &mut String, bytes: vector<u8>) {
    s.append(utf8(bytes))
}

/// Puts another text at a place.
public fun insert(s: &mut String, at: u64, o: String) {
    assert!(at <= s.length() && internal_is_char_boundary(&s.bytes, at), EInvalidIndex);
    let len = s.length();
    let mut out = s.substring(0, at);
    let tail = s.substring(at, len);
    out.append(o);
    out.append(tail);
    *s = out;
}

/// The text from place `i` up to, without, place `j`.
public fun substring(s: &String, i: u64, j: u64): String {
    let len = s.bytes.length();
    assert!(
        j <= len && i <= j && internal_is_char_boundary(&s.bytes, i)
            && internal_is_char_boundary(&s.bytes, j),
        EInvalidIndex,
    );
    String { bytes: internal_sub_string(&s.bytes, i, j) }
}

/// The first place of a text in another; the length if it is not there.
public fun index_of(s: &String, r: &String): u64 {
    internal_index_of(&s.bytes, &r.bytes)
}

/// Older name of `as_bytes`.
public fun bytes(s: &String): &vector<u8> {
    s.as_bytes()
}

/// Older name of `substring`.
public fun sub_string(s: &String, i: u64, j: u64): String {
    s.substring(i, j)
}

native fun internal_check_utf8(v: &vector<u8>): bool;
native fun internal_is_char_boundary(v: &vector<u8>, i: u64): bool;
native fun internal_sub_string(v: &vector<u8>, i: u64, j: u64): vector<u8>;
native fun internal_index_of(v: &vector<u8>, r: &vector<u8>): u64;
