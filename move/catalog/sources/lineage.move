// SPDX-License-Identifier: Apache-2.0

/// What was made from what: versions of datasets as a graph without circles.
///
/// A version takes its place once, and what it says then is final: its parents,
/// by which weights they share in its income, its licence. Parents are in the
/// graph before their children, so there can be no circle. Only being revoked and
/// being on hold change later.
///
/// The whole graph is one shared object. A check of all ancestors therefore needs
/// no list of them that a caller might cut short, and is bounded: a version lies
/// at most 16 edges above a version without parents and has at most 64 ancestors.
module floe_catalog::lineage;

use floe_catalog::catalog::{Dataset, DatasetCap, Version};
use floe_catalog::events;
use floe_catalog::hold::{Self, Hold};
use floe_catalog::hold_events;
use floe_catalog::catalog_version::{Self, CatalogVersion, CatalogVersionCap};
use floe_storage::blob::Blob;
use sui::clock::Clock;
use sui::table::{Self, Table};

// === Errors ===

/// The capability is another dataset's.
const EWrongCap: u64 = 0;
/// The version is in the lineage already.
const EAlreadyRecorded: u64 = 1;
/// There is no such version in the lineage.
const EUnknownVersion: u64 = 2;
/// The kind is not 0 to 4.
const EInvalidKind: u64 = 3;
/// A digest is not 32 bytes long.
const EInvalidDigest: u64 = 4;
/// Parents, their digests and their weights differ in number, or there are more
/// than 32.
const EInvalidParents: u64 = 5;
/// A parent is named twice.
const EDuplicateParent: u64 = 6;
/// A parent's manifest has another digest than the child says.
const EParentDigestMismatch: u64 = 7;
/// A parent is revoked.
const EParentRevoked: u64 = 8;
/// Weights are 0, do not sum to 10,000 basis points, or a version without
/// parents passes income on.
const EInvalidWeights: u64 = 9;
/// There is no payee, there are more than 8 or not as many as weights, or one is
/// named twice.
const EInvalidPayees: u64 = 10;
/// The version would lie more than 16 edges above a version without parents.
const ETooDeep: u64 = 11;
/// The version would have more than 64 ancestors.
const ETooManyAncestors: u64 = 12;
/// The version or an ancestor is revoked.
const ERevoked: u64 = 13;
/// The version or an ancestor is on hold.
const EOnHold: u64 = 14;
/// The version is not on hold.
const ENotOnHold: u64 = 15;
/// The end of the hold was not announced, or its time has not come.
const ETooEarly: u64 = 16;
/// The blob is certified already: its origin can no longer be stated.
const EAlreadyCertified: u64 = 17;
/// The origin of the blob was stated already.
const EOriginAlreadyBound: u64 = 18;
/// The origin was stated for another dataset.
const EOriginOfAnotherDataset: u64 = 19;
/// The refund window is longer than 90 days.
const EInvalidRefundWindow: u64 = 20;

// === Constants ===

/// The highest kind: 0 dataset, 1 transform, 2 training, 3 model, 4 inference service.
const KIND_SERVICE: u8 = 4;

/// The whole, in basis points.
const WHOLE_BPS: u64 = 10_000;
/// SHA-256.
const DIGEST_LENGTH: u64 = 32;

const MAX_PARENTS: u64 = 32;
const MAX_PAYEES: u64 = 8;
const MAX_DEPTH: u64 = 16;
const MAX_ANCESTORS: u64 = 64;
/// 90 days.
const MAX_REFUND_WINDOW_MS: u64 = 7_776_000_000;
// Answers of `standing`.
const LIVING: u8 = 0;
const REVOKED: u8 = 1;
const ON_HOLD: u8 = 2;

/// From announcing that a hold ends to its end: 3 days.
const RELEASE_DELAY_MS: u64 = 259_200_000;

// === Structs ===

/// The graph. Shared; there is one per published package.
public struct Lineage has key {
    id: UID,
    /// The version of the package in force; as in `CatalogVersion`.
    version: u64,
    /// By the id of the version.
    nodes: Table<ID, Node>,
    /// Statements on where data comes from, by the object of the manifest's blob.
    origins: Table<ID, Origin>,
}

/// A version's place in the graph.
public struct Node has store {
    dataset: ID,
    kind: u8,
    manifest_digest: vector<u8>,
    policy: ID,
    parents: vector<Edge>,
    /// The part of income that goes to the parents; the payees share the rest.
    passed_on_bps: u16,
    payees: vector<Payee>,
    /// How long what was paid for the version is kept back.
    refund_window_ms: u64,
    /// Edges on the longest way to a version without parents.
    depth: u64,
    revoked_at_ms: Option<u64>,
    held_since_ms: Option<u64>,
    /// When the hold may end, once that is announced.
    release_at_ms: Option<u64>,
    /// A hold of others than the owner.
    legal_hold: Hold,
}

/// A parent, and its share in what is passed on to parents.
public struct Edge has copy, drop, store {
    version: ID,
    weight_bps: u16,
    /// Depth of the parent.
    depth: u64,
}

/// Who earns, and which share of what the version keeps.
public struct Payee has copy, drop, store {
    account: address,
    weight_bps: u16,
}

/// What is said once and for ever about a version.
public struct Terms has copy, drop {
    kind: u8,
    licence_digest: vector<u8>,
    croissant_digest: vector<u8>,
    parents: vector<ID>,
    parent_digests: vector<vector<u8>>,
    weights_bps: vector<u16>,
    passed_on_bps: u16,
    payees: vector<address>,
    payee_weights_bps: vector<u16>,
    refund_window_ms: u64,
    /// Who may place a legal hold, and how many it takes.
    legal_hold: Hold,
}

/// A statement on where the content of a blob comes from.
public struct Origin has copy, drop, store {
    dataset: ID,
    statement_digest: vector<u8>,
}

// === Init ===

/// Shares the empty graph.
fun init(ctx: &mut TxContext) {
    transfer::share_object(Lineage {
        id: object::new(ctx),
        version: catalog_version::current(),
        nodes: table::new(ctx),
        origins: table::new(ctx),
    })
}

// === Public Functions ===

/// What is to be said about a version.
///
/// `licence_digest` and `croissant_digest` are SHA-256 of the licence's text and of
/// the Croissant description. `parents` are all versions that this one was made
/// from, `parent_digests` their manifests' digests, as the child's manifest names
/// them, `weights_bps` their shares, which sum to 10,000, in the `passed_on_bps` of
/// the version's income. `payees` share the rest by `payee_weights_bps`, which sum
/// to 10,000. Payments are kept back, for a refund, for `refund_window_ms`.
public fun new_terms(
    kind: u8,
    licence_digest: vector<u8>,
    croissant_digest: vector<u8>,
    parents: vector<ID>,
    parent_digests: vector<vector<u8>>,
    weights_bps: vector<u16>,
    passed_on_bps: u16,
    payees: vector<address>,
    payee_weights_bps: vector<u16>,
    refund_window_ms: u64,
): Terms {
    let terms = Terms {
        kind,
        licence_digest,
        croissant_digest,
        parents,
        parent_digests,
        weights_bps,
        passed_on_bps,
        payees,
        payee_weights_bps,
        refund_window_ms,
        legal_hold: hold::new(vector[], 0),
    };
    terms.check();
    terms
}

/// The same, with holders of whom `threshold` can put the version on legal hold:
/// see `legal_hold`. Without this nobody can.
public fun held_by(mut self: Terms, holders: vector<address>, threshold: u64): Terms {
    self.legal_hold = hold::new(holders, threshold);
    self
}

/// States where the content behind a blob comes from, before any certificate of
/// it exists. The blob is to be the manifest of a version, so that the statement
/// covers all that the manifest names. `statement_digest` is SHA-256.
public fun bind_origin(
    self: &mut Lineage,
    cap: &DatasetCap,
    manifest: &Blob,
    statement_digest: vector<u8>,
    clock: &Clock,
) {
    self.check_version();
    assert!(statement_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(!manifest.is_certified(), EAlreadyCertified);
    let object_id = manifest.object_id();
    assert!(!self.origins.contains(object_id), EOriginAlreadyBound);
    let dataset = cap.cap_dataset();
    self.origins.add(object_id, Origin { dataset, statement_digest });
    events::emit_origin_bound(
        dataset,
        object_id,
        manifest.blob_id(),
        statement_digest,
        clock.timestamp_ms(),
    );
}

/// Publishes the next version of a dataset, see `catalog::publish_version`, and
/// gives it its place in the lineage.
public fun publish_version(
    self: &mut Lineage,
    dataset: &mut Dataset,
    cap: &DatasetCap,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    policy: ID,
    blobs: vector<Blob>,
    terms: Terms,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    let version = dataset.new_version(
        cap,
        manifest_digest,
        manifest_blob_id,
        policy,
        blobs,
        clock,
        ctx,
    );
    self.record(cap, &version, terms, clock);
    let id = object::id(&version);
    version.freeze_version();
    id
}

/// Gives a version its place in the lineage.
public fun record(
    self: &mut Lineage,
    cap: &DatasetCap,
    version: &Version,
    terms: Terms,
    clock: &Clock,
) {
    self.check_version();
    terms.check();
    let id = object::id(version);
    assert!(cap.cap_dataset() == version.dataset(), EWrongCap);
    assert!(!self.nodes.contains(id), EAlreadyRecorded);
    let parents = self.check_parents(&terms);
    let depth = depth_above(&parents);
    assert!(depth <= MAX_DEPTH, ETooDeep);
    let node = Node {
        dataset: version.dataset(),
        kind: terms.kind,
        manifest_digest: version.manifest_digest(),
        policy: version.policy(),
        parents,
        passed_on_bps: terms.passed_on_bps,
        payees: new_payees(&terms),
        refund_window_ms: terms.refund_window_ms,
        depth,
        revoked_at_ms: option::none(),
        held_since_ms: option::none(),
        release_at_ms: option::none(),
        legal_hold: terms.legal_hold,
    };
    self.nodes.add(id, node);
    assert!(self.ancestors(id).length() <= MAX_ANCESTORS, ETooManyAncestors);
    events::emit_node_recorded(
        id,
        version.dataset(),
        version.number(),
        version.previous(),
        terms.kind,
        depth,
        version.manifest_digest(),
        terms.licence_digest,
        terms.croissant_digest,
        self.origin_of(version),
        version.policy(),
        terms.parents,
        terms.parent_digests,
        terms.weights_bps,
        terms.passed_on_bps,
        terms.payees,
        terms.payee_weights_bps,
        terms.refund_window_ms,
        clock.timestamp_ms(),
    );
    let holders = terms.legal_hold.holders();
    if (holders.is_empty()) return;
    let threshold = terms.legal_hold.threshold();
    hold_events::emit_holders_named(id, version.dataset(), holders, threshold);
}

/// Revokes a version for ever. `reason_digest` is SHA-256 of the reason, or empty.
public fun revoke(
    self: &mut Lineage,
    cap: &DatasetCap,
    version: ID,
    reason_digest: vector<u8>,
    clock: &Clock,
) {
    self.check_version();
    assert!(cap.cap_dataset() == self.node(version).dataset, EWrongCap);
    assert!(self.node(version).revoked_at_ms.is_none(), ERevoked);
    self.revoke_for(version, option::none(), reason_digest, clock);
}

/// Puts a version on hold, at once. A hold that was going to end goes on.
public fun place_hold(
    self: &mut Lineage,
    cap: &DatasetCap,
    version: ID,
    reason_digest: vector<u8>,
    clock: &Clock,
) {
    self.check_version();
    let now = clock.timestamp_ms();
    let node = self.node_mut(cap, version);
    assert!(node.held_since_ms.is_none() || node.release_at_ms.is_some(), EOnHold);
    if (node.held_since_ms.is_none()) node.held_since_ms = option::some(now);
    node.release_at_ms = option::none();
    events::emit_hold_placed(version, cap.cap_dataset(), reason_digest, now);
}

/// Announces that a hold is going to end, 3 days from now at the earliest.
public fun announce_release(self: &mut Lineage, cap: &DatasetCap, version: ID, clock: &Clock) {
    self.check_version();
    let release_at = clock.timestamp_ms() + RELEASE_DELAY_MS;
    let node = self.node_mut(cap, version);
    assert!(node.held_since_ms.is_some(), ENotOnHold);
    node.release_at_ms = option::some(release_at);
    events::emit_hold_release_announced(version, cap.cap_dataset(), release_at);
}

/// Ends a hold whose end was announced.
public fun release_hold(self: &mut Lineage, cap: &DatasetCap, version: ID, clock: &Clock) {
    self.check_version();
    let now = clock.timestamp_ms();
    let node = self.node_mut(cap, version);
    assert!(node.held_since_ms.is_some(), ENotOnHold);
    assert!(node.release_at_ms.is_some() && now >= *node.release_at_ms.borrow(), ETooEarly);
    node.held_since_ms = option::none();
    node.release_at_ms = option::none();
    events::emit_hold_released(version, cap.cap_dataset(), now);
}

/// Puts this version of the package in force, after an upgrade.
public fun migrate(
    self: &mut Lineage,
    catalog_version: &mut CatalogVersion,
    cap: &CatalogVersionCap,
) {
    catalog_version.migrate(cap);
    self.version = catalog_version.version();
}

/// Aborts unless the version and all its ancestors are neither revoked nor on
/// hold. Aborts as well if the version lies more than `max_depth` edges above a
/// version without parents: who states a bound knows how much it trusts.
public fun assert_living(self: &Lineage, version: ID, max_depth: u64) {
    assert!(self.node(version).depth <= max_depth, ETooDeep);
    let standing = self.standing(version);
    assert!(standing != REVOKED, ERevoked);
    assert!(standing != ON_HOLD, EOnHold);
}

// === View helpers ===

/// True if the version has its place in the lineage.
public fun contains(self: &Lineage, version: ID): bool { self.nodes.contains(version) }

/// Whether the version lives, which policies can demand: 0 if it and all its
/// ancestors, 64 at most, are neither revoked nor on hold; 1 if one of them is
/// revoked, for ever; 2 if none is, but one is on hold.
public fun standing(self: &Lineage, version: ID): u8 {
    self.check_version();
    let mut line = vector[version];
    line.append(self.ancestors(version));
    let mut standing = LIVING;
    let mut i = 0;
    while (i < line.length()) {
        let node = self.node(line[i]);
        if (node.revoked_at_ms.is_some()) return REVOKED;
        if (node.is_held()) standing = ON_HOLD;
        i = i + 1;
    };
    standing
}

/// True if the version and all its ancestors are neither revoked nor on hold.
public fun is_living(self: &Lineage, version: ID): bool { self.standing(version) == LIVING }

/// True if the version itself is neither revoked nor on hold.
public fun is_alive(self: &Lineage, version: ID): bool {
    self.check_version();
    let node = self.node(version);
    node.revoked_at_ms.is_none() && !node.is_held()
}

/// All ancestors of the version, each once: parents, their parents, and so on.
public fun ancestors(self: &Lineage, version: ID): vector<ID> {
    let mut found = vector<ID>[];
    self.add_parents(&mut found, version);
    let mut i = 0;
    while (i < found.length()) {
        let next = found[i];
        self.add_parents(&mut found, next);
        i = i + 1;
    };
    found
}

/// The version's place in the lineage.
public fun node(self: &Lineage, version: ID): &Node {
    assert!(self.nodes.contains(version), EUnknownVersion);
    self.nodes.borrow(version)
}

/// The dataset that the version belongs to.
public fun dataset(self: &Node): ID { self.dataset }

/// 0 dataset, 1 transform, 2 training, 3 model, 4 inference service.
public fun kind(self: &Node): u8 { self.kind }

/// The policy that guards the version's keys.
public fun policy(self: &Node): ID { self.policy }

/// Digest of the version's manifest.
public fun manifest_digest(self: &Node): vector<u8> { self.manifest_digest }

/// The parents, in the order given at the time.
public fun parents(self: &Node): &vector<Edge> { &self.parents }

/// The part of income that goes to the parents, in basis points.
public fun passed_on_bps(self: &Node): u16 { self.passed_on_bps }

/// Who shares what the version keeps.
public fun payees(self: &Node): &vector<Payee> { &self.payees }

/// How long payments are kept back for a refund.
public fun refund_window_ms(self: &Node): u64 { self.refund_window_ms }

/// Edges on the longest way to a version without parents.
public fun depth(self: &Node): u64 { self.depth }

/// When the version was revoked; none if it is not.
public fun revoked_at_ms(self: &Node): Option<u64> { self.revoked_at_ms }

/// Since when the version is on hold; none if it is not.
public fun held_since_ms(self: &Node): Option<u64> { self.held_since_ms }

/// When the hold may end; none as long as that is not announced.
public fun release_at_ms(self: &Node): Option<u64> { self.release_at_ms }

/// Who may place a legal hold, and until when it stands.
public fun legal_hold(self: &Node): &Hold { &self.legal_hold }

/// True if the version is on hold, by its owner or by law.
public fun is_held(self: &Node): bool {
    self.held_since_ms.is_some() || self.legal_hold.until_ms().is_some()
}

/// The parent.
public fun edge_version(self: &Edge): ID { self.version }

/// The parent's share in what is passed on, in basis points.
public fun edge_weight_bps(self: &Edge): u16 { self.weight_bps }

/// The parent's depth.
public fun edge_depth(self: &Edge): u64 { self.depth }

/// The address that may claim.
public fun payee_account(self: &Payee): address { self.account }

/// Its share in what the version keeps, in basis points.
public fun payee_weight_bps(self: &Payee): u16 { self.weight_bps }

/// The version of the package in force.
public fun version(self: &Lineage): u64 { self.version }

// === Package Functions ===

/// Aborts unless the code that runs is the version in force.
public(package) fun check_version(self: &Lineage) { catalog_version::check_number(self.version) }

public(package) fun legal_hold_mut(self: &mut Lineage, version: ID): &mut Hold {
    &mut self.nodes.borrow_mut(version).legal_hold
}

/// Revokes a version that may be revoked already: that changes nothing.
public(package) fun revoke_for(
    self: &mut Lineage,
    version: ID,
    consent: Option<ID>,
    reason_digest: vector<u8>,
    clock: &Clock,
) {
    let now = clock.timestamp_ms();
    let node = self.nodes.borrow_mut(version);
    if (node.revoked_at_ms.is_some()) return;
    node.revoked_at_ms = option::some(now);
    events::emit_node_revoked(version, node.dataset, consent, reason_digest, now);
}

/// Where `attested` keeps what enclaves vouch for.
public(package) fun uid(self: &Lineage): &UID { &self.id }

public(package) fun uid_mut(self: &mut Lineage): &mut UID { &mut self.id }

// === Private Functions ===

/// Terms may come from an older version of this package, so they are checked again
/// where they begin to count.
fun check(self: &Terms) {
    assert!(self.kind <= KIND_SERVICE, EInvalidKind);
    assert!(self.licence_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    assert!(self.croissant_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    let count = self.parents.length();
    assert!(
        count <= MAX_PARENTS &&
        self.parent_digests.length() == count &&
        self.weights_bps.length() == count,
        EInvalidParents,
    );
    assert!((self.passed_on_bps as u64) <= WHOLE_BPS, EInvalidWeights);
    if (count == 0) {
        assert!(self.passed_on_bps == 0, EInvalidWeights)
    } else {
        check_weights(&self.weights_bps)
    };
    assert!(
        !self.payees.is_empty() &&
        self.payees.length() <= MAX_PAYEES &&
        self.payees.length() == self.payee_weights_bps.length(),
        EInvalidPayees,
    );
    check_weights(&self.payee_weights_bps);
    assert!(self.refund_window_ms <= MAX_REFUND_WINDOW_MS, EInvalidRefundWindow);
    self.legal_hold.check();
}

/// The edges to the parents that the terms name, after checking them.
fun check_parents(self: &Lineage, terms: &Terms): vector<Edge> {
    let mut edges = vector<Edge>[];
    let mut i = 0;
    while (i < terms.parents.length()) {
        let version = terms.parents[i];
        let mut j = 0;
        while (j < i) {
            assert!(terms.parents[j] != version, EDuplicateParent);
            j = j + 1;
        };
        let parent = self.node(version);
        assert!(parent.manifest_digest == terms.parent_digests[i], EParentDigestMismatch);
        assert!(parent.revoked_at_ms.is_none(), EParentRevoked);
        edges.push_back(Edge {
            version,
            weight_bps: terms.weights_bps[i],
            depth: parent.depth,
        });
        i = i + 1;
    };
    edges
}

/// One more than the deepest parent; 0 without parents.
fun depth_above(parents: &vector<Edge>): u64 {
    let mut depth = 0;
    let mut i = 0;
    while (i < parents.length()) {
        if (parents[i].depth >= depth) depth = parents[i].depth + 1;
        i = i + 1;
    };
    depth
}

fun new_payees(terms: &Terms): vector<Payee> {
    let mut payees = vector<Payee>[];
    let mut i = 0;
    while (i < terms.payees.length()) {
        let account = terms.payees[i];
        let mut j = 0;
        while (j < i) {
            assert!(terms.payees[j] != account, EInvalidPayees);
            j = j + 1;
        };
        payees.push_back(Payee { account, weight_bps: terms.payee_weights_bps[i] });
        i = i + 1;
    };
    payees
}

fun check_weights(weights_bps: &vector<u16>) {
    let mut sum = 0;
    let mut i = 0;
    while (i < weights_bps.length()) {
        assert!(weights_bps[i] > 0, EInvalidWeights);
        sum = sum + (weights_bps[i] as u64);
        i = i + 1;
    };
    assert!(sum == WHOLE_BPS, EInvalidWeights);
}

/// The statement that was bound to the version's manifest, if any.
fun origin_of(self: &Lineage, version: &Version): Option<vector<u8>> {
    let object_id = version.manifest_object();
    if (!self.origins.contains(object_id)) return option::none();
    let origin = self.origins.borrow(object_id);
    assert!(origin.dataset == version.dataset(), EOriginOfAnotherDataset);
    option::some(origin.statement_digest)
}

fun add_parents(self: &Lineage, found: &mut vector<ID>, version: ID) {
    let parents = &self.node(version).parents;
    let mut i = 0;
    while (i < parents.length()) {
        let parent = parents[i].version;
        if (!found.contains(&parent)) found.push_back(parent);
        i = i + 1;
    }
}

fun node_mut(self: &mut Lineage, cap: &DatasetCap, version: ID): &mut Node {
    assert!(cap.cap_dataset() == self.node(version).dataset, EWrongCap);
    self.nodes.borrow_mut(version)
}

// === Test-Only Helpers ===

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }

#[test_only]
public fun new_for_testing(ctx: &mut TxContext): Lineage {
    let nodes = table::new(ctx);
    let origins = table::new(ctx);
    Lineage { id: object::new(ctx), version: catalog_version::current(), nodes, origins }
}

#[test_only]
public fun set_version_for_testing(self: &mut Lineage, version: u64) { self.version = version }
