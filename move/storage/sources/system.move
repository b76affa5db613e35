// SPDX-License-Identifier: Apache-2.0

/// The storage network: one shared object with the current committee, and the
/// calls by which blobs are registered and certified.
///
/// The holder of the `AdminCap` names the first committee. Each next one is handed
/// over to, signed by a quorum of the present one; or, should that quorum be lost,
/// it is proposed, visible as an event, and takes over only after a delay. The
/// holder cannot certify: that takes signatures of members who hold a quorum of
/// the shards, over the message that Walrus' storage nodes sign. Nothing is paid
/// here.
///
/// Where there is a storage network already, a system can follow that instead of
/// having a committee: then a module, named once and for ever by a type that only
/// it makes, reports the other network's epoch and the blobs that it certified.
module floe_storage::system;

use floe_storage::blob::{Self, Blob};
use floe_storage::committee::{Self, Committee};
use floe_storage::events;
use std::string::String;
use std::type_name::{Self, TypeName};
use sui::clock::Clock;
use sui::dynamic_field;

// === Errors ===

/// The system object belongs to another version of this package.
const EWrongVersion: u64 = 0;
/// The capability is another system's.
const ENotAdmin: u64 = 1;
/// The new committee's epoch is not after the current one.
const EEpochNotAfter: u64 = 2;
/// No committee has been set yet.
const ENoCommittee: u64 = 3;
/// The system object is of this version already.
const EAlreadyMigrated: u64 = 4;
/// The blob's expiry is recorded already.
const EAlreadyExpired: u64 = 5;
/// There is a committee: it hands over to the next one, or that is proposed.
const EMustPropose: u64 = 6;
/// No committee is proposed.
const ENothingProposed: u64 = 7;
/// A committee is proposed already.
const EAlreadyProposed: u64 = 8;
/// The delay is not over.
const ETooEarly: u64 = 9;
/// The committee signed the hand-over to another one.
const EWrongSuccessor: u64 = 10;
/// The delay would not grow, or be longer than ten years.
const EInvalidDelay: u64 = 11;
/// The system follows another network: it has no committee.
const EFollows: u64 = 12;
/// The system has a committee: it follows nobody.
const EHasCommittee: u64 = 13;
/// The module is not the one that the system follows.
const ENotFollowed: u64 = 14;
/// The other network's epoch is before the one reported last.
const EEpochBefore: u64 = 15;

// === Constants ===

/// Raised when an upgrade changes what the shared object means.
const VERSION: u64 = 1;
/// How long a proposed committee waits at first: 3 days.
const DELAY_MS: u64 = 259_200_000;
/// Ten years.
const MAX_DELAY_MS: u64 = 315_576_000_000;

// === Structs ===

/// The storage network. Shared; there is one per published package.
public struct System has key {
    id: UID,
    version: u64,
    /// Id of the capability that may set the committee.
    admin: ID,
    committee: Committee,
    /// How long a proposed committee waits.
    delay_ms: u64,
    proposed: Option<ProposedCommittee>,
}

/// A committee that takes over if nobody prevents it.
public struct ProposedCommittee has drop, store {
    committee: Committee,
    ready_at_ms: u64,
}

/// The right to set the committee and to migrate the system.
public struct AdminCap has key, store {
    id: UID,
}

/// Name of the dynamic field of the system that keeps what became of a blob
/// object after it could no longer be changed. There is none for most blobs.
public struct Afterlife has copy, drop, store {
    object_id: ID,
}

/// Name of the dynamic field of the system that keeps by which type the module is
/// known that reports another network. There is none if the system has a committee.
public struct FollowedKey() has copy, drop, store;

/// What the system keeps about a blob object.
public struct Record has copy, drop, store {
    /// At least the object's own end.
    end_epoch: u32,
    /// Epoch in which the expiry was recorded.
    expired_epoch: Option<u32>,
}

// === Init ===

/// Shares the system and gives the capability to the publisher.
fun init(ctx: &mut TxContext) {
    let (system, cap) = new(ctx);
    transfer::share_object(system);
    transfer::transfer(cap, ctx.sender());
}

// === Public Functions ===

/// Registers a blob until `end_epoch` (exclusive) and returns its object.
/// `root_hash` is the Merkle root of the encoded blob; `encoding_type` is 1.
public fun register_blob(
    self: &System,
    blob_id: u256,
    root_hash: u256,
    size: u64,
    encoding_type: u8,
    end_epoch: u32,
    deletable: bool,
    ctx: &mut TxContext,
): Blob {
    self.check_version();
    assert!(!self.committee.is_empty(), ENoCommittee);
    blob::new(
        self.committee.epoch(),
        blob_id,
        root_hash,
        size,
        encoding_type,
        end_epoch,
        deletable,
        ctx,
    )
}

/// Certifies a blob by the confirmations of a quorum: `signature` (96 bytes) is
/// the sum of the signers' signatures over `message`, `signers_bitmap` names
/// them (see `committee::verify_certificate`), `message` is laid out in
/// `messages`.
///
/// Certificates are good for the committee's epoch only: after an epoch change
/// confirmations must be collected again.
public fun certify_blob(
    self: &System,
    blob: &mut Blob,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    self.check_version();
    let certified = self.committee.verify_certificate(signature, signers_bitmap, message);
    blob.certify(certified.into_certified_blob());
}

/// Prolongs a certified blob of the sender to `end_epoch` (exclusive).
public fun extend_blob(self: &System, blob: &mut Blob, end_epoch: u32) {
    self.check_version();
    assert!(self.followed().is_none(), EFollows);
    let end = self.end_epoch_of(blob);
    blob.extend(self.committee.epoch(), end, end_epoch);
}

/// Prolongs a certified blob that cannot be changed since a frozen object holds
/// it, as dataset versions do. Anybody may: it takes nothing from the owner. The
/// new end is kept in the system, see `end_epoch_of`.
public fun extend_frozen_blob(self: &mut System, blob: &Blob, end_epoch: u32) {
    self.check_version();
    assert!(self.followed().is_none(), EFollows);
    self.record_end(blob, end_epoch);
}

/// Has the storage nodes forget a deletable blob of the sender before its end.
/// What others copied stays copied.
public fun delete_blob(self: &System, blob: Blob) {
    self.check_version();
    let end = self.end_epoch_of(&blob);
    blob.delete(self.committee.epoch(), end);
}

/// Records, once, that the blob's last epoch is over. Anybody who can name the
/// blob may; that it is over is a fact of the committee's epoch, recorded or not.
public fun expire_blob(self: &mut System, blob: &Blob) {
    self.check_version();
    let epoch = self.committee.epoch();
    let end = self.end_epoch_of(blob);
    assert!(!self.is_expiry_recorded(blob), EAlreadyExpired);
    blob.announce_expiry(epoch, end);
    self.record_mut(blob).expired_epoch = option::some(epoch);
}

// === Following another network ===

/// Takes over the epoch of the network that the system follows. For the module
/// that defines `W`.
public fun report_epoch<W: drop>(self: &mut System, _: W, epoch: u32) {
    self.check_version();
    self.check_followed<W>();
    assert!(epoch >= self.committee.epoch(), EEpochBefore);
    if (epoch == self.committee.epoch()) return;
    self.committee = committee::none(epoch);
    events::emit_epoch_followed(epoch);
}

/// Records a permanent blob that the other network certified and stores until
/// `end_epoch` (exclusive). `source` is the object that stands for it there. For the
/// module that defines `W`.
public fun record_blob<W: drop>(
    self: &System,
    _: W,
    source: ID,
    blob_id: u256,
    size: u64,
    encoding_type: u8,
    registered_epoch: u32,
    certified_epoch: u32,
    end_epoch: u32,
    ctx: &mut TxContext,
): Blob {
    self.check_version();
    self.check_followed<W>();
    blob::recorded(
        self.committee.epoch(),
        source,
        blob_id,
        size,
        encoding_type,
        registered_epoch,
        certified_epoch,
        end_epoch,
        ctx,
    )
}

/// Records that the other network stores a blob until `end_epoch` (exclusive). For
/// the module that defines `W`.
public fun report_end<W: drop>(self: &mut System, _: W, blob: &Blob, end_epoch: u32) {
    self.check_version();
    self.check_followed<W>();
    self.record_end(blob, end_epoch);
}

// === View helpers ===

/// First epoch in which the blob is no longer stored, all extensions counted.
public fun end_epoch_of(self: &System, blob: &Blob): u32 {
    let name = Afterlife { object_id: blob.object_id() };
    if (!dynamic_field::exists_(&self.id, name)) return blob.end_epoch();
    let record: &Record = dynamic_field::borrow(&self.id, name);
    if (record.end_epoch > blob.end_epoch()) record.end_epoch else blob.end_epoch()
}

/// True if a quorum confirmed the blob and its last epoch is not over.
public fun is_stored(self: &System, blob: &Blob): bool {
    blob.is_certified() && self.committee.epoch() < self.end_epoch_of(blob)
}

/// True if somebody recorded that the blob's last epoch is over.
public fun is_expiry_recorded(self: &System, blob: &Blob): bool {
    let name = Afterlife { object_id: blob.object_id() };
    if (!dynamic_field::exists_(&self.id, name)) return false;
    let record: &Record = dynamic_field::borrow(&self.id, name);
    record.expired_epoch.is_some()
}

/// By which type the module is known that reports the network that the system
/// follows; none if it has a committee.
public fun followed(self: &System): Option<TypeName> {
    if (!dynamic_field::exists_(&self.id, FollowedKey())) return option::none();
    option::some(*dynamic_field::borrow(&self.id, FollowedKey()))
}

/// Version of the package that the system belongs to.
public fun version(self: &System): u64 { self.version }

/// Id of the capability that may set the committee.
public fun admin(self: &System): ID { self.admin }

/// The current epoch; 0 until the first committee is set.
public fun epoch(self: &System): u32 { self.committee.epoch() }

/// The number of shards; 0 until the first committee is set.
public fun n_shards(self: &System): u16 { self.committee.n_shards() }

/// The current committee.
public fun committee(self: &System): &Committee { &self.committee }

/// How long a proposed committee waits.
public fun committee_delay_ms(self: &System): u64 { self.delay_ms }

/// When the proposed committee can take over; none if none is proposed.
public fun committee_ready_at_ms(self: &System): Option<u64> {
    if (self.proposed.is_none()) return option::none();
    option::some(self.proposed.borrow().ready_at_ms)
}

// === Admin Functions ===

/// Sets the first committee; see `committee::assemble` for the arguments.
public fun set_committee(
    self: &mut System,
    cap: &AdminCap,
    epoch: u32,
    names: vector<String>,
    addresses: vector<String>,
    public_keys: vector<vector<u8>>,
    proofs_of_possession: vector<vector<u8>>,
    shards: vector<vector<u16>>,
    ctx: &TxContext,
) {
    self.check_version();
    self.check_admin(cap);
    assert!(self.committee.is_empty(), EMustPropose);
    self.change_committee(
        committee::assemble(
            epoch,
            names,
            addresses,
            public_keys,
            proofs_of_possession,
            shards,
            ctx,
        ),
    );
}

/// Lets the next committee take over at once, because a quorum of the present one
/// signed `messages::hand_over` to it. Signature and bitmap are as for
/// `certify_blob`.
public fun hand_over(
    self: &mut System,
    cap: &AdminCap,
    next: Committee,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    self.check_version();
    self.check_admin(cap);
    let digest = self
        .committee
        .verify_certificate(signature, signers_bitmap, message)
        .into_hand_over();
    assert!(digest == next.digest(), EWrongSuccessor);
    self.change_committee(next);
}

/// Proposes the next committee, for the case that the present one can't hand over.
/// It can take over when the delay is over.
public fun propose_committee(
    self: &mut System,
    cap: &AdminCap,
    next: Committee,
    clock: &Clock,
) {
    self.check_version();
    self.check_admin(cap);
    assert!(self.proposed.is_none(), EAlreadyProposed);
    self.check_after(&next);
    let ready_at_ms = clock.timestamp_ms() + self.delay_ms;
    events::emit_committee_proposed(
        next.epoch(),
        next.n_shards(),
        next.names(),
        next.digest(),
        ready_at_ms,
    );
    self.proposed.fill(ProposedCommittee { committee: next, ready_at_ms });
}

/// Lets the proposed committee take over, once its delay is over.
public fun apply_committee(self: &mut System, cap: &AdminCap, clock: &Clock) {
    self.check_version();
    self.check_admin(cap);
    assert!(self.proposed.is_some(), ENothingProposed);
    let ProposedCommittee { committee, ready_at_ms } = self.proposed.extract();
    assert!(clock.timestamp_ms() >= ready_at_ms, ETooEarly);
    self.change_committee(committee);
}

/// Drops the proposed committee.
public fun cancel_committee(self: &mut System, cap: &AdminCap) {
    self.check_version();
    self.check_admin(cap);
    assert!(self.proposed.is_some(), ENothingProposed);
    let ProposedCommittee { committee, .. } = self.proposed.extract();
    events::emit_committee_cancelled(committee.epoch());
}

/// Lets committees that are proposed from now on wait longer.
public fun raise_committee_delay(self: &mut System, cap: &AdminCap, delay_ms: u64) {
    self.check_version();
    self.check_admin(cap);
    assert!(delay_ms > self.delay_ms && delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    self.delay_ms = delay_ms;
    events::emit_committee_delay_raised(delay_ms);
}

/// Has a system that never had a committee follow another network, for ever: as
/// the module that defines `W` reports it.
public fun follow<W: drop>(self: &mut System, cap: &AdminCap) {
    self.check_version();
    self.check_admin(cap);
    assert!(self.committee.is_empty(), EHasCommittee);
    assert!(self.followed().is_none(), EFollows);
    let by = type_name::with_defining_ids<W>();
    dynamic_field::add(&mut self.id, FollowedKey(), by);
    events::emit_network_followed(by);
}

/// Moves the system to this version of the package, after an upgrade.
public fun migrate(self: &mut System, cap: &AdminCap) {
    self.check_admin(cap);
    assert!(self.version < VERSION, EAlreadyMigrated);
    self.version = VERSION;
}

// === Private Functions ===

fun new(ctx: &mut TxContext): (System, AdminCap) {
    let cap = AdminCap { id: object::new(ctx) };
    let system = System {
        id: object::new(ctx),
        version: VERSION,
        admin: object::id(&cap),
        committee: committee::empty(),
        delay_ms: DELAY_MS,
        proposed: option::none(),
    };
    (system, cap)
}

fun record_end(self: &mut System, blob: &Blob, end_epoch: u32) {
    let end = self.end_epoch_of(blob);
    blob.announce_extension(self.committee.epoch(), end, end_epoch);
    self.record_mut(blob).end_epoch = end_epoch;
}

/// What the system keeps about the blob, made if need be.
fun record_mut(self: &mut System, blob: &Blob): &mut Record {
    let name = Afterlife { object_id: blob.object_id() };
    if (!dynamic_field::exists_(&self.id, name)) {
        let record = Record { end_epoch: blob.end_epoch(), expired_epoch: option::none() };
        dynamic_field::add(&mut self.id, name, record);
    };
    dynamic_field::borrow_mut(&mut self.id, name)
}

/// Makes `next` the committee. What was proposed is void: it was to follow another.
fun change_committee(self: &mut System, next: Committee) {
    assert!(self.followed().is_none(), EFollows);
    self.check_after(&next);
    self.committee = next;
    self.proposed = option::none();
    events::emit_committee_changed(
        self.committee.epoch(),
        self.committee.n_shards(),
        self.committee.names(),
    );
}

fun check_after(self: &System, next: &Committee) {
    assert!(
        self.committee.is_empty() || next.epoch() > self.committee.epoch(),
        EEpochNotAfter,
    )
}

fun check_followed<W>(self: &System) {
    assert!(
        self.followed() == option::some(type_name::with_defining_ids<W>()),
        ENotFollowed,
    )
}

fun check_version(self: &System) {
    assert!(self.version == VERSION, EWrongVersion)
}

fun check_admin(self: &System, cap: &AdminCap) {
    assert!(self.admin == object::id(cap), ENotAdmin)
}

// === Test-Only Helpers ===

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }

#[test_only]
public fun set_version_for_testing(self: &mut System, version: u64) { self.version = version }

#[test_only]
public fun set_committee_for_testing(self: &mut System, committee: Committee) {
    self.committee = committee
}

#[test_only]
public fun new_for_testing(ctx: &mut TxContext): (System, AdminCap) { new(ctx) }
