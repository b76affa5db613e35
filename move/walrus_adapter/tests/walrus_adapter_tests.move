// SPDX-License-Identifier: Apache-2.0

/// With stand-ins for Walrus' objects, which its interface makes for tests.
#[test_only]
module floe_walrus_adapter::walrus_adapter_tests;

use floe_storage::blob::{Self as storage_blob, Blob};
use floe_storage::committee;
use floe_storage::events::{BlobExtended, BlobRecorded, EpochFollowed, NetworkFollowed};
use floe_storage::system::{Self, AdminCap, System};
use floe_walrus_adapter::walrus_adapter::{Self, Walrus};
use std::type_name;
use std::unit_test::destroy;
use sui::event;
use walrus::blob::{Self as walrus_blob, Blob as WalrusBlob};
use walrus::system::{Self as walrus_system, System as WalrusSystem};

const BLOB_ID: u256 = 0xabc;
const SIZE: u64 = 1000;
const RS2: u8 = 1;
/// Walrus' epoch at first.
const EPOCH: u32 = 7;
const END: u32 = 20;

/// A witness that anybody could define.
public struct Impostor() has drop;

/// A storage system that follows Walrus.
public struct World {
    system: System,
    cap: AdminCap,
    walrus: WalrusSystem,
    ctx: TxContext,
}

// === Following ===

#[test]
fun system_follows_walrus() {
    let world = begin();
    assert!(world.system.epoch() == EPOCH);
    assert!(world.system.n_shards() == 0);
    assert!(world.system.followed() == option::some(type_name::with_defining_ids<Walrus>()));
    assert!(event::events_by_type<NetworkFollowed>().length() == 1);
    assert!(event::events_by_type<EpochFollowed>().length() == 1);
    world.end();
}

#[test]
fun epoch_is_walrus() {
    let mut world = begin();
    world.set_epoch(EPOCH + 2);
    world.follow_epoch();
    assert!(world.system.epoch() == EPOCH + 2);
    world.follow_epoch();
    assert!(event::events_by_type<EpochFollowed>().length() == 2); // the last call changed nothing
    world.end();
}

#[test, expected_failure(abort_code = system::EEpochBefore)]
fun epoch_does_not_go_back() {
    let mut world = begin();
    world.set_epoch(EPOCH - 1);
    world.follow_epoch();
    abort
}

#[test, expected_failure(abort_code = system::EFollows)]
fun system_follows_once() {
    let mut world = begin();
    world.follow();
    abort
}

#[test, expected_failure(abort_code = system::EHasCommittee)]
fun system_with_a_committee_does_not_follow() {
    let (mut system, cap, walrus) = parts();
    system.set_committee_for_testing(
        committee::new_for_testing(
            1,
            vector[b"a".to_string()],
            vector[
                x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
            ],
            vector[vector[0, 1, 2, 3]],
        ),
    );
    walrus_adapter::follow(&mut system, &cap, &walrus);
    abort
}

#[test, expected_failure(abort_code = system::EFollows)]
fun system_that_follows_gets_no_committee() {
    let World { mut system, cap, walrus: _walrus, mut ctx } = begin();
    let mut clock = sui::clock::create_for_testing(&mut ctx);
    let next = committee::new_for_testing(
        EPOCH + 1,
        vector[b"a".to_string()],
        vector[
            x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        ],
        vector[vector[0, 1, 2, 3]],
    );
    system.propose_committee(&cap, next, &clock);
    clock.increment_for_testing(system.committee_delay_ms());
    system.apply_committee(&cap, &clock);
    abort
}

#[test, expected_failure(abort_code = system::ENotAdmin)]
fun stranger_lets_nobody_follow() {
    let (mut system, _cap, walrus) = parts();
    let (_other, other_cap) = system::new_for_testing(
        &mut tx_context::new_from_hint(@0xa, 9, 0, 0, 0),
    );
    walrus_adapter::follow(&mut system, &other_cap, &walrus);
    abort
}

#[test, expected_failure(abort_code = system::ENotFollowed)]
fun system_that_does_not_follow_takes_no_epoch() {
    let (mut system, _cap, walrus) = parts();
    walrus_adapter::follow_epoch(&mut system, &walrus);
    abort
}

#[test, expected_failure(abort_code = system::ENotFollowed)]
fun other_module_reports_no_epoch() {
    let mut world = begin();
    world.system.report_epoch(Impostor(), EPOCH + 1);
    abort
}

#[test, expected_failure(abort_code = system::ENotFollowed)]
fun other_module_records_no_blob() {
    let World { system, mut ctx, cap: _cap, walrus: _walrus } = begin();
    let id = object::id(&system);
    destroy(system.record_blob(Impostor(), id, BLOB_ID, SIZE, RS2, 1, 1, END, &mut ctx));
    abort
}

#[test, expected_failure(abort_code = system::ENotFollowed)]
fun other_module_extends_no_blob() {
    let mut world = begin();
    let recorded = world.record(END);
    world.system.report_end(Impostor(), &recorded, END + 1);
    abort
}

// === Recording ===

#[test]
fun certified_blob_is_recorded() {
    let mut world = begin();
    world.set_epoch(EPOCH + 1);
    let blob = world.walrus_blob(option::some(4), END, false);
    let recorded = world.record_of(&blob);
    assert!(world.system.epoch() == EPOCH + 1);
    assert!(recorded.blob_id() == BLOB_ID);
    assert!(recorded.size() == SIZE);
    assert!(recorded.encoding_type() == RS2);
    assert!(recorded.registered_epoch() == 3);
    assert!(recorded.certified_epoch() == option::some(4));
    assert!(recorded.end_epoch() == END);
    assert!(!recorded.is_deletable());
    assert!(world.system.is_stored(&recorded));
    assert!(event::events_by_type<BlobRecorded>().length() == 1);
    destroy(blob);
    destroy(recorded);
    world.end();
}

#[test]
fun recorded_blob_ends_with_walrus() {
    let mut world = begin();
    let recorded = world.record(END);
    world.set_epoch(END - 1);
    world.follow_epoch();
    assert!(world.system.is_stored(&recorded));
    world.set_epoch(END);
    world.follow_epoch();
    assert!(!world.system.is_stored(&recorded));
    world.system.expire_blob(&recorded);
    destroy(recorded);
    world.end();
}

#[test, expected_failure(abort_code = walrus_adapter::ENotCertified)]
fun uncertified_blob_is_not_recorded() {
    let mut world = begin();
    let blob = world.walrus_blob(option::none(), END, false);
    destroy(world.record_of(&blob));
    abort
}

#[test, expected_failure(abort_code = walrus_adapter::EDeletable)]
fun deletable_blob_is_not_recorded() {
    let mut world = begin();
    let blob = world.walrus_blob(option::some(4), END, true);
    destroy(world.record_of(&blob));
    abort
}

#[test, expected_failure(abort_code = walrus_adapter::EExpired)]
fun blob_that_is_over_is_not_recorded() {
    let mut world = begin();
    destroy(world.record(EPOCH));
    abort
}

#[test, expected_failure(abort_code = storage_blob::EInvalidEncoding)]
fun other_encoding_is_not_recorded() {
    let World { mut system, cap: _cap, walrus, mut ctx } = begin();
    let blob = walrus_blob::new_for_testing(BLOB_ID, SIZE, 0, option::some(4), END, false, &mut ctx);
    destroy(walrus_adapter::record(&mut system, &walrus, &blob, &mut ctx));
    abort
}

#[test, expected_failure(abort_code = system::ENoCommittee)]
fun nothing_is_registered_here() {
    let World { system, cap: _cap, walrus: _walrus, mut ctx } = begin();
    destroy(system.register_blob(BLOB_ID, 1, SIZE, RS2, END, false, &mut ctx));
    abort
}

// === Extending ===

#[test]
fun longer_storage_is_recorded() {
    let mut world = begin();
    let recorded = world.record(END);
    let longer = world.walrus_blob(option::some(5), END + 3, false);
    world.extend(&longer, &recorded);
    assert!(world.system.end_epoch_of(&recorded) == END + 3);
    assert!(event::events_by_type<BlobExtended>().length() == 1);
    destroy(longer);
    destroy(recorded);
    world.end();
}

#[test, expected_failure(abort_code = storage_blob::EInvalidExtension)]
fun same_end_extends_nothing() {
    let mut world = begin();
    let recorded = world.record(END);
    let same = world.walrus_blob(option::some(5), END, false);
    world.extend(&same, &recorded);
    abort
}

#[test, expected_failure(abort_code = walrus_adapter::EOtherBlob)]
fun other_content_extends_nothing() {
    let World { mut system, cap: _cap, walrus, mut ctx } = begin();
    let blob = walrus_blob::new_for_testing(BLOB_ID, SIZE, RS2, option::some(4), END, false, &mut ctx);
    let recorded = walrus_adapter::record(&mut system, &walrus, &blob, &mut ctx);
    let other = walrus_blob::new_for_testing(
        BLOB_ID + 1,
        SIZE,
        RS2,
        option::some(4),
        END + 1,
        false,
        &mut ctx,
    );
    walrus_adapter::extend(&mut system, &walrus, &other, &recorded);
    abort
}

#[test, expected_failure(abort_code = walrus_adapter::EDeletable)]
fun deletable_blob_extends_nothing() {
    let mut world = begin();
    let recorded = world.record(END);
    let longer = world.walrus_blob(option::some(5), END + 3, true);
    world.extend(&longer, &recorded);
    abort
}

#[test, expected_failure(abort_code = system::EFollows)]
fun owner_extends_nothing_by_word() {
    let mut world = begin();
    let mut recorded = world.record(END);
    world.system.extend_blob(&mut recorded, END + 1);
    abort
}

#[test, expected_failure(abort_code = system::EFollows)]
fun nobody_extends_frozen_blobs_by_word() {
    let mut world = begin();
    let recorded = world.record(END);
    world.system.extend_frozen_blob(&recorded, END + 1);
    abort
}

// === Helpers ===

fun begin(): World {
    let (mut system, cap, walrus) = parts();
    walrus_adapter::follow(&mut system, &cap, &walrus);
    World { system, cap, walrus, ctx: tx_context::new_from_hint(@0xa, 1, 0, 0, 0) }
}

fun parts(): (System, AdminCap, WalrusSystem) {
    let mut ctx = tx_context::new_from_hint(@0xa, 0, 0, 0, 0);
    let (system, cap) = system::new_for_testing(&mut ctx);
    (system, cap, walrus_system::new_for_testing(EPOCH, &mut ctx))
}

fun end(self: World) { destroy(self) }

fun set_epoch(self: &mut World, epoch: u32) { self.walrus.set_epoch_for_testing(epoch) }

fun follow(self: &mut World) { walrus_adapter::follow(&mut self.system, &self.cap, &self.walrus) }

fun follow_epoch(self: &mut World) {
    walrus_adapter::follow_epoch(&mut self.system, &self.walrus)
}

fun walrus_blob(
    self: &mut World,
    certified_epoch: Option<u32>,
    end_epoch: u32,
    deletable: bool,
): WalrusBlob {
    walrus_blob::new_for_testing(
        BLOB_ID,
        SIZE,
        RS2,
        certified_epoch,
        end_epoch,
        deletable,
        &mut self.ctx,
    )
}

/// A record of a blob that ends then.
fun record(self: &mut World, end_epoch: u32): Blob {
    let blob = self.walrus_blob(option::some(4), end_epoch, false);
    let recorded = self.record_of(&blob);
    destroy(blob);
    recorded
}

fun record_of(self: &mut World, blob: &WalrusBlob): Blob {
    walrus_adapter::record(&mut self.system, &self.walrus, blob, &mut self.ctx)
}

fun extend(self: &mut World, blob: &WalrusBlob, recorded: &Blob) {
    walrus_adapter::extend(&mut self.system, &self.walrus, blob, recorded)
}
