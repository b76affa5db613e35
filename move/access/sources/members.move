// SPDX-License-Identifier: Apache-2.0

/// The allow-list, and who may change it.
///
/// Members leave at once. They join at once if the policy's owner or one of its
/// delegates says so, or if the policy has no delay; else they are proposed, see
/// `floe_access::governance`. The list is a table, so 100,000 members don't make the
/// policy larger, nor a decision dearer.
module floe_access::members;

use floe_access::policy::{Policy, PolicyCap};
use floe_access::policy_events;
use floe_access::version::PackageVersion;
use sui::clock::Clock;

// === Errors ===

/// The address may decrypt already: it is a member or the owner.
const EAlreadyMember: u64 = 0;
/// The address is not a member.
const ENotMember: u64 = 1;
/// The sender is not one of the policy's delegates.
const ENotDelegate: u64 = 2;
/// The policy has as many delegates as it can.
const ETooManyDelegates: u64 = 3;
/// The sender is neither the owner nor a delegate: propose the member.
const EMustPropose: u64 = 4;

// === Constants ===

const MAX_DELEGATES: u64 = 16;

// === Admin Functions ===

/// Adds an address to the allow-list. When changes of the policy must wait, only
/// its owner and its delegates add members at once.
public fun grant(
    policy: &mut Policy,
    cap: &PolicyCap,
    member: address,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    policy.grant_all(cap, vector[member], package_version, clock, ctx)
}

/// Adds many addresses to the allow-list: all of them, or none if one of them is on
/// it already. A transaction takes up to about 500 in one argument and emits 1,024
/// events at most.
public fun grant_all(
    policy: &mut Policy,
    cap: &PolicyCap,
    members: vector<address>,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    policy.check_admin(cap, package_version);
    let who = ctx.sender();
    assert!(
        policy.is_unguarded() || who == policy.owner() || policy.delegates().contains(&who),
        EMustPropose,
    );
    let now_ms = clock.timestamp_ms();
    members.do!(|member| policy.insert(member, now_ms));
}

/// Takes an address off the allow-list.
public fun revoke(
    policy: &mut Policy,
    cap: &PolicyCap,
    member: address,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    policy.remove(member);
}

/// Adds an address to the allow-list, for a delegate.
public fun grant_as_delegate(
    policy: &mut Policy,
    member: address,
    package_version: &PackageVersion,
    clock: &Clock,
    ctx: &TxContext,
) {
    policy.check_delegate(package_version, ctx);
    policy.insert(member, clock.timestamp_ms());
}

/// Takes an address off the allow-list, for a delegate.
public fun revoke_as_delegate(
    policy: &mut Policy,
    member: address,
    package_version: &PackageVersion,
    ctx: &TxContext,
) {
    policy.check_delegate(package_version, ctx);
    policy.remove(member);
}

/// Names a delegate of a policy that is not shared yet; later it must be
/// proposed.
public fun add_delegate(
    policy: &mut Policy,
    cap: &PolicyCap,
    delegate: address,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    policy.check_draft();
    policy.insert_delegate(delegate);
}

/// Takes from an address the right to add and remove members, at once. Members
/// that it added stay.
public fun remove_delegate(
    policy: &mut Policy,
    cap: &PolicyCap,
    delegate: address,
    package_version: &PackageVersion,
) {
    policy.check_admin(cap, package_version);
    let (found, i) = policy.delegates().index_of(&delegate);
    assert!(found, ENotDelegate);
    policy.delegates_mut().remove(i);
    policy_events::emit_delegate_removed(object::id(policy), delegate);
}

// === Package Functions ===

public(package) fun insert(policy: &mut Policy, member: address, now_ms: u64) {
    policy.check_not_frozen();
    let needs_no_grant = member == policy.owner() && policy.lets_owner_in();
    assert!(!needs_no_grant && !policy.is_member(member), EAlreadyMember);
    policy.members_mut().add(member, now_ms);
    policy_events::emit_access_granted(object::id(policy), member);
}

public(package) fun insert_delegate(policy: &mut Policy, delegate: address) {
    policy.check_not_frozen();
    let delegates = policy.delegates_mut();
    if (delegates.contains(&delegate)) return;
    assert!(delegates.length() < MAX_DELEGATES, ETooManyDelegates);
    delegates.push_back(delegate);
    policy_events::emit_delegate_added(object::id(policy), delegate);
}

// === Private Functions ===

use fun grant_all as Policy.grant_all;
use fun insert as Policy.insert;
use fun insert_delegate as Policy.insert_delegate;
use fun remove as Policy.remove;
use fun check_delegate as Policy.check_delegate;

fun remove(policy: &mut Policy, member: address) {
    assert!(policy.is_member(member), ENotMember);
    policy.members_mut().remove(member);
    policy_events::emit_access_revoked(object::id(policy), member);
}

fun check_delegate(policy: &Policy, package_version: &PackageVersion, ctx: &TxContext) {
    package_version.check();
    assert!(policy.delegates().contains(&ctx.sender()), ENotDelegate)
}
