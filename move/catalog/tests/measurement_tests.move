// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::measurement_tests;

use floe_catalog::measurement;
use floe_catalog::nitro_report::{Self, Report};

// === Measurements ===

#[test]
fun registers_are_kept_as_given() {
    let m = measurement::new(x"000102030408101f", values(x"0102030405060708"));
    assert!(m.indices() == x"000102030408101f");
    assert!(m.values() == values(x"0102030405060708"));
}

#[test, expected_failure(abort_code = measurement::EInvalidCount)]
fun value_without_index_is_refused() {
    measurement::new(x"000102", values(x"01020304"));
}

#[test, expected_failure(abort_code = measurement::EInvalidCount)]
fun index_without_value_is_refused() {
    measurement::new(x"00010203", values(x"010203"));
}

#[test, expected_failure(abort_code = measurement::EInvalidCount)]
fun more_than_22_registers_are_refused() {
    let mut indices = x"0001020304081011";
    let mut i = 18u8;
    while (indices.length() < 23) { indices.push_back(i); i = i + 1; };
    let values = indices.map!(|_| value(1));
    measurement::new(indices, values);
}

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun nothing_is_no_measurement() { measurement::new(x"", vector[]); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun application_is_asked_for() { measurement::new(x"0001", values(x"0102")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun image_is_asked_for() { measurement::new(x"010203", values(x"010203")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun register_is_named_once() { measurement::new(x"0001020303", values(x"0102030405")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun registers_ascend() { measurement::new(x"0001020804", values(x"0102030405")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun register_5_is_refused() { measurement::new(x"00010205", values(x"01020304")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun register_15_is_refused() { measurement::new(x"0001020f", values(x"01020304")); }

#[test, expected_failure(abort_code = measurement::EInvalidIndex)]
fun register_32_is_refused() { measurement::new(x"00010220", values(x"01020304")); }

#[test, expected_failure(abort_code = measurement::EInvalidLength)]
fun value_of_sha_256_is_refused() {
    let mut values = values(x"010203");
    *(&mut values[1]) = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    measurement::new(x"000102", values);
}

#[test, expected_failure(abort_code = measurement::EInvalidLength)]
fun empty_value_is_refused() {
    measurement::new(x"000102", vector[value(1), value(2), vector[]]);
}

#[test, expected_failure(abort_code = measurement::EZeroValue)]
fun zero_image_is_refused() { measurement::new(x"000102", values(x"000203")); }

#[test, expected_failure(abort_code = measurement::EZeroValue)]
fun zero_register_of_choice_is_refused() { measurement::new(x"00010210", values(x"01020300")); }

// === Documents ===

#[test]
fun measurement_is_found_whatever_else_is_listed() {
    let m = measurement::new(x"00010210", values(x"01020309"));
    m.check(&report(x"00010210", x"01020309"));
    m.check(&report(x"0001020304081011", x"0102030007080905"));
    m.check(&report(x"1002000108", x"0903010200"));
}

#[test, expected_failure(abort_code = measurement::EMismatch)]
fun same_values_at_other_indices_are_refused() {
    // by place 0, 1, 2 and 3 it would fit
    measurement::new(x"00010203", values(x"01020309"))
        .check(&report(x"0001020310", x"0102030009"));
}

#[test, expected_failure(abort_code = measurement::EMissingRegister)]
fun unlisted_register_is_refused() {
    measurement::new(x"00010210", values(x"01020309")).check(&report(x"00010211", x"01020309"));
}

#[test, expected_failure(abort_code = measurement::EMismatch)]
fun other_application_is_refused() {
    measurement::new(x"000102", values(x"010203")).check(&report(x"000102", x"010204"));
}

#[test, expected_failure(abort_code = measurement::EDebugMode)]
fun debug_mode_is_refused() {
    measurement::new(x"000102", values(x"010203")).check(&report(x"0001020304", x"0000000405"));
}

#[test, expected_failure(abort_code = measurement::EDebugMode)]
fun document_without_registers_is_refused() {
    measurement::new(x"000102", values(x"010203")).check(&report(x"", x""));
}

// === Helpers ===

/// 48 times this byte.
fun value(byte: u8): vector<u8> { vector::tabulate!(48, |_| byte) }

fun values(bytes: vector<u8>): vector<vector<u8>> { bytes.map!(|byte| value(byte)) }

fun report(indices: vector<u8>, bytes: vector<u8>): Report {
    nitro_report::new_for_testing(1, indices, values(bytes), option::none(), option::none())
}
