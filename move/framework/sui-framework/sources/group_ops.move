/// Elements of cryptographic groups, for the modules that know a curve.
module sui::group_ops;

/// The operation is not supported for the group. The natives abort with it.
#[allow(unused_const)]
const ENotSupported: u64 = 0;
/// The bytes are no element of the group, or a divisor is 0.
const EInvalidInput: u64 = 1;
/// There are too many elements. The natives abort with it.
#[allow(unused_const)]
const EInputTooLong: u64 = 2;
/// The bytes are too short for the number.
const EInvalidBufferLength: u64 = 3;

/// An element of group `T`, in the group's own form.
public struct Element<phantom T> has copy, drop, store {
    bytes: vector<u8>,
}

/// The element's bytes.
public fun bytes<G>(e: &Element<G>): &vector<u8> {
    &e.bytes
}

/// Whether both are the same element.
public fun equal<G>(e1: &Element<G>, e2: &Element<G>): bool {
    e1.bytes == e2.bytes
}

/// Bytes as element. Aborts unless they are one, or are trusted.
public(package) fun from_bytes<G>(type_: u8, bytes: vector<u8>, is_trusted: bool): Element<G> {
    assert!(is_trusted || internal_validate(type_, &bytes), EInvalidInput);
    Element { bytes }
}

/// `e1 + e2`.
public(package) fun add<G>(type_: u8, e1: &Element<G>, e2: &Element<G>): Element<G> {
    Element { bytes: internal_add(type_, &e1.bytes, &e2.bytes) }
}

/// `e1 - e2`.
public(package) fun sub<G>(type_: u8, e1: &Element<G>, e2: &Element<G>): Element<G> {
    Element { bytes: internal_sub(type_, &e1.bytes, &e2.bytes) }
}

/// `scalar * e`.
public(package) fun mul<S, G>(type_: u8, scalar: &Element<S>, e: &Element<G>): Element<G> {
    Element { bytes: internal_mul(type_, &scalar.bytes, &e.bytes) }
}

/// `(1 / scalar) * e`. Aborts if the scalar is 0.
public(package) fun div<S, G>(type_: u8, scalar: &Element<S>, e: &Element<G>): Element<G> {
    Element { bytes: internal_div(type_, &scalar.bytes, &e.bytes) }
}

/// A message as element whose logarithm nobody knows.
public(package) fun hash_to<G>(type_: u8, m: &vector<u8>): Element<G> {
    Element { bytes: internal_hash_to(type_, m) }
}

/// The sum of `scalars[i] * elements[i]`.
public(package) fun multi_scalar_multiplication<S, G>(
    type_: u8,
    scalars: &vector<Element<S>>,
    elements: &vector<Element<G>>,
): Element<G> {
    assert!(!scalars.is_empty() && scalars.length() == elements.length(), EInvalidInput);
    let mut scalar_bytes = vector[];
    let mut element_bytes = vector[];
    scalars.do_ref!(|s| scalar_bytes.append(s.bytes));
    elements.do_ref!(|e| element_bytes.append(e.bytes));
    Element { bytes: internal_multi_scalar_mul(type_, &scalar_bytes, &element_bytes) }
}

/// The pairing of two elements; the type is that of the first.
public(package) fun pairing<G1, G2, G3>(
    type_: u8,
    e1: &Element<G1>,
    e2: &Element<G2>,
): Element<G3> {
    Element { bytes: internal_pairing(type_, &e1.bytes, &e2.bytes) }
}

/// The element in another form.
public(package) fun convert<From, To>(from_type_: u8, to_type_: u8, e: &Element<From>): Element<To> {
    Element { bytes: internal_convert(from_type_, to_type_, &e.bytes) }
}

/// The sum of all elements.
public(package) fun sum<G>(type_: u8, terms: &vector<Element<G>>): Element<G> {
    Element { bytes: internal_sum(type_, &terms.map_ref!(|e| e.bytes)) }
}

/// Writes a number over the first 8 bytes, or the last ones backwards.
public(package) fun set_as_prefix(x: u64, big_endian: bool, buffer: &mut vector<u8>) {
    let len = buffer.length();
    assert!(len > 7, EInvalidBufferLength);
    let bytes = std::bcs::to_bytes(&x);
    let mut i = 0;
    while (i < 8) {
        let at = if (big_endian) len - i - 1 else i;
        *(&mut buffer[at]) = bytes[i];
        i = i + 1;
    }
}

native fun internal_validate(type_: u8, bytes: &vector<u8>): bool;
native fun internal_add(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_sub(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_mul(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_div(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_hash_to(type_: u8, m: &vector<u8>): vector<u8>;
native fun internal_multi_scalar_mul(
    type_: u8,
    scalars: &vector<u8>,
    elements: &vector<u8>,
): vector<u8>;
native fun internal_pairing(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_convert(from_type_: u8, to_type_: u8, e: &vector<u8>): vector<u8>;
native fun internal_sum(type_: u8, e: &vector<vector<u8>>): vector<u8>;
