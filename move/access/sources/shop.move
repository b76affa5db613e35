// SPDX-License-Identifier: Apache-2.0

/// What a policy sells, and for whom. Passes themselves are `floe_access::pass`.
///
/// An offer is paid to the policy's payee, or along the lineage of a version that
/// the policy guards: to its payees and those of all that it was made from, by the
/// weights recorded there. Which of the two never changes for an offer. Prices rise
/// at once; a lower one must be proposed, see `floe_access::governance`.
module floe_access::shop;

use floe_access::offer::{Self, Offer};
use floe_access::policy::{Policy, PolicyCap};
use floe_access::sale_events;
use floe_access::version::PackageVersion;
use floe_catalog::lineage::Lineage;

// === Errors ===

/// The policy has as many offers as it can.
const ETooMany: u64 = 0;
/// The price is not above the present one, and lowering it must be proposed.
const EPriceNotRaised: u64 = 1;
/// The offer's passes are not sold any more.
const EClosed: u64 = 2;
/// The version's keys are guarded by another policy.
const EOtherPolicy: u64 = 3;
/// A version can't be sold for nothing.
const ENoPrice: u64 = 4;

// === Constants ===

const MAX_OFFERS: u64 = 16;

// === Admin Functions ===

/// Offers passes for coins of type `C`, paid to the policy's payee. An offer opens
/// nothing unless a clause asks for its passes. Returns its number.
public fun make_offer<C>(
    policy: &mut Policy,
    cap: &PolicyCap,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
    package_version: &PackageVersion,
): u64 {
    policy.check_admin(cap, package_version);
    policy.add<C>(price, term_ms, uses, option::none()).id()
}

/// Offers passes, paid along the lineage of a version whose keys the policy guards.
/// Returns the offer's number.
public fun make_offer_for_version<C>(
    policy: &mut Policy,
    cap: &PolicyCap,
    lineage: &Lineage,
    version: ID,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
    package_version: &PackageVersion,
): u64 {
    policy.check_admin(cap, package_version);
    assert!(lineage.node(version).policy() == object::id(policy), EOtherPolicy);
    assert!(price > 0, ENoPrice);
    let offer = policy.add<C>(price, term_ms, uses, option::some(version));
    sale_events::emit_offer_bound_to_version(object::id(policy), offer.id(), version);
    offer.id()
}

/// Raises the price of an offer, at once.
public fun raise_price(
    policy: &mut Policy,
    cap: &PolicyCap,
    offer: u64,
    price: u64,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    assert!(price > policy.offer(offer).price(), EPriceNotRaised);
    policy.set_price(offer, price);
}

/// Stops the sale of an offer's passes, at once and for ever. Passes that were
/// sold stay valid.
public fun close_offer(
    policy: &mut Policy,
    cap: &PolicyCap,
    offer: u64,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    let closing = policy.offer_mut(offer);
    assert!(closing.is_open(), EClosed);
    closing.close();
    sale_events::emit_offer_closed(object::id(policy), offer);
}

/// Has another address or object paid for passes.
public fun set_payee(
    policy: &mut Policy,
    cap: &PolicyCap,
    payee: address,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    policy.set_payee(payee);
    sale_events::emit_payee_changed(object::id(policy), payee);
}

// === Package Functions ===

public(package) fun set_price(policy: &mut Policy, offer: u64, price: u64) {
    let changing = policy.offer_mut(offer);
    assert!(price > 0 || changing.version().is_none(), ENoPrice);
    changing.set_price(price);
    sale_events::emit_price_changed(object::id(policy), offer, price);
}

// === Private Functions ===

use fun add as Policy.add;
use fun set_price as Policy.set_price;

fun add<C>(
    policy: &mut Policy,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
    version: Option<ID>,
): Offer {
    assert!(policy.offers().length() < MAX_OFFERS, ETooMany);
    let id = policy.take_number();
    let made = offer::new<C>(id, price, term_ms, uses, version);
    policy.offers_mut().push_back(made);
    sale_events::emit_offer_made(object::id(policy), id, made.coin_type(), price, term_ms, uses);
    made
}
