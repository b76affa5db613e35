// SPDX-License-Identifier: Apache-2.0

/// Members vote about upgrades of the package.
#[test_only]
module floe_committee::upgrade_tests;

use floe_committee::fixtures::{Self, alice, bob, carol, mallory};
use floe_committee::seal_committee::{Self, Committee};
use sui::package::{Self, UpgradeReceipt, UpgradeTicket};
use sui::test_scenario::{Self, Scenario};

const DIGEST: vector<u8> = x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER: vector<u8> = x"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

#[test]
fun threshold_of_members_upgrades() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    reject(&mut scenario, bob(), DIGEST);
    approve(&mut scenario, carol(), DIGEST);
    scenario.next_tx(bob());
    let mut committee = scenario.take_shared<Committee>();
    let ticket = committee.authorize_upgrade(DIGEST, scenario.ctx());
    assert!(ticket.ticket_package() == fixtures::package());
    assert!(ticket.ticket_policy() == package::compatible_policy());
    assert!(*ticket.ticket_digest() == DIGEST);
    committee.commit_upgrade(package::test_upgrade(ticket), scenario.ctx());
    assert!(!committee.has_upgrade_proposal_for_testing());
    test_scenario::return_shared(committee);
    // and the next one
    approve(&mut scenario, alice(), OTHER);
    approve(&mut scenario, bob(), OTHER);
    let ticket = authorize(&mut scenario, alice(), OTHER);
    assert!(*ticket.ticket_digest() == OTHER);
    commit(&mut scenario, alice(), package::test_upgrade(ticket));
    scenario.end();
}

#[test]
fun vote_can_change() {
    let mut scenario = fixtures::begin_finalized();
    reject(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    approve(&mut scenario, alice(), DIGEST);
    let ticket = authorize(&mut scenario, alice(), DIGEST);
    commit(&mut scenario, alice(), package::test_upgrade(ticket));
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::ENotEnoughVotes)]
fun approval_counts_once() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, alice(), DIGEST);
    let _ticket = authorize(&mut scenario, alice(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotEnoughVotes)]
fun approval_taken_back_does_not_count() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    reject(&mut scenario, alice(), DIGEST);
    let _ticket = authorize(&mut scenario, bob(), DIGEST);
    abort
}

#[test]
fun rejected_upgrade_makes_room_for_another() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    reject(&mut scenario, bob(), DIGEST);
    reject(&mut scenario, carol(), DIGEST);
    reset(&mut scenario, bob());
    approve(&mut scenario, bob(), OTHER);
    approve(&mut scenario, carol(), OTHER);
    let ticket = authorize(&mut scenario, carol(), OTHER);
    commit(&mut scenario, carol(), package::test_upgrade(ticket));
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::ENotEnoughVotes)]
fun one_member_drops_no_proposal() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    reject(&mut scenario, bob(), DIGEST);
    reset(&mut scenario, bob());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENoProposalForDigest)]
fun nothing_is_not_dropped() {
    let mut scenario = fixtures::begin_finalized();
    reset(&mut scenario, bob());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENoProposalForDigest)]
fun nothing_is_not_authorized() {
    let mut scenario = fixtures::begin_finalized();
    let _ticket = authorize(&mut scenario, alice(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENoProposalForDigest)]
fun other_code_is_not_authorized() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    let _ticket = authorize(&mut scenario, alice(), OTHER);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENoProposalForDigest)]
fun vote_is_about_what_is_proposed() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), OTHER);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENoProposalForDigest)]
fun votes_are_good_for_one_upgrade() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    let ticket = authorize(&mut scenario, alice(), DIGEST);
    commit(&mut scenario, alice(), package::test_upgrade(ticket));
    let _ticket = authorize(&mut scenario, alice(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EWrongVersion)]
fun nobody_votes_while_an_upgrade_is_under_way() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    let _ticket = authorize(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, alice(), OTHER);
    abort
}

#[test, expected_failure(abort_code = package::EWrongUpgradeCap)]
fun receipt_for_another_package_is_refused() {
    let mut scenario = fixtures::begin_finalized();
    let mut cap = package::test_publish(fixtures::package(), scenario.ctx());
    let ticket = cap.authorize_upgrade(0, DIGEST);
    commit(&mut scenario, alice(), package::test_upgrade(ticket));
    abort
}

// === Who may ===

#[test, expected_failure(abort_code = seal_committee::ENotAuthorized)]
fun stranger_does_not_approve() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, mallory(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotAuthorized)]
fun stranger_does_not_reject() {
    let mut scenario = fixtures::begin_finalized();
    reject(&mut scenario, mallory(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotAuthorized)]
fun stranger_does_not_authorize() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    let _ticket = authorize(&mut scenario, mallory(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotAuthorized)]
fun stranger_does_not_commit() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), DIGEST);
    approve(&mut scenario, bob(), DIGEST);
    let ticket = authorize(&mut scenario, alice(), DIGEST);
    commit(&mut scenario, mallory(), package::test_upgrade(ticket));
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotAuthorized)]
fun stranger_drops_no_proposal() {
    let mut scenario = fixtures::begin_finalized();
    reset(&mut scenario, mallory());
    abort
}

// === When ===

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_without_a_key_does_not_vote() {
    let mut scenario = fixtures::begin();
    approve(&mut scenario, alice(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_without_a_key_authorizes_nothing() {
    let mut scenario = fixtures::begin();
    let _ticket = authorize(&mut scenario, alice(), DIGEST);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_without_a_key_drops_nothing() {
    let mut scenario = fixtures::begin();
    reset(&mut scenario, alice());
    abort
}

// === Digests ===

#[test, expected_failure(abort_code = seal_committee::EInvalidPackageDigest)]
fun voted_digest_has_32_bytes() {
    let mut scenario = fixtures::begin_finalized();
    approve(&mut scenario, alice(), x"00");
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidPackageDigest)]
fun authorized_digest_has_32_bytes() {
    let mut scenario = fixtures::begin_finalized();
    let _ticket = authorize(&mut scenario, alice(), x"00");
    abort
}

// === Helpers ===

fun approve(scenario: &mut Scenario, member: address, digest: vector<u8>) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    committee.approve_digest_for_upgrade(digest, scenario.ctx());
    test_scenario::return_shared(committee);
}

fun reject(scenario: &mut Scenario, member: address, digest: vector<u8>) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    committee.reject_digest_for_upgrade(digest, scenario.ctx());
    test_scenario::return_shared(committee);
}

fun authorize(scenario: &mut Scenario, member: address, digest: vector<u8>): UpgradeTicket {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    let ticket = committee.authorize_upgrade(digest, scenario.ctx());
    test_scenario::return_shared(committee);
    ticket
}

fun commit(scenario: &mut Scenario, member: address, receipt: UpgradeReceipt) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    committee.commit_upgrade(receipt, scenario.ctx());
    test_scenario::return_shared(committee);
}

fun reset(scenario: &mut Scenario, member: address) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    committee.reset_proposal(scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(member);
}
