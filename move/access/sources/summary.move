// SPDX-License-Identifier: Apache-2.0

/// Who could open a policy's data at one moment, in one answer. To be asked by
/// simulation.
module floe_access::summary;

use floe_access::policy::Policy;
use floe_access::rule::Clause;
use floe_catalog::lineage::Lineage;
use sui::clock::Clock;

// === Structs ===

/// Who could open a policy's data at one moment.
public struct Summary has copy, drop {
    policy_id: ID,
    now_ms: u64,
    owner: address,
    member_count: u64,
    is_held: bool,
    is_frozen: bool,
    delay_ms: u64,
    /// Clauses whose time is now and whose versions live, with what is left to meet
    /// for a requester. Empty under a hold.
    open: vector<Clause>,
}

// === Public Functions ===

/// Who could open the policy's data now.
public fun of(policy: &Policy, lineage: &Lineage, clock: &Clock): Summary {
    let now_ms = clock.timestamp_ms();
    let is_held = policy.is_held(now_ms);
    let mut open = vector[];
    policy.clauses().do!(|clause| if (
        !is_held && clause.is_open_at(now_ms) && clause.is_living(lineage)
    ) open.push_back(clause.for_requester()));
    Summary {
        policy_id: object::id(policy),
        now_ms,
        owner: policy.owner(),
        member_count: policy.member_count(),
        is_held,
        is_frozen: policy.is_frozen(),
        delay_ms: policy.delay_ms(),
        open,
    }
}

// === View helpers ===

/// What it takes now, any of these.
public fun open_clauses(self: &Summary): vector<Clause> { self.open }

/// True if a legal hold of the policy stops all releases.
public fun is_held(self: &Summary): bool { self.is_held }
