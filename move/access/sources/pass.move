// SPDX-License-Identifier: Apache-2.0

/// Passes: bought on chain, they meet a policy's pass rule for a term (a
/// subscription), for a number of key requests (pay-per-use), or both.
///
/// What is paid goes to the policy's payee, or, if the offer is for a version of a
/// dataset, along its lineage, in the same transaction. Such a payment may be kept
/// back for a while, as the version's terms say; should keys stop meanwhile, the
/// pass is given back for the money.
///
/// A pass belongs to the address that it was bought for. It can't be sold on,
/// shared or frozen, so nobody else can show it. Whoever shares keys or data
/// instead can't be stopped by any contract.
module floe_access::pass;

use floe_access::offer::Offer;
use floe_access::policy::Policy;
use floe_access::rule;
use floe_access::sale_events;
use floe_access::version::PackageVersion;
use floe_catalog::lineage::Lineage;
use floe_catalog::revenue::{RefundTicket, Treasury};
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
/// The offer is paid along the lineage of a version: use `buy_version`.
const EForVersion: u64 = 8;
/// The offer is paid to the policy's payee: use `buy`.
const ENotForVersion: u64 = 9;
/// The version that the offer is for, or one that it was made from, is revoked or on
/// hold.
const ENotLiving: u64 = 10;
/// What was paid for the pass was never kept back, or keys can be had.
const ENotRefundable: u64 = 11;

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
    /// Gives back what was paid, as long as it is kept back.
    ticket: Option<RefundTicket>,
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
    let offer = policy.check_sale(offer, &payment, clock);
    assert!(offer.version().is_none(), EForVersion);
    let payee = policy.payee();
    transfer::public_transfer(payment, payee);
    hand_out(policy, &offer, holder, payee, option::none(), clock, ctx)
}

/// As `buy`, for an offer that is for a version: the coin is paid into `treasury`
/// and credited, to the last unit, to the payees of the version and of all that it
/// was made from; at once, or after the version's refund window.
public fun buy_version<C>(
    policy: &Policy,
    offer: u64,
    payment: Coin<C>,
    holder: address,
    lineage: &Lineage,
    treasury: &mut Treasury<C>,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    package_version.check();
    let offer = policy.check_sale(offer, &payment, clock);
    assert!(offer.version().is_some(), ENotForVersion);
    let version = offer.version().destroy_some();
    assert!(lineage.is_living(version), ENotLiving);
    let (receipt, ticket) = treasury.sell_with_ticket(lineage, version, payment, clock, ctx);
    let treasury_id = object::id(treasury);
    let pass = hand_out(policy, &offer, holder, treasury_id.to_address(), ticket, clock, ctx);
    let sale = receipt.receipt_sale();
    sale_events::emit_pass_paid_to_version(
        object::id(policy),
        pass,
        version,
        treasury_id,
        sale,
    );
    pass
}

/// Gives a pass back for what was paid, which goes to who paid: while the payment is
/// kept back and keys can't be had, because the policy is under hold or the version
/// or one that it was made from is revoked or on hold. Uses that are gone are not
/// reckoned, but one must be left.
public fun refund<C>(
    self: Pass,
    policy: &Policy,
    lineage: &Lineage,
    treasury: &mut Treasury<C>,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    package_version.check();
    let Pass { id, policy: policy_id, offer, holder, uses_left, ticket, .. } = self;
    assert!(policy_id == object::id(policy), EWrongPolicy);
    assert!(uses_left != option::some(0), EUsedUp);
    assert!(ticket.is_some(), ENotRefundable);
    let version = policy.offer(offer).version().destroy_some();
    let is_stopped = policy.is_held(clock.timestamp_ms()) || !lineage.is_living(version);
    assert!(is_stopped, ENotRefundable);
    let ticket = ticket.destroy_some();
    let sale = ticket.ticket_sale();
    treasury.refund_with_ticket(lineage, ticket, ctx);
    let pass = id.to_inner();
    id.delete();
    sale_events::emit_pass_refunded(policy_id, pass, holder, sale);
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
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = rule::evidence(ctx.sender());
    assert!(pass.uses_left.is_none(), EMustRequest);
    pass.check(object::id(policy), ctx.sender(), clock.timestamp_ms());
    evidence.add_offer(pass.offer);
    policy.approve(&id, &evidence, lineage, package_version, clock);
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

/// The sale that is undone if the pass is given back; none if it can't be.
public fun refundable_sale(self: &Pass): Option<ID> {
    self.ticket.map_ref!(|ticket| ticket.ticket_sale())
}

// === Package Functions ===

/// Uses a pass for a key request: one use less, if they are counted.
public(package) fun use_once(self: &mut Pass, policy: ID, requester: address, now_ms: u64) {
    self.check(policy, requester, now_ms);
    if (self.uses_left.is_none()) return;
    let left = *self.uses_left.borrow();
    assert!(left > 0, EUsedUp);
    self.uses_left = option::some(left - 1);
    sale_events::emit_pass_used(policy, object::id(self), left - 1);
}

// === Private Functions ===

use fun check_sale as Policy.check_sale;

/// The offer, if its passes are for sale now for this payment.
fun check_sale<C>(policy: &Policy, offer: u64, payment: &Coin<C>, clock: &Clock): Offer {
    policy.check_not_held(clock.timestamp_ms());
    let offer = policy.offer(offer);
    assert!(offer.is_open(), ENotForSale);
    assert!(offer.coin_type() == type_name::with_defining_ids<C>(), EWrongCoin);
    assert!(offer.price() == payment.value(), EWrongAmount);
    offer
}

fun hand_out(
    policy: &Policy,
    offer: &Offer,
    holder: address,
    payee: address,
    ticket: Option<RefundTicket>,
    clock: &Clock,
    ctx: &mut TxContext,
): ID {
    let now_ms = clock.timestamp_ms();
    let pass = Pass {
        id: object::new(ctx),
        policy: object::id(policy),
        offer: offer.id(),
        holder,
        expires_at_ms: offer.term_ms().map!(|term| now_ms + term),
        uses_left: offer.uses(),
        ticket,
    };
    let id = object::id(&pass);
    sale_events::emit_pass_sold(
        pass.policy,
        id,
        pass.offer,
        holder,
        payee,
        offer.coin_type(),
        offer.price(),
        pass.expires_at_ms,
        pass.uses_left,
    );
    transfer::transfer(pass, holder);
    id
}

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
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_with_pass(id, policy, pass, lineage, package_version, clock, ctx)
}
