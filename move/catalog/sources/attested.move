// SPDX-License-Identifier: Apache-2.0

/// Which nodes of the lineage an enclave vouches for.
///
/// The owner of a dataset says what a version was made from; `lineage` records
/// that as the owner's word. `attest` adds an enclave's: it takes a run that the
/// enclave signed, in which all is named that went in and what came out, and holds
/// it against the node. It is accepted only if
///
/// - the enclave is in force, and the version of its configuration was approved
///   before the run began, so that no image can be approved after the fact;
/// - the run names the node's parents, exactly those, in the node's order, and of
///   each the blobs that were read, its manifest's among them;
/// - kind, dataset and manifest of the node are those that the run names;
/// - no node was attested by the same run before.
///
/// The signed bytes are those of `enclave::intent_message` with intent 3 and the
/// BCS of a `Run`, in the order of its fields. What an enclave can't know is
/// whether its input was true, and what time it is: its machine's owner sets its
/// clock. The times of a run are as good as the image that reads them.
module floe_catalog::attested;

use floe_catalog::catalog::Version;
use floe_catalog::enclave::Enclave;
use floe_catalog::enclave_config::EnclaveConfig;
use floe_catalog::enclave_events as events;
use floe_catalog::lineage::Lineage;
use std::hash::sha2_256;
use std::string::String;
use sui::bcs;
use sui::clock::Clock;
use sui::dynamic_field;

// === Errors ===

/// The kind is not 1 (transform) to 4 (inference service).
const EInvalidKind: u64 = 0;
/// A digest is not 32 bytes long.
const EInvalidDigest: u64 = 1;
/// There are not as many counts as rules, or more than 64; or more rows came out
/// of a rule than went in.
const EInvalidStatistics: u64 = 2;
/// The run ends before it begins, or was signed before it ended.
const EInvalidTimes: u64 = 3;
/// A blob is named twice, or is none of the parent's.
const EInvalidBlobs: u64 = 4;
/// The blob with the parent's manifest is not among those that were read.
const EManifestNotRead: u64 = 5;
/// The parent is named twice.
const EDuplicateParent: u64 = 6;
/// The run names no parent.
const ENoParents: u64 = 7;
/// The node is of another kind.
const EWrongKind: u64 = 8;
/// The node belongs to another dataset.
const EWrongDataset: u64 = 9;
/// The node has another manifest.
const EWrongOutput: u64 = 10;
/// The node's parents are not those of the run, or stand in another order.
const EWrongParents: u64 = 11;
/// The version of the configuration was approved after the run began.
const EApprovedTooLate: u64 = 12;
/// The node is attested already.
const EAlreadyAttested: u64 = 13;
/// A node was attested by this run already.
const EReplayed: u64 = 14;
/// The node is not attested.
const ENotAttested: u64 = 15;

// === Constants ===

const KIND_TRANSFORM: u8 = 1;
const KIND_SERVICE: u8 = 4;
const INTENT_RUN: u8 = 3;

/// SHA-256.
const DIGEST_LENGTH: u64 = 32;
const MAX_RULES: u64 = 64;
/// From signing a run to attesting its node: a day, to store the output in.
const MAX_RUN_AGE_MS: u64 = 86_400_000;

// === Structs ===

/// What an enclave did, as it signs it.
public struct Run has copy, drop {
    /// 1 transform, 2 training, 3 model, 4 inference service.
    kind: u8,
    /// The dataset that the output is a version of.
    dataset: ID,
    /// The versions that were read, with the digests of their manifests and the ids
    /// of the blobs that the enclave recomputed from what it read.
    parents: vector<ID>,
    parent_digests: vector<vector<u8>>,
    input_blob_ids: vector<vector<u256>>,
    /// SHA-256 of the parameters: of a transform, a training, a service.
    parameters_digest: vector<u8>,
    /// SHA-256 of the output's manifest.
    output_digest: vector<u8>,
    /// For each rule of a filter the rows that it saw and those that it kept.
    rules: vector<String>,
    rows_in: vector<u64>,
    rows_out: vector<u64>,
    started_at_ms: u64,
    ended_at_ms: u64,
}

/// Name of the lineage's dynamic field that says who attested a version.
public struct AttestationKey(ID) has copy, drop, store;

/// Name of the lineage's dynamic field that says which version a run, by the hash
/// of its bytes, attested.
public struct RunKey(vector<u8>) has copy, drop, store;

/// Who attested a version, and when it was made.
public struct Attestation has copy, drop, store {
    enclave: ID,
    config: ID,
    config_version: u64,
    parameters_digest: vector<u8>,
    started_at_ms: u64,
    ended_at_ms: u64,
}

// === Public Functions ===

/// A run without inputs, which `add_input` adds. `rules`, `rows_in` and `rows_out`
/// are equally long, and empty unless the run filtered.
public fun new_run(
    kind: u8,
    dataset: ID,
    parameters_digest: vector<u8>,
    output_digest: vector<u8>,
    rules: vector<String>,
    rows_in: vector<u64>,
    rows_out: vector<u64>,
    started_at_ms: u64,
    ended_at_ms: u64,
): Run {
    assert!(kind >= KIND_TRANSFORM && kind <= KIND_SERVICE, EInvalidKind);
    assert!(parameters_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(output_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(started_at_ms <= ended_at_ms, EInvalidTimes);
    check_statistics(&rules, &rows_in, &rows_out);
    Run {
        kind,
        dataset,
        parents: vector[],
        parent_digests: vector[],
        input_blob_ids: vector[],
        parameters_digest,
        output_digest,
        rules,
        rows_in,
        rows_out,
        started_at_ms,
        ended_at_ms,
    }
}

/// Adds a version that was read, and which of its blobs were, in the order in
/// which the enclave named them.
public fun add_input(self: &mut Run, parent: &Version, blob_ids: vector<u256>) {
    let id = object::id(parent);
    assert!(!self.parents.contains(&id), EDuplicateParent);
    let all = parent.blobs().map_ref!(|blob| blob.blob_id());
    let mut i = 0;
    while (i < blob_ids.length()) {
        let blob_id = blob_ids[i];
        let (_, first) = blob_ids.index_of(&blob_id);
        assert!(first == i && all.contains(&blob_id), EInvalidBlobs);
        i = i + 1;
    };
    assert!(blob_ids.contains(&parent.manifest_blob_id()), EManifestNotRead);
    self.parents.push_back(id);
    self.parent_digests.push_back(parent.manifest_digest());
    self.input_blob_ids.push_back(blob_ids);
}

/// Records that an enclave made a version of the lineage in the run that it signed
/// at `timestamp_ms`. Anybody may who has the signature.
public fun attest(
    lineage: &mut Lineage,
    version: ID,
    run: Run,
    config: &EnclaveConfig,
    enclave: &Enclave,
    timestamp_ms: u64,
    signature: vector<u8>,
    clock: &Clock,
) {
    lineage.check_version();
    check_fits(&run, lineage, version);
    assert!(run.ended_at_ms <= timestamp_ms, EInvalidTimes);
    let hash = sha2_256(bcs::to_bytes(&run));
    enclave.check_signed(config, INTENT_RUN, timestamp_ms, run, &signature, MAX_RUN_AGE_MS, clock);
    let config_version = enclave.config_version();
    assert!(
        config.version(config_version).approved_at_ms() < run.started_at_ms,
        EApprovedTooLate,
    );
    assert!(!is_attested(lineage, version), EAlreadyAttested);
    let uid = lineage.uid_mut();
    assert!(!dynamic_field::exists_(uid, RunKey(hash)), EReplayed);
    dynamic_field::add(uid, RunKey(hash), version);
    dynamic_field::add(
        uid,
        AttestationKey(version),
        Attestation {
            enclave: object::id(enclave),
            config: object::id(config),
            config_version,
            parameters_digest: run.parameters_digest,
            started_at_ms: run.started_at_ms,
            ended_at_ms: run.ended_at_ms,
        },
    );
    events::emit_node_attested(
        version,
        run.kind,
        object::id(enclave),
        object::id(config),
        config_version,
        run.parents,
        run.input_blob_ids,
        run.parameters_digest,
        run.output_digest,
        run.rules,
        run.rows_in,
        run.rows_out,
        run.started_at_ms,
        run.ended_at_ms,
        timestamp_ms,
        clock.timestamp_ms(),
    );
}

// === View helpers ===

/// True if an enclave vouched for the version.
public fun is_attested(lineage: &Lineage, version: ID): bool {
    dynamic_field::exists_(lineage.uid(), AttestationKey(version))
}

/// Who attested the version.
public fun attestation(lineage: &Lineage, version: ID): Attestation {
    assert!(is_attested(lineage, version), ENotAttested);
    *dynamic_field::borrow(lineage.uid(), AttestationKey(version))
}

/// The enclave.
public fun enclave(self: &Attestation): ID { self.enclave }

/// The configuration that it was registered under.
public fun config(self: &Attestation): ID { self.config }

/// Which version of it.
public fun config_version(self: &Attestation): u64 { self.config_version }

/// SHA-256 of the run's parameters.
public fun parameters_digest(self: &Attestation): vector<u8> { self.parameters_digest }

/// When the run began.
public fun started_at_ms(self: &Attestation): u64 { self.started_at_ms }

/// When it ended.
public fun ended_at_ms(self: &Attestation): u64 { self.ended_at_ms }

// === Private Functions ===

/// Aborts unless the run is one that would have made the node.
fun check_fits(run: &Run, lineage: &Lineage, version: ID) {
    assert!(!run.parents.is_empty(), ENoParents);
    let node = lineage.node(version);
    assert!(node.kind() == run.kind, EWrongKind);
    assert!(node.dataset() == run.dataset, EWrongDataset);
    assert!(node.manifest_digest() == run.output_digest, EWrongOutput);
    let edges = node.parents();
    assert!(edges.length() == run.parents.length(), EWrongParents);
    let mut i = 0;
    while (i < edges.length()) {
        assert!(edges[i].edge_version() == run.parents[i], EWrongParents);
        i = i + 1;
    }
}

fun check_statistics(rules: &vector<String>, rows_in: &vector<u64>, rows_out: &vector<u64>) {
    let count = rules.length();
    assert!(
        count <= MAX_RULES && rows_in.length() == count && rows_out.length() == count,
        EInvalidStatistics,
    );
    let mut i = 0;
    while (i < count) {
        assert!(rows_out[i] <= rows_in[i], EInvalidStatistics);
        i = i + 1;
    }
}
