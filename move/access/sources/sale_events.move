// SPDX-License-Identifier: Apache-2.0

/// Events of the sale of passes: each fact once, after it became true.
module floe_access::sale_events;

use std::type_name::TypeName;
use sui::event;

// === Events ===

/// Passes are for sale. They open nothing unless a clause asks for them.
public struct OfferMade has copy, drop {
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    /// In the coin's smallest unit.
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
}

/// An offer costs more or less.
public struct PriceChanged has copy, drop {
    policy_id: ID,
    offer: u64,
    price: u64,
}

/// An offer's passes are not sold any more. Those sold stay valid.
public struct OfferClosed has copy, drop {
    policy_id: ID,
    offer: u64,
}

/// What is paid for an offer's passes goes to the payees of this version and of all
/// that it was made from.
public struct OfferBoundToVersion has copy, drop {
    policy_id: ID,
    offer: u64,
    version_id: ID,
}

/// Another address is paid for passes.
public struct PayeeChanged has copy, drop {
    policy_id: ID,
    payee: address,
}

/// A pass was sold and paid for.
public struct PassSold has copy, drop {
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
}

/// A pass that was sold is paid for by this sale of a version.
public struct PassPaidToVersion has copy, drop {
    policy_id: ID,
    pass_id: ID,
    version_id: ID,
    treasury_id: ID,
    /// As in the events of `floe_catalog::revenue`.
    sale_id: ID,
}

/// A pass is gone, and what was paid for it is back with who paid; the sale's
/// refund tells who, and how much.
public struct PassRefunded has copy, drop {
    policy_id: ID,
    pass_id: ID,
    holder: address,
    sale_id: ID,
}

/// A key request used up one use of a pass.
public struct PassUsed has copy, drop {
    policy_id: ID,
    pass_id: ID,
    uses_left: u64,
}

// === Package Functions ===

public(package) fun emit_offer_made(
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
) {
    event::emit(OfferMade { policy_id, offer, coin_type, price, term_ms, uses })
}

public(package) fun emit_price_changed(policy_id: ID, offer: u64, price: u64) {
    event::emit(PriceChanged { policy_id, offer, price })
}

public(package) fun emit_offer_closed(policy_id: ID, offer: u64) {
    event::emit(OfferClosed { policy_id, offer })
}

public(package) fun emit_payee_changed(policy_id: ID, payee: address) {
    event::emit(PayeeChanged { policy_id, payee })
}

public(package) fun emit_pass_sold(
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
) {
    event::emit(PassSold {
        policy_id,
        pass_id,
        offer,
        holder,
        payee,
        coin_type,
        price,
        expires_at_ms,
        uses,
    })
}

public(package) fun emit_offer_bound_to_version(policy_id: ID, offer: u64, version_id: ID) {
    event::emit(OfferBoundToVersion { policy_id, offer, version_id })
}

public(package) fun emit_pass_paid_to_version(
    policy_id: ID,
    pass_id: ID,
    version_id: ID,
    treasury_id: ID,
    sale_id: ID,
) {
    event::emit(PassPaidToVersion { policy_id, pass_id, version_id, treasury_id, sale_id })
}

public(package) fun emit_pass_refunded(
    policy_id: ID,
    pass_id: ID,
    holder: address,
    sale_id: ID,
) {
    event::emit(PassRefunded { policy_id, pass_id, holder, sale_id })
}

public(package) fun emit_pass_used(policy_id: ID, pass_id: ID, uses_left: u64) {
    event::emit(PassUsed { policy_id, pass_id, uses_left })
}

// === Test-Only Helpers ===

#[test_only]
public fun new_offer_made(
    policy_id: ID,
    offer: u64,
    coin_type: TypeName,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
): OfferMade {
    OfferMade { policy_id, offer, coin_type, price, term_ms, uses }
}

#[test_only]
public fun new_price_changed(policy_id: ID, offer: u64, price: u64): PriceChanged {
    PriceChanged { policy_id, offer, price }
}

#[test_only]
public fun new_offer_closed(policy_id: ID, offer: u64): OfferClosed {
    OfferClosed { policy_id, offer }
}

#[test_only]
public fun new_payee_changed(policy_id: ID, payee: address): PayeeChanged {
    PayeeChanged { policy_id, payee }
}

#[test_only]
public fun new_pass_sold(
    policy_id: ID,
    pass_id: ID,
    offer: u64,
    holder: address,
    payee: address,
    coin_type: TypeName,
    price: u64,
    expires_at_ms: Option<u64>,
    uses: Option<u64>,
): PassSold {
    PassSold {
        policy_id,
        pass_id,
        offer,
        holder,
        payee,
        coin_type,
        price,
        expires_at_ms,
        uses,
    }
}

#[test_only]
public fun new_offer_bound_to_version(
    policy_id: ID,
    offer: u64,
    version_id: ID,
): OfferBoundToVersion {
    OfferBoundToVersion { policy_id, offer, version_id }
}

#[test_only]
public fun new_pass_paid_to_version(
    policy_id: ID,
    pass_id: ID,
    version_id: ID,
    treasury_id: ID,
    sale_id: ID,
): PassPaidToVersion {
    PassPaidToVersion { policy_id, pass_id, version_id, treasury_id, sale_id }
}

#[test_only]
public fun new_pass_refunded(
    policy_id: ID,
    pass_id: ID,
    holder: address,
    sale_id: ID,
): PassRefunded {
    PassRefunded { policy_id, pass_id, holder, sale_id }
}

#[test_only]
public fun new_pass_used(policy_id: ID, pass_id: ID, uses_left: u64): PassUsed {
    PassUsed { policy_id, pass_id, uses_left }
}
