/// Names of types at run time.
module std::type_name;

use std::ascii::{Self, String};

/// The type has no package: it is built in.
const ENonModuleType: u64 = 0;

/// The name of a type without "0x", addresses in 64 hex digits:
/// `000…02::coin::Coin<000…02::sui::SUI>`, or `u64`, or `vector<u8>`.
public struct TypeName has copy, drop, store {
    name: String,
}

/// The name of `T` with the package versions that first defined each type.
public native fun with_defining_ids<T>(): TypeName;

/// The name of `T` with the first versions of its packages.
public native fun with_original_ids<T>(): TypeName;

/// The package version that first defined `T`.
public native fun defining_id<T>(): address;

/// The first version of the package that defines `T`.
public native fun original_id<T>(): address;

/// Whether the type is built in: no package defines it.
public fun is_primitive(self: &TypeName): bool {
    let bytes = self.name.as_bytes();
    let len = bytes.length();
    // A defined type starts with 64 hex digits and a colon.
    len <= ADDRESS_DIGITS || bytes[ADDRESS_DIGITS] != COLON || is_vector(bytes)
}

/// The whole name.
public fun as_string(self: &TypeName): &String {
    &self.name
}

/// The package's address: 64 hex digits. Aborts for built-in types.
public fun address_string(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    self.name.substring(0, ADDRESS_DIGITS)
}

/// The module's name. Aborts for built-in types.
public fun module_string(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    let start = ADDRESS_DIGITS + 2;
    self.name.substring(start, self.end_of_module(start))
}

/// The type's name with its type arguments. Aborts for built-in types.
public fun datatype_string(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    let start = self.end_of_module(ADDRESS_DIGITS + 2) + 2;
    self.name.substring(start, self.name.length())
}

/// The whole name; the value is gone.
public fun into_string(self: TypeName): String {
    self.name
}

/// Older name of `with_defining_ids`.
public fun get<T>(): TypeName {
    with_defining_ids<T>()
}

/// Older name of `with_original_ids`.
public fun get_with_original_ids<T>(): TypeName {
    with_original_ids<T>()
}

/// Older name of `as_string`.
public fun borrow_string(self: &TypeName): &String {
    self.as_string()
}

/// Older name of `address_string`.
public fun get_address(self: &TypeName): String {
    self.address_string()
}

/// Older name of `module_string`.
public fun get_module(self: &TypeName): String {
    self.module_string()
}

const ADDRESS_DIGITS: u64 = 64;
const COLON: u8 = 58; // ':'

/// The place of the first colon from `start` on.
fun end_of_module(self: &TypeName, start: u64): u64 {
    let bytes = self.name.as_bytes();
    let mut i = start;
    while (bytes[i] != COLON) i = i + 1;
    i
}

fun is_vector(bytes: &vector<u8>): bool {
    // Six letters and '<': no 64 hex digits begin so, for 'v' is not one.
    ascii::byte(ascii::char(bytes[0])) == 118 // 'v'
}
