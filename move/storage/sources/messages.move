// SPDX-License-Identifier: Apache-2.0

/// The byte strings that storage nodes sign, and what they prove once a quorum
/// has signed them. All but the hand-over are Walrus', byte for byte.
///
/// Every signed message starts with three intent bytes and the epoch:
///
/// ```text
/// type u8 | version u8 = 0 | app u8 = 3 | epoch u32 le | body
/// ```
///
/// | type | body | length |
/// |---|---|---|
/// | 0 proof of possession | sender address 32, BLS public key 48 | 87 |
/// | 1 blob certificate, permanent | blob id 32, `00` | 40 |
/// | 1 blob certificate, deletable | blob id 32, `01`, blob object id 32 | 72 |
/// | 128 hand-over to the next committee | `committee::digest` of it, 32 | 39 |
///
/// Walrus has no type 128: there the staking contract names the next committee.
///
/// Bytes after the body are tolerated, as Walrus tolerates them.
///
/// A `CertifiedMessage` can be made by a committee only, and a `CertifiedBlob`
/// from a `CertifiedMessage` only, so nothing else can certify a blob.
module floe_storage::messages;

use sui::bcs;

// === Errors ===

/// The message ends before its header or its body is complete.
const EMessageTooShort: u64 = 0;
/// The intent version is not 0.
const EInvalidVersion: u64 = 1;
/// The intent app id is not Walrus' (3).
const EInvalidApp: u64 = 2;
/// The message was signed for another epoch than the committee's.
const EEpochMismatch: u64 = 3;
/// The message is no blob certificate.
const EInvalidType: u64 = 4;
/// The persistence byte is neither 0 (permanent) nor 1 (deletable).
const EInvalidPersistence: u64 = 5;
/// The message is no hand-over, or its digest is not 32 bytes long.
const ENotHandOver: u64 = 6;

// === Constants ===

const APP_ID: u8 = 3;
const INTENT_VERSION: u8 = 0;
const TYPE_PROOF_OF_POSSESSION: u8 = 0;
const TYPE_BLOB_CERTIFICATE: u8 = 1;
const TYPE_HAND_OVER: u8 = 128;

const PERSISTENCE_PERMANENT: u8 = 0;
const PERSISTENCE_DELETABLE: u8 = 1;

/// Intent (3) and epoch (4).
const HEADER_LENGTH: u64 = 7;
/// Blob id (32) and persistence (1).
const PERMANENT_BODY_LENGTH: u64 = 33;
/// Blob id (32), persistence (1) and object id (32).
const DELETABLE_BODY_LENGTH: u64 = 65;
/// BLAKE2b-256.
const DIGEST_LENGTH: u64 = 32;

// === Structs ===

/// A message that a quorum of the committee signed in its own epoch.
public struct CertifiedMessage has drop {
    message_type: u8,
    epoch: u32,
    body: vector<u8>,
    signers: vector<u16>,
    weight: u16,
}

/// A quorum's statement that it stores a blob.
public struct CertifiedBlob has drop {
    epoch: u32,
    blob_id: u256,
    /// The blob object that the statement is bound to; none for permanent blobs.
    object_id: Option<ID>,
    signers: vector<u16>,
    weight: u16,
}

// === Public Functions ===

/// What a node signs with its own key to join the committee of `epoch` which
/// `sender` registers.
public fun proof_of_possession(epoch: u32, sender: address, public_key: vector<u8>): vector<u8> {
    let mut message = vector[TYPE_PROOF_OF_POSSESSION, INTENT_VERSION, APP_ID];
    message.append(bcs::to_bytes(&epoch));
    message.append(bcs::to_bytes(&sender));
    message.append(public_key);
    message
}

/// What a node of the committee of `epoch` signs to hand over to the committee with
/// this digest.
public fun hand_over(epoch: u32, digest: vector<u8>): vector<u8> {
    let mut message = vector[TYPE_HAND_OVER, INTENT_VERSION, APP_ID];
    message.append(bcs::to_bytes(&epoch));
    message.append(digest);
    message
}

// === View helpers ===

/// Epoch in which the quorum signed.
public fun epoch(self: &CertifiedBlob): u32 { self.epoch }

/// The stored blob.
public fun blob_id(self: &CertifiedBlob): u256 { self.blob_id }

/// The blob object that the statement is bound to; none for permanent blobs.
public fun object_id(self: &CertifiedBlob): Option<ID> { self.object_id }

/// Positions of the signers in the committee, ascending.
public fun signers(self: &CertifiedBlob): vector<u16> { self.signers }

/// Shards held by the signers.
public fun weight(self: &CertifiedBlob): u16 { self.weight }

// === Package Functions ===

/// Reads the header of a message whose signature the committee has verified.
public(package) fun new_certified(
    message: vector<u8>,
    committee_epoch: u32,
    signers: vector<u16>,
    weight: u16,
): CertifiedMessage {
    assert!(message.length() >= HEADER_LENGTH, EMessageTooShort);
    let mut reader = bcs::new(message);
    let message_type = reader.peel_u8();
    assert!(reader.peel_u8() == INTENT_VERSION, EInvalidVersion);
    assert!(reader.peel_u8() == APP_ID, EInvalidApp);
    let epoch = reader.peel_u32();
    assert!(epoch == committee_epoch, EEpochMismatch);
    CertifiedMessage { message_type, epoch, body: reader.into_remainder_bytes(), signers, weight }
}

/// Reads a certified message as a blob certificate.
public(package) fun into_certified_blob(message: CertifiedMessage): CertifiedBlob {
    let CertifiedMessage { message_type, epoch, body, signers, weight } = message;
    assert!(message_type == TYPE_BLOB_CERTIFICATE, EInvalidType);
    let length = body.length();
    assert!(length >= PERMANENT_BODY_LENGTH, EMessageTooShort);
    let mut reader = bcs::new(body);
    let blob_id = reader.peel_u256();
    let persistence = reader.peel_u8();
    let object_id = if (persistence == PERSISTENCE_DELETABLE) {
        assert!(length >= DELETABLE_BODY_LENGTH, EMessageTooShort);
        option::some(object::id_from_address(reader.peel_address()))
    } else {
        assert!(persistence == PERSISTENCE_PERMANENT, EInvalidPersistence);
        option::none()
    };
    CertifiedBlob { epoch, blob_id, object_id, signers, weight }
}

/// Reads a certified message as a hand-over: the digest of the next committee.
public(package) fun into_hand_over(message: CertifiedMessage): vector<u8> {
    let CertifiedMessage { message_type, body, .. } = message;
    assert!(
        message_type == TYPE_HAND_OVER && body.length() == DIGEST_LENGTH,
        ENotHandOver,
    );
    body
}
