// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_catalog::consent_tests;

use floe_catalog::consent::{Self, Consent};
use floe_catalog::events::{ConsentAttached, ConsentGiven, ConsentWithdrawn, NodeRevoked};
use floe_catalog::catalog_version;
use floe_catalog::world::{Self, World};
use std::unit_test::destroy;
use sui::event;

const SUBJECT: address = @0xb;
const STRANGER: address = @0xc;
const NOW_MS: u64 = 1_700_000_000_000;
const DIGEST: vector<u8> = x"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

// === Giving ===

#[test]
fun consent_has_what_was_agreed() {
    let mut w = world::begin();
    let consent = w.give(option::some(NOW_MS + 1));
    assert!(consent.dataset() == w.dataset_id());
    assert!(consent.subject() == SUBJECT);
    assert!(consent.record_digest() == DIGEST);
    assert!(consent.given_at_ms() == NOW_MS);
    assert!(consent.ends_at_ms() == option::some(NOW_MS + 1));
    assert!(consent.withdrawn_at_ms().is_none());
    assert!(consent.versions().is_empty());
    destroy(consent);
    w.end();
}

#[test]
fun consent_is_announced_once() {
    let mut w = world::begin();
    w.give_unseen(DIGEST, option::none());
    assert!(event::events_by_type<ConsentGiven>().length() == 1);
    w.end();
}

#[test, expected_failure(abort_code = consent::EInvalidDigest)]
fun record_digest_of_31_bytes_is_refused() {
    let mut short = DIGEST;
    short.pop_back();
    let mut w = world::begin();
    w.give_unseen(short, option::none());
    abort
}

#[test, expected_failure(abort_code = consent::EInvalidEnd)]
fun consent_does_not_end_as_it_begins() {
    let mut w = world::begin();
    w.give_unseen(DIGEST, option::some(NOW_MS));
    abort
}

// === Attaching ===

#[test]
fun version_depends_on_consents() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::some(NOW_MS + 1));
    w.attach(&mut consent, v);
    assert!(*consent.versions() == vector[v]);
    assert!(event::events_by_type<ConsentAttached>().length() == 1);
    destroy(consent);
    w.end();
}

#[test, expected_failure(abort_code = consent::EAlreadyAttached)]
fun consent_is_attached_once() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::none());
    w.attach(&mut consent, v);
    w.attach(&mut consent, v);
    abort
}

#[test, expected_failure(abort_code = consent::EEnded)]
fun ended_consent_is_not_attached() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::some(NOW_MS + 1));
    w.set_time(NOW_MS + 1);
    w.attach(&mut consent, v);
    abort
}

#[test, expected_failure(abort_code = consent::EWithdrawn)]
fun withdrawn_consent_is_not_attached() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::none());
    w.withdraw(SUBJECT, &mut consent);
    w.attach(&mut consent, v);
    abort
}

#[test, expected_failure(abort_code = consent::EVersionRevoked)]
fun consent_is_not_attached_to_a_revoked_version() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::none());
    w.revoke(v);
    w.attach(&mut consent, v);
    abort
}

#[test, expected_failure(abort_code = consent::EWrongDataset)]
fun capability_of_another_dataset_does_not_attach() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::none());
    w.swap_cap();
    w.attach(&mut consent, v);
    abort
}

#[test, expected_failure(abort_code = consent::EWrongDataset)]
fun consent_to_another_dataset_is_not_attached() {
    let mut w = world::begin();
    w.swap_cap();
    let (other, cap) = world::new_dataset(b"third", w.ctx());
    destroy(cap);
    w.swap_cap();
    let v = w.root();
    w.scenario().next_tx(SUBJECT);
    let catalog_version = catalog_version::new_for_testing(w.ctx());
    let (_, _, _, clock, scenario) = w.parts();
    consent::give(&other, DIGEST, option::none(), &catalog_version, clock, scenario.ctx());
    w.scenario().next_tx(world::owner());
    let mut consent = w.scenario().take_shared<Consent>();
    w.attach(&mut consent, v);
    abort
}

#[test]
fun consent_carries_64_versions() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    64u64.do!(|_| {
        let v = w.root();
        w.attach(&mut consent, v)
    });
    w.withdraw(SUBJECT, &mut consent);
    assert!(event::events_by_type<NodeRevoked>().length() == 64);
    destroy(consent);
    w.end();
}

#[test, expected_failure(abort_code = consent::ETooManyVersions)]
fun consent_does_not_carry_65_versions() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    65u64.do!(|_| {
        let v = w.root();
        w.attach(&mut consent, v)
    });
    abort
}

// === Withdrawing ===

#[test]
fun withdrawal_ends_versions_and_what_derives_from_them() {
    let mut w = world::begin();
    let (a, b, c) = (w.root(), w.root(), w.root());
    let derived = w.child(vector[a]);
    let mut consent = w.give(option::none());
    w.attach(&mut consent, a);
    w.attach(&mut consent, b);
    w.withdraw(SUBJECT, &mut consent);
    assert!(consent.withdrawn_at_ms() == option::some(NOW_MS));
    assert!(!w.lineage().is_living(a));
    assert!(!w.lineage().is_living(b));
    assert!(w.lineage().is_living(c));
    assert!(!w.lineage().is_living(derived));
    assert!(event::events_by_type<NodeRevoked>().length() == 2);
    assert!(event::events_by_type<ConsentWithdrawn>().length() == 1);
    destroy(consent);
    w.end();
}

#[test]
fun withdrawal_does_not_revoke_twice() {
    let mut w = world::begin();
    let v = w.root();
    let mut consent = w.give(option::none());
    w.attach(&mut consent, v);
    w.revoke(v);
    w.set_time(NOW_MS + 1);
    w.withdraw(SUBJECT, &mut consent);
    assert!(w.lineage().node(v).revoked_at_ms() == option::some(NOW_MS));
    destroy(consent);
    w.end();
}

#[test]
fun consent_that_carries_nothing_is_withdrawn_too() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    w.withdraw(SUBJECT, &mut consent);
    assert!(consent.withdrawn_at_ms().is_some());
    destroy(consent);
    w.end();
}

#[test, expected_failure(abort_code = consent::ENotSubject)]
fun owner_of_the_dataset_does_not_withdraw() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    w.withdraw(world::owner(), &mut consent);
    abort
}

#[test, expected_failure(abort_code = consent::ENotSubject)]
fun stranger_does_not_withdraw() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    w.withdraw(STRANGER, &mut consent);
    abort
}

#[test, expected_failure(abort_code = consent::EWithdrawn)]
fun consent_is_withdrawn_once() {
    let mut w = world::begin();
    let mut consent = w.give(option::none());
    w.withdraw(SUBJECT, &mut consent);
    w.withdraw(SUBJECT, &mut consent);
    abort
}

// === Helpers ===

use fun give_unseen as World.give_unseen;
use fun give as World.give;
use fun attach as World.attach;
use fun withdraw as World.withdraw;

fun give_unseen(w: &mut World, digest: vector<u8>, ends_at_ms: Option<u64>) {
    w.scenario().next_tx(SUBJECT);
    let catalog_version = catalog_version::new_for_testing(w.ctx());
    let (_, _, dataset, clock, scenario) = w.parts();
    consent::give(dataset, digest, ends_at_ms, &catalog_version, clock, scenario.ctx());
    destroy(catalog_version);
}

/// A consent of the subject, taken by the owner.
fun give(w: &mut World, ends_at_ms: Option<u64>): Consent {
    w.give_unseen(DIGEST, ends_at_ms);
    w.scenario().next_tx(world::owner());
    w.scenario().take_shared<Consent>()
}

fun attach(w: &mut World, consent: &mut Consent, version: ID) {
    let (lineage, cap, _, clock, _) = w.parts();
    consent.attach(lineage, cap, version, clock);
}

fun withdraw(w: &mut World, as_who: address, consent: &mut Consent) {
    w.scenario().next_tx(as_who);
    let (lineage, _, _, clock, scenario) = w.parts();
    consent.withdraw(lineage, clock, scenario.ctx());
}
