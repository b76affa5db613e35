// SPDX-License-Identifier: Apache-2.0

/// What tests of policies share: a policy, its capability and all that a
/// decision reads.
#[test_only]
module floe_access::world;

use floe_access::change::Change;
use floe_access::clauses;
use floe_access::enclave_gate;
use floe_access::governance;
use floe_access::key_request::{Self, KeyRequest};
use floe_access::members;
use floe_access::policy::{Self, Policy, PolicyCap};
use floe_access::rule::{Self, Rule};
use floe_access::shop;
use floe_access::version::{Self, PackageVersion};
use floe_catalog::enclave::Enclave;
use floe_catalog::enclave_config::EnclaveConfig;
use floe_catalog::lineage::{Self, Lineage};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::test_scenario::{Self, Scenario};

public struct World {
    scenario: Scenario,
    policy: Policy,
    cap: PolicyCap,
    lineage: Lineage,
    package_version: PackageVersion,
    clock: Clock,
}

public fun owner(): address { @0xa }

public fun member(): address { @0xb }

public fun stranger(): address { @0xc }

/// A composed policy with these rules as its clause 0, shared, at time 0.
public fun with_clause(rules: vector<Rule>): World {
    let mut world = draft(0);
    world.add_clause(rules);
    world.go_live()
}

/// A composed policy without clauses, not shared yet, at time 0.
public fun draft(delay_ms: u64): World { draft_held_by(delay_ms, vector[], 0) }

public fun draft_held_by(delay_ms: u64, holders: vector<address>, threshold: u64): World {
    let mut scenario = test_scenario::begin(owner());
    version::init_for_testing(scenario.ctx());
    lineage::init_for_testing(scenario.ctx());
    scenario.next_tx(owner());
    let package_version = scenario.take_shared<PackageVersion>();
    let lineage = scenario.take_shared<Lineage>();
    let (policy, cap) = policy::compose(
        delay_ms,
        holders,
        threshold,
        &package_version,
        scenario.ctx(),
    );
    let clock = clock::create_for_testing(scenario.ctx());
    World { scenario, policy, cap, lineage, package_version, clock }
}

/// Shares the policy and takes it again.
public fun go_live(self: World): World {
    let World { mut scenario, policy, cap, lineage, package_version, clock } = self;
    let id = object::id(&policy);
    policy.share(&package_version);
    scenario.next_tx(owner());
    let policy = scenario.take_shared_by_id<Policy>(id);
    World { scenario, policy, cap, lineage, package_version, clock }
}

/// A shared policy with a delay of 1,000 ms: clause 0 is for the owner, clause 1 for
/// members.
public fun slow(): World {
    let mut world = draft(1_000);
    world.add_clause(vector[rule::owner()]);
    world.add_clause(vector[rule::allow_list()]);
    world.go_live()
}

public fun end(self: World) {
    let World { scenario, policy, cap, lineage, package_version, clock } = self;
    destroy(policy);
    destroy(cap);
    destroy(lineage);
    test_scenario::return_shared(package_version);
    clock.destroy_for_testing();
    scenario.end();
}

public fun policy(self: &World): &Policy { &self.policy }

public fun policy_mut(self: &mut World): &mut Policy { &mut self.policy }

public fun cap(self: &World): &PolicyCap { &self.cap }

public fun package_version(self: &World): &PackageVersion { &self.package_version }

public fun clock(self: &World): &Clock { &self.clock }

public fun scenario(self: &mut World): &mut Scenario { &mut self.scenario }

public fun ctx(self: &mut World): &mut TxContext { self.scenario.ctx() }

public fun id(self: &World): ID { object::id(&self.policy) }

public fun at(self: &mut World, now_ms: u64) { self.clock.set_for_testing(now_ms) }

/// What the tests do without a world: a second policy, of the sender.
public fun other_policy(ctx: &mut TxContext): (Policy, PolicyCap) {
    let package_version = version::new_for_testing(ctx);
    let (policy, cap) = policy::compose(0, vector[], 0, &package_version, ctx);
    destroy(package_version);
    (policy, cap)
}

public fun outdate(self: &mut World) { self.be_version(2) }

public fun be_version(self: &mut World, version: u64) {
    self.package_version.set_for_testing(version)
}

public fun act_as(self: &mut World, who: address) { self.scenario.next_tx(who); }

/// An identity under the policy.
public fun identity(self: &World): vector<u8> {
    let mut id = object::id(&self.policy).to_bytes();
    id.append(x"0123456789abcdef");
    id
}

public fun add_clause(self: &mut World, rules: vector<Rule>): u64 {
    clauses::add(&mut self.policy, &self.cap, rules, &self.package_version)
}

public fun remove_clause(self: &mut World, clause: u64) {
    clauses::remove(&mut self.policy, &self.cap, clause, &self.package_version)
}

public fun tighten(self: &mut World, clause: u64, rule: Rule) {
    clauses::tighten(&mut self.policy, &self.cap, clause, rule, &self.package_version)
}

public fun add_delegate(self: &mut World, who: address) {
    members::add_delegate(&mut self.policy, &self.cap, who, &self.package_version)
}

public fun remove_delegate(self: &mut World, who: address) {
    members::remove_delegate(&mut self.policy, &self.cap, who, &self.package_version)
}

public fun offer<C>(
    self: &mut World,
    price: u64,
    term_ms: Option<u64>,
    uses: Option<u64>,
): u64 {
    shop::make_offer<C>(
        &mut self.policy,
        &self.cap,
        price,
        term_ms,
        uses,
        &self.package_version,
    )
}

public fun raise_price(self: &mut World, offer: u64, price: u64) {
    shop::raise_price(&mut self.policy, &self.cap, offer, price, &self.package_version)
}

public fun close_offer(self: &mut World, offer: u64) {
    shop::close_offer(&mut self.policy, &self.cap, offer, &self.package_version)
}

public fun grant(self: &mut World, who: address) {
    members::grant(
        &mut self.policy,
        &self.cap,
        who,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

public fun revoke(self: &mut World, who: address) {
    members::revoke(&mut self.policy, &self.cap, who, &self.package_version)
}

public fun grant_as(self: &mut World, delegate: address, who: address) {
    self.scenario.next_tx(delegate);
    members::grant_as_delegate(
        &mut self.policy,
        who,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

public fun revoke_as(self: &mut World, delegate: address, who: address) {
    self.scenario.next_tx(delegate);
    members::revoke_as_delegate(
        &mut self.policy,
        who,
        &self.package_version,
        self.scenario.ctx(),
    )
}

public fun propose(self: &mut World, change: Change): u64 {
    governance::propose(
        &mut self.policy,
        &self.cap,
        change,
        &self.package_version,
        &self.clock,
    )
}

public fun apply(self: &mut World, proposal: u64) {
    governance::apply(
        &mut self.policy,
        &self.cap,
        proposal,
        &self.package_version,
        &self.clock,
    )
}

public fun cancel(self: &mut World, proposal: u64) {
    governance::cancel(&mut self.policy, &self.cap, proposal, &self.package_version)
}

public fun raise_delay(self: &mut World, delay_ms: u64) {
    governance::raise_delay(&mut self.policy, &self.cap, delay_ms, &self.package_version)
}

public fun freeze_for_ever(self: &mut World) {
    governance::freeze_for_ever(&mut self.policy, &self.cap, &self.package_version)
}

public fun vote_hold(self: &mut World, who: address, place: bool) {
    self.scenario.next_tx(who);
    governance::vote_hold(
        &mut self.policy,
        place,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

/// Asks for a key, as a key server would for this sender.
public fun approve(self: &mut World, sender: address) {
    let id = self.identity();
    self.scenario.next_tx(sender);
    policy::seal_approve_for_testing(
        id,
        &self.policy,
        &self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

/// Asks for a key by showing an object.
public fun approve_holding<T: key + store>(self: &mut World, sender: address, held: T) {
    let id = self.identity();
    self.scenario.next_tx(sender);
    policy::seal_approve_holding_for_testing(
        id,
        &self.policy,
        held,
        &self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

/// Asks for a key as the wallet of an enclave.
public fun approve_enclave(
    self: &mut World,
    sender: address,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
) {
    let id = self.identity();
    self.scenario.next_tx(sender);
    enclave_gate::seal_approve_with_enclave_for_testing(
        id,
        &self.policy,
        config,
        enclave,
        wallet,
        timestamp_ms,
        signature,
        &self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

/// Makes a key request of the sender, the wallet of an enclave.
public fun request_as_enclave(
    self: &mut World,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
) {
    let ctx = self.scenario.ctx();
    let mut draft = key_request::begin(&self.policy, &self.package_version, &self.clock, ctx);
    enclave_gate::vouch(
        &mut draft,
        config,
        enclave,
        wallet,
        timestamp_ms,
        signature,
        &self.clock,
        ctx,
    );
    draft.finish(&self.policy, &self.lineage, ctx);
}

/// Asks for a key with a key request, as the wallet of an enclave.
public fun approve_enclave_request(
    self: &mut World,
    sender: address,
    request: &KeyRequest,
    config: &EnclaveConfig,
    enclave: &Enclave,
    wallet: vector<u8>,
    timestamp_ms: u64,
    signature: vector<u8>,
) {
    let id = self.identity();
    self.scenario.next_tx(sender);
    enclave_gate::seal_approve_with_enclave_request_for_testing(
        id,
        &self.policy,
        request,
        config,
        enclave,
        wallet,
        timestamp_ms,
        signature,
        &self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

public fun is_allowed(self: &World, who: address): bool {
    self.policy.is_allowed(who, &self.lineage, self.clock.timestamp_ms())
}

public fun policy_and_cap(self: &mut World): (&mut Policy, &PolicyCap) {
    (&mut self.policy, &self.cap)
}

/// All that a call takes, at once.
public fun all(self: &mut World): (&mut Policy, &PackageVersion, &Clock, &mut TxContext) {
    (&mut self.policy, &self.package_version, &self.clock, self.scenario.ctx())
}

/// The same and the capability.
public fun all_and_cap(
    self: &mut World,
): (&mut Policy, &PolicyCap, &PackageVersion, &Clock, &mut TxContext) {
    (&mut self.policy, &self.cap, &self.package_version, &self.clock, self.scenario.ctx())
}

/// All but the capability, and the lineage.
public fun all_and_lineage(
    self: &mut World,
): (&mut Policy, &mut Lineage, &PackageVersion, &Clock, &mut TxContext) {
    (
        &mut self.policy,
        &mut self.lineage,
        &self.package_version,
        &self.clock,
        self.scenario.ctx(),
    )
}

/// What the holder of the capability needs for a call.
public fun admin(self: &mut World): (&mut Policy, &PolicyCap, &Lineage, &PackageVersion) {
    (&mut self.policy, &self.cap, &self.lineage, &self.package_version)
}

public fun lineage(self: &World): &Lineage { &self.lineage }

public fun lineage_mut(self: &mut World): &mut Lineage { &mut self.lineage }
