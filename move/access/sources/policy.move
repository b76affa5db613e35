// SPDX-License-Identifier: Apache-2.0

/// Who may decrypt, and when.
///
/// A policy is a list of clauses, any of which lets a requester in; a clause is
/// a list of rules that must all be met. Key servers ask a `seal_approve`
/// function by simulation before they release a share of the key. An identity
/// belongs to the policy whose object id it starts with, so data is bound to its
/// policy when it is encrypted.
///
/// `new` makes the common policy: its owner, and the members of its allow-list,
/// within a time window. `compose` starts an empty one for clauses of rules.
/// Until it is shared, in the transaction that makes it, a policy can be changed
/// at will; from then on `clauses`, `members` and `shop` narrow it at once, and only
/// `governance` widens it. `summary` says who could open it now.
///
/// Decisions read the `Lineage` of `floe_catalog`, so that a policy can demand that
/// a version of a dataset, and all that it was made from, lives. This package knows
/// the catalog and not the other way round: versions name their policy by its id
/// only, so there is no circle, and the package of `seal_approve`, which is the
/// namespace of all keys, is the last in line and can follow the others' upgrades.
/// Narrowing stops further releases; a key once released can't be taken back.
module floe_access::policy;

use floe_access::change::Proposal;
use floe_access::offer::Offer;
use floe_access::policy_events;
use floe_access::rule::{Self, ApprovalKey, Clause, Evidence, Rule};
use floe_access::version::PackageVersion;
use floe_catalog::hold::{Self, Hold};
use floe_catalog::lineage::Lineage;
use sui::clock::Clock;
use sui::table::{Self, Table};

// === Errors ===
// 5, 6, 20 and 21 are free.

/// The identity is not the policy's: it does not start with the policy's object
/// id, or has nothing after it.
const EWrongIdentity: u64 = 0;
/// The sender is neither the owner nor a member.
const ENoAccess: u64 = 1;
/// The policy's time window has not begun.
#[allow(unused_const)]
const ETooEarly: u64 = 2;
/// The policy's time window is over.
#[allow(unused_const)]
const ETooLate: u64 = 3;
/// The capability is another policy's.
const EWrongCap: u64 = 4;
/// The time window ends before or when it begins.
const EInvalidWindow: u64 = 7;
/// The policy is under a legal hold.
const EHeld: u64 = 8;
// Reasons why a rule is not met; `floe_access::rule` finds them.
/// The sender has not shown an object of the type that the policy asks for.
#[allow(unused_const)]
const EObjectNotShown: u64 = 9;
/// The sender has not shown a valid pass of the offer that the policy asks for.
#[allow(unused_const)]
const ENoPass: u64 = 10;
/// The sender has not declared a purpose that the policy accepts.
#[allow(unused_const)]
const ENoPurpose: u64 = 11;
/// Too few stewards approve of the sender.
#[allow(unused_const)]
const ENotApproved: u64 = 12;
/// The module that the policy asks for has not vouched for the sender, or the sender
/// is no wallet of an enclave that the policy asks for.
#[allow(unused_const)]
const ENotAttested: u64 = 13;
/// The policy has no such clause.
const EUnknownClause: u64 = 14;
/// The policy sells no such passes.
const EUnknownOffer: u64 = 15;
/// The policy has as many clauses as it can.
const ETooMany: u64 = 16;
/// Nothing widens the policy any more: it is frozen.
const EFrozen: u64 = 17;
/// The change would widen the policy at once: propose it.
const EMustPropose: u64 = 18;
/// The delay is longer than ten years.
const EInvalidDelay: u64 = 19;
/// The version that the policy demands, or one that it was made from, is revoked.
#[allow(unused_const)]
const ERevoked: u64 = 22;
/// The version that the policy demands, or one that it was made from, is on hold.
#[allow(unused_const)]
const EOnHold: u64 = 23;

// === Constants ===

const MAX_CLAUSES: u64 = 16;
const MAX_DELAY_MS: u64 = 315_576_000_000;

// === Structs ===

/// Who may decrypt, and when. Shared.
public struct Policy has key {
    id: UID,
    owner: address,
    /// The allow-list: when each member was granted access, in Unix milliseconds.
    members: Table<address, u64>,
    /// Any of them suffices.
    clauses: vector<Clause>,
    /// Passes for sale.
    offers: vector<Offer>,
    /// Who is paid for them; an address or an object.
    payee: address,
    /// Until when each steward's approval of a requester is valid.
    approvals: Table<ApprovalKey, u64>,
    /// Who may add and remove members without the capability.
    delegates: vector<address>,
    /// Changes that widen the policy, and wait.
    proposals: vector<Proposal>,
    /// How long they wait.
    delay_ms: u64,
    /// False until the policy is shared.
    is_live: bool,
    /// True if nothing may widen the policy any more.
    is_frozen: bool,
    hold: Hold,
    /// Number of the next clause, offer or proposal.
    next: u64,
}

/// The right to manage one policy.
public struct PolicyCap has key, store {
    id: UID,
    policy: ID,
}

// === Public Functions ===

/// Creates a policy owned by the sender, with no members: owner and members may
/// decrypt within the time window, and who holds the capability may widen it at
/// once. Both bounds are inclusive and in Unix milliseconds. The policy is to be
/// passed to `share` in the same transaction.
public fun new(
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
    package_version: &PackageVersion,
    ctx: &mut TxContext,
): (Policy, PolicyCap) {
    package_version.check();
    if (not_before_ms.is_some() && not_after_ms.is_some()) {
        assert!(*not_before_ms.borrow() < *not_after_ms.borrow(), EInvalidWindow);
    };
    let (mut policy, cap) = create(0, hold::new(vector[], 0), ctx);
    vector[rule::owner(), rule::allow_list()].do!(|who| {
        let mut rules = vector[who];
        not_before_ms.do!(|at_ms| rules.push_back(rule::not_before(at_ms)));
        not_after_ms.do!(|at_ms| rules.push_back(rule::not_after(at_ms)));
        policy.push_clause(rules);
    });
    policy_events::emit_policy_created(
        object::id(&policy),
        object::id(&cap),
        policy.owner,
        not_before_ms,
        not_after_ms,
    );
    (policy, cap)
}

/// Creates a policy owned by the sender that lets in nobody yet: clauses and
/// offers are to be added before it is passed to `share` in the same
/// transaction. Once it is shared, changes that widen it wait for `delay_ms`,
/// which may be 0 and can only be raised. `hold_threshold` of the `holders` can
/// stop it, whatever its owner wants; neither can be changed ever.
public fun compose(
    delay_ms: u64,
    holders: vector<address>,
    hold_threshold: u64,
    package_version: &PackageVersion,
    ctx: &mut TxContext,
): (Policy, PolicyCap) {
    package_version.check();
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    let (policy, cap) = create(delay_ms, hold::new(holders, hold_threshold), ctx);
    let id = object::id(&policy);
    let none = option::none();
    policy_events::emit_policy_created(id, object::id(&cap), policy.owner, none, none);
    policy_events::emit_policy_composed(id, delay_ms, holders, hold_threshold);
    (policy, cap)
}

/// Makes the policy visible to everybody, key servers included.
public fun share(mut self: Policy, package_version: &PackageVersion) {
    package_version.check();
    self.is_live = true;
    transfer::share_object(self)
}

/// Decides for a key server whether the sender may have the key of `id`, with
/// nothing to show but the address. It has no effect but to abort when the
/// answer is no, with one code for each reason. When no clause is met, the
/// reason is that of the clause with most rules met in a row.
entry fun seal_approve(
    id: vector<u8>,
    policy: &Policy,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    policy.approve(&id, &rule::evidence(ctx.sender()), lineage, package_version, clock);
}

/// As `seal_approve`, for a sender who owns `held`. It is taken by value and
/// given back, because only so it can't be an object that is shared or frozen,
/// which everybody could show. For key servers to simulate; if it is executed
/// the object stays with the sender.
entry fun seal_approve_holding<T: key + store>(
    id: vector<u8>,
    policy: &Policy,
    held: T,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = rule::evidence(ctx.sender());
    evidence.add_object<T>();
    policy.approve(&id, &evidence, lineage, package_version, clock);
    transfer::public_transfer(held, ctx.sender());
}

// === View helpers ===

/// The address that created the policy.
public fun owner(self: &Policy): address { self.owner }

/// The clauses, any of which suffices.
public fun clauses(self: &Policy): vector<Clause> { self.clauses }

/// What the policy sells passes for.
public fun offers(self: &Policy): vector<Offer> { self.offers }

/// The offer with this number.
public fun offer(self: &Policy, id: u64): Offer { self.offers[self.offer_index(id)] }

/// Who is paid for passes.
public fun payee(self: &Policy): address { self.payee }

/// Who may add and remove members without the capability.
public fun delegates(self: &Policy): vector<address> { self.delegates }

/// Changes that wait.
public fun proposals(self: &Policy): vector<Proposal> { self.proposals }

/// How long a change that widens the policy waits.
public fun delay_ms(self: &Policy): u64 { self.delay_ms }

/// True if nothing can widen the policy ever again.
public fun is_frozen(self: &Policy): bool { self.is_frozen }

/// True if a legal hold stands.
public fun is_held(self: &Policy, now_ms: u64): bool { self.hold.stands(now_ms) }

/// The legal hold: who may place it, and whether it stands.
public fun hold(self: &Policy): &Hold { &self.hold }

/// True if nobody gets a key unless this version of a dataset lives, with all that
/// it was made from: every clause demands it.
public fun is_bound_to(self: &Policy, version: ID): bool {
    self.clauses.all!(|clause| clause.demands(version))
}

/// First moment at which some clause can be met; none is unbounded.
public fun not_before_ms(self: &Policy): Option<u64> {
    let mut first = option::none<u64>();
    let mut i = 0;
    while (i < self.clauses.length()) {
        let (from, _) = self.clauses[i].window();
        if (from.is_none()) return from;
        if (first.is_none() || *from.borrow() < *first.borrow()) first = from;
        i = i + 1;
    };
    first
}

/// Last moment at which some clause can be met; none is unbounded.
public fun not_after_ms(self: &Policy): Option<u64> {
    let mut last = option::none<u64>();
    let mut i = 0;
    while (i < self.clauses.length()) {
        let (_, to) = self.clauses[i].window();
        if (to.is_none()) return to;
        if (last.is_none() || *to.borrow() > *last.borrow()) last = to;
        i = i + 1;
    };
    last
}

/// Number of members, the owner not counted.
public fun member_count(self: &Policy): u64 { self.members.length() }

/// True if the address is on the allow-list.
public fun is_member(self: &Policy, who: address): bool { self.members.contains(who) }

/// True if the sender of a plain `seal_approve` would be let in at this moment.
public fun is_allowed(self: &Policy, who: address, lineage: &Lineage, now_ms: u64): bool {
    if (self.hold.stands(now_ms)) return false;
    let (_, reason) = self.verdict(&rule::evidence(who), lineage, now_ms);
    reason.is_none()
}

/// True if the address may approve requesters, by some clause.
public fun is_steward(self: &Policy, who: address): bool {
    self.clauses.any!(|clause| clause.has_steward(who))
}

/// Until when a steward approves of a requester; none if not at all.
public fun approved_until_ms(self: &Policy, requester: address, steward: address): Option<u64> {
    let key = rule::approval_key(requester, steward);
    if (self.approvals.contains(key)) option::some(self.approvals[key]) else option::none()
}

/// True if the identity starts with the policy's object id and goes on.
public fun owns_identity(self: &Policy, id: &vector<u8>): bool {
    let prefix = self.id.to_bytes();
    let length = prefix.length();
    if (id.length() <= length) return false;
    let mut i = 0;
    while (i < length) {
        if (id[i] != prefix[i]) return false;
        i = i + 1;
    };
    true
}

/// The policy that the capability manages.
public fun policy(self: &PolicyCap): ID { self.policy }

// === Package Functions ===

/// Aborts unless the evidence opens the identity now.
public(package) fun approve(
    self: &Policy,
    id: &vector<u8>,
    evidence: &Evidence,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
) {
    package_version.check();
    assert!(self.owns_identity(id), EWrongIdentity);
    self.decide(evidence, lineage, clock.timestamp_ms());
}

/// Returns the clause that the evidence meets, or aborts with the reason why
/// there is none.
public(package) fun decide(
    self: &Policy,
    evidence: &Evidence,
    lineage: &Lineage,
    now_ms: u64,
): u64 {
    self.check_not_held(now_ms);
    let (clause, reason) = self.verdict(evidence, lineage, now_ms);
    if (reason.is_some()) abort *reason.borrow();
    clause
}

/// Aborts unless the capability is the policy's and the code is in force.
public(package) fun check_admin(
    self: &Policy,
    cap: &PolicyCap,
    package_version: &PackageVersion,
) {
    package_version.check();
    assert!(cap.policy == object::id(self), EWrongCap)
}

/// Aborts unless the policy is still being made.
public(package) fun check_draft(self: &Policy) { assert!(!self.is_live, EMustPropose) }

/// True if members need not be proposed by anybody.
public(package) fun is_unguarded(self: &Policy): bool { self.delay_ms == 0 }

public(package) fun check_not_held(self: &Policy, now_ms: u64) {
    assert!(!self.hold.stands(now_ms), EHeld)
}

public(package) fun check_not_frozen(self: &Policy) { assert!(!self.is_frozen, EFrozen) }

public(package) fun push_clause(self: &mut Policy, rules: vector<Rule>): u64 {
    assert!(self.clauses.length() < MAX_CLAUSES, ETooMany);
    let id = self.take_number();
    self.clauses.push_back(rule::new_clause(id, rules));
    id
}

public(package) fun clauses_mut(self: &mut Policy): &mut vector<Clause> { &mut self.clauses }

public(package) fun clause_index(self: &Policy, id: u64): u64 {
    let found = self.clauses.find_index!(|clause| clause.id() == id);
    assert!(found.is_some(), EUnknownClause);
    found.destroy_some()
}

public(package) fun clause_mut(self: &mut Policy, id: u64): &mut Clause {
    let i = self.clause_index(id);
    &mut self.clauses[i]
}

public(package) fun lets_owner_in(self: &Policy): bool {
    self.clauses.any!(|clause| clause.rules().contains(&rule::owner()))
}

public(package) fun members_mut(self: &mut Policy): &mut Table<address, u64> {
    &mut self.members
}

public(package) fun delegates_mut(self: &mut Policy): &mut vector<address> {
    &mut self.delegates
}

public(package) fun offers_mut(self: &mut Policy): &mut vector<Offer> { &mut self.offers }

public(package) fun offer_mut(self: &mut Policy, id: u64): &mut Offer {
    let i = self.offer_index(id);
    &mut self.offers[i]
}

public(package) fun set_payee(self: &mut Policy, payee: address) { self.payee = payee }

/// Notes or replaces a steward's approval.
public(package) fun set_approval(
    self: &mut Policy,
    requester: address,
    steward: address,
    valid_until_ms: u64,
) {
    let key = rule::approval_key(requester, steward);
    if (self.approvals.contains(key)) {
        *&mut self.approvals[key] = valid_until_ms
    } else {
        self.approvals.add(key, valid_until_ms)
    }
}

/// Returns false if there was no approval.
public(package) fun remove_approval(
    self: &mut Policy,
    requester: address,
    steward: address,
): bool {
    let key = rule::approval_key(requester, steward);
    if (!self.approvals.contains(key)) return false;
    self.approvals.remove(key);
    true
}

public(package) fun proposals_mut(self: &mut Policy): &mut vector<Proposal> {
    &mut self.proposals
}

public(package) fun hold_mut(self: &mut Policy): &mut Hold { &mut self.hold }

public(package) fun freeze_for_ever(self: &mut Policy) {
    self.check_not_frozen();
    self.is_frozen = true;
}

public(package) fun set_delay_ms(self: &mut Policy, delay_ms: u64) {
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    self.delay_ms = delay_ms;
}

/// A number for a clause, offer or proposal that was never used before.
public(package) fun take_number(self: &mut Policy): u64 {
    let n = self.next;
    self.next = n + 1;
    n
}

// === Private Functions ===

fun create(delay_ms: u64, hold: Hold, ctx: &mut TxContext): (Policy, PolicyCap) {
    let owner = ctx.sender();
    let policy = Policy {
        id: object::new(ctx),
        owner,
        members: table::new(ctx),
        clauses: vector[],
        offers: vector[],
        payee: owner,
        approvals: table::new(ctx),
        delegates: vector[],
        proposals: vector[],
        delay_ms,
        is_live: false,
        is_frozen: false,
        hold,
        next: 0,
    };
    let cap = PolicyCap { id: object::new(ctx), policy: object::id(&policy) };
    (policy, cap)
}

/// The clause that is met; or why none is, by the one that is met furthest, the
/// first of equals.
fun verdict(
    self: &Policy,
    evidence: &Evidence,
    lineage: &Lineage,
    now_ms: u64,
): (u64, Option<u64>) {
    let mut furthest = 0;
    let mut reason = option::some(ENoAccess);
    let mut i = 0;
    while (i < self.clauses.length()) {
        let clause = &self.clauses[i];
        let (met, unmet) = clause.progress(
            evidence,
            self.owner,
            &self.members,
            &self.approvals,
            lineage,
            now_ms,
        );
        if (unmet.is_none()) return (clause.id(), unmet);
        if (i == 0 || met > furthest) {
            furthest = met;
            reason = unmet;
        };
        i = i + 1;
    };
    (0, reason)
}

fun offer_index(self: &Policy, id: u64): u64 {
    let found = self.offers.find_index!(|offer| offer.id() == id);
    assert!(found.is_some(), EUnknownOffer);
    found.destroy_some()
}

// === Test-Only Helpers ===

#[test_only]
public fun seal_approve_for_testing(
    id: vector<u8>,
    policy: &Policy,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve(id, policy, lineage, package_version, clock, ctx)
}

#[test_only]
public fun seal_approve_holding_for_testing<T: key + store>(
    id: vector<u8>,
    policy: &Policy,
    held: T,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_holding(id, policy, held, lineage, package_version, clock, ctx)
}

#[test_only]
public fun granted_at_ms(self: &Policy, member: address): u64 { self.members[member] }
