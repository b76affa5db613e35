// SPDX-License-Identifier: Apache-2.0

/// Money: what is paid for a version is split along its lineage, exactly.
///
/// A version passes the recorded part of what it gets on to its parents, by their
/// weights, and they do the same; its payees share what it keeps. Every part is
/// rounded down. What rounding leaves over stays with the version that passes it
/// on, and among its payees goes to the first. So nothing is lost or made: credits
/// sum to the price. A version reached on several ways first gets all that is due
/// to it and then splits once.
///
/// Payees are credited and claim when they like. If a version has a refund window,
/// payments are kept back for so long; should the version be revoked or put on hold
/// before they are split, they go back to the buyers.
module floe_catalog::revenue;

use floe_catalog::events;
use floe_catalog::lineage::Lineage;
use floe_catalog::catalog_version::CatalogVersion;
use std::type_name;
use sui::balance::{Self, Balance};
use sui::clock::Clock;
use sui::coin::{Self, Coin};
use sui::table::{Self, Table};

// === Errors ===

/// The payment is 0.
const ENothingPaid: u64 = 0;
/// The version is revoked or on hold.
const ENotForSale: u64 = 1;
/// There is no such sale, or it is settled or refunded already.
const EUnknownSale: u64 = 2;
/// The refund window is not over yet.
const EStillRefundable: u64 = 3;
/// The version is neither revoked nor on hold: there is no refund.
const ENotRefundable: u64 = 4;
/// Nothing is credited to the sender.
const ENothingToClaim: u64 = 5;
/// What was paid goes back only to who has the ticket.
const ENeedsTicket: u64 = 6;
/// The ticket is of another treasury.
const EWrongTreasury: u64 = 7;

// === Constants ===

const WHOLE_BPS: u128 = 10_000;

// === Structs ===

/// Money of one coin type that belongs to others. Shared; anybody may create
/// one, and it makes no difference which one serves a sale but for where payees
/// claim: `IncomeCredited` says.
public struct Treasury<phantom T> has key {
    id: UID,
    /// Always the sum of all credits and all sales that are kept back.
    held: Balance<T>,
    credits: Table<address, u64>,
    sales: Table<ID, Sale>,
}

/// A payment that is kept back.
public struct Sale has drop, store {
    version: ID,
    buyer: address,
    amount: u64,
    refundable_until_ms: u64,
    /// Whether only a ticket gives it back.
    has_ticket: bool,
}

/// The right to have one payment given back, as long as it is kept back, and
/// whatever became of the version. For a module that hands out something for
/// money: it keeps the ticket with what it handed out, and decides when both go.
public struct RefundTicket has drop, store {
    treasury: ID,
    sale: ID,
}

/// Proof that something was paid for a version in this transaction, for whoever
/// gives something in return.
public struct Receipt<phantom T> has drop {
    sale: ID,
    version: ID,
    policy: ID,
    amount: u64,
}

/// An amount that is due to a version.
public struct Due has drop {
    version: ID,
    depth: u64,
    amount: u64,
}

// === Public Functions ===

/// Creates and shares a treasury for a coin type.
public fun create_treasury<T>(catalog_version: &CatalogVersion, ctx: &mut TxContext) {
    catalog_version.check();
    let treasury = Treasury<T> {
        id: object::new(ctx),
        held: balance::zero(),
        credits: table::new(ctx),
        sales: table::new(ctx),
    };
    let name = type_name::with_defining_ids<T>().into_string().to_string();
    events::emit_treasury_created(object::id(&treasury), name);
    transfer::share_object(treasury);
}

/// Takes a payment of the sender for a version: splits it at once, or keeps it
/// back if the version has a refund window.
public fun sell<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    version: ID,
    payment: Coin<T>,
    clock: &Clock,
    ctx: &mut TxContext,
): Receipt<T> {
    let (receipt, _) = self.take_payment(lineage, version, payment, false, clock, ctx);
    receipt
}

/// As `sell`; if the payment is kept back it goes back to the buyer by the ticket
/// only. There is none if the version has no refund window.
public fun sell_with_ticket<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    version: ID,
    payment: Coin<T>,
    clock: &Clock,
    ctx: &mut TxContext,
): (Receipt<T>, Option<RefundTicket>) {
    let (receipt, is_kept_back) = self.take_payment(lineage, version, payment, true, clock, ctx);
    let ticket = if (is_kept_back) {
        option::some(RefundTicket { treasury: object::id(self), sale: receipt.sale })
    } else option::none();
    (receipt, ticket)
}

/// Splits a payment whose refund window is over. Anybody may.
public fun settle<T>(self: &mut Treasury<T>, lineage: &Lineage, sale: ID, clock: &Clock) {
    lineage.check_version();
    let Sale { version, buyer, amount, refundable_until_ms, .. } = self.take_sale(sale);
    assert!(lineage.is_alive(version), ENotForSale);
    assert!(clock.timestamp_ms() >= refundable_until_ms, EStillRefundable);
    self.split(lineage, sale, version, amount, buyer);
}

/// Gives a payment back to its buyer, since the version is revoked or on hold.
/// Anybody may.
public fun refund<T>(self: &mut Treasury<T>, lineage: &Lineage, sale: ID, ctx: &mut TxContext) {
    lineage.check_version();
    let sold = self.take_sale(sale);
    assert!(!sold.has_ticket, ENeedsTicket);
    assert!(!lineage.is_alive(sold.version), ENotRefundable);
    self.give_back(lineage, sale, sold, ctx);
}

/// Gives a payment back to its buyer for the ticket. Returns the amount.
public fun refund_with_ticket<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    ticket: RefundTicket,
    ctx: &mut TxContext,
): u64 {
    lineage.check_version();
    let RefundTicket { treasury, sale } = ticket;
    assert!(treasury == object::id(self), EWrongTreasury);
    let sold = self.take_sale(sale);
    self.give_back(lineage, sale, sold, ctx)
}

/// Pays out all that is credited to the sender.
public fun claim<T>(
    self: &mut Treasury<T>,
    catalog_version: &CatalogVersion,
    ctx: &mut TxContext,
): Coin<T> {
    catalog_version.check();
    let payee = ctx.sender();
    assert!(self.credits.contains(payee), ENothingToClaim);
    let amount = self.credits.remove(payee);
    let coin = coin::from_balance(self.held.split(amount), ctx);
    events::emit_income_claimed(object::id(self), payee, amount);
    coin
}

// === View helpers ===

/// All money in the treasury.
public fun held<T>(self: &Treasury<T>): u64 { self.held.value() }

/// What the payee may claim.
public fun credit_of<T>(self: &Treasury<T>, payee: address): u64 {
    if (self.credits.contains(payee)) *self.credits.borrow(payee) else 0
}

/// True if the sale is neither settled nor refunded.
public fun is_kept_back<T>(self: &Treasury<T>, sale: ID): bool { self.sales.contains(sale) }

/// Names the sale in events.
public fun receipt_sale<T>(self: &Receipt<T>): ID { self.sale }

/// The version that was paid for.
public fun receipt_version<T>(self: &Receipt<T>): ID { self.version }

/// The policy that guards its keys.
public fun receipt_policy<T>(self: &Receipt<T>): ID { self.policy }

/// What was paid.
public fun receipt_amount<T>(self: &Receipt<T>): u64 { self.amount }

/// The sale that the ticket undoes.
public fun ticket_sale(self: &RefundTicket): ID { self.sale }

// === Private Functions ===

/// Splits a payment, or keeps it back: then the answer is true.
fun take_payment<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    version: ID,
    payment: Coin<T>,
    has_ticket: bool,
    clock: &Clock,
    ctx: &mut TxContext,
): (Receipt<T>, bool) {
    lineage.check_version();
    let amount = payment.value();
    assert!(amount > 0, ENothingPaid);
    assert!(lineage.is_alive(version), ENotForSale);
    let node = lineage.node(version);
    let (policy, window) = (node.policy(), node.refund_window_ms());
    let sale = object::id_from_address(ctx.fresh_object_address());
    let buyer = ctx.sender();
    self.held.join(payment.into_balance());
    if (window == 0) {
        self.split(lineage, sale, version, amount, buyer);
    } else {
        let refundable_until_ms = clock.timestamp_ms() + window;
        self.sales.add(sale, Sale { version, buyer, amount, refundable_until_ms, has_ticket });
        events::emit_sale_escrowed(
            object::id(self),
            sale,
            version,
            node.dataset(),
            buyer,
            amount,
            refundable_until_ms,
        );
    };
    (Receipt { sale, version, policy, amount }, window > 0)
}

fun give_back<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    sale: ID,
    sold: Sale,
    ctx: &mut TxContext,
): u64 {
    let Sale { version, buyer, amount, .. } = sold;
    let coin = coin::from_balance(self.held.split(amount), ctx);
    events::emit_sale_refunded(
        object::id(self),
        sale,
        version,
        lineage.node(version).dataset(),
        buyer,
        amount,
    );
    transfer::public_transfer(coin, buyer);
    amount
}

fun take_sale<T>(self: &mut Treasury<T>, sale: ID): Sale {
    assert!(self.sales.contains(sale), EUnknownSale);
    self.sales.remove(sale)
}

/// Credits `amount`, which is held already, along the lineage. Deeper versions go
/// first: by then all that is due to them has come.
fun split<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    sale: ID,
    version: ID,
    amount: u64,
    buyer: address,
) {
    let sold = lineage.node(version);
    let mut dues = vector[Due { version, depth: sold.depth(), amount }];
    while (!dues.is_empty()) {
        let Due { version, amount, .. } = take_deepest(&mut dues);
        let kept = pass_on(lineage, &mut dues, version, amount);
        self.credit_payees(lineage, sale, version, kept);
    };
    events::emit_sale_settled(object::id(self), sale, version, sold.dataset(), buyer, amount);
}

/// Adds what the parents get to what is due to them; returns what is left.
fun pass_on(lineage: &Lineage, dues: &mut vector<Due>, version: ID, amount: u64): u64 {
    let node = lineage.node(version);
    let passed_on = portion(amount, node.passed_on_bps());
    let parents = node.parents();
    let mut kept = amount;
    let mut i = 0;
    while (i < parents.length()) {
        let edge = &parents[i];
        let part = portion(passed_on, edge.edge_weight_bps());
        if (part > 0) {
            kept = kept - part;
            add_due(dues, edge.edge_version(), edge.edge_depth(), part);
        };
        i = i + 1;
    };
    kept
}

fun credit_payees<T>(
    self: &mut Treasury<T>,
    lineage: &Lineage,
    sale: ID,
    version: ID,
    kept: u64,
) {
    let node = lineage.node(version);
    let payees = node.payees();
    let mut first = kept;
    let mut i = 1;
    while (i < payees.length()) {
        let part = portion(kept, payees[i].payee_weight_bps());
        first = first - part;
        self.credit(sale, version, node.dataset(), payees[i].payee_account(), part);
        i = i + 1;
    };
    self.credit(sale, version, node.dataset(), payees[0].payee_account(), first);
}

fun credit<T>(
    self: &mut Treasury<T>,
    sale: ID,
    version: ID,
    dataset: ID,
    payee: address,
    amount: u64,
) {
    if (amount == 0) return;
    if (self.credits.contains(payee)) {
        let credit = self.credits.borrow_mut(payee);
        *credit = *credit + amount;
    } else {
        self.credits.add(payee, amount);
    };
    events::emit_income_credited(object::id(self), sale, version, dataset, payee, amount);
}

fun add_due(dues: &mut vector<Due>, version: ID, depth: u64, amount: u64) {
    let mut i = 0;
    while (i < dues.length()) {
        if (dues[i].version == version) {
            let due = &mut dues[i];
            due.amount = due.amount + amount;
            return
        };
        i = i + 1;
    };
    dues.push_back(Due { version, depth, amount });
}

fun take_deepest(dues: &mut vector<Due>): Due {
    let mut deepest = 0;
    let mut i = 1;
    while (i < dues.length()) {
        if (dues[i].depth > dues[deepest].depth) deepest = i;
        i = i + 1;
    };
    dues.swap_remove(deepest)
}

/// `amount` times `bps` / 10,000, rounded down.
fun portion(amount: u64, bps: u16): u64 {
    ((amount as u128) * (bps as u128) / WHOLE_BPS) as u64
}

// === Test-Only Helpers ===

#[test_only]
public fun ticket_for_testing<T>(treasury: &Treasury<T>, sale: ID): RefundTicket {
    RefundTicket { treasury: object::id(treasury), sale }
}
