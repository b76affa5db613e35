// SPDX-License-Identifier: Apache-2.0

/// A committee that holds one key together, with the names and layouts of Seal's
/// contract, so that Seal's members and tools find in it what they know.
///
/// The members make the key among themselves, off chain; see the package dkg of
/// the oracle. The chain says who they are, which keys they register for that
/// ceremony, and what came of it:
///
///     init_committee -> each member: register -> each member: propose -> key server
///
/// All members must propose the same; the last one makes the `KeyServer`, which is
/// a dynamic object field of its committee, named by the committee's id. A member's
/// position in the list is its party id, for ever.
///
/// A rotation hands the key to another committee, without changing it:
///
///     init_rotation -> each member: register -> each member: propose_for_rotation
///
/// The key server moves to the new committee, and the old one is deleted.
///
/// Whoever can change this code can take the key server from a committee. So each
/// committee has a copy of the package to itself: `init_committee` takes the right
/// to upgrade it, and from then on a threshold of members decides.
///
/// The chain can't see the ceremony. It checks that the members agree and that the
/// public keys that they propose belong together (`interpolation`), which Seal's
/// contract leaves to them. That each member holds its share, and that nobody knows
/// the whole, is for the ceremony to prove.
module floe_committee::seal_committee;

use floe_committee::interpolation;
use floe_key_server::key_server::{Self, KeyServer, PartialKeyServer};
use std::string::String;
use std::type_name;
use sui::bls12381;
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::event;
use sui::group_ops;
use sui::package::{UpgradeCap, UpgradeReceipt, UpgradeTicket};
use sui::vec_map::{Self, VecMap};
use sui::vec_set::{Self, VecSet};

// === Errors ===
// 0 to 15 are Seal's.

/// The sender is not a member of the committee.
const ENotMember: u64 = 0;
/// A member is named twice, or there are more than 65534.
const EInvalidMembers: u64 = 1;
/// The threshold is below 2 or above the number of members.
const EInvalidThreshold: u64 = 2;
/// Fewer of the old committee's members go on than its threshold: nobody could
/// hand over the key.
const EInsufficientOldMembers: u64 = 3;
/// The member has registered already.
const EAlreadyRegistered: u64 = 4;
/// A member has not registered yet.
const ENotRegistered: u64 = 5;
/// The member has proposed already.
const EAlreadyProposed: u64 = 6;
/// The proposal has not one partial public key for each member, or differs from
/// that of another member.
const EInvalidProposal: u64 = 7;
/// The committee is not at the step that the call is for.
const EInvalidState: u64 = 8;
/// Another member has registered this name.
const ENameAlreadyTaken: u64 = 9;
/// The sender is not a member, and may not decide about upgrades.
const ENotAuthorized: u64 = 10;
/// The digest is not 32 bytes long.
const EInvalidPackageDigest: u64 = 11;
/// No upgrade to the code with this digest is proposed.
const ENoProposalForDigest: u64 = 12;
/// Fewer members than the threshold voted that way.
const ENotEnoughVotes: u64 = 13;
/// An upgrade is under way in this transaction: vote about the next one after it.
const EWrongVersion: u64 = 14;
/// The capability is not for this package as it was published.
const EWrongUpgradeCap: u64 = 15;
// From here on the numbers are ours.
/// The proposed keys don't belong together: not every choice of `threshold` partial
/// public keys gives the public key, or one is the neutral point.
const EInconsistentKeys: u64 = 16;
/// A registered key is the neutral point, whose secret everybody knows.
const ENeutralKey: u64 = 17;
/// Another member has registered this key: one of them has copied it, and can't have
/// its secret.
const EKeyAlreadyTaken: u64 = 18;
/// This is not the version of the code that may change the committee: an upgrade
/// switched it off, or has not been switched to yet.
const ECodeSwitchedOff: u64 = 19;

// === Constants ===

/// Counts up with each upgrade that has to switch the code before it off.
const CODE: u64 = 1;
const DIGEST_LENGTH: u64 = 32;
const MAX_MEMBERS: u64 = 65534;

// === Structs ===

/// What a member registers: its keys for the ceremony, and where its server is.
public struct MemberInfo has copy, drop, store {
    /// Shares are encrypted to it: a compressed G1 point of 48 bytes.
    enc_pk: vector<u8>,
    /// Its messages verify with it: a compressed G2 point of 96 bytes.
    signing_pk: vector<u8>,
    url: String,
    /// Unique in the committee.
    name: String,
}

/// How far the committee is.
public enum State has drop, store {
    /// Members register.
    Init { members_info: VecMap<address, MemberInfo> },
    /// Members propose what the ceremony gave them.
    PostDKG {
        members_info: VecMap<address, MemberInfo>,
        /// Of each party's share, compressed G2 points.
        partial_pks: vector<vector<u8>>,
        /// Of the committee.
        pk: vector<u8>,
        /// Of the ceremony's messages.
        messages_hash: vector<u8>,
        /// Who proposed it.
        approvals: VecSet<address>,
    },
    /// The committee has its key server.
    Finalized,
}

/// The members and what they agreed on. Shared.
public struct Committee has key {
    id: UID,
    /// How many members answer a request together.
    threshold: u16,
    /// By party id.
    members: vector<address>,
    state: State,
    /// The committee whose key this one takes over.
    old_committee_id: Option<ID>,
}

/// Names the committee's `UpgradeManager`, a dynamic object field.
public struct UpgradeManagerKey() has copy, drop, store;

/// Names the `CODE` that may change the committee, a dynamic field. There is none while
/// that is 1.
public struct CodeKey() has copy, drop, store;

/// Digest of new modules and their dependencies: 32 bytes.
public struct PackageDigest(vector<u8>) has drop, store;

/// A member's vote about an upgrade.
public enum Vote has drop, store {
    Approve,
    Reject,
}

/// An upgrade that members vote about.
public struct UpgradeProposal has drop, store {
    digest: PackageDigest,
    /// The version that the package would have.
    version: u64,
    votes: VecMap<address, Vote>,
}

/// The right to upgrade this package, in the hands of the committee.
public struct UpgradeManager has key, store {
    id: UID,
    cap: UpgradeCap,
    upgrade_proposal: Option<UpgradeProposal>,
}

// === Events ===

/// A committee that would take over another's key was made.
public struct CommitteeRotationInitiated has copy, drop {
    committee_id: ID,
    old_committee_id: ID,
}

// === Public Functions ===

/// Makes a committee that will make a new key, and gives it the right to upgrade
/// this package.
public fun init_committee(
    cap: UpgradeCap,
    threshold: u16,
    members: vector<address>,
    ctx: &mut TxContext,
) {
    assert!(cap.upgrade_package() == type_name::original_id<Committee>().to_id(), EWrongUpgradeCap);
    let committee = new_with_cap(cap, threshold, members, ctx);
    transfer::share_object(committee);
}

/// Makes a committee that will take over the key of `old_committee`. The sender
/// is one of its members, and as many of them as its threshold go on.
public fun init_rotation(
    old_committee: &Committee,
    threshold: u16,
    members: vector<address>,
    ctx: &mut TxContext,
) {
    assert!(old_committee.is_finalized(), EInvalidState);
    old_committee.check_member(ctx);
    old_committee.check_code();
    let going_on = members.count!(|member| old_committee.members.contains(member));
    assert!(going_on >= old_committee.threshold as u64, EInsufficientOldMembers);
    let old_committee_id = object::id(old_committee);
    let committee = new(threshold, members, option::some(old_committee_id), ctx);
    event::emit(CommitteeRotationInitiated {
        committee_id: object::id(&committee),
        old_committee_id,
    });
    transfer::share_object(committee);
}

/// Registers the sender's keys for the ceremony, and its server. Bytes that are no
/// points abort in `sui::group_ops`.
public fun register(
    self: &mut Committee,
    enc_pk: vector<u8>,
    signing_pk: vector<u8>,
    url: String,
    name: String,
    ctx: &mut TxContext,
) {
    self.check_member(ctx);
    self.check_code();
    let enc = bls12381::g1_from_bytes(&enc_pk);
    let signing = bls12381::g2_from_bytes(&signing_pk);
    assert!(!group_ops::equal(&enc, &bls12381::g1_identity()), ENeutralKey);
    assert!(!group_ops::equal(&signing, &bls12381::g2_identity()), ENeutralKey);
    let member = ctx.sender();
    match (&mut self.state) {
        State::Init { members_info } => {
            assert!(!members_info.contains(&member), EAlreadyRegistered);
            members_info.keys().do!(|other| {
                let info = members_info.get(&other);
                assert!(info.name != name, ENameAlreadyTaken);
                assert!(info.enc_pk != enc_pk && info.signing_pk != signing_pk, EKeyAlreadyTaken);
            });
            members_info.insert(member, MemberInfo { enc_pk, signing_pk, url, name });
        },
        _ => abort EInvalidState,
    }
}

/// Proposes what the ceremony for a new key gave the sender. When all members have
/// proposed the same, the committee gets its key server.
public fun propose(
    self: &mut Committee,
    partial_pks: vector<vector<u8>>,
    pk: vector<u8>,
    messages_hash: vector<u8>,
    ctx: &mut TxContext,
) {
    assert!(self.old_committee_id.is_none(), EInvalidState);
    self.note_proposal(partial_pks, pk, messages_hash, ctx);
    if (!self.is_agreed()) return;
    let servers = self.finalize();
    let name = self.id.to_address().to_string();
    let mut key_server = key_server::create_committee_v2(name, self.threshold, pk, servers, ctx);
    key_server.name_members(self.members);
    self.put_key_server(key_server);
}

/// Proposes what the ceremony for a rotation gave the sender. When all members have
/// proposed the same, key server and upgrades go over to them, and the old committee
/// is deleted; until then it stays.
public fun propose_for_rotation(
    self: &mut Committee,
    partial_pks: vector<vector<u8>>,
    messages_hash: vector<u8>,
    mut old_committee: Committee,
    ctx: &mut TxContext,
) {
    assert!(self.old_committee_id == option::some(object::id(&old_committee)), EInvalidState);
    old_committee.check_code();
    let pk = old_committee.key_server().pk();
    self.note_proposal(partial_pks, pk, messages_hash, ctx);
    if (!self.is_agreed()) {
        transfer::share_object(old_committee);
        return
    };
    let servers = self.finalize();
    let old_id = object::id(&old_committee);
    let mut key_server: KeyServer = dof::remove(&mut old_committee.id, old_id);
    key_server.update_partial_key_servers(self.threshold, servers);
    key_server.name_members(self.members);
    self.put_key_server(key_server);
    let mut manager: UpgradeManager = dof::remove(&mut old_committee.id, UpgradeManagerKey());
    manager.upgrade_proposal = option::none(); // others voted
    dof::add(&mut self.id, UpgradeManagerKey(), manager);
    let Committee { id, .. } = old_committee;
    id.delete();
}

/// Moves the sender's server to another URL.
public fun update_member_url(self: &mut Committee, url: String, ctx: &mut TxContext) {
    self.check_member(ctx);
    self.check_code();
    assert!(self.is_finalized(), EInvalidState);
    let party = self.members.find_index!(|member| member == ctx.sender()).destroy_some();
    let id = object::id(self);
    let key_server: &mut KeyServer = dof::borrow_mut(&mut self.id, id);
    key_server.update_member_url(url, party as u16);
}

// === Upgrades ===

/// Votes for an upgrade of this package to the code with this digest, in place of
/// the sender's vote before, if any. The first vote proposes the upgrade.
public fun approve_digest_for_upgrade(self: &mut Committee, digest: vector<u8>, ctx: &TxContext) {
    self.vote(digest, Vote::Approve, ctx)
}

/// Votes against the upgrade, in place of the sender's vote before, if any.
public fun reject_digest_for_upgrade(self: &mut Committee, digest: vector<u8>, ctx: &TxContext) {
    self.vote(digest, Vote::Reject, ctx)
}

/// Allows the upgrade that a threshold of members voted for, in this transaction.
public fun authorize_upgrade(
    self: &mut Committee,
    digest: vector<u8>,
    ctx: &TxContext,
): UpgradeTicket {
    self.check_may_upgrade(ctx);
    assert!(digest.length() == DIGEST_LENGTH, EInvalidPackageDigest);
    let threshold = self.threshold;
    let manager = self.manager_mut();
    assert!(manager.upgrade_proposal.is_some(), ENoProposalForDigest);
    let proposal = manager.upgrade_proposal.extract();
    assert!(proposal.digest.0 == digest, ENoProposalForDigest);
    assert!(proposal.count(Vote::Approve) >= threshold as u64, ENotEnoughVotes);
    let policy = manager.cap.upgrade_policy();
    manager.cap.authorize_upgrade(policy, digest)
}

/// Notes that the upgrade has happened.
public fun commit_upgrade(self: &mut Committee, receipt: UpgradeReceipt, ctx: &TxContext) {
    self.check_may_upgrade(ctx);
    self.manager_mut().cap.commit_upgrade(receipt)
}

/// Drops the upgrade that a threshold of members voted against, so that another can
/// be proposed.
public fun reset_proposal(self: &mut Committee, ctx: &TxContext) {
    self.check_may_upgrade(ctx);
    let threshold = self.threshold;
    let manager = self.manager_mut();
    assert!(manager.upgrade_proposal.is_some(), ENoProposalForDigest);
    let proposal = manager.upgrade_proposal.extract();
    assert!(proposal.count(Vote::Reject) >= threshold as u64, ENotEnoughVotes);
}

/// Switches to this code and the code before it off, for this committee: Sui lets every
/// version of a package be called, and an upgrade that mends a fault would mend nothing.
/// Any member may, since a threshold has voted for the code. The committee of a rotation
/// that is under way has to be switched as well.
public fun switch_code(self: &mut Committee, ctx: &TxContext) {
    self.check_member(ctx);
    assert!(self.code() < CODE, ECodeSwitchedOff);
    self.set_code(CODE);
}

// === View helpers ===

/// The version of the code that may change the committee.
public fun code(self: &Committee): u64 {
    if (df::exists_(&self.id, CodeKey())) *df::borrow(&self.id, CodeKey()) else 1
}

/// How many members answer a request together.
public fun threshold(self: &Committee): u16 { self.threshold }

/// The members by party id.
public fun members(self: &Committee): vector<address> { self.members }

/// The committee whose key this one takes over.
public fun old_committee_id(self: &Committee): Option<ID> { self.old_committee_id }

/// True if the committee has its key server.
public fun is_finalized(self: &Committee): bool {
    match (&self.state) {
        State::Finalized => true,
        _ => false,
    }
}

/// The key server. Aborts in `sui::dynamic_field` before there is one.
public fun key_server(self: &Committee): &KeyServer { dof::borrow(&self.id, object::id(self)) }

// === Private Functions ===

fun new(
    threshold: u16,
    members: vector<address>,
    old_committee_id: Option<ID>,
    ctx: &mut TxContext,
): Committee {
    let count = members.length();
    assert!(count <= MAX_MEMBERS, EInvalidMembers);
    assert!(threshold > 1 && threshold as u64 <= count, EInvalidThreshold);
    let mut seen = vec_set::empty();
    members.do_ref!(|member| {
        assert!(!seen.contains(member), EInvalidMembers);
        seen.insert(*member);
    });
    let state = State::Init { members_info: vec_map::empty() };
    let mut committee = Committee { id: object::new(ctx), threshold, members, state, old_committee_id };
    committee.set_code(CODE);
    committee
}

fun new_with_cap(
    cap: UpgradeCap,
    threshold: u16,
    members: vector<address>,
    ctx: &mut TxContext,
): Committee {
    let mut committee = new(threshold, members, option::none(), ctx);
    let manager = UpgradeManager { id: object::new(ctx), cap, upgrade_proposal: option::none() };
    dof::add(&mut committee.id, UpgradeManagerKey(), manager);
    committee
}

fun check_member(self: &Committee, ctx: &TxContext) {
    assert!(self.members.contains(&ctx.sender()), ENotMember);
}

fun check_code(self: &Committee) {
    assert!(self.code() == CODE, ECodeSwitchedOff);
}

fun set_code(self: &mut Committee, code: u64) {
    if (df::exists_(&self.id, CodeKey())) {
        *df::borrow_mut(&mut self.id, CodeKey()) = code;
    } else if (code > 1) {
        df::add(&mut self.id, CodeKey(), code);
    }
}

/// Notes the sender's proposal. The first one must hold up, and the others must
/// equal it.
fun note_proposal(
    self: &mut Committee,
    partial_pks: vector<vector<u8>>,
    pk: vector<u8>,
    messages_hash: vector<u8>,
    ctx: &TxContext,
) {
    self.check_member(ctx);
    self.check_code();
    let count = self.members.length();
    assert!(partial_pks.length() == count, EInvalidProposal);
    let sender = ctx.sender();
    let threshold = self.threshold;
    match (&mut self.state) {
        State::Init { members_info } => {
            assert!(members_info.length() == count, ENotRegistered);
            assert!(interpolation::is_consistent(threshold, &pk, &partial_pks), EInconsistentKeys);
            let members_info = *members_info;
            let approvals = vec_set::singleton(sender);
            self.state = State::PostDKG { members_info, partial_pks, pk, messages_hash, approvals };
        },
        State::PostDKG { partial_pks: keys, pk: key, messages_hash: hash, approvals, .. } => {
            assert!(partial_pks == *keys && pk == *key, EInvalidProposal);
            assert!(messages_hash == *hash, EInvalidProposal);
            assert!(!approvals.contains(&sender), EAlreadyProposed);
            approvals.insert(sender);
        },
        State::Finalized => abort EInvalidState,
    }
}

/// Whether all members have proposed.
fun is_agreed(self: &Committee): bool {
    match (&self.state) {
        State::PostDKG { approvals, .. } => approvals.length() == self.members.length(),
        _ => false,
    }
}

/// Ends the ceremony that all members agree on, and returns their servers by party.
fun finalize(self: &mut Committee): vector<PartialKeyServer> {
    let mut servers = vector[];
    match (&self.state) {
        State::PostDKG { members_info, partial_pks, .. } => {
            let mut party = 0;
            self.members.do_ref!(|member| {
                let info = members_info.get(member);
                let key = partial_pks[party];
                servers.push_back(
                    key_server::create_partial_key_server(info.name, info.url, key, party as u16),
                );
                party = party + 1;
            });
        },
        _ => abort EInvalidState,
    };
    self.state = State::Finalized;
    servers
}

fun put_key_server(self: &mut Committee, key_server: KeyServer) {
    let id = object::id(self);
    dof::add(&mut self.id, id, key_server);
}

fun check_may_upgrade(self: &Committee, ctx: &TxContext) {
    assert!(self.members.contains(&ctx.sender()), ENotAuthorized);
    assert!(self.is_finalized(), EInvalidState);
    self.check_code();
}

fun manager_mut(self: &mut Committee): &mut UpgradeManager {
    dof::borrow_mut(&mut self.id, UpgradeManagerKey())
}

fun vote(self: &mut Committee, digest: vector<u8>, vote: Vote, ctx: &TxContext) {
    self.check_may_upgrade(ctx);
    assert!(digest.length() == DIGEST_LENGTH, EInvalidPackageDigest);
    let manager = self.manager_mut();
    // A vote between authorize_upgrade and commit_upgrade would be about a version
    // that is over with the latter, and stay in the way of all others.
    assert!(manager.cap.upgrade_package() != @0x0.to_id(), EWrongVersion);
    if (manager.upgrade_proposal.is_none()) {
        let version = manager.cap.version() + 1;
        let digest = PackageDigest(digest);
        let proposal = UpgradeProposal { digest, version, votes: vec_map::empty() };
        manager.upgrade_proposal = option::some(proposal);
    };
    let proposal = manager.upgrade_proposal.borrow_mut();
    assert!(proposal.digest.0 == digest, ENoProposalForDigest);
    let sender = ctx.sender();
    if (proposal.votes.contains(&sender)) {
        proposal.votes.remove(&sender);
    };
    proposal.votes.insert(sender, vote);
}

/// How many members voted that way.
fun count(self: &UpgradeProposal, vote: Vote): u64 {
    self.votes.keys().count!(|member| self.votes.get(member) == &vote)
}

// === Test-Only Helpers ===

/// `init_committee` without asking what the capability is for: in tests this
/// package is at 0x0, which is no package's id.
#[test_only]
public fun init_for_testing(
    cap: UpgradeCap,
    threshold: u16,
    members: vector<address>,
    ctx: &mut TxContext,
) {
    let committee = new_with_cap(cap, threshold, members, ctx);
    transfer::share_object(committee);
}

/// Ends the ceremony without any, for tests of what comes after.
#[test_only]
public fun finalize_for_testing(
    self: &mut Committee,
    partial_pks: vector<vector<u8>>,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    let mut members_info = vec_map::empty();
    self.members.do_ref!(|member| {
        let info = MemberInfo {
            enc_pk: vector[],
            signing_pk: vector[],
            url: b"https://member.example".to_string(),
            name: (*member).to_string(),
        };
        members_info.insert(*member, info);
    });
    let approvals = vec_set::from_keys(self.members);
    self.state = State::PostDKG { members_info, partial_pks, pk, messages_hash: vector[], approvals };
    let servers = self.finalize();
    let name = self.id.to_address().to_string();
    let server = key_server::create_committee_v2(name, self.threshold, pk, servers, ctx);
    self.put_key_server(server);
}

/// What newer or older code would have done.
#[test_only]
public fun set_code_for_testing(self: &mut Committee, code: u64) {
    if (df::exists_(&self.id, CodeKey())) {
        *df::borrow_mut(&mut self.id, CodeKey()) = code;
    } else {
        df::add(&mut self.id, CodeKey(), code);
    }
}

#[test_only]
public fun new_committee_rotation_initiated(
    committee_id: ID,
    old_committee_id: ID,
): CommitteeRotationInitiated {
    CommitteeRotationInitiated { committee_id, old_committee_id }
}

#[test_only]
public fun has_upgrade_proposal_for_testing(self: &Committee): bool {
    let manager: &UpgradeManager = dof::borrow(&self.id, UpgradeManagerKey());
    manager.upgrade_proposal.is_some()
}
