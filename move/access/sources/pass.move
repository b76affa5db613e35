// SPDX-License-Identifier: Apache-2.0

/// Passes: bought on chain, they meet a policy's pass rule for a term (a
/// subscription), for a number of key requests (pay-per-use), or both.
///
/// A pass belongs to the address that it was bought for. It can't be sold on,
/// shared or frozen, so nobody else can show it. Whoever shares keys or data
/// instead can't be stopped by any contract.
module floe_access::pass;

use floe_access::events;
use floe_access::policy::Policy;
use floe_access::rule;
use floe_access::version::PackageVersion;
use std::type_name;
use sui::clock::Clock;
use sui::coin::Coin;

// === Errors ===

/// The pass is another policy's.
const EWrongPolicy: u64 = 0;
/// The pass is another address's.
const ENotHolder: u64 = 1;
/// The pass's term is over.
const EExpired: u64 = 2;
/// The pass has no use left.
const EUsedUp: u64 = 3;
/// The pass's uses are counted, and a decision can't count: make a key request.
const EMustRequest: u64 = 4;
/// The offer's passes are not sold any more.
const ENotForSale: u64 = 5;
/// The offer is for another coin.
const EWrongCoin: u64 = 6;
/// The payment is not exactly the price.
const EWrongAmount: u64 = 7;

// === Structs ===

/// What an offer of a policy was bought for. Owned by its holder for ever.
public struct Pass has key {
    id: UID,
    policy: ID,
    offer: u64,
    holder: address,
    /// Last moment at which it is valid; none is for ever.
    expires_at_ms: Option<u64>,
    /// Key requests that are left; none is any number.
    uses_left: Option<u64>,
}

// === Public Functions ===

/// Buys a pass for `holder`, who may be somebody else than who pays. The whole
/// coin is paid to the policy's payee and must be worth exactly the price.
/// Returns the pass's id.
public fun buy<C>(
    policy: &Policy,
    offer: u64,
    payment: Coin<C>,
    holder: address,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    package_version.check();
    let now_ms = clock.timestamp_ms();
    policy.check_not_held(now_ms);
    let offer = policy.offer(offer);
    assert!(offer.is_open(), ENotForSale);
    assert!(offer.coin_type() == type_name::with_defining_ids<C>(), EWrongCoin);
    assert!(offer.price() == payment.value(), EWrongAmount);
    transfer::public_transfer(payment, policy.payee());
    let pass = Pass {
        id: object::new(ctx),
        policy: object::id(policy),
        offer: offer.id(),
        holder,
        expires_at_ms: offer.term_ms().map!(|term| now_ms + term),
        uses_left: offer.uses(),
    };
    let id = object::id(&pass);
    events::emit_pass_sold(
        pass.policy,
        id,
        pass.offer,
        holder,
        policy.payee(),
        offer.coin_type(),
        offer.price(),
        pass.expires_at_ms,
        pass.uses_left,
    );
    transfer::transfer(pass, holder);
    id
}

/// Throws a pass away.
public fun discard(self: Pass) {
    let Pass { id, .. } = self;
    id.delete()
}

/// As `policy::seal_approve`, for the holder of a pass whose uses are not
/// counted. For the others there is `floe_access::key_request`.
entry fun seal_approve_with_pass(
    id: vector<u8>,
    policy: &Policy,
    pass: &Pass,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = rule::evidence(ctx.sender());
    assert!(pass.uses_left.is_none(), EMustRequest);
    pass.check(object::id(policy), ctx.sender(), clock.timestamp_ms());
    evidence.add_offer(pass.offer);
    policy.approve(&id, &evidence, package_version, clock);
}

// === View helpers ===

/// The policy whose rules it meets.
public fun policy(self: &Pass): ID { self.policy }

/// The offer that was bought.
public fun offer(self: &Pass): u64 { self.offer }

/// Who alone may use it.
public fun holder(self: &Pass): address { self.holder }

/// Last moment at which it is valid; none is for ever.
public fun expires_at_ms(self: &Pass): Option<u64> { self.expires_at_ms }

/// Key requests that are left; none is any number.
public fun uses_left(self: &Pass): Option<u64> { self.uses_left }

// === Package Functions ===

/// Uses a pass for a key request: one use less, if they are counted.
public(package) fun use_once(self: &mut Pass, policy: ID, requester: address, now_ms: u64) {
    self.check(policy, requester, now_ms);
    if (self.uses_left.is_none()) return;
    let left = *self.uses_left.borrow();
    assert!(left > 0, EUsedUp);
    self.uses_left = option::some(left - 1);
    events::emit_pass_used(policy, object::id(self), left - 1);
}

// === Private Functions ===

fun check(self: &Pass, policy: ID, requester: address, now_ms: u64) {
    assert!(self.policy == policy, EWrongPolicy);
    assert!(self.holder == requester, ENotHolder);
    assert!(self.expires_at_ms.is_none() || now_ms <= *self.expires_at_ms.borrow(), EExpired);
}

// === Test-Only Helpers ===

#[test_only]
public fun seal_approve_with_pass_for_testing(
    id: vector<u8>,
    policy: &Policy,
    pass: &Pass,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_with_pass(id, policy, pass, package_version, clock, ctx)
}
