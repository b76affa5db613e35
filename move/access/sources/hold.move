// SPDX-License-Identifier: Apache-2.0

/// A legal hold: while it stands, a policy releases no key and sells no pass.
///
/// It is placed and lifted by the votes of a fixed set of holders, whom neither
/// the policy's owner nor its capability can overrule. Lifting it widens, so it
/// ends only after the policy's delay.
module floe_access::hold;

// === Errors ===

/// The sender is not one of the policy's holders.
const ENotHolder: u64 = 0;
/// The holder voted already; the vote waits for others.
const EAlreadyVoted: u64 = 1;
/// The vote is for what is so already.
const ENothingToChange: u64 = 2;

// === Constants ===

const FOR_EVER: u64 = 18_446_744_073_709_551_615;

// === Structs ===

/// Who may hold a policy, and whether it is held.
public struct Hold has drop, store {
    /// May be empty: then nobody can hold the policy.
    holders: vector<address>,
    /// How many of them it takes, to place a hold or to lift it.
    threshold: u64,
    /// Holders who voted for the opposite of what is so.
    votes: vector<address>,
    /// Until when the hold stands, this moment not included; none if there is
    /// none.
    until_ms: Option<u64>,
}

// === View helpers ===

/// Who may vote.
public fun holders(self: &Hold): vector<address> { self.holders }

/// How many votes it takes.
public fun threshold(self: &Hold): u64 { self.threshold }

/// Who voted for the opposite of what is so.
public fun votes(self: &Hold): vector<address> { self.votes }

/// Until when the hold stands; none if there is none.
public fun until_ms(self: &Hold): Option<u64> { self.until_ms }

/// True if the hold stands.
public fun stands(self: &Hold, now_ms: u64): bool {
    self.until_ms.is_some() && now_ms < *self.until_ms.borrow()
}

// === Package Functions ===

public(package) fun new(holders: vector<address>, threshold: u64): Hold {
    if (!holders.is_empty() || threshold > 0) {
        floe_access::rule::check_stewards(&holders, threshold)
    };
    Hold { holders, threshold, votes: vector[], until_ms: option::none() }
}

/// Counts a vote. True if it was the last one needed: the hold has changed.
public(package) fun vote(self: &mut Hold, who: address, place: bool, ends_at_ms: u64): bool {
    assert!(self.holders.contains(&who), ENotHolder);
    let is_placed = self.until_ms == option::some(FOR_EVER);
    assert!(is_placed != place, ENothingToChange);
    assert!(!self.votes.contains(&who), EAlreadyVoted);
    self.votes.push_back(who);
    if (self.votes.length() < self.threshold) return false;
    self.votes = vector[];
    self.until_ms = option::some(if (place) FOR_EVER else ends_at_ms);
    true
}
