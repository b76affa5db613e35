// SPDX-License-Identifier: Apache-2.0

/// A subscription without an object that tells the version.
module fixture::plain_subscription;

use std::string::String;
use sui::clock::Clock;
use sui::coin::Coin;
use sui::sui::SUI;

const EWrongCap: u64 = 0;
const EWrongFee: u64 = 1;
const ENoAccess: u64 = 2;

public struct Service has key {
    id: UID,
    fee: u64,
    ttl_ms: u64,
    owner: address,
    name: String,
    files: vector<String>,
}

public struct Cap has key {
    id: UID,
    service_id: ID,
}

public struct Subscription has key {
    id: UID,
    service_id: ID,
    bought_at_ms: u64,
}

entry fun create(fee: u64, ttl_ms: u64, name: String, ctx: &mut TxContext) {
    let service = Service { id: object::new(ctx), fee, ttl_ms, owner: ctx.sender(), name, files: vector[] };
    transfer::transfer(Cap { id: object::new(ctx), service_id: object::id(&service) }, ctx.sender());
    transfer::share_object(service)
}

entry fun publish(service: &mut Service, cap: &Cap, file: String) {
    assert!(cap.service_id == object::id(service), EWrongCap);
    service.files.push_back(file)
}

public fun buy(fee: Coin<SUI>, service: &Service, clock: &Clock, ctx: &mut TxContext): Subscription {
    assert!(fee.value() == service.fee, EWrongFee);
    transfer::public_transfer(fee, service.owner);
    Subscription { id: object::new(ctx), service_id: object::id(service), bought_at_ms: clock.timestamp_ms() }
}

public fun hand_over(sub: Subscription, to: address) { transfer::transfer(sub, to) }

entry fun seal_approve(id: vector<u8>, sub: &Subscription, service: &Service, clock: &Clock) {
    assert!(sub.service_id == object::id(service), ENoAccess);
    assert!(clock.timestamp_ms() <= sub.bought_at_ms + service.ttl_ms, ENoAccess);
    let prefix = service.id.to_bytes();
    assert!(id.length() >= prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess))
}
