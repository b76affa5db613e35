// SPDX-License-Identifier: Apache-2.0

/// What an enclave must be running: the values of its platform configuration
/// registers (PCRs), by index.
///
/// Registers 0 (image), 1 (kernel) and 2 (application) are always asked for; 3
/// (role of the parent instance), 4 (parent instance), 8 (who signed the image)
/// and 16 to 31 (the application's own) may be. Values are SHA-384, none of them
/// all zero: that is what an enclave in debug mode shows, whose memory its
/// operator can read.
///
/// Registers are found by their index, never by their place in a document: which
/// of them are listed depends on the network's settings.
module floe_catalog::measurement;

use floe_catalog::nitro_report::Report;

// === Errors ===

/// There are not as many indices as values, or more than 22.
const EInvalidCount: u64 = 0;
/// Indices are not ascending, 0, 1 and 2 are not among them, or one is not 0 to
/// 4, 8 or 16 to 31.
const EInvalidIndex: u64 = 1;
/// A value is not 48 bytes long.
const EInvalidLength: u64 = 2;
/// A value is all zero, as in debug mode.
const EZeroValue: u64 = 3;
/// The document is of an enclave in debug mode: its registers 0, 1 and 2 are zero.
const EDebugMode: u64 = 4;
/// The document does not list a register that the measurement asks for.
const EMissingRegister: u64 = 5;
/// A register of the document has another value.
const EMismatch: u64 = 6;

// === Constants ===

/// SHA-384.
const VALUE_LENGTH: u64 = 48;
/// 0 to 4, 8 and 16 to 31.
const MAX_REGISTERS: u64 = 22;

// === Structs ===

/// Values of registers, by ascending index.
public struct Measurement has copy, drop, store {
    indices: vector<u8>,
    values: vector<vector<u8>>,
}

// === Public Functions ===

/// The measurement in which register `indices[i]` has the value `values[i]`.
/// Indices ascend and begin with 0, 1, 2.
public fun new(indices: vector<u8>, values: vector<vector<u8>>): Measurement {
    let count = indices.length();
    assert!(count == values.length() && count <= MAX_REGISTERS, EInvalidCount);
    assert!(count >= 3, EInvalidIndex);
    let mut i = 0;
    while (i < count) {
        let index = indices[i];
        if (i < 3) assert!((index as u64) == i, EInvalidIndex)
        else assert!(indices[i - 1] < index && is_optional(index), EInvalidIndex);
        assert!(values[i].length() == VALUE_LENGTH, EInvalidLength);
        assert!(!is_zero(&values[i]), EZeroValue);
        i = i + 1;
    };
    Measurement { indices, values }
}

// === View helpers ===

/// The indices of the registers, ascending.
public fun indices(self: &Measurement): vector<u8> { self.indices }

/// The values that belong to the indices.
public fun values(self: &Measurement): vector<vector<u8>> { self.values }

// === Package Functions ===

/// Aborts unless the document was made for an enclave of this measurement.
public(package) fun check(self: &Measurement, report: &Report) {
    assert!(!is_debug(report), EDebugMode);
    let mut i = 0;
    while (i < self.indices.length()) {
        let value = report.pcr(self.indices[i]);
        assert!(value.is_some(), EMissingRegister);
        assert!(value.borrow() == &self.values[i], EMismatch);
        i = i + 1;
    }
}

// === Private Functions ===

/// Registers that may be asked for besides 0, 1 and 2.
fun is_optional(index: u8): bool {
    index == 3 || index == 4 || index == 8 || (index >= 16 && index <= 31)
}

fun is_debug(report: &Report): bool {
    let mut index = 0u8;
    while (index < 3) {
        let value = report.pcr(index);
        if (value.is_some() && !is_zero(value.borrow())) return false;
        index = index + 1;
    };
    true
}

fun is_zero(value: &vector<u8>): bool {
    let mut i = 0;
    while (i < value.length()) {
        if (value[i] != 0) return false;
        i = i + 1;
    };
    true
}
