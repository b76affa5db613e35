// SPDX-License-Identifier: Apache-2.0

/// What needs an enclave's signature is tested in Go (sdk/contract).
#[test_only]
module floe_catalog::attested_tests;

use floe_catalog::attested::{Self, Run};
use floe_catalog::world;

const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fun run_without_filter_has_no_statistics() { run(1, DIGEST, DIGEST); }

#[test, expected_failure(abort_code = attested::EInvalidKind)]
fun dataset_is_no_kind_of_run() { run(0, DIGEST, DIGEST); }

#[test, expected_failure(abort_code = attested::EInvalidDigest)]
fun short_digest_of_parameters_is_refused() { run(1, x"00", DIGEST); }

#[test, expected_failure(abort_code = attested::EInvalidDigest)]
fun short_digest_of_output_is_refused() { run(1, DIGEST, x"00"); }

#[test]
fun version_is_not_attested_until_an_enclave_vouches() {
    let mut w = world::begin();
    let version = w.root();
    assert!(!attested::is_attested(w.lineage(), version));
    w.end();
}

#[test, expected_failure(abort_code = attested::ENotAttested)]
fun attestation_of_a_version_without_one_is_refused() {
    let mut w = world::begin();
    let version = w.root();
    attested::attestation(w.lineage(), version);
    w.end();
}

fun run(kind: u8, parameters: vector<u8>, output: vector<u8>): Run {
    attested::new_run(kind, object::id_from_address(@0x7), parameters, output, vector[], vector[], vector[], 1, 2)
}
