/// Documents in which AWS Nitro hardware attests what code an enclave runs.
module sui::nitro_attestation;

use sui::clock::Clock;

/// The network does not read such documents. The native aborts with it.
#[allow(unused_const)]
const ENotSupportedError: u64 = 0;
/// The document is malformed. The native aborts with it.
#[allow(unused_const)]
const EParseError: u64 = 1;
/// The signature or a certificate is not good, or not at this time. The native
/// aborts with it.
#[allow(unused_const)]
const EVerifyError: u64 = 2;
/// The registers are not the expected ones. The native aborts with it.
#[allow(unused_const)]
const EInvalidPCRsError: u64 = 3;

/// A platform configuration register.
public struct PCREntry has drop {
    index: u8,
    value: vector<u8>,
}

/// An attestation that was verified in this transaction.
public struct NitroAttestationDocument has drop {
    module_id: vector<u8>,
    timestamp: u64,
    digest: vector<u8>,
    pcrs: vector<PCREntry>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
    nonce: Option<vector<u8>>,
}

/// Verifies a document at the clock's time. It is for transactions: no package
/// can call it, it takes the document as an argument.
entry fun load_nitro_attestation(attestation: vector<u8>, clock: &Clock): NitroAttestationDocument {
    load_nitro_attestation_internal(&attestation, clock.timestamp_ms())
}

/// The hypervisor's module that made the document.
public fun module_id(attestation: &NitroAttestationDocument): &vector<u8> {
    &attestation.module_id
}

/// When the document was made, in milliseconds since 1970.
public fun timestamp(attestation: &NitroAttestationDocument): &u64 {
    &attestation.timestamp
}

/// The name of the hash that the registers are made with.
public fun digest(attestation: &NitroAttestationDocument): &vector<u8> {
    &attestation.digest
}

/// The registers, ascending: 0, 1, 2, 3, 4, 8 and all others that are not zero.
public fun pcrs(attestation: &NitroAttestationDocument): &vector<PCREntry> {
    &attestation.pcrs
}

/// The key that the enclave put into the document.
public fun public_key(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.public_key
}

/// The data that the enclave put into the document.
public fun user_data(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.user_data
}

/// The nonce that the enclave put into the document.
public fun nonce(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.nonce
}

/// The register's number.
public fun index(entry: &PCREntry): u8 {
    entry.index
}

/// The register's value.
public fun value(entry: &PCREntry): &vector<u8> {
    &entry.value
}

native fun load_nitro_attestation_internal(
    attestation: &vector<u8>,
    current_timestamp: u64,
): NitroAttestationDocument;

// === Tests only ===

#[test_only]
/// `load_nitro_attestation` for tests, which are no transactions.
public fun load_for_testing(attestation: vector<u8>, clock: &Clock): NitroAttestationDocument {
    load_nitro_attestation(attestation, clock)
}
