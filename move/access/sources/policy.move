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
/// at will; from then on it is narrowed at once and widened by
/// `floe_access::governance` only.
///
/// The package does not know which data a policy guards: see `floe_catalog`.
/// Narrowing stops further releases; a key once released can't be taken back.
module floe_access::policy;

use floe_access::change::Proposal;
use floe_access::events;
use floe_access::hold::{Self, Hold};
use floe_access::offer::{Self, Offer};
use floe_access::rule::{Self, ApprovalKey, Clause, Evidence, Rule};
use floe_access::version::PackageVersion;
use sui::clock::Clock;
use sui::table::{Self, Table};

// === Errors ===

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
/// The address may decrypt already: it is a member or the owner.
const EAlreadyMember: u64 = 5;
/// The address is not a member.
const ENotMember: u64 = 6;
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
/// The module that the policy asks for has not vouched for the sender.
#[allow(unused_const)]
const ENotAttested: u64 = 13;
/// The policy has no such clause.
const EUnknownClause: u64 = 14;
/// The policy sells no such passes.
const EUnknownOffer: u64 = 15;
/// The policy has as many clauses, offers, delegates or proposals as it can.
const ETooMany: u64 = 16;
/// Nothing widens the policy any more: it is frozen.
const EFrozen: u64 = 17;
/// The change would widen the policy at once: propose it.
const EMustPropose: u64 = 18;
/// The delay is longer than ten years.
const EInvalidDelay: u64 = 19;
/// The sender is not one of the policy's delegates.
const ENotDelegate: u64 = 20;
/// The price is not above the present one, and lowering it must be proposed.
const EPriceNotRaised: u64 = 21;

// === Constants ===

const MAX_CLAUSES: u64 = 16;
const MAX_OFFERS: u64 = 16;
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

/// Who could open a policy's data at one moment: what `summary` answers.
public struct Summary has copy, drop {
    policy_id: ID,
    now_ms: u64,
    owner: address,
    member_count: u64,
    is_held: bool,
    is_frozen: bool,
    delay_ms: u64,
    /// Clauses whose time is now, with the rules that are left to meet. Empty
    /// under a hold.
    open: vector<Clause>,
}

// === Public Functions ===

/// Creates a policy owned by the sender, with no members: owner and members may
/// decrypt within the time window, and who holds the capability may widen it at
/// once. Both bounds are inclusive and in Unix milliseconds. The policy is to be
/// passed to `share` in the same transaction.
public fun new(
    not_before_ms: Option<u64>,
    not_after_ms: Option<u64>,
    ctx: &mut TxContext,
): (Policy, PolicyCap) {
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
    events::emit_policy_created(
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
    ctx: &mut TxContext,
): (Policy, PolicyCap) {
    assert!(delay_ms <= MAX_DELAY_MS, EInvalidDelay);
    let (policy, cap) = create(delay_ms, hold::new(holders, hold_threshold), ctx);
    let id = object::id(&policy);
    let none = option::none();
    events::emit_policy_created(id, object::id(&cap), policy.owner, none, none);
    events::emit_policy_composed(id, delay_ms, holders, hold_threshold);
    (policy, cap)
}

/// Makes the policy visible to everybody, key servers included.
public fun share(mut self: Policy) {
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
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    policy.approve(&id, &rule::evidence(ctx.sender()), package_version, clock);
}

/// As `seal_approve`, for a sender who owns `held`. It is taken by value and
/// given back, because only so it can't be an object that is shared or frozen,
/// which everybody could show. For key servers to simulate; if it is executed
/// the object stays with the sender.
entry fun seal_approve_holding<T: key + store>(
    id: vector<u8>,
    policy: &Policy,
    held: T,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let mut evidence = rule::evidence(ctx.sender());
    evidence.add_object<T>();
    policy.approve(&id, &evidence, package_version, clock);
    transfer::public_transfer(held, ctx.sender());
}

// === View helpers ===

/// Who could open the policy's data now: the clauses whose time it is, and what
/// it takes to meet them. To be asked by simulation.
public fun summary(self: &Policy, clock: &Clock): Summary {
    let now_ms = clock.timestamp_ms();
    let is_held = self.hold.stands(now_ms);
    let mut open = vector[];
    if (!is_held) {
        self.clauses.do_ref!(|clause| if (clause.is_open_at(now_ms)) {
            open.push_back(clause.without_time())
        });
    };
    Summary {
        policy_id: object::id(self),
        now_ms,
        owner: self.owner,
        member_count: self.members.length(),
        is_held,
        is_frozen: self.is_frozen,
        delay_ms: self.delay_ms,
        open,
    }
}

/// Clauses whose time it is, with the rules that are left to meet.
public fun open_clauses(self: &Summary): vector<Clause> { self.open }

/// True if a hold stops all releases.
public fun is_held_now(self: &Summary): bool { self.is_held }

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
public fun is_allowed(self: &Policy, who: address, now_ms: u64): bool {
    if (self.hold.stands(now_ms)) return false;
    let (_, reason) = self.verdict(&rule::evidence(who), now_ms);
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

// === Admin Functions ===

/// Adds an address to the allow-list. When changes of the policy must wait, only
/// its owner and its delegates add members at once.
public fun grant(
    self: &mut Policy,
    cap: &PolicyCap,
    member: address,
    clock: &Clock,
    ctx: &TxContext,
) {
    self.check_cap(cap);
    let who = ctx.sender();
    assert!(
        self.delay_ms == 0 || who == self.owner || self.delegates.contains(&who),
        EMustPropose,
    );
    self.insert_member(member, clock.timestamp_ms());
}

/// Takes an address off the allow-list.
public fun revoke(self: &mut Policy, cap: &PolicyCap, member: address) {
    self.check_cap(cap);
    self.remove_member(member);
}

/// Adds an address to the allow-list, for a delegate.
public fun grant_as_delegate(self: &mut Policy, member: address, clock: &Clock, ctx: &TxContext) {
    self.check_delegate(ctx);
    self.insert_member(member, clock.timestamp_ms());
}

/// Takes an address off the allow-list, for a delegate.
public fun revoke_as_delegate(self: &mut Policy, member: address, ctx: &TxContext) {
    self.check_delegate(ctx);
    self.remove_member(member);
}

/// Adds a clause to a policy that is not shared yet; later it must be proposed.
/// Returns its number.
public fun add_clause(self: &mut Policy, cap: &PolicyCap, rules: vector<Rule>): u64 {
    self.check_cap(cap);
    assert!(!self.is_live, EMustPropose);
    self.insert_clause(rules)
}

/// Names a delegate of a policy that is not shared yet; later it must be
/// proposed.
public fun add_delegate(self: &mut Policy, cap: &PolicyCap, delegate: address) {
    self.check_cap(cap);
    assert!(!self.is_live, EMustPropose);
    self.insert_delegate(delegate);
}

/// Takes a way in from the policy, at once.
public fun remove_clause(self: &mut Policy, cap: &PolicyCap, clause: u64) {
    self.check_cap(cap);
    let i = self.clause_index(clause);
    self.clauses.remove(i);
    events::emit_clause_removed(object::id(self), clause);
}

/// Adds a condition to a clause, at once.
public fun tighten(self: &mut Policy, cap: &PolicyCap, clause: u64, rule: Rule) {
    self.check_cap(cap);
    self.check_offer_of(&rule);
    let i = self.clause_index(clause);
    self.clauses[i].tighten(rule);
    events::emit_clause_tightened(object::id(self), clause, rule);
}

/// Takes from an address the right to add and remove members, at once. Members
/// that it added stay.
public fun remove_delegate(self: &mut Policy, cap: &PolicyCap, delegate: address) {
    self.check_cap(cap);
    let (found, i) = self.delegates.index_of(&delegate);
    assert!(found, ENotDelegate);
    self.delegates.remove(i);
    events::emit_delegate_removed(object::id(self), delegate);
}

/// Offers passes for coins of type `C`. An offer opens nothing unless a clause
/// asks for its passes. Returns its number.
public fun make_offer<C>(
    self: &mut Policy,
    cap: &PolicyCap,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
): u64 {
    self.check_cap(cap);
    assert!(self.offers.length() < MAX_OFFERS, ETooMany);
    let id = self.take_number();
    let made = offer::new<C>(id, price, term_ms, uses);
    self.offers.push_back(made);
    events::emit_offer_made(object::id(self), id, made.coin_type(), price, term_ms, uses);
    id
}

/// Raises the price of an offer, at once.
public fun raise_price(self: &mut Policy, cap: &PolicyCap, offer: u64, price: u64) {
    self.check_cap(cap);
    assert!(price > self.offer(offer).price(), EPriceNotRaised);
    self.set_price(offer, price);
}

/// Stops the sale of an offer's passes, at once and for ever. Passes that were
/// sold stay valid.
public fun close_offer(self: &mut Policy, cap: &PolicyCap, offer: u64) {
    self.check_cap(cap);
    let i = self.offer_index(offer);
    assert!(self.offers[i].is_open(), EUnknownOffer);
    self.offers[i].close();
    events::emit_offer_closed(object::id(self), offer);
}

/// Has another address or object paid for passes.
public fun set_payee(self: &mut Policy, cap: &PolicyCap, payee: address) {
    self.check_cap(cap);
    self.payee = payee;
    events::emit_payee_changed(object::id(self), payee);
}

// === Package Functions ===

/// Aborts unless the evidence opens the identity now.
public(package) fun approve(
    self: &Policy,
    id: &vector<u8>,
    evidence: &Evidence,
    package_version: &PackageVersion,
    clock: &Clock,
) {
    package_version.check();
    assert!(self.owns_identity(id), EWrongIdentity);
    self.decide(evidence, clock.timestamp_ms());
}

/// Returns the clause that the evidence meets, or aborts with the reason why
/// there is none.
public(package) fun decide(self: &Policy, evidence: &Evidence, now_ms: u64): u64 {
    self.check_not_held(now_ms);
    let (clause, reason) = self.verdict(evidence, now_ms);
    if (reason.is_some()) abort *reason.borrow();
    clause
}

public(package) fun check_cap(self: &Policy, cap: &PolicyCap) {
    assert!(cap.policy == object::id(self), EWrongCap)
}

public(package) fun check_not_held(self: &Policy, now_ms: u64) {
    assert!(!self.hold.stands(now_ms), EHeld)
}

public(package) fun check_not_frozen(self: &Policy) { assert!(!self.is_frozen, EFrozen) }

public(package) fun insert_clause(self: &mut Policy, rules: vector<Rule>): u64 {
    self.check_not_frozen();
    rules.do_ref!(|rule| self.check_offer_of(rule));
    let clause = self.push_clause(rules);
    events::emit_clause_added(object::id(self), clause, rules);
    clause
}

/// Returns false if the clause does not have the rule.
public(package) fun loosen(self: &mut Policy, clause: u64, rule: Rule): bool {
    self.check_not_frozen();
    let i = self.clause_index(clause);
    let loosened = self.clauses[i].loosen(&rule);
    if (loosened) events::emit_clause_loosened(object::id(self), clause, rule);
    loosened
}

public(package) fun insert_delegate(self: &mut Policy, delegate: address) {
    self.check_not_frozen();
    assert!(self.delegates.length() < MAX_CLAUSES, ETooMany);
    if (self.delegates.contains(&delegate)) return;
    self.delegates.push_back(delegate);
    events::emit_delegate_added(object::id(self), delegate);
}

public(package) fun insert_member(self: &mut Policy, member: address, now_ms: u64) {
    self.check_not_frozen();
    let needs_no_grant = member == self.owner && self.lets_owner_in();
    assert!(!needs_no_grant && !self.is_member(member), EAlreadyMember);
    self.members.add(member, now_ms);
    events::emit_access_granted(object::id(self), member);
}

public(package) fun set_price(self: &mut Policy, offer: u64, price: u64) {
    let i = self.offer_index(offer);
    self.offers[i].set_price(price);
    events::emit_price_changed(object::id(self), offer, price);
}

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

fun push_clause(self: &mut Policy, rules: vector<Rule>): u64 {
    assert!(self.clauses.length() < MAX_CLAUSES, ETooMany);
    let id = self.take_number();
    self.clauses.push_back(rule::new_clause(id, rules));
    id
}

/// The clause that is met; or why none is, by the one that is met furthest, the
/// first of equals.
fun verdict(self: &Policy, evidence: &Evidence, now_ms: u64): (u64, Option<u64>) {
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

fun lets_owner_in(self: &Policy): bool {
    self.clauses.any!(|clause| clause.rules().contains(&rule::owner()))
}

fun remove_member(self: &mut Policy, member: address) {
    assert!(self.is_member(member), ENotMember);
    self.members.remove(member);
    events::emit_access_revoked(object::id(self), member);
}

fun check_delegate(self: &Policy, ctx: &TxContext) {
    assert!(self.delegates.contains(&ctx.sender()), ENotDelegate)
}

/// A rule that asks for a pass needs its offer.
fun check_offer_of(self: &Policy, rule: &Rule) {
    rule.offer().do!(|id| { self.offer_index(id); })
}

fun clause_index(self: &Policy, id: u64): u64 {
    let found = self.clauses.find_index!(|clause| clause.id() == id);
    assert!(found.is_some(), EUnknownClause);
    found.destroy_some()
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
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve(id, policy, package_version, clock, ctx)
}

#[test_only]
public fun seal_approve_holding_for_testing<T: key + store>(
    id: vector<u8>,
    policy: &Policy,
    held: T,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_holding(id, policy, held, package_version, clock, ctx)
}

#[test_only]
public fun granted_at_ms(self: &Policy, member: address): u64 { self.members[member] }
