// SPDX-License-Identifier: Apache-2.0

/// Merkle trees of append-only logs, as RFC 6962 hashes them and RFC 9162, section
/// 2.1, verifies them: that a leaf is in a tree, and that a tree begins with
/// another one. Hash is SHA-256; a leaf is hashed behind a byte 0, a pair behind a
/// byte 1.
module floe_catalog::merkle;

use std::hash::sha2_256;

// === Constants ===

/// A tree of 2^63 leaves has proofs of 63 hashes; consistency takes one more.
const MAX_PROOF_LENGTH: u64 = 64;

// === Public Functions ===

/// The root of the tree without leaves.
public fun empty_root(): vector<u8> { sha2_256(b"") }

/// The hash of a leaf.
public fun hash_leaf(leaf: vector<u8>): vector<u8> {
    let mut preimage = x"00";
    preimage.append(leaf);
    sha2_256(preimage)
}

/// True if the leaf with this hash is at `index` of the tree of `size` leaves with
/// this root. Bad proofs are false, however bad.
public fun verify_inclusion(
    leaf_hash: vector<u8>,
    index: u64,
    size: u64,
    proof: &vector<vector<u8>>,
    root: &vector<u8>,
): bool {
    if (index >= size || proof.length() > MAX_PROOF_LENGTH) return false;
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf_hash;
    let mut i = 0;
    while (i < proof.length()) {
        if (last == 0) return false;
        if (is_right(node, last)) {
            hash = hash_pair(proof[i], hash);
            (node, last) = climb_to_sibling(node, last);
        } else {
            hash = hash_pair(hash, proof[i]);
        };
        node = node >> 1;
        last = last >> 1;
        i = i + 1;
    };
    last == 0 && hash == *root
}

/// True if the tree of `size` leaves with `root` begins with the tree of
/// `old_size` leaves with `old_root`. `old_size` is not 0, and smaller.
public fun verify_consistency(
    old_size: u64,
    old_root: &vector<u8>,
    size: u64,
    root: &vector<u8>,
    proof: &vector<vector<u8>>,
): bool {
    if (old_size == 0 || old_size >= size) return false;
    if (proof.is_empty() || proof.length() > MAX_PROOF_LENGTH) return false;
    let (mut node, mut last) = (old_size - 1, size - 1);
    while (node & 1 == 1) {
        node = node >> 1;
        last = last >> 1;
    };
    // an old tree that is complete is a node of the new one and begins the proof
    let (seed, mut i) = if (node == 0) (*old_root, 0) else (proof[0], 1);
    let (mut old_hash, mut hash) = (seed, seed);
    while (i < proof.length()) {
        if (last == 0) return false;
        if (is_right(node, last)) {
            old_hash = hash_pair(proof[i], old_hash);
            hash = hash_pair(proof[i], hash);
            (node, last) = climb_to_sibling(node, last);
        } else {
            hash = hash_pair(hash, proof[i]);
        };
        node = node >> 1;
        last = last >> 1;
        i = i + 1;
    };
    last == 0 && old_hash == *old_root && hash == *root
}

// === Private Functions ===

/// True if the next hash of the proof stands left of the node: the node is a
/// right child, or the last of its level.
fun is_right(node: u64, last: u64): bool { node & 1 == 1 || node == last }

/// Climbs from a last node, which has no sibling on its level, to where it has
/// one.
fun climb_to_sibling(mut node: u64, mut last: u64): (u64, u64) {
    while (node & 1 == 0 && node != 0) {
        node = node >> 1;
        last = last >> 1;
    };
    (node, last)
}

fun hash_pair(left: vector<u8>, right: vector<u8>): vector<u8> {
    let mut preimage = x"01";
    preimage.append(left);
    preimage.append(right);
    sha2_256(preimage)
}
