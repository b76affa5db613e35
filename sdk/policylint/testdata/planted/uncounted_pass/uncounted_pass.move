// SPDX-License-Identifier: Apache-2.0

/// Planted bug: a pass has a number of uses that a decision can't take down.
module fixture::uncounted_pass;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::sui::SUI;

const EWrongFee: u64 = 1;
const ENoAccess: u64 = 2;

public struct Service has key {
    id: UID,
    fee: u64,
    uses: u64,
    owner: address,
}

public struct Pass has key {
    id: UID,
    service: ID,
    uses_left: u64,
}

public fun create(fee: u64, uses: u64, ctx: &mut TxContext) {
    transfer::share_object(Service { id: object::new(ctx), fee, uses, owner: ctx.sender() })
}

entry fun buy(payment: Coin<SUI>, service: &Service, clock: &Clock, ctx: &mut TxContext) {
    assert!(payment.value() == service.fee, EWrongFee);
    transfer::public_transfer(payment, service.owner);
    let now_ms = clock.timestamp_ms();
    assert!(now_ms > 0, ENoAccess);
    let pass = Pass { id: object::new(ctx), service: object::id(service), uses_left: service.uses };
    transfer::transfer(pass, ctx.sender())
}

entry fun seal_approve(id: vector<u8>, pass: &Pass, service: &Service) {
    assert!(pass.service == object::id(service), ENoAccess);
    assert!(pass.uses_left > 0, ENoAccess);
    let prefix = service.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess))
}
