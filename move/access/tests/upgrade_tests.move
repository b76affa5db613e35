// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_access::upgrade_tests;

use floe_access::upgrade_events::{Self, UpgradeCancelled, UpgradeCommitted, UpgradeDelayRaised, UpgradeProposed, UpgradesEnded, UpgradesGuarded, UpgradesRestricted};
use floe_access::upgrade::{Self, UpgradeGuard};
use floe_access::version::{Self, PackageVersion};
use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::event;
use sui::package::{Self, UpgradeCap, UpgradeReceipt, UpgradeTicket};

const DELAY_MS: u64 = 1_000;
const DIGEST: vector<u8> = x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fun upgrade_happens_after_its_delay() {
    let (mut guard, mut clock, ctx) = begin();
    let old = guard.package();
    let id = object::id(&guard);
    let guarded = upgrade_events::new_upgrades_guarded(id, old, DELAY_MS);
    assert!(event::events_by_type<UpgradesGuarded>() == vector[guarded]);
    assert!(guard.delay_ms() == DELAY_MS && guard.upgrade_policy() == 0);

    clock.set_for_testing(7);
    guard.propose(0, DIGEST, &clock);
    let proposed = upgrade_events::new_upgrade_proposed(id, old, 0, DIGEST, 7 + DELAY_MS);
    assert!(event::events_by_type<UpgradeProposed>() == vector[proposed]);
    let waiting = guard.proposed().destroy_some();
    assert!(waiting.digest() == DIGEST && waiting.ready_at_ms() == 7 + DELAY_MS);

    clock.set_for_testing(7 + DELAY_MS);
    let ticket = guard.authorize(&clock);
    assert!(ticket.ticket_package() == old && ticket.ticket_policy() == 0);
    assert!(*ticket.ticket_digest() == DIGEST);
    guard.commit(package::test_upgrade(ticket));
    assert!(guard.package() != old && guard.proposed().is_none());
    let committed = upgrade_events::new_upgrade_committed(id, guard.package(), DIGEST);
    assert!(event::events_by_type<UpgradeCommitted>() == vector[committed]);
    end(guard, clock, ctx);
}

#[test, expected_failure(abort_code = upgrade::ETooEarly)]
fun upgrade_does_not_happen_a_millisecond_sooner() {
    let (mut guard, mut clock, _ctx) = begin();
    guard.propose(0, DIGEST, &clock);
    clock.set_for_testing(DELAY_MS - 1);
    let _ticket = guard.authorize(&clock);
    abort
}

#[test, expected_failure(abort_code = upgrade::ENothingProposed)]
fun upgrade_is_not_authorized_unannounced() {
    let (mut guard, clock, _ctx) = begin();
    let _ticket = guard.authorize(&clock);
    abort
}

#[test, expected_failure(abort_code = upgrade::ENothingProposed)]
fun announcement_is_good_for_one_upgrade() {
    let (mut guard, mut clock, _ctx) = begin();
    guard.propose(0, DIGEST, &clock);
    clock.set_for_testing(DELAY_MS);
    let ticket = guard.authorize(&clock);
    guard.commit(package::test_upgrade(ticket));
    let _ticket = guard.authorize(&clock);
    abort
}

#[test, expected_failure(abort_code = upgrade::EAlreadyProposed)]
fun announced_upgrade_is_not_swapped() {
    let (mut guard, clock, _ctx) = begin();
    guard.propose(0, DIGEST, &clock);
    guard.propose(0, DIGEST, &clock);
    abort
}

#[test]
fun cancelled_upgrade_makes_room_for_another() {
    let (mut guard, clock, ctx) = begin();
    guard.propose(0, DIGEST, &clock);
    guard.cancel();
    let cancelled = upgrade_events::new_upgrade_cancelled(object::id(&guard), DIGEST);
    assert!(event::events_by_type<UpgradeCancelled>() == vector[cancelled]);
    guard.propose(128, DIGEST, &clock);
    end(guard, clock, ctx);
}

#[test, expected_failure(abort_code = upgrade::ENothingProposed)]
fun nothing_is_not_cancelled() {
    let (mut guard, _clock, _ctx) = begin();
    guard.cancel();
    abort
}

#[test, expected_failure(abort_code = upgrade::EInvalidDigest)]
fun digest_has_32_bytes() {
    let (mut guard, clock, _ctx) = begin();
    guard.propose(0, x"00", &clock);
    abort
}

#[test, expected_failure(abort_code = upgrade::ETooPermissive)]
fun restricted_package_takes_no_wider_upgrade() {
    let (mut guard, clock, _ctx) = begin();
    guard.only_additive_upgrades();
    guard.propose(0, DIGEST, &clock);
    abort
}

#[test, expected_failure(abort_code = package::ETooPermissive)]
fun restriction_reaches_what_was_announced() {
    let (mut guard, mut clock, _ctx) = begin();
    guard.propose(0, DIGEST, &clock);
    guard.only_dep_upgrades();
    clock.set_for_testing(DELAY_MS);
    let _ticket = guard.authorize(&clock);
    abort
}

#[test]
fun restrictions_are_visible() {
    let (mut guard, clock, ctx) = begin();
    guard.only_additive_upgrades();
    assert!(guard.upgrade_policy() == 128);
    guard.only_dep_upgrades();
    assert!(guard.upgrade_policy() == 192);
    let id = object::id(&guard);
    let want = vector[
        upgrade_events::new_upgrades_restricted(id, 128),
        upgrade_events::new_upgrades_restricted(id, 192),
    ];
    assert!(event::events_by_type<UpgradesRestricted>() == want);
    end(guard, clock, ctx);
}

#[test]
fun delay_is_raised() {
    let (mut guard, clock, ctx) = begin();
    guard.raise_delay(DELAY_MS + 1);
    assert!(guard.delay_ms() == DELAY_MS + 1);
    let raised = upgrade_events::new_upgrade_delay_raised(object::id(&guard), DELAY_MS + 1);
    assert!(event::events_by_type<UpgradeDelayRaised>() == vector[raised]);
    end(guard, clock, ctx);
}

#[test, expected_failure(abort_code = upgrade::EDelayNotRaised)]
fun delay_is_not_lowered() {
    let (mut guard, _clock, _ctx) = begin();
    guard.raise_delay(DELAY_MS);
    abort
}

#[test, expected_failure(abort_code = upgrade::EInvalidDelay)]
fun delay_is_not_raised_beyond_ten_years() {
    let (mut guard, _clock, _ctx) = begin();
    guard.raise_delay(315_576_000_001);
    abort
}

#[test, expected_failure(abort_code = upgrade::EInvalidDelay)]
fun delay_is_at_most_ten_years() {
    let ctx = &mut tx_context::dummy();
    let cap = package::test_publish(@0x9.to_id(), ctx);
    let _guard = guarded(cap, 315_576_000_001, ctx);
    abort
}

#[test]
fun package_is_made_immutable() {
    let (guard, clock, _ctx) = begin();
    let (id, package) = (object::id(&guard), guard.package());
    guard.make_immutable();
    let ended = upgrade_events::new_upgrades_ended(id, package);
    assert!(event::events_by_type<UpgradesEnded>() == vector[ended]);
    clock.destroy_for_testing();
}

// === Helpers ===

use fun propose as UpgradeGuard.propose;
use fun cancel as UpgradeGuard.cancel;
use fun authorize as UpgradeGuard.authorize;
use fun commit as UpgradeGuard.commit;
use fun raise_delay as UpgradeGuard.raise_delay;
use fun only_additive_upgrades as UpgradeGuard.only_additive_upgrades;
use fun only_dep_upgrades as UpgradeGuard.only_dep_upgrades;
use fun make_immutable as UpgradeGuard.make_immutable;

fun in_force(): PackageVersion { version::new_for_testing(&mut tx_context::dummy()) }

fun guarded(cap: UpgradeCap, delay_ms: u64, ctx: &mut TxContext): UpgradeGuard {
    let version = in_force();
    let guard = upgrade::guard(cap, delay_ms, &version, ctx);
    destroy(version);
    guard
}

fun propose(guard: &mut UpgradeGuard, policy: u8, digest: vector<u8>, clock: &Clock) {
    let version = in_force();
    upgrade::propose(guard, policy, digest, &version, clock);
    destroy(version);
}

fun cancel(guard: &mut UpgradeGuard) {
    let version = in_force();
    upgrade::cancel(guard, &version);
    destroy(version);
}

fun authorize(guard: &mut UpgradeGuard, clock: &Clock): UpgradeTicket {
    let version = in_force();
    let ticket = upgrade::authorize(guard, &version, clock);
    destroy(version);
    ticket
}

fun commit(guard: &mut UpgradeGuard, receipt: UpgradeReceipt) {
    let version = in_force();
    upgrade::commit(guard, receipt, &version);
    destroy(version);
}

fun raise_delay(guard: &mut UpgradeGuard, delay_ms: u64) {
    let version = in_force();
    upgrade::raise_delay(guard, delay_ms, &version);
    destroy(version);
}

fun only_additive_upgrades(guard: &mut UpgradeGuard) {
    let version = in_force();
    upgrade::only_additive_upgrades(guard, &version);
    destroy(version);
}

fun only_dep_upgrades(guard: &mut UpgradeGuard) {
    let version = in_force();
    upgrade::only_dep_upgrades(guard, &version);
    destroy(version);
}

fun make_immutable(guard: UpgradeGuard) {
    let version = in_force();
    upgrade::make_immutable(guard, &version);
    destroy(version);
}

fun begin(): (UpgradeGuard, Clock, TxContext) {
    let mut ctx = tx_context::dummy();
    let cap = package::test_publish(@0x9.to_id(), &mut ctx);
    let guard = guarded(cap, DELAY_MS, &mut ctx);
    let clock = clock::create_for_testing(&mut ctx);
    (guard, clock, ctx)
}

fun end(guard: UpgradeGuard, clock: Clock, _ctx: TxContext) {
    destroy(guard);
    clock.destroy_for_testing();
}
