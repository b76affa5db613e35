// SPDX-License-Identifier: Apache-2.0

/// A dataset under a policy, for tests of what binds the two.
#[test_only]
module floe_access::data;

use floe_access::clauses;
use floe_access::world::{Self, World};
use floe_catalog::catalog::{Self, Dataset, DatasetCap};
use floe_catalog::catalog_version;
use floe_catalog::consent::{Self, Consent};
use floe_catalog::legal_hold;
use floe_catalog::lineage::{Self, Terms};
use floe_storage::blob;
use std::unit_test::destroy;

const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const MANIFEST: u256 = 0xabc;

public struct Data {
    dataset: Dataset,
    cap: DatasetCap,
    consent: Consent,
}

public fun subject(): address { @0x5b }

public fun payee(): address { @0x9a }

public fun holders(): vector<address> { vector[@0x1a, @0x1b, @0x1c] }

/// A dataset of the world's owner, with a consent of `subject` to it.
public fun new(world: &mut World): Data {
    let in_force = catalog_version::new_for_testing(world.ctx());
    let (dataset, cap) = catalog::new(b"iris".to_string(), &in_force, world.ctx());
    world.act_as(subject());
    let (_, _, _, clock, ctx) = world.all_and_lineage();
    consent::give(&dataset, DIGEST, option::none(), &in_force, clock, ctx);
    destroy(in_force);
    world.act_as(world::owner());
    let consent = world.scenario().take_shared<Consent>();
    Data { dataset, cap, consent }
}

public fun end(self: Data) { destroy(self) }

/// Terms without parents: `payee` gets all, and payments are kept back so long.
/// Two of three holders can put the version on hold.
public fun terms(refund_window_ms: u64): Terms {
    let (none, no_digests, no_weights) = (vector[], vector[], vector[]);
    lineage::new_terms(
        0,
        DIGEST,
        DIGEST,
        none,
        no_digests,
        no_weights,
        0,
        vector[payee()],
        vector[10_000],
        refund_window_ms,
    ).held_by(holders(), 2)
}

/// Terms of what was made from `parent`, to whose payees goes a third.
public fun derived(world: &World, parent: ID): Terms {
    let digest = world.lineage().node(parent).manifest_digest();
    lineage::new_terms(
        1,
        DIGEST,
        DIGEST,
        vector[parent],
        vector[digest],
        vector[10_000],
        3_333,
        vector[world::owner()],
        vector[10_000],
        0,
    )
}

/// A version whose keys this policy guards.
public fun publish(self: &mut Data, world: &mut World, policy: ID, terms: Terms): ID {
    let blob = blob::new_for_testing(MANIFEST, 1, option::some(5), 9, false, world.ctx());
    let number = self.dataset.version_count() + 1;
    let digest = std::hash::sha2_256(sui::bcs::to_bytes(&number));
    let Data { dataset, cap, .. } = self;
    let (_, lineage, _, clock, ctx) = world.all_and_lineage();
    lineage.publish_version(dataset, cap, digest, MANIFEST, policy, vector[blob], terms, clock, ctx)
}

public fun attach(self: &mut Data, world: &mut World, version: ID) {
    let Data { consent, cap, .. } = self;
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    consent.attach(lineage, cap, version, clock)
}

public fun withdraw(self: &mut Data, world: &mut World) {
    world.act_as(subject());
    let (_, lineage, _, clock, ctx) = world.all_and_lineage();
    self.consent.withdraw(lineage, clock, ctx)
}

public fun revoke(self: &Data, world: &mut World, version: ID) {
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    lineage.revoke(&self.cap, version, b"", clock)
}

public fun hold(self: &Data, world: &mut World, version: ID) {
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    lineage.place_hold(&self.cap, version, b"", clock)
}

/// The owner's hold ends after its 3 days.
public fun release(self: &Data, world: &mut World, version: ID) {
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    lineage.announce_release(&self.cap, version, clock);
    let at_ms = clock.timestamp_ms() + 259_200_000;
    world.at(at_ms);
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    lineage.release_hold(&self.cap, version, clock)
}

public fun vote(world: &mut World, holder: u64, version: ID, place: bool) {
    world.act_as(holders()[holder]);
    let (_, lineage, _, clock, ctx) = world.all_and_lineage();
    legal_hold::vote(lineage, version, place, clock, ctx)
}

public fun end_hold(world: &mut World, version: ID) {
    let (_, lineage, _, clock, _) = world.all_and_lineage();
    legal_hold::end(lineage, version, clock)
}

public fun bind(world: &mut World, version: ID) {
    let (policy, cap, lineage, in_force) = world.admin();
    clauses::bind(policy, cap, lineage, version, in_force)
}
