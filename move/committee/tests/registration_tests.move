// SPDX-License-Identifier: Apache-2.0

/// Who can be in a committee, and what members register.
#[test_only]
module floe_committee::registration_tests;

use floe_committee::fixtures::{Self, alice, bob, carol, dave, mallory};
use floe_committee::interpolation;
use floe_committee::seal_committee::{Self, Committee, CommitteeRotationInitiated};
use std::string::String;
use sui::bls12381;
use sui::event;
use sui::package;
use sui::test_scenario::{Self, Scenario};
use sui::vec_set;

// === Committees ===

#[test]
fun committee_has_what_was_asked_for() {
    let scenario = fixtures::begin();
    let committee = scenario.take_shared<Committee>();
    assert!(committee.threshold() == 2);
    assert!(committee.members() == fixtures::first_members());
    assert!(committee.old_committee_id().is_none());
    assert!(!committee.is_finalized());
    assert!(!committee.has_upgrade_proposal_for_testing());
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::EWrongUpgradeCap)]
fun right_to_upgrade_another_package_is_refused() {
    let ctx = &mut tx_context::dummy();
    let cap = package::test_publish(fixtures::package(), ctx);
    seal_committee::init_committee(cap, 2, fixtures::first_members(), ctx);
    abort
}

#[test]
fun right_to_upgrade_this_package_is_taken() {
    let mut scenario = test_scenario::begin(alice());
    let cap = package::test_publish(@floe_committee.to_id(), scenario.ctx());
    seal_committee::init_committee(cap, 3, fixtures::first_members(), scenario.ctx());
    scenario.next_tx(alice());
    let committee = scenario.take_shared<Committee>();
    assert!(committee.threshold() == 3);
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::EInvalidThreshold)]
fun committee_where_one_suffices_is_refused() {
    new(1, fixtures::first_members());
}

#[test, expected_failure(abort_code = seal_committee::EInvalidThreshold)]
fun committee_that_never_suffices_is_refused() {
    new(4, fixtures::first_members());
}

#[test, expected_failure(abort_code = seal_committee::EInvalidThreshold)]
fun committee_of_nobody_is_refused() {
    new(2, vector[]);
}

#[test, expected_failure(abort_code = seal_committee::EInvalidMembers)]
fun member_is_not_named_twice() {
    new(2, vector[alice(), bob(), alice()]);
}

#[test, expected_failure(abort_code = seal_committee::EInvalidMembers)]
fun committee_of_more_than_parties_is_refused() {
    new(2, vector::tabulate!(65535, |_| alice()));
}

// === Rotations ===

#[test]
fun rotation_names_the_old_committee() {
    let mut scenario = fixtures::begin_finalized();
    scenario.next_tx(carol());
    let old = scenario.take_shared<Committee>();
    seal_committee::init_rotation(&old, 3, fixtures::next_members(), scenario.ctx());
    let old_id = object::id(&old);
    test_scenario::return_shared(old);
    let events = event::events_by_type<CommitteeRotationInitiated>();

    let effects = scenario.next_tx(carol());
    let id = effects.created()[0];
    assert!(effects.shared().contains(&id));
    let want = seal_committee::new_committee_rotation_initiated(id, old_id);
    assert!(events == vector[want]);
    let committee = scenario.take_shared_by_id<Committee>(id);
    assert!(committee.old_committee_id() == option::some(old_id));
    assert!(committee.threshold() == 3);
    assert!(committee.members() == fixtures::next_members());
    assert!(!committee.is_finalized());
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_without_a_key_does_not_rotate() {
    let mut scenario = fixtures::begin();
    rotate_as(&mut scenario, alice(), 2, fixtures::next_members());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun only_members_begin_a_rotation() {
    let mut scenario = fixtures::begin_finalized();
    rotate_as(&mut scenario, dave(), 2, fixtures::next_members());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInsufficientOldMembers)]
fun too_few_old_members_cannot_hand_over() {
    let mut scenario = fixtures::begin_finalized();
    rotate_as(&mut scenario, alice(), 2, vector[alice(), dave(), mallory()]);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidThreshold)]
fun rotation_that_never_suffices_is_refused() {
    let mut scenario = fixtures::begin_finalized();
    rotate_as(&mut scenario, alice(), 5, fixtures::next_members());
    abort
}

// === Registering ===

#[test]
fun members_register() {
    let mut scenario = fixtures::begin();
    let id = test_scenario::most_recent_id_shared<Committee>().destroy_some();
    fixtures::first_members().do!(|member| fixtures::register(&mut scenario, id, member));
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun stranger_does_not_register() {
    let mut scenario = fixtures::begin();
    register_as(&mut scenario, mallory(), fixtures::enc_pk(), fixtures::signing_pk(), b"m");
    abort
}

#[test, expected_failure(abort_code = seal_committee::EAlreadyRegistered)]
fun member_does_not_register_twice() {
    let mut scenario = fixtures::begin();
    register_as(&mut scenario, alice(), fixtures::enc_pk(), fixtures::signing_pk(), b"a");
    register_as(&mut scenario, alice(), fixtures::enc_pk(), fixtures::signing_pk(), b"b");
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENameAlreadyTaken)]
fun name_is_taken_once() {
    let mut scenario = fixtures::begin();
    vector[alice(), bob(), carol()].zip_do!(vector[b"a", b"b", b"a"], |member, name| {
        let (enc_pk, signing_pk) = fixtures::keys_of(member);
        register_as(&mut scenario, member, enc_pk, signing_pk, name);
    });
    abort
}

#[test, expected_failure(abort_code = seal_committee::EKeyAlreadyTaken)]
fun key_to_encrypt_to_is_taken_once() {
    let mut scenario = fixtures::begin();
    let (_, signing_pk) = fixtures::keys_of(bob());
    register_as(&mut scenario, alice(), fixtures::enc_pk(), fixtures::signing_pk(), b"a");
    register_as(&mut scenario, bob(), fixtures::enc_pk(), signing_pk, b"b");
    abort
}

#[test, expected_failure(abort_code = seal_committee::EKeyAlreadyTaken)]
fun key_to_verify_with_is_taken_once() {
    let mut scenario = fixtures::begin();
    let (enc_pk, _) = fixtures::keys_of(bob());
    register_as(&mut scenario, alice(), fixtures::enc_pk(), fixtures::signing_pk(), b"a");
    register_as(&mut scenario, bob(), enc_pk, fixtures::signing_pk(), b"b");
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_with_its_key_takes_no_registration() {
    let mut scenario = fixtures::begin_finalized();
    register_as(&mut scenario, alice(), fixtures::enc_pk(), fixtures::signing_pk(), b"a");
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENeutralKey)]
fun neutral_point_to_encrypt_to_is_refused() {
    let mut scenario = fixtures::begin();
    let neutral = *bls12381::g1_identity().bytes();
    register_as(&mut scenario, alice(), neutral, fixtures::signing_pk(), b"a");
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENeutralKey)]
fun neutral_point_to_verify_with_is_refused() {
    let mut scenario = fixtures::begin();
    let neutral = *bls12381::g2_identity().bytes();
    register_as(&mut scenario, alice(), fixtures::enc_pk(), neutral, b"a");
    abort
}

// === Proposals that no keys need to judge ===

#[test, expected_failure(abort_code = seal_committee::ENotRegistered)]
fun nobody_proposes_before_all_have_registered() {
    let mut scenario = fixtures::begin();
    let id = test_scenario::most_recent_id_shared<Committee>().destroy_some();
    fixtures::register(&mut scenario, id, alice());
    fixtures::register(&mut scenario, id, carol());
    propose_as(&mut scenario, alice(), fixtures::first_partial_pks());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun stranger_does_not_propose() {
    let mut scenario = fixtures::begin();
    propose_as(&mut scenario, mallory(), fixtures::first_partial_pks());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidProposal)]
fun proposal_has_a_key_for_each_member() {
    let mut scenario = fixtures::begin();
    propose_as(&mut scenario, alice(), fixtures::next_partial_pks());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun committee_with_its_key_takes_no_proposal() {
    let mut scenario = fixtures::begin_finalized();
    propose_as(&mut scenario, alice(), fixtures::first_partial_pks());
    abort
}

#[test]
fun neutral_keys_do_not_belong_together() {
    let neutral = *bls12381::g2_identity().bytes();
    assert!(!interpolation::is_consistent(2, &neutral, &fixtures::first_partial_pks()));
    let mut keys = fixtures::first_partial_pks();
    *(&mut keys[2]) = neutral;
    assert!(!interpolation::is_consistent(2, &fixtures::pk(), &keys));
}

// === Servers ===

#[test]
fun member_moves() {
    let mut scenario = fixtures::begin_finalized();
    move_as(&mut scenario, bob());
    let committee = scenario.take_shared<Committee>();
    let servers = committee.key_server().partial_key_servers();
    assert!(servers[0].partial_url() == b"https://member.example".to_string());
    assert!(servers[1].partial_url() == b"https://moved.example".to_string());
    assert!(servers[2].partial_url() == b"https://member.example".to_string());
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun stranger_moves_nobody() {
    let mut scenario = fixtures::begin_finalized();
    move_as(&mut scenario, mallory());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun member_without_a_server_does_not_move() {
    let mut scenario = fixtures::begin();
    move_as(&mut scenario, bob());
    abort
}

#[test]
fun key_server_is_the_committees_by_its_id_and_name() {
    let scenario = fixtures::begin_finalized();
    let committee = scenario.take_shared<Committee>();
    let server = committee.key_server();
    assert!(server.name() == object::id(&committee).to_address().to_string());
    assert!(server.pk() == fixtures::pk());
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 0 && threshold == 2);
    let parties = server.partial_key_servers();
    let names = vec_set::from_keys(parties.map_ref!(|p| p.partial_name()));
    assert!(names.length() == 3);
    parties.length().do!(|i| {
        assert!(parties[i].party_id() as u64 == i);
        assert!(parties[i].partial_pk() == fixtures::first_partial_pks()[i]);
    });
    test_scenario::return_shared(committee);
    scenario.end();
}

// === Helpers ===

fun new(threshold: u16, members: vector<address>) {
    let ctx = &mut tx_context::dummy();
    let cap = package::test_publish(fixtures::package(), ctx);
    seal_committee::init_for_testing(cap, threshold, members, ctx);
    abort
}

fun rotate_as(scenario: &mut Scenario, sender: address, threshold: u16, members: vector<address>) {
    scenario.next_tx(sender);
    let old = scenario.take_shared<Committee>();
    seal_committee::init_rotation(&old, threshold, members, scenario.ctx());
    test_scenario::return_shared(old);
}

fun register_as(
    scenario: &mut Scenario,
    sender: address,
    enc_pk: vector<u8>,
    signing_pk: vector<u8>,
    name: vector<u8>,
) {
    scenario.next_tx(sender);
    let mut committee = scenario.take_shared<Committee>();
    committee.register(enc_pk, signing_pk, url(), name.to_string(), scenario.ctx());
    test_scenario::return_shared(committee);
}

fun propose_as(scenario: &mut Scenario, sender: address, partial_pks: vector<vector<u8>>) {
    scenario.next_tx(sender);
    let mut committee = scenario.take_shared<Committee>();
    committee.propose(partial_pks, fixtures::pk(), b"hash", scenario.ctx());
    test_scenario::return_shared(committee);
}

fun move_as(scenario: &mut Scenario, sender: address) {
    scenario.next_tx(sender);
    let mut committee = scenario.take_shared<Committee>();
    committee.update_member_url(b"https://moved.example".to_string(), scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(sender);
}

fun url(): String { b"https://member.example".to_string() }
