/// Text of 7-bit characters.
module std::ascii;

public use fun std::string::from_ascii as String.to_string;

/// A byte is no ASCII character.
const EInvalidASCIICharacter: u64 = 0x10000;
/// A place is past the end.
const EInvalidIndex: u64 = 0x10001;

/// Characters, each below 0x80.
public struct String has copy, drop, store {
    bytes: vector<u8>,
}

/// One character, below 0x80.
public struct Char has copy, drop, store {
    byte: u8,
}

/// A byte as character. Aborts at 0x80 and above.
public fun char(byte: u8): Char {
    assert!(is_valid_char(byte), EInvalidASCIICharacter);
    Char { byte }
}

/// Bytes as text. Aborts if one is 0x80 or above.
public fun string(bytes: vector<u8>): String {
    let s = try_string(bytes);
    assert!(s.is_some(), EInvalidASCIICharacter);
    s.destroy_some()
}

/// Bytes as text, or none if one is 0x80 or above.
public fun try_string(bytes: vector<u8>): Option<String> {
    if (bytes.all!(|b| is_valid_char(*b))) option::some(String { bytes }) else option::none()
}

/// Whether all characters are visible, the space included.
public fun all_characters_printable(string: &String): bool {
    string.bytes.all!(|b| is_printable_char(*b))
}

/// Adds a character at the end.
public fun push_char(string: &mut String, char: Char) {
    string.bytes.push_back(char.byte)
}

/// Takes the last character off.
public fun pop_char(string: &mut String): Char {
    Char { byte: string.bytes.pop_back() }
}

/// The number of characters.
public fun length(string: &String): u64 {
    string.bytes.length()
}

/// Adds another text at the end.
public fun append(string: &mut String, other: String) {
    string.bytes.append(other.into_bytes())
}

/// Puts another text at a place.
public fun insert(s: &mut String, at: u64, o: String) {
    assert!(at <= s.length(), EInvalidIndex);
    let len = s.length();
    let mut out = s.substring(0, at);
    let tail = s.substring(at, len);
    out.append(o);
    out.append(tail);
    *s = out;
}

/// The text from place `i` up to, without, place `j`.
public fun substring(string: &String, i: u64, j: u64): String {
    assert!(i <= j && j <= string.length(), EInvalidIndex);
    let mut bytes = vector[];
    let mut k = i;
    while (k < j) {
        bytes.push_back(string.bytes[k]);
        k = k + 1;
    };
    String { bytes }
}

/// The bytes of the text.
public fun as_bytes(string: &String): &vector<u8> {
    &string.bytes
}

/// The bytes of the text; the text is gone.
public fun into_bytes(string: String): vector<u8> {
    let String { bytes } = string;
    bytes
}

/// The byte of a character.
public fun byte(char: Char): u8 {
    let Char { byte } = char;
    byte
}

/// Whether the byte is an ASCII character.
public fun is_valid_char(b: u8): bool {
    b <= 0x7F
}

/// Whether the byte is a visible character or the space.
public fun is_printable_char(byte: u8): bool {
    byte >= 0x20 && byte <= 0x7E
}

/// Whether the text is empty.
public fun is_empty(string: &String): bool {
    string.bytes.is_empty()
}

/// The text with A-Z for a-z.
public fun to_uppercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|b| char_to_uppercase(*b)) }
}

/// The text with a-z for A-Z.
public fun to_lowercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|b| char_to_lowercase(*b)) }
}

/// The first place of a text in another; the length if it is not there.
public fun index_of(string: &String, substr: &String): u64 {
    let (n, m) = (string.length(), substr.length());
    let mut i = 0;
    while (i + m <= n) {
        let mut j = 0;
        while (j < m && string.bytes[i + j] == substr.bytes[j]) j = j + 1;
        if (j == m) return i;
        i = i + 1;
    };
    n
}

fun char_to_uppercase(byte: u8): u8 {
    if (byte >= 0x61 && byte <= 0x7A) byte - 0x20 else byte
}

fun char_to_lowercase(byte: u8): u8 {
    if (byte >= 0x41 && byte <= 0x5A) byte + 0x20 else byte
}
