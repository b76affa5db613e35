// SPDX-License-Identifier: Apache-2.0

/// Whoever bought a subscription of a service, for as long as it lasts; with an
/// object that switches off old versions of the package.
module fixture::subscription;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::sui::SUI;

const EWrongFee: u64 = 12;
const ENoAccess: u64 = 77;
const EWrongVersion: u64 = 5;

const VERSION: u64 = 1;

public struct PackageVersion has key {
    id: UID,
    version: u64,
}

public struct VersionCap has key {
    id: UID,
}

public struct Service has key {
    id: UID,
    fee: u64,
    ttl: u64,
    owner: address,
}

public struct Subscription has key {
    id: UID,
    service_id: ID,
    created_at: u64,
}

fun init(ctx: &mut TxContext) {
    transfer::share_object(PackageVersion { id: object::new(ctx), version: VERSION });
    transfer::transfer(VersionCap { id: object::new(ctx) }, ctx.sender())
}

public fun create_service(fee: u64, ttl: u64, ctx: &mut TxContext): Service {
    Service { id: object::new(ctx), fee, ttl, owner: ctx.sender() }
}

public fun share_service(service: Service) { transfer::share_object(service) }

public fun subscribe(payment: Coin<SUI>, service: &Service, clock: &Clock, ctx: &mut TxContext): Subscription {
    assert!(payment.value() == service.fee, EWrongFee);
    transfer::public_transfer(payment, service.owner);
    Subscription { id: object::new(ctx), service_id: object::id(service), created_at: clock.timestamp_ms() }
}

public fun give(sub: Subscription, to: address) { transfer::transfer(sub, to) }

fun starts_with(id: &vector<u8>, prefix: vector<u8>): bool {
    if (id.length() < prefix.length()) return false;
    let mut same = true;
    prefix.length().do!(|i| if (id[i] != prefix[i]) same = false);
    same
}

fun is_valid(id: &vector<u8>, version: &PackageVersion, sub: &Subscription, service: &Service, clock: &Clock): bool {
    assert!(version.version == VERSION, EWrongVersion);
    if (object::id(service) != sub.service_id) return false;
    if (clock.timestamp_ms() > sub.created_at + service.ttl) return false;
    starts_with(id, service.id.to_bytes())
}

entry fun seal_approve(
    id: vector<u8>,
    version: &PackageVersion,
    sub: &Subscription,
    service: &Service,
    clock: &Clock,
) {
    assert!(is_valid(&id, version, sub, service, clock), ENoAccess)
}
