// SPDX-License-Identifier: Apache-2.0

/// A dataset, its lineage and a clock, for the tests of this package.
#[test_only]
module floe_catalog::world;

use floe_catalog::catalog::{Self, Dataset, DatasetCap, Version};
use floe_catalog::lineage::{Self, Lineage, Terms};
use floe_catalog::catalog_version::{Self, CatalogVersion};
use floe_storage::blob::{Self, Blob};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::test_scenario::{Self, Scenario};

const OWNER: address = @0xa;
const NOW_MS: u64 = 1_700_000_000_000;
const MANIFEST: u256 = 0xabc;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// All that the owner of a dataset has at hand.
public struct World {
    scenario: Scenario,
    lineage: Lineage,
    dataset: Dataset,
    cap: DatasetCap,
    /// The capability of another dataset.
    spare: DatasetCap,
    catalog_version: CatalogVersion,
    clock: Clock,
}

public fun owner(): address { OWNER }

public fun policy(): ID { object::id_from_address(@0x9) }

public fun begin(): World {
    let mut scenario = test_scenario::begin(OWNER);
    lineage::init_for_testing(scenario.ctx());
    catalog_version::init_for_testing(scenario.ctx());
    scenario.next_tx(OWNER);
    let lineage = scenario.take_shared<Lineage>();
    let catalog_version = scenario.take_shared<CatalogVersion>();
    let (dataset, cap) = new_dataset(b"iris", scenario.ctx());
    let (other, spare) = new_dataset(b"other", scenario.ctx());
    destroy(other);
    let mut clock = clock::create_for_testing(scenario.ctx());
    clock.set_for_testing(NOW_MS);
    World { scenario, lineage, dataset, cap, spare, catalog_version, clock }
}

/// A dataset of the sender.
public fun new_dataset(name: vector<u8>, ctx: &mut TxContext): (Dataset, DatasetCap) {
    let catalog_version = catalog_version::new_for_testing(ctx);
    let (dataset, cap) = catalog::new(name.to_string(), &catalog_version, ctx);
    destroy(catalog_version);
    (dataset, cap)
}

public fun end(self: World) {
    destroy(self);
}

public fun lineage(self: &World): &Lineage { &self.lineage }

public fun lineage_mut(self: &mut World): &mut Lineage { &mut self.lineage }

public fun dataset(self: &World): &Dataset { &self.dataset }

public fun dataset_id(self: &World): ID { object::id(&self.dataset) }

public fun clock(self: &World): &Clock { &self.clock }

public fun scenario(self: &mut World): &mut Scenario { &mut self.scenario }

public fun cap(self: &World): &DatasetCap { &self.cap }

public fun catalog_version(self: &World): &CatalogVersion { &self.catalog_version }

/// Lets the version in force be a later one than this code.
public fun outdate(self: &mut World) {
    self.catalog_version.set_for_testing(2);
    self.lineage.set_version_for_testing(2);
}

public fun ctx(self: &mut World): &mut TxContext { self.scenario.ctx() }

/// The parts that calls want together.
public fun parts(self: &mut World): (&mut Lineage, &DatasetCap, &Dataset, &Clock, &mut Scenario) {
    (&mut self.lineage, &self.cap, &self.dataset, &self.clock, &mut self.scenario)
}

public fun set_time(self: &mut World, ms: u64) { self.clock.set_for_testing(ms) }

/// From now on the other dataset's capability is used, or again the right one.
public fun swap_cap(self: &mut World) {
    let World { cap, spare, .. } = self;
    catalog::swap_for_testing(cap, spare);
}

/// Terms by which parents share equally, and owner gets the half that is kept.
public fun terms(parents: vector<ID>, digests: vector<vector<u8>>): Terms {
    let count = parents.length();
    let mut weights = vector<u16>[];
    count.do!(|i| {
        let rest = if (i == 0) 10_000 % count else 0;
        weights.push_back((10_000 / count + rest) as u16)
    });
    let (kind, passed_on) = if (count == 0) (0, 0) else (1, 5_000);
    lineage::new_terms(
        kind,
        DIGEST,
        DIGEST,
        parents,
        digests,
        weights,
        passed_on,
        vector[OWNER],
        vector[10_000],
        0,
    )
}

/// A recorded version without parents.
public fun root(self: &mut World): ID { self.publish(terms(vector[], vector[])) }

/// A recorded version of these parents.
public fun child(self: &mut World, parents: vector<ID>): ID {
    let digests = parents.map_ref!(|p| self.lineage.node(*p).manifest_digest());
    self.publish(terms(parents, digests))
}

public fun publish(self: &mut World, terms: Terms): ID {
    let blob = self.blob(option::some(5));
    self.publish_blob(blob, terms)
}

/// Publishes and records a version whose manifest is `blob`. Its digest is its
/// number's.
public fun publish_blob(self: &mut World, blob: Blob, terms: Terms): ID {
    let number = self.dataset.version_count() + 1;
    self
        .lineage
        .publish_version(
            &mut self.dataset,
            &self.cap,
            std::hash::sha2_256(sui::bcs::to_bytes(&number)),
            MANIFEST,
            policy(),
            vector[blob],
            terms,
            &self.clock,
            self.scenario.ctx(),
        )
}

public fun publish_unrecorded(self: &mut World): ID {
    let blob = self.blob(option::some(5));
    self
        .dataset
        .publish_version(
            &self.cap,
            DIGEST,
            MANIFEST,
            policy(),
            vector[blob],
            &self.catalog_version,
            &self.clock,
            self.scenario.ctx(),
        );
    self.dataset.latest().destroy_some()
}

/// Publishes a version of these blobs, the first of which is its manifest, without
/// recording it.
public fun publish_blobs(self: &mut World, digest: vector<u8>, blobs: vector<Blob>): Version {
    self
        .dataset
        .publish_version(
            &self.cap,
            digest,
            MANIFEST,
            policy(),
            blobs,
            &self.catalog_version,
            &self.clock,
            self.scenario.ctx(),
        );
    self.scenario.next_tx(OWNER);
    self.scenario.take_immutable_by_id<Version>(self.dataset.latest().destroy_some())
}

public fun record(self: &mut World, version: ID, terms: Terms) {
    self.scenario.next_tx(OWNER);
    let version = self.scenario.take_immutable_by_id<Version>(version);
    self.lineage.record(&self.cap, &version, terms, &self.clock);
    test_scenario::return_immutable(version);
}

public fun blob(self: &mut World, certified_epoch: Option<u32>): Blob {
    blob::new_for_testing(MANIFEST, 1, certified_epoch, 9, false, self.scenario.ctx())
}

public fun bind_origin(self: &mut World, blob: &Blob, digest: vector<u8>) {
    self.lineage.bind_origin(&self.cap, blob, digest, &self.clock)
}

public fun revoke(self: &mut World, version: ID) {
    self.lineage.revoke(&self.cap, version, DIGEST, &self.clock)
}

public fun hold(self: &mut World, version: ID) {
    self.lineage.place_hold(&self.cap, version, DIGEST, &self.clock)
}

public fun announce_release(self: &mut World, version: ID) {
    self.lineage.announce_release(&self.cap, version, &self.clock)
}

public fun release(self: &mut World, version: ID) {
    self.lineage.release_hold(&self.cap, version, &self.clock)
}
