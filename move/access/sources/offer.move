// SPDX-License-Identifier: Apache-2.0

/// What a policy sells passes for: a price in one coin, and a term, a number of
/// uses, or both.
module floe_access::offer;

use std::type_name::{Self, TypeName};

// === Errors ===

/// The offer has neither a term nor a number of uses, or one that is zero or
/// longer than a hundred years.
const EInvalidOffer: u64 = 0;

// === Constants ===

const MAX_TERM_MS: u64 = 3_155_760_000_000;

// === Structs ===

/// What a pass costs and what it is good for.
public struct Offer has copy, drop, store {
    /// Unique in its policy, never used again.
    id: u64,
    /// The coin to pay with, for example the type name of SUI.
    coin_type: TypeName,
    /// In the coin's smallest unit.
    price: u64,
    /// How long a pass lasts from when it is bought; none is for ever.
    term_ms: Option<u64>,
    /// How many key requests a pass is good for; none is any number.
    uses: Option<u64>,
    /// The version of a dataset whose payees, and those of all that it was made from,
    /// are paid; none if the policy's payee is.
    version: Option<ID>,
    /// Whether it still is sold. Passes that were sold stay valid.
    is_open: bool,
}

// === View helpers ===

/// Unique in its policy, never used again.
public fun id(self: &Offer): u64 { self.id }

/// The coin to pay with.
public fun coin_type(self: &Offer): TypeName { self.coin_type }

/// In the coin's smallest unit.
public fun price(self: &Offer): u64 { self.price }

/// How long a pass lasts from when it is bought; none is for ever.
public fun term_ms(self: &Offer): Option<u64> { self.term_ms }

/// How many key requests a pass is good for; none is any number.
public fun uses(self: &Offer): Option<u64> { self.uses }

/// The version whose lineage is paid; none if the policy's payee is.
public fun version(self: &Offer): Option<ID> { self.version }

/// Whether passes are sold.
public fun is_open(self: &Offer): bool { self.is_open }

// === Package Functions ===

public(package) fun new<C>(
    id: u64,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
    version: Option<ID>,
): Offer {
    assert!(term_ms.is_some() || uses.is_some(), EInvalidOffer);
    if (term_ms.is_some()) {
        let term = *term_ms.borrow();
        assert!(0 < term && term <= MAX_TERM_MS, EInvalidOffer);
    };
    if (uses.is_some()) assert!(*uses.borrow() > 0, EInvalidOffer);
    let coin_type = type_name::with_defining_ids<C>();
    Offer { id, coin_type, price, term_ms, uses, version, is_open: true }
}

public(package) fun set_price(self: &mut Offer, price: u64) { self.price = price }

public(package) fun close(self: &mut Offer) { self.is_open = false }
