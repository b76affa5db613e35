// SPDX-License-Identifier: Apache-2.0

/// Events of enclaves: their configurations, their registrations, and what they
/// attest.
module floe_catalog::enclave_events;

use std::string::String;
use sui::event;

// === Events ===

/// Somebody said which code enclaves of a service may run. `MeasurementApproved`
/// follows with the first version.
public struct ConfigCreated has copy, drop {
    config_id: ID,
    /// The capability that proposes and revokes versions.
    cap_id: ID,
    name: String,
    /// Who must agree to further versions.
    second: Option<address>,
    /// How long further versions wait.
    delay_ms: u64,
    /// How long an enclave stays registered.
    lifetime_ms: u64,
    /// True if documents are taken that do not name who may register them.
    takes_unbound: bool,
    /// SHA-256 of the recipe of the first version's image; empty if there is none.
    build_digest: vector<u8>,
}

/// A further version was proposed. It can be approved from `ready_at_ms`.
public struct MeasurementProposed has copy, drop {
    config_id: ID,
    proposal: u64,
    /// Which registers, and the values that they must have.
    indices: vector<u8>,
    values: vector<vector<u8>>,
    /// SHA-256 of the recipe of its image; empty if there is none.
    build_digest: vector<u8>,
    ready_at_ms: u64,
}

/// The second person agreed to a proposal.
public struct MeasurementAgreed has copy, drop {
    config_id: ID,
    proposal: u64,
    second: address,
}

/// A proposal was dropped.
public struct MeasurementCancelled has copy, drop {
    config_id: ID,
    proposal: u64,
}

/// Enclaves of this measurement can be registered.
public struct MeasurementApproved has copy, drop {
    config_id: ID,
    /// 0 for the first version of a configuration.
    config_version: u64,
    /// None for the first version.
    proposal: Option<u64>,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    approved_at_ms: u64,
}

/// A version was revoked; enclaves that are registered under it stopped.
public struct MeasurementRevoked has copy, drop {
    config_id: ID,
    config_version: u64,
    /// SHA-256 of the reason; empty if there is none.
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
}

/// A configuration was revoked with all its versions.
public struct ConfigRevoked has copy, drop {
    config_id: ID,
    /// SHA-256 of the reason; empty if there is none.
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
}

/// Versions that are proposed from now on wait longer.
public struct ConfigDelayRaised has copy, drop {
    config_id: ID,
    delay_ms: u64,
}

/// An enclave was shown to run an approved version. Its key's signatures count until
/// `expires_at_ms`.
public struct EnclaveRegistered has copy, drop {
    enclave_id: ID,
    config_id: ID,
    config_version: u64,
    /// Ed25519, 32 bytes.
    public_key: vector<u8>,
    /// The hypervisor's name for the enclave.
    module_id: vector<u8>,
    registered_by: address,
    /// True if the document names who registered it.
    is_bound: bool,
    /// When the document was made.
    document_at_ms: u64,
    registered_at_ms: u64,
    expires_at_ms: u64,
}

/// A newer document prolonged a registration.
public struct EnclaveRenewed has copy, drop {
    enclave_id: ID,
    document_at_ms: u64,
    expires_at_ms: u64,
}

/// The key of an enclave's predecessor vouched for it.
public struct EnclaveSucceeded has copy, drop {
    enclave_id: ID,
    predecessor_id: ID,
}

/// An enclave's signatures count no more.
public struct EnclaveRevoked has copy, drop {
    enclave_id: ID,
    revoked_by: address,
    /// SHA-256 of the reason; empty if there is none.
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
}

/// The object of an enclave that does not count any more was deleted.
public struct EnclaveRemoved has copy, drop {
    enclave_id: ID,
}

/// An enclave vouched for a version of the lineage.
public struct NodeAttested has copy, drop {
    version_id: ID,
    /// 1 transform, 2 training, 3 model, 4 inference service.
    kind: u8,
    enclave_id: ID,
    config_id: ID,
    config_version: u64,
    /// What was read: the versions, and the blobs of each.
    parent_ids: vector<ID>,
    input_blob_ids: vector<vector<u256>>,
    /// SHA-256 of the run's parameters.
    parameters_digest: vector<u8>,
    /// SHA-256 of the version's manifest.
    output_digest: vector<u8>,
    /// For each rule of a filter the rows that it saw and those that it kept.
    rules: vector<String>,
    rows_in: vector<u64>,
    rows_out: vector<u64>,
    started_at_ms: u64,
    ended_at_ms: u64,
    /// When the enclave signed, by its own clock.
    signed_at_ms: u64,
    attested_at_ms: u64,
}

/// Every head of a log of inferences must be signed by an enclave of this
/// configuration.
public struct LogBound has copy, drop {
    log_id: ID,
    config_id: ID,
}

/// An enclave signed the head that was committed.
public struct LogHeadSigned has copy, drop {
    log_id: ID,
    tree_size: u64,
    enclave_id: ID,
    /// When, by its own clock.
    signed_at_ms: u64,
}

// === Package Functions ===

public(package) fun emit_config_created(
    config_id: ID,
    cap_id: ID,
    name: String,
    second: Option<address>,
    delay_ms: u64,
    lifetime_ms: u64,
    takes_unbound: bool,
    build_digest: vector<u8>,
) {
    event::emit(ConfigCreated {
        config_id,
        cap_id,
        name,
        second,
        delay_ms,
        lifetime_ms,
        takes_unbound,
        build_digest,
    })
}

public(package) fun emit_measurement_proposed(
    config_id: ID,
    proposal: u64,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    build_digest: vector<u8>,
    ready_at_ms: u64,
) {
    event::emit(MeasurementProposed {
        config_id,
        proposal,
        indices,
        values,
        build_digest,
        ready_at_ms,
    })
}

public(package) fun emit_measurement_agreed(
    config_id: ID,
    proposal: u64,
    second: address,
) {
    event::emit(MeasurementAgreed {
        config_id,
        proposal,
        second,
    })
}

public(package) fun emit_measurement_cancelled(
    config_id: ID,
    proposal: u64,
) {
    event::emit(MeasurementCancelled {
        config_id,
        proposal,
    })
}

public(package) fun emit_measurement_approved(
    config_id: ID,
    config_version: u64,
    proposal: Option<u64>,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    approved_at_ms: u64,
) {
    event::emit(MeasurementApproved {
        config_id,
        config_version,
        proposal,
        indices,
        values,
        approved_at_ms,
    })
}

public(package) fun emit_measurement_revoked(
    config_id: ID,
    config_version: u64,
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
) {
    event::emit(MeasurementRevoked {
        config_id,
        config_version,
        reason_digest,
        revoked_at_ms,
    })
}

public(package) fun emit_config_revoked(
    config_id: ID,
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
) {
    event::emit(ConfigRevoked {
        config_id,
        reason_digest,
        revoked_at_ms,
    })
}

public(package) fun emit_config_delay_raised(
    config_id: ID,
    delay_ms: u64,
) {
    event::emit(ConfigDelayRaised {
        config_id,
        delay_ms,
    })
}

public(package) fun emit_enclave_registered(
    enclave_id: ID,
    config_id: ID,
    config_version: u64,
    public_key: vector<u8>,
    module_id: vector<u8>,
    registered_by: address,
    is_bound: bool,
    document_at_ms: u64,
    registered_at_ms: u64,
    expires_at_ms: u64,
) {
    event::emit(EnclaveRegistered {
        enclave_id,
        config_id,
        config_version,
        public_key,
        module_id,
        registered_by,
        is_bound,
        document_at_ms,
        registered_at_ms,
        expires_at_ms,
    })
}

public(package) fun emit_enclave_renewed(
    enclave_id: ID,
    document_at_ms: u64,
    expires_at_ms: u64,
) {
    event::emit(EnclaveRenewed {
        enclave_id,
        document_at_ms,
        expires_at_ms,
    })
}

public(package) fun emit_enclave_succeeded(
    enclave_id: ID,
    predecessor_id: ID,
) {
    event::emit(EnclaveSucceeded {
        enclave_id,
        predecessor_id,
    })
}

public(package) fun emit_enclave_revoked(
    enclave_id: ID,
    revoked_by: address,
    reason_digest: vector<u8>,
    revoked_at_ms: u64,
) {
    event::emit(EnclaveRevoked {
        enclave_id,
        revoked_by,
        reason_digest,
        revoked_at_ms,
    })
}

public(package) fun emit_enclave_removed(
    enclave_id: ID,
) {
    event::emit(EnclaveRemoved {
        enclave_id,
    })
}

public(package) fun emit_node_attested(
    version_id: ID,
    kind: u8,
    enclave_id: ID,
    config_id: ID,
    config_version: u64,
    parent_ids: vector<ID>,
    input_blob_ids: vector<vector<u256>>,
    parameters_digest: vector<u8>,
    output_digest: vector<u8>,
    rules: vector<String>,
    rows_in: vector<u64>,
    rows_out: vector<u64>,
    started_at_ms: u64,
    ended_at_ms: u64,
    signed_at_ms: u64,
    attested_at_ms: u64,
) {
    event::emit(NodeAttested {
        version_id,
        kind,
        enclave_id,
        config_id,
        config_version,
        parent_ids,
        input_blob_ids,
        parameters_digest,
        output_digest,
        rules,
        rows_in,
        rows_out,
        started_at_ms,
        ended_at_ms,
        signed_at_ms,
        attested_at_ms,
    })
}

public(package) fun emit_log_bound(
    log_id: ID,
    config_id: ID,
) {
    event::emit(LogBound {
        log_id,
        config_id,
    })
}

public(package) fun emit_log_head_signed(
    log_id: ID,
    tree_size: u64,
    enclave_id: ID,
    signed_at_ms: u64,
) {
    event::emit(LogHeadSigned {
        log_id,
        tree_size,
        enclave_id,
        signed_at_ms,
    })
}
