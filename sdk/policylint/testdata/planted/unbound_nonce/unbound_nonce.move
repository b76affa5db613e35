// SPDX-License-Identifier: Apache-2.0

/// Planted bug: the creator's address in the identity is compared, the nonce
/// after it is not, so one object opens all that its creator ever encrypted.
module fixture::unbound_nonce;

const ENoAccess: u64 = 77;

public struct PrivateData has key, store {
    id: UID,
    creator: address,
    nonce: vector<u8>,
}

public fun store(nonce: vector<u8>, ctx: &mut TxContext): PrivateData {
    PrivateData { id: object::new(ctx), creator: ctx.sender(), nonce }
}

public fun nonce(self: &PrivateData): vector<u8> { self.nonce }

entry fun seal_approve(id: vector<u8>, data: &PrivateData) {
    let prefix = data.creator.to_bytes();
    assert!(id.length() >= prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess))
}
