// SPDX-License-Identifier: Apache-2.0

/// Data that belongs to whoever owns its object.
module fixture::private_data;

use sui::bcs;

const ENoAccess: u64 = 77;

public struct PrivateData has key, store {
    id: UID,
    creator: address,
    nonce: vector<u8>,
    data: vector<u8>,
}

public fun store(nonce: vector<u8>, data: vector<u8>, ctx: &mut TxContext): PrivateData {
    PrivateData { id: object::new(ctx), creator: ctx.sender(), nonce, data }
}

entry fun store_for_sender(nonce: vector<u8>, data: vector<u8>, ctx: &mut TxContext) {
    transfer::public_transfer(store(nonce, data, ctx), ctx.sender())
}

entry fun seal_approve(id: vector<u8>, data: &PrivateData) {
    let mut want = bcs::to_bytes(&data.creator);
    want.append(data.nonce);
    assert!(id == want, ENoAccess)
}
