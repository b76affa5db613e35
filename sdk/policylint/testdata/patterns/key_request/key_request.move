// SPDX-License-Identifier: Apache-2.0

/// Requests for a key that a transaction makes and a decision takes.
module fixture::key_request {
    use std::type_name;
    use sui::clock::Clock;

    public struct KeyRequest has key, store {
        id: UID,
        package: std::ascii::String,
        inner_id: vector<u8>,
        user: address,
        valid_till: u64,
    }

    public fun request_key<T: drop>(
        _: T,
        inner_id: vector<u8>,
        user: address,
        clock: &Clock,
        ttl: u64,
        ctx: &mut TxContext,
    ): KeyRequest {
        KeyRequest {
            id: object::new(ctx),
            package: type_name::with_defining_ids<T>().address_string(),
            inner_id,
            user,
            valid_till: clock.timestamp_ms() + ttl,
        }
    }

    public fun destroy(request: KeyRequest) {
        let KeyRequest { id, .. } = request;
        id.delete()
    }

    public fun verify<T: drop>(request: &KeyRequest, _: T, id: vector<u8>, user: address, clock: &Clock): bool {
        request.package == type_name::with_defining_ids<T>().address_string()
            && request.inner_id == id
            && request.user == user
            && clock.timestamp_ms() <= request.valid_till
    }
}

/// An example of their use: a list of members.
module fixture::requested_list {
    use fixture::key_request::{Self, KeyRequest};
    use sui::clock::Clock;

    const ENoAccess: u64 = 1;
    const EWrongCap: u64 = 2;
    const ETooLong: u64 = 3;

    const TTL_MS: u64 = 3_600_000;

    public struct Request() has drop;

    public struct Users has key {
        id: UID,
        users: vector<address>,
    }

    public struct Cap has key, store {
        id: UID,
        list: ID,
    }

    public fun create(ctx: &mut TxContext): Cap {
        let list = Users { id: object::new(ctx), users: vector[] };
        let cap = Cap { id: object::new(ctx), list: object::id(&list) };
        transfer::share_object(list);
        cap
    }

    public fun add(list: &mut Users, cap: &Cap, user: address) {
        assert!(cap.list == object::id(list), EWrongCap);
        list.users.push_back(user)
    }

    public fun request(inner_id: vector<u8>, list: &Users, clock: &Clock, ctx: &mut TxContext): KeyRequest {
        assert!(list.users.contains(&ctx.sender()), ENoAccess);
        let prefix = list.id.to_bytes();
        assert!(inner_id.length() >= prefix.length(), ENoAccess);
        prefix.length().do!(|i| assert!(inner_id[i] == prefix[i], ENoAccess));
        assert!(inner_id.length() <= 64, ETooLong);
        key_request::request_key(Request(), inner_id, ctx.sender(), clock, TTL_MS, ctx)
    }

    entry fun seal_approve(id: vector<u8>, request: &KeyRequest, clock: &Clock, ctx: &TxContext) {
        assert!(request.verify(Request(), id, ctx.sender(), clock), ENoAccess)
    }
}
