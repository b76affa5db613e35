// SPDX-License-Identifier: Apache-2.0

/// The rules that policies are composed of.
///
/// A policy is a list of clauses of which any one suffices; a clause is a list
/// of rules that must all be met. Rules are plain values: made by the functions
/// here, given to `floe_access::policy`, compared and shown by anybody. What a
/// requester brings to meet them is `Evidence`, which only this package makes.
module floe_access::rule;

use floe_catalog::enclave_config::EnclaveConfig;
use floe_catalog::lineage::Lineage;
use std::string::String;
use std::type_name::{Self, TypeName};
use sui::table::Table;

// === Errors ===

/// The stewards are none or too many, one is named twice, or the threshold is
/// zero or more than there are stewards.
const EInvalidStewards: u64 = 0;
/// The purposes are too many, or one is empty or too long.
const EInvalidPurpose: u64 = 1;
/// The clause has no rule, which would let everybody in, or too many.
const EInvalidClause: u64 = 2;
/// The clause's time window ends before or when it begins.
const EInvalidWindow: u64 = 3;

// === Constants ===

const MAX_RULES: u64 = 16;
const MAX_STEWARDS: u64 = 32;
const MAX_PURPOSES: u64 = 32;
const MAX_PURPOSE_BYTES: u64 = 256;

// Why a rule is not met: error codes of `floe_access::policy`, which aborts.
const NO_ACCESS: u64 = 1;
const TOO_EARLY: u64 = 2;
const TOO_LATE: u64 = 3;
const OBJECT_NOT_SHOWN: u64 = 9;
const NO_PASS: u64 = 10;
const NO_PURPOSE: u64 = 11;
const NOT_APPROVED: u64 = 12;
const NOT_ATTESTED: u64 = 13;
const REVOKED: u64 = 22;
const ON_HOLD: u64 = 23;

// Answers of `lineage::standing`.
const LIVING: u8 = 0;
const LINEAGE_REVOKED: u8 = 1;

// === Structs ===

/// A condition. Upgrades can't add variants: `Attested` is where new kinds of
/// conditions, of this package or others, come in.
public enum Rule has copy, drop, store {
    /// The requester is the policy's owner.
    Owner,
    /// The requester is on the policy's allow-list.
    AllowList,
    /// It is this moment or later, in Unix milliseconds.
    NotBefore { at_ms: u64 },
    /// It is this moment or earlier, in Unix milliseconds.
    NotAfter { at_ms: u64 },
    /// The requester owns an object of this type.
    Holds { object_type: TypeName },
    /// The requester has a valid pass of this offer of the policy.
    Pass { offer: u64 },
    /// The requester declared a purpose on chain, one of these if there are any.
    Purpose { allowed: vector<String> },
    /// So many of these addresses approved the requester, each for a time.
    Stewards { stewards: vector<address>, threshold: u64 },
    /// The module that defines this type vouched for the requester.
    Attested { by: TypeName },
    /// This version of a dataset and all that it was made from are neither revoked,
    /// which a withdrawn consent does, nor on hold.
    Living { version: ID },
    /// The requester is the wallet of an enclave that is registered under this
    /// configuration and in force: see `floe_access::enclave_gate`.
    Enclave { config: ID },
}

/// Rules that must all be met.
public struct Clause has copy, drop, store {
    /// Unique in its policy, never used again.
    id: u64,
    rules: vector<Rule>,
}

/// What a requester can show. Where it comes from, the fact was checked.
public struct Evidence has copy, drop, store {
    requester: address,
    /// Offers of which the requester has a valid pass.
    offers: vector<u64>,
    /// Types of objects that the requester owns.
    objects: vector<TypeName>,
    purpose: Option<String>,
    /// Types whose modules vouch for the requester.
    attesters: vector<TypeName>,
    /// Configurations of the enclaves whose wallet the requester is.
    enclaves: vector<ID>,
}

/// Key of a steward's approval of a requester.
public struct ApprovalKey has copy, drop, store {
    requester: address,
    steward: address,
}

// === Public Functions ===

/// The requester is the policy's owner.
public fun owner(): Rule { Rule::Owner }

/// The requester is on the policy's allow-list.
public fun allow_list(): Rule { Rule::AllowList }

/// It is `at_ms` or later.
public fun not_before(at_ms: u64): Rule { Rule::NotBefore { at_ms } }

/// It is `at_ms` or earlier.
public fun not_after(at_ms: u64): Rule { Rule::NotAfter { at_ms } }

/// The requester owns an object of type `T`.
public fun holds<T: key + store>(): Rule {
    Rule::Holds { object_type: type_name::with_defining_ids<T>() }
}

/// The requester has a valid pass of the policy's offer.
public fun pass(offer: u64): Rule { Rule::Pass { offer } }

/// The requester declared a purpose on chain; if `allowed` is not empty, one of
/// these, letter by letter.
public fun purpose(allowed: vector<String>): Rule {
    check_purposes(&allowed);
    Rule::Purpose { allowed }
}

/// At least `threshold` of `stewards` approved the requester.
public fun stewards(stewards: vector<address>, threshold: u64): Rule {
    check_stewards(&stewards, threshold);
    Rule::Stewards { stewards, threshold }
}

/// The module that defines the witness `W` vouched for the requester.
public fun attested<W: drop>(): Rule {
    Rule::Attested { by: type_name::with_defining_ids<W>() }
}

/// The version, and all that it was made from, lives: at most 64 ancestors, none
/// more than 16 edges away, which the lineage enumerates itself. It must be in the
/// lineage already.
public fun living(lineage: &Lineage, version: ID): Rule {
    lineage.node(version);
    Rule::Living { version }
}

/// The requester is the wallet of an enclave of this configuration.
public fun enclave(config: &EnclaveConfig): Rule {
    Rule::Enclave { config: object::id(config) }
}

// === View helpers ===

/// Unique in its policy, never used again.
public fun id(self: &Clause): u64 { self.id }

/// The rules, in the order in which they are checked.
public fun rules(self: &Clause): vector<Rule> { self.rules }

/// The first and the last moment at which the clause can be met; none is
/// unbounded.
public fun window(self: &Clause): (Option<u64>, Option<u64>) {
    let mut from = option::none<u64>();
    let mut to = option::none<u64>();
    self.rules.do_ref!(|rule| match (rule) {
        Rule::NotBefore { at_ms } => if (from.is_none() || *from.borrow() < *at_ms) {
            from = option::some(*at_ms)
        },
        Rule::NotAfter { at_ms } => if (to.is_none() || *to.borrow() > *at_ms) {
            to = option::some(*at_ms)
        },
        _ => (),
    });
    (from, to)
}

/// True if this moment is within the clause's window.
public fun is_open_at(self: &Clause, now_ms: u64): bool {
    let (from, to) = self.window();
    (from.is_none() || now_ms >= *from.borrow()) && (to.is_none() || now_ms <= *to.borrow())
}

/// True if all versions that the clause demands live.
public fun is_living(self: &Clause, lineage: &Lineage): bool {
    self.rules.all!(|rule| rule.is_alive(lineage))
}

/// True if the clause demands that this version lives.
public fun demands(self: &Clause, version: ID): bool {
    self.rules.contains(&Rule::Living { version })
}

/// What it takes of the requester: the rules but those about time and lineage.
public fun for_requester(self: &Clause): Clause {
    let mut rules = vector[];
    self.rules.do_ref!(|rule| match (rule) {
        Rule::NotBefore { .. } | Rule::NotAfter { .. } | Rule::Living { .. } => (),
        _ => rules.push_back(*rule),
    });
    Clause { id: self.id, rules }
}

/// True if the clause lets `who` approve requesters.
public fun has_steward(self: &Clause, who: address): bool {
    let mut found = false;
    self.rules.do_ref!(|rule| match (rule) {
        Rule::Stewards { stewards, .. } => if (stewards.contains(&who)) found = true,
        _ => (),
    });
    found
}

/// The offer that the rule asks a pass of.
public fun offer(self: &Rule): Option<u64> {
    match (self) {
        Rule::Pass { offer } => option::some(*offer),
        _ => option::none(),
    }
}

// === Package Functions ===

public(package) fun new_clause(id: u64, rules: vector<Rule>): Clause {
    assert!(!rules.is_empty() && rules.length() <= MAX_RULES, EInvalidClause);
    rules.do_ref!(|rule| rule.check());
    let clause = Clause { id, rules };
    clause.check_window();
    clause
}

/// Adds a rule, so that the clause is harder to meet.
public(package) fun tighten(self: &mut Clause, rule: Rule) {
    assert!(self.rules.length() < MAX_RULES, EInvalidClause);
    rule.check();
    self.rules.push_back(rule);
    self.check_window();
}

/// Removes a rule, so that the clause is easier to meet. False if the clause
/// does not have it.
public(package) fun loosen(self: &mut Clause, rule: &Rule): bool {
    let (found, i) = self.rules.index_of(rule);
    if (!found) return false;
    assert!(self.rules.length() > 1, EInvalidClause);
    self.rules.remove(i);
    true
}

/// Nothing but who asks.
public(package) fun evidence(requester: address): Evidence {
    Evidence {
        requester,
        offers: vector[],
        objects: vector[],
        purpose: option::none(),
        attesters: vector[],
        enclaves: vector[],
    }
}

public(package) fun requester(self: &Evidence): address { self.requester }

public(package) fun declared_purpose(self: &Evidence): Option<String> { self.purpose }

public(package) fun add_offer(self: &mut Evidence, offer: u64) { self.offers.push_back(offer) }

public(package) fun add_object<T: key + store>(self: &mut Evidence) {
    self.objects.push_back(type_name::with_defining_ids<T>())
}

public(package) fun set_purpose(self: &mut Evidence, purpose: String) {
    check_purpose(&purpose);
    self.purpose = option::some(purpose)
}

public(package) fun add_attester<W: drop>(self: &mut Evidence) {
    self.attesters.push_back(type_name::with_defining_ids<W>())
}

public(package) fun add_enclave(self: &mut Evidence, config: ID) { self.enclaves.push_back(config) }

/// Leaves out which enclave the requester is: that is shown anew each time.
public(package) fun without_enclaves(mut self: Evidence): Evidence {
    self.enclaves = vector[];
    self
}

public(package) fun approval_key(requester: address, steward: address): ApprovalKey {
    ApprovalKey { requester, steward }
}

/// How many rules in a row are met, and why the next one is not: an error code
/// of `floe_access::policy`; none if all are met.
public(package) fun progress(
    self: &Clause,
    evidence: &Evidence,
    owner: address,
    members: &Table<address, u64>,
    approvals: &Table<ApprovalKey, u64>,
    lineage: &Lineage,
    now_ms: u64,
): (u64, Option<u64>) {
    let mut i = 0;
    while (i < self.rules.length()) {
        let unmet = self.rules[i].unmet(evidence, owner, members, approvals, lineage, now_ms);
        if (unmet.is_some()) return (i, unmet);
        i = i + 1;
    };
    (i, option::none())
}

/// Demands that a version lives, if it is not demanded yet. False if it is.
public(package) fun demand(self: &mut Clause, version: ID): bool {
    if (self.demands(version)) return false;
    self.tighten(Rule::Living { version });
    true
}

// === Private Functions ===

/// Rules may come from an older version of this package, so they are checked again
/// where they begin to count.
fun check(self: &Rule) {
    match (self) {
        Rule::Purpose { allowed } => check_purposes(allowed),
        Rule::Stewards { stewards, threshold } => check_stewards(stewards, *threshold),
        _ => (),
    }
}

fun is_alive(self: &Rule, lineage: &Lineage): bool {
    match (self) {
        Rule::Living { version } => lineage.is_living(*version),
        _ => true,
    }
}

fun unmet(
    self: &Rule,
    evidence: &Evidence,
    owner: address,
    members: &Table<address, u64>,
    approvals: &Table<ApprovalKey, u64>,
    lineage: &Lineage,
    now_ms: u64,
): Option<u64> {
    let who = evidence.requester;
    match (self) {
        Rule::Owner => unless(who == owner, NO_ACCESS),
        Rule::AllowList => unless(members.contains(who), NO_ACCESS),
        Rule::NotBefore { at_ms } => unless(now_ms >= *at_ms, TOO_EARLY),
        Rule::NotAfter { at_ms } => unless(now_ms <= *at_ms, TOO_LATE),
        Rule::Holds { object_type } => unless(
            evidence.objects.contains(object_type),
            OBJECT_NOT_SHOWN,
        ),
        Rule::Pass { offer } => unless(evidence.offers.contains(offer), NO_PASS),
        Rule::Purpose { allowed } => unless(evidence.has_purpose(allowed), NO_PURPOSE),
        Rule::Stewards { stewards, threshold } => unless(
            count_approvals(who, stewards, approvals, now_ms) >= *threshold,
            NOT_APPROVED,
        ),
        Rule::Attested { by } => unless(evidence.attesters.contains(by), NOT_ATTESTED),
        Rule::Living { version } => not_living(lineage.standing(*version)),
        Rule::Enclave { config } => unless(evidence.enclaves.contains(config), NOT_ATTESTED),
    }
}

fun unless(met: bool, code: u64): Option<u64> {
    if (met) option::none() else option::some(code)
}

fun not_living(standing: u8): Option<u64> {
    if (standing == LIVING) return option::none();
    option::some(if (standing == LINEAGE_REVOKED) REVOKED else ON_HOLD)
}

fun has_purpose(self: &Evidence, allowed: &vector<String>): bool {
    self.purpose.is_some() && (allowed.is_empty() || allowed.contains(self.purpose.borrow()))
}

fun count_approvals(
    requester: address,
    stewards: &vector<address>,
    approvals: &Table<ApprovalKey, u64>,
    now_ms: u64,
): u64 {
    let mut n = 0;
    stewards.do_ref!(|steward| {
        let key = ApprovalKey { requester, steward: *steward };
        if (approvals.contains(key) && now_ms <= approvals[key]) n = n + 1;
    });
    n
}

fun check_purposes(allowed: &vector<String>) {
    assert!(allowed.length() <= MAX_PURPOSES, EInvalidPurpose);
    allowed.do_ref!(|purpose| check_purpose(purpose));
}

fun check_purpose(purpose: &String) {
    assert!(!purpose.is_empty() && purpose.length() <= MAX_PURPOSE_BYTES, EInvalidPurpose)
}

fun check_stewards(stewards: &vector<address>, threshold: u64) {
    let n = stewards.length();
    assert!(0 < threshold && threshold <= n && n <= MAX_STEWARDS, EInvalidStewards);
    let mut i = 0;
    while (i < n) {
        let (_, first) = stewards.index_of(&stewards[i]);
        assert!(first == i, EInvalidStewards);
        i = i + 1;
    };
}

fun check_window(self: &Clause) {
    let (from, to) = self.window();
    assert!(from.is_none() || to.is_none() || *from.borrow() < *to.borrow(), EInvalidWindow)
}

// === Test-Only Helpers ===

#[test_only]
public fun new_clause_for_testing(id: u64, rules: vector<Rule>): Clause { new_clause(id, rules) }
