// SPDX-License-Identifier: Apache-2.0

/// Commitments to logs of inferences.
///
/// An operator keeps a log of what its service answered, as a Merkle tree (see
/// `merkle`), and commits to its root from time to time. Every commitment proves
/// that it continues the one before, so nothing that was once committed can be
/// dropped, changed or put in between. Anybody who holds one entry and its proof can
/// show on chain that it is in the log; the others stay unseen.
///
/// A log of an attested inference service can be bound to the configuration of its
/// enclaves. Then the capability is not enough: every head must be signed by an
/// enclave that is in force, over `enclave::intent_message` with intent 4 and a
/// `Head`.
module floe_catalog::inference_log;

use floe_catalog::attested;
use floe_catalog::catalog::DatasetCap;
use floe_catalog::enclave::Enclave;
use floe_catalog::enclave_config::EnclaveConfig;
use floe_catalog::enclave_events;
use floe_catalog::events;
use floe_catalog::lineage::Lineage;
use floe_catalog::merkle;
use floe_catalog::catalog_version::CatalogVersion;
use std::string::String;
use sui::clock::Clock;

// === Errors ===

/// The name is empty or longer than 128 bytes.
const EInvalidName: u64 = 0;
/// The capability is another log's.
const EWrongCap: u64 = 1;
/// The root is not 32 bytes long.
const EInvalidRoot: u64 = 2;
/// The log would shrink.
const EShrinks: u64 = 3;
/// The log has the size already that is to be committed.
const ENotGrown: u64 = 4;
/// The new tree does not begin with the committed one, or the proof is bad.
const EInconsistent: u64 = 5;
/// The entry is not at this place of the committed tree, or the proof is bad.
const ENotIncluded: u64 = 6;
/// The version that the log is for is no inference service.
const ENotAService: u64 = 7;
/// The capability is not that of the service's dataset.
const ENotOwner: u64 = 8;
/// The service was not attested by an enclave of this configuration.
const ENotAttested: u64 = 9;
/// The log is bound to enclaves: one must sign its heads.
const EMustBeSigned: u64 = 10;
/// The log is not bound to this configuration.
const EWrongConfig: u64 = 11;

// === Constants ===

const MAX_NAME_LENGTH: u64 = 128;
const HASH_LENGTH: u64 = 32;
const KIND_SERVICE: u8 = 4;
const INTENT_HEAD: u8 = 4;
/// How old a signed head may be: an hour.
const MAX_HEAD_AGE_MS: u64 = 3_600_000;

// === Structs ===

/// A log, as far as it is committed. Shared.
public struct Log has key {
    id: UID,
    name: String,
    /// The version of kind inference service whose answers are in it.
    service: Option<ID>,
    /// The configuration whose enclaves must sign every head.
    config: Option<ID>,
    tree_size: u64,
    root: vector<u8>,
    committed_at_ms: u64,
}

/// The right to commit to one log.
public struct LogCap has key, store {
    id: UID,
    log: ID,
}

/// What an enclave signs to commit: see the module.
public struct Head has copy, drop {
    log: ID,
    tree_size: u64,
    root: vector<u8>,
}

// === Public Functions ===

/// Opens an empty log that belongs to no recorded service, and shares it.
public fun create(
    name: String,
    catalog_version: &CatalogVersion,
    ctx: &mut TxContext,
): LogCap {
    catalog_version.check();
    create_for(name, option::none(), option::none(), ctx)
}

/// Opens an empty log of an inference service in the lineage, and shares it. `cap`
/// is that of the service's dataset.
public fun create_for_service(
    name: String,
    lineage: &Lineage,
    cap: &DatasetCap,
    service: ID,
    ctx: &mut TxContext,
): LogCap {
    check_service(lineage, cap, service);
    create_for(name, option::some(service), option::none(), ctx)
}

/// Opens an empty log of an inference service that an enclave of this configuration
/// attested, and shares it. Only heads that such an enclave signed are taken.
public fun create_for_enclaves(
    name: String,
    lineage: &Lineage,
    cap: &DatasetCap,
    service: ID,
    config: &EnclaveConfig,
    ctx: &mut TxContext,
): LogCap {
    check_service(lineage, cap, service);
    let config = object::id(config);
    assert!(
        attested::is_attested(lineage, service) &&
        attested::attestation(lineage, service).config() == config,
        ENotAttested,
    );
    create_for(name, option::some(service), option::some(config), ctx)
}

/// Commits to the log's first `tree_size` entries. `proof` shows that they begin
/// with those of the last commitment (RFC 9162, 2.1.4); it is empty for the first.
public fun commit(
    self: &mut Log,
    cap: &LogCap,
    tree_size: u64,
    root: vector<u8>,
    proof: vector<vector<u8>>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
) {
    catalog_version.check();
    assert!(self.config.is_none(), EMustBeSigned);
    self.grow(cap, tree_size, root, proof, clock);
}

/// As `commit`, for a log that is bound to a configuration: the enclave signed the
/// head at `timestamp_ms`, not more than an hour ago.
public fun commit_signed(
    self: &mut Log,
    cap: &LogCap,
    tree_size: u64,
    root: vector<u8>,
    proof: vector<vector<u8>>,
    config: &EnclaveConfig,
    enclave: &Enclave,
    timestamp_ms: u64,
    signature: vector<u8>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
) {
    catalog_version.check();
    assert!(self.config == option::some(object::id(config)), EWrongConfig);
    let log = object::id(self);
    enclave.check_signed(
        config,
        INTENT_HEAD,
        timestamp_ms,
        Head { log, tree_size, root },
        &signature,
        MAX_HEAD_AGE_MS,
        clock,
    );
    self.grow(cap, tree_size, root, proof, clock);
    enclave_events::emit_log_head_signed(log, tree_size, object::id(enclave), timestamp_ms);
}

/// Shows that `leaf` is entry `index` of the log as last committed, and puts that
/// on record. Everybody sees the leaf. Anybody may.
public fun open_leaf(
    self: &Log,
    index: u64,
    leaf: vector<u8>,
    proof: vector<vector<u8>>,
    catalog_version: &CatalogVersion,
) {
    catalog_version.check();
    let leaf_hash = merkle::hash_leaf(leaf);
    assert!(self.includes(index, leaf_hash, &proof), ENotIncluded);
    events::emit_leaf_opened(object::id(self), self.tree_size, index, leaf_hash);
}

// === View helpers ===

/// True if the leaf with this hash is entry `index` of the log as last committed.
public fun includes(
    self: &Log,
    index: u64,
    leaf_hash: vector<u8>,
    proof: &vector<vector<u8>>,
): bool {
    merkle::verify_inclusion(leaf_hash, index, self.tree_size, proof, &self.root)
}

/// The log's name.
public fun name(self: &Log): String { self.name }

/// The inference service whose answers are in the log, if it is recorded.
public fun service(self: &Log): Option<ID> { self.service }

/// The configuration whose enclaves must sign every head, if the log is bound.
public fun config(self: &Log): Option<ID> { self.config }

/// How many entries are committed.
public fun tree_size(self: &Log): u64 { self.tree_size }

/// Root of the tree of the committed entries, 32 bytes.
public fun root(self: &Log): vector<u8> { self.root }

/// When they were committed, in Unix milliseconds; 0 before the first commitment.
public fun committed_at_ms(self: &Log): u64 { self.committed_at_ms }

/// The log that the capability commits to.
public fun cap_log(self: &LogCap): ID { self.log }

// === Private Functions ===

fun grow(
    self: &mut Log,
    cap: &LogCap,
    tree_size: u64,
    root: vector<u8>,
    proof: vector<vector<u8>>,
    clock: &Clock,
) {
    assert!(cap.log == object::id(self), EWrongCap);
    assert!(root.length() == HASH_LENGTH, EInvalidRoot);
    assert!(tree_size >= self.tree_size, EShrinks);
    assert!(tree_size > self.tree_size, ENotGrown);
    if (self.tree_size == 0) {
        assert!(proof.is_empty(), EInconsistent);
    } else {
        assert!(
            merkle::verify_consistency(self.tree_size, &self.root, tree_size, &root, &proof),
            EInconsistent,
        );
    };
    let previous_size = self.tree_size;
    self.tree_size = tree_size;
    self.root = root;
    self.committed_at_ms = clock.timestamp_ms();
    events::emit_log_committed(
        object::id(self),
        previous_size,
        tree_size,
        root,
        self.committed_at_ms,
    );
}

fun check_service(lineage: &Lineage, cap: &DatasetCap, service: ID) {
    lineage.check_version();
    let node = lineage.node(service);
    assert!(node.kind() == KIND_SERVICE, ENotAService);
    assert!(node.dataset() == cap.cap_dataset(), ENotOwner);
}

fun create_for(
    name: String,
    service: Option<ID>,
    config: Option<ID>,
    ctx: &mut TxContext,
): LogCap {
    assert!(!name.is_empty() && name.length() <= MAX_NAME_LENGTH, EInvalidName);
    let log = Log {
        id: object::new(ctx),
        name,
        service,
        config,
        tree_size: 0,
        root: merkle::empty_root(),
        committed_at_ms: 0,
    };
    let cap = LogCap { id: object::new(ctx), log: object::id(&log) };
    events::emit_log_created(object::id(&log), object::id(&cap), name, service);
    if (config.is_some()) {
        enclave_events::emit_log_bound(object::id(&log), *config.borrow())
    };
    transfer::share_object(log);
    cap
}
