// SPDX-License-Identifier: Apache-2.0

/// Key requests in two steps, for rules that must count, charge or log.
///
/// Key servers only simulate decisions, so a decision can't use up a pass or
/// record a purpose. A transaction does: `begin` a draft, show what there is,
/// and `finish` it. That mints a `KeyRequest`, which `seal_approve_with_request`
/// takes for what was shown, as long as it is valid. All other rules of the
/// policy, and a hold, are checked again at that time, so narrowing works at
/// once on requests that were made before. An enclave is shown anew each time.
module floe_access::key_request;

use floe_access::pass::Pass;
use floe_access::policy::Policy;
use floe_access::request_events;
use floe_access::rule::{Self, Evidence};
use floe_access::version::{Self, PackageVersion};
use floe_catalog::lineage::Lineage;
use std::string::String;
use sui::clock::Clock;

// === Errors ===

/// The request is for another policy.
const EWrongPolicy: u64 = 0;
/// The request is another address's.
const ENotRequester: u64 = 1;
/// The request is over.
const EExpired: u64 = 2;

// === Constants ===

/// How long a request is valid: enough to fetch the keys of a large dataset.
const VALID_MS: u64 = 3_600_000;

// === Structs ===

/// A request in the making. It ends in `finish`, or not at all with its
/// transaction.
public struct Draft {
    /// The version of this package that was in force when it began. It stands for
    /// the `PackageVersion` in all that is done with the draft, so that an older
    /// version can't do a part of it.
    version: u64,
    policy: ID,
    now_ms: u64,
    valid_until_ms: u64,
    evidence: Evidence,
}

/// What a requester showed in a transaction. Owned by the requester for ever.
public struct KeyRequest has key {
    id: UID,
    policy: ID,
    /// The last moment at which it is valid.
    valid_until_ms: u64,
    evidence: Evidence,
}

// === Public Functions ===

/// Begins a request of the sender.
public fun begin(
    policy: &Policy,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
): Draft {
    package_version.check();
    let now_ms = clock.timestamp_ms();
    Draft {
        version: package_version.version(),
        policy: object::id(policy),
        now_ms,
        valid_until_ms: now_ms + VALID_MS,
        evidence: rule::evidence(ctx.sender()),
    }
}

/// Uses the sender's pass: one use less, if they are counted. The request does
/// not outlast the pass's term.
public fun use_pass(self: &mut Draft, pass: &mut Pass) {
    self.check();
    pass.use_once(self.policy, self.evidence.requester(), self.now_ms);
    pass.expires_at_ms().do!(|at_ms| if (at_ms < self.valid_until_ms) {
        self.valid_until_ms = at_ms
    });
    self.evidence.add_offer(pass.offer());
}

/// Declares what the keys are for. The declaration is public for ever.
public fun declare_purpose(self: &mut Draft, purpose: String) {
    self.check();
    self.evidence.set_purpose(purpose)
}

/// Shows an object that the sender owns. It goes back to the sender's address,
/// so that it can't have been borrowed for the occasion.
public fun show<T: key + store>(self: &mut Draft, held: T) {
    self.check();
    self.evidence.add_object<T>();
    transfer::public_transfer(held, self.evidence.requester());
}

/// Vouches for the requester. Only the module that defines `W` can make one, so
/// that it decides when, for example for a registered enclave.
public fun vouch<W: drop>(self: &mut Draft, _: W) {
    self.check();
    self.evidence.add_attester<W>()
}

/// Ends a request. The sender gets it if it meets a clause of the policy, whose
/// rules are checked as they are now. Returns its id.
public fun finish(self: Draft, policy: &Policy, lineage: &Lineage, ctx: &mut TxContext): ID {
    self.check();
    let Draft { policy: policy_id, now_ms, valid_until_ms, evidence, .. } = self;
    assert!(policy_id == object::id(policy), EWrongPolicy);
    let clause = policy.decide(&evidence, lineage, now_ms);
    let requester = evidence.requester();
    let purpose = evidence.declared_purpose();
    let request = KeyRequest {
        id: object::new(ctx),
        policy: policy_id,
        valid_until_ms,
        evidence: evidence.without_enclaves(),
    };
    let id = object::id(&request);
    transfer::transfer(request, requester);
    request_events::emit_key_requested(policy_id, id, requester, clause, purpose, valid_until_ms);
    id
}

/// Throws a request away.
public fun discard(self: KeyRequest) {
    let KeyRequest { id, .. } = self;
    id.delete()
}

/// As `policy::seal_approve`, with what the request says was shown.
entry fun seal_approve_with_request(
    id: vector<u8>,
    policy: &Policy,
    request: &KeyRequest,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    let evidence = request.shown(policy, clock, ctx);
    policy.approve(&id, &evidence, lineage, package_version, clock);
}

// === View helpers ===

/// The policy that is asked.
public fun policy(self: &KeyRequest): ID { self.policy }

/// Who alone may use it.
public fun requester(self: &KeyRequest): address { self.evidence.requester() }

/// The last moment at which it is valid.
public fun valid_until_ms(self: &KeyRequest): u64 { self.valid_until_ms }

/// What the keys are for, as the requester declared.
public fun purpose(self: &KeyRequest): Option<String> { self.evidence.declared_purpose() }

// === Package Functions ===

/// Notes that the requester is the wallet of an enclave of this configuration.
public(package) fun add_enclave(self: &mut Draft, config: ID) {
    self.check();
    self.evidence.add_enclave(config)
}

/// What the request says was shown, if it is the sender's, for this policy and not
/// over.
public(package) fun shown(
    self: &KeyRequest,
    policy: &Policy,
    clock: &Clock,
    ctx: &TxContext,
): Evidence {
    assert!(self.policy == object::id(policy), EWrongPolicy);
    assert!(self.requester() == ctx.sender(), ENotRequester);
    assert!(clock.timestamp_ms() <= self.valid_until_ms, EExpired);
    self.evidence
}

// === Private Functions ===

fun check(self: &Draft) { version::check_number(self.version) }

// === Test-Only Helpers ===

#[test_only]
public fun seal_approve_with_request_for_testing(
    id: vector<u8>,
    policy: &Policy,
    request: &KeyRequest,
    lineage: &Lineage,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve_with_request(id, policy, request, lineage, package_version, clock, ctx)
}

#[test_only]
public fun set_version_for_testing(self: &mut Draft, version: u64) { self.version = version }
