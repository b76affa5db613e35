// SPDX-License-Identifier: Apache-2.0

/// Datasets and their versions.
///
/// A dataset is a name with a growing list of versions. A version is frozen when
/// it is published and owns the certified blobs that hold its files, encrypted,
/// and its manifest. It names the policy that guards its keys; it does not check
/// it, since a policy decides for itself.
module floe_catalog::catalog;

use floe_catalog::events;
use floe_catalog::catalog_version::CatalogVersion;
use floe_storage::blob::Blob;
use floe_storage::system::System;
use std::string::String;
use sui::clock::Clock;

// === Errors ===

/// The name is empty or longer than 128 bytes.
const EInvalidName: u64 = 0;
/// The capability is another dataset's.
const EWrongCap: u64 = 1;
/// The manifest digest is not 32 bytes long.
const EInvalidDigest: u64 = 2;
/// A blob is not certified.
const EBlobNotCertified: u64 = 3;
/// Two blobs have the same blob id.
const EDuplicateBlob: u64 = 4;
/// The manifest's blob is not among the blobs.
const EManifestNotIncluded: u64 = 5;
/// No blob of the version would end later than it does.
const ENothingToExtend: u64 = 6;
/// No blob of the version has expired without being recorded.
const ENothingExpired: u64 = 7;

// === Constants ===

const MAX_NAME_LENGTH: u64 = 128;
/// SHA-256 of the canonical manifest.
const DIGEST_LENGTH: u64 = 32;

// === Structs ===

/// A named sequence of versions. Shared.
public struct Dataset has key {
    id: UID,
    name: String,
    owner: address,
    version_count: u64,
    /// The version published last; none until there is one.
    latest: Option<ID>,
}

/// The right to publish versions of one dataset.
public struct DatasetCap has key, store {
    id: UID,
    dataset: ID,
}

/// A published version. Frozen, so nobody can change or delete it.
public struct Version has key {
    id: UID,
    dataset: ID,
    /// 1 for the first version of a dataset.
    number: u64,
    /// The version before; none for the first. Leads from `Dataset.latest` to all
    /// versions, with no index.
    previous: Option<ID>,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    /// The policy that guards the version's keys.
    policy: ID,
    blobs: vector<Blob>,
    published_at_ms: u64,
}

// === Public Functions ===

/// Creates a dataset owned by the sender, without versions. It is to be passed
/// to `share` in the same transaction. Names need not be unique.
public fun new(
    name: String,
    catalog_version: &CatalogVersion,
    ctx: &mut TxContext,
): (Dataset, DatasetCap) {
    catalog_version.check();
    assert!(!name.is_empty() && name.length() <= MAX_NAME_LENGTH, EInvalidName);
    let owner = ctx.sender();
    let dataset = Dataset {
        id: object::new(ctx),
        name,
        owner,
        version_count: 0,
        latest: option::none(),
    };
    let cap = DatasetCap { id: object::new(ctx), dataset: object::id(&dataset) };
    events::emit_dataset_created(object::id(&dataset), object::id(&cap), name, owner);
    (dataset, cap)
}

/// Makes the dataset visible to everybody.
public fun share(self: Dataset) {
    transfer::share_object(self)
}

/// Publishes the next version. `manifest_digest` is the SHA-256 of the canonical
/// manifest, `manifest_blob_id` the blob that stores it, which is one of
/// `blobs`. The blobs are given away: the frozen version holds them for ever.
public fun publish_version(
    self: &mut Dataset,
    cap: &DatasetCap,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    policy: ID,
    blobs: vector<Blob>,
    catalog_version: &CatalogVersion,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    catalog_version.check();
    self
        .new_version(cap, manifest_digest, manifest_blob_id, policy, blobs, clock, ctx)
        .freeze_version()
}

/// Prolongs the storage of all blobs of the version that would end before
/// `end_epoch` (exclusive). Anybody may.
public fun extend_version(self: &Version, system: &mut System, end_epoch: u32) {
    let mut extended = false;
    let mut i = 0;
    while (i < self.blobs.length()) {
        let blob = &self.blobs[i];
        if (system.end_epoch_of(blob) < end_epoch) {
            system.extend_frozen_blob(blob, end_epoch);
            extended = true;
        };
        i = i + 1;
    };
    assert!(extended, ENothingToExtend);
}

/// Records the expiry of all blobs of the version whose last epoch is over and
/// that were not recorded yet. Anybody may.
public fun expire_version(self: &Version, system: &mut System) {
    let epoch = system.epoch();
    let mut expired = false;
    let mut i = 0;
    while (i < self.blobs.length()) {
        let blob = &self.blobs[i];
        if (system.end_epoch_of(blob) <= epoch && !system.is_expiry_recorded(blob)) {
            system.expire_blob(blob);
            expired = true;
        };
        i = i + 1;
    };
    assert!(expired, ENothingExpired);
}

// === View helpers ===

/// The dataset's name.
public fun name(self: &Dataset): String { self.name }

/// The address that created the dataset.
public fun owner(self: &Dataset): address { self.owner }

/// The number of versions published so far, and the number of the latest.
public fun version_count(self: &Dataset): u64 { self.version_count }

/// The version published last; none until there is one.
public fun latest(self: &Dataset): Option<ID> { self.latest }

/// The dataset that the capability publishes to.
public fun cap_dataset(self: &DatasetCap): ID { self.dataset }

/// The dataset that the version belongs to.
public fun dataset(self: &Version): ID { self.dataset }

/// The version's number, from 1.
public fun number(self: &Version): u64 { self.number }

/// The version before; none for the first.
public fun previous(self: &Version): Option<ID> { self.previous }

/// SHA-256 of the canonical manifest, 32 bytes.
public fun manifest_digest(self: &Version): vector<u8> { self.manifest_digest }

/// The blob that stores the manifest.
public fun manifest_blob_id(self: &Version): u256 { self.manifest_blob_id }

/// The policy that guards the version's keys.
public fun policy(self: &Version): ID { self.policy }

/// The certified blobs of the version, in the order given at publication.
public fun blobs(self: &Version): &vector<Blob> { &self.blobs }

/// When the version was published, in Unix milliseconds.
public fun published_at_ms(self: &Version): u64 { self.published_at_ms }

/// First epoch in which some blob of the version is no longer stored, all
/// extensions counted.
public fun end_epoch(self: &Version, system: &System): u32 {
    let mut end = system.end_epoch_of(&self.blobs[0]);
    let mut i = 1;
    while (i < self.blobs.length()) {
        let next = system.end_epoch_of(&self.blobs[i]);
        if (next < end) end = next;
        i = i + 1;
    };
    end
}

/// True if all blobs of the version are stored now.
public fun is_stored(self: &Version, system: &System): bool {
    system.epoch() < self.end_epoch(system)
}

/// The object that registered the manifest's blob.
public fun manifest_object(self: &Version): ID {
    let mut i = 0;
    while (self.blobs[i].blob_id() != self.manifest_blob_id) i = i + 1;
    self.blobs[i].object_id()
}

// === Package Functions ===

/// Makes the next version, to be frozen; see `publish_version`.
public(package) fun new_version(
    self: &mut Dataset,
    cap: &DatasetCap,
    manifest_digest: vector<u8>,
    manifest_blob_id: u256,
    policy: ID,
    blobs: vector<Blob>,
    clock: &Clock,
    ctx: &mut TxContext,
): Version {
    assert!(cap.dataset == object::id(self), EWrongCap);
    assert!(manifest_digest.length() == DIGEST_LENGTH, EInvalidDigest);
    let blob_ids = check_blobs(&blobs);
    assert!(blob_ids.contains(&manifest_blob_id), EManifestNotIncluded);

    let version = Version {
        id: object::new(ctx),
        dataset: object::id(self),
        number: self.version_count + 1,
        previous: self.latest,
        manifest_digest,
        manifest_blob_id,
        policy,
        blobs,
        published_at_ms: clock.timestamp_ms(),
    };
    let version_id = object::id(&version);
    self.version_count = version.number;
    self.latest = option::some(version_id);
    events::emit_version_published(
        version.dataset,
        version_id,
        version.number,
        manifest_digest,
        manifest_blob_id,
        policy,
        blob_ids,
    );
    version
}

/// Makes the version immutable.
public(package) fun freeze_version(self: Version) {
    transfer::freeze_object(self)
}

// === Private Functions ===

/// The blobs' ids, after checking that each is certified and there only once.
fun check_blobs(blobs: &vector<Blob>): vector<u256> {
    let mut blob_ids = vector<u256>[];
    let mut i = 0;
    while (i < blobs.length()) {
        let blob = &blobs[i];
        assert!(blob.is_certified(), EBlobNotCertified);
        let blob_id = blob.blob_id();
        assert!(!blob_ids.contains(&blob_id), EDuplicateBlob);
        blob_ids.push_back(blob_id);
        i = i + 1;
    };
    blob_ids
}

// === Test-Only Helpers ===

#[test_only]
/// Lets each capability be the other's.
public fun swap_for_testing(a: &mut DatasetCap, b: &mut DatasetCap) {
    let dataset = a.dataset;
    a.dataset = b.dataset;
    b.dataset = dataset;
}
