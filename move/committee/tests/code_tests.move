// SPDX-License-Identifier: Apache-2.0

/// Code that an upgrade switched off changes nothing any more, and newer code nothing
/// before it is switched to.
#[test_only]
module floe_committee::code_tests;

use floe_committee::fixtures::{Self, alice, bob, mallory};
use floe_committee::seal_committee::{Self, Committee};
use sui::test_scenario::{Self, Scenario};

const DIGEST: vector<u8> = x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fun committee_is_made_for_this_code() {
    let mut scenario = fixtures::begin_finalized();
    scenario.next_tx(alice());
    let old = scenario.take_shared<Committee>();
    assert!(old.code() == 1);
    seal_committee::init_rotation(&old, 2, fixtures::next_members(), scenario.ctx());
    test_scenario::return_shared(old);
    let effects = scenario.next_tx(alice());
    let committee = scenario.take_shared_by_id<Committee>(effects.created()[0]);
    assert!(committee.code() == 1);
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test]
fun member_switches_to_newer_code() {
    let mut scenario = fixtures::begin_finalized();
    set(&mut scenario, 0); // this code is newer
    scenario.next_tx(bob());
    let mut committee = scenario.take_shared<Committee>();
    committee.switch_code(scenario.ctx());
    assert!(committee.code() == 1);
    committee.approve_digest_for_upgrade(DIGEST, scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.end();
}

#[test, expected_failure(abort_code = seal_committee::ENotMember)]
fun stranger_does_not_switch() {
    let mut scenario = fixtures::begin_finalized();
    set(&mut scenario, 0);
    scenario.next_tx(mallory());
    let mut committee = scenario.take_shared<Committee>();
    committee.switch_code(scenario.ctx());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_does_not_switch_back() {
    let (mut scenario, mut committee) = switched_off();
    committee.switch_code(scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun newer_code_waits_until_it_is_switched_to() {
    let mut scenario = fixtures::begin_finalized();
    set(&mut scenario, 0);
    let mut committee = as_alice(&mut scenario);
    committee.approve_digest_for_upgrade(DIGEST, scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_registers_nobody() {
    let mut scenario = fixtures::begin();
    set(&mut scenario, 2);
    let id = test_scenario::most_recent_id_shared<Committee>().destroy_some();
    fixtures::register(&mut scenario, id, alice());
    abort
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_takes_no_proposal() {
    let mut scenario = fixtures::begin();
    set(&mut scenario, 2);
    let mut committee = as_alice(&mut scenario);
    committee.propose(fixtures::first_partial_pks(), fixtures::pk(), DIGEST, scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_begins_no_rotation() {
    let (mut scenario, committee) = switched_off();
    seal_committee::init_rotation(&committee, 2, fixtures::next_members(), scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_hands_no_key_over() {
    let mut scenario = fixtures::begin_finalized();
    let old = as_alice(&mut scenario);
    seal_committee::init_rotation(&old, 2, fixtures::next_members(), scenario.ctx());
    let old_id = object::id(&old);
    test_scenario::return_shared(old);
    let effects = scenario.next_tx(alice());
    let mut next = scenario.take_shared_by_id<Committee>(effects.created()[0]);
    let mut old = scenario.take_shared_by_id<Committee>(old_id);
    old.set_code_for_testing(2);
    next.propose_for_rotation(fixtures::next_partial_pks(), DIGEST, old, scenario.ctx());
    end(scenario, next)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_moves_nobody() {
    let (mut scenario, mut committee) = switched_off();
    committee.update_member_url(b"https://moved.example".to_string(), scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_takes_no_vote() {
    let (mut scenario, mut committee) = switched_off();
    committee.reject_digest_for_upgrade(DIGEST, scenario.ctx());
    end(scenario, committee)
}

#[test, expected_failure(abort_code = seal_committee::ECodeSwitchedOff)]
fun code_that_is_off_upgrades_nothing() {
    let (mut scenario, mut committee) = switched_off();
    let _ticket = committee.authorize_upgrade(DIGEST, scenario.ctx());
    abort
}

// === Helpers ===

fun as_alice(scenario: &mut Scenario): Committee {
    scenario.next_tx(alice());
    scenario.take_shared<Committee>()
}

fun set(scenario: &mut Scenario, code: u64) {
    let mut committee = as_alice(scenario);
    committee.set_code_for_testing(code);
    test_scenario::return_shared(committee);
    scenario.next_tx(alice());
}

/// A committee with its key and newer code, in the hands of a member.
fun switched_off(): (Scenario, Committee) {
    let mut scenario = fixtures::begin_finalized();
    set(&mut scenario, 2);
    let committee = as_alice(&mut scenario);
    (scenario, committee)
}

fun end(scenario: Scenario, committee: Committee) {
    test_scenario::return_shared(committee);
    scenario.end();
}
