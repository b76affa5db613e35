// SPDX-License-Identifier: Apache-2.0

/// Ceremonies to their end, and the keys that members propose: what only real
/// BLS12-381 natives can judge.
#[test_only]
module floe_committee::proposal_tests;

use floe_committee::fixtures::{Self, alice, bob, carol, dave, mallory};
use floe_committee::interpolation;
use floe_committee::seal_committee::{Self, Committee};
use floe_key_server::events::{KeyServerRegistered, KeyServerRotated};
use sui::event;
use sui::group_ops;
use sui::test_scenario::{Self, Scenario};

const HASH: vector<u8> = b"hash of all messages";
const DIGEST: vector<u8> = x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// === New keys ===

#[test]
fun last_member_makes_the_key_server() {
    let mut scenario = registered();
    propose(&mut scenario, carol(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    scenario.next_tx(bob());
    let mut committee = scenario.take_shared<Committee>();
    assert!(!committee.is_finalized());
    let (keys, pk) = (fixtures::first_partial_pks(), fixtures::pk());
    committee.propose(keys, pk, HASH, scenario.ctx());
    assert!(committee.is_finalized());
    assert!(event::events_by_type<KeyServerRegistered>().length() == 1);

    let server = committee.key_server();
    assert!(server.pk() == pk);
    assert!(server.name() == object::id(&committee).to_address().to_string());
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 0 && threshold == 2);
    let parties = server.partial_key_servers();
    assert!(parties.map_ref!(|p| p.partial_pk()) == keys);
    assert!(parties.map_ref!(|p| p.party_id()) == vector[0, 1, 2]);
    let names = fixtures::first_members().map!(|member| member.to_string());
    assert!(parties.map_ref!(|p| p.partial_name()) == names);
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::EAlreadyProposed)]
fun member_does_not_propose_twice() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidProposal)]
fun members_agree_on_the_partial_keys() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    let mut keys = fixtures::first_partial_pks();
    keys.swap(0, 1);
    propose(&mut scenario, bob(), keys, fixtures::pk(), HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidProposal)]
fun members_agree_on_the_key() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    propose(&mut scenario, bob(), fixtures::first_partial_pks(), fixtures::signing_pk(), HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidProposal)]
fun members_agree_on_the_messages() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    propose(&mut scenario, bob(), fixtures::first_partial_pks(), fixtures::pk(), b"others");
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun registration_is_over_once_somebody_proposed() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::pk(), HASH);
    let id = test_scenario::most_recent_id_shared<Committee>().destroy_some();
    fixtures::register(&mut scenario, id, alice());
    abort
}

// === Keys that don't belong together ===

#[test, expected_failure(abort_code = seal_committee::EInconsistentKeys)]
fun another_public_key_is_refused() {
    let mut scenario = registered();
    propose(&mut scenario, alice(), fixtures::first_partial_pks(), fixtures::signing_pk(), HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInconsistentKeys)]
fun partial_keys_in_another_order_are_refused() {
    let mut scenario = registered();
    let mut keys = fixtures::first_partial_pks();
    keys.swap(0, 1);
    propose(&mut scenario, alice(), keys, fixtures::pk(), HASH);
    abort
}

#[test, expected_failure(abort_code = group_ops::EInvalidInput)]
fun partial_key_that_is_no_point_is_refused() {
    let mut scenario = registered();
    let mut keys = fixtures::first_partial_pks();
    *(&mut keys[2][95]) = keys[2][95] ^ 1;
    propose(&mut scenario, alice(), keys, fixtures::pk(), HASH);
    abort
}

#[test]
fun keys_of_seals_ceremonies_belong_together() {
    assert!(interpolation::is_consistent(2, &fixtures::pk(), &fixtures::first_partial_pks()));
    assert!(interpolation::is_consistent(3, &fixtures::pk(), &fixtures::next_partial_pks()));
}

#[test]
fun keys_of_a_higher_threshold_belong_together_but_not_of_a_lower() {
    // a line is a parabola, and a parabola no line
    assert!(interpolation::is_consistent(3, &fixtures::pk(), &fixtures::first_partial_pks()));
    assert!(!interpolation::is_consistent(2, &fixtures::pk(), &fixtures::next_partial_pks()));
}

#[test]
fun each_key_counts() {
    3u64.do!(|i| {
        let mut keys = fixtures::first_partial_pks();
        *(&mut keys[i]) = fixtures::next_partial_pks()[i];
        assert!(!interpolation::is_consistent(2, &fixtures::pk(), &keys));
        assert!(!interpolation::is_consistent(3, &fixtures::pk(), &keys));
    });
}

#[test, expected_failure(abort_code = group_ops::EInvalidInput)]
fun registered_key_that_is_no_point_is_refused() {
    let mut scenario = fixtures::begin();
    scenario.next_tx(alice());
    let mut committee = scenario.take_shared<Committee>();
    let mut key = fixtures::enc_pk();
    *(&mut key[47]) = key[47] ^ 1;
    let name = b"a".to_string();
    committee.register(key, fixtures::signing_pk(), name, name, scenario.ctx());
    abort
}

// === Rotations ===

#[test]
fun rotation_keeps_the_key() {
    let (mut scenario, old_id, id) = rotating();
    let old = scenario.take_shared_by_id<Committee>(old_id);
    let (old_server, old_key) = (object::id(old.key_server()), old.key_server().pk());
    test_scenario::return_shared(old);
    rotate(&mut scenario, alice(), old_id, id, fixtures::next_partial_pks(), HASH);
    rotate(&mut scenario, bob(), old_id, id, fixtures::next_partial_pks(), HASH);
    rotate(&mut scenario, dave(), old_id, id, fixtures::next_partial_pks(), HASH);
    let old = scenario.take_shared_by_id<Committee>(old_id);
    assert!(old.is_finalized()); // and still has its server
    assert!(old.key_server().pk() == old_key);
    test_scenario::return_shared(old);

    scenario.next_tx(carol());
    let mut committee = scenario.take_shared_by_id<Committee>(id);
    let old = scenario.take_shared_by_id<Committee>(old_id);
    let keys = fixtures::next_partial_pks();
    committee.propose_for_rotation(keys, HASH, old, scenario.ctx());
    assert!(event::events_by_type<KeyServerRotated>().length() == 1);
    assert!(event::events_by_type<KeyServerRegistered>().is_empty());
    assert!(committee.is_finalized());
    let server = committee.key_server();
    assert!(object::id(server) == old_server);
    assert!(server.pk() == old_key);
    assert!(server.name() == old_id.to_address().to_string());
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 1 && threshold == 3);
    assert!(server.partial_key_servers().map_ref!(|p| p.partial_pk()) == keys);
    assert!(!committee.has_upgrade_proposal_for_testing());
    test_scenario::return_shared(committee);
    let effects = scenario.next_tx(carol());
    assert!(effects.deleted().contains(&old_id));
    scenario.end();
}

#[test]
fun upgrades_go_over_without_the_votes() {
    let (mut scenario, old_id, id) = rotating();
    approve(&mut scenario, old_id, alice());
    approve(&mut scenario, old_id, bob()); // enough for the old committee
    fixtures::next_members().do!(|m| {
        rotate(&mut scenario, m, old_id, id, fixtures::next_partial_pks(), HASH)
    });
    let committee = scenario.take_shared_by_id<Committee>(id);
    assert!(!committee.has_upgrade_proposal_for_testing());
    test_scenario::return_shared(committee);
    vector[alice(), bob(), dave()].do!(|m| approve(&mut scenario, id, m));
    scenario.next_tx(dave());
    let mut committee = scenario.take_shared_by_id<Committee>(id);
    let ticket = committee.authorize_upgrade(DIGEST, scenario.ctx());
    assert!(ticket.ticket_package() == fixtures::package());
    committee.commit_upgrade(sui::package::test_upgrade(ticket), scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::EInconsistentKeys)]
fun rotation_to_another_key_is_refused() {
    let (mut scenario, old_id, id) = rotating();
    let mut keys = fixtures::next_partial_pks();
    keys.swap(2, 3);
    rotate(&mut scenario, alice(), old_id, id, keys, HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidProposal)]
fun members_of_a_rotation_agree() {
    let (mut scenario, old_id, id) = rotating();
    rotate(&mut scenario, alice(), old_id, id, fixtures::next_partial_pks(), HASH);
    rotate(&mut scenario, bob(), old_id, id, fixtures::next_partial_pks(), b"others");
    abort
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun stranger_rotates_nothing() {
    let (mut scenario, old_id, id) = rotating();
    rotate(&mut scenario, mallory(), old_id, id, fixtures::next_partial_pks(), HASH);
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun rotation_makes_no_new_key() {
    let (mut scenario, _, id) = rotating();
    scenario.next_tx(alice());
    let mut committee = scenario.take_shared_by_id<Committee>(id);
    let (keys, pk) = (fixtures::next_partial_pks(), fixtures::pk());
    committee.propose(keys, pk, HASH, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun new_key_is_no_rotation() {
    let mut scenario = fixtures::begin_finalized();
    scenario.next_tx(alice());
    let old = scenario.take_shared<Committee>();
    let mut other = {
        let cap = sui::package::test_publish(fixtures::package(), scenario.ctx());
        seal_committee::init_for_testing(cap, 2, fixtures::first_members(), scenario.ctx());
        scenario.next_tx(alice());
        scenario.take_shared<Committee>()
    };
    other.propose_for_rotation(fixtures::first_partial_pks(), HASH, old, scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = seal_committee::EInvalidState)]
fun rotation_takes_over_from_its_own_old_committee() {
    let (mut scenario, old_id, id) = rotating();
    // a second rotation of the same committee, whose old committee is not the first
    scenario.next_tx(alice());
    let old = scenario.take_shared_by_id<Committee>(old_id);
    seal_committee::init_rotation(&old, 3, fixtures::next_members(), scenario.ctx());
    test_scenario::return_shared(old);
    let effects = scenario.next_tx(alice());
    let second = effects.created()[0];
    rotate(&mut scenario, alice(), id, second, fixtures::next_partial_pks(), HASH);
    abort
}

// === Helpers ===

/// A chain on which all members of a committee have registered.
fun registered(): Scenario {
    let mut scenario = fixtures::begin();
    let id = test_scenario::most_recent_id_shared<Committee>().destroy_some();
    fixtures::first_members().do!(|member| fixtures::register(&mut scenario, id, member));
    scenario
}

fun propose(
    scenario: &mut Scenario,
    member: address,
    partial_pks: vector<vector<u8>>,
    pk: vector<u8>,
    hash: vector<u8>,
) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared<Committee>();
    committee.propose(partial_pks, pk, hash, scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(member);
}

/// A chain with a committee that has its key, and one that takes it over, where all
/// have registered.
fun rotating(): (Scenario, ID, ID) {
    let mut scenario = fixtures::begin_finalized();
    scenario.next_tx(alice());
    let old = scenario.take_shared<Committee>();
    seal_committee::init_rotation(&old, 3, fixtures::next_members(), scenario.ctx());
    let old_id = object::id(&old);
    test_scenario::return_shared(old);
    let effects = scenario.next_tx(alice());
    let id = effects.created()[0];
    fixtures::next_members().do!(|member| fixtures::register(&mut scenario, id, member));
    (scenario, old_id, id)
}

fun rotate(
    scenario: &mut Scenario,
    member: address,
    old: ID,
    new: ID,
    partial_pks: vector<vector<u8>>,
    hash: vector<u8>,
) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared_by_id<Committee>(new);
    let old = scenario.take_shared_by_id<Committee>(old);
    committee.propose_for_rotation(partial_pks, hash, old, scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(member);
}

fun approve(scenario: &mut Scenario, committee: ID, member: address) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared_by_id<Committee>(committee);
    committee.approve_digest_for_upgrade(DIGEST, scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(member);
}
