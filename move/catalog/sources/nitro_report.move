// SPDX-License-Identifier: Apache-2.0

/// What a registry wants to know of an AWS Nitro attestation document.
///
/// The document comes from `sui::nitro_attestation`, which has followed its
/// certificates to AWS' root and which nobody else can make: one in hand was
/// verified in this transaction, at the chain's clock.
module floe_catalog::nitro_report;

use sui::nitro_attestation::NitroAttestationDocument;

// === Errors ===

/// The document holds no public key, or none of 32 bytes (Ed25519).
const EInvalidPublicKey: u64 = 0;

// === Constants ===

const PUBLIC_KEY_LENGTH: u64 = 32;

// === Structs ===

/// The parts of a document that are looked at.
public struct Report has drop {
    module_id: vector<u8>,
    timestamp_ms: u64,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
}

// === Package Functions ===

/// Reads a document.
public(package) fun read(document: NitroAttestationDocument): Report {
    let (mut indices, mut values) = (vector[], vector[]);
    let pcrs = document.pcrs();
    let mut i = 0;
    while (i < pcrs.length()) {
        indices.push_back(pcrs[i].index());
        values.push_back(*pcrs[i].value());
        i = i + 1;
    };
    Report {
        module_id: *document.module_id(),
        timestamp_ms: *document.timestamp(),
        indices,
        values,
        public_key: *document.public_key(),
        user_data: *document.user_data(),
    }
}

/// The hypervisor's module that made the document.
public(package) fun module_id(self: &Report): vector<u8> { self.module_id }

/// When it did, by its own clock.
public(package) fun timestamp_ms(self: &Report): u64 { self.timestamp_ms }

/// The enclave's Ed25519 key, 32 bytes.
public(package) fun public_key(self: &Report): vector<u8> {
    assert!(self.public_key.is_some(), EInvalidPublicKey);
    let key = *self.public_key.borrow();
    assert!(key.length() == PUBLIC_KEY_LENGTH, EInvalidPublicKey);
    key
}

/// What the enclave put in of its own accord.
public(package) fun user_data(self: &Report): Option<vector<u8>> { self.user_data }

/// The value of the register with this index; none if it is not listed.
public(package) fun pcr(self: &Report, index: u8): Option<vector<u8>> {
    let (found, i) = self.indices.index_of(&index);
    if (found) option::some(self.values[i]) else option::none()
}

// === Test-Only Helpers ===

#[test_only]
/// The report of a document that holds this. Sui's test runner refuses all
/// documents; real ones are tested in Go.
public fun new_for_testing(
    timestamp_ms: u64,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
): Report {
    Report { module_id: b"i-1-enc1", timestamp_ms, indices, values, public_key, user_data }
}
