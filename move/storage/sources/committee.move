// SPDX-License-Identifier: Apache-2.0

/// The storage nodes of one epoch: their BLS12-381 keys and the shards they
/// hold, and the check that a quorum of them signed a message.
///
/// Keys are G1 points (48 bytes), signatures G2 points (96 bytes, min-pk). A
/// member's weight is the number of its shards. Of n shards at most
/// f = (n - 1) / 3 may be faulty; a quorum is any weight w with 3w >= 2n + 1.
///
/// The module does not know who may replace a committee: see `system`.
module floe_storage::committee;

use floe_storage::messages::{Self, CertifiedMessage};
use std::string::String;
use sui::bcs;
use sui::bls12381::{Self, G1};
use sui::group_ops::{Self, Element};
use sui::hash;

// === Errors ===

/// There is no member, or the vectors that describe the members differ in length.
const EInvalidMembers: u64 = 0;
/// A member's name or network address is empty.
const EEmptyName: u64 = 1;
/// Two members have the same name.
const EDuplicateName: u64 = 2;
/// A public key is not 48 bytes long, or is the point at infinity.
const EInvalidPublicKey: u64 = 3;
/// Two members have the same public key.
const EDuplicatePublicKey: u64 = 4;
/// A member did not prove that it knows the secret of its key.
const EInvalidProofOfPossession: u64 = 5;
/// A member holds no shard.
const ENoShards: u64 = 6;
/// There are fewer shards than erasure coding needs (4), or more than 65535.
const EInvalidShardCount: u64 = 7;
/// A shard index is not below the number of shards.
const EShardOutOfRange: u64 = 8;
/// A shard is assigned twice.
const EDuplicateShard: u64 = 9;
/// The bitmap is longer than the committee, or sets a bit beyond its last member.
const EInvalidBitmap: u64 = 10;
/// The signers do not hold a quorum of the shards.
const ENotEnoughWeight: u64 = 11;
/// The aggregate signature does not verify under the signers' keys.
const EInvalidSignature: u64 = 12;

// === Constants ===

const PUBLIC_KEY_LENGTH: u64 = 48;
/// Erasure coding has no recovery symbols below 4 shards.
const MIN_SHARDS: u64 = 4;
const MAX_SHARDS: u64 = 65535;

// === Structs ===

/// One storage node.
public struct Member has copy, drop, store {
    name: String,
    /// Base URL of the node's HTTP API.
    network_address: String,
    /// In BCS the same as the 48 bytes of the key.
    public_key: Element<G1>,
    shards: vector<u16>,
}

/// The storage nodes of one epoch. Members keep the order of their registration:
/// it is the order of the bits in a certificate's bitmap.
public struct Committee has drop, store {
    epoch: u32,
    n_shards: u16,
    members: vector<Member>,
    /// Sum of all members' keys, so that a certificate costs one subtraction
    /// per absent member.
    total_public_key: Element<G1>,
}

// === Public Functions ===

/// Checks and builds the committee of `epoch` as the sender registers it. All
/// vectors are in member order, which becomes the order of bits in certificates,
/// and equally long. Each member proves that it knows the secret of its key by a
/// signature over `messages::proof_of_possession` for `epoch` and the sender.
/// Every shard of 0..n is held exactly once. It takes over only by `system`.
public fun assemble(
    epoch: u32,
    names: vector<String>,
    network_addresses: vector<String>,
    public_keys: vector<vector<u8>>,
    proofs_of_possession: vector<vector<u8>>,
    shards: vector<vector<u16>>,
    ctx: &TxContext,
): Committee {
    new(
        epoch,
        ctx.sender(),
        names,
        network_addresses,
        public_keys,
        proofs_of_possession,
        shards,
    )
}

// === View helpers ===

/// What a committee that hands over signs of the next one: BLAKE2b-256 of the BCS
/// of epoch, number of members, and for each its name, network address, public
/// key (48 bytes behind their length) and shards.
public fun digest(self: &Committee): vector<u8> {
    let mut preimage = bcs::to_bytes(&self.epoch);
    preimage.append(bcs::to_bytes(&self.members));
    hash::blake2b256(&preimage)
}

/// The epoch that the committee serves.
public fun epoch(self: &Committee): u32 { self.epoch }

/// The number of shards; 0 as long as there is no committee.
public fun n_shards(self: &Committee): u16 { self.n_shards }

/// The members in bitmap order.
public fun members(self: &Committee): &vector<Member> { &self.members }

/// True until the first committee is set.
public fun is_empty(self: &Committee): bool { self.members.is_empty() }

/// True if `weight` shards are a quorum of this committee: 3w >= 2n + 1.
public fun is_quorum(self: &Committee, weight: u64): bool {
    3 * weight >= 2 * (self.n_shards as u64) + 1
}

/// The member's name, unique in the committee.
public fun name(self: &Member): String { self.name }

/// Base URL of the member's HTTP API.
public fun network_address(self: &Member): String { self.network_address }

/// The member's compressed G1 key, 48 bytes.
public fun public_key(self: &Member): vector<u8> { *group_ops::bytes(&self.public_key) }

/// The shards that the member holds, in the order given at registration.
public fun shards(self: &Member): &vector<u16> { &self.shards }

// === Package Functions ===

/// The committee before any is set: no member, no shard, epoch 0.
public(package) fun empty(): Committee { none(0) }

/// No member and no shard in this epoch.
public(package) fun none(epoch: u32): Committee {
    Committee {
        epoch,
        n_shards: 0,
        members: vector[],
        total_public_key: bls12381::g1_identity(),
    }
}

/// Checks and builds the committee of `epoch` as `sender` registers it. All
/// vectors are in member order and equally long.
public(package) fun new(
    epoch: u32,
    sender: address,
    names: vector<String>,
    network_addresses: vector<String>,
    public_keys: vector<vector<u8>>,
    proofs_of_possession: vector<vector<u8>>,
    shards: vector<vector<u16>>,
): Committee {
    let count = names.length();
    assert!(
        count > 0 &&
        network_addresses.length() == count &&
        public_keys.length() == count &&
        proofs_of_possession.length() == count &&
        shards.length() == count,
        EInvalidMembers,
    );
    let n_shards = check_shards(&shards);

    let mut members = vector<Member>[];
    let mut total_public_key = bls12381::g1_identity();
    let mut i = 0;
    while (i < count) {
        let member = Member {
            name: names[i],
            network_address: network_addresses[i],
            public_key: check_public_key(epoch, sender, public_keys[i], &proofs_of_possession[i]),
            shards: shards[i],
        };
        check_new_member(&members, &member);
        total_public_key = bls12381::g1_add(&total_public_key, &member.public_key);
        members.push_back(member);
        i = i + 1;
    };
    Committee { epoch, n_shards, members, total_public_key }
}

/// The names of all members in bitmap order.
public(package) fun names(self: &Committee): vector<String> {
    let mut names = vector[];
    let mut i = 0;
    while (i < self.members.length()) {
        names.push_back(self.members[i].name);
        i = i + 1;
    };
    names
}

/// Verifies that a quorum signed `message` for this committee's epoch.
///
/// Bit i of byte b of `signers_bitmap` stands for member 8b + i. The bitmap may
/// be shorter than the committee (missing bits are 0) but not longer.
/// Checks, in this order: bitmap, weight, signature, message header.
public(package) fun verify_certificate(
    self: &Committee,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
): CertifiedMessage {
    let (signers, weight, public_key) = self.aggregate(&signers_bitmap);
    assert!(self.is_quorum(weight), ENotEnoughWeight);
    assert!(
        bls12381::bls12381_min_pk_verify(&signature, group_ops::bytes(&public_key), &message),
        EInvalidSignature,
    );
    messages::new_certified(message, self.epoch, signers, weight as u16)
}

// === Private Functions ===

/// Signers named by the bitmap, the shards that they hold, and the sum of their
/// keys: the total key without those of the absent members.
fun aggregate(self: &Committee, bitmap: &vector<u8>): (vector<u16>, u64, Element<G1>) {
    let count = self.members.length();
    assert!(bitmap.length() <= (count + 7) / 8, EInvalidBitmap);
    let bits = bitmap.length() * 8;

    let mut signers = vector<u16>[];
    let mut weight = 0;
    let mut public_key = self.total_public_key;
    let mut i = 0;
    while (i < count) {
        let member = &self.members[i];
        if (i < bits && is_set(bitmap, i)) {
            signers.push_back(i as u16);
            weight = weight + member.shards.length();
        } else {
            public_key = bls12381::g1_sub(&public_key, &member.public_key);
        };
        i = i + 1;
    };
    while (i < bits) {
        assert!(!is_set(bitmap, i), EInvalidBitmap);
        i = i + 1;
    };
    (signers, weight, public_key)
}

fun is_set(bitmap: &vector<u8>, i: u64): bool {
    (bitmap[i / 8] >> ((i % 8) as u8)) & 1 == 1
}

/// The number of shards, after checking that each of 0..n is assigned once.
fun check_shards(shards: &vector<vector<u16>>): u16 {
    let mut n_shards = 0;
    let mut i = 0;
    while (i < shards.length()) {
        assert!(!shards[i].is_empty(), ENoShards);
        n_shards = n_shards + shards[i].length();
        i = i + 1;
    };
    assert!(n_shards >= MIN_SHARDS && n_shards <= MAX_SHARDS, EInvalidShardCount);

    let mut assigned = vector<bool>[];
    while (assigned.length() < n_shards) assigned.push_back(false);
    let mut i = 0;
    while (i < shards.length()) {
        mark_assigned(&shards[i], &mut assigned);
        i = i + 1;
    };
    n_shards as u16
}

/// Marks one member's shards. As many marks as there are shards, none of them
/// twice, leaves no shard out.
fun mark_assigned(shards: &vector<u16>, assigned: &mut vector<bool>) {
    let mut i = 0;
    while (i < shards.length()) {
        let shard = shards[i] as u64;
        assert!(shard < assigned.length(), EShardOutOfRange);
        assert!(!assigned[shard], EDuplicateShard);
        *(&mut assigned[shard]) = true;
        i = i + 1;
    }
}

/// The key as a group element, after checking that its owner knows its secret.
fun check_public_key(
    epoch: u32,
    sender: address,
    public_key: vector<u8>,
    proof_of_possession: &vector<u8>,
): Element<G1> {
    assert!(
        public_key.length() == PUBLIC_KEY_LENGTH &&
        &public_key != group_ops::bytes(&bls12381::g1_identity()),
        EInvalidPublicKey,
    );
    let message = messages::proof_of_possession(epoch, sender, public_key);
    assert!(
        bls12381::bls12381_min_pk_verify(proof_of_possession, &public_key, &message),
        EInvalidProofOfPossession,
    );
    bls12381::g1_from_bytes(&public_key)
}

/// Names and keys tell members apart, so both are unique.
fun check_new_member(members: &vector<Member>, member: &Member) {
    assert!(!member.name.is_empty() && !member.network_address.is_empty(), EEmptyName);
    let mut i = 0;
    while (i < members.length()) {
        assert!(members[i].name != member.name, EDuplicateName);
        assert!(members[i].public_key != member.public_key, EDuplicatePublicKey);
        i = i + 1;
    }
}

// === Test-Only Helpers ===

#[test_only]
/// A committee whose keys were not asked for a proof of possession.
public fun new_for_testing(
    epoch: u32,
    names: vector<String>,
    public_keys: vector<vector<u8>>,
    shards: vector<vector<u16>>,
): Committee {
    let n_shards = check_shards(&shards);
    let mut members = vector<Member>[];
    let mut total_public_key = bls12381::g1_identity();
    let mut i = 0;
    while (i < names.length()) {
        let public_key = bls12381::g1_from_bytes(&public_keys[i]);
        total_public_key = bls12381::g1_add(&total_public_key, &public_key);
        members.push_back(Member {
            name: names[i],
            network_address: names[i],
            public_key,
            shards: shards[i],
        });
        i = i + 1;
    };
    Committee { epoch, n_shards, members, total_public_key }
}
