// SPDX-License-Identifier: Apache-2.0

/// A legal hold: k of n named holders stop something, and let it go on.
///
/// The holders and their number are fixed when it is made, so that nobody whom it
/// stops can overrule them. Placing a hold acts at once. Lifting it widens, so the
/// hold stands until the moment that its owner gives then. What a hold stops, is up
/// to who embeds it: versions in `floe_catalog::lineage`, and policies in
/// `floe_access`.
module floe_catalog::hold;

// === Errors ===

/// The sender is not one of the holders.
const ENotHolder: u64 = 0;
/// The holder voted already; the vote waits for others.
const EAlreadyVoted: u64 = 1;
/// The vote is for what is so already.
const ENothingToChange: u64 = 2;
/// The holders are too many, one is named twice, or the threshold is zero or more
/// than there are holders.
const EInvalidHolders: u64 = 3;

// === Constants ===

const FOR_EVER: u64 = 18_446_744_073_709_551_615;
const MAX_HOLDERS: u64 = 32;

// === Structs ===

/// Who may hold something, and whether it is held.
public struct Hold has copy, drop, store {
    /// May be empty: then nobody can.
    holders: vector<address>,
    /// How many of them it takes, to place a hold or to lift it.
    threshold: u64,
    /// Holders who voted for the opposite of what is so.
    votes: vector<address>,
    /// Until when the hold stands, this moment not included; none if there is
    /// none.
    until_ms: Option<u64>,
}

// === Public Functions ===

/// A hold that is not placed. Without holders, and a threshold of 0, nobody can.
public fun new(holders: vector<address>, threshold: u64): Hold {
    let self = Hold { holders, threshold, votes: vector[], until_ms: option::none() };
    self.check();
    self
}

/// Aborts unless the holders and their threshold make sense.
public fun check(self: &Hold) {
    let n = self.holders.length();
    if (n == 0 && self.threshold == 0) return;
    assert!(0 < self.threshold && self.threshold <= n && n <= MAX_HOLDERS, EInvalidHolders);
    let mut i = 0;
    while (i < n) {
        let (_, first) = self.holders.index_of(&self.holders[i]);
        assert!(first == i, EInvalidHolders);
        i = i + 1;
    };
}

/// Counts a vote of `who`. True if it was the last one needed: the hold is placed
/// now, or stands until `ends_at_ms`.
public fun vote(self: &mut Hold, who: address, place: bool, ends_at_ms: u64): bool {
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

/// Forgets a hold that has ended. False if it stands, or there is none.
public fun end(self: &mut Hold, now_ms: u64): bool {
    if (self.until_ms.is_none() || self.stands(now_ms)) return false;
    self.until_ms = option::none();
    true
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
