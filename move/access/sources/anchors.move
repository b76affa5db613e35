// SPDX-License-Identifier: Apache-2.0

/// Roots of release logs, anchored.
///
/// A key server logs every answer in a Merkle tree and signs the tree's head as a
/// C2SP checkpoint: a signed note of the log's origin, the number of entries and the
/// root, each on a line. Here the newest head is kept, with the chain's time. The
/// operator's signature is what counts: whoever holds a signed head may hand it in.
///
/// Sizes never shrink. Two signed heads of one size with different roots prove that
/// the operator showed different logs to different people; anybody who has both can
/// put that on record, for ever.
module floe_access::anchors;

use floe_access::anchor_events;
use floe_access::version::PackageVersion;
use std::string::String;
use sui::clock::Clock;
use sui::ed25519;
use sui::table::{Self, Table};

// === Errors ===

/// The origin is empty, longer than 128 bytes or not one line.
const EInvalidOrigin: u64 = 0;
/// The public key is not 32 bytes long.
const EInvalidPublicKey: u64 = 1;
/// The root is not 32 bytes long.
const EInvalidRoot: u64 = 2;
/// The operator did not sign this head.
const EInvalidSignature: u64 = 3;
/// The head is of a smaller tree than the anchored one.
const EShrinks: u64 = 4;
/// A tree of this size is anchored already.
const ENotGrown: u64 = 5;
/// The two heads have the same root.
const ESameRoot: u64 = 6;
/// That there are two trees of this size is on record already.
const EAlreadyProven: u64 = 7;

// === Constants ===

const MAX_ORIGIN_LENGTH: u64 = 128;
const PUBLIC_KEY_LENGTH: u64 = 32;
const ROOT_LENGTH: u64 = 32;
const NEWLINE: u8 = 10;
/// Of base64.
const ALPHABET: vector<u8> = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING: u8 = 61;

// === Structs ===

/// The newest signed head of a log. Shared.
public struct Anchor has key {
    id: UID,
    /// First line of the log's checkpoints.
    origin: String,
    /// Ed25519; the log's for as long as it lives.
    public_key: vector<u8>,
    tree_size: u64,
    /// Empty until a head is anchored.
    root: vector<u8>,
    signature: vector<u8>,
    anchored_at_ms: u64,
    /// Sizes of which two different trees were signed.
    forks: Table<u64, bool>,
}

// === Public Functions ===

/// Makes an anchor for a log and shares it. Anybody may, for any log: only its
/// operator can sign heads for it.
public fun create(
    origin: String,
    public_key: vector<u8>,
    package_version: &PackageVersion,
    ctx: &mut TxContext,
) {
    package_version.check();
    assert!(is_line(origin.as_bytes()), EInvalidOrigin);
    assert!(public_key.length() == PUBLIC_KEY_LENGTH, EInvalidPublicKey);
    let anchor = Anchor {
        id: object::new(ctx),
        origin,
        public_key,
        tree_size: 0,
        root: b"",
        signature: b"",
        anchored_at_ms: 0,
        forks: table::new(ctx),
    };
    anchor_events::emit_anchor_created(object::id(&anchor), origin, public_key);
    transfer::share_object(anchor);
}

/// Anchors the head of a larger tree. `signature` is the operator's, 64 bytes, over
/// the checkpoint's text (see `checkpoint`), without the key hash of signed notes.
public fun anchor_root(
    self: &mut Anchor,
    tree_size: u64,
    root: vector<u8>,
    signature: vector<u8>,
    package_version: &PackageVersion,
    clock: &Clock,
) {
    package_version.check();
    assert!(tree_size >= self.tree_size, EShrinks);
    assert!(tree_size > self.tree_size, ENotGrown);
    self.check_head(tree_size, root, &signature);
    let previous_size = self.tree_size;
    self.tree_size = tree_size;
    self.root = root;
    self.signature = signature;
    self.anchored_at_ms = clock.timestamp_ms();
    anchor_events::emit_root_anchored(
        object::id(self),
        previous_size,
        tree_size,
        root,
        signature,
        self.anchored_at_ms,
    );
}

/// Puts on record that the operator signed two different trees of one size.
/// Anybody may.
public fun prove_fork(
    self: &mut Anchor,
    tree_size: u64,
    first_root: vector<u8>,
    first_signature: vector<u8>,
    second_root: vector<u8>,
    second_signature: vector<u8>,
    package_version: &PackageVersion,
    ctx: &TxContext,
) {
    package_version.check();
    assert!(first_root != second_root, ESameRoot);
    self.check_head(tree_size, first_root, &first_signature);
    self.check_head(tree_size, second_root, &second_signature);
    assert!(!self.forks.contains(tree_size), EAlreadyProven);
    self.forks.add(tree_size, true);
    anchor_events::emit_misbehaviour_proven(
        object::id(self),
        tree_size,
        first_root,
        first_signature,
        second_root,
        second_signature,
        ctx.sender(),
    );
}

/// The text that an operator signs: three lines, each ended: the origin, the size
/// in decimal, the root in base64.
public fun checkpoint(origin: String, tree_size: u64, root: vector<u8>): vector<u8> {
    let mut text = origin.into_bytes();
    text.push_back(NEWLINE);
    text.append(tree_size.to_string().into_bytes());
    text.push_back(NEWLINE);
    text.append(base64(root));
    text.push_back(NEWLINE);
    text
}

// === View helpers ===

/// First line of the log's checkpoints.
public fun origin(self: &Anchor): String { self.origin }

/// The operator's Ed25519 key, 32 bytes.
public fun public_key(self: &Anchor): vector<u8> { self.public_key }

/// Entries of the anchored tree; 0 until there is one.
public fun tree_size(self: &Anchor): u64 { self.tree_size }

/// Root of the anchored tree, 32 bytes; empty until there is one.
public fun root(self: &Anchor): vector<u8> { self.root }

/// The operator's signature on it.
public fun signature(self: &Anchor): vector<u8> { self.signature }

/// When it was anchored, in Unix milliseconds.
public fun anchored_at_ms(self: &Anchor): u64 { self.anchored_at_ms }

/// True if it is on record that the operator signed different trees of one size.
public fun has_forked(self: &Anchor): bool { !self.forks.is_empty() }

/// True if that is on record for this size.
public fun is_fork_proven(self: &Anchor, tree_size: u64): bool { self.forks.contains(tree_size) }

// === Private Functions ===

fun check_head(self: &Anchor, tree_size: u64, root: vector<u8>, signature: &vector<u8>) {
    assert!(root.length() == ROOT_LENGTH, EInvalidRoot);
    let text = checkpoint(self.origin, tree_size, root);
    assert!(ed25519::ed25519_verify(signature, &self.public_key, &text), EInvalidSignature);
}

fun is_line(text: &vector<u8>): bool {
    let newline = NEWLINE;
    !text.is_empty() && text.length() <= MAX_ORIGIN_LENGTH && !text.contains(&newline)
}

/// Standard base64, padded (RFC 4648, section 4).
fun base64(bytes: vector<u8>): vector<u8> {
    let alphabet = ALPHABET;
    let length = bytes.length();
    let mut text = b"";
    let mut i = 0;
    while (i < length) {
        let mut group = (bytes[i] as u32) << 16;
        if (i + 1 < length) group = group | ((bytes[i + 1] as u32) << 8);
        if (i + 2 < length) group = group | (bytes[i + 2] as u32);
        text.push_back(alphabet[(group >> 18) as u64]);
        text.push_back(alphabet[((group >> 12) & 63) as u64]);
        text.push_back(if (i + 1 < length) alphabet[((group >> 6) & 63) as u64] else PADDING);
        text.push_back(if (i + 2 < length) alphabet[(group & 63) as u64] else PADDING);
        i = i + 3;
    };
    text
}

// === Test-Only Helpers ===

#[test_only]
public fun base64_for_testing(bytes: vector<u8>): vector<u8> { base64(bytes) }
