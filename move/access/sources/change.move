// SPDX-License-Identifier: Apache-2.0

/// What widens a policy, as values: each is proposed, waits for the policy's
/// delay and is applied by `floe_access::governance`.
module floe_access::change;

use floe_access::rule::Rule;

// === Structs ===

/// A change by which somebody may decrypt who could not before, or for less.
public enum Change has copy, drop, store {
    /// One more way to be let in.
    AddClause { rules: vector<Rule> },
    /// One condition less in a clause.
    Loosen { clause: u64, rule: Rule },
    /// An offer gets cheaper.
    LowerPrice { offer: u64, price: u64 },
    /// An address may add members from then on.
    AddDelegate { delegate: address },
    /// An address joins the allow-list.
    AddMember { member: address },
}

/// A change that waits.
public struct Proposal has copy, drop, store {
    /// Unique in its policy, never used again.
    id: u64,
    change: Change,
    /// From when on it can be applied, in Unix milliseconds.
    ready_at_ms: u64,
}

// === Public Functions ===

/// One more way to be let in.
public fun add_clause(rules: vector<Rule>): Change { Change::AddClause { rules } }

/// One condition less in a clause.
public fun loosen(clause: u64, rule: Rule): Change { Change::Loosen { clause, rule } }

/// An offer gets cheaper.
public fun lower_price(offer: u64, price: u64): Change { Change::LowerPrice { offer, price } }

/// An address may add members from then on.
public fun add_delegate(delegate: address): Change { Change::AddDelegate { delegate } }

/// An address joins the allow-list.
public fun add_member(member: address): Change { Change::AddMember { member } }

// === View helpers ===

/// Unique in its policy, never used again.
public fun id(self: &Proposal): u64 { self.id }

/// What is proposed.
public fun change(self: &Proposal): Change { self.change }

/// From when on it can be applied, in Unix milliseconds.
public fun ready_at_ms(self: &Proposal): u64 { self.ready_at_ms }

/// The rules of the clause to add.
public fun added_rules(self: &Change): Option<vector<Rule>> {
    match (self) {
        Change::AddClause { rules } => option::some(*rules),
        _ => option::none(),
    }
}

/// The clause to loosen.
public fun loosened_clause(self: &Change): Option<u64> {
    match (self) {
        Change::Loosen { clause, .. } => option::some(*clause),
        _ => option::none(),
    }
}

/// The rule to remove from the clause.
public fun loosened_rule(self: &Change): Option<Rule> {
    match (self) {
        Change::Loosen { rule, .. } => option::some(*rule),
        _ => option::none(),
    }
}

/// The offer that gets cheaper.
public fun cheaper_offer(self: &Change): Option<u64> {
    match (self) {
        Change::LowerPrice { offer, .. } => option::some(*offer),
        _ => option::none(),
    }
}

/// The price to lower it to.
public fun lower_price_to(self: &Change): Option<u64> {
    match (self) {
        Change::LowerPrice { price, .. } => option::some(*price),
        _ => option::none(),
    }
}

/// The delegate to add.
public fun added_delegate(self: &Change): Option<address> {
    match (self) {
        Change::AddDelegate { delegate } => option::some(*delegate),
        _ => option::none(),
    }
}

/// The member to add.
public fun added_member(self: &Change): Option<address> {
    match (self) {
        Change::AddMember { member } => option::some(*member),
        _ => option::none(),
    }
}

// === Package Functions ===

public(package) fun new_proposal(id: u64, change: Change, ready_at_ms: u64): Proposal {
    Proposal { id, change, ready_at_ms }
}
