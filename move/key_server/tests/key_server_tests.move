// SPDX-License-Identifier: Apache-2.0

#[test_only]
module floe_key_server::key_server_tests;

use floe_key_server::events::{
    Self,
    CommitteeMembersNamed,
    KeyServerRegistered,
    KeyServerRotated,
    KeyServerUpdated,
    PartialKeyServerUpdated
};
use floe_key_server::key_server::{Self, KeyServer, PartialKeyServer};
use std::string::String;
use std::unit_test::destroy;
use sui::event;
use sui::test_scenario;

const OPERATOR: address = @0xa;

/// The generator of G2, a key that needs no secret to know.
const PK: vector<u8> =
    x"93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

// === Registering ===

#[test]
fun v1_server_has_what_was_asked_for() {
    let ctx = &mut tx_context::dummy();
    let server = key_server::create_v1(name(), url(), 0, PK, ctx);
    assert!(server.first_version() == 1);
    assert!(server.last_version() == 1);
    check_content(&server, url());

    let id = object::id(&server);
    let want = events::new_key_server_registered(id, name(), url(), 0, PK, 1);
    assert!(event::events_by_type<KeyServerRegistered>() == vector[want]);
    destroy(server);
}

#[test]
fun v2_server_has_what_was_asked_for() {
    let ctx = &mut tx_context::dummy();
    let server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    assert!(server.first_version() == 2);
    assert!(server.last_version() == 2);
    check_content(&server, url());

    let id = object::id(&server);
    let want = events::new_key_server_registered(id, name(), url(), 0, PK, 2);
    assert!(event::events_by_type<KeyServerRegistered>() == vector[want]);
    destroy(server);
}

#[test]
fun content_is_in_the_field_named_by_its_layout() {
    let ctx = &mut tx_context::dummy();
    let mut v1 = key_server::create_v1(name(), url(), 0, PK, ctx);
    let v2 = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    assert!(v1.has_layout_for_testing(1) && !v1.has_layout_for_testing(2));
    assert!(!v2.has_layout_for_testing(1) && v2.has_layout_for_testing(2));
    v1.upgrade_for_testing();
    assert!(v1.has_layout_for_testing(1) && v1.has_layout_for_testing(2));
    destroy(v1);
    destroy(v2);
}

#[test]
fun names_need_not_be_unique() {
    let ctx = &mut tx_context::dummy();
    let first = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    let second = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    assert!(first.name() == second.name());
    assert!(object::id(&first) != object::id(&second));
    destroy(first);
    destroy(second);
}

#[test]
fun server_can_change_hands() {
    let mut scenario = test_scenario::begin(OPERATOR);
    let server =
        key_server::create_v2_independent_server(name(), url(), 0, PK, scenario.ctx());
    transfer::public_transfer(server, @0xb);
    scenario.next_tx(@0xb);
    let mut server = scenario.take_from_sender<KeyServer>();
    server.update(b"https://new-operator.example".to_string());
    check_content(&server, b"https://new-operator.example".to_string());
    scenario.return_to_sender(server);
    scenario.end();
}

#[test]
fun entries_give_the_server_to_the_sender() {
    let mut scenario = test_scenario::begin(OPERATOR);
    key_server::create_and_transfer_v1_for_testing(name(), url(), 0, PK, scenario.ctx());
    scenario.next_tx(OPERATOR);
    let v1 = scenario.take_from_sender<KeyServer>();
    assert!(v1.last_version() == 1);
    key_server::create_and_transfer_v2_for_testing(name(), url(), 0, PK, scenario.ctx());
    scenario.next_tx(OPERATOR);
    let v2 = scenario.take_from_sender<KeyServer>();
    assert!(v2.last_version() == 2);
    assert!(object::id(&v1) != object::id(&v2));
    scenario.return_to_sender(v1);
    scenario.return_to_sender(v2);
    scenario.end();
}

#[test, expected_failure(abort_code = key_server::EInvalidKeyType)]
fun v1_of_unknown_key_type_is_refused() {
    let _server = key_server::create_v1(name(), url(), 1, PK, &mut tx_context::dummy());
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidKeyType)]
fun v2_of_unknown_key_type_is_refused() {
    let ctx = &mut tx_context::dummy();
    let _server = key_server::create_v2_independent_server(name(), url(), 255, PK, ctx);
    abort
}

// === Upgrading ===

#[test]
fun upgraded_server_keeps_its_content_and_its_v1() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v1(name(), url(), 0, PK, ctx);
    server.upgrade_for_testing();
    assert!(server.first_version() == 1);
    assert!(server.last_version() == 2);
    check_content(&server, url());

    let id = object::id(&server);
    let registered = events::new_key_server_registered(id, name(), url(), 0, PK, 1);
    let upgraded = events::new_key_server_registered(id, name(), url(), 0, PK, 2);
    assert!(event::events_by_type<KeyServerRegistered>() == vector[registered, upgraded]);
    destroy(server);
}

#[test]
fun upgrade_takes_the_current_url() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v1(name(), url(), 0, PK, ctx);
    server.update(b"https://moved.example".to_string());
    server.upgrade_for_testing();
    check_content(&server, b"https://moved.example".to_string());
    destroy(server);
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun server_is_not_upgraded_twice() {
    let mut server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.upgrade_for_testing();
    server.upgrade_for_testing();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v2_server_is_not_upgraded() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.upgrade_for_testing();
    abort
}

// === Updating ===

#[test]
fun url_of_each_layout_is_updated() {
    let ctx = &mut tx_context::dummy();
    let mut v1 = key_server::create_v1(name(), url(), 0, PK, ctx);
    let mut v2 = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    let (first, second) = (b"https://a.example".to_string(), b"https://b.example".to_string());
    v1.update(first);
    v2.update(second);
    check_content(&v1, first);
    check_content(&v2, second);
    assert!(v1.last_version() == 1);
    assert!(v2.last_version() == 2);

    let of_v1 = events::new_key_server_updated(object::id(&v1), first);
    let of_v2 = events::new_key_server_updated(object::id(&v2), second);
    assert!(event::events_by_type<KeyServerUpdated>() == vector[of_v1, of_v2]);
    destroy(v1);
    destroy(v2);
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun url_of_a_committee_is_not_updated() {
    let mut server = committee(&mut tx_context::dummy());
    server.update(url());
    abort
}

#[test]
fun url_of_an_upgraded_server_changes_in_layout_2_only() {
    let mut server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.upgrade_for_testing();
    server.update(b"https://moved.example".to_string());
    check_content(&server, b"https://moved.example".to_string());
    assert!(server.v1_url_for_testing() == url());
    destroy(server);
}

#[test]
fun url_is_updated_again_and_again() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.update(b"https://a.example".to_string());
    server.update(b"https://b.example".to_string());
    server.update(url());
    check_content(&server, url());
    assert!(event::events_by_type<KeyServerUpdated>().length() == 3);
    destroy(server);
}

// === Committees ===

#[test]
fun committee_is_read() {
    let server = committee(&mut tx_context::dummy());
    assert!(server.is_committee());
    assert!(server.name() == name());
    assert!(server.key_type() == 0);
    assert!(server.pk() == PK);
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 0);
    assert!(threshold == 2);
    let members = server.partial_key_servers();
    assert!(members.length() == 2);
    assert!(members[1].partial_name() == b"second".to_string());
    assert!(members[1].partial_url() == b"https://second.example".to_string());
    assert!(members[1].partial_pk() == PK);
    assert!(members[1].party_id() == 1);

    let id = object::id(&server);
    let want = events::new_key_server_registered(id, name(), b"".to_string(), 0, PK, 2);
    assert!(event::events_by_type<KeyServerRegistered>() == vector[want]);
    destroy(server);
}

#[test]
fun committee_rotates_and_keeps_its_key() {
    let mut server = committee(&mut tx_context::dummy());
    let id = object::id(&server);
    server.update_partial_key_servers(3, members(4));
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 1);
    assert!(threshold == 3);
    assert!(server.partial_key_servers().length() == 4);
    assert!(server.pk() == PK);
    assert!(server.name() == name());
    server.update_partial_key_servers(2, members(2));
    let (version, threshold) = server.committee_version_and_threshold();
    assert!(version == 2);
    assert!(threshold == 2);
    let want = vector[
        events::new_key_server_rotated(id, 1, 3),
        events::new_key_server_rotated(id, 2, 2),
    ];
    assert!(event::events_by_type<KeyServerRotated>() == want);
    destroy(server);
}

#[test]
fun member_moves() {
    let mut server = committee(&mut tx_context::dummy());
    server.update_member_url(b"https://moved.example".to_string(), 1);
    let members = server.partial_key_servers();
    assert!(members[0].partial_url() == b"https://first.example".to_string());
    assert!(members[1].partial_url() == b"https://moved.example".to_string());
    let id = object::id(&server);
    let want = events::new_partial_key_server_updated(id, 1, b"https://moved.example".to_string());
    assert!(event::events_by_type<PartialKeyServerUpdated>() == vector[want]);
    destroy(server);
}

#[test]
fun members_are_named_as_they_stand() {
    let mut server = committee(&mut tx_context::dummy());
    let id = object::id(&server);
    server.name_members(vector[@0xa, @0xb]);
    server.update_partial_key_servers(2, members(3));
    server.update_member_url(b"https://moved.example".to_string(), 2);
    server.name_members(vector[@0xb, @0xc, @0xa]);
    let first = b"https://first.example".to_string();
    let second = b"https://second.example".to_string();
    let moved = b"https://moved.example".to_string();
    let mut names = vector[b"first".to_string(), b"second".to_string()];
    let before = events::new_committee_members_named(
        id,
        0,
        2,
        vector[@0xa, @0xb],
        names,
        vector[first, second],
        vector[PK, PK],
    );
    names.push_back(b"third".to_string());
    let after = events::new_committee_members_named(
        id,
        1,
        2,
        vector[@0xb, @0xc, @0xa],
        names,
        vector[first, second, moved],
        vector[PK, PK, PK],
    );
    assert!(event::events_by_type<CommitteeMembersNamed>() == vector[before, after]);
    destroy(server);
}

#[test, expected_failure(abort_code = key_server::EInvalidMembers)]
fun every_member_is_named() {
    let mut server = committee(&mut tx_context::dummy());
    server.name_members(vector[@0xa]);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun independent_server_has_no_members_to_name() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.name_members(vector[]);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v1_server_has_no_members_to_name() {
    let mut server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.name_members(vector[]);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidPartyId)]
fun member_that_is_not_there_does_not_move() {
    let mut server = committee(&mut tx_context::dummy());
    server.update_member_url(url(), 2);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun independent_server_has_no_member_to_move() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.update_member_url(url(), 0);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v1_server_has_no_member_to_move() {
    let mut server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.update_member_url(url(), 0);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun independent_server_does_not_rotate() {
    let ctx = &mut tx_context::dummy();
    let mut server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.update_partial_key_servers(2, members(2));
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v1_server_does_not_rotate() {
    let mut server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.update_partial_key_servers(2, members(2));
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidThreshold)]
fun committee_where_one_suffices_is_refused() {
    let ctx = &mut tx_context::dummy();
    let _server = key_server::create_committee_v2(name(), 1, PK, members(2), ctx);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidThreshold)]
fun committee_that_never_suffices_is_refused() {
    let ctx = &mut tx_context::dummy();
    let _server = key_server::create_committee_v2(name(), 3, PK, members(2), ctx);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidThreshold)]
fun rotation_that_never_suffices_is_refused() {
    let mut server = committee(&mut tx_context::dummy());
    server.update_partial_key_servers(4, members(3));
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidPartyId)]
fun members_out_of_order_are_refused() {
    let ctx = &mut tx_context::dummy();
    let mut members = members(3);
    members.swap(1, 2);
    let _server = key_server::create_committee_v2(name(), 2, PK, members, ctx);
    abort
}

#[test, expected_failure(abort_code = key_server::EDuplicateName)]
fun members_of_one_name_are_refused() {
    let ctx = &mut tx_context::dummy();
    let members = vector[
        key_server::create_partial_key_server(name(), url(), PK, 0),
        key_server::create_partial_key_server(name(), url(), PK, 1),
    ];
    let _server = key_server::create_committee_v2(name(), 2, PK, members, ctx);
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun committee_is_not_upgraded() {
    let mut server = committee(&mut tx_context::dummy());
    server.upgrade_for_testing();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun committee_has_no_url() {
    let server = committee(&mut tx_context::dummy());
    server.url();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun independent_server_has_no_threshold() {
    let ctx = &mut tx_context::dummy();
    let server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.committee_version_and_threshold();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidServerType)]
fun independent_server_has_no_members() {
    let ctx = &mut tx_context::dummy();
    let server = key_server::create_v2_independent_server(name(), url(), 0, PK, ctx);
    server.partial_key_servers();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v1_server_has_no_threshold() {
    let server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.committee_version_and_threshold();
    abort
}

#[test, expected_failure(abort_code = key_server::EInvalidVersion)]
fun v1_server_has_no_members() {
    let server = key_server::create_v1(name(), url(), 0, PK, &mut tx_context::dummy());
    server.partial_key_servers();
    abort
}

// === Helpers ===

fun name(): String { b"floe-1".to_string() }

fun url(): String { b"https://ks1.example:8443".to_string() }

fun check_content(server: &KeyServer, url: String) {
    assert!(server.name() == name());
    assert!(server.url() == url);
    assert!(server.key_type() == 0);
    assert!(server.pk() == PK);
    assert!(!server.is_committee());
}

fun committee(ctx: &mut TxContext): KeyServer {
    key_server::create_committee_v2(name(), 2, PK, members(2), ctx)
}

fun members(count: u64): vector<PartialKeyServer> {
    let names = vector[b"first", b"second", b"third", b"fourth"];
    vector::tabulate!(count, |i| {
        let mut url = b"https://".to_string();
        url.append(names[i].to_string());
        url.append(b".example".to_string());
        key_server::create_partial_key_server(names[i].to_string(), url, PK, i as u16)
    })
}
