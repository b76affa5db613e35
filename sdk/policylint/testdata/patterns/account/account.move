// SPDX-License-Identifier: Apache-2.0

/// Everybody opens what is encrypted to their own address.
module fixture::account;

use sui::bcs;

const ENotYours: u64 = 1;

entry fun seal_approve(id: vector<u8>, ctx: &TxContext) {
    assert!(id == bcs::to_bytes(&ctx.sender()), ENotYours)
}
