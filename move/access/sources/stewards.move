// SPDX-License-Identifier: Apache-2.0

/// Approvals of requesters by stewards, recorded on chain, each for a time.
///
/// An approval counts in every clause of the policy that names its steward. It
/// is the steward's word about an address, and says nothing about who uses it.
module floe_access::stewards;

use floe_access::policy::Policy;
use floe_access::request_events;
use floe_access::version::PackageVersion;
use sui::clock::Clock;

// === Errors ===

/// No clause of the policy names the sender as a steward.
const ENotSteward: u64 = 0;
/// The approval would end before it begins.
const EAlreadyOver: u64 = 1;
/// The sender has not approved of the requester.
const ENotApproved: u64 = 2;

// === Public Functions ===

/// Approves of a requester until `valid_until_ms`, this moment included. A
/// second approval replaces the first.
public fun approve(
    policy: &mut Policy,
    requester: address,
    valid_until_ms: u64,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    package_version.check();
    let steward = ctx.sender();
    assert!(policy.is_steward(steward), ENotSteward);
    assert!(valid_until_ms > clock.timestamp_ms(), EAlreadyOver);
    policy.set_approval(requester, steward, valid_until_ms);
    request_events::emit_requester_approved(object::id(policy), requester, steward, valid_until_ms);
}

/// Takes the sender's approval of a requester back, at once. Who is no steward
/// any more can do so, too.
public fun withdraw(
    policy: &mut Policy,
    requester: address,
    package_version: &PackageVersion,
    ctx: &TxContext,
) {
    package_version.check();
    let steward = ctx.sender();
    assert!(policy.remove_approval(requester, steward), ENotApproved);
    request_events::emit_approval_withdrawn(object::id(policy), requester, steward);
}
